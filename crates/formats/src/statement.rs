//! The statement: what a publication can prove, and all that is logged about it is a salted hash.
//!
//! Canonical JSON. It names the derivative that was published and commits, with salts that never leave the sealed record,
//! to the receipt and the redaction plan. It does not say who sent anything, and it never says "true".

use ledger::{Digest, commitment, sha256};
use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::error::{DecodeError, version};

const WHAT: &str = "statement";
/// The version this program writes and reads.
pub const VERSION: u32 = 1;
/// The longest encoding accepted.
pub const ENCODED_MAX: usize = 4_096;
/// The longest story id, in bytes.
pub const STORY_MAX: usize = 64;
/// The domain of a statement's leaf in the log.
pub const LEAF_DOMAIN: &str = "fh1/statement";

/// How far the newsroom stands behind what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Checked by two reviewers who agree.
    Confirmed,
    /// Probable after review.
    Probable,
    /// Reviewers or sources disagree.
    Contested,
    /// Could be checked neither way.
    Unverifiable,
    /// Not checked yet: a first report.
    Unconfirmed,
}

/// What a publication can prove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// SHA-256 of the published file.
    pub derivative: Digest,
    /// How far the newsroom stands behind it.
    pub grade: Grade,
    /// Salted commitment of the redaction plan.
    pub plan: Digest,
    /// When it was published, in microseconds since 1970 UTC, by the newsroom's clock.
    pub published_at: i64,
    /// Salted commitment of the receipt: what came in, and when.
    pub receipt: Digest,
    /// The story, by the id in its address.
    pub story: String,
    /// Digest of the statement that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Digest>,
    /// Format version.
    pub version: u32,
}

impl Statement {
    /// The one encoding: what is hashed.
    ///
    /// # Errors
    /// When the statement breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        self.check()?;
        canonical::to_vec(self)
            .map_err(|_| DecodeError::invalid(WHAT, "numbers are integers within 53 bits"))
    }

    /// Reads a statement.
    ///
    /// # Errors
    /// Too long, another version, not canonical, or against a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let statement: Self = canonical::from_slice(WHAT, bytes, ENCODED_MAX)?;
        statement.check()?;
        Ok(statement)
    }

    /// SHA-256 of the canonical encoding; what `supersedes` names.
    ///
    /// # Errors
    /// When the statement breaks a rule.
    pub fn digest(&self) -> Result<Digest, DecodeError> {
        Ok(sha256(&self.encode()?))
    }

    /// The record that goes into the log for it: a salted commitment, so that the log tells nothing to who lacks the salt.
    ///
    /// # Errors
    /// When the statement breaks a rule.
    pub fn leaf(&self, salt: &[u8; 32]) -> Result<Digest, DecodeError> {
        Ok(commitment(LEAF_DOMAIN, salt, &self.digest()?))
    }

    pub(crate) fn check(&self) -> Result<(), DecodeError> {
        version(WHAT, VERSION, self.version)?;
        let fits = !self.story.is_empty()
            && self.story.len() <= STORY_MAX
            && self
                .story
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !fits {
            return Err(DecodeError::invalid(
                WHAT,
                "a story id is 1 to 64 letters, digits, hyphens and underscores",
            ));
        }
        Ok(())
    }
}
