//! kill -9 of the real desk when pieces are kept and not recorded yet: nothing is lost, nothing comes twice, and the files
//! that no record names are set aside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use desk::desk::{DispatchLine, DispatchState};
use ledger::{Digest, sha256};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::running::Running;
use crate::world::{World, until};

const KILLS: u8 = 4;
const PATIENCE: Duration = Duration::from_secs(120);

/// The blobs that have their names, those set aside left out.
fn blobs(world: &World) -> BTreeSet<PathBuf> {
    let all = walkdir::WalkDir::new(world.folder().blobs()).into_iter();
    let files = all
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path);
    files
        .filter(|path| !path.components().any(|part| part.as_os_str() == "orphans"))
        .filter(|path| path.extension().is_some_and(|its| its == "age"))
        .collect()
}

#[test]
fn g10_killed_between_the_pieces_and_their_record_nothing_is_lost_or_doubled() {
    let world = World::new(82);
    let mut rng = ChaCha20Rng::seed_from_u64(82);
    let mut sent: BTreeMap<Digest, u32> = BTreeMap::new();
    let mut unrecorded = BTreeSet::new();
    let mut reporter = world.reporter();
    for kill in 0..KILLS {
        let mut film = vec![0; 1_200_000];
        rng.fill_bytes(&mut film);
        *sent.entry(sha256(&film)).or_default() += 1;
        reporter.add(&[(format!("{kill}.bin"), film)], "");
        reporter.send();
        let before = blobs(&world);
        let mut desk = Running::start(&world);
        desk.unlock(&world);
        // The first name that appears is a piece's: its record is written when all names of its batch are durable.
        let end = Instant::now() + PATIENCE;
        while blobs(&world).is_subset(&before) {
            assert!(Instant::now() < end, "no piece is kept");
            std::thread::yield_now();
        }
        desk.kill();
        unrecorded.extend(blobs(&world).difference(&before).cloned());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let done = |one: &DispatchLine| one.state == DispatchState::Complete;
        let desk = world.open_desk().await;
        let view = until(&desk, |inbox| {
            inbox.dispatches.iter().filter(|one| done(one)).count() == usize::from(KILLS)
        })
        .await;
        assert_eq!(view.dispatches.len(), usize::from(KILLS));
        let store = desk.store().unwrap();
        let mut there: BTreeMap<Digest, u32> = BTreeMap::new();
        for item in view.dispatches.iter().flat_map(|one| &one.items) {
            let item = store.item(item.id).await.unwrap();
            *there.entry(item.sha256).or_default() += 1;
        }
        assert_eq!(there, sent);
        let named = store.named_blobs().await.unwrap();
        desk.stop().await;
        drop(desk);
        let orphans: BTreeSet<PathBuf> = blobs(&world)
            .into_iter()
            .filter(|path| {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                !named.iter().any(|id| id.to_string() == name)
            })
            .collect();
        assert!(orphans.is_subset(&unrecorded), "only kills leave them");
        assert!(orphans.len() >= 2, "{} of {KILLS} kills hit", orphans.len());

        // A day later they are set aside, and nothing else is.
        let all = blobs(&world);
        for path in &all {
            let file = File::options().append(true).open(path).unwrap();
            let past = SystemTime::now() - Duration::from_secs(2 * 24 * 3_600);
            file.set_modified(past).unwrap();
        }
        let desk = world.open_desk().await;
        let left: BTreeSet<PathBuf> = all.difference(&orphans).cloned().collect();
        assert_eq!(blobs(&world), left);
        desk.stop().await;
    });
}
