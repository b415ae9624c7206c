//! Cells back to a piece, desk-side and pure: group, decode, and believe nothing until the piece's MAC says so.
//!
//! Shards come from whoever holds a kit's keys, so a captured kit can send validly veiled poison. Its worst effect is
//! work and delay, both bounded: a piece comes out only if its ciphertext has exactly the SHA-256 that the tag
//! authenticates, and shards that contradict each other make more subsets to try, not a wrong result.

use std::collections::BTreeMap;

use keys::{PieceMacKey, PieceTag};
use ledger::{Digest, sha256};

use crate::cell::CellHeader;
use crate::coding::{CodingError, Decoder, Restoring, decode};
use crate::id::{DispatchId, KitId, PieceNo};
use crate::piece::PiecePlace;
use crate::{K_MAX, SHARD};

/// How many different shards one piece may hold under one index before more are refused.
const RIVALS_MAX: usize = 4;

/// What groups cells: one piece, as one tag claims it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceKey {
    /// The kit.
    pub kit: KitId,
    /// The dispatch.
    pub dispatch: DispatchId,
    /// The piece's number.
    pub piece: PieceNo,
    /// The tag. Two tags for one number are two claims, kept apart.
    pub tag: PieceTag,
}

impl PieceKey {
    /// The key of a cell's piece.
    #[must_use]
    pub fn of(header: &CellHeader) -> Self {
        Self {
            kit: header.kit,
            dispatch: header.dispatch,
            piece: header.piece,
            tag: header.tag,
        }
    }
}

/// Why shards did not become a piece.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AssembleError {
    /// The header is of another piece.
    #[error("the cell belongs to another piece")]
    Foreign,
    /// One tag, but another K, length or final flag than before: the group is poisoned and never decoded.
    #[error("piece {piece} of dispatch {} is quarantined: its cells contradict each other", dispatch.short())]
    Quarantined {
        /// The dispatch.
        dispatch: DispatchId,
        /// The piece.
        piece: PieceNo,
    },
    /// A shard that is not 65,408 bytes.
    #[error("a shard has {got} bytes instead of 65,408")]
    ShardSize {
        /// Its size.
        got: usize,
    },
    /// Too many different shards claim one index.
    #[error("more than four different shards claim index {index}")]
    Rivals {
        /// The index.
        index: u16,
    },
    /// Fewer than K different shards so far.
    #[error("{need} shards needed, {have} there")]
    Incomplete {
        /// Shards needed.
        need: u16,
        /// Shards there.
        have: u16,
    },
    /// No subset tried gave a ciphertext that the tag authenticates. More shards may help.
    #[error("no combination of {shards} shards gives an authentic piece")]
    NotAuthentic {
        /// Different shards there.
        shards: u16,
    },
    /// The coding library refused; a fault of this program.
    #[error(transparent)]
    Coding(#[from] CodingError),
}

/// How far a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More shards are needed.
    Waiting {
        /// Different indexes there.
        have: u16,
        /// K.
        need: u16,
    },
    /// Enough to try.
    Ready,
}

/// A ciphertext that is exactly what the kit's holder sealed for this place. Still unopened.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthenticPiece {
    /// Where it belongs; authenticated.
    pub place: PiecePlace,
    /// The age file.
    pub ciphertext: Vec<u8>,
    /// SHA-256 of the age file; what receipts name.
    pub digest: Digest,
}

impl std::fmt::Debug for AuthenticPiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "AuthenticPiece({:?}, {})",
            self.place.dispatch, self.place.piece
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claim {
    k: u16,
    length: u32,
    last: bool,
}

/// Shards that are kept for the next piece besides its K places: those that a piece has beyond its K are let go.
const SPARE_ROOMS: usize = 4;

/// Memory of a former piece, used again: it holds all that assembling a piece needs.
#[derive(Default)]
pub struct PieceMemory {
    /// K places of a shard each. In the end they are the ciphertext.
    piece: Vec<u8>,
    /// Room for shards that have no place there.
    shards: Vec<Box<[u8; SHARD]>>,
    decoder: Decoder,
}

