//! Everything a person reads exists in Arabic and in English: the same messages with the same arguments.

use super::{files, shown};
use anyhow::{Context, Result};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Messages = BTreeMap<String, BTreeSet<String>>;

/// Compares each `i18n/en/X.ftl` with its `i18n/ar/X.ftl`.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for english in files(root, &["ftl"]) {
        let name = shown(root, &english);
        let Some(other) = name
            .contains("/en/")
            .then(|| root.join(name.replace("/en/", "/ar/")))
        else {
            let twin = root.join(name.replace("/ar/", "/en/"));
            if !twin.exists() {
                wrong.push(format!("{name} has no English twin"));
            }
            continue;
        };
        if !other.exists() {
            wrong.push(format!("{name} has no Arabic twin"));
            continue;
        }
        let here = messages(&std::fs::read_to_string(&english)?)?;
        let there = messages(&std::fs::read_to_string(&other)?)?;
        wrong.extend(compare(&name, &here, &there));
    }
    Ok(wrong)
}

fn compare(name: &str, english: &Messages, arabic: &Messages) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, arguments) in english {
        match arabic.get(id) {
            None => wrong.push(format!("{name}: {id} is not in Arabic")),
            Some(theirs) if theirs != arguments => {
                wrong.push(format!("{name}: {id} takes other arguments in Arabic"));
            }
            Some(_) => {}
        }
    }
    for id in arabic.keys().filter(|id| !english.contains_key(*id)) {
        wrong.push(format!("{name}: {id} is in Arabic alone"));
    }
    wrong
}

fn messages(text: &str) -> Result<Messages> {
    let message = Regex::new(r"^([a-zA-Z][a-zA-Z0-9_-]*)\s*=").context("message pattern")?;
    let argument = Regex::new(r"\$([a-zA-Z][a-zA-Z0-9_-]*)").context("argument pattern")?;
    let mut all = Messages::new();
    let mut current = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(found) = message.captures(line) {
            current = Some(found[1].to_owned());
            all.entry(found[1].to_owned()).or_default();
        }
        let Some(id) = &current else { continue };
        for found in argument.captures_iter(line) {
            all.entry(id.clone())
                .or_default()
                .insert(found[1].to_owned());
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{compare, messages};

    #[test]
    fn missing_messages_and_arguments_are_named() {
        let english = messages("a = A { $n }\nb = B\n").unwrap();
        let arabic = messages("a = ا\nc = ج\n").unwrap();
        let wrong = compare("x", &english, &arabic);
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}
