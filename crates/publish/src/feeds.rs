//! Feeds in each language. Graphic media stay out of them: a reader program would show them unasked.
//!
//! A feed carries the newest stories, and those that were corrected or withdrawn most lately. Atom goes on into
//! archives (RFC 5005), so that a reader program can fetch everything.

mod atom;
mod json;
mod media_rss;
mod ninjs;
mod podcast;
mod rss2;

use std::ops::Range;

use crate::listing::cut;
use crate::media::Shown;
use crate::page::at;
use crate::site::PublishError;
use crate::story::{Ready, prose};
use crate::whole::Whole;
use crate::words::{Tongue, t};
use crate::writer::Job;

/// Stories in an archive of the Atom feed; feeds carry up to twice as many.
const BLOCK: usize = 30;

/// Older stories in a feed because they were changed lately.
const CHANGED: usize = 10;

/// A feed that pages offer.
pub(crate) struct Offered {
    pub(crate) file: &'static str,
    pub(crate) mime: &'static str,
    pub(crate) words: String,
}

/// The feeds of one language; that of recordings where there are any.
pub(crate) fn offered(whole: &Whole<'_>, tongue: Tongue) -> Vec<Offered> {
    let one = |file, mime, words| Offered { file, mime, words };
    let mut all = vec![
        one("atom.xml", "application/atom+xml", t!(tongue, "feed-atom")),
        one("rss.xml", "application/rss+xml", t!(tongue, "feed-rss")),
        one(
            "feed.json",
            "application/feed+json",
            t!(tongue, "feed-json"),
        ),
    ];
    all.push(one(
        "ninjs.json",
        "application/json",
        t!(tongue, "feed-ninjs"),
    ));
    if whole.recordings {
        let words = t!(tongue, "feed-podcast");
        all.push(one("podcast.xml", "application/rss+xml", words));
    }
    all
}

/// What one feed carries.
pub(crate) struct Carried<'w> {
    pub(crate) whole: &'w Whole<'w>,
    pub(crate) tongue: Tongue,
    pub(crate) stories: Vec<&'w Ready<'w>>,
    /// The archive's number; none for the feed that readers follow.
    pub(crate) archive: Option<usize>,
    /// The number of the archive before it.
    pub(crate) earlier: Option<usize>,
}

/// All feeds of one language.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> Vec<Job<'w>> {
    let (head, blocks) = cut(whole.stories.len(), BLOCK);
    let current = || Carried {
        whole,
        tongue,
        stories: current(whole, head.clone()),
        archive: None,
        earlier: (!blocks.is_empty()).then_some(blocks.len()),
    };
    let mut jobs = vec![
        job("atom.xml", current(), atom::feed),
        job("rss.xml", current(), rss2::feed),
        job("feed.json", current(), json::feed),
        job("ninjs.json", current(), ninjs::feed),
    ];
    if whole.recordings {
        let carried = Carried {
            stories: podcast::stories(whole),
            ..current()
        };
        jobs.push(job("podcast.xml", carried, podcast::feed));
    }
    jobs.extend(blocks.iter().map(|(number, range)| {
        let carried = Carried {
            whole,
            tongue,
            stories: whole.stories[range.clone()].iter().collect(),
            archive: Some(*number),
            earlier: (*number > 1).then(|| number - 1),
        };
        job(&archive_name(*number), carried, atom::feed)
    }));
    jobs
}

/// What the feeds of both languages share: the podcast's cover.
pub(crate) fn shared(whole: &Whole<'_>) -> Option<Job<'static>> {
    whole.recordings.then(podcast::cover)
}

/// The newest stories, and older ones that were changed lately.
fn current<'w>(whole: &'w Whole<'w>, head: Range<usize>) -> Vec<&'w Ready<'w>> {
    let mut stories: Vec<_> = whole.stories[head.clone()].iter().collect();
    let older = whole.stories[head.end..].iter();
    let mut changed: Vec<_> = older
        .filter(|ready| ready.input.updated_at > ready.input.published_at)
        .collect();
    changed.sort_by_key(|ready| (std::cmp::Reverse(ready.input.updated_at), &ready.input.id));
    stories.extend(changed.into_iter().take(CHANGED));
    stories
}

fn archive_name(number: usize) -> String {
    format!("atom/{number}.xml")
}

fn job<'w>(
    name: &str,
    carried: Carried<'w>,
    make: fn(&Carried<'_>) -> Result<Vec<u8>, PublishError>,
) -> Job<'w> {
    let path = at(carried.tongue, name);
    let key = carried
        .whole
        .key("feed")
        .text(path.as_str())
        .text(&format!("{:?}", carried.earlier))
        .each(carried.stories.iter(), |print, ready| {
            print.digest(&ready.key)
        })
        .finish();
    Job {
        path,
        key,
        make: Box::new(move || make(&carried)),
    }
}

/// A story's name in one language for ever, whatever its address: a UUID (version 8) of its id and the language.
fn entry_id(id: &str, tongue: Tongue) -> String {
    let digest = ledger::sha256(format!("fh1/feed-entry\n{id}\n{}", tongue.tag()).as_bytes());
    let mut bytes = *digest.as_bytes();
    bytes[6] = (bytes[6] & 0x0F) | 0x80;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    let hex = ledger::Digest(bytes).to_string();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..32]
    )
}

/// The story's words as HTML: paragraphs and line breaks, nothing else; corrections first.
fn content(story: &Ready<'_>, tongue: Tongue) -> String {
    let corrections = story.input.corrections.iter().map(|one| {
        let label = t!(tongue, "correction-title");
        prose(&format!("{label}: {}", one.note.get(tongue))).into_string()
    });
    let body = prose(story.body(tongue)).into_string();
    corrections.chain([body]).collect()
}

/// A file that goes along with a feed's entry.
struct Enclosure {
    url: String,
    mime: &'static str,
    bytes: u64,
}

impl Enclosure {
    fn of(carried: &Carried<'_>, medium: &Shown<'_>) -> Self {
        Self {
            url: carried.whole.site.base_url.join(&medium.file),
            mime: medium.input.kind.mime(),
            bytes: medium.bytes,
        }
    }
}

/// Files that a reader program may show unasked: none of a graphic story.
fn open_media<'s>(story: &'s Ready<'_>) -> &'s [Shown<'s>] {
    if story.input.graphic {
        &[]
    } else {
        &story.media
    }
}

fn enclosures(carried: &Carried<'_>, story: &Ready<'_>) -> Vec<Enclosure> {
    let shown = open_media(story).iter();
    shown.map(|medium| Enclosure::of(carried, medium)).collect()
}

/// When anything last changed, or the beginning of time where nothing is published.
fn updated(stories: &[&Ready<'_>]) -> i64 {
    let times = stories.iter().map(|story| story.input.updated_at);
    times.max().unwrap_or(0)
}
