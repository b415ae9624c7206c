//! Identifiers: sixteen random bytes each, a type of their own each, written as 32 lower-case hexadecimal digits.
//!
//! They are random so that an id in an address bar says nothing about how many records there are or when one came.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 lower-case hexadecimal digits")]
pub struct NotAnId;

fn parse(text: &str) -> Result<[u8; 16], NotAnId> {
    let canonical = text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !canonical {
        return Err(NotAnId);
    }
    let mut bytes = [0; 16];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAnId)?;
    Ok(bytes)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// From its bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// The first eight digits: enough to tell records apart in a debug log.
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
                write!(f, concat!(stringify!($name), "({}…)"), self.short())
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&hex::encode(self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                parse(&text).map(Self).map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A person who signs in at the desk.
    EditorId,
    /// Something received: immutable evidence.
    ItemId,
    /// A protected copy of an item, fit to be shown to the world.
    DerivativeId,
    /// A story, in all its versions.
    StoryId,
    /// One version of one story going out.
    PublicationId,
    /// A sealed file in the blob store.
    BlobId,
    /// An account elsewhere in which the newsroom publishes.
    ChannelId,
    /// What goes out to one channel, once.
    DeliveryId,
    /// A drop the desk reads from.
    DropId,
    /// A piece of background work.
    JobId,
    /// An item that was announced and is held back.
    HeldId,
    /// A receipt waiting to be put into a mailbox.
    ReceiptId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_only_the_canonical_form_is_read() {
        let id = ItemId::from_bytes([0xab; 16]);
        assert_eq!(id.to_string().parse::<ItemId>(), Ok(id));
        for wrong in [
            "",
            "ab",
            &"AB".repeat(16),
            &"ab".repeat(17),
            &"zz".repeat(16),
            &format!(" {}", "ab".repeat(15)),
        ] {
            assert_eq!(wrong.parse::<ItemId>(), Err(NotAnId), "{wrong:?}");
        }
        assert_eq!(format!("{id:?}"), "ItemId(abababab…)");
    }
}
