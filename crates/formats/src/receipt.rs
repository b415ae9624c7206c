//! The receipt: the newsroom's word about exactly these pieces, in one cell that only one reply pair can open.
//!
//! Authentic twice over: the cell is veiled with keys made from the reply secret, which travelled sealed to the newsroom
//! and is known to nobody else, and its content is sealed to the pair's one-time recipient. The field forgets a piece
//! on nothing else.

use keys::{MailboxAddress, ReplyIdentity, ReplyOpenError, ReplyPair, ReplySecret, SealError};
use ledger::Digest;
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::SHARD;
use crate::cell::{Cell, NONCE, ReplyHeader};
use crate::error::{DecodeError, at_most};
use crate::id::{DispatchId, PieceNo};

const WHAT: &str = "receipt";
/// The version this program writes and reads.
pub const VERSION: u8 = 1;
/// Bytes before the list of pieces.
pub const HEAD: usize = 24;
/// Bytes of one piece in the list.
pub const ENTRY: usize = 36;
/// The most pieces one receipt names, so that its age file fits one shard. More need several receipts.
pub const PIECES_MAX: usize = 1_800;
/// The longest encoding.
pub const ENCODED_MAX: usize = HEAD + ENTRY * PIECES_MAX;

/// What the newsroom says about the pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptKind {
    /// These pieces are stored; the field may forget them.
    Have,
    /// These pieces have not arrived whole; the field sends them again. Digests are zero: the desk does not know them.
    Missing,
    /// The dispatch is whole and stored. Together with earlier receipts it names every piece.
    Complete,
    /// Forget these pieces unsent, and the dispatch's record with them.
    Wipe,
}

impl ReceiptKind {
    fn byte(self) -> u8 {
        match self {
            Self::Have => 1,
            Self::Missing => 2,
            Self::Complete => 3,
            Self::Wipe => 4,
        }
    }

    fn from_byte(byte: u8) -> Result<Self, DecodeError> {
        match byte {
            1 => Ok(Self::Have),
            2 => Ok(Self::Missing),
            3 => Ok(Self::Complete),
            4 => Ok(Self::Wipe),
            _ => Err(DecodeError::invalid(WHAT, "the kind is between 1 and 4")),
        }
    }
}

/// One piece in a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptPiece {
    /// Its number.
    pub piece: PieceNo,
    /// SHA-256 of its ciphertext; zero in a `Missing` receipt.
    pub digest: Digest,
}

/// What the newsroom says about pieces of one dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What it says.
    pub kind: ReceiptKind,
    /// About which dispatch.
    pub dispatch: DispatchId,
    /// About which pieces, ascending by number.
    pub pieces: Vec<ReceiptPiece>,
}

