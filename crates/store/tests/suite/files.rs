//! Blobs and the spool: whole or not there, wherever the power goes.

use crate::double::{Double, Survives};
use formats::CELL;
use keys::ArchiveRecipient;
use ledger::sha256;
use newsroom::BlobId;
use openers::ArchiveIdentity;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use store::testing::entropy;
use store::{BlobError, BlobStore, Spool, SpoolError, SpoolPosition};

const CANARY: &[u8] = b"the blue door at the corner";

fn archive() -> (ArchiveIdentity, ArchiveRecipient) {
    let identity = ArchiveIdentity::generate(&mut entropy(5));
    let recipient = identity.recipient();
    (identity, recipient)
}

fn original(n: u8) -> Vec<u8> {
    let mut bytes = vec![n; 1000 + 30_000 * usize::from(n)];
    bytes.splice(500..500, CANARY.iter().copied());
    bytes
}

fn outcomes() -> impl Iterator<Item = Survives> {
    [Survives::Nothing, Survives::Everything]
        .into_iter()
        .chain((0..6).map(Survives::Whatever))
}

#[test]
fn a_blob_is_sealed_seekable_and_immutable() {
    let folder = tempfile::tempdir().unwrap();
    let (identity, recipient) = archive();
    let store = BlobStore::open(&folder.path().join("blobs"), entropy(1)).unwrap();
    let plain: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let stored = store.put(&recipient, &plain[..]).unwrap();
    assert_eq!(
        (stored.bytes, stored.sha256),
        (plain.len() as u64, sha256(&plain))
    );
    let mut sealed = Vec::new();
    store
        .sealed(stored.id)
        .unwrap()
        .read_to_end(&mut sealed)
        .unwrap();
    assert!(
        sealed.starts_with(b"age-encryption.org/v1\n"),
        "a standard age file"
    );
    assert_eq!(*identity.open(&sealed).unwrap(), plain);
    let mut reader = store.open_seekable(stored.id, &identity).unwrap();
    for at in [1_199_000_u64, 0, 65_530, 600_001] {
        let mut part = [0; 100];
        reader.seek(SeekFrom::Start(at)).unwrap();
        reader.read_exact(&mut part).unwrap();
        let at = usize::try_from(at).unwrap();
        assert_eq!(part, plain[at..at + 100]);
    }
    assert_eq!(reader.seek(SeekFrom::End(0)).unwrap(), plain.len() as u64);

    let other = ArchiveIdentity::generate(&mut entropy(6));
    assert!(matches!(
        store.open_seekable(stored.id, &other),
        Err(BlobError::Open { .. })
    ));
    let unknown = BlobId::from_bytes([9; 16]);
    assert!(matches!(store.sealed(unknown), Err(BlobError::Missing(_))));
    assert!(!store.contains(unknown) && store.contains(stored.id));
    let kept = store.put_sealed(&sealed).unwrap();
    assert_eq!(kept.sha256, sha256(&sealed));
    store.remove(kept.id).unwrap();
    assert!(matches!(store.remove(kept.id), Err(BlobError::Missing(_))));
}

#[test]
fn what_is_not_finished_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_, recipient) = archive();
    let store = BlobStore::open(folder.path(), entropy(1)).unwrap();
    let mut writer = store.writer(&recipient).unwrap();
    writer.write_all(&original(1)).unwrap();
    drop(writer);
    drop(store.write_sealed(CANARY).unwrap());
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("unplugged"))
        }
    }
    let broken = store.put(&recipient, CANARY.chain(Fails));
    assert!(matches!(broken, Err(BlobError::Source(_))));
    assert_eq!(
        std::fs::read_dir(folder.path().join("tmp"))
            .unwrap()
            .count(),
        0
    );
    std::fs::write(folder.path().join("tmp/left-by-a-crash"), b"x").unwrap();
    BlobStore::open(folder.path(), entropy(2)).unwrap();
    assert_eq!(
        std::fs::read_dir(folder.path().join("tmp"))
            .unwrap()
            .count(),
        0,
        "swept"
    );
}

/// Stores blobs until the power goes; gives what was acknowledged.
fn store_blobs(disk: &Double, root: &Path, recipient: &ArchiveRecipient) -> Vec<(BlobId, Vec<u8>)> {
    let mut kept = Vec::new();
    let Ok(store) = BlobStore::on(disk.clone(), root, entropy(3)) else {
        return kept;
    };
    for n in 1..4 {
        match store.put(recipient, &original(n)[..]) {
            Ok(stored) => kept.push((stored.id, original(n))),
            Err(_) => return kept,
        }
    }
    // The same once more as age files that are there already, made durable together.
    let sealed = |(id, _): &(BlobId, Vec<u8>)| {
        let mut sealed = Vec::new();
        store.sealed(*id)?.read_to_end(&mut sealed).unwrap();
        store.write_sealed(&sealed)
    };
    let written: Result<Vec<_>, _> = kept.iter().map(sealed).collect();
    if let Ok(ids) = written.and_then(|written| store.keep_all(written)) {
        kept.extend(ids.into_iter().zip((1..4).map(original)));
    }
    kept
}

