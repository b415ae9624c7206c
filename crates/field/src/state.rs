//! What the device remembers: the kit with its unspent tokens, which sealed pieces lie here and what was acknowledged of
//! them, the keys of replies still awaited, and messages not yet shown. No file name, no note, nothing that opens a piece.

use formats::cell::{INDEX_END, shards_for};
use formats::{DecodeError, Digest, DispatchId, Kit, PieceNo};
use keys::{ReplyIdentity, ReplyKeys, ReplySecret, SlotGeneration};

use crate::budget::{BUDGET_LEN, Budget};
use crate::class::Class;
use crate::epochs::Epochs;
use crate::hold::Hold;
use crate::import::Import;
use crate::messages::Messages;
use crate::record::{Reader, Writer};
use crate::recording::Recording;
use crate::seen::Seen;
use crate::settings::Settings;
use crate::vault::{Extent, Stored};

const VERSION: u8 = 1;
const SENT_WORDS: usize = INDEX_END as usize / 64;
/// Replies not read within 180 days are given up, their keys erased.
pub(crate) const REPLY_LIFE: i64 = 180 * 24 * 3_600 * 1_000_000;

/// Which shards of a piece a drop has acknowledged.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SentShards([u64; SENT_WORDS]);

impl SentShards {
    pub(crate) fn none() -> Self {
        Self([0; SENT_WORDS])
    }

    pub(crate) fn has(&self, index: u16) -> bool {
        let (word, bit) = (usize::from(index / 64), index % 64);
        self.0.get(word).is_some_and(|w| w >> bit & 1 == 1)
    }

    pub(crate) fn add(&mut self, index: u16) {
        if let Some(word) = self.0.get_mut(usize::from(index / 64)) {
            *word |= 1 << (index % 64);
        }
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Forgets what was acknowledged, unless it is as many as restore the piece.
    pub(crate) fn keep_whole(&mut self, k: u16) {
        if self.count() < u32::from(k) {
            *self = Self::none();
        }
    }
}

/// One sealed piece lying on this device.
pub(crate) struct PieceState {
    /// Where it lies.
    pub(crate) stored: Stored,
    /// SHA-256 of its ciphertext.
    pub(crate) digest: Digest,
    /// Bytes of its ciphertext.
    pub(crate) length: u32,
    /// The newsroom has it; its slots are noise.
    pub(crate) forgotten: bool,
    /// When its turn comes on a road.
    pub(crate) class: Class,
    /// Whether it waits for somebody's word.
    pub(crate) hold: Hold,
    /// What drops acknowledged of it.
    pub(crate) sent: SentShards,
}

impl PieceState {
    pub(crate) fn k(&self) -> u16 {
        shards_for(self.length as usize).unwrap_or(1)
    }

    /// Whether `send` has to do with it: it is here, and nobody's word is waited for.
    pub(crate) fn is_to_send(&self) -> bool {
        !self.forgotten && !self.hold.waits()
    }
}

/// One dispatch: its pieces by number, the last being the manifest, unless it is a recording that has none yet.
pub(crate) struct Dispatch {
    pub(crate) id: DispatchId,
    pub(crate) sealed_at: i64,
    pub(crate) complete: bool,
    /// The epoch of sealing: no cell of it is older.
    pub(crate) epoch: u32,
    /// The intake epoch of the recipient it is sealed to.
    pub(crate) intake: u32,
    pub(crate) pieces: Vec<PieceState>,
    /// Set while the manifest is still to come.
    pub(crate) recording: Option<Recording>,
}

/// How far a dispatch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispatchState {
    /// Sealed, nothing sent.
    Sealed,
    /// Some of it was sent.
    Sending,
    /// Drops acknowledged enough of every piece that is not held back; the newsroom has not answered for all.
    Sent,
    /// The newsroom has all of it; nothing of it lies here.
    Received,
}

impl DispatchState {
    /// One word, the same in every language: what tools read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Received => "received",
        }
    }
}

impl Dispatch {
    pub(crate) fn state(&self) -> DispatchState {
        let done = |p: &PieceState| !p.is_to_send() || p.sent.count() >= u32::from(p.k());
        if self.complete {
            DispatchState::Received
        } else if self.recording.is_none() && self.pieces.iter().all(done) {
            DispatchState::Sent
        } else if self
            .pieces
            .iter()
            .any(|p| p.forgotten || p.sent.count() > 0)
        {
            DispatchState::Sending
        } else {
            DispatchState::Sealed
        }
    }

    pub(crate) fn numbered(&self) -> impl Iterator<Item = (PieceNo, &PieceState)> {
        (0_u32..).map(PieceNo).zip(&self.pieces)
    }

