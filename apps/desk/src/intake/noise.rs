//! Room in the spool: somebody with a session token can send noise, and one cell that waits for the rest of its piece holds
//! everything behind it in the spool.
//!
//! When too much lies there that nothing needs, the oldest segment is emptied. Its noted cells are copied to the end, and
//! only then noted there. Everything else in it is tried once more under all open epochs of all kits: what is recognised and
//! of use is copied too, and looked at like a new cell. Only what is nobody's, or comes too late for its piece, is dropped;
//! what has not been looked at, above all while the desk is locked, never is.

use std::sync::{Arc, Mutex, PoisonError};

use formats::{CELL, CellHeader};
use store::{Spool, SpoolError, SpoolPosition, Store};

use super::IntakeError;
use super::gather::HEAD;
use super::lookout::Lookout;
use crate::clock;

/// Cells copied in one go.
const TOGETHER: usize = 64;

/// Drops what nothing needs, oldest first, until no more than `kept` such cells are left.
pub(super) async fn make_room(
    store: &Store,
    spool: &Arc<Spool>,
    lookout: &Arc<Mutex<Lookout>>,
    kept: u64,
) -> Result<(), IntakeError> {
    loop {
        let cursor = store.spool_cursor().await?;
        let held = cursor.0.saturating_sub(spool.begin().0);
        let Some((from, to)) = spool.front() else {
            return Ok(());
        };
        // New cells are looked at first; and the segment that is being written stays.
        let busy = cursor < spool.end() || to >= spool.end() || from == to;
        // Counting what is noted reads a whole table; it can only make less of what is held.
        if busy || held <= kept || held.saturating_sub(store.noted_count().await?) <= kept {
            return Ok(());
        }
        let noted = store.noted_between(from, to).await?;
        let found = recognised(spool, lookout, (from, to), &noted).await?;
        let again = useful(store, spool, found).await?;
        for some in noted.chunks(TOGETHER) {
            let first = copy(spool, some.to_vec()).await?;
            store.cells_moved(some, first).await?;
        }
        for some in again.chunks(TOGETHER) {
            copy(spool, some.to_vec()).await?;
        }
        let dropped = (to.0 - from.0) - (noted.len() + again.len()) as u64;
        let (spool, needed) = (spool.clone(), store.spool_needed_from().await?);
        tokio::task::spawn_blocking(move || spool.remove_before(needed.min(to))).await??;
        store.noise_dropped(dropped, clock::now()).await?;
        tracing::info!(dropped, "made room in the spool");
    }
}

/// Cells of a segment that are not noted, and that some kit's key opens now.
async fn recognised(
    spool: &Arc<Spool>,
    lookout: &Arc<Mutex<Lookout>>,
    (from, to): (SpoolPosition, SpoolPosition),
    noted: &[SpoolPosition],
) -> Result<Vec<(SpoolPosition, CellHeader)>, IntakeError> {
    let (spool, lookout, noted) = (spool.clone(), lookout.clone(), noted.to_vec());
    let trying = move || -> Result<_, SpoolError> {
        let mut lookout = lookout.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cell = Box::new([0; CELL]);
        let mut found = Vec::new();
        for at in (from.0..to.0).map(SpoolPosition) {
            if noted.binary_search(&at).is_ok() {
                continue;
            }
            spool.read_head(at, &mut cell[..HEAD])?;
            found.extend(lookout.recognise(&cell).map(|hit| (at, hit.header)));
        }
        Ok(found)
    };
    Ok(tokio::task::spawn_blocking(trying).await??)
}

async fn useful(
    store: &Store,
    spool: &Spool,
    found: Vec<(SpoolPosition, CellHeader)>,
) -> Result<Vec<SpoolPosition>, IntakeError> {
    let twins = |one, other| spool.twins(one, other);
    let mut useful = Vec::new();
    for (at, header) in found {
        if store.has_use(&header, at, &twins).await? {
            useful.push(at);
        }
    }
    Ok(useful)
}

/// Copies cells to the end of the spool, in this order; gives the place of the first copy.
async fn copy(
    spool: &Arc<Spool>,
    places: Vec<SpoolPosition>,
) -> Result<SpoolPosition, IntakeError> {
    let spool = spool.clone();
    let copying = move || -> Result<SpoolPosition, SpoolError> {
        let mut cells = Vec::with_capacity(places.len() * CELL);
        let mut cell = Box::new([0; CELL]);
        for at in places {
            spool.read(at, &mut cell)?;
            cells.extend_from_slice(cell.as_slice());
        }
        spool.append(&cells)
    };
    Ok(tokio::task::spawn_blocking(copying).await??)
}

