//! How far the field has come: the epoch of its chain, the fresh chain that replaces the kit's, and what is still wanted
//! of what was sealed earlier.
//!
//! The epoch is the number of weeks since the kit was issued. It never goes back, whatever the clock says, and never
//! more than [`EPOCHS_AHEAD`] past the last one that the newsroom confirmed, so that a wrong clock cannot carry the field
//! out of the newsroom's reach. Only the current link of each chain is here: whoever takes all of it cannot recognise
//! what was sent before.

use formats::contact::SESSIONS_MAX;
use formats::{DecodeError, Retired, Standing};
use keys::ChainKey;
use keys::chain::{EPOCHS_AHEAD, epoch_at};
use rand_core::{CryptoRng, RngCore};

use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::hold::Hold;
use crate::record::{Reader, Writer};
use crate::state::{Awaited, Dispatch, State};

/// Packed files are not acknowledged; for so many epochs they are taken to be on their way.
const PACK_LIFE: u32 = 52;
/// The most packed epochs remembered; with one for each week of [`PACK_LIFE`] and intake identity there are never more.
const PACKS_MAX: usize = 4 * PACK_LIFE as usize;

/// What was packed, never to be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packed {
    epoch: u32,
    intake: u32,
}

/// How far the field has come. The current link of the chain in use is the kit's own.
#[derive(Debug, Default)]
pub(crate) struct Epochs {
    /// The epoch of the kit's chain key.
    pub(crate) epoch: u32,
    /// The newest epoch that the newsroom confirmed.
    pub(crate) confirmed: u32,
    /// The fresh chain's key of `epoch`, from the first dispatch until a reply shows that the newsroom has it.
    pub(crate) next: Option<ChainKey>,
    /// The fresh chain is in use.
    pub(crate) fresh: bool,
    /// Until when the newsroom keeps earlier intake identities, by the last bulletin.
    pub(crate) retired: Vec<Retired>,
    packs: Vec<Packed>,
}

const NEXT: u8 = 1;
const FRESH: u8 = 2;

impl Epochs {
    /// Bytes of the encoding.
    pub(crate) fn room(&self) -> usize {
        4 + 4 + 1 + 32 + 4 + self.packs.len() * 8 + 4 + self.retired.len() * 12
    }

    pub(crate) fn encode(&self, w: &mut Writer) {
        let next = if self.next.is_some() { NEXT } else { 0 };
        let fresh = if self.fresh { FRESH } else { 0 };
        w.u32(self.epoch).u32(self.confirmed).byte(next | fresh);
        if let Some(next) = &self.next {
            w.bytes(next.expose_bytes());
        }
        w.count(self.packs.len());
        for pack in &self.packs {
            w.u32(pack.epoch).u32(pack.intake);
        }
        w.count(self.retired.len());
        for one in &self.retired {
            w.u32(one.epoch).i64(one.until);
        }
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (epoch, confirmed, flags) = (r.u32()?, r.u32()?, r.flags(NEXT | FRESH)?);
        let mut epochs = Self {
            epoch,
            confirmed,
            fresh: flags & FRESH != 0,
            ..Self::default()
        };
        if flags & NEXT != 0 {
            epochs.next = Some(ChainKey::from_bytes(r.array()?));
        }
        for _ in 0..r.count(8)? {
            let (epoch, intake) = (r.u32()?, r.u32()?);
            epochs.packs.push(Packed { epoch, intake });
        }
        for _ in 0..r.count(12)? {
            let (epoch, until) = (r.u32()?, r.i64()?);
            epochs.retired.push(Retired { epoch, until });
        }
        Ok(epochs)
    }
}

impl State {
    /// The epoch to be in at this moment: by the clock, never back, never out of the newsroom's reach.
    fn epoch_due(&self, now: i64) -> u32 {
        let limit = self.epochs.confirmed.saturating_add(EPOCHS_AHEAD);
        epoch_at(self.kit.issued_at, now)
            .min(limit)
            .max(self.epochs.epoch)
    }

    /// Moves to the epoch of this moment; the caller saves. Says whether anything changed.
    pub(crate) fn turn_epoch(&mut self, now: i64) -> bool {
        let due = self.epoch_due(now);
        let turns = due > self.epochs.epoch;
        self.advance_to(due);
        turns
    }

    /// Moves both chains on; their earlier links are wiped as they are replaced.
    fn advance_to(&mut self, epoch: u32) {
        if self.epochs.epoch < epoch {
            self.send_parts_anew();
        }
        while self.epochs.epoch < epoch {
            self.kit.chain = self.kit.chain.advance();
            self.epochs.next = self.epochs.next.as_ref().map(ChainKey::advance);
            self.epochs.epoch += 1;
        }
        let oldest = epoch.saturating_sub(PACK_LIFE);
        self.epochs.packs.retain(|pack| pack.epoch >= oldest);
    }

    /// Makes the fresh chain, once in the life of a kit.
    pub(crate) fn begin_fresh_chain(&mut self, rng: &mut (impl RngCore + CryptoRng)) {
        if self.epochs.next.is_none() && !self.epochs.fresh {
            self.epochs.next = Some(ChainKey::generate(rng));
        }
    }

