//! One drop in use: what waits to go to it, and bringing it there over a line that breaks.
//!
//! A request carries no more than the line's pace allows. After a failure the drop is asked what it lacks, and only that goes
//! again; patience is used up by standing still and refilled by every cell that arrives.

use std::borrow::Cow;
use std::time::Duration;

use formats::CELL;
use rand_core::RngCore;
use wire::{CellHash, ProblemKind};

use crate::book::Acked;
use crate::cover::shown;
use crate::pace::Pace;
use crate::road::{Clock, Road, RoadError, Session};

/// Waits before trying a failed request again; when they are used up without one more cell stored, the session is lost.
const WAITS: [u64; 6] = [200, 500, 1_000, 3_000, 8_000, 20_000];

/// A drop in use, with the cells that wait to go to it.
pub(crate) struct Lane {
    /// Its position in the kit.
    pub(crate) position: u16,
    pub(crate) session: Session,
    /// Cells that the drop acknowledged in this session, noise included.
    pub(crate) stored: u64,
    cells: Vec<u8>,
    /// What each cell is; `None` for noise.
    ids: Vec<Option<Acked>>,
}

/// What came of bringing a lane's cells to its drop.
pub(crate) struct Brought {
    /// What the drop acknowledged.
    pub(crate) acked: Vec<Acked>,
    /// How many of those it acknowledged were noise.
    pub(crate) noise: u64,
    /// Why it ended before all were there.
    pub(crate) failure: Option<RoadError>,
    /// Whether it ended because the day's bytes are used up.
    pub(crate) held: bool,
}

/// What one sending has at hand: the road, the time, how much fits, how much may.
pub(crate) struct Line<'a, R, C> {
    pub(crate) road: &'a mut R,
    pub(crate) clock: &'a mut C,
    pub(crate) pace: Pace,
    /// Cells that may still go over the line today; `None` without a budget.
    pub(crate) allowance: Option<u64>,
    /// Cells that went over the line.
    pub(crate) cells: u64,
    /// Those of them that had gone before.
    pub(crate) again: u64,
}

impl Lane {
    pub(crate) fn new(position: u16, session: Session) -> Self {
        Self {
            position,
            session,
            stored: 0,
            cells: Vec::new(),
            ids: Vec::new(),
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn push(&mut self, cell: &[u8], id: Acked) {
        self.cells.extend_from_slice(cell);
        self.ids.push(Some(id));
    }

    /// One cell of noise: a drop takes any 65,536 bytes, and a true cell looks like these.
    pub(crate) fn push_noise(&mut self, rng: &mut impl RngCore) {
        let start = self.cells.len();
        self.cells.resize(start + CELL, 0);
        rng.fill_bytes(&mut self.cells[start..]);
        self.ids.push(None);
    }

    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.ids.clear();
    }

    /// Noise that the session still needs, were it to end after `more` cells.
    pub(crate) fn cover(&self, more: u64) -> u64 {
        let cells = self.stored + self.waiting() as u64 + more;
        shown(cells) - cells
    }

    fn cell(&self, at: usize) -> &[u8] {
        &self.cells[at * CELL..(at + 1) * CELL]
    }

    fn hashes(&self, of: &[usize]) -> Vec<CellHash> {
        of.iter().map(|at| CellHash::of(self.cell(*at))).collect()
    }
}

/// Where one delivery stands.
struct Delivery {
    /// Positions of the cells that the drop does not have as far as we know.
    waiting: Vec<usize>,
    /// Cells before this one have gone over the line at least once.
    tried: usize,
    done: Vec<usize>,
    waits: std::slice::Iter<'static, u64>,
}

impl Delivery {
    /// Something arrived: patience begins anew.
    fn arrived(&mut self, positions: impl IntoIterator<Item = usize>) {
        self.done.extend(positions);
        self.waits = WAITS.iter();
    }
}

impl<R: Road, C: Clock> Line<'_, R, C> {
    /// Sends a lane's cells until the drop has them all, and empties the lane.
    pub(crate) fn bring(&mut self, lane: &mut Lane) -> Brought {
        let mut delivery = Delivery {
            waiting: (0..lane.waiting()).collect(),
            tried: 0,
            done: Vec::new(),
            waits: WAITS.iter(),
        };
        let mut brought = Brought {
            acked: Vec::new(),
            noise: 0,
            failure: None,
            held: false,
        };
        while !delivery.waiting.is_empty() {
            let some = delivery.waiting.len().min(self.pace.cells());
            if self.allowance.is_some_and(|left| left < some as u64) {
                brought.held = true;
                break;
            }
            let Err(error) = self.request(lane, &mut delivery, some) else {
                continue;
            };
            if let Err(error) = self.mend(lane, &mut delivery, error) {
                brought.failure = Some(error);
                break;
            }
        }
        for at in delivery.done {
            lane.stored += 1;
            match lane.ids[at] {
                Some(id) => brought.acked.push(id),
                None => brought.noise += 1,
            }
        }
        lane.clear();
        brought
    }

