//! The inbox: what has arrived and what is arriving. Words and progress only, never a picture.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::auth::Signed;
use crate::desk::{DispatchLine, DispatchState, InboxView, ItemLine, WorkState};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::held;
use crate::web::item::id;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::progress;
use crate::web::sources;
use crate::web::text::{Coded as _, Tongue, foreign, short, size, t, time};
use crate::web::visit::Visit;

/// `GET /`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
) -> Result<Response, Fault> {
    let mut view = app.desk.inbox().await?;
    for line in &mut view.dispatches {
        line.forced &= editor.roles.safety;
        line.another_vault &= editor.roles.safety;
    }
    if visit.json {
        return Ok(json::reply(&json::inbox(&visit, &view)));
    }
    // Whose silence is an alarm is for those alone who may see sources.
    let missed = if editor.roles.safety {
        app.desk.missed_contacts().await?
    } else {
        Vec::new()
    };
    let title = t!(visit.tongue, "nav-inbox");
    let body = html! {
        (sources::marks(visit.tongue, &view.dispatches))
        (sources::alarms(visit.tongue, &missed))
        (body(&visit, &view))
    };
    Ok(layout::page(&visit, &title, Place::Inbox, &body).into_response())
}

/// `POST /dispatches/{id}/loose`
pub(crate) async fn open_loose(
    State(app): State<App>,
    editor: Signed,
    Path(dispatch): Path<String>,
    _posted: Posted,
) -> Result<Response, Fault> {
    app.desk.open_loose(id(&dispatch)?, editor.id).await?;
    Ok(layout::see_other("/"))
}

/// A way to look at what came before the sending broke off.
fn cut_short(visit: &Visit, line: &DispatchLine) -> Markup {
    let tongue = visit.tongue;
    html! {
        // The contact piece is one of the whole ones and nothing to look at.
        @let cut = line.state == DispatchState::CutOff;
        @if (cut || line.state == DispatchState::Arriving) && line.pieces_complete >= 2 && line.held.is_empty() {
            @if cut { p { strong { (cut_words(tongue, line)) } } }
            p.quiet.small { (t!(tongue, "loose-hint")) }
            @if line.opening {
                p.working { (t!(tongue, "loose-opening", done = line.items.len())) }
            } @else {
                (parts::act(visit, &format!("/dispatches/{}/loose", line.id), &t!(tongue, "loose-open"), if cut { "primary" } else { "plain" }))
            }
        }
    }
}

/// How much came before it was cut off. The contact piece is nothing to look at, and not counted.
fn cut_words(tongue: Tongue, line: &DispatchLine) -> String {
    let done = line.pieces_complete.saturating_sub(1);
    match line.pieces_total {
        Some(total) => t!(
            tongue,
            "cut-off-known",
            done = done,
            total = total.saturating_sub(1)
        ),
        None => t!(tongue, "cut-off-unknown", done = done),
    }
}

fn body(visit: &Visit, view: &InboxView) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.head {
            h1 { (t!(tongue, "nav-inbox")) }
            p.quiet #inbox-count data-live="dispatch" { (t!(tongue, "inbox-count", count = view.dispatches.len())) }
        }
        div #inbox data-live="dispatch item" {
            @if view.dispatches.is_empty() {
                section.empty {
                    h2 { (t!(tongue, "inbox-empty-title")) }
                    p { (t!(tongue, "inbox-empty")) }
                }
            }
            @for dispatch in &view.dispatches { (card(visit, dispatch)) }
        }
    }
}

fn card(visit: &Visit, line: &DispatchLine) -> Markup {
    let tongue = visit.tongue;
    html! {
        article.card {
            header.card-head {
                h2 { (t!(tongue, "dispatch")) " " (short(&line.id)) }
                (state(tongue, line.state))
                (sources::mark(tongue, line.forced, line.another_vault))
                span.when { (time(line.received_at)) }
            }
            @if !matches!(line.state, DispatchState::Complete | DispatchState::Announced) || line.items.is_empty() && line.held.is_empty() {
                (progress::picture(tongue, line))
            }
            (shut(tongue, line.state))
            (cut_short(visit, line))
            @if let Some(note) = line.note.as_deref().filter(|note| !note.trim().is_empty()) {
                p.note-line { (foreign(&first_line(note))) }
            }
            @if !line.items.is_empty() {
                ul.items {
                    @for item in line.items.iter().filter(|item| item.preview_of.is_none()) { li { (row(tongue, item)) } }
                }
            }
            (held::list(visit, &line.held))
        }
    }
}

/// What to make of a dispatch that nobody can open any more.
fn shut(tongue: Tongue, state: DispatchState) -> Markup {
    html! { @if state == DispatchState::Unopenable { p { (t!(tongue, "unopenable-hint")) } } }
}

/// A dispatch's state as a coloured word.
fn state(tongue: Tongue, state: DispatchState) -> Markup {
    let kind = match state {
        DispatchState::Arriving => "live",
        DispatchState::CutOff => "bad",
        DispatchState::Announced => "good",
        DispatchState::Opening => "busy",
        DispatchState::Complete => "good",
        DispatchState::Damaged | DispatchState::Unopenable => "bad",
    };
    let words = tongue.coded("dispatch", state.code()).unwrap_or_default();
    parts::pill(kind, &words)
}

fn row(tongue: Tongue, item: &ItemLine) -> Markup {
    html! {
        a.row href=(format!("/items/{}", item.id)) {
            (parts::glyph(&item.kind))
            span.row-main {
                span.name { (foreign(&item.name)) }
                span.quiet.small { (parts::kind(tongue, &item.kind)) " · " (size(tongue, item.bytes)) }
            }
            @if item.cut_off { (parts::pill("bad", &t!(tongue, "cut-off"))) }
            (preview(tongue, &item.preview))
        }
    }
}

fn preview(tongue: Tongue, state: &WorkState) -> Markup {
    match state {
        WorkState::NotAsked | WorkState::UnderWay => {
            parts::pill("busy", &t!(tongue, "preview-under-way"))
        }
        WorkState::Done => parts::pill("good", &t!(tongue, "preview-ready")),
        WorkState::Failed { .. } => parts::pill("bad", &t!(tongue, "preview-failed")),
    }
}

/// As much of a note as a line holds.
fn first_line(note: &str) -> String {
    const MAX: usize = 160;
    let line = note.trim().lines().next().unwrap_or_default();
    let mut cut: String = line.chars().take(MAX).collect();
    if cut.len() < note.trim().len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_shut_is_said_plainly_in_both_languages() {
        let said = [
            (Tongue::En, "cannot be opened any more", "it was recognised"),
            (Tongue::Ar, "لم يعد فتحها ممكنًا", "وصلت كلها وعُرفت"),
        ];
        for (tongue, word, why) in said {
            let pill = state(tongue, DispatchState::Unopenable).into_string();
            assert!(pill.contains(word), "{pill}");
            let hint = shut(tongue, DispatchState::Unopenable).into_string();
            assert!(hint.contains(why), "{hint}");
            assert!(
                shut(tongue, DispatchState::Damaged)
                    .into_string()
                    .is_empty()
            );
        }
    }
}
