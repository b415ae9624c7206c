//! Spreading: what the newsroom has not acknowledged, as freshly veiled cells on several cards, among noise.
//!
//! While everything fits it goes on every card whole; more than that is dealt out so that any `need` of the cards restore
//! it. Which places of a card hold cells is drawn at random, so that damage to one part of a card is spread over all pieces.
//! Spreading changes nothing in the vault: that a card was made is nobody's business, and only the newsroom's receipt says
//! that it arrived.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use formats::card::{Deal, is_small};
use formats::coding::Encoder;
use formats::{CELL, Cell, DispatchId, PiecePlace, SealedPiece};
use keys::EpochKeys;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, RngCore};

use crate::OnProgress;
use crate::book::Field;
use crate::card::{Card, Taken};
use crate::disk::Disk;
use crate::error::FieldError;
use crate::pack::fork;
use crate::send::Job;

/// The most spare shards of a piece on each card.
const SPARE: u16 = 2;
/// Threads that code and veil, as long as what they hold stays small.
const CODERS: usize = 2;
/// Recovery shards of one piece beyond which one thread has to do.
const LARGE_RECOVERY: u16 = 256;

/// What shall go on cards.
#[derive(Debug, Clone)]
pub struct SpreadWish {
    /// Only this dispatch; everything that is not acknowledged if none is named.
    pub dispatch: Option<DispatchId>,
    /// How many cards, at least 1.
    pub cards: u16,
    /// How many of them shall restore everything, between 1 and `cards`.
    pub need: u16,
}

struct Planned {
    job: Job,
    k: u16,
    small: bool,
    /// It waits for somebody's word.
    held: bool,
}

/// What is to be spread, counted before any card is chosen.
pub struct SpreadPlan {
    cards: u16,
    need: u16,
    pieces: Vec<Planned>,
}

impl std::fmt::Debug for SpreadPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SpreadPlan({} pieces)", self.pieces.len())
    }
}

/// How the plan goes onto cards of a given size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// How pieces are dealt. One card needed means full copies.
    pub deal: Deal,
    /// Cells that each card holds.
    pub cells: u32,
}

/// What was spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// How many of the cards restore everything.
    pub need: u16,
    /// Pieces on the cards.
    pub pieces: usize,
    /// Cells on each card.
    pub cells: u32,
}

impl SpreadPlan {
    /// Whether nothing is left to be carried.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Leaves out what is held back, so that previews go alone.
    pub fn previews_alone(&mut self) {
        self.pieces.retain(|piece| !piece.held);
    }

    fn try_fit(&self, deal: Deal) -> Option<Fit> {
        let mut cells = 0_u32;
        for piece in &self.pieces {
            let share = deal.share(piece.k, piece.small, 0)?;
            cells = cells.checked_add(u32::from(share.end - share.start))?;
        }
        Some(Fit { deal, cells })
    }

    fn best(&self, need: u16, places: u32) -> Option<Fit> {
        (0..=SPARE).rev().find_map(|spare| {
            let deal = Deal {
                cards: self.cards,
                need,
                spare,
            };
            self.try_fit(deal).filter(|fit| fit.cells <= places)
        })
    }

    /// How it goes onto cards of this many places: full copies if they fit, else dealt out. `None` when it does not fit.
    #[must_use]
    pub fn fit(&self, places: u32) -> Option<Fit> {
        self.best(1, places)
            .or_else(|| self.best(self.need, places))
    }

    /// The fewest places that each card must have. `None` when there are more cards than the code has shards for.
    #[must_use]
    pub fn fewest_places(&self) -> Option<u32> {
        self.best(self.need, u32::MAX)?;
        let bare = Deal {
            cards: self.cards,
            need: self.need,
            spare: 0,
        };
        self.try_fit(bare).map(|fit| fit.cells)
    }
}

/// Draws places without drawing one twice; remembers only what was drawn.
#[derive(Default)]
struct Draw {
    moved: HashMap<u32, u32>,
    drawn: u32,
}

