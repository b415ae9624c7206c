//! JSON Feed 1.1.

use serde_json::{Value, json};

use super::{content, enclosures, entry_id};
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
    let items: Vec<Value> = stories
        .iter()
        .map(|story| item(site, tongue, story))
        .collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.organisation,
        "description": t!(tongue, "front-lead"),
        "home_page_url": site.base_url.join(&index_path(tongue)),
        "feed_url": site.base_url.join(&feed_path(tongue, "feed.json")),
        "language": tongue.tag(),
        "authors": [{ "name": site.organisation }],
        "items": items,
    });
    let mut bytes = serde_json::to_vec_pretty(&feed).map_err(PublishError::feed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn item(site: &SiteInput, tongue: Tongue, story: &Ready<'_>) -> Value {
    let text = story.input.text(tongue);
    let attachments: Vec<Value> = enclosures(site, story)
        .into_iter()
        .map(|file| json!({ "url": file.url, "mime_type": file.mime, "size_in_bytes": file.bytes }))
        .collect();
    json!({
        "id": entry_id(&story.input.id, tongue),
        "url": site.base_url.join(&story_path(tongue, &story.input.slug)),
        "title": text.title,
        "summary": excerpt(&text.body, 280),
        "content_html": content(story, tongue),
        "date_published": rfc3339(story.input.published_at),
        "date_modified": rfc3339(story.input.updated_at),
        "language": tongue.tag(),
        "attachments": attachments,
    })
}
