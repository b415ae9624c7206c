//! A piece: at most 16,711,680 bytes sealed as one standard age file, then cut into shards and veiled into cells.
//!
//! Memory only, and one piece at a time: whoever reads files feeds a [`PieceSealer`] and gets a [`SealedPiece`].

use keys::{EpochKeys, IntakeRecipient, PieceFacts, SealError, StreamBuffer};
use ledger::{Digest, Sha256Writer, sha256};
use rand_core::{CryptoRng, RngCore};

use crate::cell::{Cell, CellHeader, NONCE, VERSION, shards_for};
use crate::coding::{CodingError, Encoder, recovery_limit, with_shard};
use crate::id::{DispatchId, KitId, PieceNo};
use crate::{CELL, PIECE_PLAIN_MAX, PIECE_SEALED_MAX, SHARD};

/// Why a piece could not be sealed or cut.
#[derive(Debug, thiserror::Error)]
pub enum PieceError {
    /// More plaintext than one piece holds.
    #[error("a piece holds at most 16,711,680 bytes")]
    TooLong,
    /// Sealing to the newsroom failed.
    #[error("sealing the piece failed")]
    Seal(#[from] SealError),
    /// Writing into the sealer failed.
    #[error("sealing the piece failed")]
    Write(#[from] std::io::Error),
    /// A ciphertext that fills no piece, or more recovery than the code has.
    #[error(transparent)]
    Coding(#[from] CodingError),
}

/// Seals one piece as its plaintext arrives.
pub struct PieceSealer {
    buffer: StreamBuffer,
    /// Follows the ciphertext while it is still in the processor's cache, unless another thread shall hash it.
    hash: Option<Sha256Writer>,
    taken: usize,
    most: usize,
}

impl PieceSealer {
    /// Begins a piece. `memory` may be a former piece's buffer, used again.
    ///
    /// # Errors
    /// When sealing to this recipient fails.
    pub fn new(recipient: &IntakeRecipient, memory: Vec<u8>) -> Result<Self, PieceError> {
        Ok(Self {
            buffer: recipient.seal_buffer(memory, PIECE_SEALED_MAX)?,
            hash: Some(Sha256Writer::new()),
            taken: 0,
            most: PIECE_PLAIN_MAX,
        })
    }

    /// Leaves the ciphertext's hash to whoever takes the piece; see [`PieceSealer::finish_unhashed`].
    #[must_use]
    pub fn unhashed(mut self) -> Self {
        self.hash = None;
        self
    }

    /// Ends the piece's room at `most` bytes, where a sender wants smaller ones than the largest.
    #[must_use]
    pub fn at_most(mut self, most: usize) -> Self {
        self.most = most.clamp(self.taken, PIECE_PLAIN_MAX);
        self
    }

    /// How many more bytes fit.
    #[must_use]
    pub fn room(&self) -> usize {
        self.most - self.taken
    }

    /// Takes more plaintext.
    ///
    /// # Errors
    /// More than [`Self::room`], or sealing failed.
    pub fn write(&mut self, plaintext: &[u8]) -> Result<(), PieceError> {
        if plaintext.len() > self.room() {
            return Err(PieceError::TooLong);
        }
        let mut rest = plaintext;
        while !rest.is_empty() {
            self.fill(|room| std::io::Read::read(&mut rest, room))?;
        }
        Ok(())
    }

    /// Lets `read` put plaintext straight where it will be sealed, at most [`Self::room`] bytes; returns how many it put.
    ///
    /// # Errors
    /// The error of `read` as [`PieceError::Write`], or sealing failed.
    pub fn fill(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> std::io::Result<usize>,
    ) -> Result<usize, PieceError> {
        let taken = self.buffer.fill(self.room(), read)?;
        self.taken += taken;
        self.follow();
        Ok(taken)
    }

    fn follow(&mut self) {
        if let Some(hash) = &mut self.hash {
            catch_up(hash, self.buffer.sealed());
        }
    }

    /// Ends the piece.
    ///
    /// # Errors
    /// A ciphertext that fills no piece; the limits above do not allow one.
    pub fn finish(mut self) -> Result<SealedPiece, PieceError> {
        let mut hash = self.hash.take().unwrap_or_default();
        let UnhashedPiece(ciphertext) = self.finish_unhashed()?;
        catch_up(&mut hash, &ciphertext);
        Ok(SealedPiece {
            ciphertext,
            digest: hash.finish(),
        })
    }

    /// Ends the piece without its digest.
    ///
    /// # Errors
    /// As [`PieceSealer::finish`].
    pub fn finish_unhashed(self) -> Result<UnhashedPiece, PieceError> {
        let ciphertext = self.buffer.finish();
        if shards_for(ciphertext.len()).is_none() {
            return Err(CodingError::Length(ciphertext.len()).into());
        }
        Ok(UnhashedPiece(ciphertext))
    }
}

/// Hashes what was added since.
fn catch_up(hash: &mut Sha256Writer, bytes: &[u8]) {
    let done = usize::try_from(hash.bytes()).unwrap_or(usize::MAX);
    hash.update(bytes.get(done..).unwrap_or_default());
}

/// A piece whose ciphertext is whole and whose digest is still to be computed.
pub struct UnhashedPiece(Vec<u8>);

impl UnhashedPiece {
    /// Computes the digest.
    #[must_use]
    pub fn hash(self) -> SealedPiece {
        let digest = sha256(&self.0);
        SealedPiece {
            ciphertext: self.0,
            digest,
        }
    }
}

impl std::fmt::Debug for UnhashedPiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UnhashedPiece({} bytes)", self.0.len())
    }
}

/// Seals a piece whose plaintext is at hand.
///
/// # Errors
/// More than 16,711,680 bytes, or sealing failed.
pub fn seal_piece(
    recipient: &IntakeRecipient,
    plaintext: &[u8],
) -> Result<SealedPiece, PieceError> {
    let mut sealer = PieceSealer::new(recipient, Vec::new())?;
    sealer.write(plaintext)?;
    sealer.finish()
}

/// Where a piece belongs. Everything here is under the piece's MAC: a moved piece does not authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PiecePlace {
    /// The kit that sealed it.
    pub kit: KitId,
    /// Its dispatch.
    pub dispatch: DispatchId,
    /// Its number.
    pub piece: PieceNo,
    /// Whether it is the manifest.
    pub last: bool,
}

