//! Search without a server: a small index in many small files, so that a question fetches a few of them.
//!
//! `LANG/search/words/XXXXYYYY.txt` holds all words that begin with two given characters (their UTF-16 code units
//! in hexadecimal), one a line: the word, and the numbers of its stories, counted from the oldest, each as the
//! difference to the one before, in base 36. `LANG/search/titles/N.txt` holds the addresses, dates and titles of a
//! hundred stories. The page's script is its only use; without it, the same page leads to months, topics and places.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ledger::Digest;
use maud::{PreEscaped, html};
use rayon::prelude::*;

use crate::address::SitePath;
use crate::fingerprint::Fingerprint;
use crate::fold::words_of;
use crate::page::{Place, archive_path, at, search_path};
use crate::postings::{Postings, line};
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

/// The words of all stories in one language; those of stories known from the last build come from there.
pub(crate) fn postings(whole: &Whole<'_>, tongue: Tongue, before: Postings) -> Postings {
    let oldest_first: Vec<&Ready<'_>> = whole.stories.iter().rev().collect();
    let keys = oldest_first.par_iter().map(|ready| key(ready, tongue));
    before.follow(keys.collect(), |number| words(oldest_first[number], tongue))
}

/// The index and the page in one language.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>, tongue: Tongue, postings: &Postings) -> Vec<Job<'w>> {
    let oldest_first: Vec<&Ready<'w>> = whole.stories.iter().rev().collect();
    let mut jobs = shards(postings, oldest_first.len(), tongue);
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

/// What of a story is looked up: its own words and the names it gives its topics and its place.
fn texts<'s>(ready: &'s Ready<'_>, tongue: Tongue) -> impl Iterator<Item = &'s str> {
    let told = ready.input.withdrawn.is_none();
    let text = ready.input.text(tongue);
    let labels = ready
        .input
        .labels()
        .map(move |label| label.name.get(tongue));
    let all = [text.title.as_str(), &text.body].into_iter().chain(labels);
    all.filter(move |_| told)
}

/// Equal keys mean equal words, and the same place among the others.
fn key(ready: &Ready<'_>, tongue: Tongue) -> Digest {
    let print = Fingerprint::of("searched")
        .text(&ready.input.id)
        .number(ready.input.published_at);
    texts(ready, tongue).fold(print, Fingerprint::text).finish()
}

fn words(ready: &Ready<'_>, tongue: Tongue) -> BTreeSet<String> {
    texts(ready, tongue).flat_map(words_of).collect()
}

/// The files of words: words that begin alike stand next to one another in the order of the postings.
fn shards(postings: &Postings, stories: usize, tongue: Tongue) -> Vec<Job<'static>> {
    let most = if stories < SMALL {
        stories
    } else {
        stories / COMMON
    };
    let rare: Vec<(&str, &[u32])> = postings
        .words()
        .filter(|(_, numbers)| numbers.len() <= most)
        .collect();
    let alike: Vec<&[(&str, &[u32])]> = rare.chunk_by(|a, b| start(a.0) == start(b.0)).collect();
    let jobs = alike.into_par_iter().map(|words| {
        let mut text = String::new();
        for (word, numbers) in words {
            line(word, numbers, &mut text);
        }
        let name = words
            .first()
            .map_or_else(String::new, |(word, _)| shard_of(word));
        Job::given(at(tongue, &format!("search/words/{name}.txt")), text)
    });
    jobs.collect()
}

/// The first two characters.
fn start(word: &str) -> &str {
    let end = word
        .char_indices()
        .nth(2)
        .map_or(word.len(), |(end, _)| end);
    &word[..end]
}

/// The first two characters as UTF-16, which is what scripts see of them.
fn shard_of(word: &str) -> String {
    let mut units = [0_u16; 2];
    let mut name = String::new();
    for c in start(word).chars() {
        for unit in c.encode_utf16(&mut units) {
            // Writing to a String cannot fail.
            let _ = write!(name, "{unit:04x}");
        }
    }
    name
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
    }
}
