//! What the site says of a story beside its words: the fields in the editor, what an approver sees of them, and the act
//! that withdraws a story.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use newsroom::telling::{Label, NAME_MAX, NOTE_MAX, Note, PublicPlace, TOPICS_MAX, Telling};

use crate::auth::Signed;
use crate::desk::{StoryId, StoryState, StoryView};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::id;
use crate::web::layout;
use crate::web::parts;
use crate::web::text::{Tongue, machine, t, visible};
use crate::web::visit::Visit;

/// What the form says; nothing when it has no such fields.
pub(crate) fn posted(form: &Posted) -> Result<Option<Telling>, Fault> {
    if !form.has("when") {
        return Ok(None);
    }
    let topics = (0..TOPICS_MAX).map(|at| label(form, &format!("topic_{at}")));
    let place = label(form, "place").map(|label| -> Result<_, Fault> {
        let point = [form.field("place_north"), form.field("place_east")];
        Ok(PublicPlace {
            label,
            point: coarse(point)?,
        })
    });
    let when = form.field("when").trim();
    // The site's own reading decides what a date is.
    if !when.is_empty() && when.parse::<publish::EventDate>().is_err() {
        return Err(Fault::plain(StatusCode::CONFLICT, "bad-date"));
    }
    Ok(Some(Telling {
        topics: topics.flatten().collect(),
        place: place.transpose()?,
        when: when.to_owned(),
        correction: note(form, "correction"),
        withdrawn: None,
    }))
}

/// A topic or a place; a row left empty is none.
fn label(form: &Posted, row: &str) -> Option<Label> {
    let field = |what: &str| form.field(&format!("{row}_{what}")).trim().to_owned();
    let label = Label {
        slug: field("slug"),
        name: Note {
            en: field("en"),
            ar: field("ar"),
        },
    };
    (label != Label::default()).then_some(label)
}

fn note(form: &Posted, name: &str) -> Option<Note> {
    let field = |lang: &str| {
        let text = form.field(&format!("{name}_{lang}")).replace("\r\n", "\n");
        text.trim().to_owned()
    };
    let note = Note {
        en: field("en"),
        ar: field("ar"),
    };
    (note != Note::default()).then_some(note)
}

/// Degrees as people type them, made coarse: what is finer than a hundredth never enters the record.
fn coarse([north, east]: [&str; 2]) -> Result<Option<(i32, i32)>, Fault> {
    if north.trim().is_empty() && east.trim().is_empty() {
        return Ok(None);
    }
    let degrees = |text: &str| -> Option<i32> {
        let value: f64 = text.trim().parse().ok()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to lie on the globe"
        )]
        let hundredths = (value.abs() <= 180.0).then(|| (value * 100.0).round() as i32);
        hundredths
    };
    let point = degrees(north).zip(degrees(east));
    point
        .map(Some)
        .ok_or_else(|| Fault::plain(StatusCode::CONFLICT, "nowhere"))
}

/// The fields in the story editor.
pub(crate) fn fields(tongue: Tongue, view: &StoryView, telling: &Telling) -> Markup {
    let rows = (telling.topics.len() + 1).min(TOPICS_MAX);
    let place = telling.place.as_ref();
    let point = place.and_then(|place| place.point);
    let degrees = |value: i32| format!("{:.2}", f64::from(value) / 100.0);
    html! {
        fieldset.settings {
            legend { (t!(tongue, "telling-title")) }
            p.quiet.small { (t!(tongue, "telling-hint")) }
            h3 { (t!(tongue, "telling-topics")) }
            @for at in 0..rows {
                (label_fields(tongue, &format!("topic_{at}"), telling.topics.get(at)))
            }
            h3 { (t!(tongue, "telling-place")) }
            p.quiet.small { (t!(tongue, "telling-place-hint")) }
            (label_fields(tongue, "place", place.map(|place| &place.label)))
            div.alts {
                label { span.small { (t!(tongue, "telling-north")) } input name="place_north" dir="ltr" inputmode="decimal" value=(point.map_or_else(String::new, |point| degrees(point.0))); }
                label { span.small { (t!(tongue, "telling-east")) } input name="place_east" dir="ltr" inputmode="decimal" value=(point.map_or_else(String::new, |point| degrees(point.1))); }
            }
            div.setting {
                label for="when" { (t!(tongue, "telling-when")) }
                input #when name="when" dir="ltr" maxlength="23" placeholder="2026-11-22" value=(telling.when);
                span.quiet.small { (t!(tongue, "telling-when-hint")) }
            }
            @if view.publication.is_some() {
                // What a published version corrected is said; the next version corrects something else.
                (correction(tongue, telling.correction.as_ref().filter(|_| view.state != StoryState::Published)))
            }
        }
    }
}

fn correction(tongue: Tongue, standing: Option<&Note>) -> Markup {
    html! {
        h3 { (t!(tongue, "telling-correction")) }
        p.quiet.small { (t!(tongue, "telling-correction-hint")) }
        (note_fields(tongue, "correction", standing))
    }
}

