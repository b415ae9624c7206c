//! The proof file that is published beside a file (`NAME.proof.json`): all a stranger needs to check it offline.
//!
//! Canonical JSON: any changed byte either breaks the encoding or changes a value that verifying looks at. Reading one
//! proves nothing; crate `proof` checks it against keys that the reader trusts.

use ledger::Digest;
use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::error::{DecodeError, at_most, version};
use crate::statement::Statement;

const WHAT: &str = "proof file";
/// The version this program writes and reads.
pub const VERSION: u32 = 1;
/// The longest encoding accepted.
pub const ENCODED_MAX: usize = 64 * 1024;
/// The longest origin, in bytes.
pub const ORIGIN_MAX: usize = 255;
/// The longest verifier key, in bytes.
pub const KEY_MAX: usize = 512;
/// The longest checkpoint note, in bytes.
pub const CHECKPOINT_MAX: usize = 16 * 1024;
/// The longest inclusion proof: a log of 2^53 entries is no higher.
pub const PATH_MAX: usize = 53;

/// Where the statement stands in which log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogProof {
    /// The signed checkpoint, a C2SP signed note with any cosignatures.
    pub checkpoint: String,
    /// The entry's position.
    pub index: u64,
    /// The log's verifier key, as C2SP signed notes spell it.
    pub key: String,
    /// The log's origin line.
    pub origin: String,
    /// The inclusion proof, from the leaf upwards.
    pub path: Vec<Digest>,
}

/// What a proof file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    /// Where the statement was logged.
    pub log: LogProof,
    /// The leaf's salt.
    pub salt: Digest,
    /// What was stated.
    pub statement: Statement,
    /// Format version.
    pub version: u32,
}

impl ProofFile {
    /// The one encoding: the file's bytes.
    ///
    /// # Errors
    /// When the proof breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        self.check()?;
        let bytes = canonical::to_vec(self)
            .map_err(|_| DecodeError::invalid(WHAT, "numbers are integers within 53 bits"))?;
        at_most(WHAT, ENCODED_MAX, bytes.len())?;
        Ok(bytes)
    }

    /// Reads a proof file.
    ///
    /// # Errors
    /// Too long, another version, not canonical, or against a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let proof: Self = canonical::from_slice(WHAT, bytes, ENCODED_MAX)?;
        proof.check()?;
        Ok(proof)
    }

    fn check(&self) -> Result<(), DecodeError> {
        version(WHAT, VERSION, self.version)?;
        self.statement.check()?;
        at_most("log origin", ORIGIN_MAX, self.log.origin.len())?;
        at_most("log key", KEY_MAX, self.log.key.len())?;
        at_most("checkpoint", CHECKPOINT_MAX, self.log.checkpoint.len())?;
        at_most("inclusion proof", PATH_MAX, self.log.path.len())
    }
}
