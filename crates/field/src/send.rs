//! Sending: every piece that the newsroom has not acknowledged, as freshly veiled cells, dealt out over the chosen drops.
//!
//! One session per drop, one token per session, spent (durably) before its first use. At most 64 cells are under way at a
//! time over all drops, and what a drop acknowledged is written down before the next ones go out: a kill at any moment
//! makes at most those 64 go twice. Within a session a broken connection is mended by asking which cells are missing
//! ([`crate::lane`]); a session that is lost leaves its cells to the others, veiled anew, for no two sessions may share a byte
//! string. Words go before previews, stills and sound before film ([`Class`]); what is said while a film is on its way
//! goes out with the next request. At the end noise rounds each session's count ([`crate::cover`]).

use formats::coding::{Encoder, recovery_for};
use formats::{CELL, DispatchId, DropUrl, PieceError, PieceNo, PiecePlace, SealedPiece};
use keys::EpochKeys;
use rand_core::{CryptoRng, RngCore};
use wire::{MAX_CELLS_PER_REQUEST, ProblemKind, SessionSecret, SessionToken};

use crate::OnProgress;
use crate::between::{Between, Silence};
use crate::book::{Acked, Entry, Field};
use crate::class::Class;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::lane::{Lane, Line};
use crate::pace::Pace;
use crate::pack::fork;
use crate::road::{Clock, Road, RoadError, Session};
use crate::state::SentShards;

/// What the owner asked for.
#[derive(Debug, Clone)]
pub struct SendWish {
    /// To which of the kit's drops; all of them if none is named.
    pub drops: Vec<DropUrl>,
    /// Recovery shards as a fraction of K.
    pub recovery: (u16, u16),
    /// Send again what drops acknowledged and the newsroom did not.
    pub again: bool,
    /// The owner's local day, counted from 1 January 1970, to which the bytes are counted.
    pub today: i32,
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
    /// Different cells that drops acknowledged, noise not among them.
    pub cells_sent: u64,
    /// Cells of noise that drops acknowledged.
    pub noise: u64,
    /// Cells that had to go over the line once more.
    pub cells_resent: u64,
    /// Bytes of cells that went over the line.
    pub bytes: u64,
    /// Drops that acknowledged something.
    pub drops: usize,
    /// Cells left to send because the road ended, or the day's bytes.
    pub cells_left: u64,
    /// Whether they are left because the day's bytes are used up.
    pub held: bool,
    /// Drops that failed.
    pub failures: Vec<Failure>,
}

/// One piece of work: a piece and the shards still wanted of it.
pub(crate) struct Job {
    pub(crate) dispatch: DispatchId,
    pub(crate) piece: PieceNo,
}

/// Everything one `send` needs at hand.
struct Run<'a, R, C, B> {
    line: Line<'a, R, C>,
    between: &'a mut B,
    lanes: Vec<Lane>,
    sent: Sent,
    /// Drops that acknowledged something, by position.
    used: Vec<u16>,
    /// What was said meanwhile and is not stored yet.
    said: Vec<DispatchId>,
}

/// Why the cells of a piece stop coming.
enum Stop {
    Failed(FieldError),
    /// Something more urgent was sealed, or no lane is left: the order is made anew.
    Reorder,
    /// The day's bytes would be used up by one more.
    Held,
}

impl From<PieceError> for Stop {
    fn from(error: PieceError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<FieldError> for Stop {
    fn from(error: FieldError) -> Self {
        Self::Failed(error)
    }
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
        self.send_listening(road, clock, wish, &mut Silence, rng, progress)
    }

    /// Sends as [`Self::send`] does, and between two requests takes up what is said meanwhile.
    ///
    /// # Errors
    /// As [`Self::send`], and whatever sealing can meet.
    pub fn send_listening<R: Road, C: Clock, B: Between>(
        &mut self,
        road: &mut R,
        clock: &mut C,
        wish: &SendWish,
        between: &mut B,
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
            line: Line {
                road,
                clock,
                pace: Pace::new(MAX_CELLS_PER_REQUEST / positions.len()),
                allowance: self.state.budget.cells_left(wish.today),
                cells: 0,
                again: 0,
            },
            between,
            lanes: Vec::new(),
            sent: Sent::default(),
            used: Vec::new(),
            said: Vec::new(),
        };
        if self.jobs(wish).is_empty() && !self.hear(&mut run, true, rng)? {
            return Ok(run.sent);
        }
        for position in &positions {
            run.lanes.extend(self.open_lane(*position, rng)?);
        }
        if run.lanes.is_empty() {
            return Err(self.no_tokens());
        }
        // Each pass sends what is left to the sessions that live; a pass that lost one leaves work for the next.
        while !run.lanes.is_empty() && !run.sent.held {
            if self.jobs(wish).is_empty() && !self.hear(&mut run, true, rng)? {
                break;
            }
            self.pass(&mut run, wish, rng, progress)?;
        }
        self.cover(&mut run, wish, rng)?;
        run.sent.cells_left = self.cells_left(wish);
        run.sent.bytes = run.line.cells * CELL as u64;
        run.sent.cells_resent = run.line.again;
        run.sent.drops = run.used.len();
        self.look_at_logs(run.line.road, &positions, rng)?;
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
        Ok(Some(Lane::new(position, session)))
    }

