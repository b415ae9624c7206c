//! What goes out to channels elsewhere, exactly once (invariant 11): one row for each story version, channel and action.
//!
//! A row is written in the transaction of the decision that wants it. A process that ends while sending leaves the row
//! *unknown*, never *ready*: whether a post stands is then looked up where the platform can be asked, and decided by a
//! person where it cannot. Nothing is ever given up in silence, and nothing that may stand is sent again by itself.

use crate::ids::{ChannelId, DeliveryId, EditorId};
use crate::refusal::Refusal;
use crate::time::{HOUR, Micros, SECOND};

/// The least time between two attempts in one channel.
pub const PACE: i64 = 2 * SECOND;
/// The first pause after a failure; each next one is twice as long.
const FIRST_PAUSE: i64 = 5 * SECOND;
/// The longest pause that we choose ourselves.
const LONGEST_PAUSE: i64 = HOUR;
/// How long what was under way when a process ended may still take at the platform: looking for it sooner could miss it.
const SETTLING: i64 = 60 * SECOND;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name { $($(#[$each])* $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its stable word.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// From its word.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// How far a delivery is.
    Stage {
        /// Nothing was sent, or it is known that nothing came of it.
        Ready = "ready",
        /// An attempt is under way.
        Sending = "sending",
        /// It is as it should be.
        Confirmed = "confirmed",
        /// Refused for good, or ended by a person.
        Rejected = "rejected",
        /// It may stand.
        Unknown = "unknown",
    }
}

words! {
    /// What is to be done.
    Deed {
        /// Tell the story.
        Post = "post",
        /// Bring what stands up to date: change it, or answer it where it cannot be changed.
        Correct = "correct",
        /// Take what stands away: remove it, or say so where it cannot be removed.
        Withdraw = "withdraw",
    }
}

words! {
    /// Whether a channel is used.
    ChannelStage {
        /// Its credentials were entered by one person and wait for another.
        Proposed = "proposed",
        /// In use.
        Open = "open",
        /// The platform does not let us in; somebody has to look.
        Stopped = "stopped",
        /// Revoked: the credentials are gone.
        Closed = "closed",
    }
}

/// What a person decides about a delivery that may stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It stands; somebody saw it.
    Stands,
    /// It does not stand: send it again.
    Again,
    /// Leave it.
    Leave,
}

/// A delivery, as far as the rules need to know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Which.
    pub id: DeliveryId,
    /// Where.
    pub channel: ChannelId,
    /// What is to be done.
    pub deed: Deed,
    /// How far it is.
    pub stage: Stage,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before this moment; `None` when only a person can set it going.
    pub due_at: Option<Micros>,
    /// The embargo.
    pub not_before: Option<Micros>,
}

/// A row that a decision wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Where.
    pub channel: ChannelId,
    /// What.
    pub deed: Deed,
    /// Rows that give way to this one: those that were never tried, and for a withdrawal all of which nothing is under way.
    pub instead_of: Vec<DeliveryId>,
}

/// What a version that goes out means for every channel in use: told where nothing of the story stands, else corrected.
/// `earlier` are the deliveries of the same story so far, oldest first. A stopped channel keeps its rows waiting, so that
/// nothing is lost in silence.
#[must_use]
pub fn plan(deed: Deed, channels: &[(ChannelId, ChannelStage)], earlier: &[Delivery]) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (channel, stage) in channels {
        let here = || earlier.iter().filter(|one| one.channel == *channel);
        let touched = here().any(|one| one.attempts > 0);
        // After a withdrawal that arrived nothing stands that could be corrected.
        let taken_away =
            |one: Delivery| one.deed == Deed::Withdraw && one.stage == Stage::Confirmed;
        let since = earlier
            .iter()
            .rposition(|one| one.channel == *channel && taken_away(*one));
        let stands = earlier[since.map_or(0, |at| at + 1)..]
            .iter()
            .any(|one| one.channel == *channel && one.attempts > 0);
        let used = matches!(stage, ChannelStage::Open | ChannelStage::Stopped);
        let deed = match deed {
            Deed::Post if stands => Deed::Correct,
            other => other,
        };
        let gives_way = |one: &&Delivery| {
            one.stage == Stage::Ready && (one.attempts == 0 || deed == Deed::Withdraw)
        };
        let instead_of: Vec<_> = here().filter(gives_way).map(|one| one.id).collect();
        // What never went anywhere needs no withdrawal, but what was about to go must not.
        if used && (deed != Deed::Withdraw || touched || !instead_of.is_empty()) {
            plans.push(Plan {
                channel: *channel,
                deed,
                instead_of,
            });
        }
    }
    plans
}