#[test]
fn no_acknowledged_blob_is_lost_wherever_the_power_goes() {
    let root = Path::new("/blobs");
    let (identity, recipient) = archive();
    let probe = Double::new(root);
    assert_eq!(store_blobs(&probe, root, &recipient).len(), 6);
    let steps = probe.changes();
    assert!(steps > 20, "{steps} write points");
    for step in 0..=steps {
        for survives in outcomes() {
            let disk = Double::new(root);
            disk.dark_after(step);
            let kept = store_blobs(&disk, root, &recipient);
            disk.power_cycle(survives);
            let store = BlobStore::on(disk.clone(), root, entropy(4)).unwrap();
            for (id, plain) in &kept {
                let mut opened = Vec::new();
                let reader = store.open_seekable(*id, &identity);
                reader
                    .unwrap_or_else(|e| panic!("{e} at {step}, {survives:?}"))
                    .read_to_end(&mut opened)
                    .unwrap();
                assert_eq!(&opened, plain, "at {step}, {survives:?}");
            }
            let bytes = disk.everything();
            assert!(
                !bytes.windows(CANARY.len()).any(|window| window == CANARY),
                "plaintext at {step}"
            );
        }
    }
}

fn cell(n: u64) -> Vec<u8> {
    let mut cell = n.to_be_bytes().to_vec();
    cell.resize(CELL, u8::try_from(n % 251).unwrap());
    cell
}

fn cells(range: std::ops::Range<u64>) -> Vec<u8> {
    range.flat_map(cell).collect()
}

#[test]
fn the_spool_keeps_cells_in_order_across_segments_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("spool");
    let spool = Spool::open(&root).unwrap();
    assert!(matches!(Spool::open(&root), Err(SpoolError::InUse { .. })));
    assert_eq!(spool.append(&cells(0..3)).unwrap(), SpoolPosition(0));
    assert_eq!(spool.append(&cells(3..4)).unwrap(), SpoolPosition(3));
    assert_eq!(spool.append(&[]).unwrap(), SpoolPosition(4));
    assert!(matches!(
        spool.append(&[0; 100]),
        Err(SpoolError::NotCells { bytes: 100 })
    ));
    drop(spool);
    let torn = root.join(format!("{:016x}.cells", 0));
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&torn)
        .unwrap();
    file.write_all(&[7; 1000]).unwrap();
    let spool = Spool::open(&root).unwrap();
    assert_eq!(
        (spool.begin(), spool.end()),
        (SpoolPosition(0), SpoolPosition(4)),
        "the torn tail is cut"
    );
    let mut out = [0; CELL];
    for n in 0..4 {
        spool.read(SpoolPosition(n), &mut out).unwrap();
        assert_eq!(&out[..], cell(n));
    }
    let mut head = [0; 112];
    spool.read_head(SpoolPosition(2), &mut head).unwrap();
    assert_eq!(head[..], cell(2)[..112]);
    assert!(matches!(
        spool.read(SpoolPosition(4), &mut out),
        Err(SpoolError::NoCell(_))
    ));
    assert_eq!(
        spool.remove_before(SpoolPosition(3)).unwrap(),
        0,
        "a segment goes as a whole"
    );
    assert_eq!(spool.remove_before(SpoolPosition(u64::MAX)).unwrap(), 4);
    assert!(matches!(
        spool.read(SpoolPosition(0), &mut out),
        Err(SpoolError::NoCell(_))
    ));
    drop(spool);
    let spool = Spool::open(&root).unwrap();
    assert_eq!(
        spool.append(&cells(4..5)).unwrap(),
        SpoolPosition(4),
        "a place is never used again"
    );
    std::fs::write(root.join("notes.txt"), b"x").unwrap();
    drop(spool);
    assert!(matches!(
        Spool::open(&root),
        Err(SpoolError::Foreign { .. })
    ));
}

#[test]
fn segments_go_when_nothing_in_them_is_needed() {
    let root = Path::new("/spool");
    let spool = Spool::on(Double::new(root), root, 4).unwrap();
    spool.append(&cells(0..10)).unwrap();
    assert_eq!(spool.remove_before(SpoolPosition(3)).unwrap(), 0);
    assert_eq!(spool.remove_before(SpoolPosition(9)).unwrap(), 8);
    assert_eq!(
        (spool.begin(), spool.end()),
        (SpoolPosition(8), SpoolPosition(10))
    );
    let mut out = [0; CELL];
    spool.read(SpoolPosition(9), &mut out).unwrap();
    assert_eq!(&out[..], cell(9));
    assert_eq!(spool.remove_before(SpoolPosition(10)).unwrap(), 2);
    assert_eq!(spool.remove_before(SpoolPosition(10)).unwrap(), 0);
    spool.append(&cells(10..17)).unwrap();
    for n in 10..17 {
        spool.read(SpoolPosition(n), &mut out).unwrap();
        assert_eq!(&out[..], cell(n));
    }
}

