//! What `keys` promises, tested from outside in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "tests and their helpers may"
)]

mod documents;
mod properties;
mod vectors;
