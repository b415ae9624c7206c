//! From the spool to authentic pieces: recognise cells, group them, decode, check, store.
//!
//! What is recognised is recorded in the same transaction that moves the reading position on; the
//! cells themselves stay in the spool until their piece is stored. A crash repeats at most one
//! stretch of trial openings.

use formats::{AssembleError, Assembler, AuthenticPiece, CELL, PieceMemory, Progress, SHARD};
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
/// As many cells as restore it at the least cost are read first, and all of them only when what those say is not authentic.
pub(crate) fn assemble(
    spool: &Spool,
    lookout: &mut Lookout,
    piece: &PieceCells,
    memory: &mut PieceMemory,
) -> Result<Tried, SpoolError> {
    let mut joining = Joining {
        spool,
        lookout,
        cell: Box::new([0; CELL]),
        by: None,
    };
    let (first, rest) = cheapest(piece);
    let mut assembler = Assembler::within(piece.piece.key, std::mem::take(memory));
    // The others stand in for what is damaged among the first.
    joining.add(&mut assembler, first.iter().chain(&rest), Enough::ToRestore)?;
    let Some(by) = joining.by else {
        *memory = assembler.into_memory();
        return Ok(Tried::Waiting);
    };
    let (mac, link) = (
        &joining.lookout.keys(by).keys.mac,
        joining.lookout.keys(by).link,
    );
    let (found, spent) = assembler.finish_in_place(mac);
    *memory = spent;
    if rest.is_empty() || !matches!(found, Err(AssembleError::NotAuthentic { .. })) {
        return Ok(tried(found, link));
    }
    let mut assembler = Assembler::within(piece.piece.key, std::mem::take(memory));
    joining.add(&mut assembler, first.iter().chain(&rest), Enough::Never)?;
    let mac = &joining.lookout.keys(by).keys.mac;
    let found = assembler.finish(mac, ATTEMPTS);
    *memory = assembler.into_memory();
    Ok(tried(found, link))
}

fn tried(found: Result<AuthenticPiece, AssembleError>, link: Link) -> Tried {
    match found {
        Ok(whole) => Tried::Whole(whole, link),
        Err(AssembleError::Quarantined { .. }) => Tried::Quarantined,
        Err(error) => {
            tracing::debug!(%error, "a piece is not whole yet");
            Tried::Waiting
        }
    }
}

/// When no more cells are read.
#[derive(Clone, Copy, PartialEq)]
enum Enough {
    /// As soon as a piece can be decoded.
    ToRestore,
    Never,
}

/// Cells of a piece that are being opened.
struct Joining<'a> {
    spool: &'a Spool,
    lookout: &'a mut Lookout,
    cell: Box<[u8; CELL]>,
    /// The keys that recognised the last cell.
    by: Option<usize>,
}

impl Joining<'_> {
    /// Opens cells straight to where the piece is put together, until there is enough, or they contradict each other.
    fn add<'c>(
        &mut self,
        assembler: &mut Assembler,
        cells: impl Iterator<Item = &'c SpoolPosition>,
        enough: Enough,
    ) -> Result<(), SpoolError> {
        for at in cells {
            if enough == Enough::ToRestore && assembler.progress() == Progress::Ready {
                break;
            }
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
            let added = assembler.add_by(&hit.header, opening);
            if let Err(AssembleError::Quarantined { .. }) = added {
                break;
            }
        }
        Ok(())
    }
}

/// Cells with as many different shards as restore the piece, those of the ciphertext itself before those that have to be
/// decoded, in the order in which they lie in the spool, and all others.
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
    (first, rest)
}
