//! The list of sources: pseudonyms, contact, alarms. For safety editors.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use newsroom::sources::{Contact, PAIRS_FEW};
use serde_json::{Value, json};

use crate::auth::Signed;
use crate::desk::{DispatchLine, SourceLine};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::text::{Tongue, foreign, foreign_lines, t, time};
use crate::web::visit::Visit;

/// `GET /sources`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
) -> Result<Response, Fault> {
    let lines = app.desk.sources(editor.id).await?;
    let rotations = app.desk.rotations_due().await?;
    if visit.json {
        let sources: Vec<Value> = lines.iter().map(as_json).collect();
        let body = json!({ "sources": sources, "rotations_due": rotations, "csrf": visit.csrf });
        return Ok(json::reply(&body));
    }
    let title = t!(visit.tongue, "nav-sources");
    let body = html! {
        (rotation(visit.tongue, rotations))
        (body(visit.tongue, &lines))
    };
    Ok(layout::page(&visit, &title, Place::Sources, &body).into_response())
}

/// A source for tools.
pub(crate) fn as_json(line: &SourceLine) -> Value {
    let since = match line.contact {
        Contact::Unwatched => None,
        Contact::Expected { by } => Some(by.0),
        Contact::Missed { since } => Some(since.0),
    };
    json!({
        "kit": line.kit,
        "pseudonym": line.pseudonym,
        "issued_at": line.issued_at,
        "heard_at": line.heard_at,
        "dispatches": line.dispatches,
        "fresh_pairs": line.fresh_pairs,
        "other_pairs": line.other_pairs,
        "contact": line.contact.code(),
        "contact_at": since,
        "hours": line.hours,
        "plan": line.plan,
        "forced": line.forced,
        "another_vault": line.another_vault,
        "captured_at": line.captured_at,
    })
}

fn body(tongue: Tongue, lines: &[SourceLine]) -> Markup {
    html! {
        div.head {
            h1 { (t!(tongue, "nav-sources")) }
            p.quiet { (t!(tongue, "sources-hint")) }
        }
        (alarms(tongue, lines))
        div #sources data-live="dispatch" {
            @if lines.is_empty() {
                section.empty { h2 { (t!(tongue, "sources-empty-title")) } p { (t!(tongue, "sources-empty")) } }
            }
            ul.stories { @for line in lines { li { (row(tongue, line)) } } }
        }
    }
}

/// Sources that should have been heard of, with what to do now. Nothing at all when there is none.
pub(crate) fn alarms(tongue: Tongue, lines: &[SourceLine]) -> Markup {
    let missed = |line: &&SourceLine| matches!(line.contact, Contact::Missed { .. });
    html! {
        @for line in lines.iter().filter(missed) {
            section.notice.wide role="alert" {
                h2 { (t!(tongue, "contact-missed-title")) " " a href=(address(line)) { (foreign(&line.pseudonym)) } }
                @if let Contact::Missed { since } = line.contact {
                    p { (t!(tongue, "contact-missed-since")) " " (time(since.0)) }
                }
                @if let Some(plan) = line.plan.as_deref().filter(|plan| !plan.trim().is_empty()) {
                    blockquote { (foreign_lines(plan)) }
                }
            }
        }
    }
}

fn row(tongue: Tongue, line: &SourceLine) -> Markup {
    html! {
        a.story-row href=(address(line)) {
            span.titles { span.title { (foreign(&line.pseudonym)) } }
            span.story-meta {
                (contact(tongue, line))
                (mark(tongue, line.forced > 0, line.another_vault > 0))
                @if line.captured_at.is_some() { (parts::pill("bad", &t!(tongue, "captured"))) }
                @if line.fresh_pairs < PAIRS_FEW { (parts::pill("bad", &t!(tongue, "pairs-few"))) }
                span.small.quiet {
                    (t!(tongue, "source-dispatches", count = line.dispatches)) " · " (heard(tongue, line))
                }
            }
        }
    }
}

/// Keys that a capture has touched and nobody has changed yet.
fn rotation(tongue: Tongue, due: u32) -> Markup {
    html! {
        @if due > 0 {
            section.notice.wide role="alert" {
                h2 { (t!(tongue, "rotation-due-title")) }
                p { (t!(tongue, "rotation-due")) }
                p { code { "fh-desk intake rotate" } }
            }
        }
    }
}

/// The marks of a dispatch, for those who may see sources.
pub(crate) fn mark(tongue: Tongue, forced: bool, another_vault: bool) -> Markup {
    html! {
        @if forced { (parts::pill("bad", &t!(tongue, "forced"))) }
        @if another_vault { (parts::pill("bad", &t!(tongue, "another-vault"))) }
    }
}

/// A word at the top when something came under force.
pub(crate) fn marks(tongue: Tongue, lines: &[DispatchLine]) -> Markup {
    let forced = lines.iter().filter(|line| line.forced).count();
    let another_vault = lines.iter().any(|line| line.another_vault);
    warning(tongue, forced, another_vault)
}

/// How many dispatches came under force, and what to do about it. Nothing at all when there is none.
pub(crate) fn warning(tongue: Tongue, forced: usize, another_vault: bool) -> Markup {
    html! {
        @if forced > 0 {
            section.notice.wide role="alert" {
                h2 { (t!(tongue, "forced-title", count = forced)) }
                p { (t!(tongue, "forced-hint")) }
                @if another_vault { p { (t!(tongue, "another-vault-hint")) } }
            }
        }
    }
}

/// Where contact stands, as a coloured word.
pub(crate) fn contact(tongue: Tongue, line: &SourceLine) -> Markup {
    match line.contact {
        Contact::Unwatched => html! {},
        Contact::Expected { .. } => parts::pill("good", &t!(tongue, "contact-expected")),
        Contact::Missed { .. } => parts::pill("bad", &t!(tongue, "contact-missed")),
    }
}

/// When something last came, in words.
pub(crate) fn heard(tongue: Tongue, line: &SourceLine) -> Markup {
    html! {
        @match line.heard_at {
            Some(at) => { (t!(tongue, "source-heard")) " " (time(at)) },
            None => (t!(tongue, "source-never-heard")),
        }
    }
}

fn address(line: &SourceLine) -> String {
    format!("/sources/{}", line.kit)
}
