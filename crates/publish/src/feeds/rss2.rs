//! RSS 2.0, with the address of the feed itself as the Atom extension that validators ask for, and all files
//! as Media RSS.

use std::collections::BTreeMap;

use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Item};

use super::{Carried, content, enclosures, entry_id, media_rss, updated};
use crate::page::{at, index_path, story_path};
use crate::site::PublishError;
use crate::story::Ready;
use crate::words::{rfc2822, t};

pub(super) const ATOM: &str = "http://www.w3.org/2005/Atom";

pub(super) fn feed(carried: &Carried<'_>) -> Result<Vec<u8>, PublishError> {
    let (site, tongue) = (carried.whole.site, carried.tongue);
    let own = site.base_url.join(&at(tongue, "rss.xml"));
    let channel = Channel {
        title: site.organisation.clone(),
        link: site.base_url.join(&index_path(tongue)),
        description: t!(tongue, "front-lead"),
        language: Some(tongue.tag().to_owned()),
        last_build_date: Some(rfc2822(updated(&carried.stories))),
        items: carried
            .stories
            .iter()
            .map(|story| item(carried, story))
            .collect(),
        extensions: itself(own),
        namespaces: BTreeMap::from([
            ("atom".to_owned(), ATOM.to_owned()),
            ("media".to_owned(), media_rss::NAMESPACE.to_owned()),
        ]),
        ..Channel::default()
    };
    let mut bytes = channel.write_to(Vec::new()).map_err(PublishError::feed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The feed's own address.
pub(super) fn itself(own: String) -> ExtensionMap {
    let link = Extension {
        name: "atom:link".to_owned(),
        attrs: BTreeMap::from([
            ("href".to_owned(), own),
            ("rel".to_owned(), "self".to_owned()),
            ("type".to_owned(), "application/rss+xml".to_owned()),
        ]),
        ..Extension::default()
    };
    let links = BTreeMap::from([("link".to_owned(), vec![link])]);
    BTreeMap::from([("atom".to_owned(), links)])
}

fn item(carried: &Carried<'_>, story: &Ready<'_>) -> Item {
    let tongue = carried.tongue;
    let page = story_path(tongue, &story.input.slug);
    // RSS allows one enclosure; Media RSS names them all.
    let enclosure = enclosures(carried, story)
        .into_iter()
        .next()
        .map(|file| Enclosure {
            url: file.url,
            length: file.bytes.to_string(),
            mime_type: file.mime.to_owned(),
        });
    Item {
        title: Some(story.title(tongue)),
        link: Some(carried.whole.site.base_url.join(&page)),
        description: Some(content(story, tongue)),
        guid: Some(Guid {
            value: entry_id(&story.input.id, tongue),
            permalink: false,
        }),
        pub_date: Some(rfc2822(story.input.published_at)),
        enclosure,
        categories: story
            .input
            .topics
            .iter()
            .map(|topic| Category {
                name: carried.whole.topic(topic).name.get(tongue).to_owned(),
                domain: None,
            })
            .collect(),
        extensions: media_rss::of(carried, story),
        ..Item::default()
    }
}
