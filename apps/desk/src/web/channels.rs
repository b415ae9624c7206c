//! Channels: whose accounts we publish in, and what went out to each; entered by one person, used after another confirmed.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use newsroom::outbox::{ChannelStage, Stage, Verdict};
use publish::channels::Kind;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::auth::Signed;
use crate::desk::{ChannelEntry, ChannelView, DeliveryView, Entered};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::id;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::text::{Coded as _, Tongue, foreign, t, time};
use crate::web::visit::Visit;

/// `GET /channels`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
) -> Result<Response, Fault> {
    page(&app, &visit, &editor, None).await
}

/// `POST /channels`
pub(crate) async fn enter(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    mut posted: Posted,
) -> Result<Response, Fault> {
    let wrong = || Fault::plain(StatusCode::BAD_REQUEST, "channel-form");
    let proxy = posted.field("proxy").trim();
    let entry = ChannelEntry {
        known: match posted.field("known") {
            "" => None,
            known => Some(id(known)?),
        },
        kind: Kind::from_code(posted.field("kind")).ok_or_else(wrong)?,
        language: Some(posted.field("language"))
            .filter(|tag| Tongue::from_tag(tag).is_some())
            .ok_or_else(wrong)?
            .to_owned(),
        server: posted.field("server").to_owned(),
        account: posted.field("account").to_owned(),
        proxy: match proxy {
            "" => None,
            port => Some(port.parse().map_err(|_| wrong())?),
        },
        secret: Zeroizing::new(posted.take("secret")),
    };
    match app.desk.enter_channel(editor.id, entry).await? {
        Entered::Waiting(_) => Ok(layout::see_other("/channels")),
        Entered::Useless(words) => page(&app, &visit, &editor, Some(&words)).await,
    }
}

/// `POST /channels/{id}/{act}`
pub(crate) async fn act(
    State(app): State<App>,
    editor: Signed,
    Path((channel, act)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let channel = id(&channel)?;
    let done = match act.as_str() {
        "confirm" => {
            let shown = posted.field("pending").parse();
            let shown = shown.map_err(|_| Fault::plain(StatusCode::BAD_REQUEST, "channel-form"))?;
            app.desk.confirm_channel(editor.id, channel, shown).await
        }
        "retry" => app.desk.retry_channel(editor.id, channel).await,
        "close" => app.desk.close_channel(editor.id, channel).await,
        _ => return Err(Fault::not_found()),
    };
    done.map_err(|error| Fault::from(error).back_to("/channels".to_owned()))?;
    Ok(layout::see_other("/channels"))
}

/// `POST /deliveries/{id}/{verdict}`
pub(crate) async fn decide(
    State(app): State<App>,
    editor: Signed,
    Path((delivery, verdict)): Path<(String, String)>,
    _posted: Posted,
) -> Result<Response, Fault> {
    let verdict = match verdict.as_str() {
        "stands" => Verdict::Stands,
        "again" => Verdict::Again,
        "leave" => Verdict::Leave,
        _ => return Err(Fault::not_found()),
    };
    let done = app
        .desk
        .decide_delivery(editor.id, id(&delivery)?, verdict)
        .await;
    done.map_err(|error| Fault::from(error).back_to("/channels".to_owned()))?;
    Ok(layout::see_other("/channels"))
}

/// `POST /stories/{id}/withdraw-channels`
pub(crate) async fn withdraw(
    State(app): State<App>,
    editor: Signed,
    Path(story): Path<String>,
    _posted: Posted,
) -> Result<Response, Fault> {
    let done = app
        .desk
        .withdraw_from_channels(editor.id, id(&story)?)
        .await;
    done.map_err(|error| Fault::from(error).back_to("/channels".to_owned()))?;
    Ok(layout::see_other("/channels"))
}

async fn page(
    app: &App,
    visit: &Visit,
    editor: &Signed,
    useless: Option<&str>,
) -> Result<Response, Fault> {
    let channels = app.desk.channels(editor.id).await?;
    let deliveries = app.desk.deliveries(&channels).await?;
    if visit.json {
        return Ok(json::reply(&json!({
            "channels": channels.iter().map(channel_json).collect::<Vec<_>>(),
            "deliveries": deliveries.iter().map(delivery_json).collect::<Vec<_>>(),
            "useless": useless,
            "csrf": visit.csrf,
        })));
    }
    let tongue = visit.tongue;
    let body = html! {
        div.head {
            h1 { (t!(tongue, "nav-channels")) }
            p.quiet { (t!(tongue, "channels-intro")) }
        }
        @if let Some(words) = useless {
            section.notice.bad role="alert" {
                p { strong { (t!(tongue, "channel-useless")) } }
                p { (foreign(words)) }
            }
        }
        section #deliveries data-live="story" {
            h2 { (t!(tongue, "deliveries-title")) }
            @if deliveries.is_empty() { p.quiet { (t!(tongue, "deliveries-none")) } }
            @for view in &deliveries { (delivery(visit, view)) }
        }
        section #channels {
            h2 { (t!(tongue, "channels-title")) }
            @if channels.is_empty() { p.quiet { (t!(tongue, "channels-none")) } }
            @for view in &channels { (channel(visit, view)) }
        }
        (entering(visit, &channels))
    };
    let title = t!(tongue, "nav-channels");
    Ok(layout::page(visit, &title, Place::Channels, &body).into_response())
}

