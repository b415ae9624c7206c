//! JSON Feed 1.1.

use serde_json::{Value, json};

use super::{Carried, content, enclosures, entry_id};
use crate::page::{at, index_path, story_path};
use crate::site::PublishError;
use crate::story::Ready;
use crate::words::{excerpt, rfc3339, t};

pub(super) fn feed(carried: &Carried<'_>) -> Result<Vec<u8>, PublishError> {
    let (site, tongue) = (carried.whole.site, carried.tongue);
    let items: Vec<Value> = carried
        .stories
        .iter()
        .map(|story| item(carried, story))
        .collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.organisation,
        "description": t!(tongue, "front-lead"),
        "home_page_url": site.base_url.join(&index_path(tongue)),
        "feed_url": site.base_url.join(&at(tongue, "feed.json")),
        "language": tongue.tag(),
        "authors": [{ "name": site.organisation }],
        "items": items,
    });
    let mut bytes = serde_json::to_vec_pretty(&feed).map_err(PublishError::feed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn item(carried: &Carried<'_>, story: &Ready<'_>) -> Value {
    let tongue = carried.tongue;
    let page = story_path(tongue, &story.input.slug);
    let attachments: Vec<Value> = enclosures(carried, story)
        .into_iter()
        .map(|file| json!({ "url": file.url, "mime_type": file.mime, "size_in_bytes": file.bytes }))
        .collect();
    let topics = story
        .input
        .topics
        .iter()
        .map(|topic| carried.whole.topic(topic));
    json!({
        "id": entry_id(&story.input.id, tongue),
        "url": carried.whole.site.base_url.join(&page),
        "title": story.title(tongue),
        "summary": excerpt(story.body(tongue), 280),
        "content_html": content(story, tongue),
        "date_published": rfc3339(story.input.published_at),
        "date_modified": rfc3339(story.input.updated_at),
        "language": tongue.tag(),
        "tags": topics.map(|topic| topic.name.get(tongue)).collect::<Vec<_>>(),
        "attachments": attachments,
    })
}
