//! Every dependency's licence is one that deny.toml allows.

use crate::shell::{cargo, output};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// Reads the licences from cargo's metadata; needs no network and no other tool.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let allowed = allowed(&std::fs::read_to_string(root.join("deny.toml"))?);
    let text = output(&mut cargo(&[
        "metadata",
        "--format-version=1",
        "--locked",
        "--filter-platform=x86_64-unknown-linux-gnu",
    ]))?;
    let metadata: Value = serde_json::from_str(&text).context("reading cargo metadata")?;
    let empty = Vec::new();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap_or(&empty) {
        let name = package["name"].as_str().unwrap_or("");
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !satisfied(licence, &allowed) {
            wrong.push(format!("{name}: {licence}"));
        }
    }
    Ok(wrong)
}

fn allowed(deny: &str) -> Vec<String> {
    deny.split("allow = [")
        .nth(1)
        .and_then(|rest| rest.split(']').next())
        .unwrap_or("")
        .split(',')
        .map(|item| item.trim().trim_matches('"').to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

/// An SPDX expression without nested parentheses: alternatives, each a conjunction.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let fits = |licence: &str| allowed.iter().any(|known| known == licence.trim());
    let flat = expression.replace('/', " OR ");
    // `(A OR B) AND C`: each conjunct must have an allowed alternative.
    if flat.contains('(') {
        return flat.split(" AND ").all(|part| {
            part.trim_matches(|c| c == '(' || c == ')' || c == ' ')
                .split(" OR ")
                .any(fits)
        });
    }
    flat.split(" OR ")
        .any(|alternative| alternative.split(" AND ").all(fits))
}

#[cfg(test)]
mod tests {
    use super::{allowed, satisfied};

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let list = allowed("allow = [\n \"MIT\",\n \"ISC\",\n]");
        assert!(satisfied("MIT OR GPL-3.0-only", &list));
        assert!(satisfied("MIT/Apache-2.0", &list));
        assert!(satisfied("(GPL-2.0-only OR MIT) AND ISC", &list));
        assert!(!satisfied("MIT AND GPL-3.0-only", &list));
        assert!(!satisfied("none stated", &list));
    }
}
