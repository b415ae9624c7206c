//! The body of a POST: a form, with the token that shows it came from one of our own pages.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use futures_util::StreamExt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::web::fault::Fault;
use crate::web::visit::Visit;

/// The largest form the desk takes; a story in two languages is far below.
pub(crate) const FORM_MAX: usize = 1 << 20;
/// How much of a form that is too large is still listened to, so that its sender reads the refusal instead of a broken
/// connection.
const HEARD_MAX: usize = 8 << 20;
/// Most fields a form may have.
const FIELDS_MAX: usize = 4_096;

/// A form whose CSRF token was right. Fields keep their order and may repeat.
pub(crate) struct Posted {
    fields: Vec<(String, String)>,
}

impl Posted {
    /// The first field of that name; empty when it is missing.
    pub(crate) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Whether the form has that field at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(key, _)| key == name)
    }

    /// Every field of that name, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Takes the value of a field out, so that a secret has one owner.
    pub(crate) fn take(&mut self, name: &str) -> String {
        self.fields
            .iter_mut()
            .find(|(key, _)| key == name)
            .map(|(_, value)| std::mem::take(value))
            .unwrap_or_default()
    }
}

impl Drop for Posted {
    /// Forms carry passphrases and unpublished texts.
    fn drop(&mut self) {
        use zeroize::Zeroize;
        for (_, value) in &mut self.fields {
            value.zeroize();
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Fault;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Fault> {
        let visit = request.extensions().get::<Visit>().cloned();
        let visit = visit.ok_or_else(|| Fault::internal("a form came past the frame"))?;
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if !is_form {
            return Err(Fault::plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-a-form",
            ));
        }
        let body = whole_body(request.into_body()).await?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&body)
            .take(FIELDS_MAX)
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        let posted = Self { fields };
        let same = posted.field("csrf").as_bytes().ct_eq(visit.csrf.as_bytes());
        if bool::from(same) {
            Ok(posted)
        } else {
            Err(Fault::plain(StatusCode::FORBIDDEN, "csrf"))
        }
    }
}

/// The whole body of a form, wiped after use.
async fn whole_body(body: Body) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut parts = body.into_data_stream();
    // Room for all of it at once: a vector that grows leaves copies behind.
    let mut whole = Zeroizing::new(Vec::with_capacity(FORM_MAX));
    let mut heard = 0_usize;
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Fault::plain(StatusCode::BAD_REQUEST, "not-a-form"))?;
        heard += part.len();
        if heard <= FORM_MAX {
            whole.extend_from_slice(&part);
        }
        if heard > HEARD_MAX {
            break;
        }
    }
    if heard > FORM_MAX {
        return Err(Fault::plain(StatusCode::PAYLOAD_TOO_LARGE, "too-large"));
    }
    Ok(whole)
}
