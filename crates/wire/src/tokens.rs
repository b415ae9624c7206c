//! The body of `POST /v1/tokens`: session tokens, by hash, that a drop shall accept.

use serde::{Deserialize, Serialize};

use crate::error::{WireError, from_json};
use crate::ids::TokenHash;
use crate::limits::{CELL_BYTES, MAX_TOKENS_PER_REQUEST};

/// Token hashes to register. A desk mixes those of all its kits, in random order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRegistration {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
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
        Ok(Self {
            bytes: None,
            hashes,
        })
    }

    /// Lets each of these tokens store at most this many bytes of cells. One quota for all kits, or it tells them apart.
    ///
    /// # Errors
    /// [`WireError::BadList`] when not even one cell fits.
    pub fn with_quota(mut self, bytes: u64) -> Result<Self, WireError> {
        if bytes < CELL_BYTES as u64 {
            return Err(WireError::BadList {
                what: "bytes",
                why: "less than one cell",
            });
        }
        self.bytes = Some(bytes);
        Ok(self)
    }

    /// Cells that each token may store, when it was said.
    #[must_use]
    pub fn quota_cells(&self) -> Option<u64> {
        self.bytes.map(|bytes| bytes / CELL_BYTES as u64)
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
        let Self { bytes, hashes } = from_json("token registration", bytes)?;
        let registration = Self::new(hashes)?;
        match bytes {
            Some(bytes) => registration.with_quota(bytes),
            None => Ok(registration),
        }
    }
}
