//! `cargo xtask test`: everything that needs no foreign server; `--peers` adds what does.

use crate::shell::{cargo, have, must, output, root, say};
use crate::{node, peers, setup};
use anyhow::{Context, Result};
use std::process::Command;

/// Runs all tests; ends with lines that count them.
pub(crate) fn run(peers: bool) -> Result<()> {
    setup::packages()?;
    node::packages()?;
    say("Building");
    must(&mut cargo(&["build", "--workspace", "--all-targets"]))?;
    // Islands first: their types are checked before a browser runs them.
    node_checks()?;
    rust_tests(peers)?;
    node::browser_tests()?;
    clean_tree()
}

fn rust_tests(peers: bool) -> Result<()> {
    let profile = if peers { "peers" } else { "default" };
    let servers = if peers { Some(peers::install()?) } else { None };
    if have("cargo-nextest") {
        let mut tests = cargo(&["nextest", "run", "--workspace", "--profile", profile]);
        if let Some(servers) = &servers {
            tests.env("FH_PEERS", servers);
        }
        must(&mut tests)?;
        // nextest does not run documentation tests.
        return must(&mut cargo(&["test", "--workspace", "--doc", "--quiet"]));
    }
    let mut args = vec!["test", "--workspace"];
    if peers {
        args.extend(["--", "--include-ignored"]);
    }
    let mut tests = cargo(&args);
    if let Some(servers) = &servers {
        tests.env("FH_PEERS", servers);
    }
    must(&mut tests)
}

fn node_checks() -> Result<()> {
    must(
        Command::new("npm")
            .args(["run", "check", "--silent"])
            .current_dir(root().join("web/desk")),
    )
}

/// Tests must not leave anything behind in the tree.
fn clean_tree() -> Result<()> {
    if std::env::var_os("CI").is_none() {
        return Ok(());
    }
    let left = output(
        Command::new("git")
            .args(["status", "--porcelain"])
            .current_dir(root()),
    )
    .context("asking git whether the tests left files behind")?;
    anyhow::ensure!(
        left.trim().is_empty(),
        "the tests left files behind:\n{left}"
    );
    Ok(())
}
