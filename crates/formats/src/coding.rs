//! The erasure code over a piece's ciphertext: any K different shards restore it.
//!
//! Reed-Solomon over GF(2^16), explicitly the low-rate construction, in which recovery shard `i` depends on K and the
//! data alone and not on how many recovery shards are made. So every K has one fixed code of 1,024 shards (indexes
//! below K are the ciphertext itself, zero-padded; K up to 1,023 are recovery), and a sender emits as many as its road
//! deserves. K = 256 leaves 768 = 3K recovery shards, smaller K leave more.

use reed_solomon_simd::engine::DefaultEngine;
use reed_solomon_simd::rate::{
    DecoderWork, EncoderWork, LowRateDecoder, LowRateEncoder, RateDecoder, RateEncoder,
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
    let mut restoring = Restoring::copying(length, shards)?;
    restoring.restore(&mut Decoder::default())?;
    let mut ciphertext = restoring.into_memory();
    ciphertext.truncate(length as usize);
    Ok(ciphertext)
}

/// Working memory of decoding, kept from piece to piece.
#[derive(Default)]
pub struct Decoder {
    work: Option<DecoderWork>,
}

/// A ciphertext that is being restored in the memory of the K shards that restore it.
pub(crate) struct Restoring {
    /// K places of a shard each.
    out: Vec<u8>,
    /// Which shard lies in each: an original one in its own, a recovery shard in the place of one that is missing.
    places: Vec<u16>,
}

impl Restoring {
    /// Copies K of the shards.
    fn copying<'a>(
        length: u32,
        shards: impl IntoIterator<Item = (u16, &'a [u8])>,
    ) -> Result<Self, CodingError> {
        let k = shards_for(length as usize).ok_or(CodingError::Length(length as usize))?;
        let mut out = vec![0; usize::from(k) * SHARD];
        let mut places = vec![None; usize::from(k)];
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
                places[usize::from(index)] = Some(index);
            } else {
                recovery.push((index, shard));
            }
        }
        let free = places.iter_mut().zip(out.chunks_exact_mut(SHARD));
        let free = free.filter(|(place, _)| place.is_none());
        for ((place, room), (index, shard)) in free.zip(recovery) {
            *place = Some(index);
            room.copy_from_slice(shard);
        }
        Self::within(length, out, places)
    }

    /// Takes K shards as they lie in `out`, whose places say which they are.
    pub(crate) fn within(
        length: u32,
        out: Vec<u8>,
        places: Vec<Option<u16>>,
    ) -> Result<Self, CodingError> {
        let k = shards_for(length as usize).ok_or(CodingError::Length(length as usize))?;
        if out.len() != usize::from(k) * SHARD || places.len() != usize::from(k) {
            return Err(CodingError::Length(out.len()));
        }
        let have = places.iter().flatten().count();
        let misplaced = |(own, index): (u16, &Option<u16>)| index.filter(|i| *i < k && *i != own);
        if let Some(index) = (0..).zip(&places).find_map(misplaced) {
            return Err(CodingError::Shard(index));
        }
        let places: Vec<u16> = places.into_iter().flatten().collect();
        if have < usize::from(k) {
            return Err(CodingError::TooFew { k, have });
        }
        Ok(Self { out, places })
    }

    /// Restores what is missing, some stripes at a time, within little memory. A stripe of recovery shards is read before
    /// what it restores is written in its place.
    pub(crate) fn restore(&mut self, decoder: &mut Decoder) -> Result<(), CodingError> {
        let k = self.places.len();
        // The decoder may be told of fewer recovery shards than exist: those beyond the highest one held are erasures to
        // it either way, and its work shrinks with them.
        let highest = self.places.iter().map(|index| usize::from(*index)).max();
        let Some(count) = highest.and_then(|index| (index + 1).checked_sub(k)) else {
            return Ok(());
        };
        if count == 0 {
            return Ok(());
        }
        for from in (0..SHARD).step_by(DECODED) {
            let stripe = from..SHARD.min(from + DECODED);
            let (engine, work) = (DefaultEngine::new(), decoder.work.take());
            let mut coder = LowRateDecoder::new(k, count, stripe.len(), engine, work)?;
            for (index, shard) in self.places.iter().zip(self.out.chunks_exact(SHARD)) {
                let (index, part) = (usize::from(*index), &shard[stripe.clone()]);
                match index.checked_sub(k) {
                    None => coder.add_original_shard(index, part)?,
                    Some(recovery) => coder.add_recovery_shard(recovery, part)?,
                }
            }
            let restored = coder.decode()?;
            for (index, bytes) in restored.restored_original_iter() {
                let start = index * SHARD;
                self.out[start + stripe.start..start + stripe.end].copy_from_slice(bytes);
            }
            drop(restored);
            decoder.work = Some(coder.into_parts().1);
        }
        Ok(())
    }

    /// The K places: the ciphertext and what fills its last shard, once it was restored.
    pub(crate) fn into_memory(self) -> Vec<u8> {
        self.out
    }
}
