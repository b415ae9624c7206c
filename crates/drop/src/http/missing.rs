//! `POST /v1/missing`: which of these cells has this session not stored?

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::HeaderMap;
use wire::{HASH_BYTES, MAX_HASHES_PER_ASK, MAX_UPLOAD_BYTES, Missing, MissingRequest, Problem};

use super::body::Incoming;
use super::session::Admitted;
use super::{App, answer, kind_of};

/// The handler.
pub(crate) async fn ask(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let incoming = Incoming::new(body, app.store.limits());
    match answer_to(&app, &head.headers, incoming).await {
        Ok(missing) => answer::json(missing.encode()),
        Err(problem) => answer::problem(&app, &problem),
    }
}

async fn answer_to(
    app: &Arc<App>,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Result<Missing, Problem> {
    let session = match Admitted::from_headers(app, headers) {
        Ok(session) => session,
        Err(problem) => {
            incoming.discard(MAX_UPLOAD_BYTES).await;
            return Err(problem);
        }
    };
    let body = incoming.collect(MAX_HASHES_PER_ASK * HASH_BYTES).await?;
    let asked = MissingRequest::decode(&body)?;
    let now = (app.clock)();
    let missing = app
        .store
        .missing(&session.token, &session.secret, asked.hashes(), now);
    let missing = missing.map_err(|refusal| Problem::new(kind_of(refusal)))?;
    Ok(Missing { missing })
}
