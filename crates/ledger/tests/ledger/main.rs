//! The ledger against other people's vectors, against hostile bytes and against crashes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod crash;
mod follow;
mod vectors;
