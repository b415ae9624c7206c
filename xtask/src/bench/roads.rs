//! The roads at their worst: Tor killed at random moments under a packet capture, words on a line of 64 kbit/s, cut lines and
//! a killed drop. The same tests as every day's few runs, with as many as the figures need.

use super::Figure;
use crate::shell::{cargo, say};
use anyhow::{Context, Result};

/// A test by its name's part, how often it does its random thing, and what it must show.
const RUNS: [(&str, &str, &str); 3] = [
    (
        "road_g04",
        "50",
        "0 packets to anything but the proxy, killed at 50 moments",
    ),
    (
        "road_words",
        "20",
        "2 KiB of words stored within 40 s, 95 of 100",
    ),
    (
        "road_cut",
        "200",
        "0 corrupt, at most 64 cells re-sent per cut, 200 runs",
    ),
];

/// Runs each; a test fails by itself when a figure is missed, and prints what it measured.
pub(super) fn run(quick: bool) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (test, runs, target) in RUNS {
        let runs = if quick { "3" } else { runs };
        say(&format!("roads: {test}, {runs} runs"));
        let status = cargo(&[
            "nextest",
            "run",
            "--workspace",
            "--profile",
            "bench",
            "--no-tests=fail",
            "--success-output",
            "final",
            "-E",
            &format!("test(/{test}/)"),
        ])
        .env("FH_RUNS", runs)
        .status()
        .context("starting the tests of roads")?;
        figures.push(Figure {
            name: format!("{test}, {runs} runs: failures"),
            ours: if status.success() { 0.0 } else { 1.0 },
            peer: 1.0,
            ok: status.success(),
            target: target.to_owned(),
        });
    }
    Ok(figures)
}
