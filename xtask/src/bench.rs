//! `cargo xtask bench`: figures against named peers, in one run, as medians of alternating pairs.

mod cards;
mod kill;
mod newsroom;
mod nextest;
mod roads;
mod runs;
mod seal;
mod site;

use crate::setup;
use crate::shell::{cargo, must, output, say, target_dir};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// One measured line.
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// Ours and the peer's, in the same unit.
    pub(crate) ours: f64,
    pub(crate) peer: f64,
    /// Whether it is as good as it must be.
    pub(crate) ok: bool,
    /// What it must reach, in words.
    pub(crate) target: String,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// Little: whether the bench itself works.
    Quick,
    /// What the targets name, as far as it takes minutes.
    Usual,
    /// Everything, which may take an hour and much of the disk.
    Full,
}

/// Builds for release, measures, prints, and fails when a target is missed.
pub(crate) fn run(size: Size, only: &[String]) -> Result<()> {
    let quick = size == Size::Quick;
    setup::packages()?;
    say("Building for release (several minutes the first time)");
    must(&mut cargo(&[
        "build",
        "--release",
        "--workspace",
        "--bins",
        "--example",
        "cards",
    ]))?;
    let wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    let mut figures = Vec::new();
    if wanted("seal") {
        figures.extend(seal::run(quick)?);
    }
    if wanted("drop") {
        figures.extend(drop_figures(quick)?);
    }
    if wanted("cards") {
        figures.extend(cards::run(size)?);
    }
    if wanted("kill") {
        figures.extend(kill::run(quick)?);
    }
    if wanted("roads") {
        figures.extend(roads::run(quick)?);
    }
    if wanted("site") {
        figures.extend(site::run(quick)?);
    }
    report(&figures)
}

/// Where the release programs are.
pub(crate) fn program(name: &str) -> PathBuf {
    target_dir().join("release").join(name)
}

/// The drop measures itself against direct writes, and prints JSON.
fn drop_figures(quick: bool) -> Result<Vec<Figure>> {
    let mut command = Command::new(program("fh-drop"));
    command.args(["bench", "--json"]);
    if quick {
        command.arg("--quick");
    }
    let text = output(&mut command)?;
    let all: Value = serde_json::from_str(&text).context("reading what fh-drop bench printed")?;
    let Some(all) = all.as_object() else {
        bail!("fh-drop bench printed no object");
    };
    Ok(all
        .iter()
        .map(|(name, value)| figure(name, value))
        .collect())
}

fn figure(name: &str, value: &Value) -> Figure {
    let number = |key: &str| value[key].as_f64().unwrap_or(f64::NAN);
    Figure {
        name: format!("drop: {name}"),
        ours: number("ours"),
        peer: number("peer"),
        ok: value["ok"].as_bool().unwrap_or(false),
        target: value["target"].to_string(),
    }
}

fn report(figures: &[Figure]) -> Result<()> {
    for one in figures {
        say(&format!(
            "{} {:<44} ours {:>12.3}  peer {:>12.3}  ratio {:>7.3}  must: {}",
            if one.ok { "ok  " } else { "MISS" },
            one.name,
            one.ours,
            one.peer,
            one.ours / one.peer,
            one.target
        ));
    }
    let missed = figures.iter().filter(|one| !one.ok).count();
    if missed > 0 {
        bail!(
            "{missed} of {} figures miss what they must reach",
            figures.len()
        );
    }
    Ok(())
}
