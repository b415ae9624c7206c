//! The story editor: both languages side by side, media with their descriptions, what is still missing.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use newsroom::stories::Grade;

use crate::auth::Signed;
use crate::desk::{
    DerivativeId, DerivativeView, StoryDraft, StoryId, StoryMedia, StorySettings, StoryView,
};
use crate::web::App;
use crate::web::approve;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::id;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::stories;
use crate::web::telling;
use crate::web::text::{Coded as _, Tongue, foreign, short, size, t, time};
use crate::web::told;
use crate::web::visit::Visit;

/// `GET /stories/{id}`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(story): Path<String>,
) -> Result<Response, Fault> {
    let view = app.desk.story(id::<StoryId>(&story)?).await?;
    let view = approve::for_eyes_of(&editor, view);
    if visit.json {
        return Ok(json::reply(&json::story(&visit, &view)));
    }
    let title = t!(visit.tongue, "story-title");
    let body = body(&visit, &editor, &view);
    Ok(layout::page(&visit, &title, Place::Stories, &body).into_response())
}

/// `POST /stories/{id}`
pub(crate) async fn save(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(story): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let story = id::<StoryId>(&story)?;
    let page = format!("/stories/{story}");
    let saved = app
        .desk
        .save_story(editor.id, story, draft(&visit, &posted)?)
        .await;
    saved.map_err(|error| Fault::from(error).back_to(page.clone()))?;
    Ok(layout::see_other(&page))
}

/// Texts and media as the form sends them; `derivative` repeats, in the order of the story.
pub(crate) fn draft(visit: &Visit, posted: &Posted) -> Result<StoryDraft, Fault> {
    let text = |name: &str| posted.field(name).replace("\r\n", "\n");
    let media = posted
        .all("derivative")
        .map(|derivative| {
            Ok(StoryMedia {
                derivative: id::<DerivativeId>(derivative)?,
                alt_en: alt(posted, "en", derivative),
                alt_ar: alt(posted, "ar", derivative),
            })
        })
        .collect::<Result<_, Fault>>()?;
    Ok(StoryDraft {
        version: version(posted)?,
        title_en: text("title_en"),
        body_en: text("body_en"),
        title_ar: text("title_ar"),
        body_ar: text("body_ar"),
        media,
        settings: settings(visit, posted)?,
    })
}

/// One line: a description is read aloud in one go.
fn alt(posted: &Posted, lang: &str, derivative: &str) -> String {
    posted
        .field(&format!("alt_{lang}_{derivative}"))
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The version the form was made from; a form without one means whatever is current.
pub(crate) fn version(posted: &Posted) -> Result<Option<u64>, Fault> {
    match posted.field("version") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| bad()),
    }
}

/// Only a form that has the fields changes the settings.
fn settings(visit: &Visit, posted: &Posted) -> Result<Option<StorySettings>, Fault> {
    if !posted.has("slug") {
        return Ok(None);
    }
    Ok(Some(StorySettings {
        slug: posted.field("slug").trim().to_owned(),
        grade: Grade::from_code(posted.field("grade")).ok_or_else(bad)?,
        graphic: posted.field("graphic") == "1",
        not_before: moment(posted.field("not_before"), &visit.zone)?,
        telling: telling::posted(posted)?,
    }))
}

/// `2026-11-22T18:30`, in the newsroom's zone as the page says; empty for at once. A minute that the change of the clocks skips
/// or brings twice is no moment.
pub(crate) fn moment(text: &str, zone: &TimeZone) -> Result<Option<i64>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let civil: jiff::civil::DateTime = text.parse().map_err(|_| bad())?;
    let stamp = zone.to_ambiguous_timestamp(civil).unambiguous();
    let stamp = stamp.map_err(|_| Fault::plain(StatusCode::CONFLICT, "moment-unclear"))?;
    Ok(Some(stamp.as_microsecond()))
}

fn bad() -> Fault {
    Fault::plain(StatusCode::BAD_REQUEST, "bad-request")
}

