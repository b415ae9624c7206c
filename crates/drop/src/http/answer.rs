//! Answers: JSON, bytes, and problem documents.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use wire::{Problem, ProblemKind};

use super::App;
use crate::metrics::Metrics;

const JSON: &str = "application/json";

/// A 200 with a body of a media type. Nothing a drop says may be kept by a cache on the way.
pub(crate) fn ok(media_type: &'static str, body: impl Into<Body>) -> Response {
    with_status(StatusCode::OK, media_type, body.into())
}

/// A 200 with JSON.
pub(crate) fn json(body: Vec<u8>) -> Response {
    ok(JSON, body)
}

/// A problem document, counted.
pub(crate) fn problem(app: &App, problem: &Problem) -> Response {
    Metrics::add(&app.store.metrics().requests_refused, 1);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = with_status(status, wire::PROBLEM_JSON, problem.encode().into());
    let kind = problem.kind();
    if kind == Some(ProblemKind::Unauthorised) {
        set(&mut response, header::WWW_AUTHENTICATE, "Bearer");
    }
    if kind == Some(ProblemKind::Busy) {
        set(&mut response, header::RETRY_AFTER, "10");
    }
    response
}

/// A problem without detail.
pub(crate) fn refused(app: &App, kind: ProblemKind) -> Response {
    problem(app, &Problem::new(kind))
}

/// Sets one fixed header.
pub(crate) fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
}

/// Answer to paths that the protocol does not have.
pub(crate) async fn not_found(State(app): State<Arc<App>>) -> Response {
    refused(&app, ProblemKind::NotFound)
}

/// Answer to methods that a path does not have.
pub(crate) async fn method_not_allowed(State(app): State<Arc<App>>) -> Response {
    refused(&app, ProblemKind::MethodNotAllowed)
}

fn with_status(status: StatusCode, media_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, media_type);
    set(&mut response, header::CACHE_CONTROL, "no-store");
    response
}
