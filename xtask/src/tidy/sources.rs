//! Every module says why it exists, no file grows past what one reads in a sitting, and no folder is a drawer.

use super::{files, shown};
use crate::shell::{have, quietly};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

const MOST_LINES: usize = 600;
const DRAWERS: [&str; 5] = ["common", "utils", "util", "helpers", "models"];

/// Header comments, sizes and names of source files.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for path in files(root, &["rs", "ts"]) {
        let text = std::fs::read_to_string(&path)?;
        let name = shown(root, &path);
        if !has_header(&text) && !name.contains("compile_fail") && !name.ends_with(".d.ts") {
            wrong.push(format!(
                "{name} has no header comment that says why it exists"
            ));
        }
        let lines = code_lines(&text);
        if lines > MOST_LINES {
            wrong.push(format!(
                "{name} has {lines} lines of code, {MOST_LINES} are allowed"
            ));
        }
        let drawer = |part: &std::ffi::OsStr| DRAWERS.iter().any(|drawer| part == *drawer);
        if path.with_extension("").iter().any(drawer) {
            wrong.push(format!(
                "{name} lies in a drawer; name it after what it does"
            ));
        }
    }
    Ok(wrong)
}

fn has_header(text: &str) -> bool {
    text.lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with("#!"))
        .is_some_and(|line| {
            ["//!", "// ", "/**"]
                .iter()
                .any(|start| line.starts_with(start))
        })
}

fn code_lines(text: &str) -> usize {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

/// The islands' built output is checked in; it must be what their sources give.
pub(crate) fn islands(root: &Path) -> Result<Vec<String>> {
    let dir = root.join("web/desk");
    if !dir.join("node_modules").exists() || !have("npm") {
        return Ok(vec![
            "web/desk is not installed; run `cargo xtask test` once".to_owned(),
        ]);
    }
    let before = read_all(&dir.join("dist"))?;
    quietly(
        Command::new("npm")
            .args(["run", "build", "--silent"])
            .current_dir(&dir),
    )?;
    if before == read_all(&dir.join("dist"))? {
        return Ok(Vec::new());
    }
    Ok(vec![
        "web/desk/dist was not what its sources give; it is built anew, commit it".to_owned(),
    ])
}

fn read_all(dir: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    for path in files(dir, &["js", "css", "map"]) {
        all.push((shown(dir, &path), std::fs::read(&path)?));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{code_lines, has_header};

    #[test]
    fn a_header_is_the_first_thing_in_a_file() {
        assert!(has_header("//! Why.\nfn a() {}\n"));
        assert!(!has_header("fn a() {}\n//! late\n"));
        assert!(!has_header(""));
    }

    #[test]
    fn comments_and_blank_lines_are_no_code() {
        assert_eq!(code_lines("//! a\n\nfn a() {\n    // why\n}\n"), 2);
    }
}
