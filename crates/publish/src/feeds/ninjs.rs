//! The newest stories as one ninjs document: for newsrooms that take them in by themselves.

use super::{Carried, Enclosure, open_media, updated};
use crate::front::grade_words;
use crate::media::Shown;
use crate::ninjs::{NinjsFile, NinjsStory, canceled, package};
use crate::page::{at, story_path};
use crate::site::PublishError;
use crate::story::Ready;
use crate::words::{Tongue, paragraphs, t};

pub(super) fn feed(carried: &Carried<'_>) -> Result<Vec<u8>, PublishError> {
    let (site, tongue) = (carried.whole.site, carried.tongue);
    let stories = carried.stories.iter().map(|story| document(carried, story));
    let feed = package(
        &site.base_url.join(&at(tongue, "ninjs.json")),
        updated(&carried.stories),
        tongue.tag(),
        &site.organisation,
        stories.collect(),
    );
    let mut bytes = serde_json::to_vec_pretty(&feed).map_err(PublishError::feed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn document(carried: &Carried<'_>, story: &Ready<'_>) -> serde_json::Value {
    let (whole, tongue, input) = (carried.whole, carried.tongue, story.input);
    let page = story_path(tongue, &input.slug);
    let uri = whole.site.base_url.join(&page);
    if input.withdrawn.is_some() {
        return canceled(&uri, input.updated_at);
    }
    let paragraphs: Vec<String> = paragraphs(story.body(tongue)).map(str::to_owned).collect();
    let place = input.place.as_ref();
    let when = input.when.map(|when| when.to_string());
    let files = open_media(story).iter();
    let story = NinjsStory {
        uri: &uri,
        versioned_at: input.updated_at,
        language: tongue.tag(),
        title: &story.title(tongue),
        paragraphs: &paragraphs,
        notes: notes(story, tongue),
        place: place.map(|place| whole.place(&place.label).name.get(tongue)),
        when: when.as_deref(),
        rights: None,
        files: files.map(|shown| file(carried, shown)).collect(),
    };
    story.document()
}

/// How sure we are, whether it is hard to look at, and what was corrected.
fn notes(story: &Ready<'_>, tongue: Tongue) -> Vec<String> {
    let input = story.input;
    let graphic = input.graphic.then(|| t!(tongue, "graphic-label"));
    let corrections = input.corrections.iter().map(|one| {
        let label = t!(tongue, "correction-title");
        format!("{label}: {}", one.note.get(tongue))
    });
    let grade = grade_words(tongue, input.grade);
    std::iter::once(grade)
        .chain(graphic)
        .chain(corrections)
        .collect()
}

fn file(carried: &Carried<'_>, shown: &Shown<'_>) -> NinjsFile {
    let Enclosure { url, mime, bytes } = Enclosure::of(carried, shown);
    NinjsFile {
        href: url,
        mime: mime.to_owned(),
        sha256: shown.input.sha256.to_string(),
        bytes,
        dimensions: shown.input.dimensions,
        description: shown.input.alt.get(carried.tongue).to_owned(),
    }
}
