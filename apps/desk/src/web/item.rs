//! One item: gated until it is asked for, what was found in it, where it has been, what may be made of it.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::auth::Signed;
use crate::desk::{CustodyLine, CutOff, DerivativeView, ItemId, ItemView, WorkState};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::held;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::sources;
use crate::web::text::{Coded as _, Tongue, foreign, foreign_lines, machine, short, size, t, time};
use crate::web::visit::Visit;

/// Whether the medium was asked for. Without it no pixel, thumbnail or sound is in the page.
#[derive(Deserialize, Default)]
pub(crate) struct Show {
    #[serde(default)]
    show: String,
}

impl Show {
    /// Only the explicit value opens the gate.
    pub(crate) fn is_on(&self) -> bool {
        self.show == "1"
    }
}

/// An id from a URL; anything else is simply not there.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| Fault::not_found())
}

/// `GET /items/{id}`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(item): Path<String>,
    Query(gate): Query<Show>,
) -> Result<Response, Fault> {
    let item = id::<ItemId>(&item)?;
    let mut view = if gate.is_on() {
        app.desk.look_at(item, editor.id).await?
    } else {
        app.desk.item(item).await?
    };
    view.forced &= editor.roles.safety;
    view.another_vault &= editor.roles.safety;
    if visit.json {
        return Ok(json::reply(&json::item(&visit, &view)));
    }
    let title = t!(visit.tongue, "item-title");
    let body = body(&visit, &view, gate.is_on());
    Ok(layout::page(&visit, &title, Place::Inbox, &body).into_response())
}

/// `POST /items/{id}/scrub`
pub(crate) async fn scrub(
    State(app): State<App>,
    editor: Signed,
    Path(item): Path<String>,
    _posted: Posted,
) -> Result<Response, Fault> {
    let item = id::<ItemId>(&item)?;
    let page = format!("/items/{item}");
    let asked = app.desk.request_scrub(item, editor.id).await;
    asked.map_err(|error| Fault::from(error).back_to(page.clone()))?;
    Ok(layout::see_other(&format!("{page}#scrub")))
}

fn body(visit: &Visit, view: &ItemView, shown: bool) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.head {
            p.crumb { a href="/" { (t!(tongue, "nav-inbox")) } " / " (short(&view.dispatch)) }
            h1 { (foreign(&view.name)) " " (sources::mark(tongue, view.forced, view.another_vault)) }
        }
        div.split {
            div.main-column {
                (cut_off(tongue, view))
                (counterpart(visit, view))
                (medium(tongue, view, shown))
                @if let Some(note) = view.note.as_deref().filter(|note| !note.trim().is_empty()) {
                    section.panel.note {
                        h2 { (t!(tongue, "item-note")) }
                        p.quiet.small { (t!(tongue, "item-note-hint")) }
                        blockquote { (foreign_lines(note)) }
                    }
                }
                (found(tongue, view))
            }
            div.side-column {
                (facts(tongue, view))
                (scrubbing(visit, view))
                (custody(tongue, &view.custody))
            }
        }
    }
}

/// That this is not all that was recorded, and what that means.
fn cut_off(tongue: Tongue, view: &ItemView) -> Markup {
    let words = match view.cut {
        None => return html! {},
        Some(CutOff::Recording) => t!(tongue, "cut-off-recording"),
        Some(CutOff::Loose { first, last }) if first == last => {
            t!(tongue, "cut-off-piece", number = first)
        }
        Some(CutOff::Loose { first, last }) => {
            t!(tongue, "cut-off-pieces", first = first, last = last)
        }
    };
    html! {
        section.notice #cut-off {
            h2 { (t!(tongue, "cut-off")) }
            p { (words) }
        }
    }
}

