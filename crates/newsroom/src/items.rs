//! Items and what is made of them: examine, preview, protect. The item itself never changes.

use crate::ids::{DerivativeId, EditorId, ItemId};
use crate::refusal::Refusal;
use crate::work::Work;

/// How far the examination of an item has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Examination {
    /// Waiting for a sandbox.
    Queued,
    /// Probed; there is a preview.
    Done,
    /// Probed as far as it went: it can be kept, not shown. The finding says why.
    Unreadable,
}

impl Examination {
    /// Its stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Done => "done",
            Self::Unreadable => "unreadable",
        }
    }

    /// From its word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Queued, Self::Done, Self::Unreadable]
            .into_iter()
            .find(|s| s.code() == code)
    }
}

/// How far protecting an item has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Protection {
    /// Nobody asked.
    None,
    /// Waiting for a sandbox, or in it.
    Working,
    /// There is at least one derivative.
    Ready,
    /// It cannot be made safe.
    Refused {
        /// The examiner's reason code.
        code: String,
    },
}

impl Protection {
    /// Its stable word.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Working => "working",
            Self::Ready => "ready",
            Self::Refused { .. } => "refused",
        }
    }
}

/// What the rules know of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemState {
    /// Which.
    pub id: ItemId,
    /// Examination.
    pub examination: Examination,
    /// Protection.
    pub protection: Protection,
}

/// What can be asked of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The sandbox looked at it.
    Examined {
        /// Whether there is something to show.
        showable: bool,
    },
    /// Make a protected copy.
    AskScrub {
        /// Who asks.
        by: EditorId,
    },
    /// The protected copy is there.
    Scrubbed {
        /// Its id, made by the caller.
        derivative: DerivativeId,
    },
    /// It cannot be made safe.
    ScrubRefused {
        /// The examiner's reason code.
        code: String,
    },
}

/// What becomes of the item's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The examination stands so now.
    Examination(Examination),
    /// The protection stands so now.
    Protection(Protection),
    /// A derivative is entered.
    Derived(DerivativeId),
    /// Work to be done.
    Enqueue(Work),
}

/// Decides an item command.
///
/// # Errors
/// The [`Refusal`] that applies.
pub fn decide(state: &ItemState, command: Command) -> Result<Vec<Change>, Refusal> {
    match command {
        Command::Examined { showable } => {
            let examination = if showable {
                Examination::Done
            } else {
                Examination::Unreadable
            };
            Ok(vec![Change::Examination(examination)])
        }
        Command::AskScrub { .. } => match (state.examination, &state.protection) {
            (Examination::Queued, _) => Err(Refusal::NotExamined),
            (_, Protection::Working) => Err(Refusal::AlreadyWorking),
            // Tried and refused: asking again runs the same tools on the same bytes.
            (_, Protection::Refused { code }) => Err(Refusal::CannotProtect { code: code.clone() }),
            (_, Protection::None | Protection::Ready) => Ok(vec![
                Change::Protection(Protection::Working),
                Change::Enqueue(Work::Scrub { item: state.id }),
            ]),
        },
        Command::Scrubbed { derivative } => match state.protection {
            Protection::Working => Ok(vec![
                Change::Derived(derivative),
                Change::Protection(Protection::Ready),
            ]),
            // The job ran twice (its lease ended while it worked): the first result stands.
            _ => Ok(Vec::new()),
        },
        Command::ScrubRefused { code } => match state.protection {
            Protection::Working => Ok(vec![Change::Protection(Protection::Refused { code })]),
            _ => Ok(Vec::new()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(examination: Examination, protection: Protection) -> ItemState {
        ItemState {
            id: ItemId::from_bytes([1; 16]),
            examination,
            protection,
        }
    }

    #[test]
    fn scrubbing_is_asked_once_at_a_time_and_only_after_a_look() {
        let by = EditorId::from_bytes([2; 16]);
        let ask = |state: &ItemState| decide(state, Command::AskScrub { by });
        assert_eq!(
            ask(&item(Examination::Queued, Protection::None)),
            Err(Refusal::NotExamined)
        );
        assert_eq!(
            ask(&item(Examination::Done, Protection::Working)),
            Err(Refusal::AlreadyWorking)
        );
        let refused = Protection::Refused {
            code: "encrypted".into(),
        };
        assert_eq!(
            ask(&item(Examination::Done, refused)),
            Err(Refusal::CannotProtect {
                code: "encrypted".into()
            })
        );
        for protection in [Protection::None, Protection::Ready] {
            let state = item(Examination::Done, protection);
            let asked = [
                Change::Protection(Protection::Working),
                Change::Enqueue(Work::Scrub { item: state.id }),
            ];
            assert_eq!(ask(&state).unwrap(), asked);
        }
    }

    #[test]
    fn a_result_counts_once() {
        let derivative = DerivativeId::from_bytes([3; 16]);
        let working = item(Examination::Done, Protection::Working);
        let first = decide(&working, Command::Scrubbed { derivative }).unwrap();
        assert_eq!(
            first,
            [
                Change::Derived(derivative),
                Change::Protection(Protection::Ready)
            ]
        );
        let ready = item(Examination::Done, Protection::Ready);
        assert_eq!(decide(&ready, Command::Scrubbed { derivative }), Ok(vec![]));
        assert_eq!(
            decide(&ready, Command::ScrubRefused { code: "x".into() }),
            Ok(vec![])
        );
    }

    #[test]
    fn codes_round_trip() {
        for state in [
            Examination::Queued,
            Examination::Done,
            Examination::Unreadable,
        ] {
            assert_eq!(Examination::from_code(state.code()), Some(state));
        }
        assert_eq!(Examination::from_code("eaten"), None);
    }
}
