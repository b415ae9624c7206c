//! The one envelope of this crate: XChaCha20-Poly1305 over a secret of known length, bound to what it stands for.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

/// Bytes that sealing adds.
pub(crate) const TAG: usize = 16;
/// Length of a nonce.
pub(crate) const NONCE: usize = 24;

/// Seals `secret`, which has `LEN` less [`TAG`] bytes, under a fresh nonce.
pub(crate) fn seal<const LEN: usize>(
    key: &[u8; 32],
    place: &[u8],
    secret: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> ([u8; NONCE], [u8; LEN]) {
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let payload = Payload {
        msg: secret,
        aad: place,
    };
    #[expect(
        clippy::expect_used,
        reason = "XChaCha20-Poly1305 refuses only texts above 256 GiB"
    )]
    let text = XChaCha20Poly1305::new(key.into())
        .encrypt(XNonce::from_slice(&nonce), payload)
        .expect("a key or a share is far below the cipher's limit");
    let mut sealed = [0; LEN];
    sealed.copy_from_slice(&text);
    (nonce, sealed)
}

/// Opens it; nothing under another key, for another place, or when a bit was altered.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    place: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let payload = Payload {
        msg: sealed,
        aad: place,
    };
    let opened = XChaCha20Poly1305::new(key.into()).decrypt(XNonce::from_slice(nonce), payload);
    opened.ok().map(Zeroizing::new)
}
