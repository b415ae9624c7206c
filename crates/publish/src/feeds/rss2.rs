//! RSS 2.0, with the address of the feed itself as the Atom extension that validators ask for.

use std::collections::BTreeMap;

use rss::extension::Extension;
use rss::{Channel, Enclosure, Guid, Item};

use super::{content, enclosures, entry_id, updated};
use crate::input::SiteInput;
use crate::page::{feed_path, index_path, story_path};
use crate::site::PublishError;
use crate::story::Ready;
use crate::words::{Tongue, rfc2822, t};

pub(super) fn feed(
    site: &SiteInput,
    tongue: Tongue,
    stories: &[Ready<'_>],
) -> Result<Vec<u8>, PublishError> {
    let own = site.base_url.join(&feed_path(tongue, "rss.xml"));
    let itself = Extension {
        name: "atom:link".to_owned(),
        attrs: BTreeMap::from([
            ("href".to_owned(), own),
            ("rel".to_owned(), "self".to_owned()),
            ("type".to_owned(), "application/rss+xml".to_owned()),
        ]),
        ..Extension::default()
    };
    let channel = Channel {
        title: site.organisation.clone(),
        link: site.base_url.join(&index_path(tongue)),
        description: t!(tongue, "front-lead"),
        language: Some(tongue.tag().to_owned()),
        last_build_date: Some(rfc2822(updated(stories))),
        items: stories
            .iter()
            .map(|story| item(site, tongue, story))
            .collect(),
        extensions: BTreeMap::from([(
            "atom".to_owned(),
            BTreeMap::from([("link".to_owned(), vec![itself])]),
        )]),
        namespaces: BTreeMap::from([("atom".to_owned(), "http://www.w3.org/2005/Atom".to_owned())]),
        ..Channel::default()
    };
    let mut bytes = channel.write_to(Vec::new()).map_err(PublishError::feed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn item(site: &SiteInput, tongue: Tongue, story: &Ready<'_>) -> Item {
    // RSS allows one enclosure; the others are on the story's page.
    let enclosure = enclosures(site, story)
        .into_iter()
        .next()
        .map(|file| Enclosure {
            url: file.url,
            length: file.bytes.to_string(),
            mime_type: file.mime.to_owned(),
        });
    Item {
        title: Some(story.input.text(tongue).title.clone()),
        link: Some(site.base_url.join(&story_path(tongue, &story.input.slug))),
        description: Some(content(story, tongue)),
        guid: Some(Guid {
            value: entry_id(&story.input.id, tongue),
            permalink: false,
        }),
        pub_date: Some(rfc2822(story.input.published_at)),
        enclosure,
        ..Item::default()
    }
}
