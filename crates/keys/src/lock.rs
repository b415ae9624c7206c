//! What keeps the field's state shut: keys from the passphrase, and a box bound to its place.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::labels;
use crate::passphrase::Passphrase;
use crate::secret::secret32;
use crate::stretch::{self, Cost, Salt, StretchError};

/// Version byte of a locked box.
const VERSION: u8 = 1;
/// Where the nonce begins.
const NONCE_AT: usize = 1;
/// Where the ciphertext begins.
const TEXT_AT: usize = NONCE_AT + 24;
/// What a locked box adds to its content.
pub const OVERHEAD: usize = TEXT_AT + 16;

/// Keys that come out of one Argon2id run over the owner's passphrase.
#[derive(ZeroizeOnDrop)]
pub struct HeaderKeys([u8; 32]);

impl HeaderKeys {
    /// Stretches the passphrase; with [`Cost::FIELD`] this takes about a second and 256 MiB.
    ///
    /// # Errors
    /// [`StretchError`] when the machine lacks the memory.
    pub fn derive(passphrase: &Passphrase, salt: &Salt, cost: Cost) -> Result<Self, StretchError> {
        stretch::stretch(passphrase, salt, cost).map(|key| Self(*key))
    }

    /// The key of the field's state file.
    #[must_use]
    pub fn state_key(&self) -> StateKey {
        StateKey(*labels::derive(&self.0, labels::STATE))
    }
}

impl core::fmt::Debug for HeaderKeys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("HeaderKeys(..)")
    }
}

secret32! {
    /// Locks the field's state.
    StateKey
}

/// Why a box stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Shorter than an empty box.
    #[error("the locked data is cut short")]
    TooShort,
    /// Written by a later program.
    #[error("the locked data has version {found}; this program knows version 1. Update it")]
    Version {
        /// The version found.
        found: u8,
    },
    /// Wrong key, altered, or taken from another place. They cannot be told apart.
    #[error("the passphrase is wrong, or the data was altered or belongs elsewhere")]
    WrongKeyOrAltered,
}

/// Locks `plaintext`, bound to `aad` (its place). The nonce must be fresh; 24 random bytes are.
#[must_use]
pub fn seal(key: &StateKey, aad: &[u8], plaintext: &[u8], nonce: &[u8; 24]) -> Vec<u8> {
    #[expect(
        clippy::expect_used,
        reason = "XChaCha20-Poly1305 refuses only texts above 256 GiB"
    )]
    let text = XChaCha20Poly1305::new(&key.0.into())
        .encrypt(
            XNonce::from_slice(nonce),
            Payload {
                msg: plaintext,
                aad,
            },
        )
        .expect("state is far below the cipher's limit");
    let mut out = Vec::with_capacity(TEXT_AT + text.len());
    out.push(VERSION);
    out.extend_from_slice(nonce);
    out.extend_from_slice(&text);
    out
}

/// Opens what [`seal`] locked under the same key for the same place.
///
/// # Errors
/// [`LockError`]; a wrong passphrase and an altered box look the same.
pub fn open(key: &StateKey, aad: &[u8], locked: &[u8]) -> Result<Zeroizing<Vec<u8>>, LockError> {
    if locked.len() < OVERHEAD {
        return Err(LockError::TooShort);
    }
    if locked[0] != VERSION {
        return Err(LockError::Version { found: locked[0] });
    }
    XChaCha20Poly1305::new(&key.0.into())
        .decrypt(
            XNonce::from_slice(&locked[NONCE_AT..TEXT_AT]),
            Payload {
                msg: &locked[TEXT_AT..],
                aad,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| LockError::WrongKeyOrAltered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_in_its_place_only() {
        let key = StateKey::from_bytes([1; 32]);
        let locked = seal(&key, b"state", b"secret", &[2; 24]);
        assert_eq!(locked.len(), 6 + OVERHEAD);
        assert_eq!(open(&key, b"state", &locked).unwrap().as_slice(), b"secret");
        let wrong = Err(LockError::WrongKeyOrAltered);
        assert_eq!(open(&key, b"pieces", &locked), wrong);
        assert_eq!(
            open(&StateKey::from_bytes([3; 32]), b"state", &locked),
            wrong
        );
        for at in 1..locked.len() {
            let mut hurt = locked.clone();
            hurt[at] ^= 1;
            assert_eq!(open(&key, b"state", &hurt), wrong, "byte {at}");
        }
    }

    #[test]
    fn short_and_later_boxes_say_so() {
        let key = StateKey::from_bytes([1; 32]);
        let mut locked = seal(&key, b"", b"", &[2; 24]);
        assert_eq!(
            open(&key, b"", &locked[..OVERHEAD - 1]),
            Err(LockError::TooShort)
        );
        locked[0] = 2;
        assert_eq!(
            open(&key, b"", &locked),
            Err(LockError::Version { found: 2 })
        );
    }

    #[test]
    fn the_same_passphrase_gives_the_same_state_key() {
        let derive = |text: &str| {
            HeaderKeys::derive(&Passphrase::new(text), &Salt([5; 16]), Cost::FOR_TESTS)
                .unwrap()
                .state_key()
        };
        assert_eq!(
            derive("one two").expose_bytes(),
            derive(" One  two\n").expose_bytes()
        );
        assert_ne!(
            derive("one two").expose_bytes(),
            derive("one too").expose_bytes()
        );
    }
}
