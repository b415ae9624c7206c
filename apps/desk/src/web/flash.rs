//! The flash lane, made for a telephone: what waits for a yes first, then a short form. Sending is its author's approval of
//! exactly this text, and the approval that was missing sends it out.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use newsroom::flash::{FLASH_MAX, Flash};
use newsroom::stories::Text;
use newsroom::telling::{Label, NAME_MAX, Note};

use crate::auth::Signed;
use crate::desk::{FlashView, StoryId, StoryState};
use crate::web::App;
use crate::web::approve;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::id;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::stories;
use crate::web::text::{Tongue, machine, t, time, visible};
use crate::web::told;
use crate::web::visit::Visit;

const PAGE: &str = "/flash";

/// `GET /flash`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
) -> Result<Response, Fault> {
    let (views, places) = app.desk.flashes().await?;
    if visit.json {
        return Ok(json::reply(&json::flashes(&visit, &views)));
    }
    let title = t!(visit.tongue, "nav-flash");
    let body = body(&visit, &editor, &views, &places);
    Ok(layout::page(&visit, &title, Place::Flash, &body).into_response())
}

/// `POST /flash`
pub(crate) async fn send(
    State(app): State<App>,
    editor: Signed,
    posted: Posted,
) -> Result<Response, Fault> {
    let places = app.desk.known_places().await?;
    let flash = called_in(&posted, places);
    let sent = app.desk.send_flash(editor.id, &editor.session, flash).await;
    sent.map_err(|error| Fault::from(error).back_to(PAGE.to_owned()))?;
    Ok(layout::see_other(PAGE))
}

/// `POST /flash/{id}/approve`
pub(crate) async fn approve(
    State(app): State<App>,
    editor: Signed,
    Path(story): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let story = id::<StoryId>(&story)?;
    let clearance = posted.field("clearance");
    let approved = app
        .desk
        .approve_flash(editor.id, &editor.session, story, clearance)
        .await;
    approved.map_err(|error| Fault::from(error).back_to(PAGE.to_owned()))?;
    Ok(layout::see_other(PAGE))
}

/// What the form says; a place is one of the known, or a new one under an address made from its English name.
fn called_in(posted: &Posted, places: Vec<Label>) -> Flash {
    let line = |name: &str| posted.field(name).trim().to_owned();
    let text = |lang: &str| Text {
        title: line(&format!("title_{lang}")),
        body: line(&format!("body_{lang}")).replace("\r\n", "\n"),
    };
    let chosen = posted.field("place");
    let known = places.into_iter().find(|place| place.slug == chosen);
    Flash {
        en: text("en"),
        ar: text("ar"),
        place: known.unwrap_or_else(|| Label {
            slug: slug_of(&line("place_en")),
            name: Note {
                en: line("place_en"),
                ar: line("place_ar"),
            },
        }),
        when: line("when"),
    }
}

/// An address for a name in Latin letters; what has none is refused further down.
fn slug_of(name: &str) -> String {
    let kept = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => ' ',
    };
    let words: String = name.chars().map(kept).collect();
    words
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

fn body(visit: &Visit, editor: &Signed, views: &[FlashView], places: &[Label]) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.head {
            h1 { (t!(tongue, "nav-flash")) }
            p.lead { (t!(tongue, "flash-lead")) }
        }
        div #flashes data-live="story" {
            @for view in views { (card(visit, editor, view)) }
        }
        (form(visit, places))
    }
}

fn card(visit: &Visit, editor: &Signed, view: &FlashView) -> Markup {
    let (tongue, story) = (visit.tongue, &view.story);
    html! {
        article.panel.flash id=(format!("flash-{}", story.id)) {
            p.flash-head {
                (stories::state(tongue, story.state)) " "
                span.small.quiet { (time(view.saved_at)) }
            }
            @for language in tongue.both() {
                @match language {
                    Tongue::En => (words(language, &story.draft.title_en, &story.draft.body_en)),
                    Tongue::Ar => (words(language, &story.draft.title_ar, &story.draft.body_ar)),
                }
            }
            (said(tongue, view))
            @if !story.outgoing.told.is_empty() {
                details { summary { (t!(tongue, "told-title")) } (told::channels(tongue, &story.outgoing, false)) }
            }
            (approve::approvals(tongue, &story.approvals))
            (next(visit, editor, view))
            p.small { a href=(format!("/stories/{}", story.id)) { (t!(tongue, "flash-story")) } }
        }
    }
}

fn words(language: Tongue, title: &str, body: &str) -> Markup {
    html! {
        div.flash-words lang=(language.tag()) dir=(language.dir()) {
            h2 { (visible(title)) }
            @for paragraph in body.split("\n\n").filter(|p| !p.trim().is_empty()) { p { (visible(paragraph)) } }
        }
    }
}