/// What must hold at the moment of an attempt, besides the row itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Around {
    /// Whether the newsroom's own site shows the version.
    pub live: bool,
    /// How the channel is.
    pub channel: ChannelStage,
    /// When something was last tried there.
    pub last_at: Option<Micros>,
    /// Whether an earlier delivery of the same story in this channel is not settled.
    pub behind: bool,
    /// Whether a later delivery of the same story in this channel withdraws it, or has gone out already.
    pub overtaken: bool,
}

/// Whether an attempt may begin now, and whether it begins in doubt. What was overtaken is never sent: what may stand of it
/// may only be looked for, so that the withdrawal finds it.
#[must_use]
pub fn may_begin(delivery: &Delivery, around: &Around, now: Micros) -> Option<bool> {
    let waiting = matches!(delivery.stage, Stage::Ready | Stage::Unknown);
    let due = delivery.due_at.is_some_and(|due| due <= now);
    let free = delivery.not_before.is_none_or(|moment| moment <= now);
    let paced = around
        .last_at
        .is_none_or(|last| last.plus(PACE) <= now || last > now);
    let open = around.channel == ChannelStage::Open;
    // A withdrawal does not wait for the newsroom's own site.
    let live = around.live || delivery.deed == Deed::Withdraw;
    let sent = around.overtaken && delivery.stage == Stage::Ready;
    (waiting && due && free && paced && open && live && !around.behind && !sent)
        .then_some(delivery.stage == Stage::Unknown)
}

/// How an attempt ended, as the channel says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It is as it should be.
    Confirmed,
    /// Refused for good.
    Refused,
    /// The platform does not let us in; nothing was done.
    Account,
    /// Nothing was done; the platform may say how long to wait, in microseconds.
    Later(Option<i64>),
    /// It may stand; `repeats` says whether the platform can be asked again safely.
    Unknown {
        /// Whether the channel's class allows it.
        repeats: bool,
        /// How long the platform wants us to wait, in microseconds.
        after: Option<i64>,
    },
    /// It was overtaken, and what stands of it has been looked up.
    Overtaken,
}

/// The stage and the next attempt after one that ended so. `doubtful` says how it began, `attempts` counts it.
#[must_use]
pub fn settle(ended: Ended, doubtful: bool, attempts: u32, now: Micros) -> (Stage, Option<Micros>) {
    let pause = FIRST_PAUSE
        .saturating_mul(1 << attempts.saturating_sub(1).min(20))
        .min(LONGEST_PAUSE);
    // Doubt is not resolved by a platform that does not answer.
    let waiting = if doubtful {
        Stage::Unknown
    } else {
        Stage::Ready
    };
    match ended {
        Ended::Confirmed => (Stage::Confirmed, None),
        // What was asked now was refused; what an earlier attempt did is still not known.
        Ended::Refused if doubtful => (Stage::Unknown, None),
        Ended::Refused | Ended::Overtaken => (Stage::Rejected, None),
        Ended::Account => (waiting, Some(now.plus(FIRST_PAUSE))),
        Ended::Later(after) => (waiting, Some(now.plus(after.unwrap_or(0).max(pause)))),
        Ended::Unknown {
            repeats: true,
            after,
        } => (
            Stage::Unknown,
            Some(now.plus(after.unwrap_or(0).max(pause))),
        ),
        Ended::Unknown { repeats: false, .. } => (Stage::Unknown, None),
    }
}

