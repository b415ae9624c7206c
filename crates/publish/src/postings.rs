//! Which words stand in which stories, kept from one build to the next so that one more story costs one story's reading.
//!
//! The file `.NAME.words.LANG` beside the site is a cache like the site's state: under a first line with the program's
//! name and the SHA-256 of all that follows, the keys of the stories, oldest first, an empty line, and each word with
//! the numbers of its stories as the index has them. What does not fit is as good as none: all is read anew.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ledger::Digest;
use rayon::prelude::*;

use crate::words::Tongue;

const FIRST_LINE: &str = concat!("firsthand words 1 ", env!("PUBLISH_TEMPLATES"));

/// Stories whose words are gathered by one thread before they are put to the others'.
const TOGETHER: usize = 256;

/// Every word of a language, with the numbers of the stories that have it, counted from the oldest.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    stories: Vec<Digest>,
    words: BTreeMap<String, Vec<u32>>,
    /// Whether the file beside the site says the same.
    noted: bool,
}

impl Postings {
    /// Each word and the numbers of its stories, ascending.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, &[u32])> {
        let words = self.words.iter();
        words.map(|(word, numbers)| (word.as_str(), numbers.as_slice()))
    }

    /// Those of the stories with these keys, oldest first. Equal keys mean equal words; `words_of` is asked for
    /// the others'.
    pub(crate) fn follow(
        mut self,
        keys: Vec<Digest>,
        words_of: impl Fn(usize) -> BTreeSet<String> + Sync,
    ) -> Self {
        if self.stories == keys {
            return self;
        }
        self.noted = false;
        let known: HashSet<Digest> = self.stories.iter().copied().collect();
        let fresh: Vec<usize> = (0..keys.len())
            .filter(|number| !known.contains(&keys[*number]))
            .collect();
        self.renumber(&keys);
        let gathered: Vec<HashMap<String, Vec<u32>>> = fresh
            .par_chunks(TOGETHER)
            .map(|numbers| gather(numbers, &words_of))
            .collect();
        for (word, numbers) in gathered.into_iter().flatten() {
            let all = self.words.entry(word).or_default();
            let last = all.last().copied();
            let in_order = last < numbers.first().copied();
            all.extend(numbers);
            if !in_order {
                all.sort_unstable();
            }
        }
        self.stories = keys;
        self
    }

    /// Takes out stories that are gone and gives the others their numbers among `keys`.
    fn renumber(&mut self, keys: &[Digest]) {
        if keys.starts_with(&self.stories) {
            return;
        }
        let now: HashMap<&Digest, u32> = keys.iter().zip(0..).collect();
        let moved: Vec<Option<u32>> = self
            .stories
            .iter()
            .map(|key| now.get(key).copied())
            .collect();
        self.words.retain(|_, numbers| {
            let kept = numbers.iter().filter_map(|number| moved[*number as usize]);
            *numbers = kept.collect();
            numbers.sort_unstable();
            !numbers.is_empty()
        });
    }

    /// What the last build left for this language, or nothing.
    pub(crate) fn load(out: &Path, tongue: Tongue) -> Self {
        let text = fs::read_to_string(path(out, tongue)).unwrap_or_default();
        decode(&text).unwrap_or_default()
    }

    /// Leaves it for the next build; what was there before is gone in any case.
    pub(crate) fn save(&self, out: &Path, tongue: Tongue) -> io::Result<()> {
        if self.noted {
            return Ok(());
        }
        let path = path(out, tongue);
        // A torn file tells by its hash, so nothing has to be synced.
        fs::write(&path, self.encode()).or_else(|_| fs::remove_file(&path))
    }

    fn encode(&self) -> String {
        let mut text = String::new();
        for key in &self.stories {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{key}");
        }
        text.push('\n');
        for (word, numbers) in self.words() {
            line(word, numbers, &mut text);
        }
        let digest = ledger::sha256(text.as_bytes());
        format!("{FIRST_LINE} {digest}\n{text}")
    }
}

fn path(out: &Path, tongue: Tongue) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!(".{name}.words.{}", tongue.tag()))
}

fn gather(
    numbers: &[usize],
    words_of: &impl Fn(usize) -> BTreeSet<String>,
) -> HashMap<String, Vec<u32>> {
    let mut gathered: HashMap<String, Vec<u32>> = HashMap::new();
    for number in numbers {
        // Four billion stories are no site.
        let short = u32::try_from(*number).unwrap_or(u32::MAX);
        for word in words_of(*number) {
            gathered.entry(word).or_default().push(short);
        }
    }
    gathered
}

