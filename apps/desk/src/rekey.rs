//! Replacing the newsroom's keys after a custodian was captured: who stays, and the order of the steps.
//!
//! The new keyring is staged, the record is sealed anew under the new keys, and only then does the new take the place of
//! the old, all at once ([`store::Switch`]). Whatever happens in between leaves the old set in force, whole; whatever
//! happens afterwards is finished at the next start (`settling`). Decision 0016 has the reasons.

use std::collections::BTreeSet;

use newsroom::Micros;
use openers::{KeyChange, KeyringFile, OpenKeyring};
use rand_core::OsRng;
use store::{RekeyFacts, Store, StoreError};

use crate::config::{Database, DeskConfig, DeskFolder};
use crate::settling::{self, CONFIG, KEYRING, KeysAlone, RECORD, SettleError};
use crate::{files, opening_store};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Who loses their share.
    pub remove: Vec<String>,
    /// Who gets one for the first time.
    pub add: Vec<String>,
    /// How many unlock the newsroom from now on; as many as before when it is left out.
    pub threshold: Option<u8>,
}

/// Who holds shares from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Those who stay; k of the old set must be among them.
    pub remaining: Vec<String>,
    /// Those who are new.
    pub added: Vec<String>,
    /// How many of all of them unlock it.
    pub threshold: u8,
}

/// Why it cannot be done like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RekeyRefusal {
    /// Nobody of that name has a share.
    #[error("{name} is not a custodian; the custodians are {}", names.join(", "))]
    Unknown {
        /// The name that was given.
        name: String,
        /// Who there is.
        names: Vec<String>,
    },
    /// Somebody of that name has one already.
    #[error("{name} is a custodian already")]
    Known {
        /// The name that was given.
        name: String,
    },
    /// A name comes twice.
    #[error("{name} is named twice")]
    Twice {
        /// The name that was given.
        name: String,
    },
    /// Without the removed ones the old keys cannot be opened.
    #[error("{left} would remain of the {need} custodians who are needed to open the present keys")]
    TooFewLeft {
        /// Who remains.
        left: usize,
        /// How many the old set needs.
        need: usize,
    },
    /// Not a threshold.
    #[error("{threshold} of {count} is not possible")]
    Threshold {
        /// How many are to unlock it.
        threshold: u8,
        /// How many there would be.
        count: usize,
    },
}

/// Decides who holds shares from now on.
///
/// # Errors
/// [`RekeyRefusal`].
pub fn plan(keyring: &KeyringFile, wish: &Wish) -> Result<Plan, RekeyRefusal> {
    let now: Vec<String> = keyring.custodians().map(str::to_owned).collect();
    let mut seen = BTreeSet::new();
    for name in wish.remove.iter().chain(&wish.add) {
        if !seen.insert(name) {
            return Err(RekeyRefusal::Twice { name: name.clone() });
        }
    }
    if let Some(name) = wish.remove.iter().find(|name| !now.contains(name)) {
        return Err(RekeyRefusal::Unknown {
            name: name.clone(),
            names: now,
        });
    }
    if let Some(name) = wish.add.iter().find(|name| now.contains(name)) {
        return Err(RekeyRefusal::Known { name: name.clone() });
    }
    let stays = |name: &String| !wish.remove.contains(name);
    let remaining: Vec<String> = now.into_iter().filter(stays).collect();
    let (left, need) = (remaining.len(), usize::from(keyring.threshold()));
    if left < need {
        return Err(RekeyRefusal::TooFewLeft { left, need });
    }
    let threshold = wish.threshold.unwrap_or_else(|| keyring.threshold());
    let count = left + wish.add.len();
    let most = usize::from(openers::shares::CUSTODIANS_MAX);
    if threshold == 0 || usize::from(threshold) > count || count > most {
        return Err(RekeyRefusal::Threshold { threshold, count });
    }
    Ok(Plan {
        remaining,
        added: wish.add.clone(),
        threshold,
    })
}

