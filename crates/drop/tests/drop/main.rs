//! The drop from the outside: its store on a disk that forgets, and its server on real connections.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail the test"
)]

mod blind;
mod client;
mod faults;
mod forgetful;
mod hostile;
mod linking;
mod recovery;
mod sample;
mod server;
mod tree;
mod uploads;
