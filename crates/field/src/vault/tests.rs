//! What only the inside of a vault can see: that a key which is still known opens nothing that was left behind.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use formats::vault::{BLOCK, RECORD, RECORDS};
use formats::{EPOCH, Kit, KitId};
use keys::{ChainKey, Cost, Passphrase, SlotGeneration};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::{Kind, Vault, Wanted, place, record_at};
use crate::book::{Field, Setup};
use crate::disk::Disk;
use crate::state::State;

#[derive(Clone)]
struct Memory(Rc<RefCell<Vec<u8>>>);

impl Disk for Memory {
    fn length(&self) -> u64 {
        self.0.borrow().len() as u64
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(at).unwrap();
        into.copy_from_slice(&self.0.borrow()[at..at + into.len()]);
        Ok(())
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let at = usize::try_from(at).unwrap();
        self.0.borrow_mut()[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new("quiet river stone lantern copper meadow")
}

fn made() -> (Memory, Vault<Memory>, ChaCha20Rng) {
    let memory = Memory(Rc::new(RefCell::new(vec![0; 52 * BLOCK])));
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let first = Wanted {
        passphrase: &passphrase(),
        snapshot: b"the first day",
    };
    let (disk, cost) = (memory.clone(), Cost::FOR_TESTS);
    let vault = Vault::create(disk, &first, None, cost, &mut rng, &mut |_| {}).unwrap();
    (memory, vault, rng)
}

/// Blocks of snapshots and records of the journal that open with what this vault knows now, wherever they lie.
fn that_open(memory: &Memory, vault: &Vault<Memory>) -> (Vec<u32>, Vec<u32>) {
    let bytes = memory.0.borrow().clone();
    let root = &vault.header.root;
    let numbers = 0..u32::from(root.blocks);
    let opens = |block: u32, number: u32| {
        let mut copy = bytes[block as usize * BLOCK..][..BLOCK].to_vec();
        let bound = place(Kind::Snapshot, block, number, 0);
        root.state_key.open(&bound, &mut copy).is_ok()
    };
    let blocks =
        (0..vault.layout.blocks()).filter(|block| numbers.clone().any(|n| opens(*block, n)));
    let generations = 0..=root.generation;
    let records = (0..RECORDS).filter(|number| {
        let at = usize::try_from(record_at(&vault.layout, *number)).unwrap();
        generations.clone().any(|generation| {
            let mut copy = bytes[at..at + RECORD].to_vec();
            let bound = place(Kind::Journal, 0, *number, generation);
            root.state_key.open(&bound, &mut copy).is_ok()
        })
    });
    (blocks.collect(), records.collect())
}

/// The first half of negative test 5: with the whole state and the passphrase, no earlier state is recovered.
#[test]
fn negative_05_earlier_states_stay_shut_for_who_has_everything() {
    let (memory, mut vault, mut rng) = made();
    for save in 0..6_u8 {
        for _ in 0..save {
            assert!(vault.log(&[save; 100], &mut rng).unwrap());
        }
        let (blocks, records) = that_open(&memory, &vault);
        let area = vault.layout.area(vault.header.root.area);
        assert_eq!(
            blocks,
            (area..area + 4).collect::<Vec<_>>(),
            "this one and no other"
        );
        assert_eq!(records, (0..u32::from(save)).collect::<Vec<_>>());
        vault.save(&[save; 5_000], &mut rng).unwrap();
    }
    // Old headers are nowhere either: with the header's key four places are tried, and two hold the same header.
    let (header, key) = (vault.layout.header(vault.second, false), &vault.key);
    let bytes = memory.0.borrow();
    let opening = (0..vault.layout.blocks()).filter(|block| {
        (0..5).any(|bound| {
            let mut copy = bytes[*block as usize * BLOCK..][..BLOCK].to_vec();
            key.open(&place(Kind::Header, bound, 0, 0), &mut copy)
                .is_ok()
        })
    });
    assert_eq!(opening.collect::<Vec<_>>(), [header, header + 2]);
}

#[test]
fn a_forgotten_piece_is_noise_to_who_has_the_vault_key() {
    let (memory, mut vault, mut rng) = made();
    let text = vec![0x42; 200_000];
    let stored = vault.store(&text, &mut rng).unwrap();
    let mut out = Vec::new();
    assert!(vault.fetch(&stored, text.len(), &mut out).unwrap());
    assert_eq!(out, text);
    // Without the generation there is the vault key, and nothing to derive from it.
    let mut other = stored.clone();
    other.generation = SlotGeneration::from_bytes([0; 16]);
    assert!(!vault.fetch(&other, text.len(), &mut out).unwrap());
    // A slot moved to another place does not open there.
    let slots: Vec<u32> = stored.blocks().collect();
    let bytes = |block: u32| block as usize * BLOCK..(block as usize + 1) * BLOCK;
    let first = memory.0.borrow()[bytes(slots[0])].to_vec();
    memory.0.borrow_mut()[bytes(slots[1])].copy_from_slice(&first);
    assert!(!vault.fetch(&stored, text.len(), &mut out).unwrap());
}

#[test]
fn a_full_journal_and_a_large_record_ask_for_a_save() {
    let (_, mut vault, mut rng) = made();
    assert!(!vault.log(&[1; RECORD], &mut rng).unwrap());
    for _ in 0..RECORDS {
        assert!(vault.log(&[1; 10], &mut rng).unwrap());
    }
    assert!(!vault.log(&[1; 10], &mut rng).unwrap());
    vault.save(b"state", &mut rng).unwrap();
    assert!(vault.log(&[1; 10], &mut rng).unwrap());
}

#[test]
fn a_state_larger_than_an_area_is_refused_before_anything_is_written() {
    let (memory, mut vault, mut rng) = made();
    let before = memory.0.borrow().clone();
    let large = vec![1; 4 * BLOCK];
    let refused = vault.save(&large, &mut rng);
    assert!(matches!(refused, Err(crate::FieldError::Full)));
    assert!(*memory.0.borrow() == before);
}

/// A field on such a disk, with its first dispatch.
fn field() -> (Memory, Field<Memory>, ChaCha20Rng) {
    let memory = Memory(Rc::new(RefCell::new(vec![0; 52 * BLOCK])));
    let mut rng = ChaCha20Rng::seed_from_u64(8);
    let kit = Kit {
        newsroom: "Example".to_owned(),
        id: KitId(*b"kit-0001"),
        issued_at: 0,
        intake: openers::IntakeIdentity::from_bytes([7; 32]).recipient(),
        intake_epoch: 0,
        chain: ChainKey::from_bytes([5; 32]),
        drops: Vec::new(),
        custodians: Vec::new(),
        threshold: 0,
        bulletin: 0,
    };
    let setup = Setup {
        kit,
        everyday: &passphrase(),
        duress: None,
        keep_nothing: false,
        cost: Cost::FOR_TESTS,
    };
    let mut field = Field::init(memory.clone(), setup, &mut rng, &mut |_| {}).unwrap();
    field
        .add(&mut [], "note", 1, &mut rng, &mut |_| {})
        .unwrap();
    (memory, field, rng)
}

/// Whether a link is in there, as bytes or in hexadecimal as a kit spells it.
fn holds(bytes: &[u8], link: &ChainKey) -> bool {
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
    let spelt: Vec<u8> = link
        .expose_bytes()
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect();
    let within = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    within(link.expose_bytes()) || within(&spelt)
}

/// The second half of negative test 5, by bytes: the links of the week before are in nothing that opens any more, and in the
/// clear nowhere.
#[test]
fn negative_05_old_links_are_gone_from_the_file_when_the_week_has_passed() {
    let (memory, mut field, mut rng) = field();
    let copy = |key: &ChainKey| ChainKey::from_bytes(*key.expose_bytes());
    for week in 1..4 {
        let links = |field: &Field<Memory>| {
            let next = field.state.epochs.next.as_ref();
            [copy(&field.state.kit.chain), copy(next.unwrap())]
        };
        let old = links(&field);
        field.turn_epoch(week * EPOCH + 1, &mut rng).unwrap();
        let now = links(&field);
        let (blocks, _) = that_open(&memory, &field.vault);
        let bytes = memory.0.borrow();
        let mut opened = Vec::new();
        for (number, block) in (0..).zip(blocks) {
            let mut copy = bytes[block as usize * BLOCK..][..BLOCK].to_vec();
            let bound = place(Kind::Snapshot, block, number, 0);
            let key = &field.vault.header.root.state_key;
            key.open(&bound, &mut copy).unwrap();
            opened.extend_from_slice(&copy);
        }
        for (old, now) in old.iter().zip(&now) {
            assert!(holds(&opened, now), "week {week}");
            assert!(!holds(&opened, old) && !holds(&bytes, old) && !holds(&bytes, now));
        }
    }
}

proptest! {
    /// However a state is changed, it is refused or comes back byte by byte: nothing in it is repaired.
    #[test]
    fn a_state_has_one_encoding(at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let (_, mut field, _) = field();
        field.state.dispatches[0].recording = Some(crate::recording::Recording {
            kind: "video/mp4".to_owned(),
            bytes: 77,
        });
        let whole = field.state.encode().unwrap().0.to_vec();
        prop_assert!(State::decode(&whole).is_ok());
        let mut changed = whole.clone();
        let place = at.index(changed.len());
        changed[place] = to;
        crate::fuzz::state(&changed);
        prop_assert!(State::decode(&whole[..cut.index(whole.len())]).is_err());
    }
}
