//! What went wrong, as people and tools are told: a page in their language, or an RFC 9457 problem.
//!
//! A handler returns a [`Fault`]; the frame (`frame.rs`) renders it once it knows language and
//! format. Internals stay in the operator's log.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::html;
use serde_json::json;

use crate::desk::DeskError;
use crate::web::layout;
use crate::web::text::{Coded as _, t};
use crate::web::visit::Visit;

/// Why a request was not done.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The desk is locked; the frame answers with the unlock page.
    Locked,
    /// Only for editors who are signed in.
    SignInFirst { way_back: String },
    /// The newsroom's rules refuse it.
    Refused { code: String, back: Option<String> },
    /// Any other reason with its own words, `fault-CODE`.
    Plain {
        status: StatusCode,
        code: &'static str,
    },
    /// Too many attempts; again after so many seconds.
    Wait { seconds: u64 },
}

impl Fault {
    pub(crate) fn not_found() -> Self {
        Self::plain(StatusCode::NOT_FOUND, "not-found")
    }

    pub(crate) fn plain(status: StatusCode, code: &'static str) -> Self {
        Self::Plain { status, code }
    }

    /// The reason goes to the log, the visitor learns only that something failed.
    pub(crate) fn internal(reason: &str) -> Self {
        tracing::error!(reason, "a request failed");
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    /// A refusal that leads back to the page where it can be mended.
    pub(crate) fn back_to(self, path: String) -> Self {
        match self {
            Self::Refused { code, .. } => Self::Refused {
                code,
                back: Some(path),
            },
            other => other,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Locked => StatusCode::SERVICE_UNAVAILABLE,
            Self::SignInFirst { .. } => StatusCode::UNAUTHORIZED,
            Self::Refused { code, .. } if code == "sources-not-yours" => StatusCode::FORBIDDEN,
            Self::Refused { .. } => StatusCode::CONFLICT,
            Self::Plain { status, .. } => *status,
            Self::Wait { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::Locked => "locked",
            Self::SignInFirst { .. } => "sign-in-first",
            Self::Refused { code, .. } => code,
            Self::Plain { code, .. } => code,
            Self::Wait { .. } => "wait",
        }
    }

    fn words(&self, visit: &Visit) -> String {
        let tongue = visit.tongue;
        match self {
            &Self::Wait { seconds } => t!(tongue, "fault-wait", seconds = seconds),
            Self::Refused { code, .. } => tongue
                .coded("refusal", code)
                .unwrap_or_else(|| t!(tongue, "refusal-other", code = code.as_str())),
            _ => tongue
                .coded("fault", self.code())
                .unwrap_or_else(|| t!(tongue, "fault-internal")),
        }
    }

    /// The whole reply, in the visitor's language and format.
    pub(crate) fn render(&self, visit: &Visit) -> Response {
        let mut response = match self {
            Self::SignInFirst { way_back } if !visit.json => to_sign_in(way_back),
            _ if visit.json => self.problem(visit),
            _ => self.page(visit),
        };
        if let Self::Wait { seconds } = self {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        response
    }

    fn problem(&self, visit: &Visit) -> Response {
        let status = self.status();
        let body = json!({
            "type": format!("urn:firsthand:problem:{}", self.code()),
            "title": self.words(visit).replace(['\u{2068}', '\u{2069}'], ""),
            "status": status.as_u16(),
            "code": self.code(),
            "csrf": visit.csrf,
        });
        let mut response = (status, body.to_string()).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }

    fn page(&self, visit: &Visit) -> Response {
        let tongue = visit.tongue;
        let back = match self {
            Self::Refused {
                back: Some(back), ..
            } => back.as_str(),
            _ => "/",
        };
        let body = html! {
            section.notice.wide role="alert" {
                h1 { (t!(tongue, "fault-title")) }
                p { (self.words(visit)) }
                p { a.button href=(back) { (t!(tongue, "fault-back")) } }
            }
        };
        let page = layout::page(
            visit,
            &t!(tongue, "fault-title"),
            layout::Place::Elsewhere,
            &body,
        );
        (self.status(), page).into_response()
    }
}

fn to_sign_in(way_back: &str) -> Response {
    let back: String = form_urlencoded::byte_serialize(way_back.as_bytes()).collect();
    layout::see_other(&format!("/sign-in?back={back}"))
}

impl From<DeskError> for Fault {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Locked(_) => Self::Locked,
            DeskError::NotFound { .. } => Self::not_found(),
            DeskError::NotMade { .. } => Self::plain(StatusCode::NOT_FOUND, "not-made"),
            DeskError::Refused { code } => Self::Refused { code, back: None },
            other => Self::internal(&other.to_string()),
        }
    }
}

impl From<crate::auth::AuthError> for Fault {
    fn from(error: crate::auth::AuthError) -> Self {
        Self::internal(&error.to_string())
    }
}

impl From<crate::desk::Locked> for Fault {
    fn from(_: crate::desk::Locked) -> Self {
        Self::Locked
    }
}

impl IntoResponse for Fault {
    /// An empty reply that carries the fault to the frame.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
