//! What `openers` promises, tested from outside in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "tests and their helpers may"
)]

mod cctv;
mod hostile;
mod npm_interop;
mod rekeying;
mod roles;
mod stock_age;
mod unlocking;
mod vectors;
