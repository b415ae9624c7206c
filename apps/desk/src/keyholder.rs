//! The lock of the desk: shares come in one by one, the k-th gives the keys.
//!
//! Until then only opened shares are held, k-1 at most, which say nothing about the key they share.
//! [`Keyholder::enter`] consumes them when the keys come out; the key-encryption key lives and dies
//! inside `openers`. Shares of a desk that stays locked are dropped after a while, so that a share
//! does not lie in memory for days because a second custodian never came.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keys::Passphrase;
use openers::{KeyringFile, LockedShareError, OpenKeyring, Share, UnlockError};

/// How long a share waits for the others: an hour, in microseconds.
const SHARE_LIFE: i64 = 60 * 60 * 1_000_000;

/// Why a share was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{0} is not a custodian")]
    Unknown(String),
    #[error("the passphrase does not open the share of {0}")]
    WrongPassphrase(String),
    #[error("{0} has entered a share already")]
    Twice(String),
    #[error("the share of {0} does not belong to this keyring")]
    Foreign(String),
    #[error("the keyring cannot be opened: {0}")]
    Keyring(UnlockError),
}

/// How far unlocking is.
#[derive(Debug)]
pub(crate) enum Progress {
    /// More shares are needed.
    Waiting,
    /// The k-th share was right: here are the keys. The keyholder has forgotten all shares.
    Unlocked(Box<OpenKeyring>),
}

struct Entered {
    name: String,
    share: Share,
    at: i64,
}

/// The keyring on disk and the shares that have come in.
pub(crate) struct Keyholder {
    keyring: Arc<KeyringFile>,
    entered: Mutex<Vec<Entered>>,
}

impl Keyholder {
    pub(crate) fn new(keyring: KeyringFile) -> Self {
        Self {
            keyring: Arc::new(keyring),
            entered: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn threshold(&self) -> usize {
        usize::from(self.keyring.threshold())
    }

    /// When the keys were last replaced, in microseconds; nothing if they are the first.
    pub(crate) fn rekeyed_at(&self) -> Option<i64> {
        Some(self.keyring.rekeyed()?.at)
    }

    pub(crate) fn custodians(&self) -> Vec<String> {
        self.keyring.custodians().map(str::to_owned).collect()
    }

    /// Whose shares are in.
    pub(crate) fn entered(&self, now: i64) -> Vec<String> {
        let mut entered = self.shares();
        forget_old(&mut entered, now);
        entered.iter().map(|one| one.name.clone()).collect()
    }

    /// Takes one share. Stretches the passphrase: call it on a blocking thread.
    pub(crate) fn enter(
        &self,
        name: &str,
        passphrase: &Passphrase,
        now: i64,
    ) -> Result<Progress, Refusal> {
        if self.entered(now).iter().any(|known| known == name) {
            return Err(Refusal::Twice(name.to_owned()));
        }
        let share = self.keyring.open_share(name, passphrase).map_err(explain)?;
        let mut entered = self.shares();
        if entered.iter().any(|known| known.name == name) {
            return Err(Refusal::Twice(name.to_owned()));
        }
        entered.push(Entered {
            name: name.to_owned(),
            share,
            at: now,
        });
        if entered.len() < self.threshold() {
            return Ok(Progress::Waiting);
        }
        let shares: Vec<Share> = entered.drain(..).map(|one| one.share).collect();
        self.keyring
            .unlock_with(&shares)
            .map(|keys| Progress::Unlocked(Box::new(keys)))
            .map_err(explain)
    }

    /// Forgets every share that came in.
    pub(crate) fn forget(&self) {
        self.shares().clear();
    }

    fn shares(&self) -> MutexGuard<'_, Vec<Entered>> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_old(entered: &mut Vec<Entered>, now: i64) {
    entered.retain(|one| now.saturating_sub(one.at) < SHARE_LIFE);
}

fn explain(error: UnlockError) -> Refusal {
    match error {
        UnlockError::UnknownCustodian { name } => Refusal::Unknown(name),
        UnlockError::Custodian {
            name,
            source: LockedShareError::WrongPassphrase,
        } => Refusal::WrongPassphrase(name),
        UnlockError::BadShare { name, .. } | UnlockError::Former { name, .. } => {
            Refusal::Foreign(name)
        }
        other => {
            tracing::error!(error = %other, "the keyring cannot be opened");
            Refusal::Keyring(other)
        }
    }
}

#[cfg(test)]
mod tests {
    use keys::Cost;
    use openers::{Custodian, NewKeyring};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn keyring(seed: u64) -> KeyringFile {
        let custodians = ["Amal", "Basim", "Dana"].map(|name| Custodian {
            name: name.into(),
            passphrase: Passphrase::new(&format!("{name} {seed}")),
        });
        let new = NewKeyring {
            organisation: "Voices",
            custodians: &custodians,
            threshold: 2,
            cost: Cost::FOR_TESTS,
        };
        KeyringFile::create(&new, &mut ChaCha20Rng::seed_from_u64(seed))
            .unwrap()
            .0
    }

    fn pass(text: &str) -> Passphrase {
        Passphrase::new(text)
    }

    #[test]
    fn the_kth_share_opens_and_wrong_ones_are_named() {
        let holder = Keyholder::new(keyring(1));
        let wrong = holder.enter("Amal", &pass("Amal 2"), 0).unwrap_err();
        assert_eq!(wrong, Refusal::WrongPassphrase("Amal".into()));
        let nobody = holder.enter("Eve", &pass("x"), 0).unwrap_err();
        assert_eq!(nobody, Refusal::Unknown("Eve".into()));

        assert!(matches!(
            holder.enter("Amal", &pass("Amal 1"), 0).unwrap(),
            Progress::Waiting
        ));
        assert_eq!(holder.entered(0), ["Amal"]);
        let twice = holder.enter("Amal", &pass("Amal 1"), 0).unwrap_err();
        assert_eq!(twice, Refusal::Twice("Amal".into()));
        let wrong = holder.enter("Dana", &pass("Basim 1"), 0).unwrap_err();
        assert_eq!(wrong, Refusal::WrongPassphrase("Dana".into()));
        assert_eq!(
            holder.entered(0),
            ["Amal"],
            "a wrong one costs no right one"
        );

        let Progress::Unlocked(keys) = holder.enter("Dana", &pass("Dana 1"), 0).unwrap() else {
            panic!("two of two shares must unlock");
        };
        assert!(keys.current_intake().is_some());
        assert!(
            holder.entered(0).is_empty(),
            "no share outlives the unlocking"
        );
    }

    #[test]
    fn a_share_that_waits_too_long_is_forgotten() {
        let holder = Keyholder::new(keyring(1));
        holder.enter("Amal", &pass("Amal 1"), 0).unwrap();
        assert_eq!(holder.entered(SHARE_LIFE - 1), ["Amal"]);
        assert!(holder.entered(SHARE_LIFE).is_empty());
        assert!(matches!(
            holder.enter("Dana", &pass("Dana 1"), SHARE_LIFE).unwrap(),
            Progress::Waiting
        ));
        holder.forget();
        assert!(holder.entered(SHARE_LIFE).is_empty());
    }
}
