//! Building a large site against Debian's `hugo`: the same words from the disk, both languages, in one run.

use super::runs::median;
use super::{Figure, program};
use crate::shell::{cargo, must, output, say, target_dir};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const MOST_SECONDS: f64 = 20.0;
const MOST_SECONDS_FOR_ONE: f64 = 2.0;

/// Alternating pairs over one content; what must hold, holds in the median.
pub(super) fn run(quick: bool) -> Result<Vec<Figure>> {
    must(&mut cargo(&[
        "build",
        "--release",
        "--workspace",
        "--example",
        "bench_site",
    ]))?;
    let bench = program("examples").join("bench_site");
    let dir = target_dir().join("bench-site");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir)?;
    let stories = if quick { "1000" } else { "10000" };
    must(Command::new(&bench).args(["content", stories]).arg(&dir))?;
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for pair in 0..if quick { 1 } else { 3 } {
        say(&format!(
            "{stories} stories in two languages, pair {}",
            pair + 1
        ));
        peers.push(hugo(&dir)?);
        ours.push(build(&bench, &dir)?);
    }
    let figures = figures(stories, &ours, &peers)?;
    fs::remove_dir_all(&dir)?;
    Ok(figures)
}

fn hugo(dir: &Path) -> Result<f64> {
    let out = dir.join("hugo-out");
    let _ = fs::remove_dir_all(&out);
    let begun = Instant::now();
    must(
        Command::new("hugo")
            .args(["--quiet", "--noBuildLock", "--source"])
            .arg(dir.join("hugo"))
            .arg("--destination")
            .arg(&out)
            .stdout(Stdio::null()),
    )?;
    // Ours has everything on the disk before readers see it.
    must(Command::new("sync").arg("-f").arg(&out))?;
    Ok(begun.elapsed().as_secs_f64())
}

fn build(bench: &Path, dir: &Path) -> Result<Value> {
    let out = dir.join("out");
    let _ = fs::remove_dir_all(&out);
    let text = output(Command::new(bench).arg("build").arg(dir).arg(&out))?;
    serde_json::from_str(&text).context("reading what bench_site printed")
}

fn figures(stories: &str, ours: &[Value], peers: &[f64]) -> Result<Vec<Figure>> {
    if !ours.iter().all(|one| one["equal"] == true) {
        bail!("building upon the present site gave other bytes than building from nothing");
    }
    let seconds = |key: &str| {
        median(
            ours.iter()
                .map(|one| one[key].as_f64().unwrap_or(f64::NAN))
                .collect(),
        )
    };
    let (whole, peer) = (seconds("whole_seconds"), median(peers.to_vec()));
    let more = seconds("one_more_seconds");
    Ok(vec![
        Figure {
            name: format!("site: {stories} stories, 2 languages (s) / hugo"),
            ours: whole,
            peer,
            ok: whole < peer && whole < MOST_SECONDS,
            target: format!("faster than hugo, under {MOST_SECONDS} s"),
        },
        Figure {
            name: format!("site: one more upon {stories} (s)"),
            ours: more,
            peer: MOST_SECONDS_FOR_ONE,
            ok: more < MOST_SECONDS_FOR_ONE,
            target: format!("under {MOST_SECONDS_FOR_ONE} s"),
        },
    ])
}
