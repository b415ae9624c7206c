//! The reporter's command line: configuration, wiring, and errors made human. It keeps no log: nothing on a reporter's
//! device may tell what was done with it.

mod args;
mod commands;
mod explain;
mod memory;
mod passphrase;
mod show;
mod words;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;

use crate::words::say;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let words = words::Words::choose(args.lang.as_deref());
    let kept = memory::keep_to_itself().with_context(|| say!(words, "error-memory-open"));
    match kept.and_then(|()| commands::run(&args, &words)) {
        Ok(code) => code,
        Err(error) => {
            show::complain(&explain::explain(&words, &error));
            ExitCode::FAILURE
        }
    }
}
