//! The border between the pages and everything headless.
//!
//! A handler extracts its arguments, makes one call on [`Desk`] and renders the view it gets back.
//! Nothing of HTTP crosses this border downwards, nothing of SQL, keys or files upwards: what a
//! page needs to show arrives as a plain view, what it must stream arrives as [`Media`].

mod views;

use std::io::{Read, Seek};

use keys::passphrase::Passphrase;
use tokio::sync::broadcast;

pub use views::*;

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
    /// Not finished yet (none of these is left in a release).
    #[error("not built yet")]
    NotYet,
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
            Self::Internal { .. } | Self::NotYet => "internal",
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

/// The desk, as the pages see it. Cloning is cheap; all clones are one desk.
#[derive(Clone)]
pub struct Desk {
    events: broadcast::Sender<Event>,
}

impl Desk {
    /// Whether the desk is open, and if not, who has entered a share so far.
    pub async fn lock_state(&self) -> LockState {
        LockState::Locked {
            threshold: 0,
            entered: Vec::new(),
            custodians: Vec::new(),
        }
    }

    /// Takes one custodian's passphrase; the k-th opens the desk.
    ///
    /// # Errors
    /// Names what is wrong with this share.
    pub async fn enter_share(
        &self,
        _custodian: &str,
        _passphrase: Passphrase,
    ) -> Result<LockState, UnlockRefusal> {
        Err(UnlockRefusal::AlreadyOpen)
    }

    /// Locks the desk: keys are wiped, the database is closed, receiving goes on.
    pub async fn lock(&self) {}

    /// The newsroom's store, for editors' accounts and sessions (`auth`). A cheap handle: do not
    /// keep it across requests, or locking cannot close the database.
    ///
    /// # Errors
    /// [`Locked`] while locked.
    pub fn store(&self) -> Result<store::Store, Locked> {
        Err(Locked)
    }

    /// What has arrived, newest first.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn inbox(&self) -> Result<InboxView, DeskError> {
        Err(DeskError::NotYet)
    }

    /// One item with all that is known about it.
    ///
    /// # Errors
    /// Locked, not found, or the store failed.
    pub async fn item(&self, _item: ItemId) -> Result<ItemView, DeskError> {
        Err(DeskError::NotYet)
    }

    /// The preview of an item (H.264 proxy, audio, picture), for byte ranges.
    ///
    /// # Errors
    /// Locked, not found, not made yet, or the blob failed.
    pub async fn open_preview(&self, _item: ItemId) -> Result<Media, DeskError> {
        Err(DeskError::NotYet)
    }

    /// The poster (a JPEG) of an item.
    ///
    /// # Errors
    /// As [`Desk::open_preview`].
    pub async fn open_poster(&self, _item: ItemId) -> Result<Media, DeskError> {
        Err(DeskError::NotYet)
    }

    /// One page of a document (a JPEG), counted from 1; there are [`ItemView::pages`].
    ///
    /// # Errors
    /// As [`Desk::open_preview`].
    pub async fn open_page(&self, _item: ItemId, _number: u32) -> Result<Media, DeskError> {
        Err(DeskError::NotYet)
    }

    /// A derivative: exactly the bytes that would be published.
    ///
    /// # Errors
    /// As [`Desk::open_preview`].
    pub async fn open_derivative(&self, _derivative: DerivativeId) -> Result<Media, DeskError> {
        Err(DeskError::NotYet)
    }

    /// Asks for a scrubbed derivative; the work runs in the background and reports by events.
    /// Asking twice while one is under way is harmless.
    ///
    /// # Errors
    /// Locked, not found, or the store failed.
    pub async fn request_scrub(&self, _item: ItemId, _editor: EditorId) -> Result<(), DeskError> {
        Err(DeskError::NotYet)
    }

    /// All stories, newest first.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn stories(&self) -> Result<Vec<StoryLine>, DeskError> {
        Err(DeskError::NotYet)
    }

    /// One story with its texts, derivatives, clearance hash and approvals.
    ///
    /// # Errors
    /// Locked, not found, or the store failed.
    pub async fn story(&self, _story: StoryId) -> Result<StoryView, DeskError> {
        Err(DeskError::NotYet)
    }

    /// Starts an empty story.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn new_story(&self, _editor: EditorId) -> Result<StoryId, DeskError> {
        Err(DeskError::NotYet)
    }

    /// Saves texts and derivatives as a new version; standing approvals are void afterwards.
    ///
    /// `draft.version` is the version the editor started from; without it (tools) the present one
    /// is meant. Without `draft.settings` they stay as they are.
    ///
    /// # Errors
    /// Locked, not found, refused, or the store failed.
    pub async fn save_story(
        &self,
        _editor: EditorId,
        _story: StoryId,
        _draft: StoryDraft,
    ) -> Result<StoryView, DeskError> {
        Err(DeskError::NotYet)
    }

    /// Approves exactly the clearance the editor saw (`clearance` is the hash in hex, as the page
    /// showed it); `session` is the hash of the token of the session the editor acts in, which the
    /// approval's evidence binds.
    ///
    /// # Errors
    /// Locked, not found, refused (same editor twice, changed meanwhile), or the store failed.
    pub async fn approve(
        &self,
        _editor: EditorId,
        _story: StoryId,
        _clearance: &str,
        _session: &ledger::Digest,
    ) -> Result<StoryView, DeskError> {
        Err(DeskError::NotYet)
    }

    /// Publishes a cleared story: statements, log, proofs, site. Repeating it is harmless.
    ///
    /// # Errors
    /// Locked, not found, refused (not cleared), or a station failed.
    pub async fn publish(
        &self,
        _editor: EditorId,
        _story: StoryId,
    ) -> Result<PublicationView, DeskError> {
        Err(DeskError::NotYet)
    }

    /// Live events; a receiver that lags loses the oldest and should refresh everything.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}
