//! One source: what went both ways, a form to write, and the missed-contact timer. For safety editors.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use formats::{DispatchId, KitId, message::TEXT_MAX};
use maud::{Markup, html};
use newsroom::sources::{Contact, PAIRS_FEW, Watch};
use newsroom::time::{DAY, HOUR};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::auth::Signed;
use crate::desk::{
    DispatchLine, Letter, MessageState, MessageView, OfferView, SourceView, ThreadEntry,
};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::id;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::sources;
use crate::web::text::{Tongue, foreign, foreign_lines, short, t, time};
use crate::web::visit::Visit;

/// What the form to write holds when the page is made.
#[derive(Default)]
struct Draft {
    text: Zeroizing<String>,
    measured: bool,
}

/// `GET /sources/{kit}`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(kit): Path<String>,
) -> Result<Response, Fault> {
    let view = app.desk.source(editor.id, id(&kit)?).await?;
    Ok(page(&visit, &view, &Draft::default()))
}

/// `POST /sources/{kit}/messages`: sends, or with `act=measure` only says how long it is.
pub(crate) async fn write(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(kit): Path<String>,
    mut posted: Posted,
) -> Result<Response, Fault> {
    let kit: KitId = id(&kit)?;
    // Browsers send line ends as two characters; a message holds one.
    let text = Zeroizing::new(posted.take("text"));
    let text = Zeroizing::new(text.replace("\r\n", "\n"));
    if posted.field("act") == "measure" {
        let view = app.desk.source(editor.id, kit).await?;
        let measured = true;
        return Ok(page(&visit, &view, &Draft { text, measured }));
    }
    let answers = match posted.field("answers") {
        "" => None,
        dispatch => Some(id::<DispatchId>(dispatch)?),
    };
    let letter = Letter {
        text,
        answers,
        last_pair_meant: posted.field("last") == "1",
    };
    let here = format!("/sources/{kit}");
    let written = app.desk.write_to_source(editor.id, kit, letter).await;
    written.map_err(|error| Fault::from(error).back_to(here.clone()))?;
    Ok(layout::see_other(&format!("{here}#thread")))
}

/// `POST /sources/{kit}/watch`
pub(crate) async fn watch(
    State(app): State<App>,
    editor: Signed,
    Path(kit): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let kit: KitId = id(&kit)?;
    let number = |name: &str| {
        posted
            .field(name)
            .trim()
            .parse::<u16>()
            .map_or(0, i64::from)
    };
    let watch = (posted.field("off") != "1").then(|| Watch {
        interval: number("days") * DAY + number("hours") * HOUR,
        plan: posted.field("plan").replace("\r\n", "\n"),
    });
    let here = format!("/sources/{kit}");
    let set = app.desk.watch_source(editor.id, kit, watch).await;
    set.map_err(|error| Fault::from(error).back_to(here.clone()))?;
    Ok(layout::see_other(&here))
}

fn page(visit: &Visit, view: &SourceView, draft: &Draft) -> Response {
    if visit.json {
        return json::reply(&as_json(visit, view, draft));
    }
    let title = t!(visit.tongue, "source-title");
    layout::page(visit, &title, Place::Sources, &body(visit, view, draft)).into_response()
}

fn as_json(visit: &Visit, view: &SourceView, draft: &Draft) -> Value {
    let entry = |entry: &ThreadEntry| match entry {
        ThreadEntry::Came(line) => json!({ "came": json::dispatch(line) }),
        ThreadEntry::Wrote(message) => json!({ "wrote": {
            "id": message.id,
            "editor": message.editor,
            "text": message.text,
            "at": message.at,
            "answers": message.answers,
            "state": message.state.code(),
        }}),
    };
    let mut body = sources::as_json(&view.line);
    body["thread"] = view.thread.iter().map(entry).collect();
    body["csrf"] = json!(visit.csrf);
    if let Some(offer) = &view.offer {
        body["kit_code"] = json!({ "code": offer.code, "rivals": offer.rivals });
    }
    if draft.measured {
        body["measured"] = json!({ "bytes": draft.text.len(), "limit": TEXT_MAX });
    }
    body
}

