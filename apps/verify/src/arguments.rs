//! The command line: what may be asked, and the keys that the reader gives.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use i18n_embed_fl::fl;
use ledger::LogVerifier;

use crate::words::{Words, printable};

pub(crate) fn command(words: &Words) -> Command {
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
        .args(shared(words))
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .subcommand(site(words))
}

fn site(words: &Words) -> Command {
    let l = &words.loader;
    Command::new("site")
        .about(fl!(l, "about-site"))
        .arg(
            Arg::new("mirror")
                .value_name("FOLDER|URL")
                .required(true)
                .help(fl!(l, "help-mirror")),
        )
        .arg(
            Arg::new("max-age-days")
                .long("max-age-days")
                .value_name("DAYS")
                .value_parser(value_parser!(u32))
                .help(fl!(l, "help-max-age")),
        )
        .arg(
            Arg::new("socks")
                .long("socks")
                .value_name("HOST:PORT")
                .help(fl!(l, "help-socks")),
        )
        .args(shared(words))
}

/// Keys, language and form of the answer.
fn shared(words: &Words) -> [Arg; 4] {
    let l = &words.loader;
    [
        Arg::new("key")
            .long("key")
            .value_name("KEY")
            .action(ArgAction::Append)
            .help(fl!(l, "help-key")),
        Arg::new("key-file")
            .long("key-file")
            .value_name("PATH")
            .action(ArgAction::Append)
            .value_parser(value_parser!(PathBuf))
            .help(fl!(l, "help-key-file")),
        Arg::new("lang")
            .long("lang")
            .value_name("LANG")
            .value_parser(["en", "ar"])
            .help(fl!(l, "help-lang")),
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help(fl!(l, "help-json")),
    ]
}

pub(crate) fn path<'a>(matches: &'a ArgMatches, name: &str) -> anyhow::Result<&'a Path> {
    let path: Option<&PathBuf> = matches.get_one(name);
    path.map(PathBuf::as_path).context("a path is missing")
}

pub(crate) fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

pub(crate) fn trusted_keys(
    words: &Words,
    matches: &ArgMatches,
) -> anyhow::Result<Vec<LogVerifier>> {
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
