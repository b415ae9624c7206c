//! What is known about a request before any handler runs: language, wanted format, who, CSRF token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use sha2::{Digest, Sha256};

use crate::auth::Signed;
use crate::web::fault::Fault;
use crate::web::text::Tongue;

/// The facts of one request.
#[derive(Clone)]
pub(crate) struct Visit {
    /// The page's language.
    pub(crate) tongue: Tongue,
    /// Whether the client asked for JSON instead of a page.
    pub(crate) json: bool,
    /// Path and query, for the language switch and the way back after signing in.
    pub(crate) path: String,
    /// The editor who is signed in.
    pub(crate) editor: Option<Signed>,
    /// The token every form has to carry, bound to this browser's session.
    pub(crate) csrf: String,
    /// When the request came in, microseconds since 1970 UTC.
    pub(crate) now: i64,
    /// The newsroom's time zone.
    pub(crate) zone: jiff::tz::TimeZone,
    /// The number of the last live event before the page was made.
    pub(crate) seen: u64,
}

/// Names and attributes of the desk's cookies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookies {
    secure: bool,
}

impl Cookies {
    pub(crate) fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// The cookie of a signed-in session. `__Host-` binds it to this host and to TLS; on a
    /// loopback address without TLS browsers refuse that prefix, hence the plain name there.
    pub(crate) fn session(self) -> &'static str {
        if self.secure {
            "__Host-fh-session"
        } else {
            "fh-session"
        }
    }

    /// The cookie that binds forms to a browser before anybody has signed in.
    pub(crate) fn visitor(self) -> &'static str {
        if self.secure {
            "__Host-fh-visitor"
        } else {
            "fh-visitor"
        }
    }

    pub(crate) fn language(self) -> &'static str {
        if self.secure {
            "__Host-fh-lang"
        } else {
            "fh-lang"
        }
    }

    pub(crate) fn make(self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Strict)
            .build()
    }

    /// The same cookie, told to vanish.
    pub(crate) fn unmake(self, name: &'static str) -> Cookie<'static> {
        let mut cookie = self.make(name, String::new());
        cookie.make_removal();
        cookie
    }
}

/// A cookie value only if it has the form that this server gives out.
pub(crate) fn token_from(jar: &CookieJar, name: &str) -> Option<String> {
    let value = jar.get(name)?.value();
    (value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit())).then(|| value.to_owned())
}

/// The token of the forms before anybody has signed in: derived from the visitor's cookie, so that it
/// needs no place to be kept; one-way, so that a page never carries what the cookie protects. A
/// signed-in session has a random one of its own in the store.
pub(crate) fn csrf_of(token: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"fh-desk/csrf/v1\0");
    hash.update(token.as_bytes());
    hex::encode(hash.finalize())
}

/// JSON only when it is asked for by name and a page is not.
pub(crate) fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

/// The language: the visitor's choice, else the browser's.
pub(crate) fn tongue_of(headers: &HeaderMap, jar: &CookieJar, cookies: Cookies) -> Tongue {
    jar.get(cookies.language())
        .and_then(|cookie| Tongue::from_tag(cookie.value()))
        .unwrap_or_else(|| {
            let accepted = headers
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok());
            Tongue::negotiate(accepted.unwrap_or_default())
        })
}

/// Path and query of a request, as far as a way back may carry them.
pub(crate) fn path_of(uri: &Uri) -> String {
    uri.path_and_query()
        .map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned())
}

/// A path on this desk, or the inbox: a way back must never lead elsewhere.
pub(crate) fn local_path(wanted: &str) -> &str {
    let harmless = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && wanted.len() <= 512
        && wanted
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'"');
    if harmless { wanted } else { "/" }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Fault> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Fault::internal("a request came past the frame"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let visit = Visit::from_request_parts(parts, state).await?;
        let way_back = visit.path.clone();
        visit.editor.ok_or(Fault::SignInFirst { way_back })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_back_stay_here() {
        for good in ["/", "/items/1?show=1", "/stories"] {
            assert_eq!(local_path(good), good);
        }
        for bad in [
            "",
            "//evil",
            "https://evil",
            "/\\evil",
            "javascript:alert(1)",
            "/a\nb",
            "/\"x",
        ] {
            assert_eq!(local_path(bad), "/");
        }
    }

    #[test]
    fn the_form_token_does_not_give_the_cookie_away() {
        let token = crate::auth::random_token();
        assert_ne!(csrf_of(&token), token);
        assert_eq!(csrf_of(&token), csrf_of(&token));
        assert_ne!(csrf_of(&token), csrf_of(&crate::auth::random_token()));
    }
}
