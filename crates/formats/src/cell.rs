//! The cell and its header: 65,536 bytes without a clear field, and the 72 bytes under the veil that say what they are.
//!
//! `docs/formats/cell.md` has the layout. Sealing and opening the veil is `keys::veil`; this module gives the 72 bytes
//! their meaning and refuses every header that no honest field would write.

use std::fmt;

use keys::{GLIMPSE_LEN, PieceTag};

use crate::error::{DecodeError, exactly, version};
use crate::id::{DispatchId, KitId, PieceNo};
use crate::{CELL, K_MAX, SHARD};

const WHAT: &str = "cell header";

/// Bytes of a header.
pub const HEADER: usize = 72;
/// Bytes of a cell's nonce.
pub const NONCE: usize = 24;
/// The header version this program writes and reads.
pub const VERSION: u8 = 1;
/// One past the highest shard index, so that a piece has at most 1,024 different shards.
pub const INDEX_END: u16 = 1_024;

const FLAG_FINAL: u8 = 1;
const FLAG_FORCED: u8 = 2;

/// What one cell holds: one shard of one piece of one dispatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellHeader {
    /// The piece is its dispatch's manifest, and its number the highest.
    pub last: bool,
    /// The duress mark: who sent this says that they are being forced. Under the veil, so that the desk alone reads it, and
    /// not under the piece's MAC: one sealed piece can be sent both ways.
    pub forced: bool,
    /// Which shard: below `k` the ciphertext itself, from `k` on recovery.
    pub index: u16,
    /// How many different shards restore the piece.
    pub k: u16,
    /// Which piece.
    pub piece: PieceNo,
    /// Bytes of the piece's ciphertext.
    pub length: u32,
    /// Which kit sealed it.
    pub kit: KitId,
    /// Which dispatch it belongs to.
    pub dispatch: DispatchId,
    /// Authenticates the whole piece, and groups its cells.
    pub tag: PieceTag,
}

impl CellHeader {
    /// The 72 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[0] = VERSION;
        out[1] = (u8::from(self.last) * FLAG_FINAL) | (u8::from(self.forced) * FLAG_FORCED);
        out[2..4].copy_from_slice(&self.index.to_be_bytes());
        out[4..6].copy_from_slice(&self.k.to_be_bytes());
        out[8..12].copy_from_slice(&self.piece.0.to_be_bytes());
        out[12..16].copy_from_slice(&self.length.to_be_bytes());
        out[16..24].copy_from_slice(&self.kit.0);
        out[24..40].copy_from_slice(&self.dispatch.0);
        out[40..64].copy_from_slice(&self.tag.0);
        out
    }

    /// Reads exactly 72 bytes and checks every rule.
    ///
    /// # Errors
    /// Another length or version, non-zero reserved bytes, an unknown flag, or numbers that contradict each other.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let b: [u8; HEADER] = exactly(WHAT, bytes)?;
        version(WHAT, VERSION, b[0])?;
        let may_begin = b.first_chunk().is_some_and(Self::may_begin);
        if !may_begin || b[64..72] != [0; 8] {
            return Err(DecodeError::Reserved { what: WHAT });
        }
        let header = Self {
            last: b[1] & FLAG_FINAL != 0,
            forced: b[1] & FLAG_FORCED != 0,
            index: u16::from_be_bytes([b[2], b[3]]),
            k: u16::from_be_bytes([b[4], b[5]]),
            piece: PieceNo(u32::from_be_bytes([b[8], b[9], b[10], b[11]])),
            length: u32::from_be_bytes([b[12], b[13], b[14], b[15]]),
            kit: KitId::from_slice(&b[16..24])?,
            dispatch: DispatchId::from_slice(&b[24..40])?,
            tag: PieceTag(exactly(WHAT, &b[40..64])?),
        };
        header.check()?;
        Ok(header)
    }

    /// Whether a header may begin with these bytes ([`keys::VeilKeys::glimpse`]): bytes made out under a wrong key are taken
    /// for a header's less than once in five hundred million times.
    #[must_use]
    pub fn may_begin(b: &[u8; GLIMPSE_LEN]) -> bool {
        b[0] == VERSION && b[1] & !(FLAG_FINAL | FLAG_FORCED) == 0 && b[6..8] == [0; 2]
    }

    fn check(&self) -> Result<(), DecodeError> {
        if self.k == 0 || self.k > K_MAX {
            return Err(DecodeError::invalid(WHAT, "K is between 1 and 256"));
        }
        if self.index >= INDEX_END {
            return Err(DecodeError::invalid(WHAT, "the shard index is below 1,024"));
        }
        if shards_for(self.length as usize) != Some(self.k) {
            return Err(DecodeError::invalid(
                WHAT,
                "K is the number of shards that the length fills",
            ));
        }
        if self.last && self.piece == PieceNo::CONTACT {
            return Err(DecodeError::invalid(
                WHAT,
                "the contact piece is not the manifest",
            ));
        }
        Ok(())
    }
}

