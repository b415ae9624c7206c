//! The roads at their worst: Tor killed at random moments under a packet capture, words on a line of 64 kbit/s, cut lines and
//! a killed drop. The same tests as every day's few runs, with as many as the figures need.

use super::Figure;
use super::nextest::Often;
use anyhow::Result;

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
    let often = RUNS.into_iter().map(|(test, runs, target)| Often {
        test,
        count: ("FH_RUNS", if quick { "3" } else { runs }),
        target,
    });
    often.map(|one| one.figure()).collect()
}
