//! The contact piece, number 0 of a dispatch and never archived: how the newsroom can answer this one reporter.
//!
//! It brings one-time reply pairs, the last checkpoints the field saw of its drops, and, where the field replaces its
//! chain, the new chain's first key. Canonical JSON, secret as a whole.

use keys::{ChainKey, ReplyRecipient, ReplySecret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::canonical::read_json;
use crate::error::{DecodeError, at_most};
use crate::kit::DropUrl;
use crate::secret::{SecretHex, to_wiped_vec};

pub use keys::ReplyPair;

const WHAT: &str = "contact piece";
/// The version this program writes and reads.
pub const VERSION: u32 = 1;
/// Reply pairs the field puts into each dispatch.
pub const PAIRS: usize = 8;
/// The most reply pairs accepted.
pub const PAIRS_MAX: usize = 16;
/// The most checkpoints accepted.
pub const CHECKPOINTS_MAX: usize = 16;
/// The longest checkpoint note, in bytes.
pub const NOTE_MAX: usize = 4_096;
/// The longest encoding accepted.
pub const ENCODED_MAX: usize = 128 * 1024;

/// The last signed checkpoint that the field saw of a drop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Whose log.
    pub drop: DropUrl,
    /// The signed note, as the drop gave it.
    pub note: String,
}

/// What a contact piece holds.
#[derive(Debug)]
pub struct Contact {
    /// One-time pairs; each carries one reply.
    pub replies: Vec<ReplyPair>,
    /// Checkpoints seen, so that a drop which forks its log is caught.
    pub checkpoints: Vec<Checkpoint>,
    /// The fresh chain that replaces the kit's, if the field makes one.
    pub next_chain: Option<ChainKey>,
}

// Declared in sorted order: this is the canonical encoding.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    checkpoints: Vec<Checkpoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_chain: Option<SecretHex>,
    replies: Vec<PairJson>,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairJson {
    recipient: String,
    secret: SecretHex,
}

impl Contact {
    /// The one encoding.
    ///
    /// # Errors
    /// When the contact breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        let json = Json {
            checkpoints: self.checkpoints.clone(),
            next_chain: self
                .next_chain
                .as_ref()
                .map(|key| SecretHex(*key.expose_bytes())),
            replies: self
                .replies
                .iter()
                .map(|pair| PairJson {
                    recipient: pair.recipient.to_string(),
                    secret: SecretHex(*pair.secret.expose_bytes()),
                })
                .collect(),
            version: VERSION,
        };
        json.check()?;
        to_wiped_vec(&json, ENCODED_MAX).map_err(|e| DecodeError::json(WHAT, &e))
    }

    /// Reads a contact piece's plaintext.
    ///
    /// # Errors
    /// Too long, another version, not canonical, or against a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        at_most(WHAT, ENCODED_MAX, bytes.len())?;
        let json: Json = read_json(WHAT, bytes)?;
        json.check()?;
        let again = to_wiped_vec(&json, ENCODED_MAX).map_err(|e| DecodeError::json(WHAT, &e))?;
        if again.as_slice() != bytes {
            return Err(DecodeError::NotCanonical { what: WHAT });
        }
        let replies = json
            .replies
            .iter()
            .map(PairJson::open)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            replies,
            checkpoints: json.checkpoints,
            next_chain: json.next_chain.map(|key| ChainKey::from_bytes(key.0)),
        })
    }
}

impl Json {
    fn check(&self) -> Result<(), DecodeError> {
        if self.version != VERSION {
            return Err(DecodeError::Version {
                what: WHAT,
                expected: VERSION,
                got: self.version,
            });
        }
        at_most(
            "reply pairs of a contact piece",
            PAIRS_MAX,
            self.replies.len(),
        )?;
        at_most(
            "checkpoints of a contact piece",
            CHECKPOINTS_MAX,
            self.checkpoints.len(),
        )?;
        for checkpoint in &self.checkpoints {
            at_most("checkpoint note", NOTE_MAX, checkpoint.note.len())?;
        }
        for (i, pair) in self.replies.iter().enumerate() {
            if self.replies[..i]
                .iter()
                .any(|p| p.secret.0 == pair.secret.0)
            {
                return Err(DecodeError::invalid(
                    WHAT,
                    "reply pairs differ from each other",
                ));
            }
        }
        Ok(())
    }
}

impl PairJson {
    fn open(&self) -> Result<ReplyPair, DecodeError> {
        let recipient: ReplyRecipient = self
            .recipient
            .parse()
            .map_err(|_| DecodeError::invalid(WHAT, "a reply recipient is an age1... key"))?;
        Ok(ReplyPair {
            recipient,
            secret: ReplySecret::from_bytes(self.secret.0),
        })
    }
}