impl PiecePlace {
    /// What the MAC is made over.
    #[must_use]
    pub fn facts(&self, k: u16, length: u32, digest: &Digest) -> PieceFacts {
        PieceFacts {
            version: VERSION,
            kit: self.kit.0,
            dispatch: self.dispatch.0,
            piece: self.piece.0,
            last: self.last,
            k,
            length,
            digest: digest.0,
        }
    }
}

/// One standard age file that fills at most 256 shards.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPiece {
    ciphertext: Vec<u8>,
    digest: Digest,
}

impl std::fmt::Debug for SealedPiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedPiece({} bytes)", self.ciphertext.len())
    }
}

impl SealedPiece {
    /// Takes a ciphertext sealed earlier.
    ///
    /// # Errors
    /// One that fills no piece.
    pub fn from_ciphertext(ciphertext: Vec<u8>) -> Result<Self, PieceError> {
        if shards_for(ciphertext.len()).is_none() {
            return Err(CodingError::Length(ciphertext.len()).into());
        }
        let digest = sha256(&ciphertext);
        Ok(Self { ciphertext, digest })
    }

    /// The age file.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// SHA-256 of the age file: what receipts name.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// K: how many shards restore it.
    #[must_use]
    pub fn k(&self) -> u16 {
        // Both constructors keep the ciphertext within 1 to 256 shards.
        shards_for(self.ciphertext.len()).unwrap_or(1)
    }

    /// The ciphertext's buffer, to be used again.
    #[must_use]
    pub fn into_memory(self) -> Vec<u8> {
        self.ciphertext
    }