impl Receipt {
    /// The one encoding.
    ///
    /// # Errors
    /// When the receipt breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        self.check()?;
        let count = u32::try_from(self.pieces.len()).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(HEAD + ENTRY * self.pieces.len());
        out.extend_from_slice(&[VERSION, self.kind.byte(), 0, 0]);
        out.extend_from_slice(&count.to_be_bytes());
        out.extend_from_slice(&self.dispatch.0);
        for entry in &self.pieces {
            out.extend_from_slice(&entry.piece.0.to_be_bytes());
            out.extend_from_slice(&entry.digest.0);
        }
        Ok(out)
    }

    /// Reads a receipt's plaintext.
    ///
    /// # Errors
    /// Cut short, too long, trailing bytes, another version, reserved bytes, or against a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let Some((head, list)) = bytes.split_first_chunk::<HEAD>() else {
            return Err(DecodeError::Truncated {
                what: WHAT,
                need: HEAD,
                got: bytes.len(),
            });
        };
        if head[0] != VERSION {
            return Err(DecodeError::Version {
                what: WHAT,
                expected: VERSION.into(),
                got: head[0].into(),
            });
        }
        if head[2..4] != [0; 2] {
            return Err(DecodeError::Reserved { what: WHAT });
        }
        let count = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        at_most("pieces of a receipt", PIECES_MAX, count)?;
        let need = ENTRY * count;
        if list.len() < need {
            return Err(DecodeError::Truncated {
                what: WHAT,
                need: HEAD + need,
                got: bytes.len(),
            });
        }
        if list.len() > need {
            return Err(DecodeError::Trailing {
                what: WHAT,
                extra: list.len() - need,
            });
        }
        let receipt = Self {
            kind: ReceiptKind::from_byte(head[1])?,
            dispatch: DispatchId::from_slice(&head[8..24])?,
            pieces: list.as_chunks::<ENTRY>().0.iter().map(entry).collect(),
        };
        receipt.check()?;
        Ok(receipt)
    }

    fn check(&self) -> Result<(), DecodeError> {
        at_most("pieces of a receipt", PIECES_MAX, self.pieces.len())?;
        if !self.pieces.is_sorted_by(|a, b| a.piece < b.piece) {
            return Err(DecodeError::invalid(WHAT, "piece numbers ascend"));
        }
        let zero = |entry: &ReceiptPiece| entry.digest.0 == [0; 32];
        let fits = match self.kind {
            ReceiptKind::Missing => self.pieces.iter().all(zero),
            _ => !self.pieces.is_empty() && !self.pieces.iter().any(zero),
        };
        if !fits {
            return Err(DecodeError::invalid(
                WHAT,
                "pieces are named by digest, in a missing receipt by number alone",
            ));
        }
        Ok(())
    }
}

fn entry(bytes: &[u8; ENTRY]) -> ReceiptPiece {
    let [a, b, c, d, digest @ ..] = *bytes;
    ReceiptPiece {
        piece: PieceNo(u32::from_be_bytes([a, b, c, d])),
        digest: Digest(digest),
    }
}

/// Why a receipt could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// The cell is not this pair's: noise of an empty mailbox, another pair's, or forged.
    #[error("there is no reply for this pair")]
    NotForThisPair,
    /// The cell is this pair's and was damaged on the way.
    #[error("the reply was damaged on the way")]
    Damaged,
    /// The cell opens, its content does not.
    #[error("the reply does not open")]
    Sealed(#[from] ReplyOpenError),
    /// The content breaks the format.
    #[error(transparent)]
    Format(#[from] DecodeError),
    /// Sealing failed.
    #[error("sealing the reply failed")]
    Seal(#[from] SealError),
}

/// Seals a receipt into the one cell that its mailbox will hold, under a fresh nonce.
///
/// # Errors
/// A receipt against the rules, or sealing failed.
pub fn seal_receipt(
    receipt: &Receipt,
    pair: &ReplyPair,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(MailboxAddress, Cell), ReceiptError> {
    let sealed = pair.recipient.seal(&receipt.encode()?)?;
    at_most("sealed receipt", SHARD, sealed.len())?;
    let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
    let mut shard = [0; SHARD];
    shard[..sealed.len()].copy_from_slice(&sealed);
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let mut cell = Cell::blank();
    let header = ReplyHeader { length }.encode();
    pair.secret
        .veil()
        .seal(&nonce, &header, &shard, cell.as_mut_bytes());
    Ok((pair.secret.mailbox(), cell))
}

/// Opens what a mailbox gave, if it is this pair's receipt.
///
/// # Errors
/// [`ReceiptError::NotForThisPair`] for noise and for every forgery; the others for what only the newsroom could have made.
pub fn open_receipt(
    cell: &Cell,
    identity: &ReplyIdentity,
    secret: &ReplySecret,
) -> Result<Receipt, ReceiptError> {
    let veil = secret.veil();
    let header = veil
        .open_header(cell.as_bytes())
        .map_err(|_| ReceiptError::NotForThisPair)?;
    let header = ReplyHeader::decode(&header)?;
    let mut shard = Zeroizing::new([0; SHARD]);
    veil.open_body(cell.as_bytes(), &mut shard)
        .map_err(|_| ReceiptError::Damaged)?;
    let plain = identity.open(&shard[..header.length as usize], ENCODED_MAX)?;
    Ok(Receipt::decode(&plain)?)
}
