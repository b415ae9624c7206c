//! Atom, RFC 4287.

use atom_syndication::{Content, Entry, Feed, FixedDateTime, Link, Person, Text, TextType};

use super::{content, enclosures, entry_id, updated};
use crate::input::SiteInput;
use crate::page::{feed_path, index_path, story_path};
use crate::site::PublishError;
use crate::story::Ready;
use crate::words::{Tongue, excerpt, rfc3339, t};

pub(super) fn feed(
    site: &SiteInput,
    tongue: Tongue,
    stories: &[Ready<'_>],
) -> Result<Vec<u8>, PublishError> {
    let own = site.base_url.join(&feed_path(tongue, "atom.xml"));
    let mut entries = Vec::with_capacity(stories.len());
    for story in stories {
        entries.push(entry(site, tongue, story)?);
    }
    let feed = Feed {
        title: plain(&site.organisation),
        subtitle: Some(plain(&t!(tongue, "front-lead"))),
        id: own.clone(),
        updated: date(updated(stories))?,
        authors: vec![Person {
            name: site.organisation.clone(),
            ..Person::default()
        }],
        links: vec![
            link("self", own, "application/atom+xml", None),
            link(
                "alternate",
                site.base_url.join(&index_path(tongue)),
                "text/html",
                None,
            ),
        ],
        lang: Some(tongue.tag().to_owned()),
        entries,
        ..Feed::default()
    };
    let mut bytes = feed.write_to(Vec::new()).map_err(PublishError::feed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn entry(site: &SiteInput, tongue: Tongue, story: &Ready<'_>) -> Result<Entry, PublishError> {
    let text = story.input.text(tongue);
    let page = site.base_url.join(&story_path(tongue, &story.input.slug));
    let mut links = vec![link("alternate", page, "text/html", None)];
    for file in enclosures(site, story) {
        links.push(link("enclosure", file.url, file.mime, Some(file.bytes)));
    }
    Ok(Entry {
        title: plain(&text.title),
        id: entry_id(&story.input.id, tongue),
        updated: date(story.input.updated_at)?,
        published: Some(date(story.input.published_at)?),
        links,
        summary: Some(plain(&excerpt(&text.body, 280))),
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
