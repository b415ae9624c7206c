//! What carries answers back in: one-time identities, and the secret that veils and addresses their cells.
//!
//! A reply identity lies on the reporter's device, so it is deliberately of another kind than what pieces are sealed
//! to: plain X25519 (`docs/decisions/0002-x25519-reply-identities.md`). It opens replies and can never open a piece.
//! The outer cell is keyed from a secret that travelled under the hybrid recipient, which keeps a recorded reply safe
//! against a later quantum computer.

use std::io::Read;

use rand_core::{CryptoRng, RngCore};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::bech;
use crate::labels;
use crate::recipient::{RecipientError, SealError, X25519Recipient};
use crate::secret::secret32;
use crate::veil::VeilKeys;

/// Prefix of a plain age identity, in lower case.
const IDENTITY_HRP: &str = "age-secret-key-";

/// Why a reply cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ReplyOpenError {
    /// Sealed to another key, or no age file at all.
    #[error("the reply is not for this key, or its header was altered")]
    NotForThisKey(#[source] age::DecryptError),
    /// The header is ours and the text was altered or cut.
    #[error("the reply was altered or cut short")]
    Damaged(#[source] std::io::Error),
    /// Longer than any reply may be.
    #[error("the reply is longer than {limit} bytes")]
    TooLong {
        /// The limit that was passed.
        limit: usize,
    },
}

/// The secret half of a one-time reply key, held inside. Opens replies, and nothing else.
#[derive(ZeroizeOnDrop)]
pub struct ReplyIdentity([u8; 32]);

impl ReplyIdentity {
    /// Takes 32 stored bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh identity.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut identity = Self([0; 32]);
        rng.fill_bytes(&mut identity.0);
        identity
    }

    /// The bytes, for storing them sealed.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public half, which travels in the contact piece.
    #[must_use]
    pub fn recipient(&self) -> ReplyRecipient {
        let public = x25519_dalek::x25519(self.0, x25519_dalek::X25519_BASEPOINT_BYTES);
        #[expect(
            clippy::expect_used,
            reason = "a clamped scalar times the base point is never of low order"
        )]
        let recipient = X25519Recipient::from_bytes(public)
            .expect("the base point's multiples are usable keys");
        ReplyRecipient(recipient)
    }

    /// Opens a reply of at most `limit` bytes.
    ///
    /// # Errors
    /// [`ReplyOpenError`] when it is not for this identity, was altered, or is too long.
    pub fn open(&self, sealed: &[u8], limit: usize) -> Result<Zeroizing<Vec<u8>>, ReplyOpenError> {
        let identity = self.age_identity()?;
        let reader = age::Decryptor::new_buffered(sealed)
            .and_then(|file| file.decrypt(std::iter::once(&identity as &dyn age::Identity)))
            .map_err(ReplyOpenError::NotForThisKey)?;
        // One byte beyond the limit tells "too long" from "just fits"; the room is reserved so nothing is left behind.
        let mut text = Zeroizing::new(Vec::with_capacity(limit.min(sealed.len()) + 1));
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        reader
            .take(most)
            .read_to_end(&mut text)
            .map_err(ReplyOpenError::Damaged)?;
        if text.len() > limit {
            return Err(ReplyOpenError::TooLong { limit });
        }
        Ok(text)
    }

    /// age reads identities as strings only.
    fn age_identity(&self) -> Result<age::x25519::Identity, ReplyOpenError> {
        let spelt = Zeroizing::new(bech::encode(IDENTITY_HRP, &self.0));
        spelt
            .parse()
            .map_err(|_| ReplyOpenError::NotForThisKey(age::DecryptError::NoMatchingKeys))
    }
}

impl core::fmt::Debug for ReplyIdentity {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ReplyIdentity(..)")
    }
}

/// The public half of a one-time reply key, held by the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyRecipient(X25519Recipient);

