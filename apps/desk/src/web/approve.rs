//! Approving and publishing: the page shows exactly what an approval binds, and its hash.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use newsroom::time::{MINUTE, SECOND};

use crate::auth::Signed;
use crate::desk::{
    ApprovalView, DerivativeView, PublicationView, Published, StoryId, StoryMedia, StoryState,
    StoryView,
};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::item::{Show, id};
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::story::{grade_words, kind_of, moment_words};
use crate::web::telling;
use crate::web::text::{Coded as _, Tongue, foreign, machine, short, size, t, time, visible};
use crate::web::told;
use crate::web::visit::Visit;

/// A clock that runs so far ahead was moved by somebody or something.
const AHEAD: i64 = 5 * SECOND;

/// `GET /stories/{id}/approve`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(story): Path<String>,
    Query(gate): Query<Show>,
) -> Result<Response, Fault> {
    let view = for_eyes_of(&editor, app.desk.story(id::<StoryId>(&story)?).await?);
    if visit.json {
        return Ok(json::reply(&json::story(&visit, &view)));
    }
    let title = t!(visit.tongue, "approve-title");
    let body = body(&visit, &editor, &view, gate.is_on());
    Ok(layout::page(&visit, &title, Place::Stories, &body).into_response())
}

/// `POST /stories/{id}/approve`
pub(crate) async fn approve(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(story): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let story = id::<StoryId>(&story)?;
    let clearance = posted.field("clearance");
    let approved = app
        .desk
        .approve(editor.id, story, clearance, &editor.session)
        .await;
    let back = format!("/stories/{story}/approve");
    let view = approved.map_err(|error| Fault::from(error).back_to(back))?;
    let view = for_eyes_of(&editor, view);
    if visit.json {
        return Ok(json::reply(&json::story(&visit, &view)));
    }
    Ok(layout::see_other(&format!("/stories/{story}#standing")))
}

/// What holds a story back is for those alone who may see sources; that something does, everybody sees.
pub(crate) fn for_eyes_of(editor: &Signed, mut view: StoryView) -> StoryView {
    if !editor.roles.safety {
        view.risks = newsroom::risks::Risks::default();
    }
    view
}

/// `POST /stories/{id}/acknowledge`
pub(crate) async fn acknowledge(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(story): Path<String>,
    posted: Posted,
) -> Result<Response, Fault> {
    let story = id::<StoryId>(&story)?;
    let clearance = posted.field("clearance");
    let answered = app
        .desk
        .acknowledge_risks(editor.id, story, clearance)
        .await;
    let back = format!("/stories/{story}/approve");
    let view = answered.map_err(|error| Fault::from(error).back_to(back))?;
    if visit.json {
        return Ok(json::reply(&json::story(&visit, &view)));
    }
    Ok(layout::see_other(&format!("/stories/{story}#standing")))
}

/// What the safety editor has to answer for, with the button; for others that they have to wait.
fn risk(visit: &Visit, editor: &Signed, view: &StoryView) -> Markup {
    let tongue = visit.tongue;
    html! {
        @if view.held && editor.roles.safety {
            section.notice.wide role="alert" {
                h2 { (t!(tongue, "risk-title")) }
                @if view.risks.forced { p { (t!(tongue, "risk-forced")) } }
                @if view.risks.captured { p { (t!(tongue, "risk-captured")) } }
                form method="post" action=(format!("/stories/{}/acknowledge", view.id)) {
                    (parts::token(visit))
                    input type="hidden" name="clearance" value=(view.clearance);
                    button.button.danger type="submit" { (t!(tongue, "risk-answer")) }
                }
            }
        } @else if view.held {
            p.notice role="status" { (t!(tongue, "risk-wait")) }
        }
    }
}

/// `POST /stories/{id}/publish`
pub(crate) async fn publish(
    State(app): State<App>,
    visit: Visit,
    editor: Signed,
    Path(story): Path<String>,
    _posted: Posted,
) -> Result<Response, Fault> {
    let story = id::<StoryId>(&story)?;
    let published = app.desk.publish(editor.id, story).await;
    let page = format!("/stories/{story}");
    let published = published.map_err(|error| Fault::from(error).back_to(page.clone()))?;
    if visit.json {
        let value = match published {
            Published::Out(view) => json::publication(&view),
            Published::Scheduled { at } => serde_json::json!({ "scheduled_at": at }),
        };
        return Ok(json::reply(&value));
    }
    Ok(layout::see_other(&format!("{page}#standing")))
}

/// `POST /stories/{id}/unschedule`
pub(crate) async fn unschedule(
    State(app): State<App>,
    editor: Signed,
    Path(story): Path<String>,
    _posted: Posted,
) -> Result<Response, Fault> {
    let story = id::<StoryId>(&story)?;
    let page = format!("/stories/{story}");
    let done = app.desk.unschedule(editor.id, story).await;
    done.map_err(|error| Fault::from(error).back_to(page.clone()))?;
    Ok(layout::see_other(&format!("{page}#standing")))
}

