//! The Node side: packages of the browser tests, of the interoperability tests, and of the islands' sources.

use crate::shell::{cargo, have, must, root, say, target_dir};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// Folders with a `package.json` and a lock file.
pub(crate) const FOLDERS: [&str; 3] = ["web/desk", "tests/browser", "tests/interop/age-npm"];

/// Installs every folder's packages when they are missing or older than their lock file.
pub(crate) fn packages() -> Result<()> {
    if !have("node") || !have("npm") {
        bail!(
            "Node 20 or later with npm is needed for the browser tests; install it, then run this again"
        );
    }
    for folder in FOLDERS {
        let dir = root().join(folder);
        if dir.join("package.json").exists() && stale(&dir) {
            say(&format!("Installing npm packages of {folder}"));
            must(
                Command::new("npm")
                    .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                    .current_dir(&dir),
            )?;
        }
    }
    Ok(())
}

fn stale(dir: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    match (
        time(&dir.join("node_modules/.package-lock.json")),
        time(&dir.join("package-lock.json")),
    ) {
        (Some(installed), Some(locked)) => installed < locked,
        _ => true,
    }
}

/// Runs the browser tests of `tests/browser`; they drive the built binaries in headless Chromium.
pub(crate) fn browser_tests() -> Result<()> {
    // The public site's tests look at the sample site.
    must(&mut cargo(&[
        "build",
        "--workspace",
        "--example",
        "sample_site",
    ]))?;
    let dir = root().join("tests/browser");
    must(
        Command::new("npm")
            .args(["test", "--silent"])
            .current_dir(dir)
            .env("FH_BIN_DIR", target_dir().join("debug"))
            .env("FH_SCREENSHOTS", target_dir().join("screenshots")),
    )
}
