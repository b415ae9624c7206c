//! `POST /v1/confirm`: the desk's word that it holds everything below an offset, so that a drop may make room.

use serde::{Deserialize, Serialize};

use crate::error::{WireError, from_json};

/// Both the question and, repeated, the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Every cell before this offset is on the disks of all who read this drop.
    pub below: u64,
}

impl Confirmation {
    /// Reads a body.
    ///
    /// # Errors
    /// Any [`WireError`] for malformed JSON.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        from_json("confirmation", bytes)
    }

    /// The JSON that goes over the line.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // A number under a fixed name always serialises.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
