//! Secret 32-byte values of the protocol: printable by no log, wiped when dropped.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::{WireError, hex32};
use crate::ids::{SecretHash, TokenHash};
use crate::paths::BEARER;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps 32 random bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The bytes themselves, for storing or sending them.
            #[must_use]
            pub const fn expose_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Reads 64 lowercase hexadecimal digits.
            ///
            /// # Errors
            /// [`WireError::NotHex`] for anything else.
            pub fn from_hex(text: &[u8]) -> Result<Self, WireError> {
                hex32($what, text).map(Self)
            }

            /// The 64 digits that go over the line.
            #[must_use]
            pub fn expose_hex(&self) -> Zeroizing<String> {
                Zeroizing::new(hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

macro_rules! bearer {
    ($name:ident) => {
        impl $name {
            /// Reads the value of an `Authorization: Bearer` header.
            ///
            /// # Errors
            /// [`WireError::NotBearer`] for anything but `Bearer ` and 64 lowercase hexadecimal digits.
            pub fn from_bearer(value: &[u8]) -> Result<Self, WireError> {
                value
                    .strip_prefix(BEARER.as_bytes())
                    .and_then(|digits| Self::from_hex(digits).ok())
                    .ok_or(WireError::NotBearer)
            }

            /// The value of the `Authorization` header.
            #[must_use]
            pub fn bearer(&self) -> Zeroizing<String> {
                Zeroizing::new(format!("{BEARER}{}", *self.expose_hex()))
            }
        }
    };
}

secret!(
    /// A one-time token that lets one session store cells at one drop.
    SessionToken,
    "a session token"
);
secret!(
    /// The random secret of one session, made by the sender and never used again.
    SessionSecret,
    "a session secret"
);
secret!(
    /// What a desk shows a drop to read its log, fill mailboxes and register tokens.
    DeskToken,
    "a desk token"
);

bearer!(SessionToken);
bearer!(DeskToken);

impl SessionToken {
    /// SHA-256 of the token's 32 bytes: what is registered at a drop.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::from_bytes(Sha256::digest(self.0).into())
    }
}

impl SessionSecret {
    /// SHA-256 of the secret's 32 bytes: what a token is bound to on its first use.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::from_bytes(Sha256::digest(self.0).into())
    }
}

impl DeskToken {
    /// SHA-256 of the token's 32 bytes, so that a drop compares and keeps hashes only.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::from_bytes(Sha256::digest(self.0).into())
    }
}
