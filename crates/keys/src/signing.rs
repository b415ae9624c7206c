//! Custodians' own signing keys: Ed25519, made on a custodian's machine, pinned in the kit.
//!
//! The bulletins they sign come later; the role exists now because a kit pins the verifying half.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rand_core::{CryptoRng, RngCore};

/// Goes before every signed message, so that a custodian's signature means one thing only.
const CONTEXT: &[u8] = b"fh1/custodian\0";

/// An Ed25519 signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

/// Why a key or a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// No point of the curve, or a weak one.
    #[error("the custodian's verifying key is not a usable key")]
    Unusable,
    /// Not made by this key over this message.
    #[error("the signature was not made by this custodian over exactly this message")]
    Mismatch,
}

/// A custodian's secret key. Its bytes are wiped on drop by the Ed25519 crate.
pub struct CustodianSigningKey(SigningKey);

impl CustodianSigningKey {
    /// Takes a stored seed.
    #[must_use]
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(SigningKey::generate(rng))
    }

    /// The seed, for storing it sealed.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The half that a kit pins.
    #[must_use]
    pub fn verifying_key(&self) -> CustodianVerifyingKey {
        CustodianVerifyingKey(self.0.verifying_key())
    }

    /// Signs `message` as a custodian.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(&[CONTEXT, message].concat()).to_bytes())
    }
}

impl core::fmt::Debug for CustodianSigningKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CustodianSigningKey(..)")
    }
}

/// The half that checks a custodian's signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustodianVerifyingKey(VerifyingKey);

impl CustodianVerifyingKey {
    /// Reads a pinned key.
    ///
    /// # Errors
    /// [`SigningError::Unusable`] when the bytes are no point or a weak one.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SigningError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| SigningError::Unusable)?;
        if key.is_weak() {
            Err(SigningError::Unusable)
        } else {
            Ok(Self(key))
        }
    }

    /// The key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks strictly that this custodian signed exactly `message`.
    ///
    /// # Errors
    /// [`SigningError::Mismatch`] when not.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SigningError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0
            .verify_strict(&[CONTEXT, message].concat(), &signature)
            .map_err(|_| SigningError::Mismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_bind_key_message_and_role() {
        let key = CustodianSigningKey::from_bytes(&[1; 32]);
        let signed = key.sign(b"bulletin");
        let public = key.verifying_key();
        assert_eq!(public.verify(b"bulletin", &signed), Ok(()));
        assert_eq!(
            public.verify(b"bulletin.", &signed),
            Err(SigningError::Mismatch)
        );
        let other = CustodianSigningKey::from_bytes(&[2; 32]).verifying_key();
        assert_eq!(
            other.verify(b"bulletin", &signed),
            Err(SigningError::Mismatch)
        );
        let bare = SigningKey::from_bytes(&[1; 32]).sign(b"bulletin");
        let bare = Signature(bare.to_bytes());
        assert_eq!(
            public.verify(b"bulletin", &bare),
            Err(SigningError::Mismatch)
        );
    }

    #[test]
    fn weak_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(
            CustodianVerifyingKey::from_bytes(&identity),
            Err(SigningError::Unusable)
        );
    }
}
