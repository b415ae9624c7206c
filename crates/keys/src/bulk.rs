//! ChaCha20-Poly1305 for whole shards and chunks, in assembly.
//!
//! Sealing is what a reporter waits for, and on phones and laptops alike ring's code does it at well over one and a half times
//! the speed of the portable crate (`docs/decisions/0003-ring-for-bulk-encryption.md`). Bytes are the same; the vectors, which
//! come from a third implementation, say so. Short texts stay with the portable crate.
//!
//! ring keeps a key in a short-lived value of its own that it does not wipe. Such a value lives for one call.

use chacha20::ChaCha20;
use chacha20::cipher::consts::U10;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};
use zeroize::{Zeroize, Zeroizing};

/// Length of an authentication tag.
pub(crate) const TAG_LEN: usize = 16;

/// A text does not have the tag it should.
#[derive(Debug)]
pub(crate) struct BadTag;

/// Encrypts `text` where it lies and returns its tag.
pub(crate) fn seal(key: &[u8; 32], nonce: [u8; 12], aad: &[u8], text: &mut [u8]) -> [u8; TAG_LEN] {
    #[expect(
        clippy::expect_used,
        reason = "ChaCha20-Poly1305 refuses only texts above 256 GiB"
    )]
    let made = prepared(key)
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text)
        .expect("chunks and shards are far below the cipher's limit");
    let mut tag = [0; TAG_LEN];
    tag.copy_from_slice(made.as_ref());
    tag
}

/// Checks the tag and decrypts `text` where it lies; wipes it when the tag is wrong.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: [u8; 12],
    aad: &[u8],
    text: &mut [u8],
    tag: [u8; TAG_LEN],
) -> Result<(), BadTag> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let opened =
        prepared(key).open_in_place_separate_tag(nonce, Aad::from(aad), Tag::from(tag), text, 0..);
    if opened.is_ok() {
        return Ok(());
    }
    text.zeroize();
    Err(BadTag)
}

/// XChaCha20: the key and nonce for this one 24-byte nonce (draft-irtf-cfrg-xchacha, section 2.3).
pub(crate) fn extended(key: &[u8; 32], nonce: &[u8; 24]) -> (Zeroizing<[u8; 32]>, [u8; 12]) {
    let mut derived = chacha20::hchacha::<U10>(key.into(), nonce[..16].into());
    let subkey = Zeroizing::new(derived.into());
    derived.as_mut_slice().zeroize();
    let mut short = [0; 12];
    short[4..].copy_from_slice(&nonce[16..]);
    (subkey, short)
}

/// Decrypts the first bytes, at most 64, of a text under XChaCha20-Poly1305, without its tag: the cipher's block 0 makes the
/// authenticator's key, and the text begins with block 1 (RFC 8439, section 2.8).
pub(crate) fn first_bytes(key: &[u8; 32], nonce: &[u8; 24], text: &mut [u8]) {
    let (subkey, short) = extended(key, nonce);
    let mut cipher = ChaCha20::new((&*subkey).into(), &short.into());
    cipher.seek(64_u32);
    cipher.apply_keystream(text);
}

fn prepared(key: &[u8; 32]) -> LessSafeKey {
    #[expect(
        clippy::expect_used,
        reason = "refused only when the key is not 32 bytes"
    )]
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).expect("the key has 32 bytes");
    LessSafeKey::new(key)
}
