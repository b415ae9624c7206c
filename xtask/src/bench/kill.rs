//! Two hundred seeded `kill -9` of the drop and of the desk: the same tests as every day's twenty, with more seeds.

use super::Figure;
use crate::shell::{cargo, say};
use anyhow::{Context, Result};

/// Runs the kill tests with a count from the environment; each fails by itself when an item is corrupt.
pub(super) fn run(quick: bool) -> Result<Vec<Figure>> {
    let kills = if quick { "5" } else { "200" };
    say(&format!("kill -9 of drop and desk, {kills} seeds each"));
    let status = cargo(&[
        "nextest",
        "run",
        "--workspace",
        "--profile",
        "bench",
        "--no-tests=fail",
        "-E",
        "test(/kill_nine/)",
    ])
    .env("FH_KILLS", kills)
    .status()
    .context("starting the kill tests")?;
    Ok(vec![Figure {
        name: format!("{kills} kill -9 each of drop and desk: failures"),
        ours: if status.success() { 0.0 } else { 1.0 },
        peer: 1.0,
        ok: status.success(),
        target: "0 corrupt, at most 64 cells re-sent".to_owned(),
    }])
}
