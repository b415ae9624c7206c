//! What a vault's passphrases must be, so that each protects, each has its duress mark, and a slip of the tongue in one never
//! gives the other.

use keys::{Passphrase, Weakness};

use crate::error::FieldError;

/// Most words that the two passphrases may have in common.
const SHARED_MOST: usize = 2;

/// Why a passphrase is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseFault {
    /// It can be guessed.
    #[error("the passphrase can be guessed")]
    Weak(Weakness),
    /// Exchanging its first two words changes nothing, so that it has no duress mark.
    #[error("the passphrase must begin with two different words")]
    NoMark,
    /// The duress passphrase is too like the everyday one: a mistake would destroy everything.
    #[error("the two passphrases have too many words in common")]
    TooAlike,
}

/// Why this passphrase should not open a vault, if so.
#[must_use]
pub fn passphrase_fault(passphrase: &Passphrase) -> Option<PassphraseFault> {
    match passphrase.weakness() {
        Some(weakness) => Some(PassphraseFault::Weak(weakness)),
        None if !passphrase.can_mark() => Some(PassphraseFault::NoMark),
        None => None,
    }
}

/// Refuses what should not open a vault.
pub(crate) fn check(everyday: &Passphrase, duress: Option<&Passphrase>) -> Result<(), FieldError> {
    let alike = duress.is_some_and(|other| other.shared_words(everyday) > SHARED_MOST);
    let fault = passphrase_fault(everyday)
        .or_else(|| duress.and_then(passphrase_fault))
        .or(alike.then_some(PassphraseFault::TooAlike));
    fault.map_or(Ok(()), |fault| Err(FieldError::Passphrase(fault)))
}
