//! The parsers of hostile bytes, without the sandbox around them, for fuzz targets and the plain test that replays them.
//!
//! In life all but [`sniff`] run inside; they are fuzzed all the same, because a second wall is no reason for a crack in the first.

use std::io::Cursor;

use crate::{finding, kind, mp4, worker};

/// Telling kinds.
pub fn sniff(bytes: &[u8]) {
    let _ = kind::sniff(bytes);
}

/// What exiftool says.
pub fn findings(bytes: &[u8]) {
    if let Ok(findings) = finding::findings_from_exiftool(bytes) {
        let steers = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}');
        assert!(
            findings
                .iter()
                .all(|finding| !finding.value.contains(steers) && !finding.place.contains(steers))
        );
    }
}

/// Fragments of an encoder that was taken over, rewritten.
pub fn fragments(bytes: &[u8]) {
    let mut out = Vec::new();
    let done = mp4::rewrite(&mut Cursor::new(bytes), bytes.len() as u64, &mut out);
    assert!(done.is_err() || out.starts_with(b"\0\0\0\x20ftyp"));
}

/// Files that claim to be scrubbed, and what tools say of documents and pictures.
pub fn checks(bytes: &[u8]) {
    worker::fuzz(bytes);
}

/// A target: any bytes go in, nothing may panic.
pub type Target = fn(&[u8]);

/// Every target by name.
pub const ALL: &[(&str, Target)] = &[
    ("media_sniff", sniff),
    ("media_findings", findings),
    ("media_fragments", fragments),
    ("media_checks", checks),
];
