//! Where an earlier version of a story may live on: what our own record knows, and what lies beyond our reach.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::auth::Signed;
use crate::desk::{Remnant, RemnantsView};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::item::id;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::text::{Coded as _, Tongue, foreign, t};
use crate::web::visit::Visit;

/// What keeps copies that no channel of ours knows of.
const BEYOND: [&str; 7] = [
    "people", "servers", "feeds", "mirrors", "editions", "archives", "partners",
];

/// `GET /stories/{id}/remnants`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(story): Path<String>,
) -> Result<Response, Fault> {
    let view = app.desk.remnants(editor.id, id(&story)?).await?;
    if visit.json {
        return Ok(json::reply(&json!({
            "remnants": view.remnants.iter().map(remnant_json).collect::<Vec<_>>(),
            "csrf": visit.csrf,
        })));
    }
    let title = t!(visit.tongue, "remnants-title");
    Ok(layout::page(&visit, &title, Place::Stories, &body(&visit, &view)).into_response())
}

fn remnant_json(one: &Remnant) -> Value {
    json!({ "channel": one.channel, "why": one.why.code(), "links": one.links })
}

fn body(visit: &Visit, view: &RemnantsView) -> Markup {
    let tongue = visit.tongue;
    let title = match tongue {
        Tongue::En => &view.titles.0,
        Tongue::Ar => &view.titles.1,
    };
    html! {
        div.head {
            p.crumb { a href=(format!("/stories/{}", view.story)) { (foreign(title)) } }
            h1 { (t!(tongue, "remnants-title")) }
            p.quiet { (t!(tongue, "remnants-intro")) }
        }
        section #remnants data-live="story" {
            h2 { (t!(tongue, "remnants-known")) }
            @if view.remnants.is_empty() { p { (t!(tongue, "remnants-none")) } }
            @for one in &view.remnants { (remnant(tongue, one)) }
        }
        section.panel {
            h2 { (t!(tongue, "remnants-beyond")) }
            ul { @for what in BEYOND { li { (tongue.coded("beyond", what).unwrap_or_default()) } } }
        }
    }
}

fn remnant(tongue: Tongue, one: &Remnant) -> Markup {
    html! {
        article.card {
            header.card-head { h3 { (foreign(&one.channel)) } }
            p { (tongue.coded("remnant", one.why.code()).unwrap_or_default()) }
            @if !one.links.is_empty() {
                ul { @for link in &one.links { li { a href=(link) rel="noopener noreferrer" { bdi dir="ltr" { (link) } } } } }
            }
        }
    }
}
