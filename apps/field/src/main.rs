//! The reporter's command line: configuration, wiring, and errors made human. It keeps no log: nothing on a reporter's
//! device may tell what was done with it.

mod args;
mod commands;
mod explain;
mod passphrase;
mod show;
mod words;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let words = words::Words::choose(args.lang.as_deref());
    match commands::run(&args, &words) {
        Ok(code) => code,
        Err(error) => {
            show::complain(&explain::explain(&words, &error));
            ExitCode::FAILURE
        }
    }
}
