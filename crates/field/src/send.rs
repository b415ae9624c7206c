//! Sending: every piece that the newsroom has not acknowledged, as freshly veiled cells, dealt out over the chosen drops.
//!
//! One session per drop, one token per session, spent (durably) before its first use. At most 64 cells are under way at a
//! time over all drops, and what a drop acknowledged is written down before the next ones go out: a kill at any moment
//! makes at most those 64 go twice. Within a session a broken connection is mended by asking which cells are missing;
//! a session that is lost leaves its cells to the others, veiled anew, for no two sessions may share a byte string.

use std::borrow::Cow;
use std::time::Duration;

use formats::coding::{Encoder, recovery_for};
use formats::{CELL, DispatchId, DropUrl, PieceNo, PiecePlace, SealedPiece};
use keys::EpochKeys;
use rand_core::{CryptoRng, RngCore};
use wire::{CellHash, MAX_CELLS_PER_REQUEST, ProblemKind, SessionSecret, SessionToken};

use crate::OnProgress;
use crate::book::{Acked, Entry, Field};
use crate::disk::Disk;
use crate::error::FieldError;
use crate::pack::fork;
use crate::road::{Clock, Road, RoadError, Session};
use crate::state::SentShards;

/// Waits before trying a failed request again; when they are used up the session is lost.
const WAITS: [u64; 6] = [200, 500, 1_000, 3_000, 8_000, 20_000];

/// What the owner asked for.
#[derive(Debug, Clone)]
pub struct SendWish {
    /// To which of the kit's drops; all of them if none is named.
    pub drops: Vec<DropUrl>,
    /// Recovery shards as a fraction of K.
    pub recovery: (u16, u16),
    /// Send again what drops acknowledged and the newsroom did not.
    pub again: bool,
}

/// A drop that could not be used to the end.
#[derive(Debug)]
pub struct Failure {
    /// Which.
    pub drop: DropUrl,
    /// Why.
    pub error: RoadError,
}

/// What was sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// Different cells that drops acknowledged.
    pub cells_sent: u64,
    /// Cells that had to go over the line once more.
    pub cells_resent: u64,
    /// Bytes of cells that went over the line.
    pub bytes: u64,
    /// Drops that acknowledged something.
    pub drops: usize,
    /// Cells left to send because the road ended.
    pub cells_left: u64,
    /// Drops that failed.
    pub failures: Vec<Failure>,
}

/// A drop in use, with the cells that wait to go to it.
struct Lane {
    /// Its position in the kit.
    position: u16,
    session: Session,
    cells: Vec<u8>,
    ids: Vec<Acked>,
    used: bool,
}

/// One piece of work: a piece and the shards still wanted of it.
pub(crate) struct Job {
    pub(crate) dispatch: DispatchId,
    pub(crate) piece: PieceNo,
}

/// Everything one `send` needs at hand.
struct Run<'a, R, C> {
    road: &'a mut R,
    clock: &'a mut C,
    lanes: Vec<Lane>,
    /// Cells that fill a lane: 64 over all lanes.
    fill: usize,
    sent: Sent,
}

