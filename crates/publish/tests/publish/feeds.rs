//! The feeds, read back by strict parsers.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use crate::files::built;
use crate::sample;

fn uuid() -> Regex {
    Regex::new("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        .unwrap()
}

fn own(url: &str) -> String {
    url.strip_prefix("https://desk.example/news/")
        .unwrap()
        .to_owned()
}

#[test]
fn atom_is_valid() {
    let files = built(&sample::site_at(1));
    let mut ids = BTreeSet::new();
    for tag in ["en", "ar"] {
        let feed = atom_syndication::Feed::read_from(files[&format!("{tag}/atom.xml")].as_slice())
            .unwrap();
        assert_eq!(feed.lang.as_deref(), Some(tag));
        assert_eq!(feed.id, format!("https://desk.example/news/{tag}/atom.xml"));
        assert_eq!(feed.updated.to_rfc3339(), "2026-11-22T18:01:00+00:00");
        assert_eq!(feed.entries.len(), 6);
        assert!(
            feed.links
                .iter()
                .any(|link| link.rel == "self" && link.href == feed.id)
        );
        let published: Vec<_> = feed
            .entries
            .iter()
            .map(|entry| entry.published.unwrap())
            .collect();
        assert!(published.is_sorted_by(|a, b| a >= b));
        for entry in &feed.entries {
            assert!(uuid().is_match(&entry.id), "{}", entry.id);
            assert!(ids.insert(entry.id.clone()));
            assert!(!entry.title.value.is_empty() && entry.updated >= entry.published.unwrap());
            for link in &entry.links {
                let bytes = &files[&own(&link.href)];
                if link.rel == "enclosure" {
                    assert_eq!(
                        link.length.as_deref(),
                        Some(bytes.len().to_string().as_str())
                    );
                }
            }
        }
    }
    assert_eq!(ids.len(), 12, "each language has ids of its own");
}

#[test]
fn rss_is_valid() {
    let files = built(&sample::site_at(1));
    for tag in ["en", "ar"] {
        let channel = rss::Channel::read_from(files[&format!("{tag}/rss.xml")].as_slice()).unwrap();
        assert_eq!(channel.language(), Some(tag));
        assert_eq!(
            channel.last_build_date(),
            Some("Sun, 22 Nov 2026 18:01:00 +0000")
        );
        assert_eq!(channel.items().len(), 6);
        let own_address = &channel.extensions()["atom"]["link"][0];
        assert_eq!(
            own_address.attrs()["href"],
            format!("https://desk.example/news/{tag}/rss.xml")
        );
        for item in channel.items() {
            assert!(files.contains_key(&own(item.link().unwrap())));
            assert!(
                uuid().is_match(item.guid().unwrap().value())
                    && !item.guid().unwrap().is_permalink()
            );
            if let Some(file) = item.enclosure() {
                assert_eq!(file.length(), files[&own(file.url())].len().to_string());
            }
        }
        let titles: Vec<_> = channel
            .items()
            .iter()
            .filter_map(|item| item.title())
            .collect();
        assert!(
            tag == "ar"
                || titles.contains(&"A wedding song, recorded <before> the \"ban\" & after")
        );
    }
}

#[test]
fn json_feed_is_valid() {
    let date = Regex::new(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$").unwrap();
    let files = built(&sample::site_at(1));
    for tag in ["en", "ar"] {
        let feed: Value = serde_json::from_slice(&files[&format!("{tag}/feed.json")]).unwrap();
        assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
        assert_eq!(feed["language"], tag);
        assert!(files.contains_key(&own(feed["feed_url"].as_str().unwrap())));
        assert!(files.contains_key(&own(feed["home_page_url"].as_str().unwrap())));
        let items = feed["items"].as_array().unwrap();
        assert_eq!(items.len(), 6);
        for item in items {
            assert!(uuid().is_match(item["id"].as_str().unwrap()));
            assert!(files.contains_key(&own(item["url"].as_str().unwrap())));
            assert!(!item["content_html"].as_str().unwrap().is_empty());
            assert!(date.is_match(item["date_published"].as_str().unwrap()));
            for file in item["attachments"].as_array().unwrap() {
                let bytes = &files[&own(file["url"].as_str().unwrap())];
                assert_eq!(file["size_in_bytes"].as_u64().unwrap(), bytes.len() as u64);
            }
        }
    }
}

#[test]
fn graphic_media_are_in_no_feed() {
    let input = sample::site_at(1);
    let files = built(&input);
    let covered = publish::media_path(
        &input.stories[2].media[0].sha256,
        input.stories[2].media[0].kind,
    );
    let open = publish::media_path(
        &input.stories[0].media[0].sha256,
        input.stories[0].media[0].kind,
    );
    for name in ["atom.xml", "rss.xml", "feed.json"] {
        let text = String::from_utf8(files[&format!("en/{name}")].clone()).unwrap();
        assert!(!text.contains(covered.file_name()), "{name}");
        assert!(text.contains(open.file_name()), "{name}");
        assert!(
            text.contains("hospital"),
            "{name}: the story itself is there"
        );
    }
}

#[test]
fn an_entry_keeps_its_id_when_its_address_and_text_change() {
    let ids = |slug: &str, title: &str| {
        let mut input = sample::site_at(1);
        slug.clone_into(&mut input.stories[0].slug);
        title.clone_into(&mut input.stories[0].en.title);
        let files = built(&input);
        let feed = atom_syndication::Feed::read_from(files["en/atom.xml"].as_slice()).unwrap();
        feed.entries
            .into_iter()
            .map(|entry| entry.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("bread-line", "One"), ids("another-address", "Two"));
}

#[test]
fn the_sitemaps_name_every_story_and_standing_page_once_in_each_language() {
    let files = built(&sample::site_at(1));
    let place = Regex::new("<loc>([^<]*)</loc>").unwrap();
    let named = |name: &str| -> Vec<String> {
        let text = String::from_utf8(files[name].clone()).unwrap();
        place
            .captures_iter(&text)
            .map(|found| own(&found[1]))
            .collect()
    };
    let maps = named("sitemap.xml");
    assert!(maps.iter().all(|map| files.contains_key(map)));
    let mut pages = named("sitemaps/pages.xml");
    pages.extend(named("sitemaps/1.xml"));
    let once: BTreeSet<&String> = pages.iter().collect();
    assert_eq!(once.len(), pages.len());
    let lists = ["months/", "topics/", "places/", "timeline/", "/market-fire"];
    let expected: BTreeSet<&String> = files
        .keys()
        .filter(|name| name.ends_with(".html") && *name != "index.html")
        .filter(|name| !name.ends_with("/sheet.html"))
        .filter(|name| !lists.iter().any(|list| name.contains(list)))
        .collect();
    assert_eq!(once, expected);
    assert_eq!(
        named("sitemaps/news.xml").len(),
        4,
        "two stories of the last two days"
    );
}

#[test]
fn corrections_and_withdrawals_reach_those_who_follow() {
    let mut input = sample::site_at(1);
    // Many newer stories: the changed ones are long out of sight.
    let model = input.stories[0].clone();
    for number in 0..100_u32 {
        let mut story = model.clone();
        story.id = format!("{:032x}", number + 100);
        story.slug = format!("newer-{number}");
        story.published_at += i64::from(number) + 1;
        story.updated_at = story.published_at;
        story.media.clear();
        input.stories.push(story);
    }
    let files = built(&input);
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    for name in ["en/atom.xml", "en/rss.xml", "en/feed.json"] {
        assert!(text(name).contains("western end of the bridge"), "{name}");
        assert!(text(name).contains("two years old"), "{name}");
        assert!(
            !text(name).contains("Decree 41"),
            "{name}: not changed, so not there"
        );
    }
    let correction = text("en/stories/bridge-phones.html");
    assert!(correction.contains("CorrectionComment") && correction.contains("id=\"corrected\""));
    let gone = text("ar/stories/market-fire.html");
    assert!(gone.contains("noindex") && gone.contains("\"creativeWorkStatus\":\"Withdrawn\""));
    assert!(text("ar/corrections.html").contains("market-fire.html"));
    for name in [
        "en/index.html",
        "en/archive.html",
        "en/months/2026-11.html",
        "sitemaps/1.xml",
    ] {
        assert!(!text(name).contains("market-fire"), "{name}");
    }
}

#[test]
fn archives_of_the_atom_feed_hold_every_story() {
    let mut input = sample::site_at(1);
    let model = input.stories[0].clone();
    for number in 0..200_u32 {
        let mut story = model.clone();
        story.id = format!("{:032x}", number + 100);
        story.slug = format!("story-{number}");
        story.published_at -= i64::from(number);
        story.updated_at = story.published_at;
        input.stories.push(story);
    }
    let files = built(&input);
    let mut ids = BTreeSet::new();
    let mut next = Some("en/atom.xml".to_owned());
    while let Some(name) = next {
        let feed = atom_syndication::Feed::read_from(files[&name].as_slice()).unwrap();
        let link = |rel: &str| {
            let mut all = feed.links.iter().filter(|link| link.rel == rel);
            all.next().map(|link| own(&link.href))
        };
        assert_eq!(link("self").as_ref(), Some(&name));
        let archive = name != "en/atom.xml";
        assert_eq!(link("current").is_some(), archive);
        assert_eq!(feed.namespaces.contains_key("fh"), archive);
        ids.extend(feed.entries.iter().map(|entry| entry.id.clone()));
        next = link("prev-archive");
    }
    assert_eq!(ids.len(), 206);
}

fn read_by_another(
    files: &std::collections::BTreeMap<String, Vec<u8>>,
    name: &str,
) -> feed_rs::model::Feed {
    feed_rs::parser::parse(files[name].as_slice()).unwrap()
}

#[test]
fn a_reader_of_other_making_reads_every_feed() {
    use feed_rs::model::FeedType;
    let files = built(&sample::site_at(1));
    for tag in ["en", "ar"] {
        for (name, kind, entries) in [
            ("atom.xml", FeedType::Atom, 6),
            ("rss.xml", FeedType::RSS2, 6),
            ("feed.json", FeedType::JSON, 6),
            ("podcast.xml", FeedType::RSS2, 2),
        ] {
            let feed = read_by_another(&files, &format!("{tag}/{name}"));
            assert_eq!(
                (feed.feed_type, feed.entries.len()),
                (kind, entries),
                "{tag}/{name}"
            );
            assert_eq!(feed.title.unwrap().content, "Freedom Desk · منبر الحرية");
            assert_eq!(feed.language.as_deref(), Some(tag), "{tag}/{name}");
            for entry in feed.entries {
                assert!(
                    entry.title.is_some() && entry.published.is_some(),
                    "{tag}/{name}"
                );
                assert!(files.contains_key(&own(&entry.links[0].href)));
            }
        }
    }
}

#[test]
fn media_rss_names_every_file_that_may_be_shown_unasked_and_no_other() {
    let input = sample::site_at(1);
    let files = built(&input);
    for tag in ["en", "ar"] {
        let feed = read_by_another(&files, &format!("{tag}/rss.xml"));
        let mut named = BTreeSet::new();
        for entry in &feed.entries {
            for content in entry.media.iter().flat_map(|media| &media.content) {
                let url = own(content.url.as_ref().unwrap().as_str());
                assert_eq!(
                    content.size,
                    files.get(&url).map(|bytes| bytes.len() as u64)
                );
                let kind = content.content_type.as_ref().unwrap().to_string();
                let known = publish::MediaKind::from_mime(&kind).unwrap();
                assert!(url.ends_with(known.extension()));
                named.insert(url);
            }
            for thumbnail in entry.media.iter().flat_map(|media| &media.thumbnails) {
                assert!(files.contains_key(&own(&thumbnail.image.uri)));
            }
        }
        let open = input.stories.iter().filter(|story| !story.graphic);
        let open = open.flat_map(|story| &story.media);
        let expected: BTreeSet<String> = open
            .map(|medium| publish::media_path(&medium.sha256, medium.kind).to_string())
            .collect();
        // A document is in the enclosure; readers of Media RSS know no such thing and may leave it out.
        let pictures = |all: &BTreeSet<String>| -> BTreeSet<String> {
            all.iter()
                .filter(|url| !url.ends_with(".pdf"))
                .cloned()
                .collect()
        };
        assert_eq!(pictures(&named), pictures(&expected), "{tag}");
        let channel = rss::Channel::read_from(files[&format!("{tag}/rss.xml")].as_slice()).unwrap();
        let ratings = channel.items().iter().filter_map(|item| {
            let rating = item.extensions().get("media")?.get("rating")?;
            Some((item.link()?.to_owned(), rating[0].value()?.to_owned()))
        });
        let adult: Vec<_> = ratings.filter(|(_, rating)| rating == "adult").collect();
        assert_eq!(adult.len(), 1);
        assert!(adult[0].0.ends_with("hospital-street.html"));
    }
}

#[test]
fn the_podcast_has_what_its_programs_ask_for() {
    let input = sample::site_at(1);
    let files = built(&input);
    for tag in ["en", "ar"] {
        let channel =
            rss::Channel::read_from(files[&format!("{tag}/podcast.xml")].as_slice()).unwrap();
        let about = channel.itunes_ext().unwrap();
        assert_eq!(about.explicit(), Some("false"));
        assert_eq!(about.categories()[0].text(), "News");
        let cover = &files[&own(about.image().unwrap())];
        let cover = image::load_from_memory(cover).unwrap();
        assert_eq!((cover.width(), cover.height()), (1_400, 1_400));
        let types: Vec<_> = channel
            .items()
            .iter()
            .map(|item| {
                let enclosure = item.enclosure().unwrap();
                let bytes = &files[&own(enclosure.url())];
                assert_eq!(enclosure.length(), bytes.len().to_string());
                assert!(item.itunes_ext().unwrap().subtitle().is_some());
                assert!(uuid().is_match(item.guid().unwrap().value()));
                enclosure.mime_type().to_owned()
            })
            .collect();
        assert_eq!(types, ["video/mp4", "audio/mpeg"]);
        let page = String::from_utf8(files[&format!("{tag}/index.html")].clone()).unwrap();
        assert!(page.contains("podcast.xml"));
        assert!(page.contains("title=\"Freedom Desk · منبر الحرية · Atom\""));
    }
    // Without a recording there is no podcast, and nothing leads to one.
    let mut silent = input;
    silent
        .stories
        .retain(|story| !story.media.iter().any(|one| one.kind.is_recording()));
    let files = built(&silent);
    assert!(!files.contains_key("en/podcast.xml") && !files.contains_key("cover.png"));
    let page = String::from_utf8(files["en/index.html"].clone()).unwrap();
    assert!(!page.contains("podcast.xml"));
}
