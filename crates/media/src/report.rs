//! What the workshop hands back.

use serde::{Deserialize, Serialize};

use crate::{Finding, Kind, Output, Refusal};

/// What was learnt about a file without changing it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// Told by content; `None` when it is no kind that we know.
    pub kind: Option<Kind>,
    /// Bytes of the file.
    pub bytes: u64,
    /// Pixels as shown (after rotation).
    pub width: Option<u32>,
    /// Pixels as shown (after rotation).
    pub height: Option<u32>,
    /// Milliseconds of sound or video.
    pub duration_ms: Option<u64>,
    /// Pages of a document.
    pub pages: Option<u32>,
    /// Codecs, profile and the like, in short words (`h264`, `aac`).
    pub streams: Vec<String>,
    /// What was found in it beside picture and sound.
    pub findings: Vec<Finding>,
    /// Set when it cannot be made safe (or a tool died on it): it can be kept, not shown and not published.
    pub trouble: Option<Refusal>,
}

/// What an editor looks at: never the file itself.
#[derive(Debug)]
pub struct Preview {
    /// One JPEG, at most 1280 pixels a side: the picture, a frame, page 1, or the waveform of a sound.
    pub poster: Output,
    /// What plays, for sound and video.
    pub proxy: Option<Proxy>,
    /// Pages of a document as JPEGs (at most the first 30).
    pub pages: Vec<Output>,
}

/// Something that plays in a browser, also with byte ranges.
#[derive(Debug)]
pub struct Proxy {
    /// MP4 (H.264, AAC) for video, MP3 for sound.
    pub kind: Kind,
    /// Its media type.
    pub mime: &'static str,
    /// The bytes; the moov box comes first.
    pub output: Output,
}

/// A file made safe by encoding it anew.
#[derive(Debug)]
pub struct Scrubbed {
    /// The kind of the new file ([`Kind::published_as`]).
    pub kind: Kind,
    /// Its media type.
    pub mime: &'static str,
    /// The bytes.
    pub output: Output,
    /// Pixels as shown.
    pub width: Option<u32>,
    /// Pixels as shown.
    pub height: Option<u32>,
    /// Milliseconds of sound or video.
    pub duration_ms: Option<u64>,
    /// What was done.
    pub report: ScrubReport,
}

/// What a scrub removed and what it left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScrubReport {
    /// What had been found in the file and is gone.
    pub removed: Vec<Finding>,
    /// What was still found in the new file when a fresh sandbox looked at it: technical facts (an encoder's trace), never
    /// anything that identifies, or the scrub would have been refused.
    pub left: Vec<Finding>,
    /// Tools and their versions, in the order used.
    pub tools: Vec<String>,
    /// How the new file came about, as stable words: `decoded`, `rotated-upright`, `rasterised`, `re-encoded`, ...
    pub steps: Vec<String>,
}
