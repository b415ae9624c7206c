//! Problem documents (RFC 9457): what a drop answers when it cannot do what was asked.

use serde::{Deserialize, Serialize};

use crate::error::{WireError, from_json};

const URN: &str = "urn:firsthand:problem:";

/// Every problem a drop answers with. The word is part of the protocol, the titles are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A header, query or body does not follow the protocol.
    Malformed,
    /// The body of an upload holds no whole cell.
    NoCells,
    /// The body ended inside a cell; the whole cells before it are stored.
    CutShort,
    /// No acceptable token: missing, malformed, unknown, or expired.
    Unauthorised,
    /// The token is bound to another session's secret.
    OtherSession,
    /// No such path.
    NotFound,
    /// The path knows no such method.
    MethodNotAllowed,
    /// Too little arrived in too long a time; the whole cells before it are stored.
    NoProgress,
    /// The body is larger than the protocol allows.
    TooLarge,
    /// The cells at this offset were removed after the desk had confirmed them.
    Gone,
    /// The offset lies beyond the end of the log.
    BeyondEnd,
    /// The session has stored as much as it may.
    SessionFull,
    /// Too many requests at once; try again later.
    Busy,
    /// The drop itself is in trouble: its disk fails.
    Unavailable,
    /// The drop has stored as much as it may.
    StorageFull,
}

impl ProblemKind {
    /// All kinds, for tables and tests.
    pub const ALL: [Self; 15] = [
        Self::Malformed,
        Self::NoCells,
        Self::CutShort,
        Self::Unauthorised,
        Self::OtherSession,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NoProgress,
        Self::TooLarge,
        Self::Gone,
        Self::BeyondEnd,
        Self::SessionFull,
        Self::Busy,
        Self::Unavailable,
        Self::StorageFull,
    ];

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed | Self::NoCells | Self::CutShort => 400,
            Self::Unauthorised => 401,
            Self::OtherSession => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NoProgress => 408,
            Self::TooLarge => 413,
            Self::Gone => 410,
            Self::BeyondEnd => 416,
            Self::SessionFull | Self::Busy => 429,
            Self::Unavailable => 503,
            Self::StorageFull => 507,
        }
    }

    /// The last part of the type's URN.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NoCells => "no-cells",
            Self::CutShort => "cut-short",
            Self::Unauthorised => "unauthorised",
            Self::OtherSession => "other-session",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::NoProgress => "no-progress",
            Self::TooLarge => "too-large",
            Self::Gone => "gone",
            Self::BeyondEnd => "beyond-end",
            Self::SessionFull => "session-full",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::StorageFull => "storage-full",
        }
    }

    /// One line for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request does not follow the protocol.",
            Self::NoCells => "The request holds no whole cell.",
            Self::CutShort => "The request ended inside a cell.",
            Self::Unauthorised => "This needs a token that the drop knows.",
            Self::OtherSession => "This token belongs to another session.",
            Self::NotFound => "There is nothing at this path.",
            Self::MethodNotAllowed => "This path knows no such method.",
            Self::NoProgress => "Too little arrived for too long.",
            Self::TooLarge => "The request is too large.",
            Self::Gone => "These cells were removed after the desk had them.",
            Self::BeyondEnd => "The offset lies beyond the end of the log.",
            Self::SessionFull => "This session has stored as much as it may.",
            Self::Busy => "Too many requests at once; try again later.",
            Self::Unavailable => "The drop cannot store at the moment.",
            Self::StorageFull => "The drop is full.",
        }
    }

    /// The kind behind a type URN, when it is one of ours.
    #[must_use]
    pub fn from_urn(urn: &str) -> Option<Self> {
        let word = urn.strip_prefix(URN)?;
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A problem document. Its texts are fixed or made from what the protocol says; never from what a client sent.
///
/// Decoding tolerates unknown members, as RFC 9457 asks, so that an older client understands a newer drop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:firsthand:problem:` and the kind's word.
    #[serde(rename = "type")]
    pub urn: String,
    /// The kind's title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong in this case, when more can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Uploads: cells of this request, from its beginning, that are on the disk all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<u32>,
}

impl Problem {
    /// A problem without detail.
    #[must_use]
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            urn: format!("{URN}{}", kind.word()),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: None,
            stored: None,
        }
    }

    /// Adds what is wrong in this case.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds how many cells of the request are on the disk all the same.
    #[must_use]
    pub fn with_stored(mut self, stored: u32) -> Self {
        self.stored = Some(stored);
        self
    }

    /// The kind, when it is one of ours.
    #[must_use]
    pub fn kind(&self) -> Option<ProblemKind> {
        ProblemKind::from_urn(&self.urn)
    }

    /// The JSON that goes over the line.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Strings and numbers always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a problem document.
    ///
    /// # Errors
    /// Any [`WireError`] for malformed or oversized JSON.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        from_json("problem document", bytes)
    }
}

impl From<WireError> for Problem {
    fn from(error: WireError) -> Self {
        let kind = match error {
            WireError::NotBearer => ProblemKind::Unauthorised,
            WireError::TooLarge { .. } => ProblemKind::TooLarge,
            _ => ProblemKind::Malformed,
        };
        Self::new(kind).with_detail(error.to_string())
    }
}
