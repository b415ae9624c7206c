//! The drop's protocol: requests, answers and limits, shared by those who send, store and collect cells.
//!
//! This crate knows what goes over the line between a reporter's device, a drop and a desk. It knows
//! nothing of what is inside a cell and names no key: a cell is 65,536 bytes of noise here. It does no
//! I/O. The byte layouts are described in `docs/formats/wire.md`.
//!
//! Everything that is decoded here came from a stranger: every decoder is strict, bounded, and answers
//! with a [`WireError`].

mod answers;
mod confirm;
mod error;
mod ids;
mod limits;
mod log;
mod missing;
mod paths;
mod problem;
mod secrets;
mod tokens;

pub use answers::{Missing, Registered, Stored};
pub use confirm::Confirmation;
pub use error::WireError;
pub use ids::{CellHash, MailboxAddress, SecretHash, TokenHash};
pub use limits::{
    CELL_BYTES, HASH_BYTES, MAX_CELLS_PER_REQUEST, MAX_CHECKPOINT_BYTES, MAX_HASHES_PER_ASK,
    MAX_JSON_BYTES, MAX_LOG_CELLS, MAX_TILE_BYTES, MAX_TOKENS_PER_REQUEST, MAX_UPLOAD_BYTES,
    SESSION_MICROS,
};
pub use log::{LogPosition, LogQuery};
pub use missing::MissingRequest;
pub use paths::{
    BEARER, CELLS, CHECKPOINT, CONFIRM, HEADER_AUTHORIZATION, HEADER_FIRST, HEADER_NEXT,
    HEADER_SESSION, HEADER_SIZE, HEALTHZ, LOG, LOG_KEY, MAILBOX, METRICS, MISSING, OCTET_STREAM,
    PROBLEM_JSON, REVOKE, TILE, TOKENS, bearer_value, log_path, mailbox_path,
};
pub use problem::{Problem, ProblemKind};
pub use secrets::{DeskToken, SessionSecret, SessionToken};
pub use tokens::TokenRegistration;