impl Draw {
    /// The next of `places`, all that are left being equally likely. `None` when none is left.
    fn next(&mut self, places: u32, rng: &mut impl RngCore) -> Option<u32> {
        let left = places.checked_sub(self.drawn).filter(|left| *left > 0)?;
        let at = self.drawn + below(left, rng);
        let first = self.moved.remove(&self.drawn).unwrap_or(self.drawn);
        let chosen = if at == self.drawn {
            first
        } else {
            self.moved.insert(at, first).unwrap_or(at)
        };
        self.drawn += 1;
        Some(chosen)
    }
}

/// A number below `end`, none likelier than another.
fn below(end: u32, rng: &mut impl RngCore) -> u32 {
    let limit = u32::MAX - u32::MAX % end;
    loop {
        let draw = rng.next_u32();
        if draw < limit {
            return draw % end;
        }
    }
}

/// A piece on its way to a coder, with the places that were drawn for it on each card.
struct Handover {
    piece: SealedPiece,
    place: PiecePlace,
    small: bool,
    places: Vec<Vec<u64>>,
    nonces: ChaCha20Rng,
}

impl<D: Disk> Field<D> {
    /// Counts what would go on cards. What is held back goes too, for a card has room and comes once; what the newsroom has
    /// declined does not.
    ///
    /// # Errors
    /// A dispatch that is not here, or a number of cards that makes no sense.
    pub fn plan_spread(&self, wish: &SpreadWish) -> Result<SpreadPlan, FieldError> {
        if wish.need == 0 || wish.need > wish.cards {
            return Err(FieldError::Recovery);
        }
        let known = |id| self.state.dispatches.iter().any(|d| d.id == id);
        if let Some(id) = wish.dispatch.filter(|id| !known(*id)) {
            return Err(FieldError::UnknownDispatch(id));
        }
        let mut pieces = Vec::new();
        for dispatch in &self.state.dispatches {
            if wish.dispatch.is_some_and(|wanted| wanted != dispatch.id) {
                continue;
            }
            let last = dispatch.last();
            let here = dispatch.numbered().filter(|(_, piece)| !piece.forgotten);
            for (no, piece) in here.filter(|(_, piece)| !piece.hold.is_declined()) {
                pieces.push(Planned {
                    job: Job {
                        dispatch: dispatch.id,
                        piece: no,
                    },
                    k: piece.k(),
                    small: is_small(no, no == last, piece.k()),
                    held: piece.hold.waits(),
                });
            }
        }
        Ok(SpreadPlan {
            cards: wish.cards,
            need: wish.need,
            pieces,
        })
    }

