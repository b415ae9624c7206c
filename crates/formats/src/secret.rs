//! Secrets inside JSON, for this crate alone: hexadecimal in and out without copies that nobody wipes.
//!
//! Secret types themselves have no `Serialize`; only kit and contact, which are secret as a whole, go through here.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// 32 secret bytes as 64 lower-case hexadecimal digits.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct SecretHex(pub(crate) [u8; 32]);

impl Serialize for SecretHex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = Zeroizing::new([0; 64]);
        hex::encode_to_slice(self.0, digits.as_mut()).map_err(serde::ser::Error::custom)?;
        let text = std::str::from_utf8(digits.as_ref()).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(text)
    }
}

impl<'de> Deserialize<'de> for SecretHex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl de::Visitor<'_> for Digits {
            type Value = SecretHex;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 lower-case hexadecimal digits")
            }

            // The messages never quote the text: it is a secret.
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SecretHex, E> {
                let mut secret = SecretHex([0; 32]);
                if text.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(E::custom("not lower-case"));
                }
                hex::decode_to_slice(text, &mut secret.0)
                    .map_err(|_| E::custom("not 64 hexadecimal digits"))?;
                Ok(secret)
            }
        }
        deserializer.deserialize_str(Digits)
    }
}

/// Writes a value that holds secrets, whose fields are declared in sorted order, into memory that is wiped. `room` must
/// not be smaller than the encoding, or growing would leave copies behind.
pub(crate) fn to_wiped_vec<T: Serialize>(
    value: &T,
    room: usize,
) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    let mut out = Zeroizing::new(Vec::with_capacity(room));
    serde_json::to_writer(&mut *out, value)?;
    Ok(out)
}
