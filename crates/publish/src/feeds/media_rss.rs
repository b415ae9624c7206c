//! Media RSS: every file of an item with its type, length, size and description.
//!
//! Graphic media stay out of it like out of all feeds; the item then says that its story is not for everybody.

use std::collections::BTreeMap;

use rss::extension::{Extension, ExtensionMap};

use super::{Carried, Enclosure, open_media};
use crate::input::MediaKind;
use crate::media::Shown;
use crate::story::Ready;

pub(super) const NAMESPACE: &str = "http://search.yahoo.com/mrss/";

/// The extension elements of one item.
pub(super) fn of(carried: &Carried<'_>, story: &Ready<'_>) -> ExtensionMap {
    if story.input.withdrawn.is_some() {
        return ExtensionMap::new();
    }
    let contents: Vec<Extension> = open_media(story)
        .iter()
        .map(|medium| content(carried, medium))
        .collect();
    let mut elements = BTreeMap::from([("rating".to_owned(), vec![rating(story.input.graphic)])]);
    if !contents.is_empty() {
        elements.insert("content".to_owned(), contents);
    }
    ExtensionMap::from([("media".to_owned(), elements)])
}

fn content(carried: &Carried<'_>, medium: &Shown<'_>) -> Extension {
    let file = Enclosure::of(carried, medium);
    let mut attrs = vec![
        ("url", file.url),
        ("type", file.mime.to_owned()),
        ("fileSize", file.bytes.to_string()),
        ("medium", kind_of(medium.input.kind).to_owned()),
        ("lang", carried.tongue.tag().to_owned()),
    ];
    if let Some((width, height)) = medium.input.dimensions {
        attrs.push(("width", width.to_string()));
        attrs.push(("height", height.to_string()));
    }
    let words = medium.input.alt.get(carried.tongue);
    let mut children = vec![(
        "description",
        element("description", words, &[("type", "plain")]),
    )];
    if let Some(still) = medium.still() {
        let url = carried.whole.site.base_url.join(still);
        children.push(("thumbnail", element("thumbnail", "", &[("url", &url)])));
    }
    Extension {
        name: "media:content".to_owned(),
        attrs: owned(attrs),
        children: children
            .into_iter()
            .map(|(name, child)| (name.to_owned(), vec![child]))
            .collect(),
        ..Extension::default()
    }
}

fn rating(graphic: bool) -> Extension {
    let words = if graphic { "adult" } else { "nonadult" };
    element("rating", words, &[("scheme", "urn:simple")])
}

fn element(name: &str, value: &str, attrs: &[(&str, &str)]) -> Extension {
    Extension {
        name: format!("media:{name}"),
        value: (!value.is_empty()).then(|| value.to_owned()),
        attrs: owned(attrs.iter().map(|(key, value)| (*key, (*value).to_owned()))),
        ..Extension::default()
    }
}

fn owned<'a>(attrs: impl IntoIterator<Item = (&'a str, String)>) -> BTreeMap<String, String> {
    let attrs = attrs.into_iter();
    attrs.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What Media RSS calls the kinds.
const fn kind_of(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Jpeg | MediaKind::Png => "image",
        MediaKind::Mp4 => "video",
        MediaKind::Mp3 => "audio",
        MediaKind::Pdf => "document",
    }
}
