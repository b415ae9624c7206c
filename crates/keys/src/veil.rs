//! The veil: what makes a cell noise to everyone without the key.
//!
//! A cell is nonce, sealed header, sealed shard. Header and shard have keys of their own, so that finding out
//! whether a cell is ours costs 88 bytes and not 64 KiB; the shard's associated data is the header's ciphertext, so
//! that neither can be moved to another cell.

use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::ZeroizeOnDrop;

use crate::bulk::{self, TAG_LEN};

/// Length of a cell on every road.
pub const CELL_LEN: usize = 65_536;
/// Length of the cell's nonce.
pub const NONCE_LEN: usize = 24;
/// Length of the header in the clear.
pub const HEADER_LEN: usize = 72;
/// Length of a shard.
pub const SHARD_LEN: usize = 65_408;
/// How much of a header [`VeilKeys::glimpse`] shows.
pub const GLIMPSE_LEN: usize = 8;
/// Where the sealed header ends and the sealed shard begins.
const BODY_AT: usize = NONCE_LEN + HEADER_LEN + TAG_LEN;
/// Where the shard's tag begins.
const BODY_TAG_AT: usize = BODY_AT + SHARD_LEN;

const _: () = assert!(BODY_TAG_AT + TAG_LEN == CELL_LEN);

/// The cell's header was not sealed with this key. The normal answer when trying keys, so it carries nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cell is not for this key")]
pub struct NotForThisKey;

/// The cell's header is ours and its shard was altered on the way: an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cell's shard was damaged on the way")]
pub struct Damaged;

/// The two keys that veil cells of one epoch, or of one reply.
#[derive(ZeroizeOnDrop)]
pub struct VeilKeys {
    head: [u8; 32],
    body: [u8; 32],
}

impl VeilKeys {
    /// Takes the derived header and body keys.
    #[must_use]
    pub fn from_bytes(head: [u8; 32], body: [u8; 32]) -> Self {
        Self { head, body }
    }

    /// The header's and the body's key, for storing them sealed.
    #[must_use]
    pub fn expose_bytes(&self) -> (&[u8; 32], &[u8; 32]) {
        (&self.head, &self.body)
    }

    /// Seals header and shard into `out`. The nonce must be fresh for every cell; 24 random bytes are.
    pub fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        header: &[u8; HEADER_LEN],
        shard: &[u8; SHARD_LEN],
        out: &mut [u8; CELL_LEN],
    ) {
        let (at_nonce, rest) = out.split_at_mut(NONCE_LEN);
        let (head, body) = rest.split_at_mut(HEADER_LEN + TAG_LEN);
        at_nonce.copy_from_slice(nonce);
        head[..HEADER_LEN].copy_from_slice(header);
        body[..SHARD_LEN].copy_from_slice(shard);
        seal_header(&self.head, nonce, head);
        let (subkey, short) = bulk::extended(&self.body, nonce);
        let tag = bulk::seal(&subkey, short, head, &mut body[..SHARD_LEN]);
        body[SHARD_LEN..].copy_from_slice(&tag);
    }

    /// The header's first bytes as this key makes them out, authentic or not: a trial at a fifth of the price of
    /// [`Self::open_header`], for whoever knows how a header begins and tries thousands of keys.
    #[must_use]
    pub fn glimpse(&self, cell: &[u8; CELL_LEN]) -> [u8; GLIMPSE_LEN] {
        let (mut nonce, mut begins) = ([0; NONCE_LEN], [0; GLIMPSE_LEN]);
        nonce.copy_from_slice(&cell[..NONCE_LEN]);
        begins.copy_from_slice(&cell[NONCE_LEN..NONCE_LEN + GLIMPSE_LEN]);
        bulk::first_bytes(&self.head, &nonce, &mut begins);
        begins
    }

    /// Opens the header alone: the cheap trial.
    ///
    /// # Errors
    /// [`NotForThisKey`] when another key sealed it, or when its header was altered.
    pub fn open_header(&self, cell: &[u8; CELL_LEN]) -> Result<[u8; HEADER_LEN], NotForThisKey> {
        let mut header = [0; HEADER_LEN];
        header.copy_from_slice(&cell[NONCE_LEN..NONCE_LEN + HEADER_LEN]);
        XChaCha20Poly1305::new(&self.head.into())
            .decrypt_in_place_detached(
                XNonce::from_slice(&cell[..NONCE_LEN]),
                &[],
                &mut header,
                Tag::from_slice(&cell[NONCE_LEN + HEADER_LEN..BODY_AT]),
            )
            .map_err(|_| NotForThisKey)?;
        Ok(header)
    }

    /// Opens the shard into `out`, which is wiped when the shard was damaged.
    ///
    /// # Errors
    /// [`Damaged`] when the shard or the header it is bound to was altered.
    pub fn open_body(
        &self,
        cell: &[u8; CELL_LEN],
        out: &mut [u8; SHARD_LEN],
    ) -> Result<(), Damaged> {
        let (mut nonce, mut tag) = ([0; NONCE_LEN], [0; TAG_LEN]);
        nonce.copy_from_slice(&cell[..NONCE_LEN]);
        tag.copy_from_slice(&cell[BODY_TAG_AT..]);
        out.copy_from_slice(&cell[BODY_AT..BODY_TAG_AT]);
        let (subkey, short) = bulk::extended(&self.body, &nonce);
        bulk::open(&subkey, short, &cell[NONCE_LEN..BODY_AT], out, tag).map_err(|_| Damaged)
    }
}

