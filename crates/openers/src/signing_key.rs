//! A custodian's signing key as it rests on the custodian's own machine: locked under a passphrase of generated words.
//!
//! The same envelope as for shares: Argon2id, then XChaCha20-Poly1305, bound to what is public of the key.

use keys::{
    Cost, CostError, CustodianSigningKey, CustodianVerifyingKey, Passphrase, Salt, StretchError,
    labels,
};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::sealing::{self, TAG};

/// Names the file's kind to whoever opens it.
const FORMAT: &str = "firsthand-custodian-key";
/// The version this program writes and reads.
const VERSION: u32 = 2;
/// Largest file that is read.
const BYTES_MAX: usize = 4096;
/// Length of the sealed seed.
const BOX_LEN: usize = 32 + TAG;

/// Why a locked signing key stays shut.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// It is no file of this form.
    #[error("the file is not a custodian's signing key in the form it should be")]
    Form,
    /// It is of another version.
    #[error("the signing key's file has version {0}; this program reads version {VERSION}")]
    Version(u32),
    /// The passphrase is not the one, or the file was altered: they cannot be told apart.
    #[error("the passphrase is wrong, or the signing key's file was altered")]
    WrongPassphrase,
    /// The stored cost cannot be obeyed.
    #[error("the stored Argon2id cost is out of bounds")]
    Cost(#[source] CostError),
    /// The machine cannot do the work.
    #[error("the passphrase could not be checked")]
    Stretch(#[source] StretchError),
}

/// A signing key that only its custodian's passphrase opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedSigningKey {
    format: String,
    version: u32,
    #[serde(with = "crate::code")]
    public: [u8; 32],
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    #[serde(with = "crate::code")]
    salt: [u8; 16],
    #[serde(with = "crate::code")]
    nonce: [u8; 24],
    #[serde(with = "crate::code")]
    sealed: [u8; BOX_LEN],
}

impl LockedSigningKey {
    /// Locks a key.
    ///
    /// # Errors
    /// [`SigningKeyError::Stretch`] when the machine lacks the memory.
    pub fn lock(
        key: &CustodianSigningKey,
        passphrase: &Passphrase,
        cost: Cost,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, SigningKeyError> {
        let salt = Salt::generate(rng);
        let public = *key.verifying_key().as_bytes();
        let locking = locking_key(passphrase, &salt, cost)?;
        let (nonce, sealed) = sealing::seal(&locking, &public, key.expose_bytes(), rng);
        Ok(Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            public,
            memory_kib: cost.memory_kib(),
            passes: cost.passes(),
            lanes: cost.lanes(),
            salt: salt.0,
            nonce,
            sealed,
        })
    }

    /// Opens the key: one Argon2id run.
    ///
    /// # Errors
    /// [`SigningKeyError`].
    pub fn open(&self, passphrase: &Passphrase) -> Result<CustodianSigningKey, SigningKeyError> {
        let locking = locking_key(passphrase, &Salt(self.salt), self.cost()?)?;
        let seed = sealing::open(&locking, &self.nonce, &self.public, &self.sealed)
            .ok_or(SigningKeyError::WrongPassphrase)?;
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(
            seed.as_slice()
                .try_into()
                .map_err(|_| SigningKeyError::Form)?,
        );
        let key = CustodianSigningKey::from_bytes(&seed);
        if key.verifying_key().as_bytes() == &self.public {
            Ok(key)
        } else {
            Err(SigningKeyError::WrongPassphrase)
        }
    }

    /// What kits pin.
    ///
    /// # Errors
    /// [`SigningKeyError::Form`] for bytes that are no key.
    pub fn public(&self) -> Result<CustodianVerifyingKey, SigningKeyError> {
        CustodianVerifyingKey::from_bytes(&self.public).map_err(|_| SigningKeyError::Form)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`SigningKeyError`] for anything but a well-formed one of this version.
    pub fn from_json(json: &[u8]) -> Result<Self, SigningKeyError> {
        if json.len() > BYTES_MAX {
            return Err(SigningKeyError::Form);
        }
        let file: Self = serde_json::from_slice(json).map_err(|_| SigningKeyError::Form)?;
        if file.format != FORMAT {
            return Err(SigningKeyError::Form);
        }
        if file.version != VERSION {
            return Err(SigningKeyError::Version(file.version));
        }
        file.cost()?;
        file.public()?;
        Ok(file)
    }

