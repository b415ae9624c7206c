//! The sandboxed worker as a program of its own.
//!
//! A program that calls `media::worker::main_if_worker` first thing in `main` is its own worker; this one serves the
//! test binaries, whose `main` belongs to the test harness, and anything else that cannot make that call.

fn main() -> std::process::ExitCode {
    media::worker::main_if_worker();
    std::process::ExitCode::from(2)
}
