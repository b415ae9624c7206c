//! The blind store: an append-only log of cells, mailboxes, and the HTTP server in front of them.
//!
//! A drop stands where anybody may seize it. It can neither open nor fake what it holds, and what it
//! writes links no session to another or to a person. What it acknowledges is on the disk.
//!
//! Layers, from the bottom: [`disk`] (the few file operations, so that a forgetful double can stand in),
//! `pack` (cells in order), `tree` (what the log was, signed at each tick), `sessions`, `tokens`
//! and `mailbox` (who may store, what came already, what waits), `confirmed` (what may be removed), [`store`] (one group of deposits made durable together), [`commit`] (the queue that forms
//! groups), `http` and [`serve`] (the line). The bytes on disk are described in
//! `docs/formats/drop-log.md`, those on the line in `docs/formats/wire.md`.

pub mod commit;
mod confirmed;
pub mod disk;
mod http;
mod keeping;
mod limits;
mod mailbox;
mod metrics;
mod pack;
pub mod serve;
mod sessions;
pub mod store;
mod tokens;
mod tree;

pub use keeping::ConfirmError;
pub use limits::Limits;
pub use mailbox::MailboxError;
pub use metrics::Metrics;
pub use pack::{PACK_CELLS, RECORD_BYTES};
