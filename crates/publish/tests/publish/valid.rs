//! Every feed and map against its grammar: Relax NG by libxml2, and the two JSON formats by the tables beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use publish::{Bilingual, Correction, SiteInput, Text};
use regex::Regex;
use serde_json::Value;

use crate::files::built;
use crate::sample;

/// The sample with stories enough for archives, a correction and a withdrawal.
fn site() -> SiteInput {
    let mut input = sample::site_at(1);
    let model = input.stories[0].clone();
    for number in 0..70_i64 {
        let mut story = model.clone();
        story.id = format!("{:032x}", number + 500);
        story.slug = format!("old-{number}");
        story.published_at -= (number + 9) * 86_400_000_000;
        story.media.clear();
        story.updated_at = story.published_at;
        input.stories.push(story);
    }
    let corrected = &mut input.stories[12];
    corrected.updated_at = input.built_at;
    corrected.corrections.push(Correction {
        at: input.built_at,
        note: Bilingual {
            en: "Two bakers, <not> three & one.".to_owned(),
            ar: "خبازان لا ثلاثة.".to_owned(),
        },
    });
    let gone = &mut input.stories[13];
    (gone.en, gone.ar) = (Text::default(), Text::default());
    gone.topics.clear();
    gone.corrections.clear();
    (gone.place, gone.when) = (None, None);
    gone.updated_at = input.built_at;
    gone.withdrawn = Some(Bilingual {
        en: "Not ours to tell.".to_owned(),
        ar: "ليس لنا أن نرويه.".to_owned(),
    });
    input
}

fn grammar(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors/feeds")
        .join(name)
}

/// What libxml2 finds wrong.
fn wrong(grammar_of: &str, document: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("document.xml");
    std::fs::write(&file, document).unwrap();
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--nonet", "--noout", "--relaxng"]);
    let told = xmllint
        .arg(grammar(grammar_of))
        .arg(&file)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&told.stderr).into_owned();
    (!told.status.success()).then_some(words)
}

/// The grammar of a file by its name.
fn grammar_of(name: &str) -> Option<&'static str> {
    let atom = Regex::new(r"^(en|ar)/atom(/\d+)?\.xml$").unwrap();
    let rss = Regex::new(r"^(en|ar)/(rss|podcast)\.xml$").unwrap();
    let map = Regex::new(r"^(sitemap|sitemaps/\w+)\.xml$").unwrap();
    [(atom, "atom.rng"), (rss, "rss.rng"), (map, "sitemap.rng")]
        .into_iter()
        .find_map(|(names, grammar)| names.is_match(name).then_some(grammar))
}

#[test]
fn every_feed_and_map_follows_its_grammar() {
    let mut seen = Vec::new();
    for (name, bytes) in built(&site()) {
        if name.ends_with(".xml") {
            let grammar = grammar_of(&name).unwrap_or_else(|| panic!("{name} has no grammar"));
            assert_eq!(wrong(grammar, &bytes), None, "{name}");
            seen.push(name);
        }
    }
    for name in [
        "en/atom/1.xml",
        "ar/podcast.xml",
        "ar/rss.xml",
        "sitemaps/news.xml",
        "sitemaps/1.xml",
    ] {
        assert!(seen.iter().any(|one| one == name), "{name} of {seen:?}");
    }
}

#[test]
fn the_grammars_refuse_what_is_wrong() {
    let files = built(&site());
    let harms: [(&str, &str, &str); 7] = [
        ("en/atom.xml", "<updated>2026", "<updated>last year 2026"),
        ("en/atom.xml", "</entry>", "<author/></entry>"),
        ("en/atom.xml", "<link href=", "<link hraf="),
        ("en/rss.xml", "<pubDate>", "<pubDate>on "),
        ("en/rss.xml", "isPermaLink=\"false\"", ""),
        ("en/rss.xml", "fileSize=\"", "fileSize=\"-"),
        (
            "sitemaps/news.xml",
            "<news:title>",
            "<news:titel/><news:title>",
        ),
    ];
    for (name, sound, harmed) in harms {
        let text = String::from_utf8(files[name].clone()).unwrap();
        assert!(text.contains(sound), "{name} has no {sound}");
        let text = text.replacen(sound, harmed, 1);
        assert!(
            wrong(grammar_of(name).unwrap(), text.as_bytes()).is_some(),
            "{name}: {harmed}"
        );
    }
}

