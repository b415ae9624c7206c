//! What crosses the desk's border beside views: media, refusals, errors, events.

use std::io::{Read, Seek};

/// Bytes that can be read from any position: what a page needs to answer byte ranges.
///
/// The bytes are opened on the fly from the sealed blob; no plaintext file exists behind them.
pub trait MediaReader: Read + Seek + Send {}

impl<T: Read + Seek + Send> MediaReader for T {}

/// One medium, opened for reading.
pub struct Media {
    /// Length of the plaintext in bytes.
    pub len: u64,
    /// The media type to answer with; always of the desk's own making (never the sender's word).
    pub mime: String,
    /// The plaintext, seekable. Synchronous: read it on a blocking thread.
    pub reader: Box<dyn MediaReader>,
}

/// Why a share was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UnlockRefusal {
    /// Nobody of that name holds a share.
    #[error("{name} is not a custodian of this newsroom; choose one of the names listed")]
    UnknownCustodian {
        /// The name as entered.
        name: String,
    },
    /// The passphrase does not open that custodian's share.
    #[error("that passphrase does not open the share of {name}; type it again")]
    WrongPassphrase {
        /// Whose share.
        name: String,
    },
    /// That custodian's share is in already.
    #[error("{name} has already entered a share; another custodian is needed")]
    AlreadyEntered {
        /// Whose share.
        name: String,
    },
    /// The share opened, but does not belong to the present set (an old backup, another newsroom).
    #[error("the share of {name} does not belong to this keyring")]
    ForeignShare {
        /// Whose share.
        name: String,
    },
    /// The desk is open already.
    #[error("the desk is already open")]
    AlreadyOpen,
    /// The keys came out, but the database or the archive could not be opened with them.
    #[error("the shares are right, but the newsroom's store could not be opened: {reason}")]
    StoreUnavailable {
        /// What went wrong, for the operator.
        reason: String,
    },
}

impl UnlockRefusal {
    /// A stable code, the key of the Fluent message.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCustodian { .. } => "unknown-custodian",
            Self::WrongPassphrase { .. } => "wrong-passphrase",
            Self::AlreadyEntered { .. } => "already-entered",
            Self::ForeignShare { .. } => "foreign-share",
            Self::AlreadyOpen => "already-open",
            Self::StoreUnavailable { .. } => "store-unavailable",
        }
    }
}

/// The desk is locked; custodians have to enter their passphrases first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the desk is locked: custodians have to unlock it first")]
pub struct Locked;

/// Why a call at the desk failed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The desk is locked.
    #[error(transparent)]
    Locked(#[from] Locked),
    /// There is no such thing (any more).
    #[error("no {what} {id}")]
    NotFound {
        /// `item`, `derivative`, `story` ...
        what: &'static str,
        /// The id asked for.
        id: String,
    },
    /// The newsroom's rules refuse it; the code is the key of the Fluent message.
    #[error("refused: {code}")]
    Refused {
        /// The refusal's code, as `newsroom` names it (`same-editor-twice`, `stale-approval`, ...).
        code: String,
    },
    /// The medium is not there (not made yet, or its making failed).
    #[error("there is no {what} of item {id} yet")]
    NotMade {
        /// `preview`, `poster` ...
        what: &'static str,
        /// The item.
        id: String,
    },
    /// Something inside failed; the page says so without details, the log has the code.
    #[error("internal failure in {during}: {reason}")]
    Internal {
        /// The operation.
        during: &'static str,
        /// For the operator's log; free of anything about sources.
        reason: String,
    },
}

impl DeskError {
    /// A stable code, the key of the Fluent message.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Locked(_) => "locked",
            Self::NotFound { .. } => "not-found",
            Self::Refused { code } => code,
            Self::NotMade { .. } => "not-made",
            Self::Internal { .. } => "internal",
        }
    }
}

/// What changed, so that an open page can refresh that part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What kind of thing.
    pub kind: EventKind,
    /// Its id as the pages' URLs have it; empty for `Lock`.
    pub id: String,
    /// How many events the desk has told since it started, this one included.
    pub number: u64,
}

/// Kinds of live events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// The desk was locked or unlocked.
    Lock,
    /// A dispatch grew or changed its state.
    Dispatch,
    /// An item arrived, or its findings, preview or scrub changed.
    Item,
    /// A story was saved, approved or published.
    Story,
}

impl EventKind {
    /// The name on the event stream.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Dispatch => "dispatch",
            Self::Item => "item",
            Self::Story => "story",
        }
    }
}
