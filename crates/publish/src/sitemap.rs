//! `sitemap.xml` and `robots.txt`: every page in both languages, for whoever indexes or mirrors.
//!
//! The index names the standing pages' map, the news of the last two days, and blocks of stories that stay as they
//! are when a story is added. The protocol allows 50,000 addresses in a map.

use std::fmt::Write as _;

use crate::address::SitePath;
use crate::input::SiteInput;
use crate::listing::cut;
use crate::ours::ours_path;
use crate::page::{
    about_path, archive_path, corrections_path, index_path, places_path, search_path, story_path,
    timeline_path, topics_path, verify_path,
};
use crate::story::Ready;
use crate::whole::Whole;
use crate::words::{Tongue, rfc3339};
use crate::writer::Job;

/// Stories in a full block; each has two addresses.
const BLOCK: usize = 1_000;

/// What counts as news, as the news extension defines it.
const TWO_DAYS: i64 = 2 * 86_400_000_000;

/// The news extension allows no more in one map.
const MOST_NEWS: usize = 500;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\" xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\n";

/// All maps, their index, and `robots.txt`.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>) -> Vec<Job<'w>> {
    let (head, blocks) = cut(whole.told.len(), BLOCK);
    let mut jobs = vec![standing(whole), news(whole), robots(whole)];
    let newest = (blocks.len() + 1, head);
    for (number, range) in std::iter::once(newest).chain(blocks) {
        let stories = &whole.told[range];
        let path = map_path(&number.to_string());
        let key = whole
            .key("sitemap")
            .text(path.as_str())
            .each(whole.these(stories), |print, ready| {
                print.digest(&ready.key)
            });
        jobs.push(Job {
            path,
            key: key.finish(),
            make: Box::new(move || {
                let mut text = String::from(HEAD);
                for ready in whole.these(stories) {
                    pair(
                        &mut text,
                        whole.site,
                        &|tongue| story_path(tongue, &ready.input.slug),
                        Some(ready.input.updated_at),
                    );
                }
                Ok(closed(text))
            }),
        });
    }
    jobs.push(index(whole, &jobs));
    jobs
}

fn map_path(name: &str) -> SitePath {
    SitePath::made(format!("sitemaps/{name}.xml"))
}

fn closed(mut text: String) -> Vec<u8> {
    text.push_str("</urlset>\n");
    text.into_bytes()
}

fn standing<'w>(whole: &'w Whole<'w>) -> Job<'w> {
    let make = move || {
        let mut pages: Vec<fn(Tongue) -> SitePath> = vec![
            index_path,
            archive_path,
            search_path,
            ours_path,
            verify_path,
            about_path,
            corrections_path,
        ];
        if !whole.topics.is_empty() {
            pages.push(topics_path);
        }
        if !whole.places.is_empty() {
            pages.push(places_path);
        }
        if !whole.timeline.is_empty() {
            pages.push(timeline_path);
        }
        let mut text = String::from(HEAD);
        for page in pages {
            pair(&mut text, whole.site, &page, None);
        }
        Ok(closed(text))
    };
    Job {
        path: map_path("pages"),
        key: whole.key("sitemap of pages").finish(),
        make: Box::new(make),
    }
}

/// Stories of the last two days before this state of the site.
fn news<'w>(whole: &'w Whole<'w>) -> Job<'w> {
    let since = whole.site.built_at - TWO_DAYS;
    let recent = whole
        .told()
        .filter(move |ready| ready.input.published_at >= since);
    let recent: Vec<&Ready<'_>> = recent.take(MOST_NEWS).collect();
    let key = whole
        .key("news")
        .each(recent.iter(), |print, ready| print.digest(&ready.key));
    Job {
        path: map_path("news"),
        key: key.finish(),
        make: Box::new(move || {
            let mut text = String::from(HEAD);
            for ready in &recent {
                for tongue in Tongue::BOTH {
                    item(&mut text, whole.site, ready, tongue);
                }
            }
            Ok(closed(text))
        }),
    }
}

fn item(text: &mut String, site: &SiteInput, ready: &Ready<'_>, tongue: Tongue) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "<url><loc>{}</loc><news:news><news:publication><news:name>{}</news:name><news:language>{}</news:language></news:publication><news:publication_date>{}</news:publication_date><news:title>{}</news:title></news:news></url>",
        site.base_url.join(&story_path(tongue, &ready.input.slug)),
        escaped(&site.organisation),
        tongue.tag(),
        rfc3339(ready.input.published_at),
        escaped(&ready.title(tongue)),
    );
}

/// Text inside an element: markup escaped, and what XML cannot hold left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'.. => out.push(c),
            _ => {}
        }
    }
    out
}

/// Addresses of this crate's own making hold no character that XML would want escaped.
fn pair(
    text: &mut String,
    site: &SiteInput,
    page: &dyn Fn(Tongue) -> SitePath,
    updated: Option<i64>,
) {
    let modified = updated.map_or_else(String::new, |at| {
        format!("<lastmod>{}</lastmod>", rfc3339(at))
    });
    let urls = Tongue::BOTH.map(|tongue| (tongue.tag(), site.base_url.join(&page(tongue))));
    let alternates: String = urls
        .iter()
        .map(|(tag, url)| {
            format!("<xhtml:link rel=\"alternate\" hreflang=\"{tag}\" href=\"{url}\"/>")
        })
        .collect();
    for (_, url) in &urls {
        let _ = writeln!(text, "<url><loc>{url}</loc>{modified}{alternates}</url>");
    }
}

fn index<'w>(whole: &'w Whole<'w>, maps: &[Job<'_>]) -> Job<'w> {
    let maps = maps.iter().map(|job| &job.path);
    let maps: Vec<String> = maps
        .filter(|path| path.as_str().starts_with("sitemaps/"))
        .map(|path| whole.site.base_url.join(path))
        .collect();
    let key = whole
        .key("sitemap index")
        .each(maps.iter(), |print, url| print.text(url));
    Job {
        path: SitePath::made("sitemap.xml".to_owned()),
        key: key.finish(),
        make: Box::new(move || {
            let mut text = String::from(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
            );
            for url in &maps {
                let _ = writeln!(text, "<sitemap><loc>{url}</loc></sitemap>");
            }
            text.push_str("</sitemapindex>\n");
            Ok(text.into_bytes())
        }),
    }
}

fn robots<'w>(whole: &'w Whole<'w>) -> Job<'w> {
    let make = move || {
        let sitemap = SitePath::made("sitemap.xml".to_owned());
        let url = whole.site.base_url.join(&sitemap);
        Ok(format!("User-agent: *\nAllow: /\nSitemap: {url}\n").into_bytes())
    };
    Job {
        path: SitePath::made("robots.txt".to_owned()),
        key: whole.key("robots").finish(),
        make: Box::new(make),
    }
}