impl PieceMemory {
    /// Takes back the memory of a ciphertext that was made within it.
    pub fn take_back(&mut self, ciphertext: Vec<u8>) {
        self.piece = ciphertext;
    }

    fn place(&mut self, number: u16) -> Option<&mut [u8; SHARD]> {
        let places = self.piece.as_chunks_mut::<SHARD>().0;
        places.get_mut(usize::from(number))
    }

    fn room(&mut self) -> Box<[u8; SHARD]> {
        self.shards.pop().unwrap_or_else(|| {
            let room = vec![0; SHARD].into_boxed_slice();
            // A boxed slice of exactly SHARD bytes always converts; the fallback exists so that nothing here can panic.
            room.try_into().unwrap_or_else(|_| Box::new([0; SHARD]))
        })
    }
}

impl std::fmt::Debug for PieceMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PieceMemory(..)")
    }
}

/// A shard that is held.
#[derive(Debug)]
enum Held {
    /// In one of the K places: an original shard in its own, a recovery shard in that of one that is not there.
    Placed(u16),
    Apart(Box<[u8; SHARD]>),
}

impl Held {
    fn bytes<'a>(&'a self, piece: &'a [u8]) -> Option<&'a [u8; SHARD]> {
        match self {
            Self::Placed(number) => piece.as_chunks().0.get(usize::from(*number)),
            Self::Apart(shard) => Some(shard),
        }
    }
}

/// Collects the shards of one piece.
#[derive(Debug)]
pub struct Assembler {
    key: PieceKey,
    claim: Option<Claim>,
    quarantined: bool,
    shards: BTreeMap<u16, Vec<Held>>,
    /// Which shard each of the K places has.
    places: Vec<Option<u16>>,
    memory: PieceMemory,
}

impl Assembler {
    /// Collects for this key.
    #[must_use]
    pub fn new(key: PieceKey) -> Self {
        Self::within(key, PieceMemory::default())
    }

    /// Collects for this key in a former piece's memory.
    #[must_use]
    pub fn within(key: PieceKey, memory: PieceMemory) -> Self {
        Self {
            key,
            claim: None,
            quarantined: false,
            shards: BTreeMap::new(),
            places: Vec::new(),
            memory,
        }
    }

    /// The memory, for another piece.
    #[must_use]
    pub fn into_memory(mut self) -> PieceMemory {
        for held in std::mem::take(&mut self.shards).into_values().flatten() {
            if let Held::Apart(shard) = held {
                self.memory.shards.push(shard);
            }
        }
        self.memory.shards.truncate(SPARE_ROOMS);
        self.memory
    }

    /// Adds an opened cell. The same shard again changes nothing.
    ///
    /// # Errors
    /// A foreign cell, one that contradicts the others (which quarantines the piece for good), or a fifth rival shard.
    pub fn add(&mut self, header: &CellHeader, shard: &[u8]) -> Result<Progress, AssembleError> {
        let Ok(shard) = <&[u8; SHARD]>::try_from(shard) else {
            return Err(AssembleError::ShardSize { got: shard.len() });
        };
        self.add_by(header, |place| {
            place.copy_from_slice(shard);
            true
        })
    }

    /// Adds a cell that `open` opens straight to where its shard is needed. When it says that the cell is damaged, nothing is
    /// added.
    ///
    /// # Errors
    /// As for [`Self::add`].
    pub fn add_by(
        &mut self,
        header: &CellHeader,
        open: impl FnOnce(&mut [u8; SHARD]) -> bool,
    ) -> Result<Progress, AssembleError> {
        if PieceKey::of(header) != self.key {
            return Err(AssembleError::Foreign);
        }
        let claim = Claim {
            k: header.k,
            length: header.length,
            last: header.last,
        };
        if *self.claim.get_or_insert(claim) != claim {
            self.quarantined = true;
            self.shards.clear();
        }
        if self.quarantined {
            return Err(self.quarantine());
        }
        self.make_places(claim.k.min(K_MAX));
        let index = header.index;
        if !self.shards.contains_key(&index)
            && let Some(number) = self.place_for(index)
            && let Some(place) = self.memory.place(number)
        {
            if open(place) {
                self.put(index, number);
            }
            return Ok(self.progress());
        }
        let mut shard = self.memory.room();
        if !open(&mut shard) {
            self.memory.shards.push(shard);
            return Ok(self.progress());
        }
        self.hold(index, shard)
    }