    fn header(&self, epoch: &EpochKeys, place: &PiecePlace, forced: bool) -> CellHeader {
        let length = u32::try_from(self.ciphertext.len()).unwrap_or(u32::MAX);
        let tag = epoch.mac.tag(&place.facts(self.k(), length, &self.digest));
        CellHeader {
            last: place.last,
            forced,
            index: 0,
            k: self.k(),
            piece: place.piece,
            length,
            kit: place.kit,
            dispatch: place.dispatch,
            tag,
        }
    }

    /// Veils the shards for which `wanted` says so, originals first, then recovery up to `recovery`, each under a fresh
    /// nonce, and gives them to `each` with their index. `forced` puts the duress mark into their headers. One cell of memory,
    /// besides the encoder's.
    ///
    /// # Errors
    /// More recovery than the code has, or the first error of `each`.
    #[expect(
        clippy::too_many_arguments,
        reason = "the place, the keys, the road's wish and the caller's two closures are independent of each other"
    )]
    pub fn for_each_cell<E: From<PieceError>>(
        &self,
        epoch: &EpochKeys,
        place: &PiecePlace,
        forced: bool,
        recovery: u16,
        encoder: &mut Encoder,
        rng: &mut (impl RngCore + CryptoRng),
        wanted: impl Fn(u16) -> bool,
        mut each: impl FnMut(u16, &[u8; CELL]) -> Result<(), E>,
    ) -> Result<(), E> {
        let k = self.k();
        if recovery > recovery_limit(k) {
            return Err(PieceError::from(CodingError::Recovery { k, asked: recovery }).into());
        }
        let base = self.header(epoch, place, forced);
        let mut cell = Cell::blank();
        let mut nonce = [0; NONCE];
        let mut veil = |index: u16, shard: &[u8; SHARD]| -> Result<(), E> {
            rng.fill_bytes(&mut nonce);
            let header = CellHeader { index, ..base }.encode();
            epoch.veil.seal(&nonce, &header, shard, cell.as_mut_bytes());
            each(index, cell.as_bytes())
        };
        for index in (0..k).filter(|i| wanted(*i)) {
            with_shard(&self.ciphertext, index, |shard| veil(index, shard))?;
        }
        // The code makes a run from its beginning, so stop at the last recovery shard that is wanted.
        let run = (k..k + recovery).rev().find(|i| wanted(*i));
        let count = run.map_or(0, |last| last - k + 1);
        let made = |index: u16, shard: &[u8; SHARD]| -> Result<(), Outcome<E>> {
            if wanted(index) {
                veil(index, shard).map_err(Outcome::Caller)?;
            }
            Ok(())
        };
        match encoder.recover(&self.ciphertext, count, made) {
            Ok(()) => Ok(()),
            Err(Outcome::Caller(error)) => Err(error),
            Err(Outcome::Coding(error)) => Err(PieceError::from(error).into()),
        }
    }

    /// All K cells and `recovery` more, freshly veiled, without the duress mark. Holds them all: for tests and small pieces.
    ///
    /// # Errors
    /// More recovery than the code has for this K.
    pub fn cells(
        &self,
        epoch: &EpochKeys,
        place: &PiecePlace,
        recovery: u16,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<Cell>, PieceError> {
        let mut cells = Vec::new();
        let keep = |_: u16, bytes: &[u8; CELL]| -> Result<(), PieceError> {
            let mut cell = Cell::blank();
            cell.as_mut_bytes().copy_from_slice(bytes);
            cells.push(cell);
            Ok(())
        };
        let mut encoder = Encoder::new();
        self.for_each_cell(
            epoch,
            place,
            false,
            recovery,
            &mut encoder,
            rng,
            |_| true,
            keep,
        )?;
        Ok(cells)
    }
}

/// Tells the coder's own failure from the caller's, which may be of any type.
enum Outcome<E> {
    Caller(E),
    Coding(CodingError),
}

impl<E> From<CodingError> for Outcome<E> {
    fn from(error: CodingError) -> Self {
        Self::Coding(error)
    }
}
