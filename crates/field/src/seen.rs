//! The last checkpoints that this device saw of its drops' logs. The next contact piece brings them to the desk, which
//! holds them against what the drops showed it: a drop that shows two people two logs is caught.
//!
//! The last few notes of each drop are kept, and a drop that contradicts itself before these very eyes is remembered with
//! both notes, for they prove it.

use formats::contact::CHECKPOINTS_MAX;
use formats::{Checkpoint, DecodeError, DropUrl, KitDrop, LogVerifier};
use rand_core::{CryptoRng, RngCore};
use wire::MAX_CHECKPOINT_BYTES;

use crate::book::Field;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::record::{Reader, Writer};
use crate::road::Road;

/// Notes kept of one drop: a fork can be told by any of them, and only the desk can tell.
const PER_DROP: usize = 3;

/// What was seen, oldest first within a drop: the last few notes of each.
#[derive(Default)]
pub(crate) struct Seen(Vec<Checkpoint>);

impl Seen {
    pub(crate) fn encode(&self, w: &mut Writer) {
        w.count(self.0.len());
        for seen in &self.0 {
            for text in [seen.drop.as_str(), &seen.note] {
                w.count(text.len()).bytes(text.as_bytes());
            }
        }
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bad = || DecodeError::Invalid {
            what: "checkpoints seen",
            rule: "they are text",
        };
        let text = |r: &mut Reader<'_>| {
            let length = r.count(1)?;
            String::from_utf8(r.take(length)?.to_vec()).map_err(|_| bad())
        };
        let mut seen = Vec::new();
        for _ in 0..r.count(8)? {
            seen.push(Checkpoint {
                drop: text(r)?.parse()?,
                note: text(r)?,
            });
        }
        Ok(Self(seen))
    }

    /// Bytes that encoding takes at most, for a buffer that never moves.
    pub(crate) fn room(&self) -> usize {
        let one = |seen: &Checkpoint| 16 + seen.drop.as_str().len() + seen.note.len();
        8 + self.0.iter().map(one).sum::<usize>()
    }

    /// What the next contact piece brings: of each drop the newest first, then those before.
    pub(crate) fn to_bring(&self) -> Vec<Checkpoint> {
        let newest = |at: usize| {
            self.0
                .iter()
                .skip(at + 1)
                .all(|later| later.drop != self.0[at].drop)
        };
        let (mut first, later): (Vec<_>, Vec<_>) = (0..self.0.len()).partition(|at| newest(*at));
        first.extend(later);
        first.truncate(CHECKPOINTS_MAX);
        first.into_iter().map(|at| self.0[at].clone()).collect()
    }

    /// Takes in what a drop showed; says whether that was anything new.
    fn take(&mut self, drop: &KitDrop, note: &[u8]) -> bool {
        let note = match std::str::from_utf8(note) {
            Ok(note) if !note.is_empty() && note.len() <= MAX_CHECKPOINT_BYTES => note.to_owned(),
            _ => return false,
        };
        let mine: Vec<usize> = (0..self.0.len())
            .filter(|at| self.0[*at].drop == drop.url)
            .collect();
        if mine.iter().any(|at| self.0[*at].note == note) {
            return false;
        }
        if mine.len() >= PER_DROP {
            // One goes that the next one may honestly follow; two that contradict each other stay together.
            let key = drop.log_key.as_ref();
            let followed =
                |pair: &[usize]| follows(key, &self.0[pair[0]].note, &self.0[pair[1]].note);
            let spare = mine.windows(2).position(followed).unwrap_or(0);
            self.0.remove(mine[spare]);
        }
        self.0.push(Checkpoint {
            drop: drop.url.clone(),
            note,
        });
        true
    }

    fn retain(&mut self, drops: &[KitDrop]) {
        let known = |url: &DropUrl| drops.iter().any(|drop| drop.url == *url);
        self.0.retain(|seen| known(&seen.drop));
    }
}

/// Whether a log that showed `old` may honestly show `new` later. Without the log's key nothing can be told.
fn follows(key: Option<&LogVerifier>, old: &str, new: &str) -> bool {
    let Some(key) = key else {
        return true;
    };
    match (key.open(old.as_bytes()), key.open(new.as_bytes())) {
        (Ok(old), Ok(new)) if old.size() == new.size() => old.root() == new.root(),
        (Ok(old), Ok(new)) => old.size() < new.size(),
        // A note that the log's key did not sign says nothing against a later one.
        (Err(_), Ok(_)) => true,
        (_, Err(_)) => false,
    }
}

impl<D: Disk> Field<D> {
    /// Looks once at the log of each of these drops, by their positions in the kit. A drop that does not answer, or
    /// keeps no log, is no reason to fail: what was sent is sent.
    pub(crate) fn look_at_logs<R: Road>(
        &mut self,
        road: &mut R,
        positions: &[u16],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let mut news = false;
        for position in positions {
            let Some(drop) = self.state.kit.drops.get(usize::from(*position)) else {
                continue;
            };
            if let Ok(note) = road.checkpoint(&drop.url) {
                news |= self.state.seen.take(drop, &note);
            }
        }
        if news {
            self.state.seen.retain(&self.state.kit.drops);
            self.commit(rng)?;
        }
        Ok(())
    }
}