/// The moment for which it waits, or why it did not go out then; and the way to hold it back.
fn waiting(visit: &Visit, view: &StoryView) -> Markup {
    let tongue = visit.tongue;
    html! {
        @if let Some(schedule) = &view.schedule {
            @match &schedule.trouble {
                Some(code) => p.notice role="alert" {
                    (t!(tongue, "schedule-refused")) " " (moment_words(visit, schedule.at)) " · "
                    (tongue.coded("refusal", code).unwrap_or_else(|| t!(tongue, "refusal-other", code = code.as_str())))
                },
                None => p.notice role="status" { (t!(tongue, "schedule-waits")) " " (moment_words(visit, schedule.at)) },
            }
            @if schedule.clock_ahead > AHEAD {
                p.notice role="alert" { (t!(tongue, "schedule-clock", minutes = (schedule.clock_ahead / MINUTE + 1))) }
            }
            (parts::act(visit, &format!("/stories/{}/unschedule", view.id), &t!(tongue, "schedule-back"), "plain"))
        }
    }
}

/// Set for a moment that is still to come.
fn later(visit: &Visit, view: &StoryView) -> bool {
    let settings = view.draft.settings.as_ref();
    settings
        .and_then(|settings| settings.not_before)
        .is_some_and(|at| at > visit.now)
}

/// Where a story stands on its way out; part of the story page.
pub(crate) fn standing(visit: &Visit, editor: &Signed, view: &StoryView) -> Markup {
    let tongue = visit.tongue;
    html! {
        section.panel.standing #standing data-live="story" {
            h2 { (t!(tongue, "standing-title")) }
            (approvals(tongue, &view.approvals))
            (risk(visit, editor, view))
            div.actions {
                a.button href=(format!("/stories/{}/approve", view.id)) {
                    @if mine(editor, view) { (t!(tongue, "approve-look-again")) } @else { (t!(tongue, "approve-go")) }
                }
                @if view.state == StoryState::Cleared && view.schedule.as_ref().is_none_or(|one| one.trouble.is_some()) {
                    @let words = if later(visit, view) { t!(tongue, "schedule-go") } else { t!(tongue, "publish") };
                    (parts::act(visit, &format!("/stories/{}/publish", view.id), &words, "primary"))
                }
            }
            (waiting(visit, view))
            @if view.state == StoryState::Publishing { p.working { (t!(tongue, "publishing")) } }
            @if let Some(publication) = &view.publication { (result(tongue, publication)) }
        }
    }
}

fn mine(editor: &Signed, view: &StoryView) -> bool {
    view.approvals
        .iter()
        .any(|approval| approval.editor == editor.id)
}

/// The two places an approval fills: any two different people, the safety editor one of them.
pub(crate) fn approvals(tongue: Tongue, approvals: &[ApprovalView]) -> Markup {
    let safety = approvals.iter().any(|approval| approval.safety);
    html! {
        ul.approvals {
            @for approval in approvals {
                li.given {
                    (parts::tick())
                    span { (foreign(&approval.name)) }
                    @if approval.safety { (parts::pill("good", &t!(tongue, "role-safety"))) }
                    span.small.quiet { (time(approval.at)) }
                }
            }
            @for place in approvals.len()..2 {
                li.open {
                    span.place.out {}
                    @if !safety && place == 1 { (t!(tongue, "approval-safety-needed")) } @else { (t!(tongue, "approval-needed")) }
                }
            }
            @if approvals.len() >= 2 && !safety {
                li.open { span.place.out {} (t!(tongue, "approval-safety-needed")) }
            }
        }
    }
}

fn result(tongue: Tongue, view: &PublicationView) -> Markup {
    html! {
        div.published {
            h3 { (t!(tongue, "published-title")) " " (time(view.at)) }
            dl.facts { (parts::fact(&t!(tongue, "published-page"), &machine(&view.url_path))) }
            @if !view.files.is_empty() {
                div.scroll {
                    table {
                        thead { tr { th scope="col" { (t!(tongue, "published-file")) } th scope="col" { (t!(tongue, "published-proof")) } } }
                        tbody {
                            @for file in &view.files {
                                tr { td { (machine(&file.file)) } td { (machine(&file.proof)) } }
                            }
                        }
                    }
                }
                p.quiet.small { (t!(tongue, "published-hint")) }
            }
        }
    }
}

fn body(visit: &Visit, editor: &Signed, view: &StoryView, shown: bool) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.head {
            p.crumb {
                a href="/stories" { (t!(tongue, "nav-stories")) } " / "
                a href=(format!("/stories/{}", view.id)) { (short(&view.id.to_string())) }
            }
            h1 { (t!(tongue, "approve-title")) }
            p.lead { (t!(tongue, "approve-lead")) }
        }
        @if withdrawn(view) { p.notice role="status" { (t!(tongue, "withdraw-this")) } }
        section.panel.exact {
            @if !withdrawn(view) { div.two-languages {
                @for language in tongue.both() {
                    @match language {
                        Tongue::En => (text(tongue, language, &view.draft.title_en, &view.draft.body_en)),
                        Tongue::Ar => (text(tongue, language, &view.draft.title_ar, &view.draft.body_ar)),
                    }
                }
            } }
            (media(tongue, view, shown))
            (settings(visit, view))
        }
        @if !withdrawn(view) { (told::section(tongue, &view.outgoing, shown)) }
        (risk(visit, editor, view))
        (binding(visit, editor, view))
    }
}

