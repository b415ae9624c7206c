//! Keys wrapped under the key-encryption key, each bound to its set, name and generation.
//!
//! A wrap put under another name, into another set or brought back from an earlier generation does not open.

use hmac::{Hmac, Mac};
use keys::labels;
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::sealing::{self, TAG};
use crate::shares::{Kek, SetFacts, SetId};

/// Length of a wrapped key's ciphertext.
const BOX_LEN: usize = 32 + TAG;

/// A wrapped key does not open: another set's, another name's, an earlier one, or altered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wrapped key \"{name}\" does not open under this set of shares")]
pub struct WrapError {
    /// Which key.
    pub name: String,
}

/// One 32-byte key under the key-encryption key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapped {
    /// Which key it is.
    pub name: String,
    /// Counts the re-keyings.
    pub generation: u32,
    #[serde(with = "crate::code")]
    nonce: [u8; 24],
    #[serde(with = "crate::code")]
    sealed: [u8; BOX_LEN],
}

impl Wrapped {
    /// Wraps `key`.
    #[must_use]
    pub fn wrap(
        kek: &Kek,
        set: SetId,
        name: &str,
        generation: u32,
        key: &[u8; 32],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        let wrapping = labels::derive(kek.expose_bytes(), labels::WRAP);
        let (nonce, sealed) = sealing::seal(&wrapping, &place(set, name, generation), key, rng);
        Self {
            name: name.to_owned(),
            generation,
            nonce,
            sealed,
        }
    }

    /// Unwraps the key.
    ///
    /// # Errors
    /// [`WrapError`] names the key.
    pub fn unwrap(&self, kek: &Kek, set: SetId) -> Result<Zeroizing<[u8; 32]>, WrapError> {
        let wrapping = labels::derive(kek.expose_bytes(), labels::WRAP);
        let error = || WrapError {
            name: self.name.clone(),
        };
        let place = place(set, &self.name, self.generation);
        let text = sealing::open(&wrapping, &self.nonce, &place, &self.sealed).ok_or_else(error)?;
        let mut key = Zeroizing::new([0; 32]);
        if text.len() != key.len() {
            return Err(error());
        }
        key.copy_from_slice(&text);
        Ok(key)
    }
}

/// What a wrap is bound to. The name is length-prefixed, so that no two places share an encoding.
fn place(set: SetId, name: &str, generation: u32) -> Vec<u8> {
    let mut aad = Vec::with_capacity(28 + name.len());
    aad.extend_from_slice(&set.0);
    aad.extend_from_slice(&(name.len() as u64).to_be_bytes());
    aad.extend_from_slice(name.as_bytes());
    aad.extend_from_slice(&generation.to_be_bytes());
    aad
}

/// The MAC that [`check`] makes.
pub(crate) type CheckMac = Hmac<Sha256>;

/// A MAC over a keyring's public part under the check key: proves that the recombined key is the right one, and that
/// nobody changed what it came with.
pub(crate) fn check<'a>(
    kek: &Kek,
    organisation: &str,
    generation: u32,
    facts: &SetFacts,
    names: impl Iterator<Item = &'a str>,
    rekeyed: Option<Vec<u8>>,
) -> CheckMac {
    let key = labels::derive(kek.expose_bytes(), labels::CHECK);
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <CheckMac as Mac>::new_from_slice(&*key).expect("HMAC takes keys of any length");
    let mut field = |bytes: &[u8]| {
        mac.update(&(bytes.len() as u64).to_be_bytes());
        mac.update(bytes);
    };
    field(organisation.as_bytes());
    field(&generation.to_be_bytes());
    field(&facts.canonical());
    names.for_each(|name| field(name.as_bytes()));
    rekeyed.iter().for_each(|rekeyed| field(rekeyed));
    mac
}
