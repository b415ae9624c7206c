//! What can go wrong inside, in terms that a person can act on. Nothing here names a file, a note or a key.

use formats::{BulletinRefusal, DecodeError, DispatchId, DropUrl, PieceError, PieceNo};

use crate::road::RoadError;

/// Why a command could not be done.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// There is no such file.
    #[error("there is no vault")]
    NotSetUp,
    /// The file exists, and setting up would destroy what it holds.
    #[error("the file exists already")]
    AlreadySetUp,
    /// Another program works in the vault.
    #[error("another program is using this vault")]
    Busy,
    /// No vault has this size.
    #[error("no vault has this size")]
    Size(#[source] DecodeError),
    /// Nothing opens with this passphrase.
    #[error("the passphrase is wrong, or this is not a vault")]
    Locked,
    /// The passphrase opens the vault, and the state in it does not open.
    #[error("the vault was damaged")]
    DamagedState,
    /// A passphrase that should not protect anything.
    #[error("the passphrase is refused")]
    Passphrase(#[source] crate::passphrases::PassphraseFault),
    /// No room.
    #[error("the vault is full")]
    Full,
    /// The state opens but cannot be understood.
    #[error("the state cannot be read")]
    State(#[source] DecodeError),
    /// The passphrase could not be stretched.
    #[error("the passphrase could not be checked")]
    Stretch(#[from] keys::StretchError),
    /// The kit cannot be used.
    #[error("the kit cannot be used")]
    Kit(#[source] DecodeError),
    /// Reading what should be added failed.
    #[error("reading file {0} failed")]
    Source(usize, #[source] std::io::Error),
    /// A bulletin that cannot be read.
    #[error("the bulletin cannot be read")]
    BulletinUnreadable(#[source] DecodeError),
    /// A bulletin that is not to be believed.
    #[error("the bulletin is refused")]
    Bulletin(#[source] BulletinRefusal),
    /// Nothing to seal.
    #[error("there is neither a file nor a note")]
    Nothing,
    /// Files or note against the manifest's limits.
    #[error("the dispatch cannot be described")]
    Manifest(#[source] DecodeError),
    /// More pieces than a dispatch can have.
    #[error("the dispatch has too many pieces")]
    TooManyPieces,
    /// Sealing failed.
    #[error("sealing failed")]
    Piece(#[from] PieceError),
    /// The disk failed.
    #[error("the disk failed while {doing}")]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else asked for the kit with the same words; or they were used up long ago.
    #[error("these words were used by somebody else, or too long ago")]
    WordsSpent,
    /// The camera's card failed.
    #[error("the camera's card failed while {doing}")]
    Camera {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A stored piece is not what was sealed.
    #[error("piece {piece} of dispatch {} was damaged on this device", dispatch.short())]
    DamagedPiece {
        /// The dispatch.
        dispatch: DispatchId,
        /// The piece.
        piece: PieceNo,
    },
    /// A drop was named that the kit does not know.
    #[error("the kit does not know {0}")]
    UnknownDrop(DropUrl),
    /// Every token of the chosen drops is spent.
    #[error("no session is left for {0}; ask the newsroom for a new kit")]
    NoTokens(DropUrl),
    /// The kit names no drop at all.
    #[error("the kit names no drop")]
    NoDrop,
    /// No drop could be used.
    #[error("the road cannot be used")]
    Road(#[from] RoadError),
    /// Recovery that the code does not have.
    #[error("that much recovery is not possible")]
    Recovery,
    /// A dispatch was named that is not here.
    #[error("dispatch {} is not here", .0.short())]
    UnknownDispatch(DispatchId),
    /// What is to be carried does not fit on the cards.
    #[error("the cards are too small, or too many for the code")]
    CardTooSmall {
        /// Places that each card must have; none when there are too many cards.
        places: Option<u32>,
    },
    /// A memory card's own file system cannot be used.
    #[error("the card cannot be used")]
    Card(#[from] formats::card::VolumeError),
}

impl FieldError {
    pub(crate) fn disk(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Disk { doing, source }
    }

    pub(crate) fn camera(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Camera { doing, source }
    }
}
