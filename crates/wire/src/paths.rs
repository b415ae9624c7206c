//! Paths, header names and media types of the protocol.

use crate::ids::MailboxAddress;

/// `POST`: stores cells. Session token and session secret.
pub const CELLS: &str = "/v1/cells";
/// `POST`: which of these cells are missing in this session. Session token and session secret.
pub const MISSING: &str = "/v1/missing";
/// `GET`: cells by offset. Desk token.
pub const LOG: &str = "/v1/log";
/// `POST`: registers session tokens by their hashes. Desk token.
pub const TOKENS: &str = "/v1/tokens";
/// `POST`: takes session tokens back by their hashes, sessions under way included. Desk token.
pub const REVOKE: &str = "/v1/tokens/revoke";
/// `GET` for anybody, `PUT` with the desk token: `/v1/mailbox/{64 hex digits}`.
pub const MAILBOX: &str = "/v1/mailbox";
/// `GET` for anybody: the newest checkpoint of the log, the same for everybody until the next tick.
pub const CHECKPOINT: &str = "/v1/checkpoint";
/// `GET` for anybody: the key that checkpoints are signed with, as text.
pub const LOG_KEY: &str = "/v1/log-key";
/// `GET`: hashes of the log's tree, `/v1/tile/{L}/{N}[.p/{W}]`. Desk token.
pub const TILE: &str = "/v1/tile";
/// `POST`: everything below an offset is safe at the desk. Desk token.
pub const CONFIRM: &str = "/v1/confirm";
/// `GET`: whether the drop can store.
pub const HEALTHZ: &str = "/healthz";
/// `GET`: counts in Prometheus text. Desk token: counts over time are a watcher's clock.
pub const METRICS: &str = "/metrics";

/// Lowercase name of the header that carries a token.
pub const HEADER_AUTHORIZATION: &str = "authorization";
/// Lowercase name of the header that carries the session secret as 64 hexadecimal digits.
pub const HEADER_SESSION: &str = "fh-session";
/// Lowercase name of the header of a log answer: the offset to ask for next.
pub const HEADER_NEXT: &str = "fh-next";
/// Lowercase name of the header of a log answer: the cells in the whole log.
pub const HEADER_SIZE: &str = "fh-size";

/// Lowercase name of the header of a log answer: the first offset that the drop still holds.
pub const HEADER_FIRST: &str = "fh-first";

/// What precedes the digits of a token in the `Authorization` header.
pub const BEARER: &str = "Bearer ";
/// Media type of cells and hash lists.
pub const OCTET_STREAM: &str = "application/octet-stream";
/// Media type of problem documents (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The path of one mailbox.
#[must_use]
pub fn mailbox_path(address: &MailboxAddress) -> String {
    format!("{MAILBOX}/{address}")
}

/// The path and query that read the log.
#[must_use]
pub fn log_path(from: u64, limit: u32) -> String {
    format!("{LOG}?from={from}&limit={limit}")
}

/// The `Authorization` value of 64 digits that the caller already has as text.
#[must_use]
pub fn bearer_value(digits: &str) -> zeroize::Zeroizing<String> {
    zeroize::Zeroizing::new(format!("{BEARER}{digits}"))
}
