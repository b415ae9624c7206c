//! Cells back to a piece, desk-side and pure: group, decode, and believe nothing until the piece's MAC says so.
//!
//! Shards come from whoever holds a kit's keys, so a captured kit can send validly veiled poison. Its worst effect is
//! work and delay, both bounded: a piece comes out only if its ciphertext has exactly the SHA-256 that the tag
//! authenticates, and shards that contradict each other make more subsets to try, not a wrong result.

use std::collections::BTreeMap;

use keys::{PieceMacKey, PieceTag};
use ledger::{Digest, sha256};

use crate::SHARD;
use crate::cell::CellHeader;
use crate::coding::{CodingError, Restoring};
use crate::id::{DispatchId, KitId, PieceNo};
use crate::piece::PiecePlace;

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

/// Collects the shards of one piece.
#[derive(Debug)]
pub struct Assembler {
    key: PieceKey,
    claim: Option<Claim>,
    quarantined: bool,
    shards: BTreeMap<u16, Vec<Box<[u8]>>>,
}

impl Assembler {
    /// Collects for this key.
    #[must_use]
    pub fn new(key: PieceKey) -> Self {
        Self {
            key,
            claim: None,
            quarantined: false,
            shards: BTreeMap::new(),
        }
    }

    /// Adds an opened cell. The same shard again changes nothing.
    ///
    /// # Errors
    /// A foreign cell, one that contradicts the others (which quarantines the piece for good), or a fifth rival shard.
    pub fn add(&mut self, header: &CellHeader, shard: &[u8]) -> Result<Progress, AssembleError> {
        if PieceKey::of(header) != self.key {
            return Err(AssembleError::Foreign);
        }
        if shard.len() != SHARD {
            return Err(AssembleError::ShardSize { got: shard.len() });
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
        let rivals = self.shards.entry(header.index).or_default();
        if !rivals.iter().any(|known| known.as_ref() == shard) {
            if rivals.len() == RIVALS_MAX {
                return Err(AssembleError::Rivals {
                    index: header.index,
                });
            }
            rivals.push(shard.into());
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
        self.finish_by(mac, attempts, |restoring: &mut Restoring<'_>| {
            restoring.restore()
        })
    }

    /// The same, with a say in how decoding is done: who has threads does its parts at once.
    ///
    /// # Errors
    /// As for [`Self::finish`].
    pub fn finish_by(
        &self,
        mac: &PieceMacKey,
        attempts: usize,
        restore: impl Fn(&mut Restoring<'_>) -> Result<(), CodingError>,
    ) -> Result<AuthenticPiece, AssembleError> {
        if self.quarantined {
            return Err(self.quarantine());
        }
        let (have, need) = (self.have(), self.claim.map_or(1, |c| c.k));
        let Some(claim) = self.claim.filter(|c| have >= c.k) else {
            return Err(AssembleError::Incomplete { need, have });
        };
        for subset in self.subsets(claim.k).take(attempts.max(1)) {
            if let Some(piece) = self.attempt(claim, &subset, mac, &restore)? {
                return Ok(piece);
            }
        }
        Err(AssembleError::NotAuthentic { shards: have })
    }

    fn attempt(
        &self,
        claim: Claim,
        subset: &[(u16, usize)],
        mac: &PieceMacKey,
        restore: impl Fn(&mut Restoring<'_>) -> Result<(), CodingError>,
    ) -> Result<Option<AuthenticPiece>, AssembleError> {
        let chosen = subset.iter().filter_map(|(index, rival)| {
            let shard = self.shards.get(index)?.get(*rival)?;
            Some((*index, shard.as_ref()))
        });
        let mut restoring = Restoring::new(claim.length, chosen)?;
        restore(&mut restoring)?;
        let ciphertext = restoring.finish();
        let digest = sha256(&ciphertext);
        let place = PiecePlace {
            kit: self.key.kit,
            dispatch: self.key.dispatch,
            piece: self.key.piece,
            last: claim.last,
        };
        let facts = place.facts(claim.k, claim.length, &digest);
        Ok(mac
            .verify(&facts, &self.key.tag)
            .ok()
            .map(|()| AuthenticPiece {
                place,
                ciphertext,
                digest,
            }))
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
