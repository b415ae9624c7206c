//! `fh-desk`: the desk's server and command line.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // The sandboxed worker is this very program again; it must not get as far as parsing arguments.
    media::worker::main_if_worker();
    desk::logging::start();
    match desk::cli::run(desk::cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => desk::cli::report(&error),
    }
}
