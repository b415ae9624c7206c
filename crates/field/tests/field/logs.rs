//! Checkpoints that the field saw of its drops travel with the next report, and a drop that contradicts itself is kept.

use formats::{Contact, DispatchId, Kit};
use ledger::{LogSigner, sha256};

use crate::doubles::{Desk, Drops, NOW, Waits, kit, noise, reopen, rng, set_up, source, url, wish};

fn signer(n: u8) -> LogSigner {
    LogSigner::from_seed("drop/0011223344556677", &[n; 32]).unwrap()
}

fn kit_with_keys() -> Kit {
    let mut kit = kit(2, 14);
    for (drop, seed) in kit.drops.iter_mut().zip([1, 2]) {
        drop.log_key = Some(signer(seed).verifier());
    }
    kit
}

fn note(key: u8, size: u64, root: &[u8]) -> Vec<u8> {
    let signed = signer(key)
        .sign_checkpoint(size, sha256(root), 1_790_000_000)
        .unwrap();
    signed.note().as_bytes().to_vec()
}

/// Reports once over these drops; gives the checkpoints that the report brought.
fn report(
    field: &mut field::Field<impl field::Disk>,
    drops: &mut Drops,
    seed: u64,
) -> Vec<(String, Vec<u8>)> {
    let before = drops.log.len();
    let added = field
        .add(
            &mut [source("x", &noise(seed, 10))],
            "",
            NOW,
            &mut rng(seed),
            &mut |_| {},
        )
        .unwrap();
    field
        .send(
            drops,
            &mut Waits::default(),
            &wish(),
            &mut rng(seed + 1),
            &mut |_| {},
        )
        .unwrap();
    let cells = &drops.cells()[before..];
    brought(&Desk::read(cells), added.dispatch)
}

fn brought(desk: &Desk, dispatch: DispatchId) -> Vec<(String, Vec<u8>)> {
    let contact = Contact::decode(&desk.open(dispatch, 0)).unwrap();
    let seen = contact.checkpoints.into_iter();
    seen.map(|seen| (seen.drop.to_string(), seen.note.into_bytes()))
        .collect()
}

#[test]
fn the_next_report_brings_what_was_seen_after_the_last() {
    let (platter, mut field) = set_up(kit_with_keys());
    let mut drops = Drops::default();
    assert_eq!(report(&mut field, &mut drops, 10), [], "nothing seen yet");

    let (one, two) = (note(1, 4, b"a"), note(2, 9, b"b"));
    drops.notes.insert(url(1), one.clone());
    drops.notes.insert(url(2), two.clone());
    assert_eq!(report(&mut field, &mut drops, 20), [], "sealed before");
    drop(field);
    let mut field = reopen(&platter, 21);
    let seen = report(&mut field, &mut drops, 30);
    assert_eq!(
        seen,
        [(url(1).to_string(), one), (url(2).to_string(), two.clone())]
    );

    // A log that grew: the newest note and the few before it.
    let grown = note(1, 6, b"c");
    drops.notes.insert(url(1), grown.clone());
    report(&mut field, &mut drops, 40);
    let seen = report(&mut field, &mut drops, 50);
    assert!(seen.contains(&(url(1).to_string(), grown)));
    assert!(seen.contains(&(url(2).to_string(), two)));
    assert_eq!(seen.len(), 3);
}

#[test]
fn both_notes_of_a_drop_that_contradicts_itself_are_brought() {
    for (case, later) in [
        ("another root", note(1, 8, b"other")),
        ("shorter", note(1, 3, b"a")),
        ("another key", note(3, 9, b"a")),
    ] {
        let (_, mut field) = set_up(kit_with_keys());
        let mut drops = Drops::default();
        let first = note(1, 8, b"a");
        drops.notes.insert(url(1), first.clone());
        report(&mut field, &mut drops, 10);
        drops.notes.insert(url(1), later.clone());
        report(&mut field, &mut drops, 20);
        let notes: Vec<_> = report(&mut field, &mut drops, 30)
            .into_iter()
            .map(|(_, note)| note)
            .collect();
        assert!(notes.contains(&first) && notes.contains(&later), "{case}");
    }
}

#[test]
fn what_a_liar_shows_neither_grows_nor_stops_the_field() {
    let (_, mut field) = set_up(kit_with_keys());
    let mut drops = Drops::default();
    for seed in 1..12_u64 {
        let odd = match seed % 4 {
            0 => vec![0xff; 100],
            1 => vec![b'x'; 5_000],
            2 => Vec::new(),
            _ => format!("lie {seed}").into_bytes(),
        };
        drops.notes.insert(url(1), odd);
        drops.notes.insert(url(2), note(2, seed, &[9]));
        report(&mut field, &mut drops, seed * 10);
    }
    let seen = report(&mut field, &mut drops, 500);
    assert!(seen.len() <= 6, "{}", seen.len());
    assert!(seen.contains(&(url(2).to_string(), note(2, 11, &[9]))));
}
