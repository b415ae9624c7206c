//! Whose cell is this: trial opening of headers over the epoch keys of all kits.
//!
//! A header costs 88 bytes to try, and its first eight do for a wrong key. The key that matched last is tried first, because cells come in
//! runs of one dispatch; behind it the keys stand in the order in which they matched, then epochs
//! near the likeliest one before far ones, and last a kit's first chain that its field has left.

use std::sync::Arc;

use formats::{CELL, CellHeader, KitId};
use keys::{ChainKey, EpochKeys};
use newsroom::vaults::Link;

/// Which epochs of which chain are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) kit: KitId,
    /// Its place: 0 is the kit's own, the others are its fields'.
    pub(crate) chain: u16,
    /// The oldest epoch still open.
    pub(crate) oldest: u32,
    /// The newest epoch that a field can be in.
    pub(crate) newest: u32,
    /// The epoch from which the next cell most likely comes.
    pub(crate) likely: u32,
    /// Tried after everything else: nothing comes under it unless somebody is forced.
    pub(crate) rarely: bool,
    /// The epoch from which the kit is refused.
    pub(crate) captured_from: Option<u32>,
}

/// One of a kit's chains as the desk keeps it.
pub(crate) struct KitChain {
    pub(crate) reach: Reach,
    /// The chain's key of its oldest open epoch.
    pub(crate) key: ChainKey,
}

/// Keys of one epoch of one kit.
pub(crate) struct EpochOfKit {
    pub(crate) kit: KitId,
    pub(crate) link: Link,
    pub(crate) keys: EpochKeys,
}

/// All keys that may open a cell, the likeliest first. Clones share the keys; each finds its own order.
#[derive(Clone)]
pub(crate) struct Lookout {
    all: Arc<[EpochOfKit]>,
    order: Vec<usize>,
}

/// A cell that is ours.
pub(crate) struct Recognised {
    /// Index for [`Lookout::keys`].
    pub(crate) by: usize,
    pub(crate) header: CellHeader,
}

impl Lookout {
    /// Derives the keys of every epoch that may be in use.
    pub(crate) fn new(kits: impl IntoIterator<Item = KitChain>) -> Self {
        let mut all = Vec::new();
        for KitChain { reach, key } in kits {
            let beyond = reach.captured_from.unwrap_or(u32::MAX);
            let beyond = beyond.min(reach.newest.saturating_add(1));
            let mut key = key;
            for epoch in reach.oldest..beyond {
                let next = key.advance();
                let of_epoch = EpochOfKit {
                    kit: reach.kit,
                    link: Link {
                        chain: reach.chain,
                        epoch,
                    },
                    keys: key.epoch_keys(),
                };
                all.push(((reach.rarely, epoch.abs_diff(reach.likely)), of_epoch));
                key = next;
            }
        }
        all.sort_by_key(|(after, _)| *after);
        let all: Arc<[EpochOfKit]> = all.into_iter().map(|(_, keys)| keys).collect();
        let order = (0..all.len()).collect();
        Self { all, order }
    }

    /// The keys that recognised a cell.
    pub(crate) fn keys(&self, by: usize) -> &EpochOfKit {
        &self.all[by]
    }

    /// Tries all keys; `None` for noise, for other newsrooms' cells and for malformed headers.
    pub(crate) fn recognise(&mut self, cell: &[u8; CELL]) -> Option<Recognised> {
        self.recognise_early(cell, usize::MAX)
    }

    /// Tries so many keys, the likeliest.
    pub(crate) fn recognise_early(&mut self, cell: &[u8; CELL], most: usize) -> Option<Recognised> {
        let tried = self.order.iter().take(most).enumerate();
        let (at, bytes) = tried.into_iter().find_map(|(at, by)| {
            let veil = &self.all[*by].keys.veil;
            let glimpsed = CellHeader::may_begin(&veil.glimpse(cell));
            let opened = glimpsed.then(|| veil.open_header(cell).ok())?;
            Some((at, opened?))
        })?;
        let by = self.order[at];
        self.order[..=at].rotate_right(1);
        let header = CellHeader::decode(&bytes).ok()?;
        // A kit may only speak for itself.
        (header.kit == self.all[by].kit).then_some(Recognised { by, header })
    }
}

#[cfg(test)]
mod tests {
    use formats::{Cell, DispatchId, EPOCHS_AHEAD, PieceNo, PiecePlace, SealedPiece};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn chain(kit: u8, oldest: u32, confirmed: u32) -> KitChain {
        let mut key = ChainKey::from_bytes([kit; 32]);
        for _ in 0..oldest {
            key = key.advance();
        }
        let reach = Reach {
            kit: KitId([kit; 8]),
            chain: 0,
            oldest,
            newest: confirmed + EPOCHS_AHEAD,
            likely: confirmed,
            rarely: false,
            captured_from: None,
        };
        KitChain { reach, key }
    }

    fn cell(kit: u8, claims: u8, epoch: u32) -> Cell {
        let mut key = ChainKey::from_bytes([kit; 32]);
        for _ in 0..epoch {
            key = key.advance();
        }
        let piece = SealedPiece::from_ciphertext(vec![7; 100]).unwrap();
        let place = PiecePlace {
            kit: KitId([claims; 8]),
            dispatch: DispatchId([1; 16]),
            piece: PieceNo(1),
            last: false,
        };
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        piece
            .cells(&key.epoch_keys(), &place, 0, &mut rng)
            .unwrap()
            .remove(0)
    }

    #[test]
    fn every_open_epoch_is_recognised_and_no_other() {
        let mut lookout = Lookout::new([chain(1, 2, 3), chain(2, 0, 0)]);
        for epoch in [2, 3, 3 + EPOCHS_AHEAD] {
            let hit = lookout.recognise(cell(1, 1, epoch).as_bytes()).unwrap();
            assert_eq!(lookout.keys(hit.by).link.epoch, epoch);
            assert_eq!(lookout.order[0], hit.by, "the last hit is tried first");
        }
        assert!(
            lookout.recognise(cell(1, 1, 1).as_bytes()).is_none(),
            "closed"
        );
        assert!(
            lookout
                .recognise(cell(1, 1, 4 + EPOCHS_AHEAD).as_bytes())
                .is_none(),
            "too far"
        );
        assert!(lookout.recognise(cell(2, 2, 0).as_bytes()).is_some());
        assert!(
            lookout.recognise(cell(3, 3, 0).as_bytes()).is_none(),
            "nobody's"
        );
        assert_eq!(lookout.all.len(), lookout.order.len());
    }

    #[test]
    fn a_captured_kit_is_refused_from_its_epoch_on() {
        let mut captured = chain(1, 0, 9);
        captured.reach.captured_from = Some(3);
        let mut lookout = Lookout::new([captured]);
        assert!(lookout.recognise(cell(1, 1, 2).as_bytes()).is_some());
        for refused in [3, 9, 20] {
            assert!(lookout.recognise(cell(1, 1, refused).as_bytes()).is_none());
        }
    }

    #[test]
    fn a_kit_speaks_for_itself_alone() {
        let mut lookout = Lookout::new([chain(1, 0, 0), chain(2, 0, 0)]);
        assert!(lookout.recognise(cell(1, 2, 0).as_bytes()).is_none());
    }
}
