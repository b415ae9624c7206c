//! The sealing half of age's native hybrid recipient `mlkem768x25519`, over HPKE.
//!
//! The stanza is HPKE base mode with KEM MLKEM768-X25519 (X-Wing, 0x647a), HKDF-SHA256 and ChaCha20Poly1305, info
//! [`INFO`] and no associated data (C2SP, <https://c2sp.org/age>). The constants are public because `openers` has the
//! other half; why it is our own adapter is in `docs/decisions/0001-age-with-hpke-x-wing.md`.

use std::collections::HashSet;

use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use data_encoding::BASE64_NOPAD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeS, Serializable};

/// Prefix of a recipient's spelling.
pub const RECIPIENT_HRP: &str = "age1pq";
/// Prefix of an identity's spelling, in lower case; identities are written in upper case.
pub const IDENTITY_HRP: &str = "age-secret-key-pq-";
/// First argument of the stanza.
pub const STANZA_TAG: &str = "mlkem768x25519";
/// HPKE's info string.
pub const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// age's label for recipients that keep a file safe against quantum computers: they never mix with others.
pub const LABEL: &str = "postquantum";
/// Length of a public key: ML-KEM-768 encapsulation key and X25519 share.
pub const PUBLIC_LEN: usize = 1216;
/// Length of an encapsulated key: ML-KEM-768 ciphertext and X25519 share.
pub const ENCAPSULATED_LEN: usize = 1120;
/// Length of the sealed file key.
pub const BODY_LEN: usize = 32;
/// Length of the X25519 share at the end of public and encapsulated keys.
const SHARE_LEN: usize = 32;

/// The KEM's public key as HPKE holds it.
pub(crate) type PublicKey = <XWing as Kem>::PublicKey;

/// Whether the X25519 share that ends `key` is a point of low order, which would give the same shared secret to
/// everyone. The KEM itself does not refuse it; age does, on both sides.
#[must_use]
pub fn has_low_order_share(key: &[u8]) -> bool {
    let Some((_, share)) = key.split_last_chunk::<SHARE_LEN>() else {
        return true;
    };
    // Clamping makes every scalar a multiple of the cofactor, so any scalar at all sends low-order points to zero.
    let product = x25519_dalek::x25519([0x55; SHARE_LEN], *share);
    product == [0; SHARE_LEN]
}

/// Reads a public key, refusing encodings that ML-KEM or X25519 cannot use.
pub(crate) fn parse_public(bytes: &[u8; PUBLIC_LEN]) -> Option<PublicKey> {
    if has_low_order_share(bytes) {
        return None;
    }
    PublicKey::from_bytes(bytes).ok()
}

/// Wraps an age file key to `public` as one stanza.
pub(crate) fn wrap(
    public: &PublicKey,
    file_key: &FileKey,
) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
    let (encapsulated, body) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeS::Base,
        public,
        INFO,
        file_key.expose_secret(),
        &[],
    )
    .map_err(|error| age::EncryptError::Io(std::io::Error::other(error)))?;
    let stanza = Stanza {
        tag: STANZA_TAG.to_owned(),
        args: vec![BASE64_NOPAD.encode(&encapsulated.to_bytes())],
        body,
    };
    Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twelve_low_order_encodings_are_found() {
        let hex = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        ];
        for text in hex {
            let mut share: [u8; 32] = hex::decode(text).unwrap().try_into().unwrap();
            assert!(has_low_order_share(&share), "{text}");
            share[31] |= 0x80;
            assert!(
                has_low_order_share(&share),
                "{text} with the ignored top bit"
            );
        }
        assert!(!has_low_order_share(&x25519_dalek::X25519_BASEPOINT_BYTES));
        assert!(has_low_order_share(&[9; 31]), "too short to hold a share");
    }
}
