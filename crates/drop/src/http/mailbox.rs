//! `/v1/mailbox/{address}`: a desk puts a reply in, anybody may look, and every look is alike.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::HeaderMap;
use wire::{CELL_BYTES, MailboxAddress, Problem, ProblemKind, Stored};

use super::body::Incoming;
use super::{App, answer, desk};
use crate::mailbox::MailboxError;
use crate::metrics::Metrics;

/// `GET`: always 200 and one cell's size of noise, whether or not a reply is in it.
pub(crate) async fn read(State(app): State<Arc<App>>, Path(address): Path<String>) -> Response {
    let address = match address.parse::<MailboxAddress>() {
        Ok(address) => address,
        Err(error) => return answer::problem(&app, &error.into()),
    };
    Metrics::add(&app.store.metrics().mailboxes_asked, 1);
    let store = Arc::clone(&app.store);
    match tokio::task::spawn_blocking(move || store.mail(&address)).await {
        Ok(Ok(cell)) => answer::ok(wire::OCTET_STREAM, cell),
        Ok(Err(_)) | Err(_) => answer::refused(&app, ProblemKind::Unavailable),
    }
}

/// `PUT`: one cell, with the desk's token.
pub(crate) async fn fill(
    State(app): State<Arc<App>>,
    Path(address): Path<String>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let incoming = Incoming::new(body, app.store.limits());
    match filled(&app, &address, &head.headers, incoming).await {
        Ok(()) => answer::json(Stored { stored: 1 }.encode()),
        Err(problem) => answer::problem(&app, &problem),
    }
}

async fn filled(
    app: &Arc<App>,
    address: &str,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Result<(), Problem> {
    let address = desk::check(app, headers)
        .and_then(|()| address.parse::<MailboxAddress>().map_err(Problem::from));
    let address = match address {
        Ok(address) => address,
        Err(problem) => {
            incoming.discard(CELL_BYTES).await;
            return Err(problem);
        }
    };
    let cell = incoming.collect(CELL_BYTES).await?;
    if cell.len() != CELL_BYTES {
        return Err(Problem::new(ProblemKind::NoCells));
    }
    let (store, now) = (Arc::clone(&app.store), (app.clock)());
    let done = tokio::task::spawn_blocking(move || store.put_mail(&address, &cell, now)).await;
    match done {
        Ok(Ok(())) => {
            Metrics::add(&app.store.metrics().mailboxes_filled, 1);
            Ok(())
        }
        Ok(Err(MailboxError::Full)) => Err(Problem::new(ProblemKind::StorageFull)),
        Ok(Err(MailboxError::Disk(_))) | Err(_) => Err(Problem::new(ProblemKind::Unavailable)),
    }
}
