//! `cargo xtask tidy`: checks of the project's shape that the compiler does not make.

mod architecture;
mod documents;
mod guarantees;
mod languages;
mod licences;
mod sources;
mod wording;

use crate::shell::{root, say};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// A check returns what it found wrong, a sentence each.
type Check = fn(&Path) -> Result<Vec<String>>;

const CHECKS: [(&str, Check); 9] = [
    ("dependency direction", architecture::direction),
    (
        "no opener linked outside the desk",
        architecture::no_openers,
    ),
    ("module headers, file sizes, folder names", sources::check),
    ("islands built from their sources", sources::islands),
    ("document links", documents::links),
    ("tests of every guarantee", guarantees::check),
    ("both languages", languages::check),
    ("one Arabic word for one thing", wording::check),
    ("licences", licences::check),
];

/// Runs every check and fails when any found something.
pub(crate) fn run() -> Result<()> {
    let root = root();
    let mut wrong = 0;
    for (name, check) in CHECKS {
        let found = check(&root)?;
        say(&format!(
            "{} {name}",
            if found.is_empty() { "ok  " } else { "FAIL" }
        ));
        for sentence in &found {
            say(&format!("       {sentence}"));
        }
        wrong += found.len();
    }
    if wrong > 0 {
        bail!("tidy found {wrong} things to mend");
    }
    Ok(())
}

/// All files below `root` with one of the endings, without what is built or installed.
fn files(root: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let skipped = |name: &str| {
        name.starts_with("target")
            || matches!(name, "node_modules" | ".git" | "corpus" | "artifacts")
    };
    WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            entry.depth() == 0
                || !entry.file_type().is_dir()
                || !skipped(&entry.file_name().to_string_lossy())
        })
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .filter(|path| {
            path.extension().is_some_and(|ending| {
                endings
                    .iter()
                    .any(|wanted| ending.eq_ignore_ascii_case(wanted))
            })
        })
        .collect()
}

/// The path as people write it, from the root.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