#[cfg(test)]
mod tests {
    use formats::{DispatchId, KitId, PieceKey, PieceNo, PiecePlace, SealedPiece};
    use keys::ChainKey;
    use newsroom::{Micros, Private};
    use rand_chacha::ChaCha20Rng;
    use rand_core::{RngCore, SeedableRng};
    use store::testing::{self, Postgres};
    use store::{NewKit, RealDisk, SpooledCell};

    use super::super::chains_of;
    use super::*;

    const KIT: KitId = KitId([7; 8]);
    /// 2 GiB and 64 MiB, scaled down.
    const KEPT: u64 = 12;
    const SEGMENT: u64 = 8;

    struct Desk {
        store: Store,
        spool: Arc<Spool>,
        rng: ChaCha20Rng,
    }

    impl Desk {
        async fn new(store: Store, folder: &std::path::Path) -> Self {
            let kit = NewKit {
                id: KIT,
                pseudonym: Private::new("Jasmine"),
                chain_key: ChainKey::from_bytes([7; 32]),
                tokens: Vec::new(),
            };
            store.issue_kit(&kit, Micros(1)).await.unwrap();
            Self {
                store,
                spool: Arc::new(Spool::on(RealDisk, folder, SEGMENT).unwrap()),
                rng: ChaCha20Rng::seed_from_u64(3),
            }
        }

        fn noise(&mut self, cells: usize) {
            let mut bytes = vec![0; cells * CELL];
            self.rng.fill_bytes(&mut bytes);
            self.spool.append(&bytes).unwrap();
        }

        async fn lookout(&self) -> Arc<Mutex<Lookout>> {
            let kits = self.store.kits().await.unwrap();
            let chains = kits.iter().flat_map(|kit| chains_of(kit, Micros(1)));
            Arc::new(Mutex::new(Lookout::new(chains)))
        }

        /// Looks at everything, as intake does, but sees no cell of `blind`.
        async fn look(&self, blind: &[u64]) {
            let lookout = self.lookout().await;
            let from = self.store.spool_cursor().await.unwrap();
            let looked = {
                let mut lookout = lookout.lock().unwrap();
                let all = u64::MAX;
                super::super::gather::look(&self.spool, &mut lookout, &[], from, all, all).unwrap()
            };
            let seen = |cell: &&SpooledCell| !blind.contains(&cell.at.0);
            let twins = |one, other| self.spool.twins(one, other);
            let ours: Vec<SpooledCell> = looked.ours.iter().filter(seen).copied().collect();
            let recorded = self
                .store
                .record_cells(&ours, looked.next, &twins, Micros(2));
            recorded.await.unwrap();
        }

        async fn make_room(&self) {
            let lookout = self.lookout().await;
            let made = make_room(&self.store, &self.spool, &lookout, KEPT);
            made.await.unwrap();
        }
    }

    /// Cells of a piece that needs all three of them.
    fn piece(rng: &mut ChaCha20Rng) -> Vec<formats::Cell> {
        let piece = SealedPiece::from_ciphertext(vec![7; 3 * 65_408]).unwrap();
        let place = PiecePlace {
            kit: KIT,
            dispatch: DispatchId([1; 16]),
            piece: PieceNo(1),
            last: true,
        };
        let epoch = ChainKey::from_bytes([7; 32]).epoch_keys();
        piece.cells(&epoch, &place, 0, rng).unwrap()
    }