    /// One request with the first `some` of the waiting cells.
    fn request(
        &mut self,
        lane: &Lane,
        delivery: &mut Delivery,
        some: usize,
    ) -> Result<(), RoadError> {
        let these = &delivery.waiting[..some];
        let in_a_row = these.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let body: Cow<'_, [u8]> = if in_a_row {
            Cow::Borrowed(&lane.cells[these[0] * CELL..(these[some - 1] + 1) * CELL])
        } else {
            let cells = these.iter().flat_map(|at| lane.cell(*at));
            Cow::Owned(cells.copied().collect())
        };
        self.again += these.iter().filter(|at| **at < delivery.tried).count() as u64;
        delivery.tried = delivery.tried.max(these[some - 1] + 1);
        self.cells += some as u64;
        self.allowance = self.allowance.map(|left| left.saturating_sub(some as u64));
        let start = self.clock.elapsed();
        let stored = self.road.store(&lane.session, &body)?;
        let took = self.clock.elapsed().saturating_sub(start);
        if self.pace.doubts(took) {
            let start = self.clock.elapsed();
            let first = lane.hashes(&these[..1]);
            if self.road.missing(&lane.session, &first).is_ok() {
                self.pace.far(self.clock.elapsed().saturating_sub(start));
            }
        }
        self.pace.took(some, took);
        let done = (stored as usize).min(some);
        if done == 0 {
            return Err(RoadError::Strange { status: 200 });
        }
        let stored: Vec<usize> = delivery.waiting.drain(..done).collect();
        delivery.arrived(stored);
        Ok(())
    }

    /// After a failure: waits, asks the drop what it lacks, and keeps only that waiting.
    fn mend(
        &mut self,
        lane: &Lane,
        delivery: &mut Delivery,
        mut error: RoadError,
    ) -> Result<(), RoadError> {
        self.pace.stumbled();
        // Only what went over the line can have arrived.
        let sent: Vec<usize> = {
            let tried = delivery.tried;
            let gone = delivery.waiting.iter().copied().filter(|at| *at < tried);
            gone.collect()
        };
        let hashes = lane.hashes(&sent);
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
                match delivery.waits.next() {
                    Some(millis) => self.clock.wait(Duration::from_millis(*millis)),
                    None => return Err(error),
                }
            }
            match self.road.missing(&lane.session, &hashes) {
                Ok(missing) => {
                    let lacks = |at: &usize| {
                        let asked = sent.iter().position(|sent| sent == at);
                        asked.is_none_or(|i| missing.iter().any(|m| *m as usize == i))
                    };
                    let all = std::mem::take(&mut delivery.waiting);
                    let (waiting, there): (Vec<_>, Vec<_>) = all.into_iter().partition(lacks);
                    delivery.waiting = waiting;
                    if !there.is_empty() {
                        delivery.arrived(there);
                    }
                    return if full && !delivery.waiting.is_empty() {
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
