//! `cargo xtask fuzz`: runs every fuzz target for a while, coverage-guided, on the toolchain that is there.
//!
//! cargo-fuzz wants a nightly compiler. What it needs of it are a few unstable flags, which `RUSTC_BOOTSTRAP` opens on
//! any compiler; our code has no unsafe blocks, so no sanitiser is asked for.

use crate::setup;
use crate::shell::{cargo, must, root, say, target_dir};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What cargo-fuzz passes for coverage without a sanitiser.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1 -Cdebug-assertions \
    -Coverflow-checks=on";
/// Build scripts and macros are built for the host without these flags when a target is named.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// A decoder that wants more than this has no bound.
const MEMORY_MIB: u32 = 1_024;

/// Builds all targets and runs those named (all, if none is) for so many seconds each, one after the other.
pub(crate) fn run(seconds: u32, only: &[String]) -> Result<()> {
    setup::packages()?;
    let names = targets(only)?;
    say(&format!("Building {} fuzz targets", names.len()));
    build()?;
    let seeds = seeds()?;
    let mut failed = Vec::new();
    for name in &names {
        say(&format!("{name}: {seconds} s"));
        if !fuzz(name, seconds, &seeds)? {
            failed.push(name.as_str());
        }
    }
    let (bad, all) = (failed.len(), names.len());
    if bad > 0 {
        bail!(
            "found something in: {}. The inputs lie in {}; add each to its crate's vectors, then mend the decoder",
            failed.join(", "),
            artifacts().display()
        );
    }
    say(&format!("{all} targets, nothing found"));
    Ok(())
}

/// The names of the targets, in order.
fn targets(only: &[String]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("fuzz/fuzz_targets"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".rs").map(str::to_owned));
    }
    names.sort();
    if let Some(unknown) = only.iter().find(|one| !names.contains(one)) {
        bail!(
            "there is no fuzz target {unknown}; there are {}",
            names.join(", ")
        );
    }
    names.retain(|name| only.is_empty() || only.contains(name));
    Ok(names)
}

fn folder() -> PathBuf {
    target_dir().join("fuzz")
}

fn artifacts() -> PathBuf {
    folder().join("artifacts")
}

fn build() -> Result<()> {
    must(
        cargo(&["build", "--release", "--bins", "--target", TARGET])
            .current_dir(root().join("fuzz"))
            .env("CARGO_TARGET_DIR", folder().join("build"))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", COVERAGE),
    )
}

/// Every text and every byte string of every vector file, whatever it stands for: good beginnings for all targets.
fn seeds() -> Result<PathBuf> {
    let dir = folder().join("seeds");
    fs::create_dir_all(&dir)?;
    let mut planted = 0;
    for entry in fs::read_dir(root().join("crates"))? {
        let vectors = entry?.path().join("vectors");
        if !vectors.is_dir() {
            continue;
        }
        for file in fs::read_dir(vectors)? {
            let path = file?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                let text = fs::read_to_string(&path)?;
                let value = serde_json::from_str(&text)
                    .with_context(|| format!("reading {}", path.display()))?;
                plant(&value, &dir, &mut planted)?;
            }
        }
    }
    Ok(dir)
}

fn plant(value: &Value, dir: &Path, planted: &mut u32) -> Result<()> {
    match value {
        Value::String(text) => {
            *planted += 1;
            Ok(fs::write(dir.join(planted.to_string()), meant(text)?)?)
        }
        Value::Array(list) => list.iter().try_for_each(|value| plant(value, dir, planted)),
        Value::Object(map) => map
            .values()
            .try_for_each(|value| plant(value, dir, planted)),
        _ => Ok(()),
    }
}

/// The bytes that a vector's text stands for: `hex:` and `text:` say which, digits alone are bytes, and all else is itself.
fn meant(text: &str) -> Result<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("hex:") {
        return hex::decode(digits).with_context(|| format!("reading the vector {text}"));
    }
    let plain = || text.as_bytes().to_vec();
    Ok(match text.strip_prefix("text:") {
        Some(text) => text.as_bytes().to_vec(),
        None => hex::decode(text).unwrap_or_else(|_| plain()),
    })
}

/// Runs one target; `false` when it found an input that breaks it.
fn fuzz(name: &str, seconds: u32, seeds: &Path) -> Result<bool> {
    let corpus = folder().join("corpus").join(name);
    let found = artifacts().join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&found)?;
    let program = folder()
        .join("build")
        .join(TARGET)
        .join("release")
        .join(name);
    let status = Command::new(program)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB}"))
        .args([
            "-max_len=131072",
            "-timeout=10",
            "-verbosity=0",
            "-print_final_stats=1",
        ])
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(&corpus)
        .arg(seeds)
        .status()
        .with_context(|| format!("starting the fuzz target {name}"))?;
    Ok(status.success())
}
