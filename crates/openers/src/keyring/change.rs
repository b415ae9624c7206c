//! Changing a keyring on the word of its custodians: a new intake identity, and the end of an old one.
//!
//! The key-encryption key comes back from k shares, wraps or drops one key, and is wiped again. The set of shares stays:
//! nobody's passphrase changes.

use hmac::Mac;
use rand_core::{CryptoRng, RngCore};

use super::{INTAKE, KeyringFile, OpenKeyring, UnlockError};
use crate::identity::IntakeIdentity;
use crate::shares::{Kek, Share, combine};
use crate::wrap::Wrapped;

impl KeyringFile {
    /// The key that these shares give, if it is the one that this file was made with.
    pub(super) fn kek(&self, shares: &[Share]) -> Result<Kek, UnlockError> {
        let kek = combine(shares, &self.facts()).map_err(|error| self.named_error(error))?;
        self.check_mac(&kek)
            .verify_slice(&self.check)
            .map_err(|_| UnlockError::Altered)?;
        Ok(kek)
    }

    /// With these keys wrapped, and its check.
    pub(super) fn holding(
        mut self,
        open: &OpenKeyring,
        kek: &Kek,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        for (name, key) in open.named() {
            let wrapped = Wrapped::wrap(kek, self.set, &name, self.generation, key, rng);
            self.keys.push(wrapped);
        }
        self.checked_again(kek)
    }

    fn checked_again(mut self, kek: &Kek) -> Self {
        self.check = self.check_mac(kek).finalize().into_bytes().into();
        self
    }

    /// With one more intake identity, and its epoch. The earlier ones stay.
    ///
    /// # Errors
    /// As [`KeyringFile::unlock_with`].
    pub fn rotate_intake(
        &self,
        shares: &[Share],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Self, u32), UnlockError> {
        let kek = self.kek(shares)?;
        let epochs = self.intake_epochs();
        let epoch = epochs.last().copied().unwrap_or(0) + 1;
        let identity = IntakeIdentity::generate(rng);
        let name = format!("{INTAKE}{epoch}");
        let wrapped = Wrapped::wrap(
            &kek,
            self.set,
            &name,
            self.generation,
            identity.expose_bytes(),
            rng,
        );
        let mut file = self.clone();
        file.keys.insert(epochs.len().min(file.keys.len()), wrapped);
        Ok((file.checked_again(&kek), epoch))
    }

    /// Without one intake identity: what is sealed to it can never be opened again. Whether that may be is not decided
    /// here.
    ///
    /// # Errors
    /// As [`KeyringFile::unlock_with`]; [`UnlockError::Missing`] when there is no such identity, or it is the last.
    pub fn destroy_intake(&self, shares: &[Share], epoch: u32) -> Result<Self, UnlockError> {
        let kek = self.kek(shares)?;
        let name = format!("{INTAKE}{epoch}");
        let mut file = self.clone();
        file.keys.retain(|wrapped| wrapped.name != name);
        if file.keys.len() == self.keys.len() || file.intake_epochs().is_empty() {
            return Err(UnlockError::Missing { name: INTAKE });
        }
        Ok(file.checked_again(&kek))
    }

    /// The epochs of all intake identities, ascending.
    #[must_use]
    pub fn intake_epochs(&self) -> Vec<u32> {
        let names = self.keys.iter().map(|wrapped| wrapped.name.as_str());
        let mut epochs: Vec<u32> = names
            .filter_map(|name| name.strip_prefix(INTAKE)?.parse().ok())
            .collect();
        epochs.sort_unstable();
        epochs
    }
}