/// What a value lacks of a kind that the table names.
fn lacks(table: &Value, kind: &str, value: &Value, at: &str, found: &mut Vec<String>) {
    let text = value.as_str();
    let matches =
        |pattern: &str| text.is_some_and(|text| Regex::new(pattern).unwrap().is_match(text));
    let sound = match kind {
        "text" => text.is_some(),
        "uri" => matches(r"^(https?://|urn:)\S+$"),
        "moment" => matches(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"),
        "language" => matches("^(en|ar)$"),
        "mime" => matches("^[a-z]+/[a-z0-9.+-]+$"),
        "count" => value.is_u64(),
        _ if kind.contains('|') => text.is_some_and(|text| kind.split('|').any(|one| one == text)),
        _ if kind.starts_with('[') => {
            let inner = kind.trim_matches(['[', ']']);
            for (number, one) in value.as_array().into_iter().flatten().enumerate() {
                lacks(table, inner, one, &format!("{at}[{number}]"), found);
            }
            value.is_array()
        }
        _ => return lacks_in(table, kind, value, at, found),
    };
    if !sound {
        found.push(format!("{at}: {value} is no {kind}"));
    }
}

fn lacks_in(table: &Value, kind: &str, value: &Value, at: &str, found: &mut Vec<String>) {
    let mut rules: Vec<(&str, &str)> = Vec::new();
    for kind in [table[kind]["extends"].as_str(), Some(kind)]
        .into_iter()
        .flatten()
    {
        let named = table[kind].as_object().unwrap().iter();
        rules.extend(named.map(|(name, kind)| (name.as_str(), kind.as_str().unwrap())));
    }
    let object = value.as_object().unwrap();
    for (name, _) in rules.iter().filter(|(name, _)| name.starts_with('!')) {
        if !object.contains_key(&name[1..]) {
            found.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, one) in object {
        match rules
            .iter()
            .rfind(|(rule, _)| rule.trim_start_matches('!') == name)
        {
            Some((_, kind)) => lacks(table, kind, one, &format!("{at}.{name}"), found),
            None => found.push(format!("{at}: nobody knows {name}")),
        }
    }
}

fn lacking(table: &str, document: &Value) -> Vec<String> {
    let table: Value = serde_json::from_slice(&std::fs::read(grammar(table)).unwrap()).unwrap();
    let mut found = Vec::new();
    lacks(&table, "item", document, "", &mut found);
    found
}

#[test]
fn both_json_feeds_have_what_their_formats_know_and_nothing_else() {
    let files = built(&site());
    for tag in ["en", "ar"] {
        for (name, table) in [("feed.json", "jsonfeed.json"), ("ninjs.json", "ninjs.json")] {
            let document: Value = serde_json::from_slice(&files[&format!("{tag}/{name}")]).unwrap();
            assert_eq!(
                lacking(table, &document),
                Vec::<String>::new(),
                "{tag}/{name}"
            );
        }
    }
    // The names of version 2 are none of version 3's.
    let mut document: Value = serde_json::from_slice(&files["en/ninjs.json"]).unwrap();
    document["associations"][0]["ednote"] = "x".into();
    document["associations"][1]["versionCreated"] = "yesterday".into();
    document["uri"].take();
    assert_eq!(lacking("ninjs.json", &document).len(), 3);
}

#[test]
fn the_ninjs_feed_says_what_the_pages_say() {
    let files = built(&site());
    let document: Value = serde_json::from_slice(&files["ar/ninjs.json"]).unwrap();
    let items = document["associations"].as_array().unwrap();
    let of = |slug: &str| {
        let found = items.iter().find(|one| {
            one["uri"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/{slug}.html"))
        });
        found.unwrap_or_else(|| panic!("{slug} is not in the feed"))
    };
    assert_eq!(of("old-7")["pubStatus"], "canceled");
    assert!(of("old-7").get("bodies").is_none());
    let corrected = of("old-6");
    assert!(
        corrected["edNote"]
            .as_str()
            .unwrap()
            .contains("خبازان لا ثلاثة.")
    );
    let open = of("bread-line");
    let rendition = &open["associations"][0]["renditions"][0];
    let path = rendition["href"]
        .as_str()
        .unwrap()
        .strip_prefix("https://desk.example/news/")
        .unwrap();
    assert_eq!(rendition["sizeInBytes"], files[path].len());
    // Graphic files are in no feed.
    assert!(of("hospital-street").get("associations").is_none());
}

/// A reader of other making, in Python, that many programs use.
#[test]
fn peer_feedparser_reads_every_feed_without_complaint() {
    let python = crate::channels::installed("python").join("environment/bin/python3");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    publish::build(&site(), &sample::signer(), &out).unwrap();
    let program = r#"
import feedparser, json, sys
def told(path):
    feed = feedparser.parse(path)
    return {"bozo": str(feed.get("bozo_exception", "")), "version": feed.version, "language": feed.feed.get("language"),
            "entries": [[one.id, one.title, bool(one.link), bool(one.get("published_parsed"))] for one in feed.entries]}
print(json.dumps({path: told(path) for path in sys.argv[1:]}))
"#;
    let names = ["atom.xml", "rss.xml", "podcast.xml", "atom/1.xml"];
    let paths: Vec<PathBuf> = ["en", "ar"]
        .iter()
        .flat_map(|tag| names.map(|name| out.join(tag).join(name)))
        .collect();
    let answer = Command::new(python)
        .args(["-c", program])
        .args(&paths)
        .output()
        .unwrap();
    assert!(
        answer.status.success(),
        "{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let told: Value = serde_json::from_slice(&answer.stdout).unwrap();
    for path in &paths {
        let one = &told[path.to_str().unwrap()];
        assert_eq!(one["bozo"], "", "{path:?}");
        let version = if path.to_string_lossy().contains("atom") {
            "atom10"
        } else {
            "rss20"
        };
        assert_eq!(one["version"], version, "{path:?}");
        let entries = one["entries"].as_array().unwrap();
        assert!(!entries.is_empty(), "{path:?}");
        for entry in entries {
            assert!(
                entry[0].as_str().unwrap().starts_with("urn:uuid:"),
                "{entry}"
            );
            assert!(entry[2] == true && entry[3] == true, "{entry}");
        }
    }
}