fn withdrawn(view: &StoryView) -> bool {
    let telling = view
        .draft
        .settings
        .as_ref()
        .and_then(|settings| settings.telling.as_ref());
    telling.is_some_and(|telling| telling.withdrawn.is_some())
}

fn settings(visit: &Visit, view: &StoryView) -> Markup {
    let tongue = visit.tongue;
    html! {
        dl.facts {
            @if let Some(settings) = &view.draft.settings {
                (parts::fact(&t!(tongue, "settings-grade"), &html! { (grade_words(tongue, settings.grade)) }))
                (parts::fact(&t!(tongue, "settings-slug"), &machine(&settings.slug)))
                (parts::fact(&t!(tongue, "settings-warning"), &html! {
                    @if settings.graphic { (t!(tongue, "yes")) } @else { (t!(tongue, "no")) }
                }))
                (parts::fact(&t!(tongue, "settings-not-before"), &html! {
                    @match settings.not_before {
                        Some(at) => (moment_words(visit, at)),
                        None => (t!(tongue, "settings-at-once")),
                    }
                }))
                @if let Some(said) = &settings.telling { (telling::facts(tongue, said)) }
            }
            (parts::fact(&t!(tongue, "approve-version"), &html! { (view.version) }))
        }
    }
}

fn text(tongue: Tongue, language: Tongue, title: &str, body: &str) -> Markup {
    html! {
        // The column has the page's direction, so that the line between the two stands between them.
        div.proofread { article lang=(language.tag()) dir=(language.dir()) {
            @if title.trim().is_empty() { p.missing { (t!(tongue, "approve-no-title")) } } @else { h2 { (visible(title)) } }
            @for paragraph in body.split("\n\n").filter(|p| !p.trim().is_empty()) { p { (visible(paragraph)) } }
        } }
    }
}

fn media(tongue: Tongue, view: &StoryView, shown: bool) -> Markup {
    let here = format!("/stories/{}/approve", view.id);
    html! {
        div.media #view {
            div.shown-bar {
                h2 { (t!(tongue, "approve-media", count = view.draft.media.len())) }
                @if !view.draft.media.is_empty() {
                    @if shown {
                        a.button href=(format!("{here}#view")) { (t!(tongue, "gate-hide")) }
                    } @else {
                        form method="get" action=(format!("{here}#view")) {
                            input type="hidden" name="show" value="1";
                            button.button type="submit" { (t!(tongue, "approve-show")) }
                        }
                    }
                }
            }
            @for (placed, derivative) in view.draft.media.iter().zip(&view.derivatives) {
                (medium(tongue, placed, derivative, shown))
            }
        }
    }
}

fn medium(tongue: Tongue, placed: &StoryMedia, view: &DerivativeView, shown: bool) -> Markup {
    let source = format!("/derivatives/{}", view.id);
    html! {
        figure.medium {
            @if shown {
                @match kind_of(&view.mime) {
                    "jpeg" | "png" => img alt=(placed.alt_en) src=(source);,
                    "mp4" => video controls muted playsinline preload="metadata" src=(source) {},
                    "mp3" => audio controls preload="none" src=(source) {},
                    _ => a.button href=(source) { (t!(tongue, "approve-open")) },
                }
            } @else { (parts::glyph(kind_of(&view.mime))) }
            figcaption {
                p { (parts::kind(tongue, kind_of(&view.mime))) " · " (size(tongue, view.bytes)) }
                p lang="en" dir="ltr" { (placed.alt_en) }
                p lang="ar" dir="rtl" { (placed.alt_ar) }
                @if let Some(code) = &view.code { p.small { (t!(tongue, "burnt-code")) " " (machine(code)) } }
                p.hash { (t!(tongue, "sha256")) " " (machine(&view.sha256)) }
            }
        }
    }
}

/// The hash, what it means, and the button.
fn binding(visit: &Visit, editor: &Signed, view: &StoryView) -> Markup {
    let tongue = visit.tongue;
    html! {
        section.panel.binding {
            h2 { (t!(tongue, "approve-hash")) }
            p.clearance { (machine(&view.clearance)) }
            p.quiet.small { (t!(tongue, "approve-binds")) }
            (approvals(tongue, &view.approvals))
            @if mine(editor, view) {
                p { (t!(tongue, "approve-done-by-you")) }
            } @else {
                form method="post" action=(format!("/stories/{}/approve", view.id)) {
                    (parts::token(visit))
                    input type="hidden" name="clearance" value=(view.clearance);
                    button.button.primary type="submit" {
                        (t!(tongue, "approve-as", name = editor.name.as_str()))
                    }
                }
            }
        }
    }
}