    /// Something authentic came through this pair: the newsroom has opened the contact piece that brought it. So it knows
    /// an epoch no older than that piece's, and the fresh chain, which every contact piece brings until it is in use.
    pub(crate) fn confirmed_by(&mut self, awaited_epoch: u32) {
        self.epochs.confirmed = self.epochs.confirmed.max(awaited_epoch);
        if let Some(next) = self.epochs.next.take() {
            self.kit.chain = next;
            self.epochs.fresh = true;
            self.send_parts_anew();
        }
    }

    /// A piece's tag comes from the keys of the moment, and shards under different tags never meet. Of a piece that was sent in
    /// part under the keys that end now, all shards go again; what was sent whole stays sent.
    fn send_parts_anew(&mut self) {
        let pieces = self.dispatches.iter_mut().flat_map(|d| &mut d.pieces);
        for piece in pieces.filter(|piece| !piece.forgotten) {
            let k = piece.k();
            piece.sent.keep_whole(k);
        }
    }

    /// Notes that something was packed now which will never be acknowledged.
    fn note_pack(&mut self) {
        let pack = Packed {
            epoch: self.epochs.epoch,
            intake: self.kit.intake_epoch,
        };
        if !self.epochs.packs.contains(&pack) && self.epochs.packs.len() < PACKS_MAX {
            self.epochs.packs.push(pack);
        }
    }

    /// How far the field is, for the newsroom.
    pub(crate) fn standing(&self) -> Standing {
        let waiting = self
            .dispatches
            .iter()
            .filter(|dispatch| dispatch.pieces.iter().any(|piece| !piece.forgotten))
            .map(|dispatch| (self.epoch_wanted(dispatch), dispatch.intake));
        let packed = self
            .epochs
            .packs
            .iter()
            .map(|pack| (pack.epoch, pack.intake));
        let mut standing = Standing {
            epoch: self.epochs.epoch,
            epoch_from: self.epochs.epoch,
            ..Standing::of_kit(&self.kit)
        };
        for (epoch, intake) in waiting.chain(packed) {
            standing.epoch_from = standing.epoch_from.min(epoch);
            standing.intake_from = standing.intake_from.min(intake);
        }
        standing
    }

    /// From which epoch on cells of a dispatch may be on their way. Of what was held back and nothing else the sealing may
    /// be long ago: after as many epochs as a packed file has, it keeps no older one open. Whenever it is asked for, it goes
    /// under the keys of that day.
    fn epoch_wanted(&self, dispatch: &Dispatch) -> u32 {
        let mut here = dispatch.pieces.iter().filter(|piece| !piece.forgotten);
        if here.all(|piece| piece.hold != Hold::None) {
            let oldest = self.epochs.epoch.saturating_sub(PACK_LIFE);
            dispatch.epoch.max(oldest)
        } else {
            dispatch.epoch
        }
    }

    /// The pair's epoch of sealing is what a reply through it confirms.
    pub(crate) fn await_reply(&mut self, keys: keys::ReplyKeys, now: i64) {
        self.awaited.push(Awaited {
            keys,
            made_at: now,
            epoch: self.epochs.epoch,
        });
    }
}

impl<D: Disk> Field<D> {
    /// Moves to the epoch of this moment, as every opening does: for a field that stays open over the turn of a week.
    ///
    /// The old links leave memory first; then the state without them is saved and synced; only what comes after is
    /// sealed under the new ones.
    ///
    /// # Errors
    /// The disk failed.
    pub fn turn_epoch(
        &mut self,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        if self.state.turn_epoch(now) {
            self.commit(rng)?;
        }
        Ok(())
    }

    /// The epoch that this field is in.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.state.epochs.epoch
    }

    /// Whether cells go out under the fresh chain: the newsroom has answered, and the kit's own chain is no longer used.
    #[must_use]
    pub fn on_fresh_chain(&self) -> bool {
        self.state.epochs.fresh
    }

    /// How far the field is, as a packed dispatch tells it; notes durably that something of this epoch is on its way which
    /// will never be acknowledged.
    ///
    /// # Errors
    /// The disk failed.
    pub fn standing_for_pack(
        &mut self,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Standing, FieldError> {
        self.turn_epoch(now, rng)?;
        self.state.note_pack();
        self.commit(rng)?;
        Ok(self.state.standing())
    }
}

const _: () = assert!(formats::kit::DROPS_MAX <= SESSIONS_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_comes_back() {
        let epochs = Epochs {
            epoch: 7,
            confirmed: 5,
            next: Some(ChainKey::from_bytes([9; 32])),
            fresh: false,
            retired: vec![Retired {
                epoch: 1,
                until: 77,
            }],
            packs: vec![Packed {
                epoch: 3,
                intake: 1,
            }],
        };
        let mut w = Writer::with_room(epochs.room());
        epochs.encode(&mut w);
        assert!(w.0.len() <= epochs.room());
        let mut r = Reader(&w.0);
        let again = Epochs::decode(&mut r).unwrap();
        r.end().unwrap();
        assert_eq!(format!("{again:?}"), format!("{epochs:?}"));
        assert_eq!(
            again.next.unwrap().expose_bytes(),
            epochs.next.unwrap().expose_bytes()
        );
    }
}
