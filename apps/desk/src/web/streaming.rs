//! Media, opened on the fly: the sealed blob is read in pieces, no plaintext file exists.

use std::io::{Read, SeekFrom};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::auth::Signed;
use crate::desk::{DerivativeId, Desk, ItemId, Media};
use crate::web::App;
use crate::web::fault::Fault;
use crate::web::frame::Rendered;
use crate::web::item::id;
use crate::web::ranges::{Span, Wanted, wanted};

/// Bytes opened at a time; one age chunk.
const CHUNK: usize = 64 * 1024;
/// Chunks that may wait for a slow reader.
const AHEAD: usize = 4;

/// Media types the desk ever answers with; anything else goes out as bytes that no browser shows.
const TYPES: [&str; 6] = [
    "image/jpeg",
    "image/png",
    "video/mp4",
    "audio/mpeg",
    "audio/mp4",
    "application/pdf",
];

/// `GET /items/{id}/preview`
pub(crate) async fn preview(
    State(app): State<App>,
    _editor: Signed,
    Path(item): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let media = app.desk.open_preview(id::<ItemId>(&item)?).await?;
    Ok(send(&app.desk, media, &headers))
}

/// `GET /items/{id}/poster`
pub(crate) async fn poster(
    State(app): State<App>,
    _editor: Signed,
    Path(item): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let media = app.desk.open_poster(id::<ItemId>(&item)?).await?;
    Ok(send(&app.desk, media, &headers))
}

/// `GET /items/{id}/pages/{number}`
pub(crate) async fn page(
    State(app): State<App>,
    _editor: Signed,
    Path((item, number)): Path<(String, u32)>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let media = app.desk.open_page(id::<ItemId>(&item)?, number).await?;
    Ok(send(&app.desk, media, &headers))
}

/// `GET /derivatives/{id}`
pub(crate) async fn derivative(
    State(app): State<App>,
    _editor: Signed,
    Path(derivative): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let derivative = id::<DerivativeId>(&derivative)?;
    let media = app.desk.open_derivative(derivative).await?;
    Ok(send(&app.desk, media, &headers))
}

/// `GET /derivatives/{id}/{rung}`
pub(crate) async fn variant(
    State(app): State<App>,
    _editor: Signed,
    Path((derivative, rung)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let derivative = id::<DerivativeId>(&derivative)?;
    let media = app.desk.open_variant(derivative, &rung).await?;
    Ok(send(&app.desk, media, &headers))
}

/// The whole or one range of it.
fn send(desk: &Desk, media: Media, headers: &HeaderMap) -> Response {
    let range = headers
        .get(header::RANGE)
        .map(|value| value.to_str().unwrap_or("malformed"));
    let len = media.len;
    let (status, span) = match wanted(range, len) {
        Wanted::All => (StatusCode::OK, None),
        Wanted::Part(span) => (StatusCode::PARTIAL_CONTENT, Some(span)),
        Wanted::Unsatisfiable => return unsatisfiable(len),
    };
    let bytes = span.map_or(len, |span| span.to - span.from + 1);
    let mime = TYPES.iter().find(|known| **known == media.mime);
    let mut response = (status, body(desk.clone(), media, span)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(mime.copied().unwrap_or("application/octet-stream")),
    );
    let disposition = if mime.is_some() {
        "inline"
    } else {
        "attachment"
    };
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static(disposition),
    );
    if let Some(span) = span
        && let Ok(value) = format!("bytes {}-{}/{len}", span.from, span.to).parse()
    {
        headers.insert(header::CONTENT_RANGE, value);
    }
    response
}

fn unsatisfiable(len: u64) -> Response {
    let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    if let Ok(value) = format!("bytes */{len}").parse() {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response.extensions_mut().insert(Rendered);
    response
}

/// Reads on a blocking thread and hands the pieces over; stops when the reader leaves or the desk locks.
fn body(desk: Desk, mut media: Media, span: Option<Span>) -> Body {
    let (sender, receiver) = mpsc::channel::<std::io::Result<Bytes>>(AHEAD);
    let from = span.map_or(0, |span| span.from);
    let mut left = span.map_or(media.len, |span| span.to - span.from + 1);
    tokio::task::spawn_blocking(move || {
        if from > 0
            && let Err(error) = media.reader.seek(SeekFrom::Start(from))
        {
            let _ = sender.blocking_send(Err(error));
            return;
        }
        let mut chunk = vec![0_u8; CHUNK];
        while left > 0 && desk.store().is_ok() {
            let want = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let read = match media.reader.read(&mut chunk[..want]) {
                Ok(0) => Err(std::io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => Ok(Bytes::copy_from_slice(&chunk[..n])),
                Err(error) => Err(error),
            };
            left = match &read {
                Ok(bytes) => left.saturating_sub(bytes.len() as u64),
                Err(_) => 0,
            };
            if sender.blocking_send(read).is_err() {
                return;
            }
        }
        if left > 0 {
            // The desk was locked meanwhile: cut, so that nobody takes a part for the whole.
            let _ = sender.blocking_send(Err(std::io::ErrorKind::ConnectionAborted.into()));
        }
    });
    Body::from_stream(ReceiverStream::new(receiver))
}
