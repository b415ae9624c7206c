//! Two hundred seeded `kill -9` of the drop and of the desk: the same tests as every day's twenty, with more seeds.

use super::Figure;
use super::nextest::Often;
use anyhow::Result;

/// Runs the kill tests with a count from the environment; each fails by itself when an item is corrupt.
pub(super) fn run(quick: bool) -> Result<Vec<Figure>> {
    let kills = Often {
        test: "kill_nine",
        count: ("FH_KILLS", if quick { "5" } else { "200" }),
        target: "0 corrupt, at most 64 cells re-sent",
    };
    Ok(vec![kills.figure()?])
}
