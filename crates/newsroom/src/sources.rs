//! Sources: who may see them, what may be written to them, and when their silence is an alarm.
//!
//! A source is apart from everything else at the desk. Who edits a story need not know whose pictures it shows; who
//! answers for people's safety has to.

use crate::refusal::Refusal;
use crate::stories::EditorFacts;
use crate::time::{DAY, HOUR, Micros};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The shortest interval after which silence may be an alarm.
pub const INTERVAL_MIN: i64 = HOUR;
/// The longest.
pub const INTERVAL_MAX: i64 = 90 * DAY;
/// The most characters of the plan for the day when it passes.
pub const PLAN_MAX: usize = 2_000;
/// Fewer fresh reply pairs than this, and the desk asks the reporter to send something.
pub const PAIRS_FEW: u32 = 3;

/// Only safety editors see sources.
///
/// # Errors
/// [`Refusal::NotAnEditor`], [`Refusal::SourcesNotYours`].
pub fn may_see(editor: &EditorFacts) -> Result<(), Refusal> {
    if !editor.active {
        return Err(Refusal::NotAnEditor);
    }
    if editor.roles.safety {
        Ok(())
    } else {
        Err(Refusal::SourcesNotYours)
    }
}

/// A message about to be written.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// Its words.
    pub text: &'a str,
    /// Reply pairs of the kit that no reply has used.
    pub fresh_pairs: u32,
    /// The writer was told that this is the last pair, and wants it all the same.
    pub last_pair_meant: bool,
}

impl fmt::Debug for Letter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letter(..)")
    }
}

/// Whether this editor may send this.
///
/// # Errors
/// What [`may_see`] refuses, [`Refusal::MessageInvalid`], [`Refusal::NoReplyPair`], [`Refusal::LastReplyPair`].
pub fn write(editor: &EditorFacts, letter: Letter<'_>) -> Result<(), Refusal> {
    may_see(editor)?;
    formats::message::check_text(letter.text).map_err(|_| Refusal::MessageInvalid)?;
    if letter.text.trim().is_empty() {
        return Err(Refusal::MessageInvalid);
    }
    match letter.fresh_pairs {
        0 => Err(Refusal::NoReplyPair),
        1 if !letter.last_pair_meant => Err(Refusal::LastReplyPair),
        _ => Ok(()),
    }
}

/// How often a reporter is expected to be heard of, and what to do when she is not.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// Microseconds of silence after which it is an alarm.
    pub interval: i64,
    /// What to do then.
    pub plan: String,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch(..)")
    }
}

impl Watch {
    /// Whether it may be set.
    ///
    /// # Errors
    /// [`Refusal::WatchInvalid`].
    pub fn check(&self) -> Result<(), Refusal> {
        let fits = (INTERVAL_MIN..=INTERVAL_MAX).contains(&self.interval)
            && self.plan.chars().count() <= PLAN_MAX
            && !self.plan.chars().any(|c| c.is_control() && c != '\n');
        if fits {
            Ok(())
        } else {
            Err(Refusal::WatchInvalid)
        }
    }
}

/// Where contact with a source stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// Nobody waits for a word.
    Unwatched,
    /// A word is expected by then.
    Expected {
        /// The last moment that is no alarm.
        by: Micros,
    },
    /// It should have come by then: act on the plan.
    Missed {
        /// Since when.
        since: Micros,
    },
}

impl Contact {
    /// Its stable word in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unwatched => "unwatched",
            Self::Expected { .. } => "expected",
            Self::Missed { .. } => "missed",
        }
    }
}

