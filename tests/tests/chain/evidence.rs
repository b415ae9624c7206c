//! Searching what programs leave behind, as somebody would who took the machine.

use std::fs;
use std::path::Path;

/// Something that must not be found.
#[derive(Debug)]
pub(crate) struct Needle {
    /// What it is, for the message.
    pub(crate) what: String,
    bytes: Vec<u8>,
}

impl Needle {
    /// Looked for byte by byte.
    pub(crate) fn new(what: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let needle = Self {
            what: what.into(),
            bytes: bytes.into(),
        };
        assert!(
            needle.bytes.len() >= 6,
            "{} is too short to mean anything",
            needle.what
        );
        needle
    }

    /// Whether it is in `hay`.
    pub(crate) fn is_in(&self, hay: &[u8]) -> bool {
        let first = self.bytes[0];
        let mut rest = hay;
        while let Some(at) = rest.iter().position(|byte| *byte == first) {
            if rest[at..].starts_with(&self.bytes) {
                return true;
            }
            rest = &rest[at + 1..];
        }
        false
    }
}

/// Names of files and their bytes below `folder` in which a needle was found.
pub(crate) fn find(folder: &Path, needles: &[Needle]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
    {
        let name = entry.path().to_string_lossy().into_owned();
        let bytes = match entry.file_type().is_file() {
            true => fs::read(entry.path()).unwrap_or_default(),
            false => Vec::new(),
        };
        for needle in needles {
            let below = name
                .strip_prefix(&*folder.to_string_lossy())
                .unwrap_or(&name);
            if needle.is_in(&bytes) || needle.is_in(below.as_bytes()) {
                found.push(format!("{}: {}", needle.what, name));
            }
        }
    }
    found
}
