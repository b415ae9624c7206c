//! Signing in and out.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use maud::{Markup, html};
use serde::Deserialize;

use crate::auth::{Password, SignInRefusal};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::form::Posted;
use crate::web::frame::{Rendered, append_cookie};
use crate::web::json;
use crate::web::layout::{self, Place};
use crate::web::parts;
use crate::web::text::t;
use crate::web::visit::{Visit, local_path, token_from};

/// Where to go afterwards.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
}

/// `GET /sign-in`
pub(crate) async fn show(visit: Visit, Query(back): Query<Back>) -> Response {
    if visit.json {
        return json::reply(&json::form(&visit));
    }
    page(&visit, local_path(&back.back), "", StatusCode::OK, None)
}

/// `POST /sign-in`
pub(crate) async fn enter(
    State(app): State<App>,
    visit: Visit,
    mut posted: Posted,
) -> Result<Response, Fault> {
    let password = Password::new(posted.take("password"));
    let name = posted.field("name");
    let back = local_path(posted.field("back")).to_owned();
    let store = app.desk.store()?;
    match app.auth.sign_in(&store, name, password, visit.now).await {
        Ok(token) => {
            let mut response = layout::see_other(&back);
            let session = app.cookies.make(app.cookies.session(), token);
            append_cookie(&mut response, &session.to_string());
            let visitor = app.cookies.unmake(app.cookies.visitor());
            append_cookie(&mut response, &visitor.to_string());
            Ok(response)
        }
        Err(SignInRefusal::Failed(error)) => Err(error.into()),
        Err(SignInRefusal::Wait { seconds }) => Err(Fault::Wait { seconds }),
        Err(SignInRefusal::Wrong) if visit.json => {
            Err(Fault::plain(StatusCode::UNAUTHORIZED, "wrong-password"))
        }
        Err(SignInRefusal::Wrong) => {
            let words = t!(visit.tongue, "fault-wrong-password");
            let status = StatusCode::UNAUTHORIZED;
            Ok(page(&visit, &back, name, status, Some(&words)))
        }
    }
}

/// `POST /sign-out`
pub(crate) async fn leave(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    _posted: Posted,
) -> Result<Response, Fault> {
    let jar = CookieJar::from_headers(&headers);
    if let Some(token) = token_from(&jar, app.cookies.session()) {
        let store = app.desk.store()?;
        app.auth.sign_out(&store, &token, visit.now).await?;
    }
    let mut response = layout::see_other("/sign-in");
    let gone = app.cookies.unmake(app.cookies.session());
    append_cookie(&mut response, &gone.to_string());
    Ok(response)
}

fn page(
    visit: &Visit,
    back: &str,
    name: &str,
    status: StatusCode,
    complaint: Option<&str>,
) -> Response {
    let title = t!(visit.tongue, "sign-in");
    let body = body(visit, back, name, complaint);
    let page = layout::page(visit, &title, Place::Elsewhere, &body);
    let mut response = (status, page).into_response();
    response.extensions_mut().insert(Rendered);
    response
}

fn body(visit: &Visit, back: &str, name: &str, complaint: Option<&str>) -> Markup {
    let tongue = visit.tongue;
    html! {
        section.panel.narrow {
            h1 { (t!(tongue, "sign-in")) }
            p.lead { (t!(tongue, "sign-in-lead")) }
            @if let Some(words) = complaint { p.notice role="alert" { (words) } }
            form.stack method="post" action="/sign-in" {
                (parts::token(visit))
                input type="hidden" name="back" value=(back);
                label for="name" { (t!(tongue, "sign-in-name")) }
                input #name name="name" value=(name) required autocomplete="username" dir="auto" maxlength="80";
                label for="password" { (t!(tongue, "sign-in-password")) }
                input #password type="password" name="password" required autocomplete="current-password" dir="auto";
                button.button.primary type="submit" { (t!(tongue, "sign-in")) }
            }
        }
    }
}