/// Until when the platform wants nothing from us, whatever the row: what it asked for, never cut short.
#[must_use]
pub fn rest(ended: Ended, now: Micros) -> Option<Micros> {
    match ended {
        Ended::Later(after) | Ended::Unknown { after, .. } => after.map(|after| now.plus(after)),
        Ended::Confirmed | Ended::Refused | Ended::Account | Ended::Overtaken => None,
    }
}

/// What a withdrawal makes of a row that would wait to be sent: it gives way, or the withdrawal would wait for it for ever.
#[must_use]
pub const fn give_way(next: (Stage, Option<Micros>), withdrawn: bool) -> (Stage, Option<Micros>) {
    match next.0 {
        Stage::Ready if withdrawn => (Stage::Rejected, None),
        _ => next,
    }
}

/// What becomes of a row that was claimed when the process ended. What is sent is fixed in the record before the first byte
/// leaves: a row without it was never sent. Any other may stand.
#[must_use]
pub const fn after_crash(fixed: bool, repeats: bool, now: Micros) -> (Stage, Option<Micros>) {
    match (fixed, repeats) {
        (false, _) => (Stage::Ready, Some(now)),
        (true, true) => (Stage::Unknown, Some(now.plus(SETTLING))),
        (true, false) => (Stage::Unknown, None),
    }
}

/// What a person's verdict makes of a row that may stand. A row that a `later` one follows is never sent again: an old version
/// would go out after its correction or its withdrawal. A thread of which parts are `left` was seen to stand as far as the part
/// that was in doubt: the others go on from there, unless something follows.
///
/// # Errors
/// [`Refusal::DeliverySettled`] when there is nothing to decide.
pub fn decide(
    delivery: &Delivery,
    verdict: Verdict,
    (later, left): (bool, bool),
    now: Micros,
) -> Result<(Stage, Option<Micros>), Refusal> {
    match (delivery.stage, verdict) {
        (Stage::Unknown, Verdict::Stands) if left && !later => Ok((Stage::Ready, Some(now))),
        (Stage::Unknown, Verdict::Stands) => Ok((Stage::Confirmed, None)),
        (Stage::Unknown | Stage::Rejected, Verdict::Again) if !later => {
            Ok((Stage::Ready, Some(now)))
        }
        (Stage::Unknown | Stage::Ready, Verdict::Leave) => Ok((Stage::Rejected, None)),
        _ => Err(Refusal::DeliverySettled),
    }
}

