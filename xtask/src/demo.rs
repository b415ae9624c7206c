//! `cargo xtask demo`: set up, build, and hand over to the program that drives the binaries as people would.

use crate::setup;
use crate::shell::{cargo, must, say, target_dir};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the demo; with `once`, it leaves its results in `out` and ends.
pub(crate) fn run(once: bool, out: Option<&Path>, files: &[PathBuf]) -> Result<()> {
    if let Some(missing) = files.iter().find(|file| !file.is_file()) {
        bail!("{} is not a file", missing.display());
    }
    setup::packages()?;
    say("Building (the first time takes several minutes)");
    must(&mut cargo(&["build", "--workspace", "--bins"]))?;
    let bin = target_dir().join("debug");
    let mut demo = Command::new(bin.join("fh-demo"));
    demo.arg("--bin-dir").arg(&bin);
    if once {
        demo.arg("--once");
    }
    if let Some(out) = out {
        demo.arg("--out").arg(out);
    }
    must(demo.args(files))
}
