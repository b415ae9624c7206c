//! The capture drill: what it will do, on a page of its own; then exactly that, with a reason. For safety editors.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use formats::KitId;
use maud::{Markup, html};
use newsroom::Private;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::Signed;
use crate::desk::{CaptureOrder, CaptureView, RiskyStory};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::id;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::sources;
use crate::web::story::moment;
use crate::web::text::{Tongue, foreign, foreign_lines, short, t, time};
use crate::web::visit::Visit;

/// From when on the kit counts as captured: `2026-11-22T18:30`, in UTC; now when it is empty.
#[derive(Deserialize, Default)]
pub(crate) struct Since {
    #[serde(default)]
    since: String,
}

/// `GET /sources/{kit}/capture`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(kit): Path<String>,
    Query(since): Query<Since>,
) -> Result<Response, Fault> {
    let since = moment(&since.since, &jiff::tz::TimeZone::UTC)?;
    let view = app.desk.capture_plan(editor.id, id(&kit)?, since).await?;
    Ok(page(&visit, &view))
}

/// `POST /sources/{kit}/capture`
pub(crate) async fn confirm(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(kit): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let kit: KitId = id(&kit)?;
    let order = CaptureOrder {
        since: posted.field("since").parse().ok(),
        plan: posted.field("plan").to_owned(),
        reason: Private::new(posted.field("reason").replace("\r\n", "\n")),
        rehearse: posted.field("rehearse") == "1",
    };
    let done = app.desk.capture(editor.id, kit, order).await;
    let back = format!("/sources/{kit}/capture");
    let view = done.map_err(|error| Fault::from(error).back_to(back.clone()))?;
    Ok(page(&visit, &view))
}

fn page(visit: &Visit, view: &CaptureView) -> Response {
    if visit.json {
        return json::reply(&as_json(visit, view));
    }
    let title = t!(visit.tongue, "capture-title");
    layout::page(visit, &title, Place::Sources, &body(visit, view)).into_response()
}

fn as_json(visit: &Visit, view: &CaptureView) -> Value {
    let stories = |list: &[RiskyStory]| -> Value {
        let one = |story: &RiskyStory| json!({ "id": story.id, "title_en": story.title_en, "title_ar": story.title_ar });
        list.iter().map(one).collect()
    };
    json!({
        "source": sources::as_json(&view.line),
        "plan": view.plan,
        "since": view.since,
        "from_epoch": view.from_epoch,
        "dispatches": view.dispatches.iter().map(json::dispatch).collect::<Vec<_>>(),
        "items": view.items.iter().map(json::item_line).collect::<Vec<_>>(),
        "frozen": stories(&view.frozen),
        "published": stories(&view.published),
        "tokens": view.tokens,
        "done": view.done.as_ref().map(|(at, reason)| json!({ "at": at, "reason": reason })),
        "rehearsed": view.rehearsed,
        "csrf": visit.csrf,
    })
}

fn body(visit: &Visit, view: &CaptureView) -> Markup {
    let tongue = visit.tongue;
    let back = format!("/sources/{}", view.line.kit);
    html! {
        div.head {
            p.crumb {
                a href="/sources" { (t!(tongue, "nav-sources")) } " / "
                a href=(back) { (foreign(&view.line.pseudonym)) }
            }
            h1 { (t!(tongue, "capture-title")) }
        }
        @if view.rehearsed {
            section.notice.wide role="status" { h2 { (t!(tongue, "capture-rehearsed-title")) } p { (t!(tongue, "capture-rehearsed")) } }
        }
        @if let Some((at, reason)) = &view.done {
            section.notice.wide role="status" {
                h2 { (t!(tongue, "capture-done")) " " (time(*at)) }
                blockquote { (foreign_lines(reason)) }
                p { (t!(tongue, "capture-next")) }
            }
        }
        div.split {
            div.main-column { (touched(tongue, view)) }
            div.side-column { @if view.done.is_none() { (confirming(visit, view)) } }
        }
    }
}

/// What is cut off, frozen, and at risk.
fn touched(tongue: Tongue, view: &CaptureView) -> Markup {
    let noted = || {
        let has = |note: &str| !note.trim().is_empty();
        let lines = view.dispatches.iter();
        lines.filter(move |line| line.note.as_deref().is_some_and(has))
    };
    html! {
        section.panel {
            h2 { (t!(tongue, "capture-does")) }
            ul {
                li { (t!(tongue, "capture-refused", epoch = view.from_epoch)) " " (time(view.since)) }
                li { (t!(tongue, "capture-tokens", count = view.tokens)) }
                li { (t!(tongue, "capture-frozen", count = view.frozen.len())) }
                li { (t!(tongue, "capture-rotates")) }
            }
            (stories(tongue, &view.frozen))
        }
        section.panel {
            h2 { (t!(tongue, "capture-published", count = view.published.len())) }
            p.quiet { (t!(tongue, "capture-published-hint")) }
            (stories(tongue, &view.published))
        }
        section.panel {
            h2 { (t!(tongue, "capture-items", count = view.items.len())) }
            p.quiet { (t!(tongue, "capture-items-hint")) }
            ul { @for item in &view.items { li { a href=(format!("/items/{}", item.id)) { (foreign(&item.name)) } } } }
            @for line in noted() {
                h3 { (t!(tongue, "dispatch")) " " (short(&line.id)) }
                blockquote { (foreign_lines(line.note.as_deref().unwrap_or_default())) }
            }
        }
    }
}

fn stories(tongue: Tongue, list: &[RiskyStory]) -> Markup {
    html! {
        ul {
            @for story in list {
                @let title = match tongue { Tongue::En => &story.title_en, Tongue::Ar => &story.title_ar };
                li { a href=(format!("/stories/{}", story.id)) {
                    @if title.trim().is_empty() { (short(&story.id.to_string())) } @else { (foreign(title)) }
                } }
            }
        }
    }
}

fn confirming(visit: &Visit, view: &CaptureView) -> Markup {
    let tongue = visit.tongue;
    let here = format!("/sources/{}/capture", view.line.kit);
    html! {
        section.panel {
            h2 { (t!(tongue, "capture-when")) }
            form.stacked method="get" action=(here) {
                label for="since" { (t!(tongue, "capture-since")) }
                input #since type="datetime-local" name="since";
                button.button type="submit" { (t!(tongue, "capture-look")) }
            }
        }
        section.panel.binding {
            h2 { (t!(tongue, "capture-confirm")) }
            form.stacked method="post" action=(here) {
                (parts::token(visit))
                input type="hidden" name="plan" value=(view.plan);
                input type="hidden" name="since" value=(view.since);
                label for="reason" { (t!(tongue, "capture-reason")) }
                textarea #reason name="reason" dir="auto" rows="3" maxlength="2000" required {}
                p {
                    button.button type="submit" name="rehearse" value="1" { (t!(tongue, "capture-rehearse")) } " "
                    button.button.danger type="submit" { (t!(tongue, "capture-do")) }
                }
            }
        }
    }
}