impl core::fmt::Debug for VeilKeys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("VeilKeys(..)")
    }
}

/// Encrypts the header where it lies and puts the tag behind it.
fn seal_header(key: &[u8; 32], nonce: &[u8; NONCE_LEN], head: &mut [u8]) {
    let (text, tag) = head.split_at_mut(HEADER_LEN);
    #[expect(
        clippy::expect_used,
        reason = "XChaCha20-Poly1305 refuses only texts above 256 GiB"
    )]
    let made = XChaCha20Poly1305::new(key.into())
        .encrypt_in_place_detached(XNonce::from_slice(nonce), &[], text)
        .expect("a header is far below the cipher's limit");
    tag.copy_from_slice(&made);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> (VeilKeys, Box<[u8; CELL_LEN]>) {
        let keys = VeilKeys::from_bytes([1; 32], [2; 32]);
        let mut cell = Box::new([0; CELL_LEN]);
        keys.seal(&[3; 24], &[4; 72], &[5; SHARD_LEN], &mut cell);
        (keys, cell)
    }

    #[test]
    fn opens_what_it_sealed() {
        let (keys, cell) = sealed();
        assert_eq!(keys.open_header(&cell), Ok([4; 72]));
        let mut shard = Box::new([0; SHARD_LEN]);
        assert_eq!(keys.open_body(&cell, &mut shard), Ok(()));
        assert!(shard.iter().all(|b| *b == 5));
    }

    #[test]
    fn a_glimpse_is_how_the_header_begins() {
        let (keys, mut cell) = sealed();
        let header = core::array::from_fn(|n| u8::try_from(n).unwrap());
        for nonce in [[3; 24], [250; 24]] {
            keys.seal(&nonce, &header, &[5; SHARD_LEN], &mut cell);
            assert_eq!(keys.glimpse(&cell), header[..GLIMPSE_LEN]);
        }
        let other = VeilKeys::from_bytes([2; 32], [1; 32]);
        assert_ne!(other.glimpse(&cell), header[..GLIMPSE_LEN]);
        // It says nothing about the rest.
        cell[NONCE_LEN + GLIMPSE_LEN] ^= 1;
        assert_eq!(keys.glimpse(&cell), header[..GLIMPSE_LEN]);
        assert_eq!(keys.open_header(&cell), Err(NotForThisKey));
    }

    #[test]
    fn another_key_opens_nothing() {
        let (_, cell) = sealed();
        let other = VeilKeys::from_bytes([2; 32], [1; 32]);
        assert_eq!(other.open_header(&cell), Err(NotForThisKey));
        let mut shard = Box::new([7; SHARD_LEN]);
        assert_eq!(other.open_body(&cell, &mut shard), Err(Damaged));
        assert!(shard.iter().all(|b| *b == 0), "nothing may be left behind");
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let (keys, cell) = sealed();
        for at in [0, 23, 24, 95, 96, 111, 112, 30_000, 65_519, 65_520, 65_535] {
            let mut hurt = cell.clone();
            hurt[at] ^= 0x10;
            let mut shard = Box::new([0; SHARD_LEN]);
            assert_eq!(keys.open_body(&hurt, &mut shard), Err(Damaged), "byte {at}");
            assert_eq!(keys.open_header(&hurt).is_err(), at < BODY_AT, "byte {at}");
        }
    }

    #[test]
    fn bodies_do_not_move_between_cells() {
        let (keys, cell) = sealed();
        let mut other = Box::new([0; CELL_LEN]);
        keys.seal(&[3; 24], &[9; 72], &[5; SHARD_LEN], &mut other);
        let mut mixed = other.clone();
        mixed[BODY_AT..].copy_from_slice(&cell[BODY_AT..]);
        let mut shard = Box::new([0; SHARD_LEN]);
        assert_eq!(keys.open_header(&mixed), Ok([9; 72]));
        assert_eq!(keys.open_body(&mixed, &mut shard), Err(Damaged));
    }
}
