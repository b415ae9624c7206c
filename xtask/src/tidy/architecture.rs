//! Dependencies point down the chain only, and nothing but the desk links what opens.

use crate::shell::{cargo, output};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// What each package of the workspace may depend on in the workspace; the same table stands in ARCHITECTURE.md.
const ALLOWED: [(&str, &[&str]); 19] = [
    ("keys", &[]),
    ("openers", &["keys"]),
    ("ledger", &[]),
    ("formats", &["keys", "ledger"]),
    ("wire", &[]),
    ("field", &["keys", "formats", "wire"]),
    ("drop", &["wire", "ledger"]),
    ("media", &[]),
    ("newsroom", &["formats", "ledger"]),
    (
        "store",
        &["newsroom", "formats", "keys", "openers", "ledger"],
    ),
    ("words", &[]),
    ("publish", &["ledger", "words"]),
    ("proof", &["formats", "ledger"]),
    ("fh-field", &["field", "formats", "keys", "wire", "words"]),
    ("fh-drop", &["drop", "wire", "ledger"]),
    (
        "fh-desk",
        &[
            "keys", "openers", "ledger", "formats", "wire", "media", "newsroom", "store",
            "publish", "proof", "words", "field",
        ],
    ),
    ("fh-verify", &["proof", "formats", "ledger", "words"]),
    ("fh-demo", &[]),
    ("xtask", &[]),
];

/// Programs that must not be able to open a piece.
const NEVER_OPEN: [&str; 3] = ["fh-field", "fh-drop", "fh-verify"];

/// Compares cargo's own view of the workspace with the table.
pub(crate) fn direction(_root: &Path) -> Result<Vec<String>> {
    let text = output(&mut cargo(&[
        "metadata",
        "--format-version=1",
        "--no-deps",
        "--locked",
    ]))?;
    let metadata: Value = serde_json::from_str(&text).context("reading cargo metadata")?;
    let empty = Vec::new();
    let packages = metadata["packages"].as_array().unwrap_or(&empty);
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or("");
        if name == "chain-tests" {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!(
                "package {name} is not in the table of allowed dependencies"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap_or(&empty) {
            let normal = dependency["kind"].is_null();
            let to = dependency["name"].as_str().unwrap_or("");
            let ours = dependency["path"].is_string();
            if normal && ours && !allowed.contains(&to) {
                wrong.push(format!("{name} must not depend on {to}"));
            }
        }
    }
    Ok(wrong)
}

/// Asks `cargo tree`, which sees what is linked in the end, through whatever path.
pub(crate) fn no_openers(_root: &Path) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for program in NEVER_OPEN {
        let tree = output(&mut cargo(&[
            "tree",
            "--locked",
            "-p",
            program,
            "-e",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]))?;
        if links_openers(&tree) {
            wrong.push(format!("{program} links openers"));
        }
    }
    Ok(wrong)
}

fn links_openers(tree: &str) -> bool {
    tree.lines()
        .any(|line| line.split_whitespace().next() == Some("openers"))
}

#[cfg(test)]
mod tests {
    use super::links_openers;

    #[test]
    fn openers_is_found_as_a_package_and_not_as_part_of_a_name() {
        assert!(links_openers(
            "fh-desk v0.1.0 (/x)\nopeners v0.1.0 (/x/crates/openers)\n"
        ));
        assert!(!links_openers(
            "fh-field v0.1.0 (/openers)\nbottle-openers v1.0.0\n"
        ));
    }
}