/// One line of the index: the word, and its numbers as differences in base 36.
pub(crate) fn line(word: &str, numbers: &[u32], text: &mut String) {
    text.push_str(word);
    let mut before = 0;
    for (at, number) in numbers.iter().enumerate() {
        text.push(if at == 0 { ' ' } else { ',' });
        base36(number - before, text);
        before = *number;
    }
    text.push('\n');
}

fn base36(number: u32, text: &mut String) {
    if number >= 36 {
        base36(number / 36, text);
    }
    text.extend(char::from_digit(number % 36, 36));
}

fn decode(text: &str) -> Option<Postings> {
    let (head, rest) = text.split_once('\n')?;
    let digest = head.strip_prefix(FIRST_LINE)?.strip_prefix(' ')?;
    if digest.parse() != Ok(ledger::sha256(rest.as_bytes())) {
        return None;
    }
    let (keys, lines) = match rest.strip_prefix('\n') {
        Some(lines) => ("", lines),
        None => rest.split_once("\n\n")?,
    };
    let stories: Vec<Digest> = keys
        .lines()
        .map(|key| key.parse().ok())
        .collect::<Option<_>>()?;
    let words: Vec<(String, Vec<u32>)> = lines
        .par_lines()
        .map(|line| numbers(line, stories.len()))
        .collect::<Option<_>>()?;
    Some(Postings {
        stories,
        words: words.into_iter().collect(),
        noted: true,
    })
}

fn numbers(line: &str, stories: usize) -> Option<(String, Vec<u32>)> {
    let (word, numbers) = line.split_once(' ')?;
    let mut last = 0_u32;
    let all = numbers.split(',').map(|step| {
        last = last.checked_add(u32::from_str_radix(step, 36).ok()?)?;
        ((last as usize) < stories).then_some(last)
    });
    Some((word.to_owned(), all.collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> BTreeSet<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn of(before: Postings, stories: &[&str]) -> Postings {
        let keys = stories.iter().map(|text| ledger::sha256(text.as_bytes()));
        before.follow(keys.collect(), |number| words(stories[number]))
    }

    #[test]
    fn numbers_are_written_as_differences() {
        let mut text = String::new();
        line("bread", &[0, 1, 37], &mut text);
        line("brown", &[35, 46_655], &mut text);
        assert_eq!(text, "bread 0,1,10\nbrown z,zz0\n");
    }

    #[test]
    fn whatever_was_before_the_outcome_is_that_of_reading_all() {
        let sites: [&[&str]; 8] = [
            &[],
            &["bread flour", "bridge phones"],
            &["bread flour", "bridge phones", "water bread"],
            &["older words", "bread flour", "bridge phones", "water bread"],
            &["older words", "bridge phones", "water bread"],
            &["older words", "bridge phones asked", "water bread"],
            &["water bread", "bridge phones asked"],
            &["nothing of it"],
        ];
        let mut kept = Postings::default();
        for site in sites {
            kept = of(kept, site);
            let read = of(Postings::default(), site).encode();
            assert_eq!(kept.encode(), read, "{site:?}");
            assert_eq!(decode(&read).unwrap().encode(), read, "{site:?}");
        }
    }

    #[test]
    fn known_stories_are_not_read_again() {
        let kept = of(Postings::default(), &["bread flour", "bridge phones"]);
        let keys = kept.stories.clone();
        let more: Vec<_> = keys.into_iter().chain([ledger::sha256(b"more")]).collect();
        let again = kept.follow(more, |number| words(&format!("read {number}")));
        let all: Vec<_> = again.words().collect();
        assert!(
            all.contains(&("bread", &[0])) && all.contains(&("read", &[2])),
            "{all:?}"
        );
    }

    #[test]
    fn what_does_not_fit_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("site");
        let kept = of(Postings::default(), &["bread flour", "bridge phones"]);
        kept.save(&out, Tongue::En).unwrap();
        let text = kept.encode();
        assert_eq!(Postings::load(&out, Tongue::En).encode(), text);
        assert_eq!(Postings::load(&out, Tongue::Ar).words().count(), 0);
        let foreign = |body: &str| {
            let digest = ledger::sha256(body.as_bytes());
            format!("{FIRST_LINE} {digest}\n{body}")
        };
        for broken in [
            String::new(),
            text.replace("bread 0", "bread 1"),
            text[..text.len() - 3].to_owned(),
            text.replace("words 1", "words 2"),
            foreign("\nbread 0\n"),
            foreign("\nbread\n"),
            foreign("not a digest\n\n"),
        ] {
            assert!(decode(&broken).is_none(), "{broken}");
        }
    }
}