fn label_fields(tongue: Tongue, row: &str, label: Option<&Label>) -> Markup {
    let value = |text: fn(&Label) -> &str| label.map_or("", text);
    html! {
        div.alts {
            label { span.small { (t!(tongue, "telling-slug")) } input name=(format!("{row}_slug")) dir="ltr" maxlength="60" autocapitalize="none" spellcheck="false" value=(value(|label| &label.slug)); }
            @for language in tongue.both() {
                @let name = match language { Tongue::En => value(|label| &label.name.en), Tongue::Ar => value(|label| &label.name.ar) };
                label {
                    span.small { (t!(tongue, "telling-name", language = parts::language(tongue, language))) }
                    input name=(format!("{row}_{}", language.tag())) lang=(language.tag()) dir=(language.dir()) maxlength=(NAME_MAX) value=(name);
                }
            }
        }
    }
}

fn note_fields(tongue: Tongue, name: &str, note: Option<&Note>) -> Markup {
    html! {
        div.two-languages {
            @for language in tongue.both() {
                @let text = note.map_or("", |note| match language { Tongue::En => &note.en, Tongue::Ar => &note.ar });
                label {
                    span.small { (parts::language(tongue, language)) }
                    textarea name=(format!("{name}_{}", language.tag())) lang=(language.tag()) dir=(language.dir()) rows="3" maxlength=(NOTE_MAX) { "\n" (text) }
                }
            }
        }
    }
}

/// What an approver says yes to beside the words.
pub(crate) fn facts(tongue: Tongue, telling: &Telling) -> Markup {
    let both = |note: &Note| {
        html! {
            @for language in tongue.both() {
                @let text = match language { Tongue::En => &note.en, Tongue::Ar => &note.ar };
                span lang=(language.tag()) dir=(language.dir()) { (visible(text)) } br;
            }
        }
    };
    let label = |label: &Label| html! { (both(&label.name)) (machine(&label.slug)) };
    html! {
        @for topic in &telling.topics { (parts::fact(&t!(tongue, "telling-topics"), &label(topic))) }
        @if let Some(place) = &telling.place {
            (parts::fact(&t!(tongue, "telling-place"), &label(&place.label)))
            @if let Some((north, east)) = place.point {
                (parts::fact(&t!(tongue, "telling-point"), &machine(&format!("{:.2}, {:.2}", f64::from(north) / 100.0, f64::from(east) / 100.0))))
            }
        }
        @if !telling.when.is_empty() { (parts::fact(&t!(tongue, "telling-when"), &machine(&telling.when))) }
        @if let Some(note) = &telling.correction { (parts::fact(&t!(tongue, "telling-correction"), &both(note))) }
        @if let Some(note) = &telling.withdrawn { (parts::fact(&t!(tongue, "withdraw-reason"), &both(note))) }
    }
}

/// The way to withdraw what was published: a version of its own, which two people have to approve like any other.
pub(crate) fn withdrawing(visit: &Visit, view: &StoryView, telling: Option<&Telling>) -> Markup {
    let tongue = visit.tongue;
    let gone = telling.is_some_and(|telling| telling.withdrawn.is_some());
    html! {
        @if gone {
            p.notice role="status" { (t!(tongue, "withdraw-this")) }
        } @else if view.publication.is_some() {
            details.panel {
                summary { (t!(tongue, "withdraw-title")) }
                p { (t!(tongue, "withdraw-lead")) }
                form.stack method="post" action=(format!("/stories/{}/withdraw", view.id)) {
                    (parts::token(visit))
                    input type="hidden" name="version" value=(view.version);
                    (note_fields(tongue, "reason", None))
                    button.button.danger type="submit" { (t!(tongue, "withdraw-act")) }
                }
            }
        }
    }
}

/// `POST /stories/{id}/withdraw`
pub(crate) async fn withdraw(
    State(app): State<App>,
    editor: Signed,
    Path(story): Path<String>,
    form: Posted,
) -> Result<Response, Fault> {
    let story = id::<StoryId>(&story)?;
    let page = format!("/stories/{story}");
    let reason = note(&form, "reason").unwrap_or_default();
    let version = crate::web::story::version(&form)?;
    let saved = app
        .desk
        .withdraw_story(editor.id, story, version, reason)
        .await;
    saved.map_err(|error| Fault::from(error).back_to(page.clone()))?;
    Ok(layout::see_other(&format!("{page}/approve")))
}

#[cfg(test)]
mod tests {
    use super::coarse;

    #[test]
    fn points_are_made_coarse_before_they_are_kept() {
        let read = |north, east| coarse([north, east]).map_err(|_| ());
        assert_eq!(read("", " "), Ok(None));
        assert_eq!(read("35.95281", "39.00712"), Ok(Some((3595, 3901))));
        assert_eq!(read("-33.005", "-70.6"), Ok(Some((-3301, -7060))));
        for bad in [
            ["35", ""],
            ["", "39"],
            ["x", "39"],
            ["NaN", "0"],
            ["inf", "0"],
            ["1e9", "0"],
        ] {
            assert_eq!(read(bad[0], bad[1]), Err(()), "{bad:?}");
        }
    }
}
