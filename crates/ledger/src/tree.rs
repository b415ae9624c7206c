//! RFC 6962 trees: hashes of entries and nodes, and the two proofs that stand on them.

use thiserror::Error;
use tlog_tiles::tlog::{Hash, check_record, check_tree};

use crate::MAX_SIZE;
use crate::digest::Digest;

/// The root of a tree without entries.
pub const EMPTY_ROOT: Digest = Digest(tlog_tiles::EMPTY_HASH.0);

/// A proof in a tree of at most 2^40 entries has at most this many hashes.
const MAX_PATH: usize = 64;

/// Why a proof is refused.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum TreeError {
    /// The proof speaks of an entry or a tree that cannot be.
    #[error("the proof names an entry or a tree that cannot be")]
    Range,
    /// The hashes do not lead from the entry, or the older tree, to the root.
    #[error("the proof does not lead to the root of the tree")]
    Mismatch,
}

/// The hash of an entry, as it stands in the tree.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest(tlog_tiles::record_hash(entry).0)
}

/// The hash of a node over its two children.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest(tlog_tiles::node_hash(Hash(left.0), Hash(right.0)).0)
}

/// Shows that a tree of `size` entries holds a certain entry at `index`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The entry's place, counted from 0.
    pub index: u64,
    /// How many entries the tree has.
    pub size: u64,
    /// The audit path, from the entry upwards.
    pub path: Vec<Digest>,
}

impl InclusionProof {
    /// Checks the proof for an entry's [`leaf_hash`] under `root`.
    ///
    /// # Errors
    /// [`TreeError`] unless it proves exactly that.
    pub fn check(&self, leaf: &Digest, root: &Digest) -> Result<(), TreeError> {
        if self.index >= self.size || self.size > MAX_SIZE || self.path.len() > MAX_PATH {
            return Err(TreeError::Range);
        }
        let path = hashes(&self.path);
        check_record(&path, self.size, Hash(root.0), self.index, Hash(leaf.0))
            .map_err(|_| TreeError::Mismatch)
    }
}

/// Shows that a larger tree begins with all entries of a smaller one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Entries of the smaller tree.
    pub old_size: u64,
    /// Entries of the larger tree.
    pub size: u64,
    /// The hashes that lead to both roots.
    pub path: Vec<Digest>,
}

impl ConsistencyProof {
    /// Checks the proof between two roots.
    ///
    /// # Errors
    /// [`TreeError`] unless the larger tree begins with the smaller one.
    pub fn check(&self, old_root: &Digest, root: &Digest) -> Result<(), TreeError> {
        if self.old_size > self.size || self.size > MAX_SIZE || self.path.len() > MAX_PATH {
            return Err(TreeError::Range);
        }
        if self.old_size == 0 {
            let empty = *old_root == EMPTY_ROOT && self.path.is_empty();
            return if empty {
                Ok(())
            } else {
                Err(TreeError::Mismatch)
            };
        }
        let path = hashes(&self.path);
        check_tree(
            &path,
            self.size,
            Hash(root.0),
            self.old_size,
            Hash(old_root.0),
        )
        .map_err(|_| TreeError::Mismatch)
    }
}

fn hashes(path: &[Digest]) -> Vec<Hash> {
    path.iter().map(|digest| Hash(digest.0)).collect()
}

pub(crate) fn digests(path: Vec<Hash>) -> Vec<Digest> {
    path.into_iter().map(|hash| Digest(hash.0)).collect()
}
