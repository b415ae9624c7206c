//! The frame around every handler: who may talk to us, the lock, the session, the headers.
//!
//! In this order: the host must be ours (no DNS rebinding), a changing request must come from our own
//! pages, a locked desk answers with the unlock page alone, the session is looked up once. On the way
//! out faults are rendered and every reply gets the same strict headers.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;

use crate::auth::Signed;
use crate::desk::LockState;
use crate::web::fault::Fault;
use crate::web::visit::{self, Visit};
use crate::web::{App, unlock};

/// No inline script or style, nothing from elsewhere, no framing; markup for scripts only through
/// the one policy of the island.
const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types fh-desk";

const HEADERS: [(&str, &str); 9] = [
    ("content-security-policy", CSP),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    // Nothing of the desk stays on an editor's disk, not even a style sheet that names the tool.
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-robots-tag", "noindex, nofollow"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), usb=(), payment=(), interest-cohort=()",
    ),
];

/// A reply whose body is final although its status is an error.
#[derive(Clone, Copy)]
pub(crate) struct Rendered;

/// The middleware itself.
pub(crate) async fn frame(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let jar = CookieJar::from_headers(&parts.headers);
    let (mut visit, fresh) = meet(&app, &parts, &jar);
    let changes = changes(&parts.method);
    let mut response = match admit(&app, &parts, &jar, &mut visit).await {
        Err(fault) => fault.into_response(),
        Ok(()) => {
            parts.extensions.insert(visit.clone());
            next.run(Request::from_parts(parts, body)).await
        }
    };
    response = finish(&app, &visit, response).await;
    if let Some(token) = fresh
        && visit.editor.is_none()
    {
        let cookie = app.cookies.make(app.cookies.visitor(), token);
        append_cookie(&mut response, &cookie.to_string());
    }
    if changes && response.status().is_client_error() {
        // The form may be unread still; nobody should take what is left of it for the next request.
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// What the request says of itself; with a new visitor token when the browser brings none.
fn meet(app: &App, request: &Parts, jar: &CookieJar) -> (Visit, Option<String>) {
    let headers = &request.headers;
    let known = visit::token_from(jar, app.cookies.visitor());
    let fresh = known.is_none().then(crate::auth::random_token);
    let token = known.or_else(|| fresh.clone()).unwrap_or_default();
    let path = match request.method {
        Method::GET => visit::path_of(&request.uri),
        _ => "/".to_owned(),
    };
    let visit = Visit {
        tongue: visit::tongue_of(headers, jar, app.cookies),
        json: visit::wants_json(headers),
        path,
        editor: None,
        csrf: visit::csrf_of(&token),
        now: (app.clock)(),
        zone: app.zone.clone(),
        seen: app.desk.told(),
    };
    (visit, fresh)
}

/// Whether the request may reach its handler; looks the session up on the way.
async fn admit(
    app: &App,
    request: &Parts,
    jar: &CookieJar,
    visit: &mut Visit,
) -> Result<(), Fault> {
    let headers = &request.headers;
    if !app.origin.is_our_host(headers) {
        return Err(Fault::plain(StatusCode::MISDIRECTED_REQUEST, "host"));
    }
    if changes(&request.method) && !app.origin.is_our_page(headers) {
        return Err(Fault::plain(StatusCode::FORBIDDEN, "origin"));
    }
    let path = request.uri.path();
    if path.starts_with("/assets/") || path.starts_with("/lang/") {
        return Ok(());
    }
    if matches!(app.desk.lock_state().await, LockState::Locked { .. }) {
        return if path == "/unlock" {
            Ok(())
        } else {
            Err(Fault::Locked)
        };
    }
    if let Some(token) = visit::token_from(jar, app.cookies.session())
        && let Some((editor, csrf)) = session(app, &token, visit.now).await?
    {
        visit.csrf = csrf;
        visit.editor = Some(editor);
    }
    Ok(())
}

/// Whether a request may change anything.
fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

async fn session(app: &App, token: &str, now: i64) -> Result<Option<(Signed, String)>, Fault> {
    let store = app.desk.store()?;
    Ok(app.auth.session(&store, token, now).await?)
}

/// Renders what handlers and the router left unrendered.
async fn finish(app: &App, visit: &Visit, mut response: Response) -> Response {
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        return match fault {
            Fault::Locked => unlock::locked_reply(app, visit).await,
            other => other.render(visit),
        };
    }
    let status = response.status();
    let bare = status.is_client_error() || status.is_server_error();
    if bare && response.extensions().get::<Rendered>().is_none() {
        let code = match status {
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::METHOD_NOT_ALLOWED => "method",
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            _ if status.is_client_error() => "bad-request",
            _ => "internal",
        };
        return Fault::plain(status, code).render(visit);
    }
    response
}

/// Adds a `Set-Cookie` without touching those that are there.
pub(crate) fn append_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Which hosts and origins are this desk's own.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// `https://desk.example`, when the desk stands behind a name; else loopback only.
    public: Option<String>,
}

