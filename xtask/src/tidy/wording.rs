//! One name, one thing, in Arabic too: the words that the glossary rules out appear in no text.

use super::{files, shown};
use anyhow::{Context, Result};
use std::path::Path;

const HEADING: &str = "## In Arabic";

/// One row of the glossary's Arabic table.
struct Word {
    /// The word that is used.
    used: String,
    /// Others for the same thing, which are not.
    not: Vec<String>,
}

/// Looks through every Arabic Fluent file for words that the glossary rules out.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let glossary = std::fs::read_to_string(root.join("docs/glossary.md"))?;
    let words = words(&glossary)?;
    let mut wrong = Vec::new();
    for path in files(root, &["ftl"]) {
        let name = shown(root, &path);
        if name.contains("/ar/") {
            let text = std::fs::read_to_string(&path)?;
            wrong.extend(
                ruled_out(&text, &words)
                    .into_iter()
                    .map(|found| format!("{name}:{found}")),
            );
        }
    }
    Ok(wrong)
}

fn ruled_out(text: &str, words: &[Word]) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = bare(line);
        for word in words {
            for not in word.not.iter().filter(|not| line.contains(&bare(not))) {
                found.push(format!("{}: says {not} for {}", number + 1, word.used));
            }
        }
    }
    found
}

fn words(glossary: &str) -> Result<Vec<Word>> {
    let (_, table) = glossary
        .split_once(HEADING)
        .with_context(|| format!("docs/glossary.md has no {HEADING:?}"))?;
    let rows = table.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, _, used, not, _] = cells[..] else {
            return None;
        };
        Some(Word {
            used: used.to_owned(),
            not: not
                .split('،')
                .map(|one| one.trim().to_owned())
                .filter(|one| !one.is_empty())
                .collect(),
        })
    });
    // The table's head and its rule are the first two rows.
    Ok(rows.skip(2).collect())
}

/// Without the short vowels that one writes or leaves out; the doubling stays, since it tells words apart.
fn bare(text: &str) -> String {
    text.chars()
        .filter(|one| !matches!(one, '\u{64b}'..='\u{650}' | '\u{652}' | '\u{640}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{ruled_out, words};

    #[test]
    fn a_second_word_for_one_thing_is_named() {
        let glossary = "## In Arabic\n\n| word | in Arabic | not |\n|---|---|---|\n| kit | حقيبة | عدّة |\n| card | بطاقة | |\n";
        let words = words(glossary).unwrap();
        assert_eq!(words.len(), 2);
        assert_eq!(ruled_out("a = هذه حقيبة\n", &words), Vec::<String>::new());
        assert_eq!(
            ruled_out("a = ا\nb = هذه عُدّة\n", &words),
            ["2: says عدّة for حقيبة"]
        );
        // "Several" is written without the doubling.
        assert!(ruled_out("a = عدة ملفات\n", &words).is_empty());
    }
}
