//! Links between documents, and from documents to code and vectors, lead somewhere.

use super::{files, shown};
use anyhow::{Context, Result};
use regex::Regex;
use std::path::Path;

/// Checks every relative link of every Markdown file, anchors included.
pub(crate) fn links(root: &Path) -> Result<Vec<String>> {
    let link = Regex::new(r"\]\(([^)\s]+)\)").context("link pattern")?;
    let mut wrong = Vec::new();
    for path in files(root, &["md"]) {
        let text = std::fs::read_to_string(&path)?;
        for found in link.captures_iter(&without_code(&text)) {
            if let Some(reason) = broken(&path, &found[1]) {
                wrong.push(format!("{}: {reason}", shown(root, &path)));
            }
        }
    }
    Ok(wrong)
}

fn broken(from: &Path, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        from.to_path_buf()
    } else {
        from.parent()?.join(file)
    };
    if !path.exists() {
        return Some(format!("{target} leads nowhere"));
    }
    let markdown = path.extension().is_some_and(|ending| ending == "md");
    if anchor.is_empty() || !markdown {
        return None;
    }
    let text = std::fs::read_to_string(&path).ok()?;
    let found = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| slug(line) == anchor);
    (!found).then(|| format!("{target}: no such heading"))
}

/// A heading's anchor as forges make it.
fn slug(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

fn without_code(text: &str) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        if line.trim_start().starts_with("```") {
            inside = !inside;
            return false;
        }
        !inside
    });
    kept.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{slug, without_code};

    #[test]
    fn anchors_follow_the_forges() {
        assert_eq!(
            slug("## The way of the data, part 2"),
            "the-way-of-the-data-part-2"
        );
    }

    #[test]
    fn code_blocks_hold_no_links() {
        assert_eq!(without_code("a\n```\n[x](y)\n```\nb"), "a\nb");
    }
}