    /// The manifest's number. Of a recording without one, a number that no piece has.
    pub(crate) fn last(&self) -> PieceNo {
        if self.recording.is_some() {
            return PieceNo(u32::MAX);
        }
        PieceNo(u32::try_from(self.pieces.len().saturating_sub(1)).unwrap_or(u32::MAX))
    }
}

/// A reply that may still come.
pub(crate) struct Awaited {
    pub(crate) keys: ReplyKeys,
    pub(crate) made_at: i64,
    /// The epoch in which its contact piece was sealed.
    pub(crate) epoch: u32,
}

/// Everything the device remembers.
pub(crate) struct State {
    pub(crate) kit: Kit,
    pub(crate) dispatches: Vec<Dispatch>,
    pub(crate) awaited: Vec<Awaited>,
    pub(crate) messages: Messages,
    pub(crate) seen: Seen,
    pub(crate) epochs: Epochs,
    pub(crate) import: Import,
    pub(crate) settings: Settings,
    pub(crate) budget: Budget,
    /// Slots of pieces that were forgotten since the last save, which frees them. Not saved.
    pub(crate) freed: Vec<Extent>,
}

const COMPLETE: u8 = 1;
const RECORDING: u8 = 2;
const FORGOTTEN: u8 = 1;
/// Where a piece's class lies beside that flag.
const CLASS_SHIFT: u8 = 1;
const CLASS_BITS: u8 = 0b110;
/// And whether it is held back.
const HOLD_SHIFT: u8 = 3;
const HOLD_BITS: u8 = 0b11000;
const PIECE_MIN: usize = 32 + 4 + 1;
/// Start and count of a run of slots.
const EXTENT_LEN: usize = 4 + 2;
const AWAITED_LEN: usize = 32 + 32 + 8 + 4;
const DISPATCH_MIN: usize = 16 + 8 + 1 + 4 + 4 + 4;

impl State {
    pub(crate) fn encode(&self) -> Result<Writer, DecodeError> {
        let kit = self.kit.encode()?;
        let pieces: usize = self.dispatches.iter().map(|d| d.pieces.len()).sum();
        let room = 64
            + kit.len()
            + self.dispatches.len() * (DISPATCH_MIN + 12 + formats::dispatch::KIND_MAX)
            + pieces * (PIECE_MIN + 4 + 16 + 4 + SENT_WORDS * 8)
            + self.extents() * EXTENT_LEN
            + self.awaited.len() * AWAITED_LEN
            + self.messages.room()
            + self.seen.room()
            + self.epochs.room()
            + self.import.room()
            + Settings::ROOM
            + BUDGET_LEN;
        let mut w = Writer::with_room(room);
        w.byte(VERSION).count(kit.len()).bytes(&kit);
        w.count(self.dispatches.len());
        for dispatch in &self.dispatches {
            encode_dispatch(&mut w, dispatch);
        }
        w.count(self.awaited.len());
        for awaited in &self.awaited {
            w.bytes(awaited.keys.identity.expose_bytes());
            w.bytes(awaited.keys.secret.expose_bytes())
                .i64(awaited.made_at)
                .u32(awaited.epoch);
        }
        self.messages.encode(&mut w)?;
        self.seen.encode(&mut w);
        self.epochs.encode(&mut w);
        self.import.encode(&mut w);
        self.settings.encode(&mut w);
        self.budget.encode(&mut w);
        Ok(w)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader(bytes);
        r.version(VERSION)?;
        let kit = r.count(1)?;
        let kit = Kit::decode(r.take(kit)?)?;
        let dispatches = (0..r.count(DISPATCH_MIN)?)
            .map(|_| decode_dispatch(&mut r))
            .collect::<Result<_, _>>()?;
        let mut awaited = Vec::new();
        for _ in 0..r.count(AWAITED_LEN)? {
            let keys = ReplyKeys {
                identity: ReplyIdentity::from_bytes(r.array()?),
                secret: ReplySecret::from_bytes(r.array()?),
            };
            awaited.push(Awaited {
                keys,
                made_at: r.i64()?,
                epoch: r.u32()?,
            });
        }
        let messages = Messages::decode(&mut r)?;
        let seen = Seen::decode(&mut r)?;
        let epochs = Epochs::decode(&mut r)?;
        let import = Import::decode(&mut r)?;
        let settings = Settings::decode(&mut r)?;
        let budget = Budget::decode(&mut r)?;
        r.end()?;
        Ok(Self {
            kit,
            dispatches,
            awaited,
            messages,
            seen,
            epochs,
            import,
            settings,
            budget,
            freed: Vec::new(),
        })
    }

    /// A device's first day.
    pub(crate) fn new(kit: Kit, settings: Settings) -> Self {
        Self {
            kit,
            dispatches: Vec::new(),
            awaited: Vec::new(),
            messages: Messages::default(),
            seen: Seen::default(),
            epochs: Epochs::default(),
            import: Import::default(),
            settings,
            budget: Budget::default(),
            freed: Vec::new(),
        }
    }

