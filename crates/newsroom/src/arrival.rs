//! How far a dispatch has come, from what is known of its pieces. Pure, so that pages and workers agree.

use crate::time::Micros;
use formats::{DispatchId, KitId};
use std::fmt;

/// A dispatch is named by its kit and its own id: another kit that reuses the id makes another dispatch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DispatchKey {
    /// The kit that sealed it.
    pub kit: KitId,
    /// Its id.
    pub dispatch: DispatchId,
}

impl DispatchKey {
    /// The first digits of the dispatch's id, for a debug log inside the desk.
    #[must_use]
    pub fn short(&self) -> String {
        self.dispatch.short()
    }
}

impl fmt::Debug for DispatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DispatchKey({}…)", self.short())
    }
}

/// Where a dispatch stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum DispatchState {
    /// Cells are coming in.
    Arriving,
    /// Every piece up to the final one is there and authentic.
    Complete,
    /// Opened: its items are entered.
    Opened,
    /// It is all there, but what is inside contradicts itself.
    Unreadable,
}

impl DispatchState {
    /// Its stable word in storage and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Arriving => "arriving",
            Self::Complete => "complete",
            Self::Opened => "opened",
            Self::Unreadable => "unreadable",
        }
    }

    /// From its word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Arriving,
            Self::Complete,
            Self::Opened,
            Self::Unreadable,
        ]
        .into_iter()
        .find(|s| s.code() == code)
    }
}

/// What is known of one piece number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PieceFacts {
    /// Its number: 0 is the contact piece.
    pub no: u32,
    /// Whether its header says that it is the last one.
    pub last: bool,
    /// Whether it is assembled and authentic.
    pub complete: bool,
}

/// How far a dispatch has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Pieces in all, known once a cell of the final one was seen.
    pub pieces: Option<u32>,
    /// Pieces assembled and authentic.
    pub complete: u32,
    /// Whether nothing is missing.
    pub whole: bool,
}

/// Reads progress off the pieces. Only an *authentic* final piece ends a dispatch: a header alone may be forged.
#[must_use]
pub fn progress(pieces: &[PieceFacts]) -> Progress {
    let mut done: Vec<u32> = pieces.iter().filter(|p| p.complete).map(|p| p.no).collect();
    done.sort_unstable();
    done.dedup();
    let authentic_end = pieces
        .iter()
        .filter(|p| p.complete && p.last)
        .map(|p| p.no)
        .min();
    let claimed_end =
        authentic_end.or_else(|| pieces.iter().filter(|p| p.last).map(|p| p.no).max());
    let complete = u32::try_from(done.len()).unwrap_or(u32::MAX);
    let whole = authentic_end.is_some_and(|end| {
        (0..=end)
            .zip(done.iter())
            .filter(|(no, have)| no == *have)
            .count() as u64
            == u64::from(end) + 1
    });
    Progress {
        pieces: claimed_end.map(|end| end.saturating_add(1)),
        complete,
        whole,
    }
}

/// Whether an arriving dispatch looks cut off: something of it beside the contact piece is whole, it holds nothing back, and
/// nothing more has come for `after` microseconds. It may still go on: nothing is closed by this.
#[must_use]
pub fn is_cut_off(
    state: DispatchState,
    progress: &Progress,
    held: u32,
    last_seen: Micros,
    after: i64,
    now: Micros,
) -> bool {
    let silent = now.0.saturating_sub(last_seen.0) >= after;
    state == DispatchState::Arriving && progress.complete >= 2 && held == 0 && silent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(no: u32, last: bool, complete: bool) -> PieceFacts {
        PieceFacts { no, last, complete }
    }

    #[test]
    fn a_dispatch_is_cut_off_after_its_time_of_silence_and_not_before() {
        let some = Progress {
            complete: 7,
            ..Progress::default()
        };
        let ask = |state, progress: &Progress, held, now| {
            is_cut_off(state, progress, held, Micros(100), 50, Micros(now))
        };
        let arriving = DispatchState::Arriving;
        assert!(!ask(arriving, &some, 0, 149) && ask(arriving, &some, 0, 150));
        assert!(
            !ask(arriving, &some, 1, 999),
            "what is held back is not cut off"
        );
        let contact = Progress {
            complete: 1,
            ..Progress::default()
        };
        assert!(
            !ask(arriving, &contact, 0, 999),
            "a contact piece is nothing to look at"
        );
        assert!(!ask(DispatchState::Opened, &some, 0, 999));
        assert!(!ask(arriving, &some, 0, i64::MIN), "a clock that went back");
    }

    #[test]
    fn whole_only_without_gaps_up_to_an_authentic_end() {
        assert_eq!(progress(&[]), Progress::default());
        let claimed = [piece(0, false, true), piece(2, true, false)];
        assert_eq!(
            progress(&claimed),
            Progress {
                pieces: Some(3),
                complete: 1,
                whole: false
            }
        );
        let gap = [piece(0, false, true), piece(2, true, true)];
        assert_eq!(
            progress(&gap),
            Progress {
                pieces: Some(3),
                complete: 2,
                whole: false
            }
        );
        let all = [
            piece(2, true, true),
            piece(0, false, true),
            piece(1, false, true),
            piece(1, false, false),
        ];
        assert_eq!(
            progress(&all),
            Progress {
                pieces: Some(3),
                complete: 3,
                whole: true
            }
        );
        let forged_end = [
            piece(0, false, true),
            piece(1, true, true),
            piece(9, true, false),
        ];
        assert_eq!(
            progress(&forged_end),
            Progress {
                pieces: Some(2),
                complete: 2,
                whole: true
            }
        );
        let huge = [piece(u32::MAX, true, true)];
        assert_eq!(
            progress(&huge),
            Progress {
                pieces: Some(u32::MAX),
                complete: 1,
                whole: false
            }
        );
    }
}
