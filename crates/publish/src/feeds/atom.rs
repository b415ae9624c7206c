//! Atom, RFC 4287.

use std::collections::BTreeMap;

use atom_syndication::extension::Extension;
use atom_syndication::{
    Category, Content, Entry, Feed, FixedDateTime, Link, Person, Text, TextType,
};

use super::{Carried, archive_name, content, enclosures, entry_id, updated};
use crate::page::{at, index_path, story_path};
use crate::site::PublishError;
use crate::story::Ready;
use crate::words::{excerpt, rfc3339, t};

const ATOM: &str = "application/atom+xml";
const HISTORY: &str = "http://purl.org/syndication/history/1.0";

pub(super) fn feed(carried: &Carried<'_>) -> Result<Vec<u8>, PublishError> {
    let (site, tongue) = (carried.whole.site, carried.tongue);
    let current = site.base_url.join(&at(tongue, "atom.xml"));
    let archive = |number: usize| site.base_url.join(&at(tongue, &archive_name(number)));
    let own = carried.archive.map_or_else(|| current.clone(), archive);
    let mut links = vec![
        link("self", own.clone(), ATOM, None),
        link(
            "alternate",
            site.base_url.join(&index_path(tongue)),
            "text/html",
            None,
        ),
    ];
    if carried.archive.is_some() {
        links.push(link("current", current, ATOM, None));
    }
    if let Some(earlier) = carried.earlier {
        links.push(link("prev-archive", archive(earlier), ATOM, None));
    }
    let entries = carried.stories.iter().map(|story| entry(carried, story));
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    let history = carried.archive.map(|_| archive_mark());
    let feed = Feed {
        title: plain(&site.organisation),
        subtitle: Some(plain(&t!(tongue, "front-lead"))),
        id: own.clone(),
        updated: date(updated(&carried.stories))?,
        authors: vec![Person {
            name: site.organisation.clone(),
            ..Person::default()
        }],
        links,
        lang: Some(tongue.tag().to_owned()),
        entries,
        namespaces: history
            .iter()
            .map(|_| ("fh".to_owned(), HISTORY.to_owned()))
            .collect(),
        extensions: history.into_iter().collect(),
        ..Feed::default()
    };
    let mut bytes = feed.write_to(Vec::new()).map_err(PublishError::feed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// RFC 5005: this document is an archive.
fn archive_mark() -> (String, BTreeMap<String, Vec<Extension>>) {
    let mark = Extension {
        name: "fh:archive".to_owned(),
        ..Extension::default()
    };
    let marks = BTreeMap::from([("archive".to_owned(), vec![mark])]);
    ("fh".to_owned(), marks)
}

fn entry(carried: &Carried<'_>, story: &Ready<'_>) -> Result<Entry, PublishError> {
    let tongue = carried.tongue;
    let page = story_path(tongue, &story.input.slug);
    let page = carried.whole.site.base_url.join(&page);
    let mut links = vec![link("alternate", page, "text/html", None)];
    for file in enclosures(carried, story) {
        links.push(link("enclosure", file.url, file.mime, Some(file.bytes)));
    }
    Ok(Entry {
        title: plain(&story.title(tongue)),
        id: entry_id(&story.input.id, tongue),
        updated: date(story.input.updated_at)?,
        published: Some(date(story.input.published_at)?),
        links,
        categories: story
            .input
            .topics
            .iter()
            .map(|topic| Category {
                term: topic.slug.clone(),
                label: Some(carried.whole.topic(topic).name.get(tongue).to_owned()),
                ..Category::default()
            })
            .collect(),
        summary: Some(plain(&excerpt(story.body(tongue), 280))),
        content: Some(Content {
            value: Some(content(story, tongue)),
            content_type: Some("html".to_owned()),
            ..Content::default()
        }),
        ..Entry::default()
    })
}

fn plain(text: &str) -> Text {
    Text {
        value: text.to_owned(),
        r#type: TextType::Text,
        ..Text::default()
    }
}

fn link(rel: &str, href: String, mime: &str, bytes: Option<u64>) -> Link {
    Link {
        href,
        rel: rel.to_owned(),
        mime_type: Some(mime.to_owned()),
        length: bytes.map(|bytes| bytes.to_string()),
        ..Link::default()
    }
}

fn date(micros: i64) -> Result<FixedDateTime, PublishError> {
    rfc3339(micros)
        .parse()
        .map_err(|error: <FixedDateTime as std::str::FromStr>::Err| {
            PublishError::feed(error.to_string())
        })
}
