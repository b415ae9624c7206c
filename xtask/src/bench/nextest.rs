//! Figures that are tests run more often than every day.

use super::Figure;
use crate::shell::{cargo, say};
use anyhow::{Context, Result};

/// A test that does something at random, as often as a variable of the environment says, and fails by itself when what it must
/// show does not hold.
pub(super) struct Often {
    /// A part of the test's name.
    pub(super) test: &'static str,
    /// The variable, and how often.
    pub(super) count: (&'static str, &'static str),
    /// What it must show.
    pub(super) target: &'static str,
}

impl Often {
    /// Runs it and makes a figure of it: 0 when nothing failed. What the test measured it prints itself.
    pub(super) fn figure(&self) -> Result<Figure> {
        let (variable, count) = self.count;
        say(&format!("{}, {count} times", self.test));
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
            &format!("test(/{}/)", self.test),
        ])
        .env(variable, count)
        .status()
        .with_context(|| format!("starting the test {}", self.test))?;
        Ok(Figure {
            name: format!("{}, {count} times: failures", self.test),
            ours: if status.success() { 0.0 } else { 1.0 },
            peer: 1.0,
            ok: status.success(),
            target: self.target.to_owned(),
        })
    }
}
