//! The small JSON answers of a drop.

use serde::{Deserialize, Serialize};

use crate::error::{WireError, from_json};
use crate::limits::{MAX_CELLS_PER_REQUEST, MAX_TOKENS_PER_REQUEST};

/// Answer to `POST /v1/cells`: this many cells of the request, from its beginning, are on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// Cells on the disk; those stored by an earlier request of the session count as well.
    pub stored: u32,
}

impl Stored {
    /// Reads the answer to a request that carried `sent` cells.
    ///
    /// # Errors
    /// Any [`WireError`] for malformed JSON, or for more cells than were sent.
    pub fn decode(bytes: &[u8], sent: usize) -> Result<Self, WireError> {
        let answer: Self = from_json("answer about stored cells", bytes)?;
        let most = u32::try_from(sent.min(MAX_CELLS_PER_REQUEST)).unwrap_or(u32::MAX);
        if answer.stored > most {
            return Err(WireError::BadList {
                what: "stored",
                why: "the drop says it stored more cells than were sent",
            });
        }
        Ok(answer)
    }
}

/// Answer to `POST /v1/missing`: positions, in the list that was asked, of the cells to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// Positions, ascending, each once.
    pub missing: Vec<u32>,
}

impl Missing {
    /// Reads the answer to a question about `asked` cells.
    ///
    /// # Errors
    /// Any [`WireError`] for malformed JSON, or positions out of order or out of range.
    pub fn decode(bytes: &[u8], asked: usize) -> Result<Self, WireError> {
        let answer: Self = from_json("answer about missing cells", bytes)?;
        let what = "missing";
        if !answer.missing.is_sorted_by(|a, b| a < b) {
            return Err(WireError::BadList {
                what,
                why: "positions must ascend",
            });
        }
        let in_range = |last: &u32| usize::try_from(*last).is_ok_and(|last| last < asked);
        if !answer.missing.last().is_none_or(in_range) {
            return Err(WireError::BadList {
                what,
                why: "a position that was not asked for",
            });
        }
        Ok(answer)
    }
}

/// Answer to `POST /v1/tokens`: this many hashes of the request are on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// Hashes registered by this request or already known.
    pub registered: u32,
}

impl Registered {
    /// Reads the answer to a registration of `sent` hashes.
    ///
    /// # Errors
    /// Any [`WireError`] for malformed JSON, or for more hashes than were sent.
    pub fn decode(bytes: &[u8], sent: usize) -> Result<Self, WireError> {
        let answer: Self = from_json("answer about registered tokens", bytes)?;
        let most = u32::try_from(sent.min(MAX_TOKENS_PER_REQUEST)).unwrap_or(u32::MAX);
        if answer.registered > most {
            return Err(WireError::BadList {
                what: "registered",
                why: "the drop says it registered more hashes than were sent",
            });
        }
        Ok(answer)
    }
}

macro_rules! encode_json {
    ($($name:ident),*) => {
        $(impl $name {
            /// The JSON that goes over the line.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                // These types hold numbers and fixed names only, which always serialise.
                serde_json::to_vec(self).unwrap_or_default()
            }
        })*
    };
}
encode_json!(Stored, Missing, Registered);
