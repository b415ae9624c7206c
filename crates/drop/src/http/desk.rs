//! What each desk may do with its token: read the log, register session tokens, read the counters.
//!
//! `healthz` stands here too, because what it says is for whoever runs the drop.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use subtle::ConstantTimeEq;
use wire::{
    CELL_BYTES, DeskToken, LogQuery, MAX_JSON_BYTES, Problem, ProblemKind, Registered, TokenHash,
    TokenRegistration,
};

use super::body::Incoming;
use super::{App, answer};
use crate::metrics::Metrics;
use crate::store::{RegisterError, Store};

/// Cells read from the disk at a time while a log answer is being sent: 1 MiB.
const READ_CELLS: u64 = 16;

/// Whether the `Authorization` header carries a desk's token.
pub(super) fn check(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    whose(app, headers).map(|_| ())
}

/// Whose token the `Authorization` header carries. All are compared, so that the time does not tell how many there are
/// before it.
pub(super) fn whose<'a>(app: &'a App, headers: &HeaderMap) -> Result<&'a TokenHash, Problem> {
    let value = headers.get(wire::HEADER_AUTHORIZATION);
    let value = value.ok_or(Problem::new(ProblemKind::Unauthorised))?;
    let shown = DeskToken::from_bearer(value.as_bytes())?.hash();
    let mut found = None;
    for desk in &app.desks {
        if bool::from(shown.as_bytes().ct_eq(desk.as_bytes())) {
            found = Some(desk);
        }
    }
    found.ok_or(Problem::new(ProblemKind::Unauthorised))
}

/// `GET /v1/log`: cells by offset.
pub(crate) async fn read_log(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let size = app.store.size();
    let asked = check(&app, &headers).and_then(|()| {
        let asked = LogQuery::decode(query.as_deref().unwrap_or_default())?;
        let first = app.store.first();
        if asked.from < first {
            let detail = format!("the log begins at {first}");
            return Err(Problem::new(ProblemKind::Gone).with_detail(detail));
        }
        if asked.from > size {
            let detail = format!("the log holds {size} cells");
            return Err(Problem::new(ProblemKind::BeyondEnd).with_detail(detail));
        }
        Ok(asked)
    });
    match asked {
        Ok(asked) => log_answer(&app, asked, size),
        Err(problem) => {
            let mut response = answer::problem(&app, &problem);
            if problem.kind() == Some(ProblemKind::Gone) {
                say_first(&app, &mut response);
            }
            response
        }
    }
}

fn say_first(app: &App, response: &mut Response) {
    response.headers_mut().insert(
        HeaderName::from_static(wire::HEADER_FIRST),
        HeaderValue::from(app.store.first()),
    );
}

fn log_answer(app: &Arc<App>, asked: LogQuery, size: u64) -> Response {
    let next = size.min(asked.from.saturating_add(u64::from(asked.limit)));
    let bytes = (next - asked.from) * CELL_BYTES as u64;
    let mut response = answer::ok(wire::OCTET_STREAM, stream_cells(app, asked.from, next));
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static(wire::HEADER_NEXT),
        HeaderValue::from(next),
    );
    headers.insert(
        HeaderName::from_static(wire::HEADER_SIZE),
        HeaderValue::from(size),
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    say_first(app, &mut response);
    response
}

/// The cells, read piece by piece as the desk takes them.
fn stream_cells(app: &Arc<App>, from: u64, end: u64) -> Body {
    let app = Arc::clone(app);
    let pieces = stream::try_unfold(from, move |from| {
        let app = Arc::clone(&app);
        async move {
            if from >= end {
                return Ok::<_, io::Error>(None);
            }
            let most = READ_CELLS.min(end - from);
            let store = Arc::clone(&app.store);
            let read = tokio::task::spawn_blocking(move || read_piece(&store, from, most));
            let (piece, cells) = read.await.map_err(io::Error::other)??;
            Metrics::add(&app.store.metrics().cells_read, piece.len() / CELL_BYTES);
            Ok(Some((piece, from + cells)))
        }
    });
    Body::from_stream(pieces)
}

fn read_piece(store: &Store, from: u64, most: u64) -> io::Result<(Bytes, u64)> {
    let mut piece = Vec::new();
    let cells = store.read(from, most, &mut piece)?;
    if cells == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((piece.into(), cells))
}

/// `POST /v1/tokens`: session tokens that may store from now on.
pub(crate) async fn register(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let incoming = Incoming::new(body, app.store.limits());
    match registered(&app, &head.headers, incoming, Store::register_with).await {
        Ok(registered) => answer::json(registered.encode()),
        Err(problem) => answer::problem(&app, &problem),
    }
}

/// `POST /v1/tokens/revoke`: session tokens that may not store any more, not even in a session under way.
pub(crate) async fn revoke(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let incoming = Incoming::new(body, app.store.limits());
    let revoke = |store: &Store, hashes: &[TokenHash], _quota| store.revoke(hashes);
    match registered(&app, &head.headers, incoming, revoke).await {
        Ok(registered) => answer::json(registered.encode()),
        Err(problem) => answer::problem(&app, &problem),
    }
}

/// Takes a list of tokens and does with it what is asked; the answer says how many were heard, never how many were known.
async fn registered(
    app: &Arc<App>,
    headers: &HeaderMap,
    incoming: Incoming,
    act: impl FnOnce(&Store, &[TokenHash], Option<u64>) -> Result<(), RegisterError> + Send + 'static,
) -> Result<Registered, Problem> {
    if let Err(problem) = check(app, headers) {
        incoming.discard(MAX_JSON_BYTES).await;
        return Err(problem);
    }
    let body = incoming.collect(MAX_JSON_BYTES).await?;
    let registration = TokenRegistration::decode(&body)?;
    let count = u32::try_from(registration.hashes().len()).unwrap_or(u32::MAX);
    let store = Arc::clone(&app.store);
    let register = move || act(&store, registration.hashes(), registration.quota_cells());
    let done = tokio::task::spawn_blocking(register).await;
    match done {
        Ok(Ok(())) => Ok(Registered { registered: count }),
        Ok(Err(error @ RegisterError::TooMany(_))) => {
            Err(Problem::new(ProblemKind::StorageFull).with_detail(error.to_string()))
        }
        Ok(Err(RegisterError::Disk(_))) | Err(_) => Err(Problem::new(ProblemKind::Unavailable)),
    }
}

/// `GET /metrics`: counters. For the desk only: counts over time would tell a watcher when somebody sends.
pub(crate) async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match check(&app, &headers) {
        Ok(()) => answer::ok("text/plain; version=0.0.4", app.store.metrics().render()),
        Err(problem) => answer::problem(&app, &problem),
    }
}

/// `GET /healthz`: whether the drop can store.
pub(crate) async fn health(State(app): State<Arc<App>>) -> Response {
    if app.store.healthy() {
        answer::ok("text/plain", "ok\n")
    } else {
        answer::refused(&app, ProblemKind::Unavailable)
    }
}
