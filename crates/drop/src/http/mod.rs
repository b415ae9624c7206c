//! The line: one handler per request of the protocol. Each extracts, makes one call, answers.
//!
//! Nothing about a client is ever logged or kept: no address, no token, no session, no time.

mod answer;
mod body;
mod cells;
mod desk;
mod mailbox;
mod missing;
mod session;
mod tree;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use wire::{ProblemKind, TokenHash};

use crate::commit::{Clock, Queue};
use crate::store::Store;

/// What the handlers share.
pub(crate) struct App {
    pub(crate) store: Arc<Store>,
    pub(crate) queue: Queue,
    pub(crate) clock: Clock,
    /// Hashes of the desks' tokens.
    pub(crate) desks: Vec<TokenHash>,
    /// Requests under way by session, for the limit on them.
    pub(crate) under_way: Mutex<HashMap<TokenHash, u32>>,
}

/// All paths of the protocol.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mailbox = format!("{}/{{address}}", wire::MAILBOX);
    let tile = format!("{}/{{*name}}", wire::TILE);
    Router::new()
        .route(wire::CELLS, post(cells::store))
        .route(wire::MISSING, post(missing::ask))
        .route(wire::LOG, get(desk::read_log))
        .route(wire::TOKENS, post(desk::register))
        .route(wire::REVOKE, post(desk::revoke))
        .route(wire::CHECKPOINT, get(tree::checkpoint))
        .route(wire::LOG_KEY, get(tree::key))
        .route(&tile, get(tree::tile))
        .route(wire::CONFIRM, post(tree::confirm))
        .route(wire::METRICS, get(desk::metrics))
        .route(&mailbox, get(mailbox::read).put(mailbox::fill))
        .route(wire::HEALTHZ, get(desk::health))
        .method_not_allowed_fallback(answer::method_not_allowed)
        .fallback(answer::not_found)
        .with_state(app)
}

/// Which problem a refusal of the store is.
fn kind_of(refusal: crate::store::Refusal) -> ProblemKind {
    use crate::store::Refusal;
    match refusal {
        Refusal::UnknownToken => ProblemKind::Unauthorised,
        Refusal::OtherSession => ProblemKind::OtherSession,
        Refusal::SessionFull => ProblemKind::SessionFull,
        Refusal::StorageFull => ProblemKind::StorageFull,
        Refusal::Unavailable => ProblemKind::Unavailable,
    }
}