    fn make_places(&mut self, k: u16) {
        let (k, bytes) = (usize::from(k), usize::from(k) * SHARD);
        if self.places.len() != k {
            self.places.resize(k, None);
        }
        if self.memory.piece.len() != bytes {
            self.memory.piece.resize(bytes, 0);
        }
    }

    /// A place that is free for this shard, or is made free: an original shard goes to its own, from which a recovery shard
    /// gives way.
    fn place_for(&mut self, index: u16) -> Option<u16> {
        let free = self.places.iter().rposition(Option::is_none)?;
        let own = usize::from(index);
        let Some(there) = self.places.get(own).copied() else {
            return u16::try_from(free).ok();
        };
        if let Some(recovery) = there {
            let from = own * SHARD;
            let range = from..from + SHARD;
            self.memory.piece.copy_within(range, free * SHARD);
            self.places[own] = None;
            self.put(recovery, u16::try_from(free).ok()?);
        }
        Some(index)
    }

    /// Notes where a shard's first version lies.
    fn put(&mut self, index: u16, number: u16) {
        self.places[usize::from(number)] = Some(index);
        let versions = self.shards.entry(index).or_default();
        match versions.first_mut() {
            Some(first) => *first = Held::Placed(number),
            None => versions.push(Held::Placed(number)),
        }
    }

    /// Holds a shard that has no place, unless it is known.
    fn hold(&mut self, index: u16, shard: Box<[u8; SHARD]>) -> Result<Progress, AssembleError> {
        let piece = self.memory.piece.as_slice();
        let rivals = self.shards.entry(index).or_default();
        let same = |known: &Held| known.bytes(piece) == Some(&*shard);
        if rivals.iter().any(same) {
            self.memory.shards.push(shard);
        } else if rivals.len() == RIVALS_MAX {
            return Err(AssembleError::Rivals { index });
        } else {
            rivals.push(Held::Apart(shard));
        }
        Ok(self.progress())
    }