/// Where contact stands: `heard` is the arrival of the latest cell, or the handing over of the kit while none came.
/// A clock that was set back makes no alarm of what lies ahead of it.
#[must_use]
pub fn contact(heard: Micros, watch: Option<&Watch>, now: Micros) -> Contact {
    let Some(watch) = watch else {
        return Contact::Unwatched;
    };
    let by = heard.plus(watch.interval);
    if now > by {
        Contact::Missed { since: by }
    } else {
        Contact::Expected { by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Roles;
    use crate::ids::EditorId;

    fn editor(roles: Roles, active: bool) -> EditorFacts {
        EditorFacts {
            id: EditorId::from_bytes([1; 16]),
            roles,
            active,
        }
    }

    fn letter(text: &str, fresh_pairs: u32) -> Letter<'_> {
        Letter {
            text,
            fresh_pairs,
            last_pair_meant: false,
        }
    }

    #[test]
    fn sources_are_for_safety_editors_alone() {
        assert_eq!(may_see(&editor(Roles::SAFETY, true)), Ok(()));
        assert_eq!(may_see(&editor(Roles::BOTH, true)), Ok(()));
        let plain = editor(Roles::EDITOR, true);
        assert_eq!(may_see(&plain), Err(Refusal::SourcesNotYours));
        assert_eq!(write(&plain, letter("x", 9)), Err(Refusal::SourcesNotYours));
        let closed = editor(Roles::SAFETY, false);
        assert_eq!(may_see(&closed), Err(Refusal::NotAnEditor));
    }

    #[test]
    fn the_last_pair_goes_only_when_it_is_meant() {
        let safety = editor(Roles::SAFETY, true);
        assert_eq!(write(&safety, letter("go", 0)), Err(Refusal::NoReplyPair));
        assert_eq!(write(&safety, letter("go", 1)), Err(Refusal::LastReplyPair));
        let meant = Letter {
            last_pair_meant: true,
            ..letter("go", 1)
        };
        assert_eq!(write(&safety, meant), Ok(()));
        assert_eq!(write(&safety, letter("go", 2)), Ok(()));
    }

    #[test]
    fn words_fit_a_message() {
        let safety = editor(Roles::SAFETY, true);
        let long = "ن".repeat(8_193);
        for bad in ["", " \n ", "a\u{7}", "a\r\nb", long.as_str()] {
            let refused = write(&safety, letter(bad, 5));
            assert_eq!(refused, Err(Refusal::MessageInvalid), "{bad:?}");
        }
        assert_eq!(write(&safety, letter(&"ن".repeat(8_192), 5)), Ok(()));
    }

    #[test]
    fn silence_becomes_an_alarm_at_its_hour_and_not_before() {
        let watch = Watch {
            interval: 2 * DAY,
            plan: "ask the cousin".to_owned(),
        };
        let heard = Micros(1_000);
        let by = heard.plus(2 * DAY);
        assert_eq!(contact(heard, None, by.plus(DAY)), Contact::Unwatched);
        for now in [Micros(0), heard, by] {
            let standing = contact(heard, Some(&watch), now);
            assert_eq!(standing, Contact::Expected { by });
        }
        let missed = contact(heard, Some(&watch), by.plus(1));
        assert_eq!(missed, Contact::Missed { since: by });
        let again = contact(by.plus(5), Some(&watch), by.plus(6));
        assert!(matches!(again, Contact::Expected { .. }));
    }

    #[test]
    fn a_watch_has_limits() {
        let watch = |interval, plan: &str| Watch {
            interval,
            plan: plan.to_owned(),
        };
        for (good, interval) in [(true, INTERVAL_MIN), (true, INTERVAL_MAX)] {
            assert_eq!(watch(interval, "call\nthe desk").check().is_ok(), good);
        }
        for bad in [
            watch(INTERVAL_MIN - 1, ""),
            watch(INTERVAL_MAX + 1, ""),
            watch(DAY, &"x".repeat(PLAN_MAX + 1)),
            watch(DAY, "a\u{1b}"),
        ] {
            assert_eq!(bad.check(), Err(Refusal::WatchInvalid));
        }
        assert!(!format!("{:?}", watch(DAY, "cousin")).contains("cousin"));
    }
}
