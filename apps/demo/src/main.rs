//! The whole chain as people would run it: three custodians, two editors, one reporter, one drop.
//!
//! It calls no library of the project: it starts the built programs, types at their command lines,
//! and fills in the desk's forms over HTTP. What it reports comes from what each station printed.

mod newsroom;
mod outcome;
mod programs;
mod reader;
mod report;
mod reporter;
mod samples;
mod site;
mod story;
mod visitor;
mod walks;

use anyhow::{Context, Result};
use clap::Parser;
use programs::Programs;
use std::path::PathBuf;
use std::process::ExitCode;

/// Drives fh-field, fh-drop, fh-desk and fh-verify over the whole chain.
#[derive(Parser)]
#[command(name = "fh-demo", version)]
struct Options {
    /// Where the built programs are.
    #[arg(long, value_name = "DIR")]
    bin_dir: PathBuf,
    /// Leave the results in --out and end, instead of keeping desk and site open.
    #[arg(long, requires = "out")]
    once: bool,
    /// Folder for site/, proofs/ and report.json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Work in this folder and keep it: logs, secrets and all. For tests; it holds passphrases.
    #[arg(long, value_name = "DIR", hide = true)]
    keep: Option<PathBuf>,
    /// Media to report; samples with camera-like metadata are made when there are none.
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            outcome::say("A station failed; report.json says which and why.");
            ExitCode::FAILURE
        }
        Err(error) => {
            outcome::say(&format!("The demo stopped: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs the chain; `false` when a station failed but the report could still be written.
fn run(options: &Options) -> Result<bool> {
    let erased = tempfile::Builder::new()
        .prefix("firsthand-demo-")
        .tempdir()
        .context("making a folder to work in")?;
    let work = options.keep.as_deref().unwrap_or(erased.path());
    std::fs::create_dir_all(work).with_context(|| format!("making {}", work.display()))?;
    let out = match &options.out {
        Some(out) => out.clone(),
        None => work.join("out"),
    };
    std::fs::create_dir_all(&out).with_context(|| format!("making {}", out.display()))?;
    let out = out.canonicalize()?;
    let programs = Programs::new(&options.bin_dir, work)?;
    let inputs = match options.files.as_slice() {
        [] => samples::make(&work.join("camera"))?,
        files => files.to_vec(),
    };
    let site = site::reserve(options.once)?;
    let mut report = report::Report::new(&inputs);
    let newsroom = newsroom::found(&programs, &out.join("site"), &site.url, &mut report)?;
    let done = chain(&programs, &newsroom, &inputs, &out, &mut report);
    if let Err(error) = &done {
        report.stopped(error);
    }
    report.write(&out.join("report.json"))?;
    report.print();
    done?;
    if !options.once {
        site.serve_until_interrupted(&out, &newsroom)?;
    }
    Ok(report.all_well())
}

/// The stations in the order of the data, then the other ways.
fn chain(
    programs: &Programs,
    newsroom: &newsroom::Newsroom<'_>,
    inputs: &[PathBuf],
    out: &std::path::Path,
    report: &mut report::Report,
) -> Result<()> {
    let reporter = reporter::Reporter::equip(programs, newsroom, inputs, report)?;
    reporter.seal(inputs, report)?;
    reporter.send(newsroom, report)?;
    let items = newsroom.receive(inputs, report)?;
    let examined = newsroom.examine(&items, report)?;
    let derivatives = newsroom.protect(&examined, report)?;
    reporter.read_receipts(report)?;
    let published = story::publish(newsroom, &derivatives, report)?;
    reader::check(programs, &published, out, report)?;
    walks::all(programs, newsroom, &reporter, &out.join("site"), report)
}
