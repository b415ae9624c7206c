//! Choosing the language: a cookie and the way back.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::web::App;
use crate::web::fault::Fault;
use crate::web::frame::append_cookie;
use crate::web::layout;
use crate::web::text::Tongue;
use crate::web::visit::local_path;

/// Where the visitor was.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
}

/// `GET /lang/{tag}`
pub(crate) async fn choose(
    State(app): State<App>,
    Path(tag): Path<String>,
    Query(back): Query<Back>,
) -> Result<Response, Fault> {
    let tongue = Tongue::from_tag(&tag).ok_or_else(Fault::not_found)?;
    let mut response = layout::see_other(local_path(&back.back));
    let mut cookie = app
        .cookies
        .make(app.cookies.language(), tongue.tag().to_owned());
    cookie.make_permanent();
    append_cookie(&mut response, &cookie.to_string());
    Ok(response)
}
