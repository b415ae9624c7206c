//! Measures the site's builder on many stories, and writes the same content for `hugo`: `cargo xtask bench site` runs it.
//!
//! `bench_site content N DIR` writes N stories as JSON, and a hugo site with the same words.
//! `bench_site build DIR OUT` reads the JSON, builds, adds one story, builds again, and prints the seconds as JSON.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool for measuring fails loudly"
)]

mod content;
mod hugo;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use publish::{SiteInput, build};
use serde_json::json;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["content", count, dir] => {
            let dir = PathBuf::from(dir);
            let stories = content::stories(count.parse().unwrap());
            content::write(&stories, &dir.join("stories"));
            hugo::write(&stories, &dir.join("hugo"));
        }
        ["build", dir, out] => measure(&Path::new(dir).join("stories"), Path::new(out)),
        _ => panic!("usage: bench_site content N DIR | bench_site build DIR OUT"),
    }
}

/// Whole, once more with one story added, and from nothing again beside it: the two must be equal.
fn measure(stories: &Path, out: &Path) {
    fs::create_dir_all(out).unwrap();
    let signer = ledger::LogSigner::from_seed("Freedom_Desk/statements", &[5; 32]).unwrap();
    let begun = Instant::now();
    let mut input = content::read(stories);
    let last = input.stories.pop().unwrap();
    let read = begun.elapsed();
    let site = out.join("site");
    let built = build(&input, &signer, &site).unwrap();
    let whole = begun.elapsed();
    input.built_at = last.published_at;
    input.stories.push(last);
    let begun = Instant::now();
    let more = build(&input, &signer, &site).unwrap();
    let one_more = begun.elapsed();
    check_newest(&input, &site);
    let beside = out.join("again");
    build(&input, &signer, &beside).unwrap();
    let answer = json!({
        "stories": input.stories.len(),
        "files": built.files,
        "bytes": built.bytes,
        "read_seconds": read.as_secs_f64(),
        "whole_seconds": whole.as_secs_f64(),
        "one_more_seconds": one_more.as_secs_f64(),
        "one_more_written": more.written,
        "equal": equal(&site, &beside),
    });
    println!("{answer}");
}

/// The added story is on its page, in the feeds and on the front.
fn check_newest(input: &SiteInput, site: &Path) {
    let slug = &input.stories.last().unwrap().slug;
    for tag in ["en", "ar"] {
        assert!(site.join(format!("{tag}/stories/{slug}.html")).is_file());
        for name in ["index.html", "atom.xml", "rss.xml", "feed.json"] {
            let text = fs::read_to_string(site.join(tag).join(name)).unwrap();
            assert!(text.contains(slug.as_str()), "{tag}/{name}");
        }
    }
}

fn equal(a: &Path, b: &Path) -> bool {
    let files = |root: &Path| -> Vec<PathBuf> {
        let all = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
        all.map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.path().strip_prefix(root).unwrap().to_owned())
            .collect()
    };
    let (names, others) = (files(a), files(b));
    let same = |name: &PathBuf| fs::read(a.join(name)).unwrap() == fs::read(b.join(name)).unwrap();
    names == others && names.iter().all(same)
}
