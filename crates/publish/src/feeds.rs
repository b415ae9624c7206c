//! Feeds in each language. Graphic media stay out of them: a reader program would show them unasked.
//!
//! A feed carries the newest stories, and those that were corrected or withdrawn most lately. Atom goes on into
//! archives (RFC 5005), so that a reader program can fetch everything.

mod atom;
mod json;
mod rss2;

use std::ops::Range;

use crate::listing::cut;
use crate::page::at;
use crate::site::PublishError;
use crate::story::{Ready, prose};
use crate::whole::Whole;
use crate::words::Tongue;
use crate::writer::Job;

/// Stories in an archive of the Atom feed; feeds carry up to twice as many.
const BLOCK: usize = 30;

/// Older stories in a feed because they were changed lately.
const CHANGED: usize = 10;

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
    ];
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
        let label = crate::words::t!(tongue, "correction-title");
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

fn enclosures(carried: &Carried<'_>, story: &Ready<'_>) -> Vec<Enclosure> {
    let shown = if story.input.graphic {
        &[]
    } else {
        story.media.as_slice()
    };
    shown
        .iter()
        .map(|medium| Enclosure {
            url: carried.whole.site.base_url.join(&medium.file),
            mime: medium.input.kind.mime(),
            bytes: medium.bytes,
        })
        .collect()
}

/// When anything last changed, or the beginning of time where nothing is published.
fn updated(stories: &[&Ready<'_>]) -> i64 {
    let times = stories.iter().map(|story| story.input.updated_at);
    times.max().unwrap_or(0)
}
