//! Taking a reply in, whichever way it came: a mailbox, or a card going back in. One place decides what each kind does.

use formats::{BulletinRefusal, Cell, ChoiceKind, Reply, ReplyError, open_reply};
use rand_core::{CryptoRng, RngCore};

use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::hold;
use crate::judge::{self, Refusal};
use crate::receive::Received;
use crate::state::State;

/// What an authentic reply did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Receipts among it.
    pub(crate) receipts: u64,
    /// Messages that wait to be read now.
    pub(crate) messages: u64,
    /// Bulletins that changed the kit.
    pub(crate) bulletins: u64,
    /// New session tokens.
    pub(crate) tokens: u64,
    /// Items that the newsroom wants now.
    pub(crate) wanted: u64,
    /// Items that it does not want.
    pub(crate) declined: u64,
    /// Pieces forgotten on its word.
    pub(crate) forgotten: u64,
}

/// Applies an authentic reply to the state, which the caller then saves together with the pair's end.
///
/// # Errors
/// A refusal; the state is then as it was.
pub(crate) fn apply_reply(state: &mut State, reply: &Reply, now: i64) -> Result<Outcome, Refusal> {
    match reply {
        Reply::Receipt(receipt) => Ok(Outcome {
            receipts: 1,
            forgotten: judge::apply(state, receipt)?,
            ..Outcome::default()
        }),
        Reply::Bulletin(signed) => match state.take_bulletin(signed, now) {
            Ok(_) => Ok(Outcome {
                bulletins: 1,
                ..Outcome::default()
            }),
            // The same bulletin comes by several roads; only the first has anything to change.
            Err(BulletinRefusal::NotNewer { .. }) => Ok(Outcome::default()),
            Err(refusal) => Err(Refusal::Bulletin(refusal)),
        },
        Reply::Supply(supply) => Ok(Outcome {
            tokens: state.take_supply(supply),
            ..Outcome::default()
        }),
        Reply::Choice(choice) => {
            let items = hold::choose(state, choice)?;
            let (wanted, declined) = match choice.kind {
                ChoiceKind::Want => (items, 0),
                ChoiceKind::Decline => (0, items),
            };
            Ok(Outcome {
                wanted,
                declined,
                ..Outcome::default()
            })
        }
        Reply::Message(message) => Ok(Outcome {
            messages: state.messages.keep(message, now)?.into(),
            ..Outcome::default()
        }),
    }
}

/// What came of showing a cell to one awaited pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Noise, another pair's or forged: nothing happened.
    NotOurs,
    /// It is this pair's and could not be used yet; the pair is kept and asked for again.
    Kept,
    /// It was applied or refused for good; the pair and its keys are gone.
    Used,
}

impl<D: Disk> Field<D> {
    /// Shows a cell to the awaited pair at `at`; what it says is applied in the same save that erases the pair's keys.
    pub(crate) fn take_reply(
        &mut self,
        at: usize,
        cell: &Cell,
        received: &mut Received,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Taken, FieldError> {
        let Some(awaited) = self.state.awaited.get(at) else {
            return Ok(Taken::NotOurs);
        };
        let reply = match open_reply(cell, &awaited.keys.identity, &awaited.keys.secret) {
            Ok(reply) => reply,
            Err(ReplyError::NotForThisPair) => return Ok(Taken::NotOurs),
            Err(error) => {
                // What a newer program may be able to read is kept for it.
                let kept = if error.wants_update() {
                    &mut received.newer
                } else {
                    &mut received.damaged
                };
                *kept += 1;
                return Ok(Taken::Kept);
            }
        };
        let confirmed = awaited.epoch;
        self.state.confirmed_by(confirmed);
        match apply_reply(&mut self.state, &reply, now) {
            Ok(outcome) => {
                self.state.awaited.remove(at);
                received.receipts += outcome.receipts;
                received.messages += outcome.messages;
                received.bulletins += outcome.bulletins;
                received.tokens += outcome.tokens;
                received.wanted += outcome.wanted;
                received.declined += outcome.declined;
                received.forgotten += outcome.forgotten;
                self.commit(rng)?;
                Ok(Taken::Used)
            }
            Err(refusal) if refusal.passes() => {
                received.refused.push(refusal);
                Ok(Taken::Kept)
            }
            Err(refusal) => {
                self.state.awaited.remove(at);
                received.refused.push(refusal);
                self.commit(rng)?;
                Ok(Taken::Used)
            }
        }
    }
}
