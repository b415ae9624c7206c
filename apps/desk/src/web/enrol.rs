//! A new editor's first visit: a one-time code becomes a password.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::auth::{EnrolRefusal, Password, SHORTEST};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::frame::Rendered;
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::text::{Coded as _, t};
use crate::web::visit::Visit;

/// `GET /enrol/{code}`
pub(crate) async fn show(visit: Visit, Path(code): Path<String>) -> Response {
    if visit.json {
        return json::reply(&json::form(&visit));
    }
    page(&visit, &code, StatusCode::OK, None)
}

/// `POST /enrol/{code}`
pub(crate) async fn set(
    State(app): State<App>,
    visit: Visit,
    Path(code): Path<String>,
    mut posted: Posted,
) -> Result<Response, Fault> {
    let password = Password::new(posted.take("password"));
    // Tools send the password once; people type it twice.
    let again = posted
        .has("again")
        .then(|| Password::new(posted.take("again")));
    let store = app.desk.store()?;
    let done = app
        .auth
        .enrol(&store, &code, password, again, visit.now)
        .await;
    match done {
        Ok(()) => Ok(layout::see_other("/sign-in")),
        Err(EnrolRefusal::Wait { seconds }) => Err(Fault::Wait { seconds }),
        Err(EnrolRefusal::Failed(error)) => Err(error.into()),
        Err(EnrolRefusal::Code(code)) => Err(Fault::Refused {
            code,
            back: Some("/sign-in".to_owned()),
        }),
        Err(EnrolRefusal::Unfit(unfit)) if visit.json => {
            Err(Fault::plain(StatusCode::UNPROCESSABLE_ENTITY, unfit.code()))
        }
        Err(EnrolRefusal::Unfit(unfit)) => {
            let words = visit.tongue.coded("fault", unfit.code());
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page(&visit, &code, status, words.as_deref()))
        }
    }
}

fn page(visit: &Visit, code: &str, status: StatusCode, complaint: Option<&str>) -> Response {
    let title = t!(visit.tongue, "enrol-title");
    let body = body(visit, code, complaint);
    let page = layout::page(visit, &title, Place::Elsewhere, &body);
    let mut response = (status, page).into_response();
    response.extensions_mut().insert(Rendered);
    response
}

fn body(visit: &Visit, code: &str, complaint: Option<&str>) -> Markup {
    let tongue = visit.tongue;
    let code: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
    html! {
        section.panel.narrow {
            h1 { (t!(tongue, "enrol-title")) }
            p.lead { (t!(tongue, "enrol-lead", shortest = SHORTEST)) }
            @if let Some(words) = complaint { p.notice role="alert" { (words) } }
            form.stack method="post" action=(format!("/enrol/{code}")) {
                (parts::token(visit))
                label for="password" { (t!(tongue, "enrol-password")) }
                input #password type="password" name="password" required minlength=(SHORTEST)
                    autocomplete="new-password" dir="auto";
                label for="again" { (t!(tongue, "enrol-again")) }
                input #again type="password" name="again" required autocomplete="new-password" dir="auto";
                button.button.primary type="submit" { (t!(tongue, "enrol-set")) }
            }
            p.quiet.small { (t!(tongue, "enrol-once")) }
        }
    }
}
