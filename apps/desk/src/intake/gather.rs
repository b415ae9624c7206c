//! From the spool to authentic pieces: recognise cells, group them, decode, check, store.
//!
//! What is recognised is recorded in the same transaction that moves the reading position on; the
//! cells themselves stay in the spool until their piece is stored. A crash repeats at most one
//! stretch of trial openings.

use formats::{AssembleError, Assembler, AuthenticPiece, CELL, PieceMemory, SHARD};
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

/// Decodes a piece from its cells in the spool, within a former one's memory. Blocks.
///
/// What restores it at the least cost is read first, and the rest only when that does not do.
pub(crate) fn assemble(
    spool: &Spool,
    lookout: &mut Lookout,
    piece: &PieceCells,
    memory: &mut PieceMemory,
) -> Result<Tried, SpoolError> {
    let mut joining = Joining {
        spool,
        lookout,
        assembler: Assembler::within(piece.piece.key, std::mem::take(memory)),
        cell: Box::new([0; CELL]),
        by: None,
    };
    let tried = joining.try_all(piece);
    *memory = joining.assembler.into_memory();
    tried
}

/// A piece that is being put together.
struct Joining<'a> {
    spool: &'a Spool,
    lookout: &'a mut Lookout,
    assembler: Assembler,
    cell: Box<[u8; CELL]>,
    /// The keys that recognised the last cell.
    by: Option<usize>,
}

impl Joining<'_> {
    fn try_all(&mut self, piece: &PieceCells) -> Result<Tried, SpoolError> {
        let (first, rest) = cheapest(piece);
        for (cells, attempts) in [(first, 1), (rest, ATTEMPTS)] {
            if cells.is_empty() {
                continue;
            }
            if self.add(&cells)? {
                return Ok(Tried::Quarantined);
            }
            let Some(from) = self.by.map(|by| self.lookout.keys(by)) else {
                continue;
            };
            match self.assembler.finish_in_place(&from.keys.mac, attempts) {
                Ok(whole) => return Ok(Tried::Whole(whole, from.link)),
                Err(AssembleError::Quarantined { .. }) => return Ok(Tried::Quarantined),
                Err(error) => tracing::debug!(%error, "a piece is not whole yet"),
            }
        }
        Ok(Tried::Waiting)
    }

    /// Opens cells straight to where the piece is put together; `true` when they contradict each other.
    fn add(&mut self, cells: &[SpoolPosition]) -> Result<bool, SpoolError> {
        for at in cells {
            match self.spool.read(*at, &mut self.cell) {
                Ok(()) => {}
                // A sector that cannot be read is an erasure like a lost cell: the others may do without it.
                Err(error @ SpoolError::Io { .. }) => {
                    tracing::warn!(%error, "a cell cannot be read");
                    continue;
                }
                Err(error) => return Err(error),
            }
            let Some(hit) = self.lookout.recognise(&self.cell) else {
                continue;
            };
            self.by = Some(hit.by);
            let veil = &self.lookout.keys(hit.by).keys.veil;
            let cell = &self.cell;
            // Damaged on the way: an erasure like a lost cell.
            let opening = |place: &mut [u8; SHARD]| veil.open_body(cell, place).is_ok();
            // A fifth rival of one shard, or a cell of another piece, is not taken and does no harm.
            let added = self.assembler.add_by(&hit.header, opening);
            if let Err(AssembleError::Quarantined { .. }) = added {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Cells with as many different shards as restore the piece, those of the ciphertext itself before those that have to be
/// decoded, and all others; each in the order in which they lie in the spool.
fn cheapest(piece: &PieceCells) -> (Vec<SpoolPosition>, Vec<SpoolPosition>) {
    let mut by_shard = piece.cells.clone();
    by_shard.sort_unstable();
    let (mut first, mut rest, mut before) = (Vec::new(), Vec::new(), None);
    for (shard, at) in by_shard {
        let another = before.replace(shard) != Some(shard);
        let wanted = another && first.len() < usize::from(piece.piece.k);
        if wanted { &mut first } else { &mut rest }.push(at);
    }
    first.sort_unstable();
    rest.sort_unstable();
    (first, rest)
}