fn body(visit: &Visit, view: &SourceView, draft: &Draft) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.head {
            p.crumb { a href="/sources" { (t!(tongue, "nav-sources")) } }
            h1 { (foreign(&view.line.pseudonym)) }
            p.quiet { (sources::heard(tongue, &view.line)) " " (sources::contact(tongue, &view.line)) }
        }
        (sources::warning(tongue, count(view.line.forced), view.line.another_vault > 0))
        (sources::alarms(tongue, std::slice::from_ref(&view.line)))
        div.split {
            div.main-column {
                (writing(visit, view, draft))
                section #thread data-live="dispatch" {
                    h2 { (t!(tongue, "thread-title")) }
                    @if view.thread.is_empty() { p.quiet { (t!(tongue, "thread-empty")) } }
                    @for entry in &view.thread {
                        @match entry {
                            ThreadEntry::Came(line) => (came(tongue, line)),
                            ThreadEntry::Wrote(message) => (wrote(tongue, message)),
                        }
                    }
                }
            }
            div.side-column {
                @if let Some(offer) = &view.offer { (handing_over(tongue, offer)) }
                (watching(visit, view))
                section.panel {
                    h2 { (t!(tongue, "capture-title")) }
                    p.quiet.small { (t!(tongue, "capture-hint")) }
                    a.button href=(format!("/sources/{}/capture", view.line.kit)) { (t!(tongue, "capture-open")) }
                }
            }
        }
    }
}

/// The words to compare aloud before anything of this source is believed to be hers.
fn handing_over(tongue: Tongue, offer: &OfferView) -> Markup {
    html! {
        section.panel #kit-code {
            h2 { (t!(tongue, "kit-code-title")) }
            @if offer.rivals > 0 { div.notice role="alert" { p { (t!(tongue, "kit-code-rivals")) } } }
            @match &offer.code {
                Some(code) => {
                    p { strong { (foreign(code)) } }
                    p.quiet.small { (t!(tongue, "kit-code-hint")) }
                }
                None => p.quiet { (t!(tongue, "kit-code-waiting")) }
            }
        }
    }
}

fn writing(visit: &Visit, view: &SourceView, draft: &Draft) -> Markup {
    let tongue = visit.tongue;
    let (pairs, other) = (view.line.fresh_pairs, view.line.other_pairs);
    html! {
        section.panel #write {
            h2 { (t!(tongue, "write-title")) }
            @if pairs == 0 && other > 0 { p role="status" { (t!(tongue, "write-other-pairs")) } }
            @if pairs == 0 && other == 0 {
                p role="status" { (t!(tongue, "write-no-pair")) }
            } @else {
                p.quiet.small { (t!(tongue, "write-hint")) }
                @if (1..PAIRS_FEW).contains(&pairs) { p role="status" { (t!(tongue, "write-pairs-left", count = pairs)) } }
                form.stacked method="post" action=(format!("/sources/{}/messages", view.line.kit)) {
                    (parts::token(visit))
                    label for="text" { (t!(tongue, "write-text")) }
                    textarea #text name="text" dir="auto" rows="6" maxlength=(TEXT_MAX) required { (draft.text.as_str()) }
                    @if draft.measured { (meter(tongue, draft.text.len())) }
                    (answering(tongue, view))
                    @if pairs == 1 || other == 1 {
                        label.check { input type="checkbox" name="last" value="1"; " " (t!(tongue, "write-last")) }
                    }
                    p {
                        button.button.primary type="submit" { (t!(tongue, "write-send")) } " "
                        button.button type="submit" name="act" value="measure" { (t!(tongue, "write-measure")) }
                    }
                }
            }
        }
    }
}

/// How much of a message's room the text takes; counted here, because letters are not bytes.
fn meter(tongue: Tongue, bytes: usize) -> Markup {
    html! {
        p {
            meter min="0" max=(TEXT_MAX) high=(TEXT_MAX - 1) value=(bytes.min(TEXT_MAX)) {} " "
            (t!(tongue, "write-length", bytes = bytes, limit = TEXT_MAX))
        }
    }
}