    /// Writes the cards, all of them to their last byte, and syncs them.
    ///
    /// # Errors
    /// What does not fit, a damaged piece, or writing failed. The cards are then of no use.
    pub fn spread(
        &mut self,
        plan: &SpreadPlan,
        cards: &[Card<'_>],
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Spread, FieldError> {
        let places = cards.iter().map(|card| card.space.places()).min();
        let fit = places
            .filter(|_| cards.len() == usize::from(plan.cards))
            .and_then(|places| plan.fit(places))
            .ok_or(FieldError::CardTooSmall {
                places: plan.fewest_places(),
            })?;
        for card in cards.iter().filter(|card| !card.reserved) {
            card.fill(&Taken::default(), &mut fork(rng))
                .map_err(FieldError::disk("filling a card"))?;
        }
        let taken = self.write_cells(plan, fit.deal, cards, rng, progress)?;
        finish_cards(cards, &taken, rng)?;
        Ok(Spread {
            need: fit.deal.need,
            pieces: plan.pieces.len(),
            cells: fit.cells,
        })
    }

    /// Pieces are read here and coded by other threads; what is held are the pieces under way and the coders' memory.
    fn write_cells(
        &mut self,
        plan: &SpreadPlan,
        deal: Deal,
        cards: &[Card<'_>],
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Vec<Taken>, FieldError> {
        let coding = Coding {
            epoch: self.state.kit.chain.epoch_keys(),
            forced: self.forced,
            deal,
            cards,
        };
        let (written, failed) = (AtomicU64::new(0), AtomicBool::new(false));
        let coders = coders(plan, deal);
        let (give, take) = sync_channel::<Handover>(0);
        let (give_back, memory) = sync_channel(coders + 1);
        for _ in 0..=coders {
            give_back.send(Vec::new()).map_err(|_| gone())?;
        }
        let take = Mutex::new(take);
        let mut hands = Hands::new(cards, deal);
        thread::scope(|scope| {
            let work = || coding.run(&take, &give_back, &written, &failed);
            let threads: Vec<_> = (0..coders).map(|_| scope.spawn(work)).collect();
            let handed = plan.pieces.iter().try_for_each(|planned| {
                if failed.load(Ordering::Relaxed) {
                    return Err(gone());
                }
                progress(written.load(Ordering::Relaxed));
                let memory = memory.recv().map_err(|_| gone())?;
                let (piece, place, _) = self.load(&planned.job, memory)?;
                give.send(hands.draw(planned, piece, place, rng)?)
                    .map_err(|_| gone())
            });
            drop(give);
            // A coder's own error says more than that it is gone.
            for thread in threads {
                thread.join().unwrap_or_else(|_| Err(gone()))?;
            }
            handed
        })?;
        progress(written.load(Ordering::Relaxed));
        Ok(hands.taken)
    }
}

/// How many coders keep the memory within bounds.
fn coders(plan: &SpreadPlan, deal: Deal) -> usize {
    let recovery = plan.pieces.iter().filter_map(|piece| {
        let runs = deal.runs(piece.k, piece.small)?;
        let end = runs * deal.per_card(piece.k, piece.small);
        Some(end.saturating_sub(piece.k))
    });
    if recovery.max() > Some(LARGE_RECOVERY) {
        1
    } else {
        CODERS
    }
}

/// A coder is gone; its own error says why.
fn gone() -> FieldError {
    FieldError::disk("writing cards")(std::io::ErrorKind::BrokenPipe.into())
}

/// What is dealt to each card so far.
struct Hands<'a> {
    cards: &'a [Card<'a>],
    deal: Deal,
    draws: Vec<Draw>,
    taken: Vec<Taken>,
}

impl<'a> Hands<'a> {
    fn new(cards: &'a [Card<'a>], deal: Deal) -> Self {
        Self {
            cards,
            deal,
            draws: cards.iter().map(|_| Draw::default()).collect(),
            taken: vec![Taken::default(); cards.len()],
        }
    }

    /// Draws places on every card for a piece.
    fn draw(
        &mut self,
        planned: &Planned,
        piece: SealedPiece,
        place: PiecePlace,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Handover, FieldError> {
        let count = self.deal.per_card(planned.k, planned.small);
        let mut places = Vec::with_capacity(self.cards.len());
        let each = self.cards.iter().zip(&mut self.draws).zip(&mut self.taken);
        for ((card, draw), taken) in each {
            let mut one = || {
                let place = draw.next(card.space.places(), rng)?;
                taken.add(place);
                card.space.place(place)
            };
            let drawn: Option<Vec<u64>> = (0..count).map(|_| one()).collect();
            places.push(drawn.ok_or(FieldError::CardTooSmall { places: None })?);
        }
        Ok(Handover {
            piece,
            place,
            small: planned.small,
            places,
            nonces: fork(rng),
        })
    }
}

/// What coders work with.
struct Coding<'a> {
    epoch: EpochKeys,
    forced: bool,
    deal: Deal,
    cards: &'a [Card<'a>],
}

