//! Whose cell is this: trial opening of headers over the epoch keys of all kits.
//!
//! A header costs 88 bytes to try. The key that matched last is tried first, because cells come in
//! runs of one dispatch; behind it the keys stand in the order in which they matched, then epochs
//! near the last confirmed one before far ones.

use formats::{CELL, CellHeader, KitId};
use keys::chain::EPOCHS_AHEAD;
use keys::{ChainKey, EpochKeys};

/// One of a kit's chains as the desk keeps it.
pub(crate) struct KitChain {
    pub(crate) kit: KitId,
    /// Its place: 0 is the kit's own, the others are its field's.
    pub(crate) chain: u16,
    /// The oldest epoch still open; the chain key is of this epoch.
    pub(crate) oldest: u32,
    /// The last epoch that an authentic piece came from.
    pub(crate) confirmed: u32,
    /// The epoch from which the kit is refused.
    pub(crate) captured_from: Option<u32>,
    pub(crate) key: ChainKey,
}

/// Keys of one epoch of one kit.
pub(crate) struct EpochOfKit {
    pub(crate) kit: KitId,
    pub(crate) chain: u16,
    pub(crate) epoch: u32,
    pub(crate) keys: EpochKeys,
}

/// All keys that may open a cell, the likeliest first.
pub(crate) struct Lookout {
    all: Vec<EpochOfKit>,
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
        for kit in kits {
            let beyond = kit.confirmed.saturating_add(EPOCHS_AHEAD).saturating_add(1);
            let beyond = kit.captured_from.unwrap_or(u32::MAX).min(beyond);
            let mut key = kit.key;
            for epoch in kit.oldest..beyond {
                let next = key.advance();
                let of_epoch = EpochOfKit {
                    kit: kit.kit,
                    chain: kit.chain,
                    epoch,
                    keys: key.epoch_keys(),
                };
                all.push((epoch.abs_diff(kit.confirmed), of_epoch));
                key = next;
            }
        }
        all.sort_by_key(|(distance, _)| *distance);
        let all: Vec<EpochOfKit> = all.into_iter().map(|(_, keys)| keys).collect();
        let order = (0..all.len()).collect();
        Self { all, order }
    }

    /// The keys that recognised a cell.
    pub(crate) fn keys(&self, by: usize) -> &EpochOfKit {
        &self.all[by]
    }

    /// Tries all keys; `None` for noise, for other newsrooms' cells and for malformed headers.
    pub(crate) fn recognise(&mut self, cell: &[u8; CELL]) -> Option<Recognised> {
        let at = self
            .order
            .iter()
            .position(|by| self.all[*by].keys.veil.open_header(cell).is_ok())?;
        let by = self.order.remove(at);
        self.order.insert(0, by);
        let keys = &self.all[by];
        let bytes = keys.keys.veil.open_header(cell).ok()?;
        let header = CellHeader::decode(&bytes).ok()?;
        // A kit may only speak for itself.
        (header.kit == keys.kit).then_some(Recognised { by, header })
    }
}

#[cfg(test)]
mod tests {
    use formats::{Cell, DispatchId, PieceNo, PiecePlace, SealedPiece};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn chain(kit: u8, oldest: u32, confirmed: u32) -> KitChain {
        let mut key = ChainKey::from_bytes([kit; 32]);
        for _ in 0..oldest {
            key = key.advance();
        }
        KitChain {
            kit: KitId([kit; 8]),
            chain: 0,
            oldest,
            confirmed,
            captured_from: None,
            key,
        }
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
            assert_eq!(lookout.keys(hit.by).epoch, epoch);
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
        let captured = KitChain {
            captured_from: Some(3),
            ..chain(1, 0, 9)
        };
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
