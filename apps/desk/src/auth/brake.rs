//! The brake on guessing: every failure makes the next attempt wait longer.
//!
//! Nothing sleeps and nothing is held while somebody waits: an attempt that comes too early is
//! refused with the seconds left. An attempt counts as failed when it *begins*, so that many at once
//! gain nothing; success takes the count back. Names are kept as hashes, known or not alike.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

const SECOND: i64 = 1_000_000;
/// Failures of one account that cost nothing: people mistype. The same curve as `newsroom` keeps
/// for accounts that exist, so that waiting tells nobody whether a name does.
const ACCOUNT_FREE: u32 = newsroom::accounts::FREE_ATTEMPTS;
/// The first wait of one account, doubled each time.
const ACCOUNT_FIRST: i64 = 10;
/// The longest wait of one account.
const ACCOUNT_MAX: i64 = newsroom::accounts::LONGEST_WAIT / SECOND;
/// An account without attempts for so long starts afresh.
const ACCOUNT_FORGET: i64 = 2 * 60 * 60;
/// Failures over all accounts that cost nothing.
const GLOBAL_FREE: u32 = 40;
/// The first wait over all accounts, doubled each time.
const GLOBAL_FIRST: i64 = 1;
/// The longest wait over all accounts: guessing slows down, editors are not shut out.
const GLOBAL_MAX: i64 = 30;
/// Over all accounts one failure is forgiven each so many seconds.
const GLOBAL_LEAK: i64 = 10;
/// Accounts remembered at once; the oldest make room.
const ACCOUNTS_MAX: usize = 10_000;

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    failures: u32,
    last: i64,
}

impl Count {
    /// Seconds to wait still.
    fn wait(self, now: i64, free: u32, first: i64, max: i64) -> i64 {
        if self.failures < free {
            return 0;
        }
        let doublings = (self.failures - free).min(30);
        let delay = (first << doublings).min(max);
        let left = self.last + delay * SECOND - now;
        (left + SECOND - 1).div_euclid(SECOND).clamp(0, max)
    }
}

/// The counts.
#[derive(Default)]
pub(crate) struct Brake {
    accounts: HashMap<[u8; 32], Count>,
    all: Count,
}

/// Come back after so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooEarly {
    pub(crate) seconds: u64,
}

/// An account under the brake: a door (sign-in, unlock) and a name.
pub(crate) fn account(door: &str, name: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(door.as_bytes());
    hash.update([0]);
    hash.update(name.trim().to_lowercase().as_bytes());
    hash.finalize().into()
}

impl Brake {
    /// Lets an attempt begin, or says how long to wait.
    pub(crate) fn begin(&mut self, account: [u8; 32], now: i64) -> Result<(), TooEarly> {
        self.leak(now);
        let own = self.accounts.get(&account).copied().unwrap_or_default();
        let own = if now - own.last > ACCOUNT_FORGET * SECOND {
            Count::default()
        } else {
            own
        };
        let wait = own
            .wait(now, ACCOUNT_FREE, ACCOUNT_FIRST, ACCOUNT_MAX)
            .max(self.all.wait(now, GLOBAL_FREE, GLOBAL_FIRST, GLOBAL_MAX));
        if wait > 0 {
            return Err(TooEarly {
                seconds: wait.unsigned_abs(),
            });
        }
        self.make_room();
        self.accounts.insert(
            account,
            Count {
                failures: own.failures.saturating_add(1),
                last: now,
            },
        );
        self.all = Count {
            failures: self.all.failures.saturating_add(1),
            last: now,
        };
        Ok(())
    }

    /// The attempt was right: its account starts afresh.
    pub(crate) fn succeed(&mut self, account: [u8; 32]) {
        self.accounts.remove(&account);
        self.all.failures = self.all.failures.saturating_sub(1);
    }

    fn leak(&mut self, now: i64) {
        let steps = (now - self.all.last).max(0) / (GLOBAL_LEAK * SECOND);
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        if steps > 0 {
            self.all.failures = self.all.failures.saturating_sub(steps);
            self.all.last = now;
        }
    }

    fn make_room(&mut self) {
        if self.accounts.len() < ACCOUNTS_MAX {
            return;
        }
        let oldest = self.accounts.iter().min_by_key(|(_, count)| count.last);
        if let Some(oldest) = oldest.map(|(account, _)| *account) {
            self.accounts.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_waits_longer_each_time() {
        let mut brake = Brake::default();
        let amal = account("sign-in", "Amal");
        let mut now = 0;
        for _ in 0..ACCOUNT_FREE {
            assert_eq!(brake.begin(amal, now), Ok(()));
        }
        for expected in [10, 20, 40, 80, 160, 320, 640, 900, 900] {
            assert_eq!(brake.begin(amal, now), Err(TooEarly { seconds: expected }));
            now += i64::try_from(expected).unwrap() * SECOND;
            assert_eq!(brake.begin(amal, now), Ok(()));
        }
        assert_eq!(brake.begin(account("sign-in", "Basim"), now), Ok(()));
    }

    #[test]
    fn names_differ_only_by_what_matters() {
        assert_eq!(account("sign-in", " amal "), account("sign-in", "AMAL"));
        assert_ne!(account("unlock", "amal"), account("sign-in", "amal"));
    }

    #[test]
    fn success_takes_the_count_back() {
        let mut brake = Brake::default();
        let amal = account("sign-in", "amal");
        for _ in 0..100 {
            assert_eq!(brake.begin(amal, 0), Ok(()));
            brake.succeed(amal);
        }
    }

    #[test]
    fn many_names_at_once_meet_the_global_brake_which_lets_go_again() {
        let mut brake = Brake::default();
        for n in 0..GLOBAL_FREE {
            assert_eq!(brake.begin(account("sign-in", &n.to_string()), 0), Ok(()));
        }
        let fresh = account("sign-in", "never seen");
        assert_eq!(brake.begin(fresh, 0), Err(TooEarly { seconds: 1 }));
        let later = 10 * i64::from(GLOBAL_FREE) * SECOND;
        assert_eq!(brake.begin(fresh, later), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let mut brake = Brake::default();
        for n in 0..ACCOUNTS_MAX + 50 {
            let now = i64::try_from(n).unwrap() * 60 * SECOND;
            let _ = brake.begin(account("sign-in", &n.to_string()), now);
        }
        assert!(brake.accounts.len() <= ACCOUNTS_MAX);
    }
}