    fn extents(&self) -> usize {
        let pieces = self.dispatches.iter().flat_map(|d| &d.pieces);
        pieces.map(|piece| piece.stored.extents.len()).sum()
    }

    pub(crate) fn dispatch_mut(&mut self, id: &DispatchId) -> Option<&mut Dispatch> {
        self.dispatches
            .iter_mut()
            .find(|dispatch| dispatch.id == *id)
    }

    /// Whether drops have all of a dispatch, or the newsroom has.
    pub(crate) fn is_sent(&self, id: &DispatchId) -> bool {
        let mut found = self.dispatches.iter().filter(|one| one.id == *id);
        found.all(|one| matches!(one.state(), DispatchState::Sent | DispatchState::Received))
    }
}

fn encode_dispatch(w: &mut Writer, dispatch: &Dispatch) {
    w.bytes(&dispatch.id.0).i64(dispatch.sealed_at);
    let complete = if dispatch.complete { COMPLETE } else { 0 };
    let recording = if dispatch.recording.is_some() {
        RECORDING
    } else {
        0
    };
    w.byte(complete | recording);
    if let Some(recording) = &dispatch.recording {
        recording.encode(w);
    }
    w.u32(dispatch.epoch).u32(dispatch.intake);
    w.count(dispatch.pieces.len());
    for piece in &dispatch.pieces {
        w.bytes(&piece.digest.0).u32(piece.length);
        let forgotten = if piece.forgotten { FORGOTTEN } else { 0 };
        let hold = piece.hold.bits() << HOLD_SHIFT;
        w.byte(forgotten | piece.class.bits() << CLASS_SHIFT | hold);
        if let Some(number) = piece.hold.number() {
            w.u32(number);
        }
        if !piece.forgotten {
            encode_stored(w, &piece.stored);
            for word in piece.sent.0 {
                w.u64(word);
            }
        }
    }
}

fn decode_dispatch(r: &mut Reader<'_>) -> Result<Dispatch, DecodeError> {
    let (id, sealed_at) = (DispatchId(r.array()?), r.i64()?);
    let flags = r.flags(COMPLETE | RECORDING)?;
    let recording = if flags & RECORDING == 0 {
        None
    } else {
        Some(Recording::decode(r)?)
    };
    let (epoch, intake) = (r.u32()?, r.u32()?);
    let count = r.count(PIECE_MIN)?;
    let pieces = (0..count)
        .map(|_| decode_piece(r))
        .collect::<Result<_, _>>()?;
    Ok(Dispatch {
        id,
        sealed_at,
        complete: flags & COMPLETE != 0,
        epoch,
        intake,
        pieces,
        recording,
    })
}

fn decode_piece(r: &mut Reader<'_>) -> Result<PieceState, DecodeError> {
    let (digest, length) = (Digest(r.array()?), r.u32()?);
    let flags = r.flags(FORGOTTEN | CLASS_BITS | HOLD_BITS)?;
    let mut piece = PieceState {
        stored: Stored::nothing(),
        digest,
        length,
        forgotten: flags & FORGOTTEN == FORGOTTEN,
        class: Class::from_bits(flags >> CLASS_SHIFT),
        hold: Hold::from_bits(flags >> HOLD_SHIFT, || r.u32())?,
        sent: SentShards::none(),
    };
    if !piece.forgotten {
        piece.stored = decode_stored(r)?;
        for word in &mut piece.sent.0 {
            *word = r.u64()?;
        }
    }
    Ok(piece)
}

fn encode_stored(w: &mut Writer, stored: &Stored) {
    w.bytes(stored.generation.expose_bytes())
        .count(stored.extents.len());
    for extent in &stored.extents {
        w.u32(extent.start).u16(extent.count);
    }
}

fn decode_stored(r: &mut Reader<'_>) -> Result<Stored, DecodeError> {
    let generation = SlotGeneration::from_bytes(r.array()?);
    let mut extents = Vec::new();
    for _ in 0..r.count(EXTENT_LEN)? {
        extents.push(Extent {
            start: r.u32()?,
            count: r.u16()?,
        });
    }
    Ok(Stored {
        generation,
        extents,
    })
}

#[cfg(test)]
mod tests {
    use super::SentShards;

    #[test]
    fn a_part_is_forgotten_and_a_whole_is_kept() {
        let mut sent = SentShards::none();
        [0, 5].into_iter().for_each(|index| sent.add(index));
        sent.keep_whole(2);
        assert_eq!(sent.count(), 2);
        sent.keep_whole(3);
        assert_eq!(sent.count(), 0);
    }
}