impl<D: Disk> Field<D> {
    /// Sends what is not acknowledged. Returns normally when the road ended early; [`Sent::cells_left`] says so.
    ///
    /// # Errors
    /// No usable drop to begin with, a damaged piece, the proxy gone, or the disk failed.
    pub fn send<R: Road, C: Clock>(
        &mut self,
        road: &mut R,
        clock: &mut C,
        wish: &SendWish,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Sent, FieldError> {
        if wish.recovery.1 == 0 {
            return Err(FieldError::Recovery);
        }
        let positions = self.choose_drops(&wish.drops)?;
        if wish.again {
            for piece in self.state.dispatches.iter_mut().flat_map(|d| &mut d.pieces) {
                piece.sent = SentShards::none();
            }
            self.commit(rng)?;
        }
        let mut run = Run {
            road,
            clock,
            fill: (MAX_CELLS_PER_REQUEST / positions.len()).max(1),
            lanes: Vec::new(),
            sent: Sent::default(),
        };
        if self.jobs(wish).is_empty() {
            return Ok(run.sent);
        }
        for position in &positions {
            if let Some(lane) = self.open_lane(*position, rng)? {
                run.lanes.push(lane);
            }
        }
        if run.lanes.is_empty() {
            return Err(self.no_tokens());
        }
        // Each pass sends what is left to the sessions that live; a pass that lost one leaves work for the next.
        while !run.lanes.is_empty() && !self.jobs(wish).is_empty() {
            self.pass(&mut run, wish, rng, progress)?;
        }
        run.sent.cells_left = self.cells_left(wish);
        self.look_at_logs(run.road, &positions, rng)?;
        Ok(run.sent)
    }

    fn choose_drops(&self, wanted: &[DropUrl]) -> Result<Vec<u16>, FieldError> {
        let all = &self.state.kit.drops;
        let find = |url: &DropUrl| {
            let at = all.iter().position(|drop| drop.url == *url);
            at.ok_or_else(|| FieldError::UnknownDrop(url.clone()))
        };
        let mut chosen: Vec<usize> = match wanted {
            [] => (0..all.len()).collect(),
            named => named.iter().map(find).collect::<Result<_, _>>()?,
        };
        chosen.sort_unstable();
        chosen.dedup();
        if chosen.is_empty() {
            return Err(FieldError::NoDrop);
        }
        Ok(chosen
            .into_iter()
            .filter_map(|at| u16::try_from(at).ok())
            .collect())
    }

    fn no_tokens(&self) -> FieldError {
        match self.state.kit.drops.first() {
            Some(drop) => FieldError::NoTokens(drop.url.clone()),
            None => FieldError::NoDrop,
        }
    }

    /// Spends a token of this drop, durably, and opens a session with it. `None` when it has none left.
    fn open_lane(
        &mut self,
        position: u16,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Option<Lane>, FieldError> {
        let Some(drop) = self.state.kit.drops.get(usize::from(position)) else {
            return Ok(None);
        };
        let Some(token) = drop.tokens.last() else {
            return Ok(None);
        };
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        let session = Session {
            drop: drop.url.clone(),
            token: SessionToken::from_bytes(*token.expose_bytes()),
            secret: SessionSecret::from_bytes(secret),
        };
        self.record(&Entry::TokenSpent(position), rng)?;
        Ok(Some(Lane {
            position,
            session,
            cells: Vec::new(),
            ids: Vec::new(),
            used: false,
        }))
    }

    /// What is left to send, contact and manifest pieces of every dispatch first: words must not wait behind a film.
    fn jobs(&self, wish: &SendWish) -> Vec<Job> {
        let (mut first, mut later) = (Vec::new(), Vec::new());
        for dispatch in &self.state.dispatches {
            for (piece, state) in dispatch.numbered() {
                let total = total_shards(state.k(), wish);
                if state.forgotten || (0..total).all(|i| state.sent.has(i)) {
                    continue;
                }
                let ends = piece == PieceNo::CONTACT || piece == dispatch.last();
                let list = if ends { &mut first } else { &mut later };
                list.push(Job {
                    dispatch: dispatch.id,
                    piece,
                });
            }
        }
        first.append(&mut later);
        first
    }

    /// Bytes of cells that sending this wish would take, for a progress bar.
    #[must_use]
    pub fn bytes_left(&self, wish: &SendWish) -> u64 {
        self.cells_left(wish) * CELL as u64
    }

    fn cells_left(&self, wish: &SendWish) -> u64 {
        let pieces = self.state.dispatches.iter().flat_map(|d| &d.pieces);
        let left = pieces.filter(|p| !p.forgotten).map(|piece| {
            let total = total_shards(piece.k(), wish);
            (0..total).filter(|i| !piece.sent.has(*i)).count() as u64
        });
        left.sum()
    }

    fn pass<R: Road, C: Clock>(
        &mut self,
        run: &mut Run<'_, R, C>,
        wish: &SendWish,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<(), FieldError> {
        let epoch = self.state.kit.chain.epoch_keys();
        let mut encoder = Encoder::new();
        let mut memory = Vec::new();
        for job in self.jobs(wish) {
            if run.lanes.is_empty() {
                return Ok(());
            }
            memory =
                self.send_piece(run, &job, wish, &epoch, &mut encoder, memory, rng, progress)?;
        }
        while let Some(at) = run.lanes.iter().position(|lane| !lane.ids.is_empty()) {
            self.deliver(run, at, rng)?;
            progress(run.sent.cells_sent * CELL as u64);
        }
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the loop's working memory is passed through so that one piece's worth serves all pieces"
    )]
    fn send_piece<R: Road, C: Clock>(
        &mut self,
        run: &mut Run<'_, R, C>,
        job: &Job,
        wish: &SendWish,
        epoch: &EpochKeys,
        encoder: &mut Encoder,
        memory: Vec<u8>,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Vec<u8>, FieldError> {
        let (piece, place, sent) = self.load(job, memory)?;
        let total = total_shards(piece.k(), wish);
        let recovery = total - piece.k();
        // The veil's nonces and the lanes both need randomness while the other holds it; a second stream settles it.
        let mut nonces = fork(rng);
        piece.for_each_cell(
            epoch,
            &place,
            self.forced,
            recovery,
            encoder,
            &mut nonces,
            |index| !sent.has(index),
            |index, cell| -> Result<(), FieldError> {
                let live = run.lanes.len();
                if live == 0 {
                    return Ok(());
                }
                let at = usize::from(index) % live;
                let lane = &mut run.lanes[at];
                lane.cells.extend_from_slice(cell);
                lane.ids.push(Acked {
                    dispatch: place.dispatch,
                    piece: place.piece,
                    index,
                });
                if lane.ids.len() >= run.fill {
                    self.deliver(run, at, rng)?;
                    progress(run.sent.cells_sent * CELL as u64);
                }
                Ok(())
            },
        )?;
        Ok(piece.into_memory())
    }

    pub(crate) fn load(
        &mut self,
        job: &Job,
        mut memory: Vec<u8>,
    ) -> Result<(SealedPiece, PiecePlace, SentShards), FieldError> {
        let damaged = FieldError::DamagedPiece {
            dispatch: job.dispatch,
            piece: job.piece,
        };
        let kit = self.state.kit.id;
        let found = self.state.dispatches.iter();
        let Some(dispatch) = found.into_iter().find(|d| d.id == job.dispatch) else {
            return Err(damaged);
        };
        let last = dispatch.last() == job.piece;
        let Some(state) = dispatch.pieces.get(job.piece.0 as usize) else {
            return Err(damaged);
        };
        let (digest, sent) = (state.digest, state.sent.clone());
        let there = self
            .vault
            .fetch(&state.stored, state.length as usize, &mut memory)
            .map_err(FieldError::disk("reading a sealed piece"))?;
        let piece = SealedPiece::from_ciphertext(memory).ok();
        match piece.filter(|piece| there && piece.digest() == digest) {
            Some(piece) => {
                let place = PiecePlace {
                    kit,
                    dispatch: job.dispatch,
                    piece: job.piece,
                    last,
                };
                Ok((piece, place, sent))
            }
            None => Err(damaged),
        }
    }

    /// Brings a lane's cells to its drop and writes down what was acknowledged. A lane that fails for good is closed.
    fn deliver<R: Road, C: Clock>(
        &mut self,
        run: &mut Run<'_, R, C>,
        at: usize,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let mut lane = run.lanes.remove(at);
        let outcome = run.bring(&lane);
        let (acked, failure) = match outcome {
            Ok(()) => (std::mem::take(&mut lane.ids), None),
            Err((acked, error)) => (acked, Some(error)),
        };
        if !acked.is_empty() {
            run.sent.cells_sent += acked.len() as u64;
            if !std::mem::replace(&mut lane.used, true) {
                run.sent.drops += 1;
            }
            self.record(&Entry::Acked(acked), rng)?;
        }
        lane.cells.clear();
        lane.ids.clear();
        match failure {
            // Back to its place, so that an index keeps going to the same drop and each drop gets its even share.
            None => run.lanes.insert(at, lane),
            // The proxy is gone: nothing leaves another way, on no lane.
            Some(error @ RoadError::NoProxy { .. }) => return Err(error.into()),
            Some(RoadError::Refused {
                kind: ProblemKind::SessionFull,
            }) => {
                run.lanes.extend(self.open_lane(lane.position, rng)?);
            }
            Some(error) => run.sent.failures.push(Failure {
                drop: lane.session.drop.clone(),
                error,
            }),
        }
        Ok(())
    }
}

impl<R: Road, C: Clock> Run<'_, R, C> {
    /// Sends a lane's cells until the drop has them all. On failure: what it acknowledged, and why it ended.
    fn bring(&mut self, lane: &Lane) -> Result<(), (Vec<Acked>, RoadError)> {
        let mut waiting: Vec<usize> = (0..lane.ids.len()).collect();
        let mut acked = Vec::new();
        let mut waits = WAITS.iter();
        let mut first = true;
        while !waiting.is_empty() {
            let body: Cow<'_, [u8]> = if waiting.len() == lane.ids.len() {
                Cow::Borrowed(&lane.cells)
            } else {
                waiting
                    .iter()
                    .flat_map(|at| cell(&lane.cells, *at))
                    .copied()
                    .collect()
            };
            let outcome = self.road.store(&lane.session, &body);
            self.sent.bytes += body.len() as u64;
            if !std::mem::take(&mut first) {
                self.sent.cells_resent += waiting.len() as u64;
            }
            let error = match outcome {
                Ok(stored) => {
                    let done = (stored as usize).min(waiting.len());
                    acked.extend(waiting.drain(..done).map(|at| lane.ids[at]));
                    if waiting.is_empty() || done > 0 {
                        continue;
                    }
                    RoadError::Strange { status: 200 }
                }
                Err(error) => error,
            };
            if let Err(error) = self.mend(lane, &mut waiting, &mut acked, error, &mut waits) {
                return Err((acked, error));
            }
        }
        Ok(())
    }

    /// After a failure: waits, asks the drop what it lacks, and keeps only that waiting.
    fn mend<'w>(
        &mut self,
        lane: &Lane,
        waiting: &mut Vec<usize>,
        acked: &mut Vec<Acked>,
        mut error: RoadError,
        waits: &mut impl Iterator<Item = &'w u64>,
    ) -> Result<(), RoadError> {
        let hashes: Vec<CellHash> = waiting
            .iter()
            .map(|at| CellHash::of(cell(&lane.cells, *at)))
            .collect();
        loop {
            // A full session may have taken the first cells of a request; asking tells.
            let full = matches!(
                error,
                RoadError::Refused {
                    kind: ProblemKind::SessionFull
                }
            );
            if !error.may_pass() && !full {
                return Err(error);
            }
            if !full {
                match waits.next() {
                    Some(millis) => self.clock.wait(Duration::from_millis(*millis)),
                    None => return Err(error),
                }
            }
            match self.road.missing(&lane.session, &hashes) {
                Ok(missing) => {
                    let lacks = |i: usize| missing.iter().any(|m| *m as usize == i);
                    let all = std::mem::take(waiting);
                    for (i, at) in all.into_iter().enumerate() {
                        if lacks(i) {
                            waiting.push(at);
                        } else {
                            acked.push(lane.ids[at]);
                        }
                    }
                    return if full && !waiting.is_empty() {
                        Err(error)
                    } else {
                        Ok(())
                    };
                }
                Err(_) if full => return Err(error),
                Err(next) => error = next,
            }
        }
    }
}

fn cell(cells: &[u8], at: usize) -> &[u8] {
    &cells[at * CELL..(at + 1) * CELL]
}

fn total_shards(k: u16, wish: &SendWish) -> u16 {
    k + recovery_for(k, wish.recovery.0, wish.recovery.1)
}