/// Appends and removes until the power goes; gives the end of what was acknowledged and what may be gone.
fn fill_spool(disk: &Double, root: &Path) -> (u64, u64) {
    let (mut acknowledged, mut given_up) = (0, 0);
    let Ok(spool) = Spool::on(disk.clone(), root, 4) else {
        return (0, 0);
    };
    for (count, done_with) in [(1, 0), (3, 0), (5, 4), (2, 11), (6, 12)] {
        let first = acknowledged;
        // In two runs, the second of which is empty the first time.
        let runs = [cells(first..first + 1), cells(first + 1..first + count)];
        match spool.append_all(&runs.each_ref().map(Vec::as_slice)) {
            Ok(at) => assert_eq!(at, SpoolPosition(first)),
            Err(_) => return (acknowledged, given_up),
        }
        acknowledged += count;
        given_up = done_with;
        if spool.remove_before(SpoolPosition(done_with)).is_err() {
            return (acknowledged, given_up);
        }
    }
    (acknowledged, given_up)
}

#[test]
fn no_acknowledged_cell_is_lost_wherever_the_power_goes() {
    let root = Path::new("/spool");
    let probe = Double::new(root);
    assert_eq!(fill_spool(&probe, root), (17, 12));
    let steps = probe.changes();
    assert!(steps > 20, "{steps} write points");
    let mut out = [0; CELL];
    for step in 0..=steps {
        for survives in outcomes() {
            let disk = Double::new(root);
            disk.dark_after(step);
            let (acknowledged, given_up) = fill_spool(&disk, root);
            disk.power_cycle(survives);
            let spool = Spool::on(disk.clone(), root, 4)
                .unwrap_or_else(|e| panic!("{e} at {step}, {survives:?}"));
            for n in given_up..acknowledged {
                spool
                    .read(SpoolPosition(n), &mut out)
                    .unwrap_or_else(|e| panic!("{e} at {step}, {survives:?}"));
                assert_eq!(out[..8], n.to_be_bytes(), "at {step}, {survives:?}");
                assert_eq!(&out[..], cell(n), "at {step}, {survives:?}");
            }
            for n in spool.begin().0..spool.end().0 {
                spool
                    .read(SpoolPosition(n), &mut out)
                    .unwrap_or_else(|e| panic!("a gap: {e} at {step}, {survives:?}"));
            }
            let end = spool.end().0;
            assert!(
                end >= acknowledged,
                "a place is used twice at {step}, {survives:?}"
            );
            assert_eq!(
                spool.append(&cells(end..end + 1)).unwrap(),
                SpoolPosition(end)
            );
            // What is there now survives the next crash as well.
            disk.power_cycle(Survives::Nothing);
            let spool = Spool::on(disk, root, 4).unwrap();
            spool.read(SpoolPosition(end), &mut out).unwrap();
            assert_eq!(&out[..], cell(end));
        }
    }
}

#[test]
fn a_full_disk_takes_nothing_back_and_goes_on_later() {
    let root = Path::new("/spool");
    let disk = Double::new(root);
    let spool = Spool::on(disk.clone(), root, 4).unwrap();
    spool.append(&cells(0..2)).unwrap();
    for allowed in [0, CELL * 2, CELL * 2 + 1, CELL * 6 + 7] {
        disk.room_for(Some(allowed));
        assert!(
            matches!(spool.append(&cells(2..12)), Err(SpoolError::Io { .. })),
            "{allowed}"
        );
        assert_eq!(spool.end(), SpoolPosition(2));
    }
    disk.room_for(None);
    assert_eq!(spool.append(&cells(2..12)).unwrap(), SpoolPosition(2));
    drop(spool);
    disk.power_cycle(Survives::Nothing);
    let spool = Spool::on(disk, root, 4).unwrap();
    let mut out = [0; CELL];
    for n in 0..12 {
        spool.read(SpoolPosition(n), &mut out).unwrap();
        assert_eq!(&out[..], cell(n));
    }
}

#[test]
fn a_failed_sync_is_not_an_acknowledgement_and_stops_the_spool() {
    let root = Path::new("/spool");
    let disk = Double::new(root);
    let spool = Spool::on(disk.clone(), root, 4).unwrap();
    spool.append(&cells(0..1)).unwrap();
    disk.break_sync(true);
    assert!(matches!(
        spool.append(&cells(1..2)),
        Err(SpoolError::Io { .. })
    ));
    disk.break_sync(false);
    assert!(
        matches!(spool.append(&cells(1..2)), Err(SpoolError::Failed)),
        "a second sync would lie"
    );
    assert_eq!(spool.end(), SpoolPosition(1));
    let mut out = [0; CELL];
    assert!(matches!(
        spool.read(SpoolPosition(1), &mut out),
        Err(SpoolError::NoCell(_))
    ));
    drop(spool);
    let spool = Spool::on(disk, root, 4).unwrap();
    spool.read(SpoolPosition(0), &mut out).unwrap();
}
