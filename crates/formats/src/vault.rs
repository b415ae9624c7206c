//! The vault: how one file of a fixed size is divided, and what its header says.
//!
//! `docs/formats/vault.md` has the layout. Where everything lies follows from the file's size alone, so that two vaults of one size
//! differ in nothing that can be read without a passphrase. The header's plaintext is the same whether a duress passphrase was
//! enrolled or not, but for what lets its owner keep the other header alive.

use keys::{HeaderKey, StateKey, VaultKey};
use zeroize::Zeroizing;

use crate::error::{DecodeError, exactly, version};

const WHAT: &str = "vault header";
const SIZE: &str = "vault size";
/// The version this program writes and reads.
pub const VERSION: u8 = 1;
/// The unit of everything in a vault.
pub const BLOCK: usize = 65_536;
/// What a sealed block holds.
pub const BLOCK_TEXT: usize = BLOCK - keys::vault::OVERHEAD;
/// The sizes that are offered, the smallest first: every vault of one size looks like every other.
pub const SIZES: [u64; 6] = [64 << 20, 256 << 20, 1 << 30, 4 << 30, 16 << 30, 64 << 30];
/// Fewest blocks of any vault.
pub const BLOCKS_MIN: u32 = 40;
/// Most blocks of any vault: 64 GiB.
pub const BLOCKS_MAX: u32 = 1 << 20;
/// Blocks of the journal.
pub const JOURNAL: u32 = 4;
/// Bytes of one record of the journal on the disk.
pub const RECORD: usize = 4_096;
/// Records that the journal holds.
pub const RECORDS: u32 = JOURNAL * 16;
const _: () = assert!(RECORD * 16 == BLOCK);
/// Areas for snapshots of the state: two pairs. A vault takes turns within one pair and never writes the other, where another vault's
/// snapshot may lie.
pub const AREAS: u8 = 4;
/// Fewest and most blocks of an area.
const AREA_MIN: u32 = 4;
const AREA_MAX: u32 = 256;
/// Where the headers begin: block 0 holds the salt and is never written again.
const HEADERS: u32 = 1;
const JOURNAL_AT: u32 = 5;
const AREAS_AT: u32 = JOURNAL_AT + JOURNAL;

/// Bytes of an encoded header.
pub const HEADER_LEN: usize = ROOT_LEN + 32 + ROOT_LEN;
const ROOT_LEN: usize = 88;
const FLAG_EXCHANGED: u8 = 1;
const FLAG_OTHER: u8 = 2;

/// How a vault of some size is divided into blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    blocks: u32,
    area: u32,
}

impl Layout {
    /// The division of this many bytes.
    ///
    /// # Errors
    /// Not a whole number of blocks, or too few or too many of them.
    pub fn of(bytes: u64) -> Result<Self, DecodeError> {
        if !bytes.is_multiple_of(BLOCK as u64) {
            return Err(DecodeError::invalid(SIZE, "a multiple of 65,536 bytes"));
        }
        let blocks = u32::try_from(bytes / BLOCK as u64).unwrap_or(u32::MAX);
        if !(BLOCKS_MIN..=BLOCKS_MAX).contains(&blocks) {
            return Err(DecodeError::invalid(SIZE, "from 40 to 1,048,576 blocks"));
        }
        Ok(Self {
            blocks,
            area: (blocks / 64).clamp(AREA_MIN, AREA_MAX),
        })
    }

    /// Blocks altogether.
    #[must_use]
    pub fn blocks(&self) -> u32 {
        self.blocks
    }

    /// The block of a header: both positions, then both copies.
    #[must_use]
    pub fn header(&self, second: bool, copy: bool) -> u32 {
        HEADERS + u32::from(second) + 2 * u32::from(copy)
    }

    /// Where the journal begins.
    #[must_use]
    pub fn journal(&self) -> u32 {
        JOURNAL_AT
    }

    /// Where an area begins.
    #[must_use]
    pub fn area(&self, number: u8) -> u32 {
        AREAS_AT + u32::from(number % AREAS) * self.area
    }

    /// Blocks of an area.
    #[must_use]
    pub fn area_blocks(&self) -> u32 {
        self.area
    }

    /// The blocks that hold pieces.
    #[must_use]
    pub fn slots(&self) -> std::ops::Range<u32> {
        AREAS_AT + u32::from(AREAS) * self.area..self.blocks
    }
}

/// Where a vault's state lies, and the keys to it.
#[derive(Debug)]
pub struct Root {
    /// Counts saves.
    pub generation: u64,
    /// The enrolled passphrase has the greater of its first two words first; an opening in the other order is marked.
    pub exchanged: bool,
    /// The area with the snapshot.
    pub area: u8,
    /// Blocks that the snapshot fills, padding included.
    pub blocks: u16,
    /// Bytes of the snapshot.
    pub length: u32,
    /// Root of the slot keys.
    pub vault_key: VaultKey,
    /// Seals snapshot and journal.
    pub state_key: StateKey,
}

