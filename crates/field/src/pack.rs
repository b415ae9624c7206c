//! Packing: files straight into one file of cells, for a card or a cable. Two threads: one seals pieces while
//! the other codes and veils them. Four half pieces and the coder's memory are all that is held, whatever the size.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use formats::coding::{Encoder, recovery_for};
use formats::{
    CELL, Contact, DispatchId, Kit, PieceError, PieceNo, PiecePlace, PieceSealer, SealedPiece,
    Standing, UnhashedPiece,
};
use keys::IntakeRecipient;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, RngCore, SeedableRng};
use zeroize::Zeroizing;

use crate::OnProgress;
use crate::error::FieldError;
use crate::seal::{PieceSink, Source, seal_all, seal_whole};

/// What was packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// The new dispatch.
    pub dispatch: DispatchId,
    /// Bytes read.
    pub bytes_in: u64,
    /// Pieces, the contact piece and the manifest among them.
    pub pieces: u32,
    /// Cells written.
    pub cells: u64,
}

/// Plaintext of one piece: half of what one may hold, so that more than two fit into the same memory.
const ROOM: usize = 127 * 64 * 1024;
/// Pieces under way: one being sealed, one being coded, the others between the two threads.
const BUFFERS: usize = 4;

/// A piece on its way to the coder.
enum Handed {
    Hashed(SealedPiece),
    Unhashed(UnhashedPiece),
}

struct Handover {
    piece: Handed,
    no: PieceNo,
    last: bool,
}

/// Hands sealed pieces to the other thread and takes their memory back.
struct Handing<'a> {
    pieces: SyncSender<Handover>,
    /// Pieces that wait for the coder.
    waiting: &'a AtomicUsize,
    memory: Receiver<Vec<u8>>,
    next: PieceNo,
}

impl Handing<'_> {
    fn hand(&mut self, piece: Handed, last: bool) -> Result<(), FieldError> {
        let no = self.next;
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.pieces
            .send(Handover { piece, no, last })
            .map_err(|_| gone())?;
        self.next = no.next().ok_or(FieldError::TooManyPieces)?;
        Ok(())
    }
}

/// The other thread is gone; its own error says why.
fn gone() -> FieldError {
    FieldError::disk("writing cells")(std::io::ErrorKind::BrokenPipe.into())
}

impl PieceSink for Handing<'_> {
    fn memory(&mut self) -> Result<Vec<u8>, FieldError> {
        self.memory.recv().map_err(|_| gone())
    }

    fn keep(&mut self, piece: SealedPiece, last: bool) -> Result<(), FieldError> {
        self.hand(Handed::Hashed(piece), last)
    }

    fn begin(&mut self, recipient: &IntakeRecipient) -> Result<PieceSealer, FieldError> {
        let sealer = PieceSealer::new(recipient, self.memory()?)?;
        Ok(sealer.at_most(ROOM).unhashed())
    }

    /// Either thread can compute the digest. The one that is ahead does, so that neither waits for the other.
    fn end(&mut self, piece: PieceSealer) -> Result<(), FieldError> {
        let piece = piece.finish_unhashed()?;
        let coder_is_ahead = self.waiting.load(Ordering::Relaxed) == 0;
        let piece = if coder_is_ahead {
            Handed::Unhashed(piece)
        } else {
            Handed::Hashed(piece.hash())
        };
        self.hand(piece, false)
    }

    fn next_number(&self) -> Result<PieceNo, FieldError> {
        Ok(self.next)
    }

    fn read(&mut self, _: u64) {}
}