    /// The file, for storing.
    ///
    /// # Errors
    /// [`SigningKeyError::Form`] when serialising fails.
    pub fn to_json(&self) -> Result<Vec<u8>, SigningKeyError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(|_| SigningKeyError::Form)?;
        json.push(b'\n');
        Ok(json)
    }

    fn cost(&self) -> Result<Cost, SigningKeyError> {
        Cost::new(self.memory_kib, self.passes, self.lanes).map_err(SigningKeyError::Cost)
    }
}

fn locking_key(
    passphrase: &Passphrase,
    salt: &Salt,
    cost: Cost,
) -> Result<Zeroizing<[u8; 32]>, SigningKeyError> {
    let stretched =
        keys::stretch::stretch(passphrase, salt, cost).map_err(SigningKeyError::Stretch)?;
    Ok(labels::derive(&stretched, labels::SIGNING_KEY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    fn locked() -> (CustodianSigningKey, LockedSigningKey) {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let key = CustodianSigningKey::generate(&mut rng);
        let words = Passphrase::new("seven words of hers");
        let locked = LockedSigningKey::lock(&key, &words, Cost::FOR_TESTS, &mut rng).unwrap();
        (key, locked)
    }

    #[test]
    fn its_words_open_it_and_no_others() {
        let (key, locked) = locked();
        let json = locked.to_json().unwrap();
        let text = String::from_utf8(json.clone()).unwrap();
        assert!(!text.contains(&data_encoding::HEXLOWER.encode(key.expose_bytes())));
        let read = LockedSigningKey::from_json(&json).unwrap();
        assert_eq!(read, locked);
        assert_eq!(
            read.public().unwrap().as_bytes(),
            key.verifying_key().as_bytes()
        );
        let opened = read.open(&Passphrase::new("Seven  words of hers")).unwrap();
        assert_eq!(opened.expose_bytes(), key.expose_bytes());
        let wrong = read.open(&Passphrase::new("seven words of his"));
        assert!(matches!(wrong, Err(SigningKeyError::WrongPassphrase)));
    }

    #[test]
    fn an_altered_file_opens_nothing() {
        let (_, locked) = locked();
        let words = Passphrase::new("seven words of hers");
        let other = CustodianSigningKey::generate(&mut ChaCha20Rng::seed_from_u64(5));
        let mut swapped = locked.clone();
        swapped.public = *other.verifying_key().as_bytes();
        assert!(swapped.open(&words).is_err(), "another public half");
        for at in 0..BOX_LEN {
            let mut hurt = locked.clone();
            hurt.sealed[at] ^= 1;
            assert!(hurt.open(&words).is_err(), "byte {at}");
        }
        let json = locked.to_json().unwrap();
        for length in 0..json.len() - 1 {
            assert!(LockedSigningKey::from_json(&json[..length]).is_err());
        }
        let text = String::from_utf8(json).unwrap();
        let with = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            LockedSigningKey::from_json(text.replace(from, to).as_bytes()).map(|_| ())
        };
        assert!(matches!(
            with("\"version\": 2", "\"version\": 3"),
            Err(SigningKeyError::Version(3))
        ));
        assert!(matches!(
            with("\"passes\": ", "\"passes\": 9"),
            Err(SigningKeyError::Cost(_))
        ));
        for (from, to) in [
            (FORMAT, "firsthand-keyring"),
            ("\"lanes\"", "\"more\": 1, \"lanes\""),
            ("\"salt\": \"", "\"salt\": \"00"),
        ] {
            assert!(matches!(with(from, to), Err(SigningKeyError::Form)), "{to}");
        }
        assert!(LockedSigningKey::from_json(&[b' '; BYTES_MAX + 1]).is_err());
    }
}
