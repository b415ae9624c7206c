//! Why a file is not taken, and what can go wrong around it.

use serde::{Deserialize, Serialize};

/// Why a file cannot be examined or made safe. The code is stable; pages look up words by [`RefusalCode::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// No kind that we can make safe.
    UnknownKind,
    /// There is nothing in it.
    Empty,
    /// It is locked with a password.
    Encrypted,
    /// It is broken, cut short or not what it says it is.
    Damaged,
    /// Too many bytes.
    TooLarge,
    /// Too many pixels, or too wide or high.
    TooManyPixels,
    /// Too long to play.
    TooLong,
    /// Too many pages.
    TooManyPages,
    /// It holds neither picture nor sound that we can read.
    NothingToShow,
    /// A tool crashed on it.
    ToolCrashed,
    /// A tool made no progress on it, or used up its processor time.
    ToolStalled,
    /// A tool wanted more memory than it may have.
    ToolMemory,
    /// It unpacked to more than may be handed out.
    ToolOutput,
    /// After cleaning, something that could identify was still found.
    UnsafeLeft,
}

impl RefusalCode {
    /// Every code, so that a desk's words can be checked for completeness.
    pub const ALL: [Self; 14] = [
        Self::UnknownKind,
        Self::Empty,
        Self::Encrypted,
        Self::Damaged,
        Self::TooLarge,
        Self::TooManyPixels,
        Self::TooLong,
        Self::TooManyPages,
        Self::NothingToShow,
        Self::ToolCrashed,
        Self::ToolStalled,
        Self::ToolMemory,
        Self::ToolOutput,
        Self::UnsafeLeft,
    ];

    /// The stable name, as serde writes it: `unknown-kind`, ...
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::UnknownKind => "unknown-kind",
            Self::Empty => "empty",
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::TooLarge => "too-large",
            Self::TooManyPixels => "too-many-pixels",
            Self::TooLong => "too-long",
            Self::TooManyPages => "too-many-pages",
            Self::NothingToShow => "nothing-to-show",
            Self::ToolCrashed => "tool-crashed",
            Self::ToolStalled => "tool-stalled",
            Self::ToolMemory => "tool-memory",
            Self::ToolOutput => "tool-output",
            Self::UnsafeLeft => "unsafe-left",
        }
    }

    /// The same in plain English, for command lines and logs. Pages use their own words for [`RefusalCode::key`].
    #[must_use]
    pub fn plain(self) -> &'static str {
        match self {
            Self::UnknownKind => {
                "this kind of file cannot be made safe; ask for a JPEG, PNG, HEIC, MP4, MOV, MP3 or PDF"
            }
            Self::Empty => "the file is empty",
            Self::Encrypted => "the file is locked with a password; ask for an unlocked copy",
            Self::Damaged => "the file is damaged or is not what it claims to be",
            Self::TooLarge => "the file is too large for its kind",
            Self::TooManyPixels => "the picture has too many pixels",
            Self::TooLong => "the recording is too long; ask for it in parts",
            Self::TooManyPages => "the document has too many pages; ask for it in parts",
            Self::NothingToShow => "the file holds no picture or sound that can be read",
            Self::ToolCrashed => "a tool crashed on this file; treat it as an attack",
            Self::ToolStalled => "a tool made no progress on this file; treat it as an attack",
            Self::ToolMemory => "a tool ran out of memory on this file; treat it as an attack",
            Self::ToolOutput => "the file unpacks to far more than it is; treat it as an attack",
            Self::UnsafeLeft => {
                "after cleaning, the file still held something that could identify someone"
            }
        }
    }
}

impl std::fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.plain())
    }
}

/// A file that is not taken: the code, and what exactly was seen (tool names and figures, nothing from the file itself).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code} ({detail})")]
pub struct Refusal {
    /// Why.
    pub code: RefusalCode,
    /// What was seen, in English, for the record.
    pub detail: String,
}

impl Refusal {
    /// A refusal with its detail.
    #[must_use]
    pub fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// What a call of the workshop can end with.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file is at fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The source could not be read (its decryption failed, its file is gone).
    #[error("the file to examine could not be read")]
    Source(#[source] std::io::Error),
    /// This machine is at fault.
    #[error(transparent)]
    Workshop(#[from] WorkshopError),
}

/// What is missing or broken on this machine.
#[derive(Debug, thiserror::Error)]
pub enum WorkshopError {
    /// bubblewrap could not be started.
    #[error("the sandbox `bwrap` could not be started; install the package bubblewrap")]
    NoSandbox(#[source] std::io::Error),
    /// The sandbox started and failed before the worker spoke.
    #[error("the sandbox did not come up: {0}")]
    SandboxFailed(String),
    /// The worker program was not found.
    #[error(
        "the media worker was not found: call media::worker::main_if_worker() first in main, or put fh-media-worker beside the program"
    )]
    NoWorker,
    /// A tool is not installed.
    #[error("the tool `{0}` is not installed; see crates/media/apt.txt")]
    NoTool(String),
    /// A wall of the sandbox does not stand.
    #[error("the sandbox is open: {0}")]
    OpenWall(String),
    /// Scratch space failed.
    #[error("scratch space could not be used")]
    Scratch(#[source] std::io::Error),
    /// The worker answered nonsense.
    #[error("the worker broke its protocol: {0}")]
    Protocol(String),
}
