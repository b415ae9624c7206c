//! The erasure code over a piece's ciphertext: any K different shards restore it.
//!
//! Reed-Solomon over GF(2^16), explicitly the low-rate construction, in which recovery shard `i` depends on K and the
//! data alone and not on how many recovery shards are made. So every K has one fixed code of 1,024 shards (indexes
//! below K are the ciphertext itself, zero-padded; K up to 1,023 are recovery), and a sender emits as many as its road
//! deserves. K = 256 leaves 768 = 3K recovery shards, smaller K leave more.

use reed_solomon_simd::engine::DefaultEngine;
use reed_solomon_simd::rate::{
    EncoderWork, LowRateDecoder, LowRateEncoder, RateDecoder, RateEncoder,
};

use crate::cell::{INDEX_END, shards_for};
use crate::{K_MAX, SHARD};

/// Why coding failed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CodingError {
    /// No ciphertext, or more than 256 shards of it.
    #[error("a ciphertext of {0} bytes does not fill 1 to 256 shards")]
    Length(usize),
    /// More recovery shards than the code has for this K.
    #[error("K={k} has at most {} recovery shards, {asked} asked for", recovery_limit(*k))]
    Recovery {
        /// Shards of the ciphertext.
        k: u16,
        /// Recovery shards asked for.
        asked: u16,
    },
    /// A shard that is not one of this code's, or twice the same index, or not 65,408 bytes.
    #[error("shard {0} does not belong to this piece")]
    Shard(u16),
    /// Fewer than K shards.
    #[error("{k} shards needed, {have} there")]
    TooFew {
        /// Shards needed.
        k: u16,
        /// Shards given.
        have: usize,
    },
    /// The coding library refused; a fault of this program.
    #[error("erasure coding failed")]
    Library(#[from] reed_solomon_simd::Error),
}

/// The most recovery shards the code has for this K.
#[must_use]
pub fn recovery_limit(k: u16) -> u16 {
    INDEX_END - k.clamp(1, K_MAX)
}

/// How many recovery shards `numerator/denominator` of K are, rounded up, within the code's limit.
#[must_use]
pub fn recovery_for(k: u16, numerator: u16, denominator: u16) -> u16 {
    let wanted = (u32::from(k) * u32::from(numerator)).div_ceil(u32::from(denominator.max(1)));
    u16::try_from(wanted)
        .unwrap_or(u16::MAX)
        .min(recovery_limit(k))
}

/// Bytes of every shard that are coded at once. The code works on 64-byte blocks that do not know of each other, so coding
/// in stripes gives the same shards, within the processor's cache and in a tenth of the memory.
const STRIPE: usize = 73 * 64;
const _: () = assert!(SHARD.is_multiple_of(STRIPE));
/// Stripes of a shard.
const SHARD_STRIPES: usize = SHARD / STRIPE;
/// Bytes of every shard that are decoded at once. Decoding begins with work of its own for every stretch, whatever its length, so
/// that one stripe is too little.
const DECODED: usize = 2 * STRIPE;

/// Makes recovery shards; keeps its working memory from piece to piece.
#[derive(Default)]
pub struct Encoder {
    work: Option<EncoderWork>,
    made: Vec<u8>,
}

impl Encoder {
    /// An encoder that has not allocated anything yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the first `count` recovery shards of a ciphertext to `each`, in order, with their shard index.
    ///
    /// # Errors
    /// A ciphertext that fills no piece, more recovery than the code has, or the first error of `each`.
    pub fn recover<E: From<CodingError>>(
        &mut self,
        ciphertext: &[u8],
        count: u16,
        mut each: impl FnMut(u16, &[u8; SHARD]) -> Result<(), E>,
    ) -> Result<(), E> {
        let k = shards_for(ciphertext.len()).ok_or(CodingError::Length(ciphertext.len()))?;
        if count > recovery_limit(k) {
            return Err(CodingError::Recovery { k, asked: count }.into());
        }
        if count == 0 {
            return Ok(());
        }
        self.encode(ciphertext, k, count)?;
        for (index, shard) in (k..).zip(self.made.as_chunks::<SHARD>().0) {
            each(index, shard)?;
        }
        Ok(())
    }

    /// Leaves `count` recovery shards in `made`.
    fn encode(&mut self, ciphertext: &[u8], k: u16, count: u16) -> Result<(), CodingError> {
        let engine = DefaultEngine::new();
        let work = self.work.take();
        let mut encoder = LowRateEncoder::new(k.into(), count.into(), STRIPE, engine, work)?;
        self.made.resize(usize::from(count) * SHARD, 0);
        for at in (0..SHARD).step_by(STRIPE) {
            for index in 0..usize::from(k) {
                add_stripe(&mut encoder, ciphertext, index * SHARD + at)?;
            }
            let stripes = encoder.encode()?;
            for (made, stripe) in self
                .made
                .chunks_exact_mut(SHARD)
                .zip(stripes.recovery_iter())
            {
                made[at..at + STRIPE].copy_from_slice(stripe);
            }
        }
        self.work = Some(encoder.into_parts().1);
        Ok(())
    }
}

/// Feeds the stripe that begins at `start`, zero-padded where the ciphertext ends.
fn add_stripe(
    encoder: &mut LowRateEncoder<DefaultEngine>,
    ciphertext: &[u8],
    start: usize,
) -> Result<(), CodingError> {
    let start = start.min(ciphertext.len());
    let part = &ciphertext[start..(start + STRIPE).min(ciphertext.len())];
    if part.len() == STRIPE {
        return Ok(encoder.add_original_shard(part)?);
    }
    let mut padded = [0; STRIPE];
    padded[..part.len()].copy_from_slice(part);
    Ok(encoder.add_original_shard(padded)?)
}