fn body(visit: &Visit, editor: &Signed, view: &StoryView) -> Markup {
    let tongue = visit.tongue;
    let preview = format!("/stories/{}/preview", view.id);
    html! {
        div.head {
            p.crumb { a href="/stories" { (t!(tongue, "nav-stories")) } " / " (short(&view.id.to_string())) }
            h1 { (heading(tongue, view)) }
            p { (stories::state(tongue, view.state)) " " span.quiet { (t!(tongue, "story-version", version = view.version)) } }
            @if view.publication.is_some() { p.quiet { a href=(format!("/stories/{}/remnants", view.id)) { (t!(tongue, "remnants-title")) } } }
        }
        (approve::standing(visit, editor, view))
        form.editor method="post" action=(format!("/stories/{}", view.id)) data-guard=(t!(tongue, "story-unsaved")) data-preview=(preview) {
            (parts::token(visit))
            input type="hidden" name="version" value=(view.version);
            @if !view.approvals.is_empty() {
                p.notice { (t!(tongue, "story-edit-voids", count = view.approvals.len())) }
            }
            div.two-languages {
                @for lang in tongue.both() {
                    @match lang {
                        Tongue::En => (column(tongue, lang, &view.draft.title_en, &view.draft.body_en)),
                        Tongue::Ar => (column(tongue, lang, &view.draft.title_ar, &view.draft.body_ar)),
                    }
                }
            }
            (picker(tongue, view))
            @if let Some(settings) = &view.draft.settings {
                (settings_fields(visit, settings))
                @if let Some(standing) = &settings.telling { (telling::fields(tongue, view, standing)) }
            }
            div.save-bar {
                button.button.primary type="submit" { (t!(tongue, "story-save")) }
                button.button type="submit" formaction=(preview) { (t!(tongue, "told-look")) }
                span.quiet.small { (t!(tongue, "story-save-hint")) }
            }
        }
        (told::section(tongue, &view.outgoing, false))
        (telling::withdrawing(visit, view, view.draft.settings.as_ref().and_then(|settings| settings.telling.as_ref())))
    }
}

fn heading(tongue: Tongue, view: &StoryView) -> Markup {
    let (first, second) = match tongue {
        Tongue::En => (&view.draft.title_en, &view.draft.title_ar),
        Tongue::Ar => (&view.draft.title_ar, &view.draft.title_en),
    };
    let title = [first, second]
        .into_iter()
        .find(|title| !title.trim().is_empty());
    html! {
        @match title {
            Some(title) => (foreign(title)),
            None => (t!(tongue, "story-title")),
        }
    }
}

fn column(tongue: Tongue, language: Tongue, title: &str, text: &str) -> Markup {
    let (lang, dir) = (language.tag(), language.dir());
    html! {
        fieldset.language-column {
            legend { (parts::language(tongue, language)) }
            label for=(format!("title_{lang}")) { (t!(tongue, "story-headline")) }
            input id=(format!("title_{lang}")) name=(format!("title_{lang}")) value=(title) lang=(lang) dir=(dir) maxlength="300";
            label for=(format!("body_{lang}")) { (t!(tongue, "story-text")) }
            // The newline after the tag is eaten by the parser; the text's own first line break is not.
            textarea id=(format!("body_{lang}")) name=(format!("body_{lang}")) lang=(lang) dir=(dir) rows="14" spellcheck="true" {
                "\n" (text)
            }
        }
    }
}

/// Chosen media first, in their order, then everything else there is.
fn picker(tongue: Tongue, view: &StoryView) -> Markup {
    html! {
        fieldset.picker {
            legend { (t!(tongue, "media-title")) }
            p.quiet.small { (t!(tongue, "media-hint")) }
            @if view.derivatives.is_empty() && view.choices.is_empty() {
                p { (t!(tongue, "media-none")) " " a href="/" { (t!(tongue, "nav-inbox")) } }
            }
            @for (placed, derivative) in view.draft.media.iter().zip(&view.derivatives) {
                (choice(tongue, derivative, None, Some(placed)))
            }
            @for other in &view.choices {
                (choice(tongue, &other.derivative, Some(&other.item_name), None))
            }
        }
    }
}

fn choice(
    tongue: Tongue,
    view: &DerivativeView,
    name: Option<&str>,
    placed: Option<&StoryMedia>,
) -> Markup {
    let (alt_en, alt_ar) = placed.map_or(("", ""), |p| (p.alt_en.as_str(), p.alt_ar.as_str()));
    html! {
        div.choice {
            div.choice-head {
              label.pick {
                input type="checkbox" name="derivative" value=(view.id) checked[placed.is_some()];
                (parts::glyph(kind_of(&view.mime)))
                span.row-main {
                    span.name {
                        @match name {
                            Some(name) => (foreign(name)),
                            None => (parts::kind(tongue, kind_of(&view.mime))),
                        }
                    }
                    span.quiet.small { (parts::kind(tongue, kind_of(&view.mime))) " · " (size(tongue, view.bytes)) " · " (short(&view.sha256)) }
                }
              }
              a.small href=(format!("/items/{}", view.item)) { (t!(tongue, "media-item")) }
            }
            div.alts {
                @for language in tongue.both() {
                    @match language {
                        Tongue::En => (alt_field(tongue, language, view, alt_en)),
                        Tongue::Ar => (alt_field(tongue, language, view, alt_ar)),
                    }
                }
            }
        }
    }
}

