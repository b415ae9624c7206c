//! `fh-verify`: check a published file against its proof, or a copy of a whole site against its signed manifest, offline.
//!
//! Exit codes: 0 when nothing fails, 1 when something fails, 2 when the check could not be carried out.

mod arguments;
mod mirror;
mod words;

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::ArgMatches;
use i18n_embed_fl::fl;
use proof::{Grade, Report};
use serde_json::{Value, json};

use arguments::{path, shown};
use words::Words;

/// Larger than any proof file; what is larger is not read into memory.
const PROOF_MAX: u64 = 1 << 20;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let words = Words::new(&language(&arguments));
    let matches = arguments::command(&words).get_matches_from(arguments);
    match run(&words, &matches) {
        Ok(Grade::Fails) => ExitCode::from(1),
        Ok(Grade::Holds | Grade::Limited) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be told if even the terminal is gone.
            let _ = writeln!(std::io::stderr(), "fh-verify: {error}");
            ExitCode::from(2)
        }
    }
}

/// `--lang`, else `FH_LANG`, else `LANG`, else English; looked up before parsing so that help speaks it too.
fn language(arguments: &[OsString]) -> String {
    let texts: Vec<&str> = arguments.iter().filter_map(|text| text.to_str()).collect();
    let after = texts
        .iter()
        .position(|text| *text == "--lang")
        .and_then(|at| texts.get(at + 1).copied());
    let joined = texts.iter().find_map(|text| text.strip_prefix("--lang="));
    let named = after
        .or(joined)
        .map(str::to_owned)
        .or_else(|| std::env::var("FH_LANG").ok());
    let wanted = named
        .or_else(|| std::env::var("LANG").ok())
        .unwrap_or_default();
    if wanted.starts_with("ar") {
        "ar".to_owned()
    } else {
        "en".to_owned()
    }
}

fn run(words: &Words, matches: &ArgMatches) -> anyhow::Result<Grade> {
    if let Some(matches) = matches.subcommand_matches("site") {
        return mirror::run(words, matches);
    }
    let file = path(matches, "file")?;
    let proof_path = path(matches, "proof")?;
    let keys = arguments::trusted_keys(words, matches)?;
    let proof = read_proof(words, proof_path)?;
    let unreadable = |reason: String| {
        anyhow!(fl!(
            words.loader,
            "error-file",
            path = shown(file),
            reason = reason
        ))
    };
    let mut opened = File::open(file).map_err(|error| unreadable(error.to_string()))?;
    let report = proof::check(&mut opened, &proof, &keys).map_err(|error| {
        let source = std::error::Error::source(&error);
        unreadable(source.map_or_else(|| error.to_string(), ToString::to_string))
    })?;
    let of = json!({ "file": file.to_string_lossy(), "proof": proof_path.to_string_lossy() });
    answer(words, matches.get_flag("json"), of, &report)
}

/// Prints the report; `of` says what was checked, for programs.
fn answer(words: &Words, as_json: bool, of: Value, report: &Report) -> anyhow::Result<Grade> {
    let text = if as_json {
        json_text(words, of, report)?
    } else {
        as_words(words, report)
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("standard output")?;
    Ok(report.verdict())
}

fn read_proof(words: &Words, path: &Path) -> anyhow::Result<Vec<u8>> {
    let l = &words.loader;
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(PROOF_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| {
            anyhow!(fl!(
                l,
                "error-proof",
                path = shown(path),
                reason = error.to_string()
            ))
        })?;
    if bytes.len() as u64 > PROOF_MAX {
        bail!(fl!(l, "error-proof-size", path = shown(path)));
    }
    Ok(bytes)
}

fn as_words(words: &Words, report: &Report) -> String {
    let mut text = String::new();
    for finding in report.findings() {
        let grade = words.grade(finding.grade);
        text.push_str(&format!("[{grade}] {}\n", words.finding(finding)));
    }
    text.push_str(&format!("\n{}\n", words.verdict(report.verdict())));
    text
}

fn json_text(words: &Words, mut of: Value, report: &Report) -> anyhow::Result<String> {
    let findings: Vec<_> = report
        .findings()
        .iter()
        .map(|finding| {
            json!({
                "grade": finding.grade,
                "code": finding.code,
                "args": finding.args,
                "text": words.finding(finding),
            })
        })
        .collect();
    of["verdict"] = json!(report.verdict());
    of["findings"] = json!(findings);
    Ok(format!("{}\n", serde_json::to_string_pretty(&of)?))
}