/// Shows original shard `index` of a ciphertext, zero-padded to a whole shard.
pub fn with_shard<T>(ciphertext: &[u8], index: u16, show: impl FnOnce(&[u8; SHARD]) -> T) -> T {
    let start = (usize::from(index) * SHARD).min(ciphertext.len());
    let part = &ciphertext[start..(start + SHARD).min(ciphertext.len())];
    if let Ok(whole) = part.try_into() {
        return show(whole);
    }
    let mut padded = [0; SHARD];
    padded[..part.len()].copy_from_slice(part);
    show(&padded)
}

/// Restores a ciphertext of `length` bytes from at least K different shards.
///
/// What comes out is only as good as what went in: callers check the piece's MAC.
///
/// # Errors
/// A length that fills no piece, a foreign or repeated shard, or fewer than K of them.
pub fn decode<'a>(
    length: u32,
    shards: impl IntoIterator<Item = (u16, &'a [u8])>,
) -> Result<Vec<u8>, CodingError> {
    let mut restoring = Restoring::new(length, shards)?;
    restoring.restore()?;
    Ok(restoring.finish())
}

/// A ciphertext that is being restored, as a whole or in parts that know nothing of each other: who has threads restores them at once.
pub struct Restoring<'a> {
    length: usize,
    k: u16,
    out: Vec<u8>,
    there: Vec<bool>,
    recovery: Vec<(u16, &'a [u8])>,
}

impl<'a> Restoring<'a> {
    /// Takes the shards that are there.
    ///
    /// # Errors
    /// As for [`decode`].
    pub fn new(
        length: u32,
        shards: impl IntoIterator<Item = (u16, &'a [u8])>,
    ) -> Result<Self, CodingError> {
        let length = length as usize;
        let k = shards_for(length).ok_or(CodingError::Length(length))?;
        let mut out = vec![0; usize::from(k) * SHARD];
        let mut seen = [false; INDEX_END as usize];
        let mut recovery: Vec<(u16, &[u8])> = Vec::new();
        for (index, shard) in shards {
            let known = index < INDEX_END && shard.len() == SHARD;
            if !known || std::mem::replace(&mut seen[usize::from(index)], true) {
                return Err(CodingError::Shard(index));
            }
            if index < k {
                let start = usize::from(index) * SHARD;
                out[start..start + SHARD].copy_from_slice(shard);
            } else {
                recovery.push((index - k, shard));
            }
        }
        let there = seen[..usize::from(k)].to_vec();
        let originals = there.iter().filter(|one| **one).count();
        let have = originals + recovery.len();
        if have < usize::from(k) {
            return Err(CodingError::TooFew { k, have });
        }
        recovery.truncate(usize::from(k) - originals);
        Ok(Self {
            length,
            k,
            out,
            there,
            recovery,
        })
    }

    /// Restores all of it, one part after another.
    ///
    /// # Errors
    /// As for [`Part::restore`].
    pub fn restore(&mut self) -> Result<(), CodingError> {
        self.parts(1).iter_mut().try_for_each(Part::restore)
    }

    /// The work, in at most so many parts; none when nothing is missing.
    pub fn parts(&mut self, most: usize) -> Vec<Part<'_>> {
        if self.recovery.is_empty() {
            return Vec::new();
        }
        let width = SHARD_STRIPES.div_ceil(most.max(1)) * STRIPE;
        let mut parts: Vec<Part<'_>> = (0..SHARD)
            .step_by(width)
            .map(|at| Part {
                at,
                columns: Vec::with_capacity(usize::from(self.k)),
                there: &self.there,
                recovery: &self.recovery,
            })
            .collect();
        for shard in self.out.chunks_exact_mut(SHARD) {
            for (part, column) in parts.iter_mut().zip(shard.chunks_mut(width)) {
                part.columns.push(column);
            }
        }
        parts
    }

    /// The ciphertext, once every part was restored.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.out.truncate(self.length);
        self.out
    }
}

/// The same bytes of every shard.
pub struct Part<'a> {
    /// Where they begin.
    at: usize,
    columns: Vec<&'a mut [u8]>,
    there: &'a [bool],
    recovery: &'a [(u16, &'a [u8])],
}

impl Part<'_> {
    /// Restores what is missing of them, some stripes at a time, within little memory.
    ///
    /// # Errors
    /// [`CodingError::Library`], which is a fault of this program.
    pub fn restore(&mut self) -> Result<(), CodingError> {
        // The decoder may be told of fewer recovery shards than exist: those beyond the highest one held are erasures to
        // it either way, and its work shrinks with them.
        let count = self.recovery.iter().map(|(i, _)| usize::from(*i) + 1).max();
        let (k, count) = (self.columns.len(), count.unwrap_or(1));
        let width = self.columns.first().map_or(0, |column| column.len());
        let mut work = None;
        for from in (0..width).step_by(DECODED) {
            let stripe = from..width.min(from + DECODED);
            let engine = DefaultEngine::new();
            let mut decoder = LowRateDecoder::new(k, count, stripe.len(), engine, work)?;
            let columns = self.columns.iter().zip(self.there).enumerate();
            for (index, (column, _)) in columns.filter(|(_, (_, there))| **there) {
                decoder.add_original_shard(index, &column[stripe.clone()])?;
            }
            let within = self.at + stripe.start..self.at + stripe.end;
            for (index, shard) in self.recovery {
                decoder.add_recovery_shard(usize::from(*index), &shard[within.clone()])?;
            }
            let restored = decoder.decode()?;
            for (index, bytes) in restored.restored_original_iter() {
                self.columns[index][stripe.clone()].copy_from_slice(bytes);
            }
            drop(restored);
            work = Some(decoder.into_parts().1);
        }
        Ok(())
    }
}