    /// How far the piece is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let have = self.have();
        match self.claim {
            Some(claim) if have >= claim.k => Progress::Ready,
            Some(claim) => Progress::Waiting {
                have,
                need: claim.k,
            },
            None => Progress::Waiting { have, need: 1 },
        }
    }

    fn have(&self) -> u16 {
        u16::try_from(self.shards.len()).unwrap_or(u16::MAX)
    }

    fn quarantine(&self) -> AssembleError {
        AssembleError::Quarantined {
            dispatch: self.key.dispatch,
            piece: self.key.piece,
        }
    }

    /// Tries to restore the piece, decoding at most `attempts` different subsets of the shards.
    ///
    /// # Errors
    /// Quarantined, too few shards, or no tried subset is authentic; the last two can change when more shards arrive.
    pub fn finish(
        &self,
        mac: &PieceMacKey,
        attempts: usize,
    ) -> Result<AuthenticPiece, AssembleError> {
        let claim = self.claim_ready()?;
        let subsets = self.subsets(claim.k).take(attempts.max(1));
        self.first_authentic(claim, subsets, mac)
    }

    /// Restores the piece from the first K shards that were added, where they lie, and gives the memory back either way. No
    /// room is needed but theirs: stripe by stripe, what is restored takes the place of the recovery shards that restored it.
    ///
    /// # Errors
    /// As for [`Self::finish`]. Then the shards are spent: they have to be added anew for `finish` to try others.
    pub fn finish_in_place(
        mut self,
        mac: &PieceMacKey,
    ) -> (Result<AuthenticPiece, AssembleError>, PieceMemory) {
        let found = self.restore_in_place(mac);
        (found, self.into_memory())
    }

    fn restore_in_place(&mut self, mac: &PieceMacKey) -> Result<AuthenticPiece, AssembleError> {
        let claim = self.claim_ready()?;
        let PieceMemory { piece, decoder, .. } = &mut self.memory;
        let places = std::mem::take(&mut self.places);
        let mut restoring = Restoring::within(claim.length, std::mem::take(piece), places)?;
        restoring.restore(decoder)?;
        let mut ciphertext = restoring.into_memory();
        let Some((place, digest)) = self.verified(claim, &ciphertext[..claim.length as usize], mac)
        else {
            self.memory.piece = ciphertext;
            let shards = self.have();
            return Err(AssembleError::NotAuthentic { shards });
        };
        ciphertext.truncate(claim.length as usize);
        Ok(AuthenticPiece {
            place,
            ciphertext,
            digest,
        })
    }

    fn claim_ready(&self) -> Result<Claim, AssembleError> {
        if self.quarantined {
            return Err(self.quarantine());
        }
        let (have, need) = (self.have(), self.claim.map_or(1, |c| c.k));
        self.claim
            .filter(|c| have >= c.k)
            .ok_or(AssembleError::Incomplete { need, have })
    }

    fn first_authentic(
        &self,
        claim: Claim,
        subsets: impl Iterator<Item = Vec<(u16, usize)>>,
        mac: &PieceMacKey,
    ) -> Result<AuthenticPiece, AssembleError> {
        for subset in subsets {
            let chosen = subset.iter().filter_map(|(index, rival)| {
                let shard = self.shards.get(index)?.get(*rival)?;
                let bytes = shard.bytes(&self.memory.piece)?;
                Some((*index, bytes.as_slice()))
            });
            let ciphertext = decode(claim.length, chosen)?;
            if let Some((place, digest)) = self.verified(claim, &ciphertext, mac) {
                return Ok(AuthenticPiece {
                    place,
                    ciphertext,
                    digest,
                });
            }
        }
        let shards = self.have();
        Err(AssembleError::NotAuthentic { shards })
    }

    /// Whether this is what the tag authenticates.
    fn verified(
        &self,
        claim: Claim,
        ciphertext: &[u8],
        mac: &PieceMacKey,
    ) -> Option<(PiecePlace, Digest)> {
        let digest = sha256(ciphertext);
        let place = PiecePlace {
            kit: self.key.kit,
            dispatch: self.key.dispatch,
            piece: self.key.piece,
            last: claim.last,
        };
        let facts = place.facts(claim.k, claim.length, &digest);
        let verified = mac.verify(&facts, &self.key.tag);
        verified.ok().map(|()| (place, digest))
    }

    /// Subsets of K shards, likeliest first, each a list of (index, rival), in an order that depends on nothing but what
    /// is held: the lowest indexes; each rival in turn; then, while there are spares, the spares in place of one run of
    /// the first choice after another, which finds any bad shard whose run and spares are otherwise sound.
    fn subsets(&self, k: u16) -> impl Iterator<Item = Vec<(u16, usize)>> {
        let k = usize::from(k);
        let all: Vec<(u16, usize)> = self.shards.keys().map(|i| (*i, 0)).collect();
        let (first, spares) = (all[..k].to_vec(), all[k..].to_vec());
        let rivals: Vec<(u16, usize)> = self
            .shards
            .iter()
            .flat_map(|(index, held)| (1..held.len()).map(|rival| (*index, rival)))
            .collect();
        let base = first.clone();
        let by_rival = rivals.into_iter().filter_map(move |rival| {
            let mut subset = base.clone();
            *subset.iter_mut().find(|slot| slot.0 == rival.0)? = rival;
            Some(subset)
        });
        let mut widths = Vec::new();
        let mut width = spares.len().min(k);
        while width > 0 {
            widths.push(width);
            width /= 2;
        }
        let base = first.clone();
        let by_spares = widths.into_iter().flat_map(move |width| {
            let (base, spares) = (base.clone(), spares.clone());
            let shifts = spares.len() / width;
            (0..base.len().div_ceil(width)).flat_map(move |run| {
                let (base, spares) = (base.clone(), spares.clone());
                (0..shifts).map(move |shift| {
                    let mut subset = base.clone();
                    let from = run * width;
                    let spare = spares[shift * width..].iter();
                    subset[from..]
                        .iter_mut()
                        .zip(spare.take(width))
                        .for_each(|(a, b)| *a = *b);
                    subset
                })
            })
        });
        std::iter::once(first).chain(by_rival).chain(by_spares)
    }
}
