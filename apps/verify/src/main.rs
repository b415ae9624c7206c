//! `fh-verify`: check a published file against its proof, offline.
//!
//! Exit codes: 0 when nothing fails, 1 when something fails, 2 when the check could not be carried out.

mod words;

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use i18n_embed_fl::fl;
use ledger::LogVerifier;
use proof::{Grade, Report};
use serde_json::json;

use words::{Words, printable};

/// Larger than any proof file; what is larger is not read into memory.
const PROOF_MAX: u64 = 1 << 20;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let words = Words::new(&language(&arguments));
    let matches = command(&words).get_matches_from(arguments);
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

fn command(words: &Words) -> Command {
    let l = &words.loader;
    Command::new("fh-verify")
        .version(env!("CARGO_PKG_VERSION"))
        .about(fl!(l, "about"))
        .after_help(fl!(l, "after-help"))
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help(fl!(l, "help-file")),
        )
        .arg(
            Arg::new("proof")
                .long("proof")
                .value_name("PROOF")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help(fl!(l, "help-proof")),
        )
        .arg(
            Arg::new("key")
                .long("key")
                .value_name("KEY")
                .action(ArgAction::Append)
                .help(fl!(l, "help-key")),
        )
        .arg(
            Arg::new("key-file")
                .long("key-file")
                .value_name("PATH")
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help(fl!(l, "help-key-file")),
        )
        .arg(
            Arg::new("lang")
                .long("lang")
                .value_name("LANG")
                .value_parser(["en", "ar"])
                .help(fl!(l, "help-lang")),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help(fl!(l, "help-json")),
        )
}

fn run(words: &Words, matches: &ArgMatches) -> anyhow::Result<Grade> {
    let file = path(matches, "file")?;
    let proof_path = path(matches, "proof")?;
    let keys = trusted_keys(words, matches)?;
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
    let text = if matches.get_flag("json") {
        as_json(words, file, proof_path, &report)?
    } else {
        as_words(words, &report)
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("standard output")?;
    Ok(report.verdict())
}

fn path<'a>(matches: &'a ArgMatches, name: &str) -> anyhow::Result<&'a Path> {
    let path: Option<&PathBuf> = matches.get_one(name);
    path.map(PathBuf::as_path).context("a path is missing")
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

fn trusted_keys(words: &Words, matches: &ArgMatches) -> anyhow::Result<Vec<LogVerifier>> {
    let l = &words.loader;
    let mut texts: Vec<String> = matches
        .get_many("key")
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    for path in matches
        .get_many::<PathBuf>("key-file")
        .into_iter()
        .flatten()
    {
        let text = std::fs::read_to_string(path).map_err(|error| {
            anyhow!(fl!(
                l,
                "error-key-file",
                path = shown(path),
                reason = error.to_string()
            ))
        })?;
        texts.push(text);
    }
    texts
        .iter()
        .map(|text| {
            // A key copied from this program's own answer may bring its invisible isolation marks.
            let marks = |c: char| c.is_whitespace() || matches!(c, '\u{2066}'..='\u{2069}');
            let key: Result<LogVerifier, _> = text.trim_matches(marks).parse();
            key.map_err(|error| anyhow!(fl!(l, "error-key", reason = error.to_string())))
        })
        .collect()
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

fn as_json(words: &Words, file: &Path, proof: &Path, report: &Report) -> anyhow::Result<String> {
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
    let answer = json!({
        "file": file.to_string_lossy(),
        "proof": proof.to_string_lossy(),
        "verdict": report.verdict(),
        "findings": findings,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&answer)?))
}
