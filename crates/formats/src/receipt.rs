//! The receipt: the newsroom's word about exactly these pieces, kinds 1 to 4 of a [reply](crate::reply).
//!
//! The field forgets a piece on nothing else.

use ledger::Digest;

use crate::error::{DecodeError, at_most, head_of, rest_is, version};
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
        let (head, list) = head_of::<HEAD>(WHAT, bytes)?;
        version(WHAT, VERSION, head[0])?;
        if head[2..4] != [0; 2] {
            return Err(DecodeError::Reserved { what: WHAT });
        }
        let count = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        at_most("pieces of a receipt", PIECES_MAX, count)?;
        rest_is(WHAT, HEAD, list, ENTRY * count)?;
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
