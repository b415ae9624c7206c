//! The pages: well-formed, linked, silent towards everybody else, and kind to readers.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::files::built;
use crate::sample;

fn pages() -> (BTreeMap<String, Vec<u8>>, BTreeMap<String, String>) {
    let files = built(&sample::site_at(1));
    let pages = files
        .iter()
        .filter(|(name, _)| name.ends_with(".html"))
        .map(|(name, bytes)| (name.clone(), String::from_utf8(bytes.clone()).unwrap()))
        .collect();
    (files, pages)
}

/// The target of a relative link from a page, as a path below the root.
fn resolve(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        if part == ".." {
            parts.pop().unwrap();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

fn attributes<'a>(page: &'a str, names: &str) -> Vec<&'a str> {
    let found = Regex::new(&format!(r#"\s(?:{names})="([^"]*)""#)).unwrap();
    found
        .captures_iter(page)
        .map(|found| found.get(1).unwrap().as_str())
        .collect()
}

#[test]
fn every_link_leads_somewhere_and_nowhere_else() {
    let (files, pages) = pages();
    for name in [
        "index",
        "archive",
        "topics",
        "places",
        "timeline",
        "corrections",
        "search",
        "verify",
        "about",
        "months/2026-11",
        "timeline/2026",
        "topics/decrees",
        "places/old-town",
        "stories/market-fire",
    ] {
        assert!(pages.contains_key(&format!("ar/{name}.html")), "{name}");
    }
    let mut reached = BTreeSet::new();
    for (name, page) in &pages {
        for link in attributes(page, "href|src|poster") {
            if let Some(id) = link.strip_prefix('#') {
                assert!(page.contains(&format!("id=\"{id}\"")), "{name}: {link}");
            } else if let Some(own) = link.strip_prefix("https://desk.example/news/") {
                assert!(own.is_empty() || files.contains_key(own), "{name}: {link}");
            } else {
                assert!(
                    !link.contains(':') && !link.starts_with('/'),
                    "{name}: {link}"
                );
                let target = resolve(name, link);
                assert!(files.contains_key(&target), "{name}: {link} -> {target}");
                reached.insert(target);
            }
        }
    }
    let beside = [
        "cover.png",
        "robots.txt",
        "sitemap.xml",
        "index.html",
        "manifest",
        "manifest.txt",
    ];
    for name in files.keys() {
        let known = reached.contains(name)
            || beside.contains(&name.as_str())
            || name.starts_with("sitemaps/")
            || name.contains("/search/")
            || name.ends_with("/stories/market-fire.html")
            || name.ends_with("/text/market-fire.txt")
            || name.starts_with("log/tile/");
        assert!(known, "nothing leads to {name}");
    }
}

/// The page without blocks of data and without the one script that the search page has.
fn without_scripts(page: &str) -> String {
    let blocks = Regex::new(
        r#"<script (?:type="application/ld\+json">[^<]*|src="../(?:search|ours).js" defer>)</script>"#,
    );
    blocks.unwrap().replace_all(page, "").into_owned()
}

#[test]
fn no_page_loads_anything_from_elsewhere_or_runs_anything() {
    let handlers = Regex::new(r"<[^>]*\son[a-z]+=").unwrap();
    let (files, pages) = pages();
    for (name, page) in &pages {
        for loaded in attributes(page, "src|poster|srcset|data|action|formaction") {
            assert!(
                !loaded.contains(':') && !loaded.starts_with("//"),
                "{name}: {loaded}"
            );
        }
        let (page, scripts) = (without_scripts(page), attributes(page, "src"));
        let script = scripts
            .iter()
            .any(|src| ["../search.js", "../ours.js"].contains(src));
        let scripted = name.ends_with("/search.html") || name.ends_with("/ours.html");
        assert_eq!(script, scripted, "{name}");
        assert_eq!(page.contains("script-src"), script, "{name}");
        for word in [
            "<script",
            "<iframe",
            "<object",
            "<embed",
            "<form",
            "<base",
            "style=\"",
            "javascript:",
            "http-equiv=\"refresh\"",
        ] {
            assert!(!page.contains(word), "{name}: {word}");
        }
        assert!(!handlers.is_match(&page), "{name}");
        assert!(
            page.contains("default-src 'none'; style-src 'self'"),
            "{name}"
        );
        assert!(
            page.contains("name=\"referrer\" content=\"no-referrer\""),
            "{name}"
        );
        let policy = page.find("Content-Security-Policy").unwrap();
        assert!(
            policy < page.find("<link").unwrap(),
            "{name}: the policy comes first"
        );
    }
    let style = String::from_utf8(files["style.css"].clone()).unwrap();
    for word in ["url(", "@import", "http", "expression"] {
        assert!(!style.contains(word), "{word}");
    }
}

#[test]
fn pages_are_well_formed() {
    let (_, pages) = pages();
    let void = ["meta", "link", "img", "br", "source"];
    let tag = Regex::new(r#"<(/?)([a-z0-9]+)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*>"#).unwrap();
    for (name, page) in &pages {
        let page = &without_scripts(page);
        let body = page.strip_prefix("<!DOCTYPE html>").unwrap();
        let mut open = Vec::new();
        let mut end = 0;
        for found in tag.captures_iter(body) {
            let whole = found.get(0).unwrap();
            let between = &body[end..whole.start()];
            assert!(!between.contains(['<', '>']), "{name}: {between}");
            end = whole.end();
            let element = &found[2];
            if &found[1] == "/" {
                assert_eq!(open.pop(), Some(element.to_owned()), "{name}");
            } else if !void.contains(&element) {
                open.push(element.to_owned());
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
        assert_eq!(&body[end..], "\n", "{name}");
        let ids = attributes(page, "id");
        assert_eq!(
            ids.len(),
            ids.iter().collect::<BTreeSet<_>>().len(),
            "{name}: ids"
        );
    }
}

#[test]
fn arabic_reads_from_the_right_and_each_page_knows_its_twin() {
    let (_, pages) = pages();
    for (name, page) in &pages {
        let (tag, dir) = if name.starts_with("en/") {
            ("en", "ltr")
        } else {
            ("ar", "rtl")
        };
        assert!(
            page.contains(&format!("<html lang=\"{tag}\" dir=\"{dir}\">")),
            "{name}"
        );
        if let Some(rest) = name.strip_prefix("en/") {
            let twin = format!("ar/{rest}");
            assert!(pages.contains_key(&twin));
            let leads = attributes(page, "href")
                .iter()
                .any(|link| !link.contains(':') && resolve(name, link) == twin);
            // A printed sheet leads nowhere.
            assert!(leads || rest == "sheet.html", "{name} leads to {twin}");
        }
        assert!(
            !page.contains("\u{fffd}") && !page.contains("No localization"),
            "{name}"
        );
    }
}

#[test]
fn every_picture_has_words_and_every_foreign_name_is_isolated() {
    let (_, pages) = pages();
    let image = Regex::new(r"<img[^>]*>").unwrap();
    let name_link = Regex::new(r"<a[^>]*class=.name.[^>]*>(.*?)</a>").unwrap();
    for (name, page) in &pages {
        for found in image.find_iter(page) {
            assert!(
                found.as_str().contains(" alt=\""),
                "{name}: {}",
                found.as_str()
            );
        }
        for title in name_link.captures_iter(page) {
            assert!(title[1].starts_with("<bdi>"), "{name}");
        }
    }
    let story = &pages["en/stories/bread-line.html"];
    assert!(story.contains(
        "alt=\"A long line of people in front of a bakery at dawn; all faces are covered.\""
    ));
    assert!(story.contains("most one bag per family.<br>A bag cost"));
}

#[test]
fn hostile_text_stays_text() {
    let mut input = sample::site_at(1);
    let hostile = "\"><script>alert(1)</script><a href=javascript:alert(2)>&amp;";
    input.organisation = hostile.to_owned();
    input.log.key = hostile.to_owned();
    for story in input
        .stories
        .iter_mut()
        .filter(|one| one.withdrawn.is_none())
    {
        for topic in &mut story.topics {
            topic.name.en = hostile.to_owned();
        }
        for correction in &mut story.corrections {
            correction.note.en = hostile.to_owned();
        }
        story.en.title = hostile.to_owned();
        story.ar.body = hostile.to_owned();
        for medium in &mut story.media {
            medium.alt.en = hostile.to_owned();
        }
    }
    for (name, bytes) in built(&input) {
        if name.ends_with(".html") || name.ends_with(".xml") {
            let page = String::from_utf8(bytes).unwrap();
            assert!(!without_scripts(&page).contains("<script"), "{name}");
            let links = attributes(&page, "href|src|poster");
            assert!(
                !links.iter().any(|link| link.contains("javascript")),
                "{name}"
            );
        }
    }
}

#[test]
fn graphic_media_wait_for_the_reader() {
    let (_, pages) = pages();
    let input = sample::site_at(1);
    let covered = publish::media_path(
        &input.stories[2].media[0].sha256,
        input.stories[2].media[0].kind,
    );
    for (name, page) in &pages {
        let shows = page.contains(covered.file_name());
        assert_eq!(shows, name.ends_with("hospital-street.html"), "{name}");
        if shows {
            let gate = page.find("<details class=\"gate\">").unwrap();
            let end = gate + page[gate..].find("</details>").unwrap();
            let picture = page.find("<img").unwrap();
            assert!(gate < picture && picture < end, "{name}");
            assert!(page[picture..end].contains("loading=\"lazy\""));
        }
    }
    assert!(!pages["en/stories/bread-line.html"].contains("class=\"gate\""));
}

#[test]
fn first_pages_are_small_and_name_the_key() {
    let mut input = sample::site_at(1);
    // A year of stories: the first page must stay small.
    let model = input.stories[0].clone();
    for number in 10..=255_u8 {
        let mut story = model.clone();
        story.id = format!("{number:032x}");
        story.slug = format!("story-{number}");
        story.media.clear();
        input.stories.push(story);
    }
    let files = built(&input);
    for page in [
        "index.html",
        "ar/index.html",
        "en/index.html",
        "en/stories/bread-line.html",
        "ar/archive.html",
        "ar/months/2026-11.html",
        "ar/topics/bread-and-prices.html",
        "ar/places.html",
        "ar/timeline/2026-11.html",
    ] {
        let bytes = files[page].len() + files["style.css"].len() + files["icon.svg"].len();
        assert!(bytes < 60_000, "{page}: {bytes}");
    }
    for tag in ["en", "ar"] {
        let page = String::from_utf8(files[&format!("{tag}/verify.html")].clone()).unwrap();
        assert!(page.matches(&input.log.key).count() >= 2);
        assert!(page.contains("../log/checkpoint"));
    }
}