fn channel_json(view: &ChannelView) -> Value {
    json!({
        "id": view.id.to_string(),
        "kind": view.kind.code(),
        "language": view.language,
        "stage": view.stage.code(),
        "pending": view.pending,
        "waiting": view.waiting.as_ref().map(|waiting| json!({
            "server": waiting.server,
            "account": waiting.account,
            "proxy": waiting.proxy.map(|port| port.to_string()),
        })),
        "own": view.own,
        "name": view.name,
        "words": view.words,
    })
}

fn delivery_json(view: &DeliveryView) -> Value {
    let record = &view.record;
    json!({
        "id": record.id.to_string(),
        "channel": record.channel.to_string(),
        "story": record.story.to_string(),
        "deed": record.deed.code(),
        "stage": record.stage.code(),
        "waits": view.waits(),
        "attempts": record.attempts,
        "followed": record.followed,
        "not_before": record.not_before.map(|at| at.0),
        "due_at": record.due_at.map(|at| at.0),
        "changed_at": record.changed_at.0,
        "links": view.links,
        "letters": view.letters.map(|letters| json!({
            "taken": letters.taken, "refused": letters.refused, "waiting": letters.waiting,
            "unknown": letters.unknown, "left": letters.left,
        })),
        "words": record.words.as_ref().map(|words| words.expose()),
    })
}

fn delivery(visit: &Visit, view: &DeliveryView) -> Markup {
    let (tongue, record) = (visit.tongue, &view.record);
    let title = match tongue {
        Tongue::En => &view.titles.0,
        Tongue::Ar => &view.titles.1,
    };
    let pill = match record.stage {
        Stage::Confirmed => "good",
        Stage::Rejected => "bad",
        Stage::Unknown if view.waits() => "bad",
        Stage::Ready | Stage::Sending | Stage::Unknown => "busy",
    };
    let state = if view.waits() {
        "waits"
    } else {
        record.stage.code()
    };
    let button = |verdict: &str| {
        let action = format!("/deliveries/{}/{verdict}", record.id);
        parts::act(
            visit,
            &action,
            &tongue.coded("verdict", verdict).unwrap_or_default(),
            "plain",
        )
    };
    html! {
        article.card {
            header.card-head {
                h3 { a href=(format!("/stories/{}", record.story)) { (foreign(title)) } }
                (parts::pill(pill, &tongue.coded("delivery", state).unwrap_or_default()))
                span.when { (time(record.changed_at.0)) }
            }
            p {
                bdi { (foreign(&view.channel)) } " · " (tongue.coded("deed", record.deed.code()).unwrap_or_default())
                " · " (t!(tongue, "delivery-attempts", count = record.attempts))
            }
            @if let Some(at) = record.not_before { p.quiet { (t!(tongue, "delivery-not-before")) " " (time(at.0)) } }
            @if let Some(words) = record.words.as_ref().filter(|words| !words.expose().is_empty()) {
                p.quiet.small { (t!(tongue, "delivery-words")) " " (foreign(words.expose())) }
            }
            @if let Some(letters) = view.letters {
                p { (t!(tongue, "delivery-letters", taken = letters.taken, refused = letters.refused, waiting = letters.waiting, unknown = letters.unknown)) }
            }
            @if !view.links.is_empty() {
                ul { @for link in &view.links { li { a href=(link) rel="noopener noreferrer" { bdi dir="ltr" { (link) } } } } }
            }
            @if view.waits() {
                @let words = if view.letters.is_some() { t!(tongue, "delivery-decide-letters") } else { t!(tongue, "delivery-decide") };
                p role="status" { (words) }
                div.actions { (button("stands")) @if !record.followed { (button("again")) } (button("leave")) }
            } @else if record.stage == Stage::Rejected && !record.followed {
                div.actions { (button("again")) }
            } @else if matches!(record.stage, Stage::Ready | Stage::Unknown) {
                div.actions { (button("leave")) }
            }
            @if record.stage == Stage::Confirmed && (!view.links.is_empty() || view.letters.is_some()) {
                (parts::act(visit, &format!("/stories/{}/withdraw-channels", record.story), &t!(tongue, "delivery-withdraw"), "danger"))
            }
        }
    }
}

