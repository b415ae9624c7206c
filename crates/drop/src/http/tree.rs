//! What a drop says about its log: a checkpoint and its key for anybody, tiles for the desk; and the desk's confirmation.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::HeaderMap;
use wire::{Confirmation, MAX_JSON_BYTES, Problem, ProblemKind};

use super::body::Incoming;
use super::{App, answer, desk};
use crate::keeping::ConfirmError;

const TEXT: &str = "text/plain; charset=utf-8";

/// `GET /v1/checkpoint`: the same bytes for everybody until the next tick.
pub(crate) async fn checkpoint(State(app): State<Arc<App>>) -> Response {
    answer::ok(TEXT, app.store.checkpoint().note().to_owned())
}

/// `GET /v1/log-key`: what checkpoints are signed with.
pub(crate) async fn key(State(app): State<Arc<App>>) -> Response {
    answer::ok(TEXT, format!("{}\n", app.store.log_key()))
}

/// `GET /v1/tile/...`: hashes of the newest checkpoint's tree.
pub(crate) async fn tile(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(problem) = desk::check(&app, &headers) {
        return answer::problem(&app, &problem);
    }
    let store = Arc::clone(&app.store);
    let read = move || store.tile(&format!("tile/{name}"));
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(Some(tile))) => answer::ok(wire::OCTET_STREAM, tile),
        Ok(Ok(None)) => answer::refused(&app, ProblemKind::NotFound),
        Ok(Err(_)) | Err(_) => answer::refused(&app, ProblemKind::Unavailable),
    }
}

/// `POST /v1/confirm`: everything below an offset is safe at the desk whose token this is.
pub(crate) async fn confirm(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let incoming = Incoming::new(body, app.store.limits());
    match confirmed(&app, &head.headers, incoming).await {
        Ok(confirmation) => answer::json(confirmation.encode()),
        Err(problem) => answer::problem(&app, &problem),
    }
}

async fn confirmed(
    app: &Arc<App>,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Result<Confirmation, Problem> {
    let whose = match desk::whose(app, headers) {
        Ok(desk) => *desk,
        Err(problem) => {
            incoming.discard(MAX_JSON_BYTES).await;
            return Err(problem);
        }
    };
    let asked = Confirmation::decode(&incoming.collect(MAX_JSON_BYTES).await?)?;
    let (store, now) = (Arc::clone(&app.store), (app.clock)());
    let done = tokio::task::spawn_blocking(move || store.confirm(&whose, asked.below, now)).await;
    match done {
        Ok(Ok(below)) => Ok(Confirmation { below }),
        Ok(Err(error @ ConfirmError::BeyondEnd(_))) => {
            Err(Problem::new(ProblemKind::BeyondEnd).with_detail(error.to_string()))
        }
        Ok(Err(ConfirmError::Disk(_))) | Err(_) => Err(Problem::new(ProblemKind::Unavailable)),
    }
}