impl Coding<'_> {
    /// Codes what is handed over until nothing comes any more. After a failure it only hands memory back: the reader must
    /// not wait for a coder that is gone.
    fn run(
        &self,
        take: &Mutex<Receiver<Handover>>,
        give_back: &SyncSender<Vec<u8>>,
        written: &AtomicU64,
        failed: &AtomicBool,
    ) -> Result<(), FieldError> {
        let mut encoder = Encoder::new();
        let mut outcome = Ok(());
        loop {
            let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(handed) = next else { return outcome };
            let cells: usize = handed.places.iter().map(Vec::len).sum();
            if outcome.is_ok() {
                outcome = self.code(&handed, &mut encoder);
                failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
            }
            written.fetch_add((cells * CELL) as u64, Ordering::Relaxed);
            // The reader may be done and gone; then the memory is simply freed.
            let _ = give_back.try_send(handed.piece.into_memory());
        }
    }

    /// Veils every shard that some card holds, anew for each card, and writes it to its place.
    fn code(&self, handed: &Handover, encoder: &mut Encoder) -> Result<(), FieldError> {
        let (piece, k) = (&handed.piece, handed.piece.k());
        let runs = self
            .deal
            .runs(k, handed.small)
            .ok_or(FieldError::Recovery)?;
        let per_card = self.deal.per_card(k, handed.small);
        let mut nonces = handed.nonces.clone();
        let chunk = usize::from(runs);
        for (cards, places) in self.cards.chunks(chunk).zip(handed.places.chunks(chunk)) {
            let end = u16::try_from(cards.len()).unwrap_or(u16::MAX) * per_card;
            let write = |index: u16, cell: &[u8; CELL]| -> Result<(), FieldError> {
                let (card, nth) = (usize::from(index / per_card), usize::from(index % per_card));
                let at = places.get(card).and_then(|places| places.get(nth));
                match (cards.get(card), at) {
                    (Some(card), Some(at)) => card
                        .store
                        .write_at(*at, cell)
                        .map_err(FieldError::disk("writing a card")),
                    _ => Ok(()),
                }
            };
            piece.for_each_cell(
                &self.epoch,
                &handed.place,
                self.forced,
                end.saturating_sub(k),
                encoder,
                &mut nonces,
                |index| index < end,
                write,
            )?;
        }
        Ok(())
    }
}

/// Fills what holds no cell with noise, and syncs; two cards at a time.
fn finish_cards(
    cards: &[Card<'_>],
    taken: &[Taken],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), FieldError> {
    let seeds: Vec<Mutex<ChaCha20Rng>> = cards.iter().map(|_| Mutex::new(fork(rng))).collect();
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), FieldError> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(card), Some(taken), Some(noise)) =
                (cards.get(at), taken.get(at), seeds.get(at))
            else {
                return Ok(());
            };
            if card.reserved {
                let mut noise = noise.lock().unwrap_or_else(PoisonError::into_inner);
                card.fill(taken, &mut *noise)
                    .map_err(FieldError::disk("filling a card"))?;
            }
            card.store
                .sync()
                .map_err(FieldError::disk("keeping a card"))?;
        }
    };
    thread::scope(|scope| {
        let other = scope.spawn(work);
        work()?;
        other.join().unwrap_or_else(|_| Err(gone()))
    })
}

/// Writes these cells to places drawn at random and noise to all others: a card that goes back in.
///
/// # Errors
/// More cells than places, or writing failed.
pub fn write_card(
    card: &Card<'_>,
    cells: &[Cell],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), FieldError> {
    let filling = || FieldError::disk("filling a card");
    let (mut draw, mut taken) = (Draw::default(), Taken::default());
    if !card.reserved {
        card.fill(&taken, &mut fork(rng)).map_err(filling())?;
    }
    for cell in cells {
        let place = draw.next(card.space.places(), rng);
        let place = place.and_then(|place| Some((place, card.space.place(place)?)));
        let (place, at) = place.ok_or(FieldError::CardTooSmall {
            places: u32::try_from(cells.len()).ok(),
        })?;
        taken.add(place);
        card.store
            .write_at(at, cell.as_bytes())
            .map_err(FieldError::disk("writing a card"))?;
    }
    if card.reserved {
        card.fill(&taken, &mut fork(rng)).map_err(filling())?;
    }
    card.store.sync().map_err(filling())
}

/// Fills a card's unused space with noise alone, so that cards with and without cells look alike.
///
/// # Errors
/// When writing fails.
pub fn prepare_card(
    card: &Card<'_>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), FieldError> {
    write_card(card, &[], rng)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn every_place_is_drawn_once_and_none_is_favoured() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut firsts = [0_u32; 10];
        for _ in 0..10_000 {
            let mut draw = Draw::default();
            let drawn: Vec<u32> = std::iter::from_fn(|| draw.next(10, &mut rng)).collect();
            assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 10);
            firsts[drawn[0] as usize] += 1;
        }
        assert!(
            firsts.iter().all(|n| (880..1_120).contains(n)),
            "{firsts:?}"
        );
    }
}