    /// What is left to send, the most urgent first. Of a dispatch's words the manifest comes first, for it holds the note; a
    /// contact piece brings no news, only ways to answer.
    fn jobs(&self, wish: &SendWish) -> Vec<Job> {
        let mut jobs: Vec<((Class, bool), Job)> = Vec::new();
        for dispatch in &self.state.dispatches {
            for (piece, state) in dispatch.numbered() {
                let total = total_shards(state.k(), wish);
                if !state.is_to_send() || (0..total).all(|i| state.sent.has(i)) {
                    continue;
                }
                let job = Job {
                    dispatch: dispatch.id,
                    piece,
                };
                jobs.push(((state.class, piece == PieceNo::CONTACT), job));
            }
        }
        // Stable: what was sealed first goes first among equals.
        jobs.sort_by_key(|(urgency, _)| *urgency);
        jobs.into_iter().map(|(_, job)| job).collect()
    }

    /// Bytes of cells that sending this wish would take, noise left out, for a progress bar.
    #[must_use]
    pub fn bytes_left(&self, wish: &SendWish) -> u64 {
        self.cells_left(wish) * CELL as u64
    }

    fn cells_left(&self, wish: &SendWish) -> u64 {
        let pieces = self.state.dispatches.iter().flat_map(|d| &d.pieces);
        let left = pieces.filter(|p| p.is_to_send()).map(|piece| {
            let total = total_shards(piece.k(), wish);
            (0..total).filter(|i| !piece.sent.has(*i)).count() as u64
        });
        left.sum()
    }