fn channel(visit: &Visit, view: &ChannelView) -> Markup {
    let tongue = visit.tongue;
    let pill = match view.stage {
        ChannelStage::Open => "good",
        ChannelStage::Stopped => "bad",
        ChannelStage::Proposed => "busy",
        ChannelStage::Closed => "quiet",
    };
    let act = |act: &str, words: String, class: &str| {
        parts::act(
            visit,
            &format!("/channels/{}/{act}", view.id),
            &words,
            class,
        )
    };
    html! {
        article.card {
            header.card-head {
                h3 { bdi { (view.kind.name()) } " " (foreign(view.name.as_deref().unwrap_or_default())) }
                (parts::pill(pill, &tongue.coded("channel", view.stage.code()).unwrap_or_default()))
            }
            p.quiet { (tongue.coded("channel-language", &view.language).unwrap_or_default()) }
            @if let Some(words) = &view.words { p role="alert" { (foreign(words)) } }
            @if let Some(waiting) = &view.waiting {
                p { (t!(tongue, "channel-waiting")) }
                dl.facts {
                    dt { (t!(tongue, "channel-server")) } dd { bdi dir="ltr" { (waiting.server) } }
                    @if !waiting.account.is_empty() { dt { (t!(tongue, "channel-account")) } dd { bdi dir="ltr" { (waiting.account) } } }
                    @if let Some(port) = waiting.proxy { dt { (t!(tongue, "channel-proxy")) } dd { bdi dir="ltr" { (port) } } }
                }
            }
            @if let Some(pending) = view.pending {
                @if view.own { p { (t!(tongue, "channel-own")) } }
                @else {
                    form method="post" action=(format!("/channels/{}/confirm", view.id)) {
                        (parts::token(visit))
                        input type="hidden" name="pending" value=(pending);
                        button.button.primary type="submit" { (t!(tongue, "channel-confirm")) }
                    }
                }
            }
            @if view.kind == Kind::Mail && view.stage != ChannelStage::Closed {
                p { a href=(format!("/newsletters/{}", view.id)) { (t!(tongue, "newsletter-title")) } }
            }
            @if view.stage == ChannelStage::Stopped { (act("retry", t!(tongue, "channel-retry"), "plain")) }
            @if view.stage != ChannelStage::Closed { (act("close", t!(tongue, "channel-close"), "danger")) }
        }
    }
}

fn entering(visit: &Visit, channels: &[ChannelView]) -> Markup {
    let tongue = visit.tongue;
    let used = channels
        .iter()
        .filter(|view| view.stage != ChannelStage::Closed);
    html! {
        section.panel #enter {
            h2 { (t!(tongue, "channel-enter")) }
            p.quiet.small { (t!(tongue, "channel-enter-hint")) }
            form.stacked method="post" action="/channels" autocomplete="off" {
                (parts::token(visit))
                label for="known" { (t!(tongue, "channel-known")) }
                select #known name="known" {
                    option value="" { (t!(tongue, "channel-new")) }
                    @for view in used {
                        option value=(view.id) { (view.kind.name()) " " (view.name.as_deref().unwrap_or_default()) }
                    }
                }
                label for="kind" { (t!(tongue, "channel-kind")) }
                select #kind name="kind" { @for kind in Kind::ALL { option value=(kind.code()) { (kind.name()) } } }
                label for="language" { (t!(tongue, "channel-language")) }
                select #language name="language" {
                    option value="ar" { (t!(tongue, "channel-language-ar")) }
                    option value="en" { (t!(tongue, "channel-language-en")) }
                }
                details {
                    summary { (t!(tongue, "channel-help")) }
                    dl { @for kind in Kind::ALL {
                        dt { (kind.name()) }
                        dd { (tongue.coded("channel-help", kind.code()).unwrap_or_default()) }
                    } }
                }
                label for="server" { (t!(tongue, "channel-server")) }
                input #server name="server" dir="ltr" placeholder="https://";
                label for="account" { (t!(tongue, "channel-account")) }
                input #account name="account" dir="ltr";
                label for="secret" { (t!(tongue, "channel-secret")) }
                input #secret type="password" name="secret" dir="ltr" autocomplete="new-password" required;
                label for="proxy" { (t!(tongue, "channel-proxy")) }
                input #proxy name="proxy" dir="ltr" placeholder="127.0.0.1:9050";
                p { button.button.primary type="submit" { (t!(tongue, "channel-try")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use newsroom::outbox::Deed;

    use super::*;

    #[test]
    fn everything_a_row_can_be_has_words_in_both_languages() {
        for tongue in [Tongue::En, Tongue::Ar] {
            let has = |family, code: &str| {
                assert!(tongue.coded(family, code).is_some(), "{family}-{code}")
            };
            Stage::ALL
                .iter()
                .for_each(|stage| has("delivery", stage.code()));
            Deed::ALL.iter().for_each(|deed| has("deed", deed.code()));
            ChannelStage::ALL
                .iter()
                .for_each(|stage| has("channel", stage.code()));
            ["stands", "again", "leave"]
                .iter()
                .for_each(|verdict| has("verdict", verdict));
            ["ar", "en"]
                .iter()
                .for_each(|tag| has("channel-language", tag));
            Kind::ALL
                .iter()
                .for_each(|kind| has("channel-help", kind.code()));
            has("delivery", "waits");
        }
    }
}