/// Why the keys were not replaced.
#[derive(Debug, thiserror::Error)]
pub enum RekeyError {
    /// The record.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The desk's folder.
    #[error("the desk's files cannot be written: {0}")]
    Files(#[from] std::io::Error),
    /// The new keyring.
    #[error(transparent)]
    Keyring(#[from] openers::KeyringError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// What was begun could not be settled.
    #[error(transparent)]
    Settle(#[from] SettleError),
}

/// The keys before and after, what goes with them, and the moment.
pub(crate) struct Replacement<'a> {
    pub(crate) folder: &'a DeskFolder,
    /// The configuration as it is to be: without the bulletin signatures of whoever was removed.
    pub(crate) config: &'a DeskConfig,
    pub(crate) change: &'a KeyChange,
    pub(crate) plan: &'a Plan,
    pub(crate) removed: usize,
    pub(crate) now: Micros,
}

impl Replacement<'_> {
    /// Puts the new keys in the place of the old ones. After an error the old ones are in force, unless the error says
    /// that it could not be settled; then both are there, and the next start settles it.
    pub(crate) async fn carry_out(&self, alone: &KeysAlone) -> Result<(), RekeyError> {
        let outcome = self.replace().await;
        if outcome.is_err() {
            settling::settle_alone(self.folder, alone)?;
        }
        outcome
    }

    async fn replace(&self) -> Result<(), RekeyError> {
        let switch = settling::switch(self.folder);
        switch.stage(KEYRING, &self.change.file.to_json()?)?;
        switch.stage(CONFIG, &self.config.to_bytes(self.folder)?)?;
        let opened = self.opened(&switch.staged(RECORD)).await?;
        let fresh = opening_store::store_keys(&self.change.new);
        opened.rekey(fresh, &self.facts(), self.now).await?;
        switch.decide()?;
        Ok(switch.finish()?)
    }

    /// The record that is sealed anew: a copy under the new database key, or the PostgreSQL database itself.
    async fn opened(&self, staged: &std::path::Path) -> Result<Store, RekeyError> {
        let old: &OpenKeyring = &self.change.old;
        let keys = opening_store::store_keys(old);
        match &self.config.database {
            Database::Sqlcipher => {
                let new = self.change.new.database_key();
                let record = self.folder.database();
                store::export_sqlite(&record, old.database_key(), staged, new).await?;
                files::sync_folder_of(staged)?;
                Ok(Store::open_sqlite(staged, new, keys, OsRng).await?)
            }
            Database::Postgres { url } => Ok(Store::open_postgres(url, keys, OsRng).await?),
        }
    }

    fn facts(&self) -> RekeyFacts {
        let count = self.plan.remaining.len() + self.plan.added.len();
        RekeyFacts {
            mark: settling::mark(&self.change.file),
            generation: self.change.file.generation(),
            removed: self.removed,
            added: self.plan.added.len(),
            threshold: (self.plan.threshold, count),
        }
    }
}

#[cfg(test)]
mod tests {
    use keys::{Cost, Passphrase};
    use openers::{Custodian, NewKeyring};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn keyring() -> KeyringFile {
        let custodians = ["Amal", "Basim", "Dana"].map(|name| Custodian {
            name: name.into(),
            passphrase: Passphrase::new(name),
        });
        let new = NewKeyring {
            organisation: "Voices",
            custodians: &custodians,
            threshold: 2,
            cost: Cost::FOR_TESTS,
        };
        KeyringFile::create(&new, &mut ChaCha20Rng::seed_from_u64(1))
            .unwrap()
            .0
    }

    fn asked(remove: &[&str], add: &[&str], threshold: Option<u8>) -> Result<Plan, RekeyRefusal> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let wish = Wish {
            remove: owned(remove),
            add: owned(add),
            threshold,
        };
        plan(&keyring(), &wish)
    }

    #[test]
    fn who_stays_and_who_comes() {
        let plan = asked(&["Basim"], &["Ziad"], None).unwrap();
        assert_eq!(plan.remaining, ["Amal", "Dana"]);
        assert_eq!((plan.added, plan.threshold), (vec!["Ziad".to_owned()], 2));
        // Nobody needs to go: a copy of the keyring may have been taken.
        assert_eq!(asked(&[], &[], Some(3)).unwrap().remaining.len(), 3);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let name = |name: &str| name.to_owned();
        assert!(matches!(
            asked(&["Eve"], &[], None),
            Err(RekeyRefusal::Unknown { name: found, names }) if found == "Eve" && names.len() == 3
        ));
        let known = RekeyRefusal::Known { name: name("Dana") };
        assert_eq!(asked(&[], &["Dana"], None), Err(known));
        let twice = RekeyRefusal::Twice { name: name("Dana") };
        assert_eq!(asked(&["Dana", "Dana"], &[], None), Err(twice.clone()));
        assert_eq!(asked(&["Dana"], &["Dana"], None), Err(twice));
        let few = RekeyRefusal::TooFewLeft { left: 1, need: 2 };
        assert_eq!(asked(&["Dana", "Amal"], &["Ziad"], None), Err(few));
        for (threshold, count) in [(0, 2), (3, 2)] {
            let refused = RekeyRefusal::Threshold { threshold, count };
            assert_eq!(asked(&["Dana"], &[], Some(threshold)), Err(refused));
        }
    }
}
