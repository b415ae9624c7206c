//! What a follower sees of a log: growth, proofs, published files, and every change refused.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

use ledger::{Digest, DirStorage, EMPTY_ROOT, Log, LogError, LogSigner, Storage, leaf_hash};
use proptest::prelude::*;

#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) files: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Storage for Memory {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files.borrow().get(name).cloned())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.files
            .borrow_mut()
            .insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.files.borrow().keys().cloned().collect())
    }
}

pub(crate) fn signer() -> LogSigner {
    LogSigner::from_seed("desk.example/statements", &[9; 32]).unwrap()
}

pub(crate) fn entry(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

pub(crate) fn entries(range: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    range.map(entry).collect()
}

/// The definition of RFC 6962, section 2.1, word for word and as slow.
pub(crate) fn reference_root(leaves: &[Vec<u8>]) -> Digest {
    match leaves {
        [] => EMPTY_ROOT,
        [one] => leaf_hash(one),
        many => {
            let split = many.len().next_power_of_two() / 2;
            ledger::node_hash(
                &reference_root(&many[..split]),
                &reference_root(&many[split..]),
            )
        }
    }
}

#[test]
fn grows_over_tile_borders_and_proves_every_entry() {
    let storage = Memory::default();
    let signer = signer();
    let mut log = Log::create(&storage, &signer, 100).unwrap();
    let mut heads = vec![log.head().clone()];
    let mut written = 0;
    for batch in [1, 15, 16, 224, 1, 255, 256, 1, 300] {
        let range = log
            .append(&signer, &entries(written..written + batch), 100)
            .unwrap();
        assert_eq!(range, written..written + batch);
        written += batch;
        assert_eq!(log.head().root(), reference_root(&entries(0..written)));
        heads.push(log.head().clone());
    }
    let log = Log::open(&storage, &signer.verifier()).unwrap();
    assert_eq!(log.size(), written);
    for index in (0..written).step_by(7).chain([255, 256, 257, written - 1]) {
        assert_eq!(log.entry(index).unwrap(), entry(index));
        let proof = log.inclusion(index).unwrap();
        proof
            .check(&leaf_hash(&entry(index)), &log.head().root())
            .unwrap();
        assert!(
            proof
                .check(&leaf_hash(&entry(index + 1)), &log.head().root())
                .is_err()
        );
    }
    for head in &heads {
        let proof = log.consistency(head.size()).unwrap();
        proof.check(&head.root(), &log.head().root()).unwrap();
        assert!(
            proof
                .check(&leaf_hash(b"another tree"), &log.head().root())
                .is_err()
        );
    }
    assert!(matches!(log.entry(written), Err(LogError::NoEntry(_))));
    assert!(matches!(log.inclusion(written), Err(LogError::NoEntry(_))));
    let found = log
        .find(&[entry(300), b"never logged".to_vec(), entry(0)])
        .unwrap();
    assert_eq!(found, [Some(300), None, Some(0)]);
}

#[test]
fn published_files_are_a_whole_log_of_their_own() {
    let storage = Memory::default();
    let signer = signer();
    let mut log = Log::create(&storage, &signer, 100).unwrap();
    for batch in [0..16, 16..32, 32..300] {
        log.append(&signer, &entries(batch), 100).unwrap();
    }
    // What a crash may leave behind is not published.
    storage.write("tile/0/001.p/60", &[1; 60 * 32]).unwrap();
    storage.write("tile/0/001.p/40", &[1; 40 * 32]).unwrap();
    let copy = Memory::default();
    for (name, bytes) in log.public_files().unwrap() {
        copy.write(&name, &bytes).unwrap();
    }
    let names = copy.list().unwrap();
    assert_eq!(
        names,
        [
            "checkpoint",
            "tile/0/000",
            "tile/0/001.p/44",
            "tile/1/000.p/1",
            "tile/entries/000",
            "tile/entries/001.p/44"
        ]
    );
    let follower = Log::open(&copy, &signer.verifier()).unwrap();
    for index in 0..300 {
        assert_eq!(follower.entry(index).unwrap(), entry(index));
    }
}

#[test]
fn any_changed_byte_of_any_file_is_noticed() {
    let storage = Memory::default();
    let signer = signer();
    let mut log = Log::create(&storage, &signer, 100).unwrap();
    log.append(&signer, &entries(0..20), 100).unwrap();
    let names = storage.list().unwrap();
    for name in names {
        let original = storage.read(&name).unwrap().unwrap();
        for at in 0..original.len() {
            let mut changed = original.clone();
            changed[at] ^= 1 << (at % 8);
            storage.write(&name, &changed).unwrap();
            let noticed = Log::open(&storage, &signer.verifier())
                .and_then(|log| (0..20).try_for_each(|index| log.entry(index).map(drop)))
                .is_err();
            assert!(noticed, "{name} byte {at}");
        }
        storage.write(&name, &original).unwrap();
    }
    Log::open(&storage, &signer.verifier()).unwrap();
}

#[test]
fn refuses_forks_foreign_keys_and_long_entries() {
    let storage = Memory::default();
    let signer = signer();
    let mut log = Log::create(&storage, &signer, 100).unwrap();
    assert!(matches!(
        Log::create(&storage, &signer, 100),
        Err(LogError::Exists { .. })
    ));
    let other = LogSigner::from_seed("desk.example/statements", &[8; 32]).unwrap();
    assert!(matches!(
        log.append(&other, &entries(0..1), 100),
        Err(LogError::ForeignSigner)
    ));
    assert!(matches!(
        Log::open(&storage, &other.verifier()),
        Err(LogError::Checkpoint(_))
    ));
    let renamed = LogSigner::from_seed("desk.example/other", &[9; 32]).unwrap();
    assert!(matches!(
        Log::open(&storage, &renamed.verifier()),
        Err(LogError::Checkpoint(_))
    ));
    let long = vec![vec![0; 65_536]];
    assert!(matches!(
        log.append(&signer, &long, 100),
        Err(LogError::EntryTooLong(65_536))
    ));
    log.append(&signer, &entries(0..1), 100).unwrap();
    // A lost checkpoint never becomes a second beginning.
    storage.files.borrow_mut().remove("checkpoint");
    assert!(matches!(
        Log::open_or_create(&storage, &signer, 100),
        Err(LogError::Exists { .. })
    ));
    assert!(matches!(
        Log::open(&storage, &signer.verifier()),
        Err(LogError::Absent)
    ));
}

#[test]
fn the_stated_time_never_goes_back() {
    let storage = Memory::default();
    let signer = signer();
    let mut log = Log::create(&storage, &signer, 500).unwrap();
    log.append(&signer, &entries(0..1), 400).unwrap();
    assert_eq!(log.head().clock(), 500);
    log.append(&signer, &entries(1..2), 600).unwrap();
    assert_eq!(log.head().clock(), 600);
}

#[test]
fn one_process_at_a_time_holds_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("log");
    let signer = signer();
    let held = DirStorage::open(&root).unwrap();
    assert_eq!(
        DirStorage::open(&root).unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
    let mut log = Log::open_or_create(held, &signer, 1).unwrap();
    log.append(&signer, &entries(0..300), 2).unwrap();
    drop(log);
    let log = Log::open_or_create(DirStorage::open(&root).unwrap(), &signer, 3).unwrap();
    assert_eq!(log.size(), 300);
    assert_eq!(log.entry(299).unwrap(), entry(299));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_the_batches_the_tree_is_the_same(batches in prop::collection::vec(1_u64..120, 1..8)) {
        let storage = Memory::default();
        let signer = signer();
        let mut log = Log::create(&storage, &signer, 100).unwrap();
        let mut written = 0;
        for batch in batches {
            log.append(&signer, &entries(written..written + batch), 100).unwrap();
            written += batch;
        }
        prop_assert_eq!(log.head().root(), reference_root(&entries(0..written)));
        let index = written / 2;
        log.inclusion(index).unwrap().check(&leaf_hash(&entry(index)), &log.head().root()).unwrap();
        log.consistency(index).unwrap().check(&reference_root(&entries(0..index)), &log.head().root()).unwrap();
    }

    #[test]
    fn hostile_notes_are_errors_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(signer().verifier().open(&bytes).is_err());
    }

    #[test]
    fn a_note_with_any_flipped_bit_is_refused(at in 0_usize..1000, bit in 0_u8..8) {
        let signer = signer();
        let note = signer.sign_checkpoint(77, leaf_hash(b"root"), 1_700_000_000).unwrap();
        let mut bytes = note.note().as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert!(signer.verifier().open(&bytes).is_err());
    }
}
