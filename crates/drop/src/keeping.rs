//! What a store says of its log at each tick, and what it may remove once every desk has it.

use std::io;
use std::sync::{Arc, PoisonError};

use ledger::SignedCheckpoint;
use thiserror::Error;
use wire::TokenHash;

use crate::store::{Store, lock};

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Why a confirmation was not taken.
#[derive(Debug, Error)]
pub enum ConfirmError {
    /// The log is shorter than what was confirmed.
    #[error("the log holds {0} cells")]
    BeyondEnd(u64),
    /// The disk failed.
    #[error("the confirmation could not be written")]
    Disk(#[from] io::Error),
}

impl Store {
    /// Signs a checkpoint when a tick has passed; says whether it did.
    ///
    /// # Errors
    /// What the disk answers; the checkpoint before stands, and the next call tries again.
    pub fn tick(&self, now: i64) -> io::Result<bool> {
        self.tree.tick(&self.log, now)
    }

    /// Microseconds until the next tick.
    #[must_use]
    pub fn until_next_tick(&self, now: i64) -> i64 {
        self.tree.until_next(now)
    }

    /// The newest checkpoint: the same for everybody until the next tick.
    #[must_use]
    pub fn checkpoint(&self) -> Arc<SignedCheckpoint> {
        self.tree.head()
    }

    /// The key of the log, as text (a C2SP verifier key).
    #[must_use]
    pub fn log_key(&self) -> String {
        self.tree.key()
    }

    /// A tile of the newest checkpoint's tree, by its C2SP name.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn tile(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.tree.tile(name)
    }

    /// The first offset that is still held.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.log.first()
    }

    /// Says which desks read this log, by their tokens' hashes: nothing is removed before all of them have had it for long.
    /// Until this is said, nothing is removed at all.
    pub fn read_by(&self, desks: impl IntoIterator<Item = TokenHash>) {
        let mut known = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        *known = desks.into_iter().collect();
    }

    /// Takes a desk's word that it holds everything below an offset; answers the furthest it ever gave.
    ///
    /// # Errors
    /// [`ConfirmError`].
    pub fn confirm(&self, desk: &TokenHash, below: u64, now: i64) -> Result<u64, ConfirmError> {
        let _writer = lock(&self.writer);
        if below > self.log.size() {
            return Err(ConfirmError::BeyondEnd(self.log.size()));
        }
        let mut confirmed = self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let keep = self.limits.keep_days.max(1);
        if let Some(next) = confirmed.with(desk, below, now.div_euclid(DAY_MICROS), keep) {
            next.save(self.disk.as_ref())?;
            *confirmed = next;
        }
        Ok(confirmed.below_of(desk))
    }

    /// Removes the oldest packs that every desk has had for long enough and that a checkpoint names; returns how many.
    pub(crate) fn make_room(&self, now: i64) -> io::Result<u64> {
        let keep = self.limits.keep_days.max(1);
        let confirmed = self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let below = confirmed.removable(&desks, now.div_euclid(DAY_MICROS), keep);
        let below = below.min(self.tree.head().size());
        let removed = self.log.remove_below(below)?;
        if removed > 0 {
            tracing::info!(
                packs = removed,
                "packs that every desk has had for long are removed"
            );
        }
        Ok(removed)
    }
}
