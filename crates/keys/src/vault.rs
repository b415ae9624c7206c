//! The keys of a vault: from the owner's passphrase to its header, and from the header to everything else.
//!
//! One Argon2id run gives a key for each of the two header positions. The header holds two random keys: the vault key, from
//! which each piece gets a slot key of its own generation, and the state key, fresh with every save, so that overwriting a
//! header is enough to lose what the one before it led to. A sealed box is `nonce 24 | text | tag 16`, sealed where it lies.

use zeroize::ZeroizeOnDrop;

use crate::bulk::{self, TAG_LEN};
use crate::labels;
use crate::passphrase::Passphrase;
use crate::secret::secret32;
use crate::stretch::{self, Cost, Salt, StretchError};

/// Where the text of a sealed box begins: behind its nonce.
pub const TEXT_AT: usize = 24;
/// What a sealed box adds to its text.
pub const OVERHEAD: usize = TEXT_AT + TAG_LEN;

/// What comes out of one Argon2id run over the owner's passphrase.
#[derive(ZeroizeOnDrop)]
pub struct HeaderKeys([u8; 32]);

impl HeaderKeys {
    /// Stretches the passphrase, whichever of its first two words comes first; with [`Cost::FIELD`] this takes about a second
    /// and 256 MiB.
    ///
    /// # Errors
    /// [`StretchError`] when the machine lacks the memory.
    pub fn derive(passphrase: &Passphrase, salt: &Salt, cost: Cost) -> Result<Self, StretchError> {
        let (text, _) = passphrase.ordered();
        stretch::stretch_text(&text, salt, cost).map(|key| Self(*key))
    }

    /// The key of the header at the first position, or at the second.
    #[must_use]
    pub fn at(&self, second: bool) -> HeaderKey {
        let label = if second {
            labels::HEADER_1
        } else {
            labels::HEADER_0
        };
        HeaderKey(*labels::derive(&self.0, label))
    }
}

impl core::fmt::Debug for HeaderKeys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("HeaderKeys(..)")
    }
}

secret32! {
    /// Seals one header of a vault.
    HeaderKey
}

secret32! {
    /// The vault key: the root of all slot keys. Made once, gone with the header.
    VaultKey
}

secret32! {
    /// The state key: made anew with every save of the state, gone when the header is overwritten.
    StateKey
}

secret32! {
    /// Seals the slots of one piece.
    SlotKey
}

/// The random generation of a piece's slots. Without it they are noise, to the vault's owner too.
#[derive(ZeroizeOnDrop, PartialEq, Eq, Clone)]
pub struct SlotGeneration([u8; 16]);

impl SlotGeneration {
    /// A fresh one.
    #[must_use]
    pub fn generate(rng: &mut (impl rand_core::RngCore + rand_core::CryptoRng)) -> Self {
        let mut made = Self([0; 16]);
        rng.fill_bytes(&mut made.0);
        made
    }

    /// Takes 16 bytes that were stored.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for storing them sealed.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl core::fmt::Debug for SlotGeneration {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SlotGeneration(..)")
    }
}

impl VaultKey {
    /// The key of the slots of one generation.
    #[must_use]
    pub fn slot_key(&self, generation: &SlotGeneration) -> SlotKey {
        SlotKey(*labels::derive_for(&self.0, labels::SLOT, &generation.0))
    }
}

impl StateKey {
    /// The key that seals the state's snapshot and journal.
    fn sealing(&self) -> zeroize::Zeroizing<[u8; 32]> {
        labels::derive(&self.0, labels::INDEX)
    }

    /// Seals a box where it lies; see [`HeaderKey::seal`].
    pub fn seal(&self, place: &[u8], nonce: &[u8; 24], sealed: &mut [u8]) {
        seal(&self.sealing(), place, nonce, sealed);
    }

    /// Opens a box where it lies.
    ///
    /// # Errors
    /// [`StaysShut`].
    pub fn open(&self, place: &[u8], sealed: &mut [u8]) -> Result<(), StaysShut> {
        open(&self.sealing(), place, sealed)
    }
}

impl HeaderKey {
    /// Seals a box where it lies: the text stands at [`TEXT_AT`], the last 16 bytes take the tag. Bound to `place`. The nonce must
    /// be fresh; 24 random bytes are.
    pub fn seal(&self, place: &[u8], nonce: &[u8; 24], sealed: &mut [u8]) {
        seal(&self.0, place, nonce, sealed);
    }

    /// Opens a box where it lies.
    ///
    /// # Errors
    /// [`StaysShut`].
    pub fn open(&self, place: &[u8], sealed: &mut [u8]) -> Result<(), StaysShut> {
        open(&self.0, place, sealed)
    }
}

