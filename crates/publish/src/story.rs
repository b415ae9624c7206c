//! A story's page: title, assessment, words, media, and beside each medium how to check it.

use maud::{Markup, html};

use crate::address::SitePath;
use crate::front::kicker;
use crate::input::{SiteInput, StoryInput};
use crate::media::Shown;
use crate::page::{Place, story_path};
use crate::words::{Tongue, Written as _, excerpt, paragraphs, rfc3339, t};

/// A story whose files are in place.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    pub(crate) input: &'a StoryInput,
    pub(crate) media: Vec<Shown<'a>>,
}

/// The story in one language.
pub(crate) fn page(site: &SiteInput, tongue: Tongue, story: &Ready<'_>) -> (SitePath, String) {
    let slug = &story.input.slug;
    let place = Place {
        site,
        tongue,
        path: story_path(tongue, slug),
        twin: story_path(tongue.other(), slug),
    };
    let text = story.input.text(tongue);
    let graphic = story.input.graphic;
    let (first, rest) = match story.media.split_first() {
        Some((first, rest)) if !graphic => (Some(first), rest),
        _ => (None, story.media.as_slice()),
    };
    let main = html! {
        article.story {
            header {
                (kicker(tongue, story, true))
                h1 { (text.title) }
            }
            @if let Some(first) = first { (first.figure(&place, graphic)) }
            div.prose { (prose(&text.body)) }
            @for medium in rest { (medium.figure(&place, graphic)) }
            @if story.input.updated_at > story.input.published_at {
                p.updated {
                    time datetime=(rfc3339(story.input.updated_at)) {
                        (t!(tongue, "updated", time = tongue.time(story.input.updated_at)))
                    }
                }
            }
        }
    };
    let page = place.page(&text.title, &excerpt(&text.body, 200), &main);
    (place.path, page)
}

/// Paragraphs of plain text; single line breaks stay.
pub(crate) fn prose(body: &str) -> Markup {
    html! {
        @for paragraph in paragraphs(body) {
            p {
                @for (number, line) in paragraph.lines().enumerate() {
                    @if number > 0 { br; }
                    (line)
                }
            }
        }
    }
}
