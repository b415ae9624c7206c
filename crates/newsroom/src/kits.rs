//! Kits at the desk: from when a captured one is refused, which epochs may be closed, and when an intake identity may go.
//!
//! What is still on its way cannot be seen, only told by the field itself: each contact piece says from which epoch and
//! from which intake identity on anything is still wanted. A captor who holds the kit could say so too, so that such a
//! word counts only after a while in which a capture would be reported, and never for a kit that was captured.

use crate::refusal::Refusal;
use crate::time::{DAY, Micros};
use formats::epoch_at;

/// How long a field's word that nothing older is wanted waits before keys are erased on it.
pub const SETTLING: i64 = 28 * DAY;
/// Fewer sessions than this at any drop, and the desk sends new ones.
pub const SESSIONS_FEW: u32 = 32;
/// After a supply, so long until another is made for the same kit.
pub const SUPPLY_EVERY: i64 = 7 * DAY;

/// What is known of a kit when it is reported captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureFacts {
    /// When it was issued.
    pub issued_at: Micros,
    /// The epoch from which it is refused already.
    pub captured_from: Option<u32>,
}

/// From which epoch a kit is refused that was captured at `at`. Everything sealed in that week or later is refused, for
/// whoever took the kit can seal so too; earlier weeks count. An earlier date may follow a later one, never the other
/// way round: what was once refused is not believed again.
///
/// # Errors
/// [`Refusal::CaptureAhead`], [`Refusal::AlreadyCaptured`].
pub fn capture(facts: &CaptureFacts, at: Micros, now: Micros) -> Result<u32, Refusal> {
    if at > now {
        return Err(Refusal::CaptureAhead);
    }
    let from = epoch_at(facts.issued_at.0, at.0);
    match facts.captured_from {
        Some(known) if known <= from => Err(Refusal::AlreadyCaptured),
        _ => Ok(from),
    }
}

/// The oldest epoch that must stay open, if a field's word about it has settled.
#[must_use]
pub fn closable(word: Option<(u32, Micros)>, captured: bool, now: Micros) -> Option<u32> {
    let (from, said_at) = word?;
    (!captured && now >= said_at.plus(SETTLING)).then_some(from)
}

/// Whether a kit is to be sent new session tokens.
#[must_use]
pub fn wants_supply(fewest_left: Option<u32>, supplied_at: Option<Micros>, now: Micros) -> bool {
    let few = fewest_left.is_some_and(|left| left < SESSIONS_FEW);
    few && supplied_at.is_none_or(|at| now >= at.plus(SUPPLY_EVERY))
}

/// What is known of an intake identity that is to be destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntakeFacts {
    /// Its epoch.
    pub epoch: u32,
    /// The identity that is sealed to now.
    pub current: u32,
    /// Until when a bulletin has promised to keep it; `None` when no bulletin ever dated it.
    pub promised_until: Option<Micros>,
    /// Kits that may still have something sealed to it on its way.
    pub kits_unsettled: u32,
    /// Dispatches whose pieces are here and not opened yet.
    pub unopened: u32,
}

/// Whether an intake identity may be destroyed: what is sealed to it could never be opened again.
///
/// # Errors
/// [`Refusal::IntakeCurrent`], [`Refusal::IntakeUnopened`], [`Refusal::IntakeInUse`].
pub fn destroy_intake(facts: &IntakeFacts, now: Micros) -> Result<(), Refusal> {
    if facts.epoch >= facts.current {
        return Err(Refusal::IntakeCurrent);
    }
    if facts.unopened > 0 {
        return Err(Refusal::IntakeUnopened {
            dispatches: facts.unopened,
        });
    }
    let promised = facts.promised_until.is_some_and(|until| now >= until);
    if facts.kits_unsettled > 0 && !promised {
        return Err(Refusal::IntakeInUse {
            kits: facts.kits_unsettled,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use formats::EPOCH;

    fn facts(captured_from: Option<u32>) -> CaptureFacts {
        CaptureFacts {
            issued_at: Micros(1_000),
            captured_from,
        }
    }

    #[test]
    fn a_capture_refuses_its_week_and_all_later_ones() {
        let at = |weeks: i64| Micros(1_000 + weeks * EPOCH + 5);
        let now = at(9);
        assert_eq!(capture(&facts(None), at(4), now), Ok(4));
        assert_eq!(capture(&facts(None), Micros(0), now), Ok(0));
        assert_eq!(capture(&facts(Some(4)), at(3), now), Ok(3));
        for later in [4, 5] {
            let again = capture(&facts(Some(4)), at(later), now);
            assert_eq!(again, Err(Refusal::AlreadyCaptured));
        }
        let ahead = capture(&facts(None), now.plus(1), now);
        assert_eq!(ahead, Err(Refusal::CaptureAhead));
    }

    #[test]
    fn a_word_counts_after_a_while_and_never_from_a_captured_kit() {
        let word = Some((7, Micros(0)));
        assert_eq!(closable(word, false, Micros(SETTLING - 1)), None);
        assert_eq!(closable(word, false, Micros(SETTLING)), Some(7));
        assert_eq!(closable(word, true, Micros(SETTLING)), None);
        assert_eq!(closable(None, false, Micros(i64::MAX)), None);
    }

    #[test]
    fn supplies_are_made_in_time_and_not_twice() {
        assert!(wants_supply(Some(SESSIONS_FEW - 1), None, Micros(0)));
        assert!(!wants_supply(Some(SESSIONS_FEW), None, Micros(0)));
        assert!(!wants_supply(None, None, Micros(0)));
        let supplied = Some(Micros(0));
        assert!(!wants_supply(Some(0), supplied, Micros(SUPPLY_EVERY - 1)));
        assert!(wants_supply(Some(0), supplied, Micros(SUPPLY_EVERY)));
    }

    #[test]
    fn negative_03_an_identity_stays_while_anything_may_be_on_its_way() {
        let facts = IntakeFacts {
            epoch: 1,
            current: 2,
            promised_until: Some(Micros(100)),
            kits_unsettled: 1,
            unopened: 0,
        };
        let refused = destroy_intake(&facts, Micros(99));
        assert_eq!(refused, Err(Refusal::IntakeInUse { kits: 1 }));
        assert_eq!(destroy_intake(&facts, Micros(100)), Ok(()));
        let settled = IntakeFacts {
            kits_unsettled: 0,
            ..facts
        };
        assert_eq!(destroy_intake(&settled, Micros(0)), Ok(()));
        let undated = IntakeFacts {
            promised_until: None,
            ..facts
        };
        assert!(destroy_intake(&undated, Micros(i64::MAX)).is_err());
        let current = IntakeFacts {
            epoch: 2,
            ..settled
        };
        let refused = destroy_intake(&current, Micros(i64::MAX));
        assert_eq!(refused, Err(Refusal::IntakeCurrent));
        let unopened = IntakeFacts {
            unopened: 3,
            ..settled
        };
        let refused = destroy_intake(&unopened, Micros(i64::MAX));
        assert_eq!(refused, Err(Refusal::IntakeUnopened { dispatches: 3 }));
    }
}
