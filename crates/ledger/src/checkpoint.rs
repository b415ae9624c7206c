//! Tree heads: what a log says about itself, and the signed note that carries it.

use signed_note::{Note, Signature};
use thiserror::Error;

use crate::MAX_SIZE;
use crate::digest::Digest;
use crate::key::{LogVerifier, check_origin};

/// The largest note that is read; ours have about 500 bytes.
const MAX_NOTE: usize = 16 * 1024;

/// Why a checkpoint is refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum CheckpointError {
    /// Not a note, not a checkpoint, or not spelt the one way it is written.
    #[error("the checkpoint is malformed")]
    Malformed,
    /// A checkpoint of another log.
    #[error("the checkpoint belongs to the log {found:?}, not to {expected:?}")]
    Origin {
        /// The log that was asked for.
        expected: String,
        /// The log that the checkpoint names.
        found: String,
    },
    /// A signature is missing, foreign or false.
    #[error("the checkpoint is not signed by the key of its log")]
    Signature,
    /// The tree is larger than this software handles.
    #[error("a tree of {0} entries is larger than this software handles")]
    Size(u64),
    /// The time lies outside the years 1970 to 9999.
    #[error("the time {0} is out of range")]
    Clock(u64),
}

/// A tree head: log, size, root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
}

impl Checkpoint {
    /// A tree head of the log `origin`.
    ///
    /// # Errors
    /// [`CheckpointError`] when the name or the size cannot be.
    pub fn new(origin: &str, size: u64, root: Digest) -> Result<Self, CheckpointError> {
        check_origin(origin).map_err(|_| CheckpointError::Malformed)?;
        if size > MAX_SIZE {
            return Err(CheckpointError::Size(size));
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
        })
    }

    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries the log had.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over them.
    #[must_use]
    pub const fn root(&self) -> Digest {
        self.root
    }

    /// The three lines that are signed.
    pub(crate) fn text(&self) -> String {
        let root = tlog_tiles::Hash(self.root.0);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    fn parse(text: &[u8]) -> Result<Self, CheckpointError> {
        let read =
            tlog_tiles::Checkpoint::from_bytes(text).map_err(|_| CheckpointError::Malformed)?;
        let checkpoint = Self::new(read.origin(), read.size(), Digest(read.hash().0))?;
        // Writing it again refuses extension lines and every second spelling at once.
        if checkpoint.text().as_bytes() == text {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Malformed)
        }
    }
}

/// A checkpoint whose signatures were made or checked here; there is no other way to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: String,
    clock: u64,
}

impl SignedCheckpoint {
    /// The tree head.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// How many entries the log had.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// The root of the tree over them.
    #[must_use]
    pub const fn root(&self) -> Digest {
        self.checkpoint.root
    }

    /// When the log signed, by its own clock (seconds since 1970 UTC).
    #[must_use]
    pub const fn clock(&self) -> u64 {
        self.clock
    }

    /// The signed note, as it is stored and published.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }
}

pub(crate) fn from_signed_note(
    checkpoint: Checkpoint,
    note: String,
    clock: u64,
) -> Result<SignedCheckpoint, CheckpointError> {
    if note.len() > MAX_NOTE {
        return Err(CheckpointError::Malformed);
    }
    Ok(SignedCheckpoint {
        checkpoint,
        note,
        clock,
    })
}

pub(crate) fn open(
    verifier: &LogVerifier,
    note: &[u8],
) -> Result<SignedCheckpoint, CheckpointError> {
    if note.len() > MAX_NOTE {
        return Err(CheckpointError::Malformed);
    }
    let parsed = Note::from_bytes(note).map_err(|_| CheckpointError::Malformed)?;
    let checkpoint = Checkpoint::parse(parsed.text())?;
    if checkpoint.origin != verifier.origin() {
        return Err(CheckpointError::Origin {
            expected: verifier.origin().to_owned(),
            found: checkpoint.origin,
        });
    }
    let signatures = signatures(note)?;
    let [log, clock] = signatures.as_slice() else {
        return Err(CheckpointError::Signature);
    };
    let by_log = log.name() == verifier.origin()
        && clock.name() == verifier.origin()
        && verifier.signs(log.id(), parsed.text(), log.signature());
    if !by_log {
        return Err(CheckpointError::Signature);
    }
    let stated = verifier
        .clock_key()
        .open(parsed.text(), clock.id(), clock.signature())?;
    let note = String::from_utf8(note.to_vec()).map_err(|_| CheckpointError::Malformed)?;
    from_signed_note(checkpoint, note, stated.clock)
}

/// The signature lines of a note that parsed: signed_note keeps its own list to itself.
fn signatures(note: &[u8]) -> Result<Vec<Signature>, CheckpointError> {
    let text = std::str::from_utf8(note).map_err(|_| CheckpointError::Malformed)?;
    let (_, lines) = text.rsplit_once("\n\n").ok_or(CheckpointError::Malformed)?;
    lines
        .lines()
        .map(|line| Signature::from_bytes(line.as_bytes()).map_err(|_| CheckpointError::Malformed))
        .collect()
}
