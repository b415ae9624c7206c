//! A story's page: title, assessment, words, media, and beside each medium how to check it; or that it was withdrawn.

use ledger::Digest;
use maud::{Markup, html};

use crate::code;
use crate::facts;
use crate::front::kicker;
use crate::input::{Bilingual, Label, StoryInput};
use crate::media::Shown;
use crate::ours;
use crate::page::{Place, place_path, story_path, topic_path};
use crate::texts;
use crate::whole::Whole;
use crate::words::{Tongue, Written as _, excerpt, paragraphs, rfc3339, t};
use crate::writer::Job;

/// A story whose files are in place.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    pub(crate) input: &'a StoryInput,
    pub(crate) media: Vec<Shown<'a>>,
    /// All that it shows anywhere, as one digest.
    pub(crate) key: Digest,
}

impl Ready<'_> {
    /// The title, or that the story was withdrawn.
    pub(crate) fn title(&self, tongue: Tongue) -> String {
        match self.input.withdrawn {
            Some(_) => t!(tongue, "withdrawn-title"),
            None => self.input.text(tongue).title.clone(),
        }
    }

    /// The words, or why they are gone.
    pub(crate) fn body(&self, tongue: Tongue) -> &str {
        let gone = self.input.withdrawn.as_ref();
        gone.map_or(&self.input.text(tongue).body, |reason| reason.get(tongue))
    }

    /// Whether it has a film or a sound that may be played unasked.
    pub(crate) fn is_recorded(&self) -> bool {
        let mut media = self.media.iter();
        !self.input.graphic && media.any(|medium| medium.input.kind.is_recording())
    }

    /// A still that may be shown unasked.
    pub(crate) fn still(&self) -> Option<&crate::SitePath> {
        let open = !self.input.graphic;
        let mut media = self.media.iter().filter(|_| open);
        media.find_map(Shown::still)
    }
}

/// The pages of all stories in one language.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> impl Iterator<Item = Job<'w>> {
    whole.stories.iter().map(move |ready| {
        let key = whole
            .key("story page")
            .text(tongue.tag())
            .digest(&ready.key)
            .each(names(whole, ready).into_iter(), |print, label| {
                print.text(label.name.get(tongue))
            });
        Job {
            path: story_path(tongue, &ready.input.slug),
            key: key.finish(),
            make: Box::new(move || Ok(page(whole, tongue, ready))),
        }
    })
}

/// The names of its topics and its place, as they are shown.
pub(crate) fn names<'w>(whole: &'w Whole<'_>, ready: &'w Ready<'_>) -> Vec<&'w Label> {
    let topics = ready.input.topics.iter().map(|label| whole.topic(label));
    let place = ready
        .input
        .place
        .iter()
        .map(|place| whole.place(&place.label));
    topics.chain(place).collect()
}

fn page(whole: &Whole<'_>, tongue: Tongue, ready: &Ready<'_>) -> Vec<u8> {
    let slug = &ready.input.slug;
    let place = Place::new(whole, tongue, |tongue| story_path(tongue, slug));
    let main = match &ready.input.withdrawn {
        Some(reason) => tombstone(&place, ready, reason),
        None => told(&place, ready),
    };
    let description = excerpt(ready.body(tongue), 200);
    let facts = facts::of(&place, ready);
    place.page_with(&ready.title(tongue), &description, &main, &facts)
}

fn told(place: &Place<'_>, ready: &Ready<'_>) -> Markup {
    let tongue = place.tongue;
    let text = ready.input.text(tongue);
    let graphic = ready.input.graphic;
    let (first, rest) = match ready.media.split_first() {
        Some((first, rest)) if !graphic => (Some(first), rest),
        _ => (None, ready.media.as_slice()),
    };
    html! {
        article.story {
            header {
                (kicker(tongue, ready, true))
                h1 { (text.title) }
                (where_and_when(place, ready))
            }
            (corrections(place, ready))
            @if let Some(first) = first { (first.figure(place, graphic)) }
            div.prose { (prose(&text.body)) }
            @for medium in rest { (medium.figure(place, graphic)) }
            (topics(place, ready))
            (pass_on(place, ready))
            @if ready.input.updated_at > ready.input.published_at {
                p.updated {
                    time datetime=(rfc3339(ready.input.updated_at)) {
                        (t!(tongue, "updated", time = tongue.time(ready.input.updated_at)))
                    }
                }
            }
        }
    }
}

fn tombstone(place: &Place<'_>, ready: &Ready<'_>, reason: &Bilingual) -> Markup {
    let tongue = place.tongue;
    let at = ready.input.updated_at;
    html! {
        article.story.gone {
            header {
                p.kicker { time datetime=(rfc3339(at)) { (t!(tongue, "withdrawn-on", date = tongue.date(at))) } }
                h1 { (t!(tongue, "withdrawn-title")) }
            }
            div.prose { (prose(reason.get(tongue))) }
            p.updated { (t!(tongue, "withdrawn-lead")) }
        }
    }
}

/// The line under the title: place and date of what happened.
fn where_and_when(place: &Place<'_>, ready: &Ready<'_>) -> Markup {
    let tongue = place.tongue;
    let label = ready
        .input
        .place
        .as_ref()
        .map(|known| place.whole.place(&known.label));
    html! {
        @if label.is_some() || ready.input.when.is_some() {
            p.where {
                @if let Some(label) = label {
                    a href=(place.to(&place_path(tongue, &label.slug))) { bdi { (label.name.get(tongue)) } }
                }
                @if let Some(when) = ready.input.when {
                    time datetime=(when.machine()) { (tongue.event(when)) }
                }
            }
        }
    }
}

fn topics(place: &Place<'_>, ready: &Ready<'_>) -> Markup {
    let tongue = place.tongue;
    html! {
        @if !ready.input.topics.is_empty() {
            ul.tags aria-label=(t!(tongue, "nav-topics")) {
                @for topic in &ready.input.topics {
                    li { a href=(place.to(&topic_path(tongue, &topic.slug))) { bdi { (place.whole.topic(topic).name.get(tongue)) } } }
                }
            }
        }
    }
}

/// The story as a small text, and the code it is looked up by.
fn pass_on(place: &Place<'_>, ready: &Ready<'_>) -> Markup {
    let tongue = place.tongue;
    let text = texts::text_path(tongue, &ready.input.slug);
    let code = code::of_story(&ready.input.id);
    let words = t!(
        tongue,
        "pass-on-code",
        ours = t!(tongue, "nav-ours"),
        code = code
    );
    html! {
        details.check {
            summary { (t!(tongue, "pass-on")) }
            ul.downloads { li { a href=(place.to(&text)) download { (t!(tongue, "pass-on-text")) } } }
            p { a href=(place.to(&ours::ours_path(tongue))) { (words) } }
        }
    }
}

fn corrections(place: &Place<'_>, ready: &Ready<'_>) -> Markup {
    let tongue = place.tongue;
    html! {
        @if !ready.input.corrections.is_empty() {
            section.corrected aria-labelledby="corrected" {
                h2 #corrected { (t!(tongue, "correction-title")) }
                @for one in &ready.input.corrections {
                    div.note {
                        p.kicker { time datetime=(rfc3339(one.at)) { (tongue.date(one.at)) } }
                        (prose(one.note.get(tongue)))
                    }
                }
            }
        }
    }
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