/// How many shards a ciphertext of this length fills: K. `None` for nothing and for more than a piece may hold.
#[must_use]
pub fn shards_for(length: usize) -> Option<u16> {
    let k = u16::try_from(length.div_ceil(SHARD)).ok()?;
    (1..=K_MAX).contains(&k).then_some(k)
}

/// The header of a reply's cell: one shard, no kit, no dispatch. Its own header keys, made from the reply secret,
/// already say whose it is, and the drop of another reporter must learn nothing more from a key it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyHeader {
    /// Bytes of the sealed reply.
    pub length: u32,
}

impl ReplyHeader {
    const WHAT: &'static str = "reply header";
    const KIND: u8 = 2;

    /// The 72 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[0] = VERSION;
        out[1] = Self::KIND;
        out[12..16].copy_from_slice(&self.length.to_be_bytes());
        out
    }

    /// Reads exactly 72 bytes and checks every rule.
    ///
    /// # Errors
    /// Another length, version or kind, non-zero reserved bytes, or a reply that no cell can hold.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let b: [u8; HEADER] = exactly(Self::WHAT, bytes)?;
        version(Self::WHAT, VERSION, b[0])?;
        if b[1] != Self::KIND {
            return Err(DecodeError::invalid(Self::WHAT, "the kind is 2"));
        }
        if b[2..12] != [0; 10] || b[16..72] != [0; 56] {
            return Err(DecodeError::Reserved { what: Self::WHAT });
        }
        let length = u32::from_be_bytes([b[12], b[13], b[14], b[15]]);
        if length == 0 || length as usize > SHARD {
            return Err(DecodeError::invalid(Self::WHAT, "a reply fills one shard"));
        }
        Ok(Self { length })
    }
}

/// 65,536 bytes as they travel. Without the right veil keys they are noise.
#[derive(Clone, PartialEq, Eq)]
pub struct Cell(Box<[u8; CELL]>);

impl Cell {
    /// All zero, to be filled by sealing.
    #[must_use]
    pub(crate) fn blank() -> Self {
        let bytes = vec![0; CELL].into_boxed_slice();
        // A boxed slice of exactly CELL bytes always converts; the fallback exists so that nothing here can panic.
        Self(bytes.try_into().unwrap_or_else(|_| Box::new([0; CELL])))
    }

    /// Takes exactly 65,536 bytes.
    ///
    /// # Errors
    /// Any other length.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() < CELL {
            return Err(DecodeError::Truncated {
                what: "cell",
                need: CELL,
                got: bytes.len(),
            });
        }
        if bytes.len() > CELL {
            return Err(DecodeError::Trailing {
                what: "cell",
                extra: bytes.len() - CELL,
            });
        }
        let mut cell = Self::blank();
        cell.0.copy_from_slice(bytes);
        Ok(cell)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; CELL] {
        &self.0
    }

    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8; CELL] {
        &mut self.0
    }
}

impl AsRef<[u8]> for Cell {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cell(..)")
    }
}
