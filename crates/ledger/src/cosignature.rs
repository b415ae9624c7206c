//! C2SP `cosignature/v1`: a dated statement that a tree head was seen.
//!
//! The log uses it to say the time by its own clock; witnesses will use the same bytes with keys of their own.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::checkpoint::CheckpointError;
use crate::key::{key_id, signature_line};

/// C2SP signature type of a timestamped Ed25519 cosignature.
const TYPE_COSIGNATURE: u8 = 4;

/// Times end before the year 10000, so that every one of them can be shown as a date.
pub(crate) const MAX_CLOCK: u64 = 253_402_300_799;

/// The key of somebody who states that a tree head was seen at a time.
#[derive(Clone, PartialEq, Eq)]
pub struct CosignerKey {
    name: String,
    key: VerifyingKey,
}

/// A checked cosignature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// Who cosigned.
    pub name: String,
    /// The cosigner's clock, in seconds since 1970 UTC.
    pub clock: u64,
}

impl CosignerKey {
    pub(crate) const fn from_parts(name: String, key: VerifyingKey) -> Self {
        Self { name, key }
    }

    /// Checks one signature of a note over `text` (the note's text with its final newline).
    ///
    /// # Errors
    /// [`CheckpointError::Signature`] when it is not a cosignature by this key over this text.
    pub fn open(
        &self,
        text: &[u8],
        id: u32,
        signature: &[u8],
    ) -> Result<Cosignature, CheckpointError> {
        let (clock, signature) = signature
            .split_first_chunk::<8>()
            .ok_or(CheckpointError::Signature)?;
        let clock = u64::from_be_bytes(*clock);
        let signature: &[u8; 64] = signature
            .try_into()
            .map_err(|_| CheckpointError::Signature)?;
        if id != key_id(&self.name, TYPE_COSIGNATURE, &self.key) || clock > MAX_CLOCK {
            return Err(CheckpointError::Signature);
        }
        self.key
            .verify_strict(&message(clock, text), &Signature::from_bytes(signature))
            .map_err(|_| CheckpointError::Signature)?;
        Ok(Cosignature {
            name: self.name.clone(),
            clock,
        })
    }
}

impl fmt::Debug for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosignerKey({})", self.name)
    }
}

pub(crate) fn sign_line(
    name: &str,
    key: &SigningKey,
    text: &str,
    clock: u64,
) -> Result<String, CheckpointError> {
    if clock > MAX_CLOCK {
        return Err(CheckpointError::Clock(clock));
    }
    let mut signature = clock.to_be_bytes().to_vec();
    signature.extend_from_slice(&key.sign(&message(clock, text.as_bytes())).to_bytes());
    let id = key_id(name, TYPE_COSIGNATURE, &key.verifying_key());
    Ok(signature_line(name, id, &signature))
}

fn message(clock: u64, text: &[u8]) -> Vec<u8> {
    let mut message = format!("cosignature/v1\ntime {clock}\n").into_bytes();
    message.extend_from_slice(text);
    message
}
