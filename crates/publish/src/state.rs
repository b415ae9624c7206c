//! What the present site was made from, so that the next build takes over what would come out the same.
//!
//! The file `.NAME.state` beside the site is a cache and nothing more: whatever does not fit, from one line
//! to the whole file, means writing anew. A file on the disk is only taken over while size, time of change and
//! inode are those that were noted after writing it, so what was changed by other hands is written again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ledger::Digest;

use crate::address::SitePath;

const FIRST_LINE: &str = "firsthand site state 1";

/// One file of the present site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// What it was made from; for media, what was approved.
    pub(crate) key: Digest,
    /// SHA-256 of its bytes.
    pub(crate) sha256: Digest,
    /// Its length.
    pub(crate) bytes: u64,
    mark: Mark,
}

/// What the file system says of an untouched file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    inode: u64,
    seconds: i64,
    nanos: i64,
}

impl Kept {
    /// Notes a file that was just written.
    pub(crate) fn note(
        path: &Path,
        key: Digest,
        sha256: Digest,
        bytes: u64,
    ) -> std::io::Result<Self> {
        let mark = Mark::of(&fs::symlink_metadata(path)?);
        Ok(Self {
            key,
            sha256,
            bytes,
            mark,
        })
    }

    /// Whether both are the same file on the disk.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        self.mark == other.mark && self.bytes == other.bytes
    }

    /// Whether the file there is still the one that was noted.
    pub(crate) fn stands_at(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|found| {
            found.is_file() && found.len() == self.bytes && Mark::of(&found) == self.mark
        })
    }
}

impl Mark {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            seconds: metadata.mtime(),
            nanos: metadata.mtime_nsec(),
        }
    }
}

/// All files of the present site.
#[derive(Debug, Default)]
pub(crate) struct State(pub(crate) BTreeMap<SitePath, Kept>);

impl State {
    /// Where the state of a site lies.
    pub(crate) fn path(out: &Path) -> PathBuf {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        out.with_file_name(format!(".{name}.state"))
    }

    /// The noted state, or none.
    pub(crate) fn load(out: &Path) -> Self {
        let text = fs::read_to_string(Self::path(out)).unwrap_or_default();
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Self::default();
        }
        Self(lines.filter_map(line).collect())
    }

    /// As it is written.
    pub(crate) fn encode(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        for (path, kept) in &self.0 {
            let Mark {
                inode,
                seconds,
                nanos,
            } = kept.mark;
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{} {} {} {inode} {seconds} {nanos} {path}",
                kept.key, kept.sha256, kept.bytes
            );
        }
        text
    }
}

fn line(line: &str) -> Option<(SitePath, Kept)> {
    let mut fields = line.splitn(7, ' ');
    let mut next = || fields.next();
    let kept = Kept {
        key: next()?.parse().ok()?,
        sha256: next()?.parse().ok()?,
        bytes: next()?.parse().ok()?,
        mark: Mark {
            inode: next()?.parse().ok()?,
            seconds: next()?.parse().ok()?,
            nanos: next()?.parse().ok()?,
        },
    };
    Some((next()?.parse().ok()?, kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_back_and_nonsense_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("site");
        let file = folder.path().join("page");
        fs::write(&file, "words").unwrap();
        let digest = ledger::sha256(b"words");
        let kept = Kept::note(&file, digest, digest, 5).unwrap();
        assert!(kept.stands_at(&file));
        let mut state = State::default();
        state
            .0
            .insert(SitePath::made("en/index.html".to_owned()), kept);
        let text = state.encode();
        for (written, expected) in [
            (text.clone(), 1),
            (format!("{text}nonsense\n"), 1),
            (text.replace("en/index", "../index"), 0),
            (text.replace("state 1", "state 2"), 0),
            (String::new(), 0),
        ] {
            fs::write(State::path(&out), written).unwrap();
            assert_eq!(State::load(&out).0.len(), expected);
        }
        fs::write(State::path(&out), text).unwrap();
        assert_eq!(State::load(&out).0, state.0);
        fs::write(&file, "wordz").unwrap();
        assert!(!kept.stands_at(&file));
    }
}
