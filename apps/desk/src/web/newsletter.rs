//! A newsletter's page: how many get it, lists taken in and off. No page shows an address.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use newsroom::ChannelId;
use serde_json::json;

use crate::auth::Signed;
use crate::desk::NewsletterView;
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::id;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::text::{foreign, t};
use crate::web::visit::Visit;

/// `GET /newsletters/{id}`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(channel): Path<String>,
) -> Result<Response, Fault> {
    page(&app, &visit, &editor, id(&channel)?, None).await
}

/// `POST /newsletters/{id}/{act}`
pub(crate) async fn act(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path((channel, act)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let (channel, tongue, list) = (id(&channel)?, visit.tongue, posted.field("list"));
    let said = match act.as_str() {
        "add" => {
            let (added, bad) = app.desk.add_subscribers(editor.id, channel, list).await?;
            t!(
                tongue,
                "newsletter-added",
                added = added.added,
                known = added.known,
                left = added.left,
                bad = bad
            )
        }
        "remove" => {
            let count = app.desk.remove_subscribers(editor.id, channel, list);
            t!(tongue, "newsletter-removed", count = count.await?)
        }
        "left" => {
            let count = app.desk.subscribers_left(list).await?;
            t!(tongue, "newsletter-removed", count = count)
        }
        _ => return Err(Fault::not_found()),
    };
    page(&app, &visit, &editor, channel, Some(&said)).await
}

async fn page(
    app: &App,
    visit: &Visit,
    editor: &Signed,
    channel: ChannelId,
    said: Option<&str>,
) -> Result<Response, Fault> {
    let view = app.desk.newsletter(editor.id, channel).await?;
    if visit.json {
        return Ok(json::reply(&json!({
            "channel": view.channel.id.to_string(),
            "on": view.on,
            "left": view.left,
            "said": said,
            "csrf": visit.csrf,
        })));
    }
    let title = t!(visit.tongue, "newsletter-title");
    let body = body(visit, &view, said);
    Ok(layout::page(visit, &title, Place::Channels, &body).into_response())
}

fn body(visit: &Visit, view: &NewsletterView, said: Option<&str>) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.head {
            h1 { (t!(tongue, "newsletter-title")) " " (foreign(view.channel.name.as_deref().unwrap_or_default())) }
            p.quiet { (t!(tongue, "newsletter-intro")) }
            p { (t!(tongue, "newsletter-counts", on = view.on, left = view.left)) }
        }
        @if let Some(said) = said { section.notice role="status" { p { (said) } } }
        (list(visit, view, "add", (&t!(tongue, "newsletter-add"), Some(&t!(tongue, "newsletter-add-hint")))))
        (list(visit, view, "left", (&t!(tongue, "newsletter-left"), Some(&t!(tongue, "newsletter-left-hint")))))
        (list(visit, view, "remove", (&t!(tongue, "newsletter-remove"), None)))
    }
}

/// A form with a list in it.
fn list(
    visit: &Visit,
    view: &NewsletterView,
    act: &str,
    (title, hint): (&str, Option<&str>),
) -> Markup {
    let (field, primary) = (format!("list-{act}"), act == "add");
    html! {
        section.panel {
            h2 { (title) }
            @if let Some(hint) = hint { p.quiet.small { (hint) } }
            form.stacked method="post" action=(format!("/newsletters/{}/{act}", view.channel.id)) autocomplete="off" {
                (parts::token(visit))
                label for=(field) { (if act == "left" { t!(visit.tongue, "newsletter-left") } else { t!(visit.tongue, "newsletter-addresses") }) }
                textarea id=(field) name="list" dir="ltr" rows="6" required {}
                p { button.button.(if primary { "primary" } else { "plain" }) type="submit" { (title) } }
            }
        }
    }
}
