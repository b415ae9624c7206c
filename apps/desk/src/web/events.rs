//! What changes while a page is open, as server-sent events: kind and id, never content.
//!
//! A page says which event it has seen last, by its address or, after a broken connection, by `Last-Event-ID`; when
//! others came since, the first thing it hears is that everything may have changed.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use crate::auth::Signed;
use crate::desk::{Desk, EventKind};
use crate::web::App;

/// `GET /events?seen=N`
#[derive(Deserialize)]
pub(crate) struct Page {
    #[serde(default, deserialize_with = "number")]
    seen: Option<u64>,
}

/// A page of an earlier version says nothing, or nothing that is a number.
fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(String::deserialize(from)?.parse().ok())
}

/// What changed, from the moment the page was made.
pub(crate) async fn stream(
    State(app): State<App>,
    _editor: Signed,
    Query(page): Query<Page>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Sent, Infallible>>> {
    let desk = app.desk.clone();
    // Listening begins before the numbers are compared: nothing falls between.
    let events = BroadcastStream::new(app.desk.events());
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let seen = last.and_then(|id| id.parse().ok()).or(page.seen);
    let missed = seen.is_some_and(|seen: u64| seen != app.desk.told());
    let first = futures_util::stream::iter(missed.then(|| Ok(everything())));
    let sent = events
        .take_while(move |event| std::future::ready(goes_on(&desk, event)))
        .map(|event| {
            Ok(match event {
                Ok(event) => said(event.kind.as_str(), &event.id).id(event.number.to_string()),
                // Too slow for some of them: the page refreshes everything it shows.
                Err(BroadcastStreamRecvError::Lagged(_)) => everything(),
            })
        });
    Sse::new(first.chain(sent)).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

/// The page refreshes all that it shows.
fn everything() -> Sent {
    said("all", "")
}

/// A browser drops an event without data, so what names nothing says that it does.
fn said(kind: &str, id: &str) -> Sent {
    Sent::default()
        .event(kind)
        .data(if id.is_empty() { "-" } else { id })
}

/// A locked desk says nothing more; the page that reconnects learns that it is locked.
fn goes_on<E>(desk: &Desk, event: &Result<crate::desk::Event, E>) -> bool {
    let locking = matches!(event, Ok(event) if event.kind == EventKind::Lock);
    !locking || desk.store().is_ok()
}