    async fn nothing_that_is_recognised_is_ever_dropped(store: Store) {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Desk::new(store, folder.path()).await;
        let cells = piece(&mut desk.rng);
        // Two of three come, one of which nobody recognised at the time; then a flood of noise.
        desk.noise(1);
        desk.spool.append(cells[0].as_bytes().as_slice()).unwrap();
        desk.spool.append(cells[1].as_bytes().as_slice()).unwrap();
        desk.noise(50);
        let all = desk.spool.end().0;
        // Locked, or not looked at yet: nothing can be told apart, and nothing goes.
        desk.make_room().await;
        assert_eq!(desk.spool.begin().0, 0);
        desk.look(&[2]).await;
        assert_eq!(desk.store.noted_count().await.unwrap(), 1);
        let before = desk.store.dispatches(1).await.unwrap();

        desk.make_room().await;
        // The noted cell lies at the end and needs no second look; the other one is looked at now.
        assert_eq!(desk.spool.begin().0, SEGMENT);
        assert_eq!(desk.store.spool_cursor().await.unwrap().0, all + 1);
        assert_eq!(desk.spool.end().0, all + 2);
        let after = desk.store.dispatches(1).await.unwrap();
        assert_eq!(after[0].cells, before[0].cells);
        desk.look(&[]).await;
        desk.make_room().await;
        let held = desk.spool.end().0 - desk.spool.begin().0;
        assert!(held <= KEPT + SEGMENT + 2, "{held}");

        // The third comes long after: the piece is whole.
        desk.spool.append(cells[2].as_bytes().as_slice()).unwrap();
        desk.look(&[]).await;
        let header = cells_header(&desk).await;
        let found = desk.store.piece_cells(&header).await.unwrap().unwrap();
        let mut shards: Vec<u16> = found.cells.iter().map(|(shard, _)| *shard).collect();
        shards.sort_unstable();
        assert_eq!(shards, [0, 1, 2]);
        let lookout = desk.lookout().await;
        let tried = {
            let mut lookout = lookout.lock().unwrap();
            super::super::gather::assemble(
                &desk.spool,
                &mut lookout,
                &found,
                &mut formats::PieceMemory::default(),
            )
            .unwrap()
        };
        assert!(matches!(tried, super::super::gather::Tried::Whole(..)));
        let audit = desk
            .store
            .audit(newsroom::audit::Chain::Desk)
            .await
            .unwrap();
        let dropped = newsroom::audit::Act::NoiseDropped;
        assert!(audit.iter().any(|line| line.event.entry.act == dropped));
    }

    /// A card that breaks off is handed in again, and again: two of the three cells of a piece, byte by byte the same.
    async fn the_same_cells_again_hold_no_copies_and_keep_no_other_out(store: Store) {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Desk::new(store, folder.path()).await;
        let cells = piece(&mut desk.rng);
        let hand_in = |desk: &Desk| {
            for cell in &cells[..2] {
                desk.spool.append(cell.as_bytes().as_slice()).unwrap();
            }
        };
        for _ in 0..6 {
            hand_in(&desk);
            desk.look(&[]).await;
        }
        // And twice within one look.
        hand_in(&desk);
        hand_in(&desk);
        desk.look(&[]).await;
        assert_eq!(desk.store.noted_count().await.unwrap(), 2, "one of each");
        // They are noise that makes room like any other, while the ones that are noted stay.
        for _ in 0..8 {
            desk.make_room().await;
            desk.look(&[]).await;
        }
        let held = desk.spool.end().0 - desk.spool.begin().0;
        assert!(held <= KEPT + SEGMENT, "{held}");
        assert_eq!(desk.store.noted_count().await.unwrap(), 2);
        // A cell of a shard that differs is a rival and is noted; the third makes the piece ready.
        let mut rival = *cells[0].as_bytes();
        rival[40_000] ^= 1;
        desk.spool.append(&rival).unwrap();
        desk.spool.append(cells[2].as_bytes().as_slice()).unwrap();
        desk.look(&[]).await;
        assert_eq!(desk.store.noted_count().await.unwrap(), 4);
        let key = cells_header(&desk).await;
        let found = desk.store.piece_cells(&key).await.unwrap().unwrap();
        assert_eq!(found.cells.len(), 4);
    }

    /// The key of the one piece, as a ready piece has it.
    async fn cells_header(desk: &Desk) -> PieceKey {
        let ready = desk.store.ready_pieces(1).await.unwrap();
        assert_eq!(ready.len(), 1, "three of three shards are here");
        ready[0].key
    }

    #[test]
    fn g10_noise_makes_room_and_no_cell_of_use_goes_with_it() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let lite = testing::sqlcipher(folder.path()).await.unwrap();
            nothing_that_is_recognised_is_ever_dropped(lite).await;
            let cluster = Postgres::start().unwrap();
            let url = cluster.database().await.unwrap();
            let postgres = testing::postgres(&url).await.unwrap();
            nothing_that_is_recognised_is_ever_dropped(postgres).await;
        });
        testing::connections_have_ended();
    }

    #[test]
    fn g10_a_card_handed_in_again_and_again_pins_nothing_and_keeps_nothing_out() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let lite = testing::sqlcipher(folder.path()).await.unwrap();
            the_same_cells_again_hold_no_copies_and_keep_no_other_out(lite).await;
            let cluster = Postgres::start().unwrap();
            let url = cluster.database().await.unwrap();
            let postgres = testing::postgres(&url).await.unwrap();
            the_same_cells_again_hold_no_copies_and_keep_no_other_out(postgres).await;
        });
        testing::connections_have_ended();
    }
}
