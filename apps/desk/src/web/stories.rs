//! The list of stories, and beginning a new one.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::auth::Signed;
use crate::desk::{StoryLine, StoryState};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::text::{Coded as _, Tongue, t, time};
use crate::web::visit::Visit;

/// `GET /stories`
pub(crate) async fn list(
    State(app): State<App>,
    visit: Visit,
    _editor: Signed,
) -> Result<Response, Fault> {
    let lines = app.desk.stories().await?;
    if visit.json {
        return Ok(json::reply(&json::stories(&visit, &lines)));
    }
    let title = t!(visit.tongue, "nav-stories");
    Ok(layout::page(&visit, &title, Place::Stories, &body(&visit, &lines)).into_response())
}

/// `POST /stories/new`
pub(crate) async fn begin(
    State(app): State<App>,
    editor: Signed,
    _posted: Posted,
) -> Result<Response, Fault> {
    let story = app.desk.new_story(editor.id).await?;
    Ok(layout::see_other(&format!("/stories/{story}")))
}

fn body(visit: &Visit, lines: &[StoryLine]) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.head {
            h1 { (t!(tongue, "nav-stories")) }
            (parts::act(visit, "/stories/new", &t!(tongue, "story-new"), "primary"))
        }
        div #stories data-live="story" {
            @if lines.is_empty() {
                section.empty {
                    h2 { (t!(tongue, "stories-empty-title")) }
                    p { (t!(tongue, "stories-empty")) }
                }
            }
            ul.stories {
                @for line in lines { li { (row(tongue, line)) } }
            }
        }
    }
}

fn row(tongue: Tongue, line: &StoryLine) -> Markup {
    html! {
        a.story-row href=(format!("/stories/{}", line.id)) {
            span.titles {
                @for language in tongue.both() {
                    @match language {
                        Tongue::En => (title(tongue, language, &line.title_en)),
                        Tongue::Ar => (title(tongue, language, &line.title_ar)),
                    }
                }
            }
            span.story-meta {
                (state(tongue, line.state))
                span.small.quiet { (t!(tongue, "story-version", version = line.version)) " · " (time(line.changed_at)) }
            }
        }
    }
}

fn title(tongue: Tongue, language: Tongue, title: &str) -> Markup {
    html! {
        @if title.trim().is_empty() {
            span.title.missing { (t!(tongue, "story-untitled", language = parts::language(tongue, language))) }
        } @else {
            bdi.title lang=(language.tag()) dir=(language.dir()) { (title) }
        }
    }
}

/// A story's state as a coloured word.
pub(crate) fn state(tongue: Tongue, state: StoryState) -> Markup {
    let kind = match state {
        StoryState::Draft => "idle",
        StoryState::Cleared => "live",
        StoryState::Publishing => "busy",
        StoryState::Published => "good",
    };
    let words = tongue.coded("story", state.code()).unwrap_or_default();
    parts::pill(kind, &words)
}
