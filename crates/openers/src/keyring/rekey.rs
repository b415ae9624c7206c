//! Re-keying after a custodian was captured: a new key-encryption key, shared out anew, and new keys under it.
//!
//! The remaining custodians' shares open the old keyring once more. What is new: the key-encryption key, the set of
//! shares, the database, column and index keys, the archive identity, and one more intake identity. What is carried
//! over, under new wraps: earlier intake identities, because things sealed to them may be on their way; earlier archive
//! identities, because blobs are never altered; and the statement log's key, which readers compare.

use keys::{ColumnKey, Cost, DatabaseKey, IndexKey, StatementLogSeed};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};

use super::{Custodian, KeyringError, KeyringFile, NewKeyring, OpenKeyring, UnlockError};
use super::{check_distinct, check_name, check_names, lock_all};
use crate::identity::{ArchiveIdentity, IntakeIdentity};
use crate::shares::{Kek, Share, split};

/// Whom the newsroom's keys are shared out to from now on.
#[derive(Debug)]
pub struct Rekeying<'a> {
    /// All custodians; their number is the new n.
    pub custodians: &'a [Custodian],
    /// How many of them unlock it: the new k.
    pub threshold: u8,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
}

/// Why a keyring was not re-keyed.
#[derive(Debug, thiserror::Error)]
pub enum RekeyError {
    /// The old keyring does not open.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The new one cannot be made.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

/// A custodian who has no share any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Former {
    /// Their name.
    pub custodian: String,
    /// The last generation in which they had one.
    pub generation: u32,
}

/// What a keyring says of the re-keying that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rekeyed {
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// Who had a share once and has none now.
    pub former: Vec<Former>,
}

/// The keyring before and after, opened, and the new one's file.
#[derive(Debug)]
pub struct KeyChange {
    /// The new keyring, for storing.
    pub file: KeyringFile,
    /// What everything is sealed under until now.
    pub old: OpenKeyring,
    /// What everything is sealed under from now on.
    pub new: OpenKeyring,
}

impl KeyringFile {
    /// Makes new keys on the word of the old set's custodians and shares them out to the new set. Both key-encryption
    /// keys are wiped on return.
    ///
    /// The cost of a guess at a passphrase stays what it was when the newsroom was founded, so that every machine that
    /// could unlock it still can.
    ///
    /// # Errors
    /// [`RekeyError`]: as [`KeyringFile::unlock_with`] for the old set, as [`KeyringFile::create`] for the new one.
    pub fn rekey(
        &self,
        shares: &[Share],
        to: &Rekeying<'_>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<KeyChange, RekeyError> {
        let old = self.unlock_with(shares)?;
        let set = NewKeyring {
            organisation: &self.organisation,
            custodians: to.custodians,
            threshold: to.threshold,
            cost: self.cost()?,
        };
        check_names(&set)?;
        let count = u8::try_from(to.custodians.len()).unwrap_or(u8::MAX);
        let kek = Kek::generate(rng);
        let (facts, dealt) = split(&kek, to.threshold, count, rng).map_err(KeyringError::Shares)?;
        let new = old.succeeded(self.generation, rng);
        let file = Self {
            organisation: self.organisation.clone(),
            format: self.format.clone(),
            version: self.version,
            generation: self.generation.saturating_add(1),
            set: facts.id,
            threshold: to.threshold,
            check: [0; 32],
            custodians: lock_all(&set, &dealt, rng)?,
            keys: Vec::new(),
            rekeyed: Some(Rekeyed {
                at: to.at,
                former: self.former_after(to.custodians),
            }),
        }
        .holding(&new, &kek, rng);
        // What is about to replace the only way in is opened once before anybody relies on it.
        file.unlock_with(&dealt)?;
        Ok(KeyChange { file, old, new })
    }

    /// When the keys were last replaced, and who has had no share since; nothing if they are the first.
    #[must_use]
    pub fn rekeyed(&self) -> Option<&Rekeyed> {
        self.rekeyed.as_ref()
    }

    /// The cost of a guess at a passphrase: the highest of all shares.
    ///
    /// # Errors
    /// [`KeyringError::Locked`] when a stored cost is out of bounds.
    pub fn cost(&self) -> Result<Cost, KeyringError> {
        let mut highest: Option<Cost> = None;
        for locked in &self.custodians {
            let cost = locked.cost().map_err(|source| KeyringError::Locked {
                name: locked.custodian.clone(),
                source,
            })?;
            if highest.is_none_or(|other| cost.memory_kib() > other.memory_kib()) {
                highest = Some(cost);
            }
        }
        Ok(highest.unwrap_or(Cost::CUSTODIAN_LEAST))
    }

    /// The last generation in which somebody had a share, if they have none now.
    pub(super) fn former(&self, name: &str) -> Option<u32> {
        let former = &self.rekeyed.as_ref()?.former;
        let found = former.iter().find(|former| former.custodian == name)?;
        Some(found.generation)
    }

    fn former_after(&self, remaining: &[Custodian]) -> Vec<Former> {
        let earlier = self.rekeyed.iter().flat_map(|rekeyed| &rekeyed.former);
        let now = self.custodians().map(|name| Former {
            custodian: name.to_owned(),
            generation: self.generation,
        });
        let mut former: Vec<Former> = earlier.cloned().chain(now).collect();
        former.retain(|one| remaining.iter().all(|other| other.name != one.custodian));
        former
    }

    /// Nobody both has a share and has none, and whoever has none had one earlier. The check covers the rest.
    pub(super) fn validate_rekeyed(&self) -> Result<(), KeyringError> {
        let former = self.rekeyed.iter().flat_map(|rekeyed| &rekeyed.former);
        let mut names: Vec<&str> = self.custodians().collect();
        for one in former {
            check_name(&one.custodian)?;
            if one.generation == 0 || one.generation >= self.generation {
                return Err(KeyringError::Generation);
            }
            names.push(&one.custodian);
        }
        check_distinct(names.into_iter())
    }
}

impl Rekeyed {
    /// The one encoding that the keyring's check covers.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        let mut out = b"fh1/rekeyed".to_vec();
        out.extend_from_slice(&self.at.to_be_bytes());
        for one in &self.former {
            out.extend_from_slice(&(one.custodian.len() as u64).to_be_bytes());
            out.extend_from_slice(one.custodian.as_bytes());
            out.extend_from_slice(&one.generation.to_be_bytes());
        }
        out
    }
}

impl OpenKeyring {
    /// New keys, with what has to outlive the old ones. `generation` is the old keyring's.
    fn succeeded(&self, generation: u32, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let archive =
            |identity: &ArchiveIdentity| ArchiveIdentity::from_bytes(*identity.expose_bytes());
        let mut intake: Vec<(u32, IntakeIdentity)> = self
            .intake
            .iter()
            .map(|(epoch, one)| (*epoch, IntakeIdentity::from_bytes(*one.expose_bytes())))
            .collect();
        let newest = intake.last().map_or(0, |(epoch, _)| *epoch);
        intake.push((newest.saturating_add(1), IntakeIdentity::generate(rng)));
        let mut retired: Vec<(u32, ArchiveIdentity)> = self
            .retired_archives
            .iter()
            .map(|(generation, one)| (*generation, archive(one)))
            .collect();
        retired.push((generation, archive(&self.archive)));
        Self {
            intake,
            archive: ArchiveIdentity::generate(rng),
            retired_archives: retired,
            database: DatabaseKey::generate(rng),
            column: ColumnKey::generate(rng),
            index: IndexKey::generate(rng),
            statement_log: StatementLogSeed::from_bytes(*self.statement_log.expose_bytes()),
        }
    }
}
