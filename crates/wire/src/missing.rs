//! The body of `POST /v1/missing`: hashes, one after the other, nothing else.

use crate::error::WireError;
use crate::ids::CellHash;
use crate::limits::{HASH_BYTES, MAX_HASHES_PER_ASK};

/// A question: which of these cells are missing in this session?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRequest(Vec<CellHash>);

impl MissingRequest {
    /// Asks for these cells.
    ///
    /// # Errors
    /// [`WireError::BadHashList`] when there are none or more than [`MAX_HASHES_PER_ASK`].
    pub fn new(hashes: Vec<CellHash>) -> Result<Self, WireError> {
        if hashes.is_empty() || hashes.len() > MAX_HASHES_PER_ASK {
            return Err(bad(hashes.len().saturating_mul(HASH_BYTES)));
        }
        Ok(Self(hashes))
    }

    /// The cells asked for, in order.
    #[must_use]
    pub fn hashes(&self) -> &[CellHash] {
        &self.0
    }

    /// The body that goes over the line.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.0
            .iter()
            .flat_map(|hash| hash.as_bytes().iter().copied())
            .collect()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`WireError::BadHashList`] unless it holds 1 to [`MAX_HASHES_PER_ASK`] whole hashes.
    pub fn decode(body: &[u8]) -> Result<Self, WireError> {
        let (hashes, rest) = body.as_chunks::<HASH_BYTES>();
        if !rest.is_empty() || hashes.is_empty() || hashes.len() > MAX_HASHES_PER_ASK {
            return Err(bad(body.len()));
        }
        Ok(Self(
            hashes
                .iter()
                .map(|hash| CellHash::from_bytes(*hash))
                .collect(),
        ))
    }
}

fn bad(bytes: usize) -> WireError {
    WireError::BadHashList {
        bytes,
        max: MAX_HASHES_PER_ASK,
    }
}
