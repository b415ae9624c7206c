//! Public 32-byte values of the protocol: hashes and mailbox addresses, each its own type.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::error::{WireError, hex32};

macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps 32 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        // Prints nothing of the value: a log line must not become a link between sessions.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl FromStr for $name {
            type Err = WireError;

            fn from_str(text: &str) -> Result<Self, WireError> {
                hex32($what, text.as_bytes()).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

public_id!(
    /// SHA-256 of a session token: what the desk registers and the drop keeps.
    TokenHash,
    "a token hash"
);
public_id!(
    /// SHA-256 of a session secret: what the drop binds a token to.
    SecretHash,
    "a session secret's hash"
);
public_id!(
    /// SHA-256 of a whole cell as it goes over the line.
    CellHash,
    "a cell hash"
);
public_id!(
    /// Where one reply waits. Derived from a reply secret; random to everybody else.
    MailboxAddress,
    "a mailbox address"
);

impl CellHash {
    /// Hashes a cell.
    #[must_use]
    pub fn of(cell: &[u8]) -> Self {
        Self(Sha256::digest(cell).into())
    }
}
