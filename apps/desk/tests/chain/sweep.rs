//! What a kill leaves between a blob's file and its record is set aside when the desk is unlocked, and nothing else is.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use desk::desk::DispatchState;
use newsroom::audit::{Act, Chain};
use rand_core::OsRng;
use store::BlobStore;

use crate::world::{World, until};

fn files(world: &World) -> BTreeSet<PathBuf> {
    let all = walkdir::WalkDir::new(world.folder().blobs()).into_iter();
    let all = all.filter_map(Result::ok);
    let files = all.filter(|entry| entry.file_type().is_file());
    files.map(|entry| entry.into_path()).collect()
}

fn new_file(world: &World, before: &BTreeSet<PathBuf>) -> PathBuf {
    let blobs = BlobStore::open(&world.folder().blobs(), OsRng).unwrap();
    blobs
        .put_sealed(b"nothing in the record names this")
        .unwrap();
    let now = files(world);
    now.difference(before).next().unwrap().clone()
}

#[test]
fn g10_orphaned_blobs_go_and_named_ones_stay() {
    let world = World::new(81);
    {
        let mut reporter = world.reporter();
        let file = ("film.mp4".to_owned(), vec![7; 200_000]);
        reporter.add(&[file], "a note");
        reporter.send();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        until(&desk, |inbox| {
            let done = |one: &desk::desk::DispatchLine| one.state == DispatchState::Complete;
            inbox.dispatches.iter().any(done)
        })
        .await;
        desk.stop().await;
        drop(desk);
        let named = files(&world);
        assert!(named.len() >= 3, "pieces and an item");

        // Killed between the file and the record, two days ago; and once more just now.
        let orphan = new_file(&world, &named);
        let with_one = files(&world);
        let past = SystemTime::now() - Duration::from_secs(2 * 24 * 3_600);
        for path in &with_one {
            let file = File::options().append(true).open(path).unwrap();
            file.set_modified(past).unwrap();
        }
        let young = new_file(&world, &with_one);
        let desk = world.open_desk().await;
        let left = files(&world);
        assert!(!left.contains(&orphan));
        let aside = world.folder().blobs().join("orphans");
        assert!(
            left.contains(&aside.join(orphan.file_name().unwrap())),
            "and not lost"
        );
        assert!(left.contains(&young), "its record may still be coming");
        assert!(named.is_subset(&left), "whatever their age");
        let audit = desk.store().unwrap().audit(Chain::Desk).await.unwrap();
        let swept = audit
            .iter()
            .filter(|line| line.event.entry.act == Act::BlobsSwept);
        assert_eq!(swept.count(), 1);
        desk.stop().await;
    });
}