fn alt_field(tongue: Tongue, language: Tongue, view: &DerivativeView, alt: &str) -> Markup {
    let (lang, dir) = (language.tag(), language.dir());
    let name = format!("alt_{lang}_{}", view.id);
    html! {
        label {
            span.small { (t!(tongue, "media-alt", language = parts::language(tongue, language))) }
            input name=(name) value=(alt) lang=(lang) dir=(dir) maxlength="1000";
        }
    }
}

/// The drawing for a published media type.
pub(crate) fn kind_of(mime: &str) -> &'static str {
    match mime {
        "image/jpeg" => "jpeg",
        "image/png" => "png",
        "video/mp4" => "mp4",
        "audio/mpeg" => "mp3",
        "application/pdf" => "pdf",
        _ => "unknown",
    }
}

fn settings_fields(visit: &Visit, settings: &StorySettings) -> Markup {
    let tongue = visit.tongue;
    html! {
        fieldset.settings {
            legend { (t!(tongue, "settings-title")) }
            div.setting {
                label for="grade" { (t!(tongue, "settings-grade")) }
                select #grade name="grade" {
                    @for grade in Grade::ALL {
                        option value=(grade.code()) selected[grade == settings.grade] { (grade_words(tongue, grade)) }
                    }
                }
            }
            div.setting {
                label for="slug" { (t!(tongue, "settings-slug")) }
                input #slug name="slug" value=(settings.slug) dir="ltr" maxlength="60" autocapitalize="none" spellcheck="false";
            }
            div.setting {
                label for="not_before" { (t!(tongue, "settings-not-before-in", zone = zone_name(&visit.zone))) }
                input #not_before type="datetime-local" name="not_before" dir="ltr" value=[settings.not_before.map(|at| minute(at, &visit.zone))];
            }
            label.check {
                input type="checkbox" name="graphic" value="1" checked[settings.graphic];
                span { (t!(tongue, "settings-graphic")) }
            }
        }
    }
}

/// As the field takes it.
fn minute(micros: i64, zone: &TimeZone) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map(|stamp| {
            stamp
                .to_zoned(zone.clone())
                .strftime("%Y-%m-%dT%H:%M")
                .to_string()
        })
        .unwrap_or_default()
}

/// A zone's name in the database of zones.
fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// A moment in the newsroom's zone, and in UTC where that is another.
pub(crate) fn moment_words(visit: &Visit, micros: i64) -> Markup {
    html! {
        @if visit.zone != TimeZone::UTC {
            bdi dir="ltr" { (minute(micros, &visit.zone).replace('T', " ")) " " (zone_name(&visit.zone)) } " · "
        }
        (time(micros))
    }
}

/// A grade in words.
pub(crate) fn grade_words(tongue: Tongue, grade: Grade) -> String {
    tongue
        .coded("grade", grade.code())
        .unwrap_or_else(|| grade.code().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_of_the_newsrooms_zone_and_never_one_that_the_clocks_skip_or_bring_twice() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let read = |text: &str, zone: &TimeZone| moment(text, zone).map_err(|fault| fault.status());
        let winter = read("2026-11-22T18:30", &TimeZone::UTC).unwrap().unwrap();
        let summer = read("2026-07-01T18:30", &TimeZone::UTC).unwrap().unwrap();
        assert_eq!(read("2026-11-22T19:30", &berlin), Ok(Some(winter)));
        assert_eq!(read("2026-07-01T20:30", &berlin), Ok(Some(summer)));
        assert_eq!(minute(summer, &berlin), "2026-07-01T20:30");
        for unclear in ["2026-03-29T02:30", "2026-10-25T02:30"] {
            assert_eq!(
                read(unclear, &berlin),
                Err(StatusCode::CONFLICT),
                "{unclear}"
            );
        }
        assert_eq!(read("", &berlin), Ok(None));
        assert_eq!(read("tomorrow", &berlin), Err(StatusCode::BAD_REQUEST));
    }
}