fn answering(tongue: Tongue, view: &SourceView) -> Markup {
    let came = view.thread.iter().filter_map(|entry| match entry {
        ThreadEntry::Came(line) => Some(line),
        ThreadEntry::Wrote(_) => None,
    });
    html! {
        label for="answers" { (t!(tongue, "write-answers")) }
        select #answers name="answers" {
            option value="" { (t!(tongue, "write-answers-none")) }
            @for line in came {
                option value=(line.id) {
                    (t!(tongue, "dispatch")) " " (line.id.get(..8).unwrap_or_default())
                    @if line.another_vault { " · " (t!(tongue, "another-vault")) }
                }
            }
        }
        @if view.line.another_vault > 0 { p.quiet.small { (t!(tongue, "write-another-vault")) } }
    }
}

fn count(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn came(tongue: Tongue, line: &DispatchLine) -> Markup {
    html! {
        article.card.came {
            header.card-head {
                h3 { (t!(tongue, "dispatch")) " " (short(&line.id)) }
                (sources::mark(tongue, line.forced, line.another_vault))
                span.when { (time(line.received_at)) }
            }
            @if let Some(note) = line.note.as_deref().filter(|note| !note.trim().is_empty()) {
                blockquote { (foreign_lines(note)) }
            }
            @if !line.items.is_empty() {
                ul.items {
                    @for item in &line.items {
                        li { a href=(format!("/items/{}", item.id)) { (foreign(&item.name)) } }
                    }
                }
            }
        }
    }
}

fn wrote(tongue: Tongue, message: &MessageView) -> Markup {
    html! {
        article.card.wrote {
            header.card-head {
                h3 { (t!(tongue, "message-from", name = message.editor.as_str())) }
                (state(tongue, message.state))
                span.when { (time(message.at)) }
            }
            blockquote { (foreign_lines(&message.text)) }
            @if let Some(dispatch) = &message.answers {
                p.quiet.small { (t!(tongue, "message-answers")) " " (short(dispatch)) }
            }
        }
    }
}

fn state(tongue: Tongue, state: MessageState) -> Markup {
    match state {
        MessageState::Queued => parts::pill("busy", &t!(tongue, "message-queued")),
        MessageState::Left { drops, of } => {
            parts::pill("live", &t!(tongue, "message-left", drops = drops, of = of))
        }
        MessageState::HeardSince => parts::pill("good", &t!(tongue, "message-heard-since")),
    }
}

fn watching(visit: &Visit, view: &SourceView) -> Markup {
    let tongue = visit.tongue;
    let hours = view.line.hours.unwrap_or(0);
    let action = format!("/sources/{}/watch", view.line.kit);
    html! {
        section.panel #watch {
            h2 { (t!(tongue, "watch-title")) }
            p.quiet.small { (t!(tongue, "watch-hint")) }
            @if let Contact::Expected { by } = view.line.contact {
                p { (t!(tongue, "watch-by")) " " (time(by.0)) }
            }
            form.stacked method="post" action=(action) {
                (parts::token(visit))
                label for="days" { (t!(tongue, "watch-days")) }
                input #days type="number" name="days" min="0" max="90" value=(hours / 24);
                label for="hours" { (t!(tongue, "watch-hours")) }
                input #hours type="number" name="hours" min="0" max="23" value=(hours % 24);
                label for="plan" { (t!(tongue, "watch-plan")) }
                textarea #plan name="plan" dir="auto" rows="4" maxlength="2000" { (view.line.plan.as_deref().unwrap_or_default()) }
                p {
                    button.button.primary type="submit" { (t!(tongue, "watch-set")) } " "
                    @if view.line.hours.is_some() {
                        button.button type="submit" name="off" value="1" { (t!(tongue, "watch-off")) }
                    }
                }
            }
        }
    }
}