/// What the owner of a duress passphrase keeps of its header, so that it survives every save.
#[derive(Debug)]
pub struct Other {
    /// Its header's key.
    pub key: HeaderKey,
    /// What its header says.
    pub root: Root,
}

/// One header.
#[derive(Debug)]
pub struct Header {
    /// This vault.
    pub root: Root,
    /// The other one, if this vault keeps it alive. Without it every save overwrites the other position with noise.
    pub other: Option<Other>,
}

impl Root {
    fn encode(&self, flags: u8, out: &mut [u8]) {
        out[0] = VERSION;
        out[1] = flags | (u8::from(self.exchanged) * FLAG_EXCHANGED);
        out[2] = self.area;
        out[4..6].copy_from_slice(&self.blocks.to_be_bytes());
        out[8..16].copy_from_slice(&self.generation.to_be_bytes());
        out[16..20].copy_from_slice(&self.length.to_be_bytes());
        out[24..56].copy_from_slice(self.vault_key.expose_bytes());
        out[56..88].copy_from_slice(self.state_key.expose_bytes());
    }

    fn decode(b: &[u8; ROOT_LEN], flags: u8) -> Result<Self, DecodeError> {
        version(WHAT, VERSION, b[0])?;
        if b[1] & !(FLAG_EXCHANGED | flags) != 0
            || b[3] != 0
            || b[6..8] != [0; 2]
            || b[20..24] != [0; 4]
        {
            return Err(DecodeError::Reserved { what: WHAT });
        }
        let (mut vault_key, mut state_key) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
        vault_key.copy_from_slice(&b[24..56]);
        state_key.copy_from_slice(&b[56..88]);
        let root = Self {
            generation: u64::from_be_bytes(exactly(WHAT, &b[8..16])?),
            exchanged: b[1] & FLAG_EXCHANGED != 0,
            area: b[2],
            blocks: u16::from_be_bytes([b[4], b[5]]),
            length: u32::from_be_bytes([b[16], b[17], b[18], b[19]]),
            vault_key: VaultKey::from_bytes(*vault_key),
            state_key: StateKey::from_bytes(*state_key),
        };
        root.check()?;
        Ok(root)
    }

    /// The area for the next snapshot.
    #[must_use]
    pub fn next_area(&self) -> u8 {
        self.area ^ 1
    }

    fn check(&self) -> Result<(), DecodeError> {
        if self.area >= AREAS {
            return Err(DecodeError::invalid(
                WHAT,
                "the snapshot lies in one of four areas",
            ));
        }
        let room = usize::from(self.blocks) * BLOCK_TEXT;
        if u32::from(self.blocks) > AREA_MAX || self.length == 0 || self.length as usize > room {
            return Err(DecodeError::invalid(
                WHAT,
                "the snapshot fits its blocks, at most 256",
            ));
        }
        Ok(())
    }
}

impl Header {
    /// The one encoding.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<[u8; HEADER_LEN]> {
        let mut out = Zeroizing::new([0; HEADER_LEN]);
        let flags = if self.other.is_some() { FLAG_OTHER } else { 0 };
        self.root.encode(flags, &mut out[..ROOT_LEN]);
        if let Some(other) = &self.other {
            out[ROOT_LEN..ROOT_LEN + 32].copy_from_slice(other.key.expose_bytes());
            other.root.encode(0, &mut out[ROOT_LEN + 32..]);
        }
        out
    }

    /// The encoding of a header that keeps no other one alive.
    #[must_use]
    pub fn encode_root(root: &Root) -> Zeroizing<[u8; HEADER_LEN]> {
        let mut out = Zeroizing::new([0; HEADER_LEN]);
        root.encode(0, &mut out[..ROOT_LEN]);
        out
    }

    /// Reads exactly one encoded header and checks every rule.
    ///
    /// # Errors
    /// Another length or version, non-zero reserved bytes, an unknown flag, or areas and lengths that contradict each other.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let b = Zeroizing::new(exactly::<HEADER_LEN>(WHAT, bytes)?);
        let part = |at: usize| exactly::<ROOT_LEN>(WHAT, &b[at..at + ROOT_LEN]).map(Zeroizing::new);
        let root = Root::decode(&*part(0)?, FLAG_OTHER)?;
        let rest = &b[ROOT_LEN..];
        if b[1] & FLAG_OTHER == 0 {
            if rest.iter().any(|byte| *byte != 0) {
                return Err(DecodeError::Reserved { what: WHAT });
            }
            return Ok(Self { root, other: None });
        }
        let key = Zeroizing::new(exactly(WHAT, &rest[..32])?);
        let other = Other {
            key: HeaderKey::from_bytes(*key),
            root: Root::decode(&*part(ROOT_LEN + 32)?, 0)?,
        };
        if other.root.area / 2 == root.area / 2 {
            return Err(DecodeError::invalid(
                WHAT,
                "the other vault has the other pair of areas",
            ));
        }
        Ok(Self {
            root,
            other: Some(other),
        })
    }
}
