//! Whose cell is this: trial opening of headers over the epoch keys of all kits.
//!
//! A header costs 88 bytes to try. The key that matched last is tried first, because cells come in
//! runs of one dispatch; behind it the keys stand in the order in which they matched, then epochs
//! near the last confirmed one before far ones.

use formats::{Cell, CellHeader, KitId};
use keys::chain::{ChainKey, EpochKeys};

/// How far beyond the last confirmed epoch a kit may have gone (`keys.md`).
pub(crate) const EPOCHS_AHEAD: u32 = 60;

/// A kit's chain as the desk keeps it.
pub(crate) struct KitChain {
    pub(crate) kit: KitId,
    /// The oldest epoch still open; the chain key is of this epoch.
    pub(crate) oldest: u32,
    /// The last epoch that an authentic piece came from.
    pub(crate) confirmed: u32,
    pub(crate) key: ChainKey,
}

/// Keys of one epoch of one kit.
pub(crate) struct EpochOfKit {
    pub(crate) kit: KitId,
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
            let last = kit.confirmed.saturating_add(EPOCHS_AHEAD);
            let mut key = kit.key;
            for epoch in kit.oldest..=last {
                let next = key.advance();
                let of_epoch = EpochOfKit {
                    kit: kit.kit,
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

    /// Where the keys of an epoch are, to open further cells of a piece.
    pub(crate) fn find(&self, kit: KitId, epoch: u32) -> Option<&EpochOfKit> {
        self.all
            .iter()
            .find(|one| one.kit == kit && one.epoch == epoch)
    }

    /// Tries all keys; `None` for noise, for other newsrooms' cells and for malformed headers.
    pub(crate) fn recognise(&mut self, cell: &Cell) -> Option<Recognised> {
        let at = self
            .order
            .iter()
            .position(|by| self.all[*by].keys.veil.open_header(cell.as_bytes()).is_ok())?;
        let by = self.order.remove(at);
        self.order.insert(0, by);
        let keys = &self.all[by];
        let bytes = keys.keys.veil.open_header(cell.as_bytes()).ok()?;
        let header = CellHeader::decode(&bytes).ok()?;
        // A kit may only speak for itself.
        (header.kit == keys.kit).then_some(Recognised { by, header })
    }
}
