//! Hashing, signed notes, Merkle trees and tiles: what makes a list that nobody can rewrite unseen.
//!
//! The crate follows the C2SP documents *tlog-tiles*, *tlog-checkpoint*, *signed-note* and
//! *tlog-cosignature*, so that any follower of such logs can follow ours. It does not know what is
//! logged, reads no clock and makes no randomness; `docs/formats/ledger.md` gives the bytes.

mod checkpoint;
mod cosignature;
mod digest;
mod key;
mod log;
mod manifest;
mod storage;
mod tree;

pub mod chain;
pub mod stored;
pub mod webhook;

pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use cosignature::{Cosignature, CosignerKey};
pub use digest::{Digest, DigestError, Sha256Writer, commitment, sha256};
pub use key::{KeyError, LogSigner, LogVerifier, origin_for};
pub use log::{Log, LogError};
pub use manifest::{Listed, ManifestError, SiteManifest, read_list, write_list};
pub use storage::{DirStorage, Disk, RealDisk, Storage};
pub use tree::{ConsistencyProof, EMPTY_ROOT, InclusionProof, TreeError, leaf_hash, node_hash};

/// The largest tree this crate reads or writes: far above need, far below arithmetic trouble.
pub const MAX_SIZE: u64 = 1 << 40;

/// The longest entry of a log, as the two-byte length of tlog-tiles bundles allows.
pub const MAX_ENTRY: usize = 65_535;
