//! What was announced and is held back: a line for each, with the two words an editor can say. Never a picture: a preview
//! is an item, behind its own gate.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::auth::Signed;
use crate::desk::{HeldId, HeldLine, HeldState, ItemId};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::id;
use crate::web::layout;
use crate::web::parts;
use crate::web::text::{Coded as _, Tongue, foreign, machine, size, t};
use crate::web::visit::Visit;

/// `POST /held/{id}/ask`
pub(crate) async fn ask(
    State(app): State<App>,
    editor: Signed,
    Path(held): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let back = back(&posted);
    let asked = app.desk.ask_for(id::<HeldId>(&held)?, editor.id).await;
    asked.map_err(|error| Fault::from(error).back_to(back.clone()))?;
    Ok(layout::see_other(&back))
}

/// `POST /held/{id}/decline`
pub(crate) async fn decline(
    State(app): State<App>,
    editor: Signed,
    Path(held): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let back = back(&posted);
    let declined = app.desk.decline(id::<HeldId>(&held)?, editor.id).await;
    declined.map_err(|error| Fault::from(error).back_to(back.clone()))?;
    Ok(layout::see_other(&back))
}

/// The page on which it was said: that of the preview, or the inbox.
fn back(posted: &Posted) -> String {
    match posted.field("item").parse::<ItemId>() {
        Ok(item) => format!("/items/{item}"),
        Err(_) => "/".to_owned(),
    }
}

/// Everything of a dispatch that is held back.
pub(crate) fn list(visit: &Visit, held: &[HeldLine]) -> Markup {
    let tongue = visit.tongue;
    html! {
        @if !held.is_empty() {
            section.held {
                h3 { (t!(tongue, "held-title", count = held.len())) }
                p.quiet.small { (t!(tongue, "held-hint")) }
                ul.items { @for line in held { li { (row(visit, line)) } } }
            }
        }
    }
}

fn row(visit: &Visit, line: &HeldLine) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.row {
            (parts::glyph(line.kind))
            span.row-main {
                span.name { (foreign(&line.name)) }
                span.quiet.small { (facts(tongue, line)) }
                @if let Some(preview) = line.preview {
                    a.small href=(format!("/items/{preview}")) { (t!(tongue, "held-look")) }
                }
            }
            (said(tongue, line))
            (acts(visit, line, None))
        }
    }
}

/// Kind, size and length, as the sender says.
fn facts(tongue: Tongue, line: &HeldLine) -> Markup {
    html! {
        (parts::kind(tongue, line.kind)) " · " (size(tongue, line.bytes))
        @if let Some(millis) = line.millis { " · " (machine(&length(millis))) }
    }
}

fn length(millis: u64) -> String {
    let seconds = millis / 1_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Where it stands, and whether the reporter can know.
fn said(tongue: Tongue, line: &HeldLine) -> Markup {
    let kind = match line.state {
        HeldState::Open => "busy",
        HeldState::Asked | HeldState::Arriving => "live",
        HeldState::Declined => "idle",
    };
    let words = tongue.coded("held", line.state.code()).unwrap_or_default();
    html! {
        (parts::pill(kind, &words))
        @if !line.told { " " span.quiet.small { (t!(tongue, "held-untold")) } }
    }
}

/// The two words that can be said; the one that was said is not offered again.
fn acts(visit: &Visit, line: &HeldLine, item: Option<ItemId>) -> Markup {
    let tongue = visit.tongue;
    let act = |what: &str, words: String, class: &str| {
        html! {
            form method="post" action=(format!("/held/{}/{what}", line.id)) {
                (parts::token(visit))
                @if let Some(item) = item { input type="hidden" name="item" value=(item); }
                button.button.(class) type="submit" { (words) }
            }
        }
    };
    html! {
        @match line.state {
            HeldState::Open => {
                (act("ask", t!(tongue, "held-ask"), "primary"))
                (act("decline", t!(tongue, "held-decline"), "plain"))
            }
            HeldState::Asked => { (act("decline", t!(tongue, "held-decline"), "plain")) }
            HeldState::Declined => { (act("ask", t!(tongue, "held-ask-after-all"), "plain")) }
            HeldState::Arriving => {}
        }
    }
}

/// On the page of a preview: what it announces.
pub(crate) fn announced(visit: &Visit, line: &HeldLine, preview: ItemId) -> Markup {
    let tongue = visit.tongue;
    html! {
        p { (foreign(&line.name)) " · " (facts(tongue, line)) }
        p { (said(tongue, line)) }
        div.acts { (acts(visit, line, Some(preview))) }
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn a_length_is_minutes_and_seconds() {
        assert_eq!(length(999), "0:00");
        assert_eq!(length(61_500), "1:01");
        assert_eq!(length(3_600_000), "60:00");
    }
}
