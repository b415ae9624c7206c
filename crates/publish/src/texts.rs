//! Each story as a small text that can be passed on by any messenger, on a card, or read out: `LANG/text/SLUG.txt`.

use std::fmt::Write as _;

use crate::address::SitePath;
use crate::code;
use crate::front::grade_words;
use crate::page::{at, story_path};
use crate::story::{Ready, names};
use crate::whole::Whole;
use crate::words::{Tongue, Written as _, paragraphs, t};
use crate::writer::Job;

pub(crate) fn text_path(tongue: Tongue, slug: &str) -> SitePath {
    at(tongue, &format!("text/{slug}.txt"))
}

/// The texts of all stories in one language.
pub(crate) fn jobs<'w>(whole: &'w Whole<'w>, tongue: Tongue) -> impl Iterator<Item = Job<'w>> {
    whole.stories.iter().map(move |ready| {
        let key = whole
            .key("text")
            .text(tongue.tag())
            .digest(&ready.key)
            .each(names(whole, ready).into_iter(), |print, label| {
                print.text(label.name.get(tongue))
            });
        Job {
            path: text_path(tongue, &ready.input.slug),
            key: key.finish(),
            make: Box::new(move || Ok(text(whole, tongue, ready).into_bytes())),
        }
    })
}

/// The whole text: title, what we think of it, where and when, words, corrections, address and code. It begins with
/// the mark of its encoding, since telephones guess otherwise.
pub(crate) fn text(whole: &Whole<'_>, tongue: Tongue, ready: &Ready<'_>) -> String {
    let mut text = format!("\u{feff}{}\n", ready.title(tongue));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}\n", line_under_title(whole, tongue, ready));
    if ready.input.graphic {
        let _ = writeln!(text, "[{}]\n", t!(tongue, "graphic-label"));
    }
    for paragraph in paragraphs(ready.body(tongue)) {
        let _ = writeln!(text, "{paragraph}\n");
    }
    for one in &ready.input.corrections {
        let (label, date) = (t!(tongue, "correction-title"), tongue.date(one.at));
        let _ = writeln!(text, "{label} ({date}): {}\n", one.note.get(tongue));
    }
    let page = story_path(tongue, &ready.input.slug);
    let _ = writeln!(text, "{}", whole.site.organisation);
    let _ = writeln!(text, "{}", whole.site.base_url.join(&page));
    let code = code::of_story(&ready.input.id);
    let _ = writeln!(text, "{}", t!(tongue, "code-line", code = code));
    text
}

fn line_under_title(whole: &Whole<'_>, tongue: Tongue, ready: &Ready<'_>) -> String {
    let input = ready.input;
    if input.withdrawn.is_some() {
        return t!(tongue, "withdrawn-on", date = tongue.date(input.updated_at));
    }
    let mut parts = vec![
        grade_words(tongue, input.grade),
        tongue.date(input.published_at),
    ];
    if let Some(place) = &input.place {
        parts.push(whole.place(&place.label).name.get(tongue).to_owned());
    }
    parts.join(" · ")
}