impl ReplyRecipient {
    /// Reads a public key's bytes.
    ///
    /// # Errors
    /// [`RecipientError::Unusable`] for a point of low order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, RecipientError> {
        X25519Recipient::from_bytes(bytes).map(Self)
    }

    /// The public key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Seals a reply as one age file.
    ///
    /// # Errors
    /// [`SealError`] when the header cannot be made.
    pub fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.0.seal(plaintext)
    }
}

impl core::str::FromStr for ReplyRecipient {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, RecipientError> {
        text.parse().map(Self)
    }
}

impl core::fmt::Display for ReplyRecipient {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a reply waits at a drop. Looks random, and is known to both ends only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxAddress(pub [u8; 32]);

impl core::fmt::Display for MailboxAddress {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

secret32! {
    /// What both ends share about one reply: it veils the reply's cells and names its mailbox.
    ReplySecret
}

impl ReplySecret {
    /// Where the reply waits.
    #[must_use]
    pub fn mailbox(&self) -> MailboxAddress {
        MailboxAddress(*labels::derive(&self.0, labels::MAILBOX))
    }

    /// What veils the reply's cells.
    #[must_use]
    pub fn veil(&self) -> VeilKeys {
        VeilKeys::from_bytes(
            *labels::derive(&self.0, labels::REPLY_HEAD),
            *labels::derive(&self.0, labels::REPLY_BODY),
        )
    }
}

/// What the desk gets in a contact piece: enough to send one reply, not to read one.
#[derive(Debug)]
pub struct ReplyPair {
    /// What the reply is sealed to.
    pub recipient: ReplyRecipient,
    /// What veils and addresses it.
    pub secret: ReplySecret,
}

/// What the field keeps of one reply pair until the reply was read or 180 days have passed.
#[derive(Debug)]
pub struct ReplyKeys {
    /// Opens the reply.
    pub identity: ReplyIdentity,
    /// Finds and unveils it.
    pub secret: ReplySecret,
}

impl ReplyKeys {
    /// A fresh one-time pair.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self {
            identity: ReplyIdentity::generate(rng),
            secret: ReplySecret::generate(rng),
        }
    }

    /// The desk's half, for the contact piece.
    #[must_use]
    pub fn pair(&self) -> ReplyPair {
        ReplyPair {
            recipient: self.identity.recipient(),
            secret: ReplySecret::from_bytes(*self.secret.expose_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    fn keys(seed: u64) -> ReplyKeys {
        ReplyKeys::generate(&mut ChaCha20Rng::seed_from_u64(seed))
    }

    #[test]
    fn a_reply_reaches_its_identity_only() {
        let mine = keys(1);
        let sealed = mine.pair().recipient.seal(b"received").unwrap();
        assert_eq!(
            mine.identity.open(&sealed, 100).unwrap().as_slice(),
            b"received"
        );
        let other = keys(2).identity.open(&sealed, 100);
        assert!(matches!(other, Err(ReplyOpenError::NotForThisKey(_))));
    }

    #[test]
    fn long_cut_and_altered_replies_are_refused() {
        let mine = keys(1);
        let sealed = mine.pair().recipient.seal(b"received").unwrap();
        assert!(mine.identity.open(&sealed, 8).is_ok());
        let long = mine.identity.open(&sealed, 7);
        assert!(matches!(long, Err(ReplyOpenError::TooLong { limit: 7 })));
        let cut = mine.identity.open(&sealed[..sealed.len() - 1], 100);
        assert!(matches!(cut, Err(ReplyOpenError::Damaged(_))));
        let mut hurt = sealed.clone();
        *hurt.last_mut().unwrap() ^= 1;
        assert!(matches!(
            mine.identity.open(&hurt, 100),
            Err(ReplyOpenError::Damaged(_))
        ));
    }

    #[test]
    fn both_ends_agree_on_mailbox_and_veil() {
        let mine = keys(3);
        let theirs = mine.pair();
        assert_eq!(mine.secret.mailbox(), theirs.secret.mailbox());
        assert_eq!(
            mine.secret.veil().expose_bytes(),
            theirs.secret.veil().expose_bytes()
        );
        assert_ne!(mine.secret.mailbox(), keys(4).secret.mailbox());
    }
}
