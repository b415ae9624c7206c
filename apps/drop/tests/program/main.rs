//! The built program: started, used, killed, watched from outside.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail the test"
)]

mod command_line;
mod kill;
mod running;
mod syncs;
