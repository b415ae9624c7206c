//! Feeds in each language. Graphic media stay out of them: a reader program would show them unasked.

mod atom;
mod json;
mod rss2;

use crate::address::SitePath;
use crate::input::SiteInput;
use crate::page::feed_path;
use crate::site::PublishError;
use crate::story::{Ready, prose};
use crate::words::Tongue;

/// Stories in a feed.
const NEWEST: usize = 50;

/// The three feeds of one language.
pub(crate) fn all(
    site: &SiteInput,
    tongue: Tongue,
    stories: &[Ready<'_>],
) -> Result<Vec<(SitePath, Vec<u8>)>, PublishError> {
    let newest = &stories[..stories.len().min(NEWEST)];
    Ok(vec![
        (
            feed_path(tongue, "atom.xml"),
            atom::feed(site, tongue, newest)?,
        ),
        (
            feed_path(tongue, "rss.xml"),
            rss2::feed(site, tongue, newest)?,
        ),
        (
            feed_path(tongue, "feed.json"),
            json::feed(site, tongue, newest)?,
        ),
    ])
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

/// The story's words as HTML: paragraphs and line breaks, nothing else.
fn content(story: &Ready<'_>, tongue: Tongue) -> String {
    prose(&story.input.text(tongue).body).into_string()
}

/// A file that goes along with a feed's entry.
struct Enclosure {
    url: String,
    mime: &'static str,
    bytes: u64,
}

fn enclosures(site: &SiteInput, story: &Ready<'_>) -> Vec<Enclosure> {
    let shown = if story.input.graphic {
        &[]
    } else {
        story.media.as_slice()
    };
    shown
        .iter()
        .map(|medium| Enclosure {
            url: site.base_url.join(&medium.file),
            mime: medium.input.kind.mime(),
            bytes: medium.bytes,
        })
        .collect()
}

/// When anything last changed, or the beginning of time where nothing is published.
fn updated(stories: &[Ready<'_>]) -> i64 {
    stories
        .iter()
        .map(|story| story.input.updated_at)
        .max()
        .unwrap_or(0)
}
