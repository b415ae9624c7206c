//! The desk's own tree over the cells that one drop handed out: a file of hashes that only grows.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use ledger::stored::{self, StoredHashes};
use ledger::{Digest, EMPTY_ROOT, leaf_hash};
use newsroom::conduct::OwnTree;
use wire::CellHash;

const HASH: u64 = 32;

/// What became of cells that were held against the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// They are in it now, or were already.
    In,
    /// The cell at this offset is not the one that stood there before.
    Changed(u64),
    /// The tree ends before they begin.
    Gap,
}

/// A tree in a file.
pub(super) struct TreeFile {
    file: File,
    size: u64,
}

impl TreeFile {
    /// Opens a tree or begins one; what a crash left half-written at its end is cut.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        let held = file.metadata()?.len() / HASH;
        // A list of h hashes has more than h / 2 leaves and at most h / 2 + 41: every leaf completes one inner node or none.
        let mut size = held / 2 + 41;
        while stored::stored_hashes(size) > held {
            size -= 1;
        }
        file.set_len(stored::stored_hashes(size) * HASH)?;
        Ok(Self { file, size })
    }

    /// Takes in cells from an offset, durably; those that are there already are compared.
    pub(super) fn take(&mut self, from: u64, cells: &[u8]) -> io::Result<Taken> {
        if from > self.size {
            return Ok(Taken::Gap);
        }
        let leaves: Vec<Digest> = cells
            .chunks_exact(wire::CELL_BYTES)
            .map(|cell| leaf_hash(CellHash::of(cell).as_bytes()))
            .collect();
        let known = usize::try_from(self.size - from).unwrap_or(usize::MAX);
        for (offset, leaf) in (from..).zip(leaves.iter().take(known)) {
            if self.at(stored::place_of_leaf(offset))? != *leaf {
                return Ok(Taken::Changed(offset));
            }
        }
        self.append(leaves.get(known..).unwrap_or_default())?;
        Ok(Taken::In)
    }

    /// Forgets leaves from this one on.
    pub(super) fn cut(&mut self, size: u64) -> io::Result<()> {
        self.file.set_len(stored::stored_hashes(size) * HASH)?;
        self.size = size;
        Ok(())
    }

    /// Appends leaves, durably.
    pub(super) fn append(&mut self, leaves: &[Digest]) -> io::Result<()> {
        if leaves.is_empty() {
            return Ok(());
        }
        let added = stored::grow(self.size, leaves, self)?;
        let bytes: Vec<u8> = added.iter().flat_map(|hash| hash.0).collect();
        let end = stored::stored_hashes(self.size) * HASH;
        self.file.write_all_at(&bytes, end)?;
        self.file.sync_data()?;
        self.size += leaves.len() as u64;
        Ok(())
    }
}

impl StoredHashes for TreeFile {
    fn at(&self, place: u64) -> io::Result<Digest> {
        let mut hash = [0; 32];
        self.file.read_exact_at(&mut hash, place * HASH)?;
        Ok(Digest(hash))
    }
}

impl OwnTree for TreeFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn root(&self, size: u64) -> Option<Digest> {
        match size {
            0 => Some(EMPTY_ROOT),
            size if size > self.size => None,
            size => stored::root(size, self).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(range: std::ops::Range<u8>) -> Vec<u8> {
        range.flat_map(|n| vec![n; wire::CELL_BYTES]).collect()
    }

    #[test]
    fn a_tree_survives_and_knows_a_changed_cell() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tree");
        let mut tree = TreeFile::open(&path).unwrap();
        assert_eq!(tree.take(0, &cells(0..5)).unwrap(), Taken::In);
        assert_eq!(tree.take(7, &cells(7..8)).unwrap(), Taken::Gap);
        assert_eq!(tree.take(3, &cells(3..7)).unwrap(), Taken::In);
        let root = tree.root(7);
        assert_eq!(tree.take(5, &cells(6..7)).unwrap(), Taken::Changed(5));
        drop(tree);
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        io::Write::write_all(&mut &file, &[9; 50]).unwrap();
        for size in [7, 7] {
            let tree = TreeFile::open(&path).unwrap();
            assert_eq!((tree.size(), tree.root(7)), (size, root));
        }
        for length in 0..20_u64 {
            file.set_len(length * 32).unwrap();
            let size = TreeFile::open(&path).unwrap().size();
            assert!(stored::stored_hashes(size) <= length);
            assert!(stored::stored_hashes(size + 1) > length);
        }
    }
}
