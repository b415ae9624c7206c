//! The podcast: every film and recording that may be played unasked, one episode each, for programs that fetch
//! recordings by themselves and keep them for when there is no net.

use rss::extension::itunes::{
    ITunesCategory, ITunesChannelExtension, ITunesItemExtension, NAMESPACE,
};
use rss::{Channel, Enclosure, Guid, Item};

use super::rss2::{ATOM, itself};
use super::{Carried, content, entry_id, open_media, updated};
use crate::address::SitePath;
use crate::media::Shown;
use crate::page::{at, index_path, story_path};
use crate::site::PublishError;
use crate::story::Ready;
use crate::whole::Whole;
use crate::words::{excerpt, rfc2822, t};
use crate::writer::Job;

/// A cover is required, square and at least 1,400 pixels wide.
const COVER: &[u8] = include_bytes!("../../assets/cover.png");

/// Stories in the podcast.
const MOST: usize = 100;

/// The newest stories that have recordings.
pub(super) fn stories<'w>(whole: &'w Whole<'w>) -> Vec<&'w Ready<'w>> {
    let recorded = whole.told().filter(|story| story.is_recorded());
    recorded.take(MOST).collect()
}

pub(super) fn cover() -> Job<'static> {
    Job::given(cover_path(), COVER)
}

fn cover_path() -> SitePath {
    SitePath::made("cover.png".to_owned())
}

pub(super) fn feed(carried: &Carried<'_>) -> Result<Vec<u8>, PublishError> {
    let (site, tongue) = (carried.whole.site, carried.tongue);
    let lead = t!(tongue, "front-lead");
    let channel = Channel {
        title: site.organisation.clone(),
        link: site.base_url.join(&index_path(tongue)),
        description: lead.clone(),
        language: Some(tongue.tag().to_owned()),
        last_build_date: Some(rfc2822(updated(&carried.stories))),
        items: carried
            .stories
            .iter()
            .flat_map(|story| episodes(carried, story))
            .collect(),
        itunes_ext: Some(ITunesChannelExtension {
            author: Some(site.organisation.clone()),
            categories: vec![ITunesCategory {
                text: "News".to_owned(),
                subcategory: None,
            }],
            image: Some(site.base_url.join(&cover_path())),
            // What is graphic is not in it.
            explicit: Some("false".to_owned()),
            summary: Some(lead),
            r#type: Some("episodic".to_owned()),
            ..ITunesChannelExtension::default()
        }),
        extensions: itself(site.base_url.join(&at(tongue, "podcast.xml"))),
        namespaces: [("atom", ATOM), ("itunes", NAMESPACE)]
            .map(|(name, uri)| (name.to_owned(), uri.to_owned()))
            .into(),
        ..Channel::default()
    };
    let mut bytes = channel.write_to(Vec::new()).map_err(PublishError::feed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn episodes(carried: &Carried<'_>, story: &Ready<'_>) -> Vec<Item> {
    let all = open_media(story).iter();
    let recorded: Vec<&Shown<'_>> = all
        .filter(|medium| medium.input.kind.is_recording())
        .collect();
    let count = recorded.len();
    let of_all = recorded.into_iter().enumerate();
    of_all
        .map(|(number, medium)| episode(carried, story, medium, (number + 1, count)))
        .collect()
}

fn episode(
    carried: &Carried<'_>,
    story: &Ready<'_>,
    medium: &Shown<'_>,
    (number, count): (usize, usize),
) -> Item {
    let tongue = carried.tongue;
    let page = story_path(tongue, &story.input.slug);
    let title = story.title(tongue);
    let title = if count > 1 {
        format!("{title} ({number}/{count})")
    } else {
        title
    };
    let file = super::Enclosure::of(carried, medium);
    let still = medium.still().or_else(|| story.still());
    Item {
        title: Some(title),
        link: Some(carried.whole.site.base_url.join(&page)),
        description: Some(content(story, tongue)),
        // The file itself: another file is another episode.
        guid: Some(Guid {
            value: entry_id(&format!("{}/{}", story.input.id, medium.file), tongue),
            permalink: false,
        }),
        pub_date: Some(rfc2822(story.input.published_at)),
        enclosure: Some(Enclosure {
            url: file.url,
            length: file.bytes.to_string(),
            mime_type: file.mime.to_owned(),
        }),
        itunes_ext: Some(ITunesItemExtension {
            author: Some(carried.whole.site.organisation.clone()),
            subtitle: Some(medium.input.alt.get(tongue).to_owned()),
            summary: Some(excerpt(story.body(tongue), 280)),
            image: still.map(|still| carried.whole.site.base_url.join(still)),
            explicit: Some("false".to_owned()),
            episode_type: Some("full".to_owned()),
            ..ITunesItemExtension::default()
        }),
        ..Item::default()
    }
}
