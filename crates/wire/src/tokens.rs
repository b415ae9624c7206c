//! The body of `POST /v1/tokens`: session tokens, by hash, that a drop shall accept.

use serde::{Deserialize, Serialize};

use crate::error::{WireError, from_json};
use crate::ids::TokenHash;
use crate::limits::MAX_TOKENS_PER_REQUEST;

/// Token hashes to register. A desk mixes those of all its kits, in random order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRegistration {
    hashes: Vec<TokenHash>,
}

impl TokenRegistration {
    /// Registers these hashes.
    ///
    /// # Errors
    /// [`WireError::BadList`] when there are none or more than [`MAX_TOKENS_PER_REQUEST`].
    pub fn new(hashes: Vec<TokenHash>) -> Result<Self, WireError> {
        let what = "hashes";
        if hashes.is_empty() {
            return Err(WireError::BadList {
                what,
                why: "none given",
            });
        }
        if hashes.len() > MAX_TOKENS_PER_REQUEST {
            return Err(WireError::BadList {
                what,
                why: "more than 4,096",
            });
        }
        Ok(Self { hashes })
    }

    /// The hashes.
    #[must_use]
    pub fn hashes(&self) -> &[TokenHash] {
        &self.hashes
    }

    /// The JSON that goes over the line.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Hexadecimal strings in a list always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// Any [`WireError`] for malformed JSON or a list of the wrong length.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let Self { hashes } = from_json("token registration", bytes)?;
        Self::new(hashes)
    }
}