impl Origin {
    pub(crate) fn new(public: Option<String>) -> Self {
        let public = public.map(|origin| origin.trim_end_matches('/').to_ascii_lowercase());
        Self { public }
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.public
            .as_deref()
            .is_some_and(|origin| origin.starts_with("https://"))
    }

    /// A page elsewhere can point its own name at our address; it cannot change the host header.
    fn is_our_host(&self, headers: &HeaderMap) -> bool {
        let Some(host) = text(headers, &header::HOST).map(str::to_ascii_lowercase) else {
            return false;
        };
        if let Some(public) = &self.public
            && public
                .split_once("://")
                .is_some_and(|(_, name)| name == host)
        {
            return true;
        }
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host.as_str(),
        };
        matches!(name, "localhost" | "127.0.0.1" | "[::1]")
    }

    /// Browsers say where a POST comes from; tools say nothing and have the CSRF token alone.
    ///
    /// Under `Referrer-Policy: no-referrer` a browser sends `Origin: null` with our own forms, so
    /// `null` passes only where `Sec-Fetch-Site` vouches for it.
    fn is_our_page(&self, headers: &HeaderMap) -> bool {
        let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
        if site.is_some_and(|site| site != "same-origin") {
            return false;
        }
        match text(headers, &header::ORIGIN) {
            None => true,
            Some("null") => site.is_some(),
            Some(origin) => self.is_our_origin(origin, headers),
        }
    }

    fn is_our_origin(&self, origin: &str, headers: &HeaderMap) -> bool {
        let origin = origin.to_ascii_lowercase();
        if self.public.as_deref() == Some(&origin) {
            return true;
        }
        let host = text(headers, &header::HOST).unwrap_or_default();
        origin == format!("http://{}", host.to_ascii_lowercase())
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn only_our_own_hosts_are_answered() {
        let loopback = Origin::new(None);
        for good in ["127.0.0.1:8080", "localhost", "[::1]:9", "LOCALHOST:1"] {
            assert!(loopback.is_our_host(&headers(&[("host", good)])), "{good}");
        }
        for bad in ["evil.example", "127.0.0.1.evil.example", "localhost:x", ""] {
            assert!(!loopback.is_our_host(&headers(&[("host", bad)])), "{bad}");
        }
        let named = Origin::new(Some("https://Desk.example/".into()));
        assert!(named.is_our_host(&headers(&[("host", "desk.example")])));
        assert!(named.is_secure());
    }

    #[test]
    fn changing_requests_come_from_our_own_pages() {
        let ours = Origin::new(None);
        let check = |pairs: &[(&'static str, &str)]| {
            let mut all = vec![("host", "127.0.0.1:8080")];
            all.extend_from_slice(pairs);
            ours.is_our_page(&headers(&all))
        };
        assert!(check(&[]));
        assert!(check(&[("origin", "http://127.0.0.1:8080")]));
        assert!(check(&[
            ("origin", "null"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!check(&[("origin", "null")]));
        assert!(!check(&[("origin", "http://127.0.0.1:9999")]));
        assert!(!check(&[("origin", "https://evil.example")]));
        assert!(!check(&[("sec-fetch-site", "cross-site")]));
        assert!(!check(&[("sec-fetch-site", "same-site")]));
    }
}
