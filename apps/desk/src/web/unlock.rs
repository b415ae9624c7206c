//! The one page of a locked desk: custodians enter their passphrases until enough are in.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keys::passphrase::Passphrase;
use maud::{Markup, html};

use crate::auth::Signed;
use crate::desk::{LockState, UnlockRefusal};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::frame::Rendered;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::text::{Coded as _, foreign, t, time};
use crate::web::visit::Visit;

/// `GET /unlock`
pub(crate) async fn show(State(app): State<App>, visit: Visit) -> Response {
    let state = app.desk.lock_state().await;
    reply(&visit, &state, StatusCode::OK, None)
}

/// What every other page answers while the desk is locked: the unlock page, and nothing else.
pub(crate) async fn locked_reply(app: &App, visit: &Visit) -> Response {
    let state = app.desk.lock_state().await;
    reply(visit, &state, StatusCode::SERVICE_UNAVAILABLE, None)
}

/// `POST /unlock`
pub(crate) async fn enter(
    State(app): State<App>,
    visit: Visit,
    mut posted: Posted,
) -> Result<Response, Fault> {
    let custodian = posted.take("custodian");
    let passphrase = Passphrase::from_string(posted.take("passphrase"));
    let attempt = app
        .auth
        .begin("unlock", &custodian, visit.now)
        .map_err(|early| Fault::Wait {
            seconds: early.seconds,
        })?;
    match app.desk.enter_share(&custodian, passphrase).await {
        Ok(state) => {
            app.auth.succeed(attempt);
            Ok(entered(&visit, &state))
        }
        Err(refusal) => {
            let state = app.desk.lock_state().await;
            let status = match refusal {
                UnlockRefusal::StoreUnavailable { ref reason } => {
                    tracing::error!(reason, "the store could not be opened");
                    StatusCode::INTERNAL_SERVER_ERROR
                }
                _ => StatusCode::CONFLICT,
            };
            Ok(reply(&visit, &state, status, Some(&refusal)))
        }
    }
}

/// `POST /lock`: any editor may close the desk at once.
pub(crate) async fn lock(State(app): State<App>, _editor: Signed, _posted: Posted) -> Response {
    app.desk.lock().await;
    layout::see_other("/unlock")
}

fn entered(visit: &Visit, state: &LockState) -> Response {
    if visit.json {
        return json::reply(&json::lock(visit, state));
    }
    match state {
        LockState::Open => layout::see_other("/sign-in"),
        LockState::Locked { .. } => layout::see_other("/unlock"),
    }
}

fn reply(
    visit: &Visit,
    state: &LockState,
    status: StatusCode,
    refusal: Option<&UnlockRefusal>,
) -> Response {
    let mut response = if visit.json {
        let mut body = json::lock(visit, state);
        if let Some(refusal) = refusal {
            body["refusal"] = refusal.code().into();
        }
        (status, json::reply(&body)).into_response()
    } else {
        let title = t!(visit.tongue, "unlock-title");
        let body = body(visit, state, refusal);
        (status, layout::page(visit, &title, Place::Elsewhere, &body)).into_response()
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    }
    response.extensions_mut().insert(Rendered);
    response
}

fn body(visit: &Visit, state: &LockState, refusal: Option<&UnlockRefusal>) -> Markup {
    let tongue = visit.tongue;
    let LockState::Locked {
        threshold,
        entered,
        custodians,
        rekeyed_at,
    } = state
    else {
        return html! {
            section.panel.narrow {
                h1 { (t!(tongue, "unlock-open-title")) }
                p { (t!(tongue, "unlock-open")) }
                p { a.button.primary href="/sign-in" { (t!(tongue, "sign-in")) } }
            }
        };
    };
    let needed = *threshold;
    html! {
        section.panel.narrow {
            h1 { (t!(tongue, "unlock-title")) }
            p.lead { (t!(tongue, "unlock-lead", needed = needed, all = custodians.len())) }
            (shares(visit, needed, entered, custodians))
            @if let Some(at) = rekeyed_at {
                p.quiet.small { (t!(tongue, "unlock-rekeyed")) " " (time(*at)) }
            }
            @if let Some(refusal) = refusal { (complaint(visit, refusal)) }
            form.stack method="post" action="/unlock" autocomplete="off" {
                (parts::token(visit))
                label for="custodian" { (t!(tongue, "unlock-custodian")) }
                select #custodian name="custodian" required {
                    @for name in custodians.iter().filter(|name| !entered.contains(name)) {
                        option value=(name) { (name) }
                    }
                }
                label for="passphrase" { (t!(tongue, "unlock-passphrase")) }
                input #passphrase type="password" name="passphrase" required autocomplete="off"
                    autocapitalize="none" spellcheck="false" dir="auto";
                button.button.primary type="submit" { (t!(tongue, "unlock-enter")) }
            }
            p.quiet.small { (t!(tongue, "unlock-slow")) " " (t!(tongue, "unlock-receiving")) }
        }
    }
}

/// The k places, filled as custodians come in, and who they are.
fn shares(visit: &Visit, threshold: usize, entered: &[String], custodians: &[String]) -> Markup {
    let tongue = visit.tongue;
    html! {
        div.shares data-live="lock" id="shares" {
            p.places role="img" aria-label=(t!(tongue, "unlock-count", have = entered.len(), needed = threshold)) {
                @for place in 0..threshold {
                    span.place.(if place < entered.len() { "in" } else { "out" }) {}
                }
            }
            p.count { (t!(tongue, "unlock-count", have = entered.len(), needed = threshold)) }
            ul.people {
                @for name in custodians {
                    li {
                        (foreign(name))
                        @if entered.contains(name) {
                            (parts::pill("good", &t!(tongue, "unlock-in")))
                        } @else {
                            (parts::pill("idle", &t!(tongue, "unlock-out")))
                        }
                    }
                }
            }
        }
    }
}

fn complaint(visit: &Visit, refusal: &UnlockRefusal) -> Markup {
    let words = visit
        .tongue
        .coded("unlock", refusal.code())
        .unwrap_or_else(|| t!(visit.tongue, "fault-internal"));
    html! { p.notice role="alert" { (words) } }
}
