//! Identifiers: fixed-size newtypes, so that a kit's id can never stand where a dispatch's belongs.

use std::fmt;
use std::str::FromStr;

use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{DecodeError, exactly};

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Bytes of this id.
            pub const LEN: usize = $len;

            /// A fresh random id.
            pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
                let mut bytes = [0; $len];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }

            /// Takes exactly this id's length.
            ///
            /// # Errors
            /// Any other length.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, DecodeError> {
                exactly($what, bytes).map(Self)
            }

            /// The first bytes in hexadecimal: enough for a person to tell two apart, and what logs may show.
            #[must_use]
            pub fn short(&self) -> String {
                hex::encode(&self.0[..4])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}..)"), self.short())
            }
        }

        impl FromStr for $name {
            type Err = DecodeError;

            fn from_str(text: &str) -> Result<Self, DecodeError> {
                if text.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(DecodeError::NotCanonical { what: $what });
                }
                let bytes = hex::decode(text)
                    .map_err(|_| DecodeError::invalid($what, "lower-case hexadecimal"))?;
                Self::from_slice(&bytes)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

byte_id!(
    /// Which kit sealed something. The desk alone knows whose kit it is.
    KitId, 8, "kit id"
);
byte_id!(
    /// Which report a piece belongs to; random, made by the field.
    DispatchId, 16, "dispatch id"
);
byte_id!(
    /// Which message of the newsroom; random, made by the desk, so that one which arrives twice is known again.
    MessageId, 16, "message id"
);

/// A piece's place in its dispatch: 0 is the contact piece, 1 and up are media in order, the highest is the manifest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PieceNo(pub u32);

impl PieceNo {
    /// The contact piece.
    pub const CONTACT: Self = Self(0);

    /// The piece after this one; `None` after the last number.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl fmt::Display for PieceNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_strict() {
        let id: KitId = "0102030405060708".parse().unwrap();
        assert_eq!(id.to_string(), "0102030405060708");
        assert_eq!(format!("{id:?}"), "KitId(01020304..)");
        for bad in [
            "",
            "01",
            "010203040506070809",
            "0102030405060708 ",
            "zz02030405060708",
        ] {
            assert!(bad.parse::<KitId>().is_err(), "{bad}");
        }
        assert_eq!(
            "AB02030405060708".parse::<KitId>(),
            Err(DecodeError::NotCanonical { what: "kit id" })
        );
        assert!(serde_json::from_str::<DispatchId>("\"0102030405060708\"").is_err());
    }
}
