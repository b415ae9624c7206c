//! What is known to stand at a host: one line a file, written after the host has said yes, so that a transfer which was cut
//! goes on where it was. A line with `?` for a digest says that nothing is known any more. It is a note, and what it does
//! not know is sent again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ledger::Digest;

pub(super) struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    known: BTreeMap<String, Digest>,
}

impl Journal {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut known = BTreeMap::new();
        // A line that was cut has no end, and may name another file than was meant.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        for line in text[..whole].lines() {
            if let Some((digest, path)) = line.split_once(' ') {
                match digest.parse() {
                    Ok(digest) => known.insert(path.to_owned(), digest),
                    Err(_) => known.remove(path),
                };
            }
        }
        let file = File::options().create(true).append(true).open(path)?;
        file.set_len(whole as u64)?;
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
            known,
        })
    }

    /// What stood there when the journal was opened.
    pub(super) fn knows(&self, path: &str) -> Option<&Digest> {
        self.known.get(path)
    }

    /// Before something is replaced or removed: nobody knows from here on.
    pub(super) fn forget<'p>(&self, paths: impl Iterator<Item = &'p str>) -> io::Result<()> {
        let text: String = paths.map(|path| format!("? {path}\n")).collect();
        self.write(&text)?;
        self.lock().sync_data()
    }

    pub(super) fn stands(&self, path: &str, digest: &Digest) -> io::Result<()> {
        self.write(&format!("{digest} {path}\n"))
    }

    /// After a whole transfer: exactly this stands there.
    pub(super) fn settle<'p>(
        self,
        all: impl Iterator<Item = (&'p str, &'p Digest)>,
    ) -> io::Result<()> {
        let text: String = all
            .map(|(path, digest)| format!("{digest} {path}\n"))
            .collect();
        let fresh = self.path.with_extension("new");
        fs::write(&fresh, text)?;
        File::open(&fresh)?.sync_all()?;
        fs::rename(&fresh, &self.path)
    }

    fn write(&self, text: &str) -> io::Result<()> {
        self.lock().write_all(text.as_bytes())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_line_about_a_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sent");
        let (one, two) = (ledger::sha256(b"one"), ledger::sha256(b"two"));
        let journal = Journal::open(&path).unwrap();
        for (name, digest) in [("a", &one), ("b", &one), ("a", &two), ("c", &one)] {
            journal.stands(name, digest).unwrap();
        }
        journal.forget(["b"].into_iter()).unwrap();
        let mut file = File::options().append(true).open(&path).unwrap();
        write!(file, "{two} c").unwrap();
        let again = Journal::open(&path).unwrap();
        assert_eq!(again.knows("a"), Some(&two));
        assert_eq!(again.knows("b"), None);
        assert_eq!(again.knows("c"), Some(&one), "the cut line says nothing");
        again.stands("d", &two).unwrap();
        assert_eq!(Journal::open(&path).unwrap().knows("d"), Some(&two));
        again.settle([("e", &one)].into_iter()).unwrap();
        let settled = Journal::open(&path).unwrap();
        assert_eq!((settled.knows("a"), settled.knows("e")), (None, Some(&one)));
    }
}
