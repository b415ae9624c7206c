//! The style sheet, the island and the mark, compiled in: `cargo build` needs no Node, the program no files.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::web::fault::Fault;

/// `GET /assets/{name}`
pub(crate) async fn serve(Path(name): Path<String>) -> Result<Response, Fault> {
    let (mime, bytes): (&'static str, &'static [u8]) = match name.as_str() {
        "desk.css" => (
            "text/css; charset=utf-8",
            include_bytes!("../../../../web/desk/dist/desk.css"),
        ),
        "desk.js" => (
            "text/javascript; charset=utf-8",
            include_bytes!("../../../../web/desk/dist/desk.js"),
        ),
        "icon.svg" => (
            "image/svg+xml",
            include_bytes!("../../../../web/desk/src/icon.svg"),
        ),
        _ => return Err(Fault::not_found()),
    };
    let mut response = bytes.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    Ok(response)
}
