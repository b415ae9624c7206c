//! The drop's server: configuration, wiring, and nothing else.

mod bench;
mod logging;
mod onion;
mod serve;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Firsthand's drop: takes sealed cells in, keeps them, and hands them to the desk.
///
/// A drop can neither open what it holds nor tell whose it is.
#[derive(Parser)]
#[command(name = "fh-drop", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Take cells in and hand them out, until stopped with SIGTERM or Ctrl-C.
    Serve(serve::Arguments),
    /// Make the secret token with which the desk reads this drop and registers session tokens.
    Token(token::Arguments),
    /// Print a Tor configuration that makes this drop an onion service.
    OnionConfig(onion::Arguments),
    /// Measure this machine: the drop against writing the same bytes directly.
    #[command(hide = true)]
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::OnionConfig(arguments) => onion::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::complain(&error);
            ExitCode::FAILURE
        }
    }
}
