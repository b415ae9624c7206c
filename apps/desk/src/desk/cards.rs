//! What the page about cards reads and does.

use std::io::Read;

use newsroom::arrival::DispatchState as RecordState;
use rand_core::OsRng;
use store::PieceRecord;

use super::reading::internal;
use super::{Desk, DeskError};
use crate::intake::EarlySieve;
use crate::tray::Tray;

/// Dispatches looked through for those that still lack something.
const SHOWN: u32 = 200;

/// One card, as far as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardRead {
    /// Windows of it that may be cells.
    pub windows: u64,
    /// Windows that were tried.
    pub looked: u64,
    /// Cells of ours among them.
    pub ours: u64,
}

/// A piece that is there, or on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PieceInHand {
    /// Its number.
    pub number: u32,
    /// Different shards in hand.
    pub have: u32,
    /// Shards that restore it; 0 when nothing of it was seen yet.
    pub need: u16,
    /// It is whole and authentic.
    pub whole: bool,
}

/// A dispatch that still lacks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchInHand {
    /// The dispatch, hex as in URLs.
    pub id: String,
    /// Its pieces by number, those of which nothing was seen among them.
    pub pieces: Vec<PieceInHand>,
    /// Whether the last piece was seen, so that no more are to come.
    pub end_known: bool,
}

/// Cards and what they brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardsView {
    /// Cards that wait to be read.
    pub waiting: usize,
    /// The one being read.
    pub current: Option<CardRead>,
    /// Those read since the desk was opened, the last first.
    pub read: Vec<CardRead>,
    /// What is still missing.
    pub dispatches: Vec<DispatchInHand>,
}

impl Desk {
    /// Cards, and what is still missing of the dispatches that arrive.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn cards(&self) -> Result<CardsView, DeskError> {
        let open = self.open()?;
        let mut dispatches = Vec::new();
        for record in open.store.dispatches(SHOWN).await? {
            if record.state == RecordState::Arriving {
                let pieces = open.store.dispatch_pieces(&record.key).await?;
                dispatches.push(DispatchInHand {
                    id: record.key.dispatch.to_string(),
                    end_known: pieces.last().is_some_and(|piece| piece.last),
                    pieces: in_hand(&pieces),
                });
            }
        }
        let tray = Tray::of(&open.around.folder);
        let waiting = tray.waiting().map_err(|error| fault(&error))?.len();
        let current = open.cards.current();
        Ok(CardsView {
            waiting: waiting.saturating_sub(usize::from(current.is_some())),
            current,
            read: open.cards.read(),
            dispatches,
        })
    }

    /// Takes a card in: the cells that are easily recognised go into the spool, and what else may be cells is kept and read in
    /// the background. Gives the number of windows that may be cells; all of them are on the disk when this returns.
    /// Blocks for as long as the card takes to come.
    ///
    /// # Errors
    /// Locked, or the card or the disk failed.
    pub fn take_card(&self, card: &mut dyn Read) -> Result<u64, DeskError> {
        let (mut sieve, tray) = {
            let open = self.open()?;
            (EarlySieve::begin(&open), Tray::of(&open.around.folder))
        };
        let put = tray.put(card, &mut OsRng, &mut |window| sieve.take(window));
        // Whatever became of the card, what was taken of it is kept; and why it was not is the better reason.
        let taken = sieve.finish();
        let taken = taken.map_err(|error| internal("keeping a card's cells", &error))?;
        let put = put.map_err(|error| fault(&error))?;
        if let Ok(open) = self.open() {
            open.cards.handed_in(&put, taken);
            open.card_added.notify_one();
        }
        Ok(put.windows)
    }
}

fn fault(error: &std::io::Error) -> DeskError {
    internal("keeping a card", error)
}

/// The pieces from the first to the last that was seen, without gaps.
fn in_hand(pieces: &[PieceRecord]) -> Vec<PieceInHand> {
    let mut all: Vec<PieceInHand> = Vec::new();
    for piece in pieces {
        while let Ok(number) = u32::try_from(all.len())
            && number < piece.no.0
            && all.len() < PIECES_SHOWN
        {
            all.push(PieceInHand {
                number,
                have: 0,
                need: 0,
                whole: false,
            });
        }
        all.push(PieceInHand {
            number: piece.no.0,
            have: piece.shards,
            need: piece.k,
            whole: piece.authentic.is_some(),
        });
    }
    all
}

/// A sender can claim any number; no more gaps than this are drawn.
const PIECES_SHOWN: usize = 4_096;
