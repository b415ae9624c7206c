//! The project's own commands, so that a fresh machine needs nothing but Rust, Node and Debian's packages.
//!
//! `demo` shows the whole chain, `test` proves it, `bench` measures it against named peers, `tidy` keeps the shape.

mod bench;
mod demo;
mod fuzz;
mod node;
mod peers;
mod setup;
mod shell;
mod test;
mod tidy;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Firsthand's own commands")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing, build, and run the whole chain on real input.
    Demo {
        /// Do not wait at the end: leave DIR/site, DIR/proofs and DIR/report.json, and exit.
        #[arg(long, requires = "out")]
        once: bool,
        /// Where the results go.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Media to report: any mix of JPEG, PNG, HEIC, MP4, MOV, MP3 and PDF. Without any, samples are made.
        files: Vec<PathBuf>,
    },
    /// Install what is missing and run every test that needs no foreign server.
    Test {
        /// Also the tests against real foreign servers, which are installed and cached.
        #[arg(long)]
        peers: bool,
    },
    /// Measure against the named peers in the same run and print the ratios.
    Bench {
        /// Smaller inputs, to see that the bench itself works.
        #[arg(long)]
        quick: bool,
        /// Also what takes an hour and much of the disk: every choice of cards, and the largest sizes.
        #[arg(long, conflicts_with = "quick")]
        full: bool,
        /// Only these: seal, drop, cards, kill, roads.
        only: Vec<String>,
    },
    /// Run the fuzz targets, coverage-guided; nothing needs to be installed for it.
    Fuzz {
        /// How long each runs.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Only these targets.
        only: Vec<String>,
    },
    /// Check the shape: dependency direction, headers, file sizes, links, languages, licences.
    Tidy,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo { once, out, files } => demo::run(once, out.as_deref(), &files),
        Command::Test { peers } => test::run(peers),
        Command::Bench { quick, full, only } => {
            let size = match (quick, full) {
                (true, _) => bench::Size::Quick,
                (false, true) => bench::Size::Full,
                (false, false) => bench::Size::Usual,
            };
            bench::run(size, &only)
        }
        Command::Fuzz { seconds, only } => fuzz::run(seconds, &only),
        Command::Tidy => tidy::run(),
    }
}
