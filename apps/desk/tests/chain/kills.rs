//! kill -9 at seeded moments while dispatches come in: nothing is lost, doubled or corrupt.
//!
//! Twenty kills, or as many as `FH_KILLS` says, twenty to a newsroom.

use std::collections::BTreeMap;
use std::time::Duration;

use desk::desk::DispatchState;
use ledger::{Digest, sha256};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::photo;
use crate::running::Running;
use crate::world::{World, until};

/// Kills in the life of one newsroom.
const KILLS: u32 = 20;
const DISPATCHES: u8 = 10;

#[test]
fn kill_nine_loses_and_doubles_nothing() {
    let kills = std::env::var("FH_KILLS").map_or(KILLS, |count| {
        count.parse().expect("FH_KILLS must be a number")
    });
    for newsroom in 0..kills.div_ceil(KILLS) {
        survives(31 + u64::from(newsroom));
    }
}

fn survives(seed: u64) {
    let world = World::new(seed);
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut sent: BTreeMap<Digest, u32> = BTreeMap::new();
    let mut reporter = world.reporter();
    for kill in 0..KILLS {
        if kill % 2 == 0 {
            let files = dispatch(u8::try_from(kill / 2).unwrap(), &mut rng);
            for (_, bytes) in &files {
                *sent.entry(sha256(bytes)).or_default() += 1;
            }
            reporter.add(&files, "");
            reporter.send();
        }
        let mut desk = Running::start(&world);
        desk.unlock(&world);
        let moment = 20 + u64::from(rng.next_u32() % 700);
        // The moment of the kill is the one thing here that is about time.
        std::thread::sleep(Duration::from_millis(moment));
        desk.kill();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let view = until(&desk, |inbox| {
            let done = |one: &&desk::desk::DispatchLine| one.state == DispatchState::Complete;
            inbox.dispatches.iter().filter(done).count() == usize::from(DISPATCHES)
        })
        .await;
        let store = desk.store().unwrap();
        let mut there: BTreeMap<Digest, u32> = BTreeMap::new();
        for item in view.dispatches.iter().flat_map(|one| &one.items) {
            *there
                .entry(store.item(item.id).await.unwrap().sha256)
                .or_default() += 1;
        }
        assert_eq!(there, sent);
        answered(&store).await;
        desk.stop().await;
    });
    let (receipts, forgotten) = reporter.receive();
    assert!(receipts >= u64::from(DISPATCHES), "{receipts} receipts");
    assert!(
        forgotten >= 3 * u64::from(DISPATCHES),
        "{forgotten} pieces forgotten"
    );
}

/// Waits until a receipt for every dispatch has been put into the mailbox.
async fn answered(store: &store::Store) {
    for _ in 0..400 {
        let mut waiting = store
            .puts_due(100, newsroom::Micros(i64::MAX))
            .await
            .unwrap()
            .len();
        for dispatch in store.dispatches(100).await.unwrap() {
            let said = store.receipts_of(&dispatch.key).await.unwrap();
            waiting += usize::from(said.is_empty());
        }
        if waiting == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("a dispatch was never answered");
}

/// A photograph and a file of several cells that nobody can read.
fn dispatch(number: u8, rng: &mut ChaCha20Rng) -> Vec<(String, Vec<u8>)> {
    let mut noise = vec![0; 1_500_000 + usize::from(number) * 100_000];
    rng.fill_bytes(&mut noise);
    vec![
        (format!("photo-{number}.jpg"), photo::jpeg(number)),
        (format!("noise-{number}.bin"), noise),
    ]
}
