//! Receiving: asks the mailboxes of awaited replies, when the owner says so and never otherwise, and takes in what is there.

use formats::DropUrl;
use rand_core::{CryptoRng, RngCore};
use wire::MailboxAddress;

use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::judge::Refusal;
use crate::reply::Taken;
use crate::road::{Road, RoadError};
use crate::send::Failure;
use crate::state::REPLY_LIFE;

/// What came back.
#[derive(Debug, Default)]
pub struct Received {
    /// Mailboxes asked for.
    pub polled: u64,
    /// Receipts that were authentic and were applied.
    pub receipts: u64,
    /// Pieces forgotten on their word.
    pub forgotten: u64,
    /// Messages that came and wait to be read.
    pub messages: u64,
    /// Bulletins that changed the kit.
    pub bulletins: u64,
    /// New session tokens.
    pub tokens: u64,
    /// Items held back that the newsroom wants now: the next `send` takes them.
    pub wanted: u64,
    /// Items held back that it does not want. They stay here until their owner says otherwise.
    pub declined: u64,
    /// Authentic replies that were refused, and why.
    pub refused: Vec<Refusal>,
    /// Replies that were ours and arrived damaged; they are asked for again next time.
    pub damaged: u64,
    /// Replies that are authentic and of a kind that only a newer program knows; they are asked for again.
    pub newer: u64,
    /// Drops that failed.
    pub failures: Vec<Failure>,
}

impl<D: Disk> Field<D> {
    /// Asks the named drops (all of the kit's if none is named) for every awaited reply.
    ///
    /// # Errors
    /// No drop, the proxy gone, or the disk failed. A drop that fails is reported, and the others are asked.
    pub fn receive<R: Road>(
        &mut self,
        road: &mut R,
        drops: &[DropUrl],
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
        progress: crate::OnProgress<'_>,
    ) -> Result<Received, FieldError> {
        self.turn_epoch(now, rng)?;
        let mut drops = drops.to_vec();
        if drops.is_empty() {
            drops.extend(self.state.kit.drops.iter().map(|drop| drop.url.clone()));
        }
        if drops.is_empty() {
            return Err(FieldError::NoDrop);
        }
        let before = self.state.awaited.len();
        self.state
            .awaited
            .retain(|awaited| now.saturating_sub(awaited.made_at) < REPLY_LIFE);
        if self.state.awaited.len() != before {
            self.commit(rng)?;
        }
        let mut received = Received::default();
        for drop in &drops {
            match self.ask_drop(road, drop, &mut received, now, rng, progress) {
                Err(FieldError::Road(error)) if !matches!(error, RoadError::NoProxy { .. }) => {
                    received.failures.push(Failure {
                        drop: drop.clone(),
                        error,
                    });
                }
                other => other?,
            }
        }
        Ok(received)
    }

    fn ask_drop<R: Road>(
        &mut self,
        road: &mut R,
        drop: &DropUrl,
        received: &mut Received,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
        progress: crate::OnProgress<'_>,
    ) -> Result<(), FieldError> {
        let mut at = 0;
        while let Some(awaited) = self.state.awaited.get(at) {
            let address = MailboxAddress::from_bytes(awaited.keys.secret.mailbox().0);
            let cell = road.mailbox(drop, &address)?;
            received.polled += 1;
            progress(received.polled);
            // A used pair is gone, and the next one stands in its place.
            if self.take_reply(at, &cell, received, now, rng)? != Taken::Used {
                at += 1;
            }
        }
        Ok(())
    }
}
