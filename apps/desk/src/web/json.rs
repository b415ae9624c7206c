//! The same pages for tools: what a page shows, as JSON. `docs/desk-http.md` is the reference.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::desk::{
    ApprovalView, DerivativeView, DispatchLine, FindingView, FlashView, HeldLine, InboxView,
    ItemLine, ItemView, LockState, PublicationView, StoryLine, StorySettings, StoryView, ToldView,
    VariantView, WorkState,
};
use crate::web::visit::Visit;

/// A reply with this body.
pub(crate) fn reply(body: &Value) -> Response {
    let mut response = body.to_string().into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Whether the desk is open, and who is in.
pub(crate) fn lock(visit: &Visit, state: &LockState) -> Value {
    match state {
        LockState::Open => json!({ "state": "open", "csrf": visit.csrf }),
        LockState::Locked {
            threshold,
            entered,
            custodians,
            rekeyed_at,
        } => json!({
            "state": "locked",
            "threshold": threshold,
            "entered": entered,
            "custodians": custodians,
            "rekeyed_at": rekeyed_at,
            "csrf": visit.csrf,
        }),
    }
}

/// Only the token, for pages that are nothing but a form.
pub(crate) fn form(visit: &Visit) -> Value {
    json!({ "csrf": visit.csrf })
}

/// The inbox.
pub(crate) fn inbox(visit: &Visit, view: &InboxView) -> Value {
    let dispatches: Vec<Value> = view.dispatches.iter().map(dispatch).collect();
    json!({ "dispatches": dispatches, "csrf": visit.csrf })
}

/// One dispatch.
pub(crate) fn dispatch(line: &DispatchLine) -> Value {
    let items: Vec<Value> = line.items.iter().map(item_line).collect();
    let mut value = json!({
        "id": line.id,
        "received_at": line.received_at,
        "cells_seen": line.cells_seen,
        "pieces_complete": line.pieces_complete,
        "pieces_total": line.pieces_total,
        "state": line.state.code(),
        "note": line.note,
        "items": items,
        "opening": line.opening,
        "held": line.held.iter().map(held).collect::<Vec<_>>(),
    });
    // Not even the field's name is there for those who may not see sources.
    if line.forced {
        value["forced"] = json!(true);
    }
    if line.another_vault {
        value["another_vault"] = json!(true);
    }
    value
}

/// One item as a line.
pub(crate) fn item_line(line: &ItemLine) -> Value {
    json!({
        "id": line.id,
        "name": line.name,
        "kind": line.kind,
        "bytes": line.bytes,
        "preview": work(&line.preview),
        "place": line.ordinal,
        "preview_of": line.preview_of,
        "cut_off": line.cut_off,
    })
}

/// One item that was announced and is not here.
fn held(line: &HeldLine) -> Value {
    json!({
        "id": line.id,
        "place": line.ordinal,
        "name": line.name,
        "kind": line.kind,
        "bytes": line.bytes,
        "millis": line.millis,
        "state": line.state.code(),
        "told": line.told,
        "preview": line.preview,
    })
}

fn work(state: &WorkState) -> Value {
    match state {
        WorkState::NotAsked => json!({ "state": "not-asked" }),
        WorkState::UnderWay => json!({ "state": "under-way" }),
        WorkState::Done => json!({ "state": "done" }),
        WorkState::Failed { code, reason } => {
            json!({ "state": "failed", "code": code, "reason": reason })
        }
    }
}

/// One item.
pub(crate) fn item(visit: &Visit, view: &ItemView) -> Value {
    let derivatives: Vec<Value> = view.derivatives.iter().map(derivative).collect();
    let custody: Vec<Value> = view
        .custody
        .iter()
        .map(|line| json!({ "at": line.at, "what": line.what, "who": line.who, "hash": line.hash }))
        .collect();
    json!({
        "id": view.id,
        "dispatch": view.dispatch,
        "kind": view.kind,
        "name": view.name,
        "bytes": view.bytes,
        "received_at": view.received_at,
        "note": view.note,
        "cut_off": view.cut.is_some(),
        "is_preview": view.is_preview,
        "announces": view.announces.as_ref().map(held),
        "counterpart": view.counterpart,
        "findings": findings(&view.findings),
        "custody": custody,
        "preview": work(&view.preview),
        "preview_mime": view.preview_mime,
        "poster": view.poster,
        "pages": view.pages,
        "scrub": work(&view.scrub),
        "derivatives": derivatives,
        "csrf": visit.csrf,
    })
}

fn findings(findings: &[FindingView]) -> Value {
    findings
        .iter()
        .map(|finding| json!({ "code": finding.code, "where": finding.place, "value": finding.value }))
        .collect()
}

fn derivative(view: &DerivativeView) -> Value {
    json!({
        "id": view.id,
        "item": view.item,
        "sha256": view.sha256,
        "mime": view.mime,
        "bytes": view.bytes,
        "report": {
            "removed": findings(&view.report.removed),
            "left": findings(&view.report.left),
            "tools": view.report.tools,
        },
        "code": view.code,
        "variants": view.variants.iter().map(variant).collect::<Vec<_>>(),
    })
}

fn variant(view: &VariantView) -> Value {
    json!({ "rung": view.rung, "sha256": view.sha256, "mime": view.mime, "bytes": view.bytes })
}

/// The list of stories.
pub(crate) fn stories(visit: &Visit, lines: &[StoryLine]) -> Value {
    let stories: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "id": line.id,
                "version": line.version,
                "title_en": line.title_en,
                "title_ar": line.title_ar,
                "state": line.state.code(),
                "changed_at": line.changed_at,
            })
        })
        .collect();
    json!({ "stories": stories, "csrf": visit.csrf })
}

