//! The time that embargoes go by: the machine's clock, but never ahead of the time that has really passed since it was trusted.
//!
//! A clock that somebody moves forward, or that a wrong time server moves, would otherwise let out today what is for tomorrow.
//! It was trusted when the desk was first opened after the machine started; a desk that starts again goes on from there, by
//! the machine's own count of the time it has been running. A clock that is behind makes things late and never early.

use crate::time::Micros;
use serde::{Deserialize, Serialize};

/// A moment at which the clock was trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SteadyClock {
    /// Which run of the machine: its random name.
    boot: u128,
    /// What the clock said.
    wall: Micros,
    /// How long the machine had been running, in microseconds.
    uptime: i64,
}

impl SteadyClock {
    /// Trusts the clock as it is now.
    #[must_use]
    pub const fn at(boot: u128, wall: Micros, uptime: i64) -> Self {
        Self { boot, wall, uptime }
    }

    /// What was trusted earlier in the same run of the machine stays trusted; else the clock is, as it is now.
    #[must_use]
    pub fn resumed(kept: Option<Self>, now: Self) -> Self {
        kept.filter(|kept| kept.boot == now.boot && kept.uptime <= now.uptime)
            .unwrap_or(now)
    }

    /// The time. `uptime` is how long the machine has been running, which nobody can set.
    #[must_use]
    pub fn now(&self, wall: Micros, uptime: i64) -> Micros {
        wall.min(self.passed(uptime))
    }

    /// How far the clock runs ahead of the time that has passed, in microseconds; 0 when it does not.
    #[must_use]
    pub fn ahead(&self, wall: Micros, uptime: i64) -> i64 {
        wall.0.saturating_sub(self.passed(uptime).0).max(0)
    }

    fn passed(&self, uptime: i64) -> Micros {
        self.wall.plus(uptime.saturating_sub(self.uptime))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SECOND;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the clock is set to, and however often the desk starts again, the time is never ahead of what really
        /// passed; and where the clock is right, it is the time.
        #[test]
        fn a_clock_that_jumps_is_never_followed_forward(
            jumps in prop::collection::vec((0_i64..500, -20_000_i64..20_000, any::<bool>()), 1..40)
        ) {
            let (mut real, since) = (0, 7_000);
            let mut steady = SteadyClock::at(1, Micros(0), since);
            for (passes, jump, starts_again) in jumps {
                real += passes * SECOND;
                let (wall, uptime) = (Micros(real + jump * SECOND), since + real);
                if starts_again {
                    steady = SteadyClock::resumed(Some(steady), SteadyClock::at(1, wall, uptime));
                }
                prop_assert!(steady.now(wall, uptime).0 <= real);
                prop_assert_eq!(steady.now(Micros(real), uptime), Micros(real));
                prop_assert_eq!(steady.ahead(wall, uptime), jump.max(0) * SECOND);
            }
        }
    }

    #[test]
    fn another_run_of_the_machine_trusts_its_clock_anew() {
        let kept = SteadyClock::at(1, Micros(100), 50);
        let fresh = SteadyClock::at(2, Micros(900), 3);
        assert_eq!(SteadyClock::resumed(Some(kept), fresh), fresh);
        assert_eq!(SteadyClock::resumed(None, fresh), fresh);
        // The same name with less time behind it is no later moment of that run.
        let earlier = SteadyClock::at(1, Micros(900), 3);
        assert_eq!(SteadyClock::resumed(Some(kept), earlier), earlier);
    }
}