    /// Takes up what is said meanwhile: seals it, so that it is next. Whether there was anything.
    fn hear<R: Road, C: Clock, B: Between>(
        &mut self,
        run: &mut Run<'_, R, C, B>,
        idle: bool,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<bool, FieldError> {
        self.tell(run);
        let Some(mut urgent) = run.between.next(idle) else {
            return Ok(false);
        };
        let (sources, note) = (&mut urgent.sources, &urgent.note);
        let added = self.add(sources, note, urgent.now, rng, &mut |_| {})?;
        run.said.push(added.dispatch);
        run.between.sealed(added.dispatch);
        Ok(true)
    }

    /// Tells of what was said meanwhile and is stored by now.
    fn tell<R: Road, C: Clock, B: Between>(&self, run: &mut Run<'_, R, C, B>) {
        let said = std::mem::take(&mut run.said);
        for dispatch in said {
            if self.state.is_sent(&dispatch) {
                run.between.stored(dispatch);
            } else {
                run.said.push(dispatch);
            }
        }
    }

    fn pass<R: Road, C: Clock, B: Between>(
        &mut self,
        run: &mut Run<'_, R, C, B>,
        wish: &SendWish,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<(), FieldError> {
        let epoch = self.state.kit.chain.epoch_keys();
        let mut encoder = Encoder::new();
        let mut memory = Vec::new();
        for job in self.jobs(wish) {
            let piece =
                self.send_piece(run, &job, wish, &epoch, &mut encoder, memory, rng, progress);
            match piece {
                Ok(freed) => memory = freed,
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Held) => {
                    run.sent.held = true;
                    break;
                }
                Err(Stop::Reorder) => {
                    // What waits in the lanes is less urgent; it is veiled anew when its turn comes.
                    run.lanes.iter_mut().for_each(Lane::clear);
                    return Ok(());
                }
            }
        }
        while let Some(at) = run.lanes.iter().position(|lane| lane.waiting() > 0) {
            self.deliver(run, at, wish, rng)?;
            progress(run.sent.cells_sent * CELL as u64);
            if self.hear(run, false, rng)? {
                run.lanes.iter_mut().for_each(Lane::clear);
                return Ok(());
            }
        }
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the loop's working memory is passed through so that one piece's worth serves all pieces"
    )]
    fn send_piece<R: Road, C: Clock, B: Between>(
        &mut self,
        run: &mut Run<'_, R, C, B>,
        job: &Job,
        wish: &SendWish,
        epoch: &EpochKeys,
        encoder: &mut Encoder,
        memory: Vec<u8>,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Vec<u8>, Stop> {
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
            |index, cell| -> Result<(), Stop> {
                let live = run.lanes.len();
                if live == 0 {
                    return Err(Stop::Reorder);
                }
                let at = usize::from(index) % live;
                if !run.may_take(at) {
                    return Err(Stop::Held);
                }
                let id = Acked {
                    dispatch: place.dispatch,
                    piece: place.piece,
                    index,
                };
                run.lanes[at].push(cell, id);
                if run.lanes[at].waiting() >= run.line.pace.cells() {
                    self.deliver(run, at, wish, rng)?;
                    progress(run.sent.cells_sent * CELL as u64);
                    if self.hear(run, false, rng)? {
                        return Err(Stop::Reorder);
                    }
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
    fn deliver<R: Road, C: Clock, B: Between>(
        &mut self,
        run: &mut Run<'_, R, C, B>,
        at: usize,
        wish: &SendWish,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let mut lane = run.lanes.remove(at);
        let (before, asked) = (run.line.cells, lane.waiting() as u64);
        self.spend(wish, asked, rng)?;
        let brought = run.line.bring(&mut lane);
        self.spend(wish, (run.line.cells - before).saturating_sub(asked), rng)?;
        run.sent.noise += brought.noise;
        run.sent.held |= brought.held;
        if !brought.acked.is_empty() {
            run.sent.cells_sent += brought.acked.len() as u64;
            if !run.used.contains(&lane.position) {
                run.used.push(lane.position);
            }
            self.record(&Entry::Acked(brought.acked), rng)?;
        }
        match brought.failure {
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

    /// Counts cells that go over the line to the day, durably, if there is a budget to keep.
    fn spend(
        &mut self,
        wish: &SendWish,
        cells: u64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        if cells == 0 || self.state.budget.limit().is_none() {
            return Ok(());
        }
        let cells = u32::try_from(cells).unwrap_or(u32::MAX);
        let day = wish.today;
        self.record(&Entry::Spent { day, cells }, rng)
    }

    /// Ends the sessions that live: noise rounds their counts.
    fn cover<R: Road, C: Clock, B: Between>(
        &mut self,
        run: &mut Run<'_, R, C, B>,
        wish: &SendWish,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        run.lanes.iter_mut().for_each(Lane::clear);
        while let Some(at) = run.lanes.iter().position(|lane| lane.cover(0) > 0) {
            let some = run.lanes[at].cover(0).min(run.line.pace.cells() as u64);
            for _ in 0..some {
                run.lanes[at].push_noise(rng);
            }
            let live = run.lanes.len();
            self.deliver(run, at, wish, rng)?;
            // A session that ends here without its cover cannot be helped; another one would only need its own.
            if run.sent.held || run.lanes.len() < live {
                run.lanes.truncate(run.lanes.len().min(at));
            }
        }
        Ok(())
    }
}

impl<R: Road, C: Clock, B: Between> Run<'_, R, C, B> {
    /// Whether one cell more on this lane leaves room for what waits already and for the noise that the sessions need.
    fn may_take(&self, at: usize) -> bool {
        let Some(left) = self.line.allowance else {
            return true;
        };
        let lanes = self.lanes.iter().enumerate();
        let needed = lanes.map(|(n, lane)| {
            let more = u64::from(n == at);
            lane.waiting() as u64 + more + lane.cover(more)
        });
        needed.sum::<u64>() <= left
    }
}

fn total_shards(k: u16, wish: &SendWish) -> u16 {
    k + recovery_for(k, wish.recovery.0, wish.recovery.1)
}
