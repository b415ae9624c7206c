//! Asking for a kit with twelve words. Nothing is stored while the answer is awaited: words and passphrase give the same
//! keys each time, so that the same question is asked again and the answer is opened whenever it comes.

use formats::kit_words::{CELLS, open_answer, seal_question};
use formats::{DropUrl, Kit, ReplyError};
use keys::KitWordsSeed;
use keys::kit_words::Asker;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use wire::{MailboxAddress, ProblemKind, SessionSecret, SessionToken};

use crate::error::FieldError;
use crate::road::{Road, RoadError, Session};

/// What came of asking.
#[derive(Debug)]
pub enum Asked {
    /// The kit. The words are used up.
    Kit(Box<Kit>),
    /// The question lies at this many drops; the newsroom has to be open to answer it.
    Waiting(usize),
}

/// Looks for an answer at each drop, and asks where there is none.
///
/// # Errors
/// [`FieldError::WordsSpent`] when somebody else was before; a road that cannot be used.
pub fn ask_for_kit<R: Road>(
    road: &mut R,
    drops: &[DropUrl],
    seed: &KitWordsSeed,
    asker: &Asker,
) -> Result<Asked, FieldError> {
    if drops.is_empty() {
        return Err(FieldError::NoDrop);
    }
    let (mut asked, mut failure) = (0, None);
    for drop in drops {
        let outcome = match answer_at(road, drop, seed, asker) {
            Ok(Some(kit)) => return Ok(Asked::Kit(Box::new(kit))),
            Ok(None) => ask(road, drop, seed, asker),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => asked += 1,
            // The proxy is gone: nothing is tried another way.
            Err(error @ FieldError::Road(RoadError::NoProxy { .. })) => return Err(error),
            Err(FieldError::Road(RoadError::Refused {
                kind: ProblemKind::Unauthorised | ProblemKind::OtherSession,
            })) => failure = Some(FieldError::WordsSpent),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match failure {
        // One refusal is enough to stop: a question that only some drops took would hide it.
        Some(FieldError::WordsSpent) => Err(FieldError::WordsSpent),
        Some(error) if asked == 0 => Err(error),
        _ => Ok(Asked::Waiting(asked)),
    }
}

fn answer_at<R: Road>(
    road: &mut R,
    drop: &DropUrl,
    seed: &KitWordsSeed,
    asker: &Asker,
) -> Result<Option<Kit>, FieldError> {
    let mut cells = Vec::with_capacity(CELLS);
    for secret in seed.reply_secrets(CELLS) {
        let address = MailboxAddress::from_bytes(secret.mailbox().0);
        cells.push(road.mailbox(drop, &address)?);
    }
    match open_answer(&cells, &asker.identity, seed) {
        Ok(kit) => Ok(Some(kit)),
        Err(ReplyError::Sealed(_)) => Err(FieldError::WordsSpent),
        Err(ReplyError::Format(error)) => Err(FieldError::Kit(error)),
        // Nothing yet, or not all of it yet.
        Err(_) => Ok(None),
    }
}

fn ask<R: Road>(
    road: &mut R,
    drop: &DropUrl,
    seed: &KitWordsSeed,
    asker: &Asker,
) -> Result<(), FieldError> {
    // The same at every drop and each time: a drop that knows the cell already stores nothing, and two drops that
    // compared would learn of one question, which says that some kit was asked for and not whose.
    let mut rng = ChaCha20Rng::from_seed(*asker.question);
    let cell = seal_question(seed, &asker.identity.recipient(), &mut rng)?;
    let session = Session {
        drop: drop.clone(),
        token: SessionToken::from_bytes(*seed.token()),
        secret: SessionSecret::from_bytes(*asker.session),
    };
    road.store(&session, cell.as_bytes())?;
    Ok(())
}
