//! A custodian's share, locked under that custodian's passphrase.

use keys::{Cost, Passphrase, Salt, StretchError, labels};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::sealing::{self, TAG};
use crate::shares::{SHARE_LEN, SetId, Share, SharesError};

/// Length of a locked share's ciphertext.
const BOX_LEN: usize = SHARE_LEN + TAG;

/// A share that only its custodian's passphrase opens, with everything needed to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedShare {
    /// Whose it is.
    pub custodian: String,
    /// Its place in the set, from 1.
    pub x: u8,
    /// SHA-256 of the encoded share.
    #[serde(with = "crate::code")]
    pub hash: [u8; 32],
    /// Argon2id memory in KiB.
    memory_kib: u32,
    /// Argon2id passes.
    passes: u32,
    /// Argon2id lanes.
    lanes: u32,
    /// Argon2id salt.
    #[serde(with = "crate::code")]
    salt: [u8; 16],
    /// XChaCha20-Poly1305 nonce.
    #[serde(with = "crate::code")]
    nonce: [u8; 24],
    /// The sealed share.
    #[serde(with = "crate::code")]
    sealed: [u8; BOX_LEN],
}

/// Why a locked share stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockedShareError {
    /// The passphrase is not the one, or the file was altered: they cannot be told apart.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The stored cost cannot be obeyed.
    #[error("the stored Argon2id cost is out of bounds")]
    Cost(#[source] keys::CostError),
    /// The machine cannot do the work.
    #[error("the passphrase could not be checked")]
    Stretch(#[source] StretchError),
    /// What came out is no share.
    #[error("the locked share is not a share")]
    Share(#[source] SharesError),
}

impl LockedShare {
    /// Locks `share` for `custodian`.
    ///
    /// # Errors
    /// [`LockedShareError::Stretch`] when the machine lacks the memory.
    pub fn lock(
        share: &Share,
        custodian: &str,
        passphrase: &Passphrase,
        cost: Cost,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, LockedShareError> {
        let salt = Salt::generate(rng);
        let key = share_key(passphrase, &salt, cost)?;
        let place = place(share.set(), share.x(), custodian);
        let (nonce, sealed) = sealing::seal(&key, &place, share.expose_encoded().as_ref(), rng);
        Ok(Self {
            custodian: custodian.to_owned(),
            x: share.x(),
            hash: share.hash(),
            memory_kib: cost.memory_kib(),
            passes: cost.passes(),
            lanes: cost.lanes(),
            salt: salt.0,
            nonce,
            sealed,
        })
    }

    /// Opens the share of set `set` with its custodian's passphrase.
    ///
    /// # Errors
    /// [`LockedShareError`]; a share moved from another set or custodian looks like a wrong passphrase.
    pub fn open(&self, set: SetId, passphrase: &Passphrase) -> Result<Share, LockedShareError> {
        let cost = self.cost()?;
        let key = share_key(passphrase, &Salt(self.salt), cost)?;
        let place = place(set, self.x, &self.custodian);
        let text = sealing::open(&key, &self.nonce, &place, &self.sealed)
            .ok_or(LockedShareError::WrongPassphrase)?;
        Share::decode(&text).map_err(LockedShareError::Share)
    }

    /// What one guess at the passphrase costs.
    ///
    /// # Errors
    /// [`LockedShareError::Cost`] when the stored numbers are out of bounds.
    pub fn cost(&self) -> Result<Cost, LockedShareError> {
        Cost::new(self.memory_kib, self.passes, self.lanes).map_err(LockedShareError::Cost)
    }
}

fn share_key(
    passphrase: &Passphrase,
    salt: &Salt,
    cost: Cost,
) -> Result<Zeroizing<[u8; 32]>, LockedShareError> {
    let stretched =
        keys::stretch::stretch(passphrase, salt, cost).map_err(LockedShareError::Stretch)?;
    Ok(labels::derive(&stretched, labels::SHARE))
}

/// What a locked share is bound to: its set, its place and its custodian.
fn place(set: SetId, x: u8, custodian: &str) -> Vec<u8> {
    let mut aad = Vec::with_capacity(17 + custodian.len());
    aad.extend_from_slice(&set.0);
    aad.push(x);
    aad.extend_from_slice(custodian.as_bytes());
    aad
}