/// One story.
pub(crate) fn story(visit: &Visit, view: &StoryView) -> Value {
    let media: Vec<Value> = view
        .draft
        .media
        .iter()
        .map(|placed| {
            json!({
                "derivative": placed.derivative,
                "alt_en": placed.alt_en,
                "alt_ar": placed.alt_ar,
            })
        })
        .collect();
    let derivatives: Vec<Value> = view.derivatives.iter().map(derivative).collect();
    let choices: Vec<Value> = view
        .choices
        .iter()
        .map(|choice| json!({ "derivative": derivative(&choice.derivative), "item_name": choice.item_name }))
        .collect();
    json!({
        "id": view.id,
        "version": view.version,
        "title_en": view.draft.title_en,
        "body_en": view.draft.body_en,
        "title_ar": view.draft.title_ar,
        "body_ar": view.draft.body_ar,
        "media": media,
        "settings": view.draft.settings.as_ref().map(settings),
        "derivatives": derivatives,
        "choices": choices,
        "clearance": view.clearance,
        "approvals": view.approvals.iter().map(approval).collect::<Vec<_>>(),
        "state": view.state.code(),
        "publication": view.publication.as_ref().map(publication),
        "told": view.outgoing.told.iter().map(told).collect::<Vec<_>>(),
        "left_out": view.outgoing.left_out,
        "schedule": view.schedule.as_ref().map(|one| json!({ "at": one.at, "trouble": one.trouble })),
        "held": view.held,
        "risks": risks(view),
        "csrf": visit.csrf,
    })
}

/// The flash lane.
pub(crate) fn flashes(visit: &Visit, views: &[FlashView]) -> Value {
    let flashes: Vec<Value> = views
        .iter()
        .map(|view| {
            let mut value = story(visit, &view.story);
            value["saved_at"] = json!(view.saved_at);
            value["channels"] = json!({ "stand": view.channels.0, "wanted": view.channels.1 });
            value
        })
        .collect();
    json!({ "flashes": flashes, "csrf": visit.csrf })
}

/// What one channel is told.
fn told(view: &ToldView) -> Value {
    let posts: Vec<Value> = view
        .posts
        .iter()
        .map(|(post, weight)| json!({ "post": post, "takes": weight }))
        .collect();
    json!({ "channel": view.channel, "corrected": view.corrected, "posts": posts, "most": view.limits.text })
}

/// What holds a story back; empty for those who may not see sources.
fn risks(view: &StoryView) -> Vec<&'static str> {
    let named = [
        ("forced", view.risks.forced),
        ("captured", view.risks.captured),
    ];
    named
        .iter()
        .filter(|(_, is)| *is)
        .map(|(name, _)| *name)
        .collect()
}

fn settings(settings: &StorySettings) -> Value {
    json!({
        "slug": settings.slug,
        "grade": settings.grade.code(),
        "graphic": settings.graphic,
        "not_before": settings.not_before,
        "telling": settings.telling,
    })
}

fn approval(view: &ApprovalView) -> Value {
    json!({ "editor": view.editor, "name": view.name, "safety": view.safety, "at": view.at })
}

/// Where a story was published.
pub(crate) fn publication(view: &PublicationView) -> Value {
    let files: Vec<Value> = view
        .files
        .iter()
        .map(
            |file| json!({ "derivative": file.derivative, "file": file.file, "proof": file.proof }),
        )
        .collect();
    json!({ "url_path": view.url_path, "at": view.at, "files": files })
}
