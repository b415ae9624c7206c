//! The contact piece, number 0 of a dispatch and never archived: how the newsroom can answer this one reporter.
//!
//! It brings one-time reply pairs, the last checkpoints the field saw of its drops, how far the field has come
//! ([`Standing`]), and, until the newsroom has confirmed it, the fresh chain that replaces the kit's. Canonical JSON,
//! secret as a whole.

use keys::{ChainKey, ReplyRecipient, ReplySecret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::canonical::read_json;
use crate::error::{DecodeError, at_most, version};
use crate::kit::{DropUrl, Kit, KitDrop};
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

/// The most drops whose sessions a standing counts.
pub const SESSIONS_MAX: usize = 16;

/// How many sessions the field has left at a drop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionsLeft {
    /// Which drop.
    pub drop: DropUrl,
    /// Tokens not yet spent.
    pub left: u32,
}

/// How far the field has come when it sealed this: what the newsroom must keep for it, and what it need not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Number of the last bulletin that was applied; 0 for none.
    pub bulletin: u32,
    /// The epoch of sealing.
    pub epoch: u32,
    /// Nothing sealed before this epoch is still wanted: all of it was acknowledged.
    pub epoch_from: u32,
    /// The intake epoch of the recipient that this dispatch is sealed to.
    pub intake: u32,
    /// Nothing sealed to an intake recipient before this one is still wanted.
    pub intake_from: u32,
    /// Sessions left, by drop.
    pub sessions: Vec<SessionsLeft>,
}

impl Standing {
    /// The standing of a kit that nothing was done with yet.
    #[must_use]
    pub fn of_kit(kit: &Kit) -> Self {
        let left = |drop: &KitDrop| SessionsLeft {
            drop: drop.url.clone(),
            left: u32::try_from(drop.tokens.len()).unwrap_or(u32::MAX),
        };
        Self {
            bulletin: kit.bulletin,
            epoch: 0,
            epoch_from: 0,
            intake: kit.intake_epoch,
            intake_from: kit.intake_epoch,
            sessions: kit.drops.iter().map(left).collect(),
        }
    }

    fn check(&self) -> Result<(), DecodeError> {
        at_most("drops of a standing", SESSIONS_MAX, self.sessions.len())?;
        if self.epoch_from > self.epoch || self.intake_from > self.intake {
            return Err(DecodeError::invalid(
                WHAT,
                "what is still wanted does not begin after what is sealed now",
            ));
        }
        for (i, one) in self.sessions.iter().enumerate() {
            if self.sessions[..i]
                .iter()
                .any(|other| other.drop == one.drop)
            {
                return Err(DecodeError::invalid(WHAT, "each drop is counted once"));
            }
        }
        Ok(())
    }
}

/// What a contact piece holds.
#[derive(Debug)]
pub struct Contact {
    /// One-time pairs; each carries one reply.
    pub replies: Vec<ReplyPair>,
    /// Checkpoints seen, so that a drop which forks its log is caught.
    pub checkpoints: Vec<Checkpoint>,
    /// The fresh chain that replaces the kit's: its key of the epoch of sealing. Absent once the field uses it.
    pub next_chain: Option<ChainKey>,
    /// How far the field has come.
    pub standing: Standing,
}

// Declared in sorted order: this is the canonical encoding.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    checkpoints: Vec<Checkpoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_chain: Option<SecretHex>,
    replies: Vec<PairJson>,
    standing: Standing,
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
            standing: self.standing.clone(),
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
            standing: json.standing,
        })
    }
}

impl Json {
    fn check(&self) -> Result<(), DecodeError> {
        version(WHAT, VERSION, self.version)?;
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
        self.standing.check()?;
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
