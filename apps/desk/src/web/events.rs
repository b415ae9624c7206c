//! What changes while a page is open, as server-sent events: kind and id, never content.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use crate::auth::Signed;
use crate::desk::{Desk, EventKind};
use crate::web::App;

/// `GET /events`
pub(crate) async fn stream(
    State(app): State<App>,
    _editor: Signed,
) -> Sse<impl Stream<Item = Result<Sent, Infallible>>> {
    let desk = app.desk.clone();
    let events = BroadcastStream::new(app.desk.events());
    let sent = events
        .take_while(move |event| std::future::ready(goes_on(&desk, event)))
        .map(|event| {
            Ok(match event {
                Ok(event) => Sent::default().event(event.kind.as_str()).data(event.id),
                // Too slow for some of them: the page refreshes everything it shows.
                Err(BroadcastStreamRecvError::Lagged(_)) => Sent::default().event("all").data(""),
            })
        });
    Sse::new(sent).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

/// A locked desk says nothing more; the page that reconnects learns that it is locked.
fn goes_on<E>(desk: &Desk, event: &Result<crate::desk::Event, E>) -> bool {
    let locking = matches!(event, Ok(event) if event.kind == EventKind::Lock);
    !locking || desk.store().is_ok()
}