/// Confirms a channel's credentials: a second person must, never the one who entered them.
///
/// # Errors
/// [`Refusal::ChannelSettled`] when nothing waits, [`Refusal::SameEditorTwice`] for the person who entered them.
pub fn confirm_channel(
    stage: ChannelStage,
    entered_by: EditorId,
    by: EditorId,
) -> Result<ChannelStage, Refusal> {
    match stage {
        ChannelStage::Proposed if entered_by == by => Err(Refusal::SameEditorTwice),
        ChannelStage::Proposed => Ok(ChannelStage::Open),
        ChannelStage::Open | ChannelStage::Stopped | ChannelStage::Closed => {
            Err(Refusal::ChannelSettled)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_000_000_000);

    fn row(stage: Stage, attempts: u32) -> Delivery {
        Delivery {
            id: DeliveryId::from_bytes([1; 16]),
            channel: ChannelId::from_bytes([2; 16]),
            deed: Deed::Post,
            stage,
            attempts,
            due_at: Some(NOW),
            not_before: None,
        }
    }

    const FINE: Around = Around {
        live: true,
        channel: ChannelStage::Open,
        last_at: None,
        behind: false,
        overtaken: false,
    };

    #[test]
    fn a_crash_while_sending_leaves_it_unknown_and_never_ready() {
        assert_eq!(
            after_crash(true, true, NOW),
            (Stage::Unknown, Some(NOW.plus(SETTLING)))
        );
        assert_eq!(after_crash(true, false, NOW), (Stage::Unknown, None));
        assert_eq!(after_crash(false, false, NOW), (Stage::Ready, Some(NOW)));
        // Without a moment that it is due it waits for a person for ever.
        let waits = Delivery {
            due_at: None,
            ..row(Stage::Unknown, 1)
        };
        assert_eq!(may_begin(&waits, &FINE, Micros(i64::MAX)), None);
        assert_eq!(may_begin(&row(Stage::Sending, 1), &FINE, NOW), None);
        assert_eq!(may_begin(&row(Stage::Unknown, 1), &FINE, NOW), Some(true));
        assert_eq!(may_begin(&row(Stage::Ready, 0), &FINE, NOW), Some(false));
    }

    #[test]
    fn every_condition_holds_an_attempt_back() {
        let ready = row(Stage::Ready, 0);
        for around in [
            Around {
                live: false,
                ..FINE
            },
            Around {
                channel: ChannelStage::Stopped,
                ..FINE
            },
            Around {
                behind: true,
                ..FINE
            },
            Around {
                overtaken: true,
                ..FINE
            },
            Around {
                last_at: Some(NOW),
                ..FINE
            },
        ] {
            assert_eq!(may_begin(&ready, &around, NOW), None, "{around:?}");
        }
        let overtaken = Around {
            overtaken: true,
            live: false,
            ..FINE
        };
        let unknown = Around {
            overtaken: true,
            ..FINE
        };
        assert_eq!(
            may_begin(&row(Stage::Unknown, 1), &unknown, NOW),
            Some(true),
            "it is looked for"
        );
        assert_eq!(may_begin(&row(Stage::Unknown, 1), &overtaken, NOW), None);
        let withdrawal = Delivery {
            deed: Deed::Withdraw,
            ..ready
        };
        let dark = Around {
            live: false,
            ..FINE
        };
        assert_eq!(may_begin(&withdrawal, &dark, NOW), Some(false));
        let embargoed = Delivery {
            not_before: Some(NOW.plus(1)),
            ..ready
        };
        assert_eq!(may_begin(&embargoed, &FINE, NOW), None);
        assert_eq!(may_begin(&embargoed, &FINE, NOW.plus(1)), Some(false));
    }

    #[test]
    fn doubt_stays_until_it_is_resolved() {
        assert_eq!(settle(Ended::Later(None), true, 1, NOW).0, Stage::Unknown);
        assert_eq!(settle(Ended::Later(None), false, 1, NOW).0, Stage::Ready);
        assert_eq!(settle(Ended::Account, true, 1, NOW).0, Stage::Unknown);
        assert_eq!(
            settle(
                Ended::Unknown {
                    repeats: false,
                    after: None
                },
                false,
                1,
                NOW
            ),
            (Stage::Unknown, None)
        );
        assert_eq!(
            settle(Ended::Refused, true, 2, NOW),
            (Stage::Unknown, None),
            "a refusal now says nothing about the attempt before"
        );
        assert_eq!(settle(Ended::Refused, false, 1, NOW).0, Stage::Rejected);
        let asked = settle(Ended::Later(Some(90 * SECOND)), false, 1, NOW);
        assert_eq!(
            asked.1,
            Some(NOW.plus(90 * SECOND)),
            "what the platform asks for is kept to"
        );
        assert_eq!(
            settle(Ended::Later(None), false, 60, NOW).1,
            Some(NOW.plus(LONGEST_PAUSE))
        );
    }

    #[test]
    fn a_new_version_corrects_where_the_story_was_and_is_told_where_it_was_not() {
        let (here, there) = (
            ChannelId::from_bytes([2; 16]),
            ChannelId::from_bytes([3; 16]),
        );
        let channels = [(here, ChannelStage::Open), (there, ChannelStage::Open)];
        let sent = row(Stage::Confirmed, 1);
        let add = |channel, deed| Plan {
            channel,
            deed,
            instead_of: Vec::new(),
        };
        assert_eq!(
            plan(Deed::Post, &channels, &[sent]),
            [add(here, Deed::Correct), add(there, Deed::Post)]
        );
        assert_eq!(
            plan(Deed::Withdraw, &channels, &[sent]),
            [add(here, Deed::Withdraw)]
        );
        // What was taken away is told anew, and that is corrected again.
        let gone = Delivery {
            deed: Deed::Withdraw,
            ..sent
        };
        let going = Delivery {
            stage: Stage::Unknown,
            ..gone
        };
        for (earlier, deed) in [
            (vec![sent, gone], Deed::Post),
            (vec![sent, going], Deed::Correct),
            (vec![sent, gone, sent], Deed::Correct),
        ] {
            assert_eq!(
                plan(Deed::Post, &channels[..1], &earlier),
                [add(here, deed)]
            );
        }
        let untried = row(Stage::Ready, 0);
        let instead = Plan {
            instead_of: vec![untried.id],
            ..add(here, Deed::Post)
        };
        assert_eq!(plan(Deed::Post, &channels[..1], &[untried]), [instead]);
        // What is about to go is stopped by a withdrawal.
        let stopped = plan(Deed::Withdraw, &channels, &[untried]);
        assert_eq!(stopped[0].instead_of, [untried.id]);
        // One that was tried and waits is stopped by it as well, but not by a new version.
        let tried = row(Stage::Ready, 1);
        let stopped = plan(Deed::Withdraw, &channels, &[tried]);
        assert_eq!(stopped[0].instead_of, [tried.id]);
        assert_eq!(
            plan(Deed::Post, &channels[..1], &[tried]),
            [add(here, Deed::Correct)]
        );
        assert_eq!(
            give_way((Stage::Ready, Some(NOW)), true),
            (Stage::Rejected, None)
        );
        assert_eq!(plan(Deed::Post, &[(here, ChannelStage::Closed)], &[]), []);
    }

    #[test]
    fn verdicts_and_confirmations() {
        assert_eq!(
            decide(&row(Stage::Unknown, 1), Verdict::Stands, (true, true), NOW),
            Ok((Stage::Confirmed, None))
        );
        assert_eq!(
            decide(
                &row(Stage::Unknown, 1),
                Verdict::Stands,
                (false, false),
                NOW
            ),
            Ok((Stage::Confirmed, None))
        );
        assert_eq!(
            decide(&row(Stage::Unknown, 1), Verdict::Stands, (false, true), NOW),
            Ok((Stage::Ready, Some(NOW))),
            "the rest of a thread goes on"
        );
        assert_eq!(
            decide(&row(Stage::Unknown, 1), Verdict::Again, (false, false), NOW),
            Ok((Stage::Ready, Some(NOW)))
        );
        for stage in [Stage::Unknown, Stage::Rejected] {
            assert_eq!(
                decide(&row(stage, 1), Verdict::Again, (true, false), NOW),
                Err(Refusal::DeliverySettled),
                "an old version never follows a later one"
            );
        }
        for verdict in [Verdict::Stands, Verdict::Again, Verdict::Leave] {
            assert!(decide(&row(Stage::Confirmed, 1), verdict, (false, true), NOW).is_err());
            assert!(decide(&row(Stage::Sending, 1), verdict, (false, true), NOW).is_err());
        }
        let (one, two) = (EditorId::from_bytes([1; 16]), EditorId::from_bytes([2; 16]));
        assert_eq!(
            confirm_channel(ChannelStage::Proposed, one, one),
            Err(Refusal::SameEditorTwice)
        );
        assert_eq!(
            confirm_channel(ChannelStage::Proposed, one, two),
            Ok(ChannelStage::Open)
        );
        assert!(confirm_channel(ChannelStage::Open, one, two).is_err());
    }
}
