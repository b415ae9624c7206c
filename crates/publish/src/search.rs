//! Search without a server: a small index in many small files, so that a question fetches a few of them.
//!
//! `LANG/search/words/XXXXYYYY.txt` holds all words that begin with two given characters (their UTF-16 code units
//! in hexadecimal), one a line: the word, and the numbers of its stories, counted from the oldest, each as the
//! difference to the one before, in base 36. `LANG/search/titles/N.txt` holds the addresses, dates and titles of a
//! hundred stories. The page's script is its only use; without it, the same page leads to months, topics and places.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{PreEscaped, html};
use rayon::prelude::*;

use crate::address::SitePath;
use crate::fold::words_of;
use crate::page::{Place, archive_path, at, search_path};
use crate::story::Ready;
use crate::whole::Whole;
use crate::words::{Tongue, Written as _, t};
use crate::writer::Job;

const SCRIPT: &[u8] = include_bytes!("../assets/search.js");

/// Stories in a file of titles.
const BLOCK: usize = 100;

/// A word in more than this share of a large site's stories says nothing about any of them.
const COMMON: usize = 4;

/// Below this many stories every word counts.
const SMALL: usize = 50;

/// The index and the page in one language.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Vec<Job<'w>> {
    let oldest_first: Vec<&Ready<'w>> = whole.stories.iter().rev().collect();
    let shards = shards(&index(&oldest_first, tongue), oldest_first.len());
    let mut jobs: Vec<Job<'w>> = shards
        .into_iter()
        .map(|(name, text)| Job::given(at(tongue, &format!("search/words/{name}.txt")), text))
        .collect();
    for (number, block) in oldest_first.chunks(BLOCK).enumerate() {
        let path = at(tongue, &format!("search/titles/{number}.txt"));
        jobs.push(Job::given(path, titles(block, tongue)));
    }
    jobs.push(page(whole, tongue));
    jobs
}

pub(crate) fn script() -> Job<'static> {
    Job::given(script_path(), SCRIPT)
}

fn script_path() -> SitePath {
    SitePath::made("search.js".to_owned())
}

/// Every word with the numbers of its stories, in order.
fn index(stories: &[&Ready<'_>], tongue: Tongue) -> BTreeMap<String, Vec<usize>> {
    let words = stories.par_iter().map(|ready| {
        if ready.input.withdrawn.is_some() {
            return Vec::new();
        }
        let text = ready.input.text(tongue);
        let labels = ready.input.labels().map(|label| label.name.get(tongue));
        let mut words: Vec<String> = [text.title.as_str(), &text.body]
            .into_iter()
            .chain(labels)
            .flat_map(words_of)
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    });
    let words: Vec<Vec<String>> = words.collect();
    let mut index: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, words) in words.into_iter().enumerate() {
        for word in words {
            index.entry(word).or_default().push(number);
        }
    }
    index
}

fn shards(index: &BTreeMap<String, Vec<usize>>, stories: usize) -> BTreeMap<String, String> {
    let most = if stories < SMALL {
        stories
    } else {
        stories / COMMON
    };
    let mut shards: BTreeMap<String, String> = BTreeMap::new();
    for (word, numbers) in index.iter().filter(|(_, numbers)| numbers.len() <= most) {
        let shard = shards.entry(shard_of(word)).or_default();
        shard.push_str(word);
        let mut before = 0;
        for number in numbers {
            shard.push(if before == 0 && *number == numbers[0] {
                ' '
            } else {
                ','
            });
            base36(number - before, shard);
            before = *number;
        }
        shard.push('\n');
    }
    shards
}

/// The first two characters as UTF-16, which is what scripts see of them.
fn shard_of(word: &str) -> String {
    let mut units = [0_u16; 2];
    let mut name = String::new();
    for c in word.chars().take(2) {
        for unit in c.encode_utf16(&mut units) {
            // Writing to a String cannot fail.
            let _ = write!(name, "{unit:04x}");
        }
    }
    name
}

fn base36(mut number: usize, out: &mut String) {
    let mut digits = Vec::new();
    loop {
        digits.push(u32::try_from(number % 36).unwrap_or(0));
        number /= 36;
        if number == 0 {
            break;
        }
    }
    out.extend(
        digits
            .into_iter()
            .rev()
            .filter_map(|digit| char::from_digit(digit, 36)),
    );
}

fn titles(block: &[&Ready<'_>], tongue: Tongue) -> String {
    let mut text = String::new();
    for ready in block {
        if ready.input.withdrawn.is_none() {
            let title: Vec<&str> = ready.input.text(tongue).title.split_whitespace().collect();
            let date = tongue.date(ready.input.published_at);
            // Writing to a String cannot fail.
            let _ = write!(text, "{}\t{date}\t{}", ready.input.slug, title.join(" "));
        }
        text.push('\n');
    }
    text
}

fn page<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Job<'w> {
    let make = move || {
        let place = Place::new(whole, tongue, search_path);
        let (title, lead) = (t!(tongue, "nav-search"), t!(tongue, "search-lead"));
        let mut browse = vec![(archive_path(tongue), t!(tongue, "nav-archive"))];
        browse.extend(place.sections());
        let main = html! {
            article.standing {
                h1 { (title) }
                p.motto { (lead) }
                div #search
                    data-label=(t!(tongue, "search-label"))
                    data-none=(t!(tongue, "search-none"))
                    data-found=(t!(tongue, "search-found"))
                    data-failed=(t!(tongue, "search-failed"))
                    data-stories="stories/" data-index="search/" {
                    noscript { p { (t!(tongue, "search-noscript")) } }
                }
                h2 { (t!(tongue, "search-browse")) }
                ul {
                    @for (path, words) in &browse {
                        li { a href=(place.to(path)) { (words) } }
                    }
                }
            }
        };
        let script = html! { script src=(place.to(&script_path())) defer { (PreEscaped("")) } };
        Ok(place.scripted(&title, &lead, &main, &script))
    };
    Job {
        path: search_path(tongue),
        key: whole.key("search page").text(tongue.tag()).finish(),
        make: Box::new(make),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lie_where_scripts_look_for_them() {
        assert_eq!(shard_of("bread"), "00620072");
        assert_eq!(shard_of("خبز"), "062e0628");
        assert_eq!(shard_of("a"), "0061");
        let mut text = String::new();
        for number in [0, 35, 36, 46_655] {
            base36(number, &mut text);
            text.push(' ');
        }
        assert_eq!(text, "0 z 10 zzz ");
    }

    #[test]
    fn numbers_are_written_as_differences_and_common_words_are_left_out() {
        let mut index = BTreeMap::from([
            ("bread".to_owned(), vec![0, 1, 37]),
            ("brown".to_owned(), vec![40]),
        ]);
        index.insert("the".to_owned(), (0..100).collect());
        let shards = shards(&index, 100);
        assert_eq!(shards["00620072"], "bread 0,1,10\nbrown 14\n");
        assert_eq!(shards.len(), 1);
    }
}
