//! Every guarantee and every negative test of the keys' page has tests that carry its number, and the list of them is right.

use super::{files, shown};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::Path;

/// The list for people.
const LIST: &str = "docs/guarantees.md";
/// How many there are of each, and what their tests are called by.
const KINDS: [(&str, u32); 2] = [("g", 12), ("negative_", 10)];

/// A test by its name and the file it stands in.
type Test = (String, String);

/// Compares the names of tests with the numbers that there are, and the list with the tests.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let mut tests = BTreeSet::new();
    let folders = ["crates", "apps", "tests"].map(|folder| root.join(folder));
    for path in folders.iter().flat_map(|folder| files(folder, &["rs"])) {
        let text = std::fs::read_to_string(&path)?;
        let file = shown(root, &path);
        tests.extend(names(&text).into_iter().map(|name| (name, file.clone())));
    }
    let list =
        std::fs::read_to_string(root.join(LIST)).with_context(|| format!("reading {LIST}"))?;
    Ok([unheld(&tests), untrue(&tests, &listed(&list))].concat())
}

/// Names of functions that carry a number.
fn names(text: &str) -> Vec<String> {
    let defined = text.lines().filter_map(|line| line.split_once("fn "));
    let name = |(_, rest): (&str, &str)| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        let name = rest.get(..end)?;
        let called = matches!(rest.as_bytes().get(end), Some(b'(' | b'<'));
        (called && !numbers(name).is_empty()).then(|| name.to_owned())
    };
    defined.filter_map(name).collect()
}

/// The numbers in a name: `g01` and `g10` in `whole_chain_g01_g10`, `negative_04` in what begins so.
fn numbers(name: &str) -> Vec<(&'static str, u32)> {
    let two = |digits: &str| digits.parse().ok().filter(|_| digits.len() == 2);
    if let Some(rest) = name.strip_prefix("negative_") {
        let number = rest.split('_').next().and_then(two);
        return number
            .map(|number| ("negative_", number))
            .into_iter()
            .collect();
    }
    let parts = name
        .split('_')
        .filter_map(|part| two(part.strip_prefix('g')?));
    parts.map(|number| ("g", number)).collect()
}

/// Numbers without a test, and tests with a number that does not exist.
fn unheld(tests: &BTreeSet<Test>) -> Vec<String> {
    let held: BTreeSet<_> = tests.iter().flat_map(|(name, _)| numbers(name)).collect();
    let mut wrong = Vec::new();
    for (kind, last) in KINDS {
        let missing = (1..=last).filter(|number| !held.contains(&(kind, *number)));
        wrong.extend(missing.map(|number| format!("no test is named {kind}{number:02}_...")));
        let beyond = held
            .iter()
            .filter(|(of, n)| *of == kind && !(1..=last).contains(n));
        wrong.extend(
            beyond.map(|(_, n)| {
                format!("a test is named {kind}{n:02}_, and there is no such number")
            }),
        );
    }
    wrong
}

/// Rows of the list whose test is not there, and numbers that it leaves out.
fn untrue(tests: &BTreeSet<Test>, listed: &BTreeSet<Test>) -> Vec<String> {
    let gone = listed.difference(tests);
    let mut wrong: Vec<String> = gone
        .map(|(name, file)| format!("{LIST} names {name}, which is not in {file}"))
        .collect();
    let said: BTreeSet<_> = listed.iter().flat_map(|(name, _)| numbers(name)).collect();
    for (kind, last) in KINDS {
        let left_out = (1..=last).filter(|number| !said.contains(&(kind, *number)));
        wrong.extend(left_out.map(|number| format!("{LIST} names no test {kind}{number:02}_...")));
    }
    wrong
}

/// Rows of the list: a test in code marks, and a link to its file.
fn listed(list: &str) -> BTreeSet<Test> {
    let row = |line: &str| {
        let name = line.split('`').nth(1)?;
        let file = line.split_once("](../")?.1.split_once(')')?.0;
        Some((name.to_owned(), file.to_owned()))
    };
    list.lines()
        .filter(|line| line.starts_with('|'))
        .filter_map(row)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_names() {
        assert_eq!(numbers("whole_chain_g01_g10"), [("g", 1), ("g", 10)]);
        assert_eq!(numbers("negative_04_x_g01"), [("negative_", 4)]);
        assert!(numbers("going_g1_g123_negative_01").is_empty());
        let text = "    async fn g02_a<T>(x: T) {}\nlet x = g03_b();\n// fn g04_c is gone\n";
        assert_eq!(names(text), ["g02_a"]);
    }

    #[test]
    fn a_list_that_is_wrong_is_told() {
        let test = |name: &str| (name.to_owned(), "crates/x/tests/y.rs".to_owned());
        let all = (1..=12).map(|n| test(&format!("g{n:02}_x")));
        let negative = (1..=10).map(|n| test(&format!("negative_{n:02}_x")));
        let tests: BTreeSet<Test> = all.chain(negative).collect();
        assert!(unheld(&tests).is_empty() && untrue(&tests, &tests).is_empty());
        let fewer: BTreeSet<Test> = tests.iter().skip(1).cloned().collect();
        assert_eq!(unheld(&fewer).len(), 1);
        assert_eq!(untrue(&fewer, &tests).len(), 1);
        assert_eq!(untrue(&tests, &fewer).len(), 1);
        let row = "| `g01_x` | [y.rs](../crates/x/tests/y.rs) |";
        assert_eq!(listed(row), BTreeSet::from([test("g01_x")]));
    }
}