impl SlotKey {
    /// Seals a box where it lies; see [`HeaderKey::seal`].
    pub fn seal(&self, place: &[u8], nonce: &[u8; 24], sealed: &mut [u8]) {
        seal(&self.0, place, nonce, sealed);
    }

    /// Opens a box where it lies.
    ///
    /// # Errors
    /// [`StaysShut`].
    pub fn open(&self, place: &[u8], sealed: &mut [u8]) -> Result<(), StaysShut> {
        open(&self.0, place, sealed)
    }
}

/// A box stays shut: another key, altered, noise, or taken from another place. They cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key is another one, or the data was altered or belongs elsewhere")]
pub struct StaysShut;

fn seal(key: &[u8; 32], place: &[u8], nonce: &[u8; 24], sealed: &mut [u8]) {
    let Some(tag_at) = sealed
        .len()
        .checked_sub(TAG_LEN)
        .filter(|at| *at >= TEXT_AT)
    else {
        return;
    };
    let (front, tag) = sealed.split_at_mut(tag_at);
    let (at_nonce, text) = front.split_at_mut(TEXT_AT);
    at_nonce.copy_from_slice(nonce);
    let (subkey, short) = bulk::extended(key, nonce);
    tag.copy_from_slice(&bulk::seal(&subkey, short, place, text));
}

fn open(key: &[u8; 32], place: &[u8], sealed: &mut [u8]) -> Result<(), StaysShut> {
    let tag_at = sealed.len().checked_sub(TAG_LEN).ok_or(StaysShut)?;
    let (front, at_tag) = sealed.split_at_mut(tag_at);
    let (at_nonce, text) = front.split_at_mut_checked(TEXT_AT).ok_or(StaysShut)?;
    let (mut nonce, mut tag) = ([0; 24], [0; TAG_LEN]);
    nonce.copy_from_slice(at_nonce);
    tag.copy_from_slice(at_tag);
    let (subkey, short) = bulk::extended(key, &nonce);
    bulk::open(&subkey, short, place, text, tag).map_err(|_| StaysShut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(text: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; text.len() + OVERHEAD];
        sealed[TEXT_AT..TEXT_AT + text.len()].copy_from_slice(text);
        HeaderKey::from_bytes([1; 32]).seal(b"here", &[2; 24], &mut sealed);
        sealed
    }

    #[test]
    fn opens_in_its_place_only() {
        let key = HeaderKey::from_bytes([1; 32]);
        let good = sealed(b"secret");
        let mut opened = good.clone();
        key.open(b"here", &mut opened).unwrap();
        assert_eq!(&opened[TEXT_AT..TEXT_AT + 6], b"secret");
        assert_eq!(key.open(b"there", &mut good.clone()), Err(StaysShut));
        let other = HeaderKey::from_bytes([3; 32]);
        assert_eq!(other.open(b"here", &mut good.clone()), Err(StaysShut));
        for at in 0..good.len() {
            let mut hurt = good.clone();
            hurt[at] ^= 1;
            assert_eq!(key.open(b"here", &mut hurt), Err(StaysShut), "byte {at}");
            let text = &hurt[TEXT_AT..good.len() - TAG_LEN];
            assert!(text.iter().all(|b| *b == 0), "nothing may be left behind");
        }
        for length in 0..good.len() {
            assert_eq!(
                key.open(b"here", &mut good[..length].to_vec()),
                Err(StaysShut)
            );
        }
    }

    #[test]
    fn both_orders_of_the_first_two_words_give_one_key() {
        let key = |text: &str| {
            let passphrase = Passphrase::new(text);
            HeaderKeys::derive(&passphrase, &Salt([5; 16]), Cost::FOR_TESTS).unwrap()
        };
        let bytes = |text: &str, second| *key(text).at(second).expose_bytes();
        let one = bytes("river apple stone", false);
        assert_eq!(one, bytes(" Apple  River stone\n", false));
        assert_ne!(one, bytes("river apple stone", true));
        assert_ne!(one, bytes("river stone apple", false));
        assert_ne!(one, bytes("river apple stones", false));
    }

    #[test]
    fn generations_and_roles_have_keys_of_their_own() {
        let key = VaultKey::from_bytes([1; 32]);
        let slot = |n| *key.slot_key(&SlotGeneration([n; 16])).expose_bytes();
        assert_ne!(slot(1), slot(2));
        assert_ne!(slot(1), *StateKey::from_bytes([1; 32]).sealing());
    }
}