/// What goes out beside the words: an approval covers it too, so it is shown.
fn said(tongue: Tongue, view: &FlashView) -> Markup {
    let settings = view.story.draft.settings.as_ref();
    let told = settings.and_then(|settings| settings.telling.as_ref());
    html! {
        dl.facts {
            @if let Some(settings) = settings {
                (parts::fact(&t!(tongue, "settings-grade"), &html! { (crate::web::story::grade_words(tongue, settings.grade)) }))
            }
            @if let Some(told) = told { (crate::web::telling::facts(tongue, told)) }
            (parts::fact(&t!(tongue, "approve-hash"), &machine(&view.story.clearance)))
        }
    }
}

/// The one thing to do now, or how far it has come.
fn next(visit: &Visit, editor: &Signed, view: &FlashView) -> Markup {
    let (tongue, story) = (visit.tongue, &view.story);
    let mine = story.approvals.iter().any(|one| one.editor == editor.id);
    let safe = editor.roles.safety || story.approvals.iter().any(|one| one.safety);
    let completes = !story.approvals.is_empty() && safe;
    html! {
        @match story.state {
            StoryState::Published => p.good role="status" {
                (t!(tongue, "flash-out")) " "
                @if view.channels.1 > 0 { (t!(tongue, "flash-channels", stands = view.channels.0, all = view.channels.1)) }
            },
            StoryState::Publishing => p.working { (t!(tongue, "publishing")) },
            StoryState::Draft | StoryState::Cleared if mine => p.quiet { (t!(tongue, "flash-waits")) },
            StoryState::Draft | StoryState::Cleared => form method="post" action=(format!("/flash/{}/approve", story.id)) {
                (parts::token(visit))
                input type="hidden" name="clearance" value=(story.clearance);
                button.button.primary.wide type="submit" {
                    @if completes { (t!(tongue, "flash-send-out", name = editor.name.as_str())) }
                    @else { (t!(tongue, "approve-as", name = editor.name.as_str())) }
                }
            },
        }
    }
}

fn form(visit: &Visit, places: &[Label]) -> Markup {
    let tongue = visit.tongue;
    html! {
        form.panel.stack.flash-form method="post" action=(PAGE) data-guard=(t!(tongue, "story-unsaved")) {
            h2 { (t!(tongue, "flash-new")) }
            (parts::token(visit))
            @for language in tongue.both() { (column(tongue, language)) }
            (place_fields(tongue, places))
            label for="when" { (t!(tongue, "telling-when")) }
            input #when name="when" dir="ltr" maxlength="23" value=(today(visit.now));
            p.quiet.small { (t!(tongue, "flash-binds")) }
            button.button.primary.wide type="submit" { (t!(tongue, "flash-send")) }
        }
    }
}

fn column(tongue: Tongue, language: Tongue) -> Markup {
    let (lang, dir) = (language.tag(), language.dir());
    html! {
        fieldset.language-column {
            legend { (parts::language(tongue, language)) }
            label for=(format!("title_{lang}")) { (t!(tongue, "story-headline")) }
            input id=(format!("title_{lang}")) name=(format!("title_{lang}")) lang=(lang) dir=(dir) maxlength="300" required;
            label for=(format!("body_{lang}")) { (t!(tongue, "story-text")) }
            textarea id=(format!("body_{lang}")) name=(format!("body_{lang}")) lang=(lang) dir=(dir) rows="4" maxlength=(FLASH_MAX) required spellcheck="true" {}
        }
    }
}

fn place_fields(tongue: Tongue, places: &[Label]) -> Markup {
    html! {
        fieldset.language-column {
            legend { (t!(tongue, "telling-place")) }
            p.quiet.small { (t!(tongue, "flash-place-hint")) }
            @if !places.is_empty() {
                label for="place" { (t!(tongue, "flash-place-known")) }
                select #place name="place" {
                    @for place in places { option value=(place.slug) { (name(tongue, place)) } }
                    option value="" { (t!(tongue, "flash-place-new")) }
                }
            }
            div.alts {
                @for language in tongue.both() {
                    label {
                        span.small { (t!(tongue, "telling-name", language = parts::language(tongue, language))) }
                        input name=(format!("place_{}", language.tag())) lang=(language.tag()) dir=(language.dir()) maxlength=(NAME_MAX);
                    }
                }
            }
        }
    }
}

fn name(tongue: Tongue, place: &Label) -> &str {
    match tongue {
        Tongue::En => &place.name.en,
        Tongue::Ar => &place.name.ar,
    }
}

/// The day in UTC, as the site writes dates.
fn today(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map(|stamp| stamp.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{slug_of, today};

    #[test]
    fn a_new_place_gets_an_address_from_its_english_name() {
        for (name, slug) in [
            ("Old Town", "old-town"),
            ("  Al-Rashid,  east ", "al-rashid-east"),
            ("المدينة", ""),
            ("../x", "x"),
        ] {
            assert_eq!(slug_of(name), slug);
        }
        assert_eq!(today(0), "1970-01-01");
    }
}