/// What this is a preview of, or what is a preview of this.
fn counterpart(visit: &Visit, view: &ItemView) -> Markup {
    let tongue = visit.tongue;
    let link = |words: String| {
        html! { @if let Some(item) = view.counterpart { p { a href=(format!("/items/{item}")) { (words) } } } }
    };
    html! {
        @if view.is_preview {
            section.panel #announced data-live="dispatch" {
                h2 { (t!(tongue, "announced-title")) }
                p.quiet { (t!(tongue, "announced-hint")) }
                @if let Some(line) = &view.announces { (held::announced(visit, line, view.id)) }
                (link(t!(tongue, "announced-here")))
            }
        } @else {
            (link(t!(tongue, "announced-preview")))
        }
    }
}

/// The gate, or what is behind it.
fn medium(tongue: Tongue, view: &ItemView, shown: bool) -> Markup {
    let state = match &view.preview {
        WorkState::Done if shown => return opened(tongue, view),
        WorkState::Done => return gate(tongue, view),
        WorkState::Failed { code, reason } => html! {
            h2 { (t!(tongue, "preview-failed")) }
            p { (parts::finding_words(tongue, code)) }
            details { summary { (t!(tongue, "details")) } p { (foreign(reason)) } }
        },
        WorkState::NotAsked | WorkState::UnderWay => html! {
            h2 { (t!(tongue, "preview-under-way")) }
            p.quiet { (t!(tongue, "preview-under-way-hint")) }
        },
    };
    html! { section.gate #view data-live="item" { (parts::glyph(&view.kind)) (state) } }
}

fn gate(tongue: Tongue, view: &ItemView) -> Markup {
    html! {
        section.gate #view {
            (parts::glyph(&view.kind))
            h2 { (t!(tongue, "gate-title")) }
            p { (t!(tongue, "gate-hint")) }
            form method="get" action=(format!("/items/{}#view", view.id)) {
                input type="hidden" name="show" value="1";
                button.button.primary type="submit" {
                    (tongue.coded("gate-show", &view.kind).unwrap_or_else(|| t!(tongue, "gate-show")))
                }
            }
        }
    }
}

fn opened(tongue: Tongue, view: &ItemView) -> Markup {
    let preview = format!("/items/{}/preview", view.id);
    let poster = view.poster.then(|| format!("/items/{}/poster", view.id));
    let mime = view.preview_mime.as_deref().unwrap_or_default();
    html! {
        section.shown #view {
            div.shown-bar {
                p.quiet.small { (t!(tongue, "shown-hint")) }
                a.button href=(format!("/items/{}#view", view.id)) { (t!(tongue, "gate-hide")) }
            }
            @if mime.starts_with("video/") {
                // Sound starts off: turning it on is an act of its own.
                video controls muted playsinline preload="metadata" poster=[poster] src=(preview) {
                    (t!(tongue, "cannot-play"))
                }
                p.quiet.small { (t!(tongue, "sound-off")) }
            } @else if mime.starts_with("audio/") {
                audio controls preload="none" src=(preview) { (t!(tongue, "cannot-play")) }
            } @else if view.pages > 1 {
                @for page in 1..=view.pages {
                    img loading="lazy" alt=(t!(tongue, "page-alt", number = page, of = view.pages))
                        src=(format!("/items/{}/pages/{page}", view.id));
                }
            } @else {
                img alt=(t!(tongue, "preview-alt")) src=(preview);
            }
        }
    }
}

fn found(tongue: Tongue, view: &ItemView) -> Markup {
    html! {
        section.panel #findings data-live="item" {
            h2 { (t!(tongue, "findings-title", count = view.findings.len())) }
            @if view.findings.is_empty() {
                p.quiet { (t!(tongue, "findings-none")) }
            } @else {
                p { (parts::summary(tongue, &view.findings)) }
                p.quiet.small { (t!(tongue, "findings-hint")) }
                (parts::findings(tongue, &view.findings))
            }
        }
    }
}

