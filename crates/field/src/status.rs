//! What the owner may see of their own: the state of each dispatch, and nothing of its content.

use formats::DispatchId;
use formats::vault::BLOCK_TEXT;
use rand_core::{CryptoRng, RngCore};

use crate::book::Field;
use crate::bulletin::Retiring;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::hold::{Counted, Hold};
use crate::state::DispatchState;

/// A day in microseconds.
const DAY: i64 = 24 * 3_600 * 1_000_000;

/// One dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchStatus {
    /// Which.
    pub dispatch: DispatchId,
    /// When it was sealed, in microseconds since 1970 UTC.
    pub sealed_at: i64,
    /// How far it is.
    pub state: DispatchState,
    /// Its pieces.
    pub pieces: usize,
    /// Pieces that the newsroom acknowledged.
    pub received: usize,
    /// Bytes of it still lying here.
    pub bytes_here: u64,
    /// What waits for the newsroom to ask for it.
    pub held: Counted,
    /// What the newsroom asked for and does not have yet.
    pub asked: Counted,
    /// What the newsroom does not want and is still here.
    pub declined: Counted,
}

/// How full the vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes of pieces that it can hold.
    pub total: u64,
    /// Bytes that it can still take.
    pub free: u64,
}

/// Everything there is to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What the newsroom calls itself.
    pub newsroom: String,
    /// The dispatches, oldest first.
    pub dispatches: Vec<DispatchStatus>,
    /// How full the vault is.
    pub room: Room,
    /// A received dispatch leaves no record.
    pub keep_nothing: bool,
    /// Previews go first.
    pub previews: bool,
    /// Sessions left: the fewest tokens of any drop.
    pub sessions_left: usize,
    /// Messages that wait to be read.
    pub messages: usize,
    /// How many more replies the newsroom may send, if everything sealed here reached it.
    pub replies_left: usize,
    /// What waits here sealed to a recipient that the newsroom will give up.
    pub retiring: Option<Retiring>,
}

/// After so many days without a word about what is held back, its owner is told: the newsroom may never have seen the preview.
pub const HELD_LONG_DAYS: i64 = 28;

/// With fewer replies left than this, the owner should send something.
pub const REPLIES_FEW: usize = 3;

impl DispatchStatus {
    /// Days for which something of it has been held back without a word of the newsroom; `None` when nothing is.
    #[must_use]
    pub fn held_days(&self, now: i64) -> Option<i64> {
        let days = now.saturating_sub(self.sealed_at).max(0) / DAY;
        (self.held.pieces > 0).then_some(days)
    }
}

impl<D: Disk> Field<D> {
    /// Sets how many bytes may go over the line in one day, noise and repetitions included; `None` for no limit. Counting begins
    /// when a limit is set.
    ///
    /// # Errors
    /// The disk failed.
    pub fn set_daily_budget(
        &mut self,
        limit: Option<u64>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        self.state.budget.set_limit(limit);
        self.commit(rng)
    }
}

impl<D> Field<D> {
    /// What there is to see.
    #[must_use]
    pub fn status(&self) -> Status {
        let dispatches = self.state.dispatches.iter().map(|dispatch| DispatchStatus {
            dispatch: dispatch.id,
            sealed_at: dispatch.sealed_at,
            state: dispatch.state(),
            pieces: dispatch.pieces.len(),
            received: dispatch.pieces.iter().filter(|p| p.forgotten).count(),
            bytes_here: dispatch.count(|_| true).bytes,
            held: dispatch.count(|hold| hold == Hold::Held),
            asked: dispatch.count(|hold| matches!(hold, Hold::Asked(_))),
            declined: dispatch.count(Hold::is_declined),
        });
        let drops = &self.state.kit.drops;
        Status {
            retiring: self.state.retiring(),
            newsroom: self.state.kit.newsroom.clone(),
            dispatches: dispatches.collect(),
            room: self.room(),
            keep_nothing: self.state.settings.keep_nothing,
            previews: self.state.settings.previews,
            sessions_left: drops
                .iter()
                .map(|drop| drop.tokens.len())
                .min()
                .unwrap_or(0),
            messages: self.state.messages.waiting(),
            replies_left: self.state.awaited.len(),
        }
    }

    /// Whether it was opened under the duress mark: what is packed from it must carry the mark too.
    #[must_use]
    pub fn forced(&self) -> bool {
        self.forced
    }

    fn room(&self) -> Room {
        let bytes = |slots: usize| (slots * BLOCK_TEXT) as u64;
        let (total, free) = self.vault.room();
        Room {
            total: bytes(total),
            free: bytes(free),
        }
    }

    /// Bytes that may go over the line in one day, if its owner set a limit.
    #[must_use]
    pub fn daily_budget(&self) -> Option<u64> {
        self.state.budget.limit()
    }

    /// The kit this vault was set up with, its spent tokens gone.
    #[must_use]
    pub fn kit(&self) -> &formats::Kit {
        &self.state.kit
    }
}
