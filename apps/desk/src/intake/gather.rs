//! From the spool to authentic pieces: recognise cells, group them, decode, check, store.
//!
//! What is recognised is recorded in the same transaction that moves the reading position on; the
//! cells themselves stay in the spool until their piece is stored. A crash repeats at most one
//! stretch of trial openings.

use std::thread;

use formats::coding::{CodingError, Restoring};
use formats::{AssembleError, Assembler, AuthenticPiece, CELL, SHARD};
use newsroom::vaults::Link;
use store::{PieceCells, Spool, SpoolError, SpoolPosition, SpooledCell};

use super::lookout::Lookout;
use super::questions::{self, Asked, Awaited};

/// Subsets of a piece's shards that are decoded before more cells are waited for.
const ATTEMPTS: usize = 24;

/// A cell's nonce and sealed header.
pub(super) const HEAD: usize = 112;

/// A stretch of the spool that was looked at.
pub(crate) struct Looked {
    /// Cells that are ours.
    pub(crate) ours: Vec<SpooledCell>,
    /// Questions for a kit.
    pub(crate) asked: Vec<Asked>,
    /// Cells that are nobody's.
    pub(crate) nobodys: Vec<SpoolPosition>,
    /// Where the next stretch begins.
    pub(crate) next: SpoolPosition,
}

/// Looks at up to `most` cells from `from` on, fewer when `noise` of them are nobody's. Blocks for the trial openings.
pub(crate) fn look(
    spool: &Spool,
    lookout: &mut Lookout,
    awaited: &[Awaited],
    from: SpoolPosition,
    most: u64,
    noise: u64,
) -> Result<Looked, SpoolError> {
    let from = from.max(spool.begin());
    let end = spool.end().0.min(from.0.saturating_add(most));
    let mut looked = Looked {
        ours: Vec::new(),
        asked: Vec::new(),
        nobodys: Vec::new(),
        next: from,
    };
    let mut cell = Box::new([0; CELL]);
    for at in (from.0..end).map(SpoolPosition) {
        if looked.nobodys.len() as u64 >= noise {
            break;
        }
        // A header says whose a cell is; the rest is read when its piece is put together.
        spool.read_head(at, &mut cell[..HEAD])?;
        if let Some(hit) = lookout.recognise(&cell) {
            looked.ours.push(SpooledCell {
                header: hit.header,
                at,
                from: lookout.keys(hit.by).link,
            });
        } else {
            looked.nobodys.push(at);
            if !awaited.is_empty() {
                spool.read(at, &mut cell)?;
                looked.asked.extend(questions::recognise(awaited, &cell));
            }
        }
        looked.next = SpoolPosition(at.0 + 1);
    }
    Ok(looked)
}

/// What came of trying a piece.
pub(crate) enum Tried {
    /// Authentic: exactly what the kit's holder sealed.
    Whole(AuthenticPiece, Link),
    /// Not enough good shards; more cells may help.
    Waiting,
    /// Its cells contradict each other; it is set apart for good.
    Quarantined,
}

/// Decodes a piece from its cells in the spool. Blocks; holds one piece in memory.
pub(crate) fn assemble(
    spool: &Spool,
    lookout: &mut Lookout,
    piece: &PieceCells,
) -> Result<Tried, SpoolError> {
    let mut assembler = Assembler::new(piece.piece.key);
    let mut by = None;
    let mut shard = Box::new([0; SHARD]);
    let mut cell = Box::new([0; CELL]);
    for (_, at) in &piece.cells {
        spool.read(*at, &mut cell)?;
        let Some(hit) = lookout.recognise(&cell) else {
            continue;
        };
        let keys = &lookout.keys(hit.by).keys;
        if keys.veil.open_body(&cell, &mut shard).is_err() {
            // Damaged on the way: an erasure like a lost cell.
            continue;
        }
        by = Some(hit.by);
        // A fifth rival of one shard, or a cell of another piece, is not taken and does no harm.
        if let Err(AssembleError::Quarantined { .. }) = assembler.add(&hit.header, shard.as_slice())
        {
            return Ok(Tried::Quarantined);
        }
    }
    let Some(by) = by else {
        return Ok(Tried::Waiting);
    };
    let from = lookout.keys(by);
    match assembler.finish_by(&from.keys.mac, ATTEMPTS, on_two_threads) {
        Ok(whole) => Ok(Tried::Whole(whole, from.link)),
        Err(AssembleError::Quarantined { .. }) => Ok(Tried::Quarantined),
        Err(error) => {
            tracing::debug!(%error, "a piece is not whole yet");
            Ok(Tried::Waiting)
        }
    }
}

/// Decoding is most of the work on a piece. Two halves of it take no more memory than the whole.
fn on_two_threads(restoring: &mut Restoring<'_>) -> Result<(), CodingError> {
    let mut parts = restoring.parts(2).into_iter();
    thread::scope(|scope| {
        let own = parts.next();
        let others: Vec<_> = parts
            .map(|mut part| scope.spawn(move || part.restore()))
            .collect();
        own.map_or(Ok(()), |mut part| part.restore())?;
        others.into_iter().try_for_each(|other| {
            // A half that ended oddly is not restored, and the tag says so.
            other.join().unwrap_or(Ok(()))
        })
    })
}