/// Seals files and a note as one dispatch, straight into cells. Nothing is promised to be on the disk when this returns:
/// no source was forgotten for it. `forced` puts the duress mark on every cell. Its contact piece brings no reply pair, because nobody keeps what would open a reply.
///
/// # Errors
/// A file that cannot be read, limits of the manifest, more recovery than the code has, or writing failed.
#[expect(
    clippy::too_many_arguments,
    reason = "a command's whole wish, each part of another type"
)]
pub fn pack(
    kit: &Kit,
    forced: bool,
    standing: Standing,
    sources: &mut [Source<'_>],
    note: &str,
    now: i64,
    recovery: (u16, u16),
    out: &mut (impl Write + ?Sized),
    rng: &mut (impl RngCore + CryptoRng),
    progress: OnProgress<'_>,
) -> Result<Packed, FieldError> {
    if recovery.1 == 0 {
        return Err(FieldError::Recovery);
    }
    if sources.is_empty() && note.is_empty() {
        return Err(FieldError::Nothing);
    }
    let dispatch = DispatchId::random(rng);
    let waiting = AtomicUsize::new(0);
    let (give, take) = sync_channel(BUFFERS);
    let (give_back, memory) = sync_channel(BUFFERS);
    for _ in 0..BUFFERS {
        give_back.send(Vec::new()).map_err(|_| gone())?;
    }
    let mut sink = Handing {
        pieces: give,
        waiting: &waiting,
        memory,
        next: PieceNo::CONTACT,
    };
    let contact = no_reply(standing)?;
    thread::scope(|scope| {
        let sealer = scope.spawn(move || {
            seal_whole(&kit.intake, &contact, false, &mut sink)?;
            seal_all(&kit.intake, sources, note, now, false, &mut sink)
        });
        let mut coder = Coder {
            kit,
            forced,
            dispatch,
            recovery,
            out,
            cells: 0,
            pieces: 0,
        };
        let coded = coder.run(&take, &waiting, &give_back, rng, progress);
        let (cells, pieces) = (coder.cells, coder.pieces);
        drop((take, give_back));
        let sealed = sealer.join().unwrap_or_else(|_| Err(gone()));
        coded?;
        Ok(Packed {
            dispatch,
            bytes_in: sealed?,
            pieces,
            cells,
        })
    })
}

/// A contact piece that asks for no reply.
fn no_reply(standing: Standing) -> Result<Zeroizing<Vec<u8>>, FieldError> {
    let contact = Contact {
        replies: Vec::new(),
        checkpoints: Vec::new(),
        next_chain: None,
        standing,
    };
    contact.encode().map_err(FieldError::Manifest)
}

struct Coder<'a, W: ?Sized> {
    kit: &'a Kit,
    forced: bool,
    dispatch: DispatchId,
    recovery: (u16, u16),
    out: &'a mut W,
    cells: u64,
    pieces: u32,
}

/// Tells a failed write from a failed piece while both pass through the coder.
enum Fault {
    Piece(PieceError),
    Write(std::io::Error),
}

impl From<PieceError> for Fault {
    fn from(error: PieceError) -> Self {
        Self::Piece(error)
    }
}

impl<W: Write + ?Sized> Coder<'_, W> {
    fn run(
        &mut self,
        take: &Receiver<Handover>,
        waiting: &AtomicUsize,
        give_back: &SyncSender<Vec<u8>>,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<(), FieldError> {
        let epoch = self.kit.chain.epoch_keys();
        let mut nonces = fork(rng);
        let mut encoder = Encoder::new();
        while let Ok(Handover { piece, no, last }) = take.recv() {
            waiting.fetch_sub(1, Ordering::Relaxed);
            let piece = match piece {
                Handed::Hashed(piece) => piece,
                Handed::Unhashed(piece) => piece.hash(),
            };
            let place = PiecePlace {
                kit: self.kit.id,
                dispatch: self.dispatch,
                piece: no,
                last,
            };
            let recovery = recovery_for(piece.k(), self.recovery.0, self.recovery.1);
            let (out, cells) = (&mut *self.out, &mut self.cells);
            let write = |_: u16, cell: &[u8; CELL]| -> Result<(), Fault> {
                *cells += 1;
                out.write_all(cell).map_err(Fault::Write)
            };
            piece
                .for_each_cell(
                    &epoch,
                    &place,
                    self.forced,
                    recovery,
                    &mut encoder,
                    &mut nonces,
                    |_| true,
                    write,
                )
                .map_err(|fault| match fault {
                    Fault::Piece(error) => FieldError::Piece(error),
                    Fault::Write(error) => FieldError::disk("writing cells")(error),
                })?;
            self.pieces += 1;
            progress(self.cells * CELL as u64);
            // The sealer may be done and gone; then its memory is simply freed.
            let _ = give_back.try_send(piece.into_memory());
        }
        Ok(())
    }
}

/// A stream of its own, for where two uses need randomness at once; and without a system call per cell.
pub(crate) fn fork(rng: &mut (impl RngCore + CryptoRng)) -> ChaCha20Rng {
    let mut seed = Zeroizing::new([0; 32]);
    rng.fill_bytes(seed.as_mut());
    ChaCha20Rng::from_seed(*seed)
}