fn facts(tongue: Tongue, view: &ItemView) -> Markup {
    html! {
        section.panel {
            h2 { (t!(tongue, "facts-title")) }
            dl.facts {
                (parts::fact(&t!(tongue, "fact-kind"), &html! { (parts::kind(tongue, &view.kind)) }))
                (parts::fact(&t!(tongue, "fact-size"), &html! { (size(tongue, view.bytes)) }))
                (parts::fact(&t!(tongue, "fact-received"), &time(view.received_at)))
                (parts::fact(&t!(tongue, "fact-dispatch"), &short(&view.dispatch)))
                (parts::fact(&t!(tongue, "fact-id"), &short(&view.id.to_string())))
            }
            p.quiet.small { (t!(tongue, "original-untouched")) }
        }
    }
}

fn scrubbing(visit: &Visit, view: &ItemView) -> Markup {
    let tongue = visit.tongue;
    html! {
        section.panel #scrub data-live="item" {
            h2 { (t!(tongue, "scrub-title")) }
            @match &view.scrub {
                WorkState::NotAsked => {
                    p.quiet { (t!(tongue, "scrub-hint")) }
                    (parts::act(visit, &format!("/items/{}/scrub", view.id), &t!(tongue, "scrub-ask"), "primary"))
                }
                WorkState::UnderWay => {
                    p.working { (t!(tongue, "scrub-under-way")) }
                }
                WorkState::Done => {
                    (parts::act(visit, &format!("/items/{}/scrub", view.id), &t!(tongue, "scrub-again"), "plain"))
                }
                WorkState::Failed { code, reason } => {
                    div.notice role="alert" {
                        p { strong { (t!(tongue, "scrub-refused")) } }
                        p { (parts::finding_words(tongue, code)) }
                        details { summary { (t!(tongue, "details")) } p { (foreign(reason)) } }
                    }
                }
            }
            @for derivative in &view.derivatives { (made(tongue, derivative)) }
        }
    }
}

/// A derivative with its report.
fn made(tongue: Tongue, view: &DerivativeView) -> Markup {
    html! {
        div.derivative {
            h3 { (t!(tongue, "derivative")) " " (machine(&view.mime)) " · " (size(tongue, view.bytes)) }
            p.hash { (t!(tongue, "sha256")) " " (machine(&view.sha256)) }
            @if let Some(code) = &view.code { p { (t!(tongue, "burnt-code")) " " (machine(code)) } }
            @if !view.variants.is_empty() {
                details {
                    summary { (t!(tongue, "variants-title", count = view.variants.len())) }
                    ul {
                        @for one in &view.variants {
                            li {
                                (rung_words(tongue, &one.rung)) " · " (machine(&one.mime)) " · " (size(tongue, one.bytes))
                                p.hash { (t!(tongue, "sha256")) " " (machine(&one.sha256)) }
                            }
                        }
                    }
                }
            }
            (parts::scrub_report(tongue, &view.report))
        }
    }
}

/// The words for a class of limits.
pub(crate) fn rung_words(tongue: Tongue, rung: &str) -> String {
    tongue
        .coded("rung", rung)
        .unwrap_or_else(|| rung.to_owned())
}

fn custody(tongue: Tongue, lines: &[CustodyLine]) -> Markup {
    html! {
        section.panel #custody data-live="item" {
            h2 { (t!(tongue, "custody-title")) }
            ol.custody {
                @for line in lines {
                    li {
                        span.what { (act_words(tongue, &line.what)) }
                        span.small.quiet {
                            (time(line.at))
                            @if !line.who.is_empty() { " · " (foreign(&line.who)) }
                            " · " (short(&line.hash))
                        }
                    }
                }
            }
            p.quiet.small { (t!(tongue, "custody-hint")) }
        }
    }
}

fn act_words(tongue: Tongue, act: &str) -> String {
    tongue
        .coded("act", &act.replace('.', "-"))
        .unwrap_or_else(|| act.to_owned())
}
