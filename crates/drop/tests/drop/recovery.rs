//! Opening again: what a drop repairs, what it keeps, and what it refuses to touch.

use std::sync::Arc;

use drop::RECORD_BYTES;
use drop::disk::Disk;
use drop::store::Refusal;

use crate::forgetful::{Forgetful, Left};
use crate::sample::{DAY, MINUTE, START, Session, cells, open, whole_log};

#[test]
fn sessions_survive_a_restart_and_end_after_a_day() {
    let disk = Forgetful::new(None, 0);
    let (one, other) = (Session::new(1), Session::new(2));
    let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
    store.register(&[one.hash()]).unwrap();
    store.commit(&[one.deposit(&cells(0..3))], START);

    let last = START + DAY - 1;
    let (store, _) = open(Arc::new(disk.restart(Left::Synced)), last).unwrap();
    assert_eq!(one.missing(&store, &cells(0..4), last), [3]);
    let stolen = store.admit(&one.hash(), &other.secret.hash(), last);
    assert_eq!(stolen, Err(Refusal::OtherSession));
    let disk = disk.restart(Left::Synced);
    let segments = |disk: &Forgetful| {
        disk.names()
            .iter()
            .filter(|name| name.ends_with(".idx"))
            .count()
    };
    assert_eq!(segments(&disk), 1);
    for now in [START + DAY, START + DAY + 20 * MINUTE] {
        let (store, _) = open(Arc::new(disk.clone()), now).unwrap();
        assert_eq!(
            store.admit(&one.hash(), &one.secret.hash(), now),
            Err(Refusal::UnknownToken)
        );
        assert_eq!(
            store.commit(&[one.deposit(&cells(5..6))], now)[0].refusal,
            Some(Refusal::UnknownToken)
        );
        assert_eq!(
            whole_log(&store),
            cells(0..3),
            "cells outlive their session"
        );
    }
    assert_eq!(
        segments(&disk),
        0,
        "the index of an ended session stays on the disk"
    );
    // A clock set back does not bring the token back.
    let (store, _) = open(Arc::new(disk), START).unwrap();
    assert_eq!(
        store.admit(&one.hash(), &one.secret.hash(), START),
        Err(Refusal::UnknownToken)
    );
}

#[test]
fn a_clock_far_ahead_does_not_keep_sessions_for_years() {
    let disk = Forgetful::new(None, 0);
    let session = Session::new(1);
    let ahead = START + 3_000 * DAY;
    let (store, _) = open(Arc::new(disk.clone()), ahead).unwrap();
    store.register(&[session.hash()]).unwrap();
    assert_eq!(
        store.commit(&[session.deposit(&cells(0..1))], ahead)[0].stored,
        1
    );
    store.sweep(START).unwrap();
    assert!(
        store
            .admit(&session.hash(), &session.secret.hash(), START)
            .is_err()
    );
    assert!(disk.names().iter().all(|name| !name.ends_with(".idx")));
}

#[test]
fn repeats_are_stored_once_and_told_as_stored() {
    let (store, _) = open(Arc::new(Forgetful::new(None, 0)), START).unwrap();
    let (one, other) = (Session::new(1), Session::new(2));
    store.register(&[one.hash(), other.hash()]).unwrap();
    let twice = [one.deposit(&cells(0..2)), one.deposit(&cells(1..3))];
    let stored: Vec<u32> = store
        .commit(&twice, START)
        .iter()
        .map(|outcome| outcome.stored)
        .collect();
    assert_eq!(stored, [2, 2]);
    assert_eq!(
        store.commit(&[one.deposit(&cells(0..3))], START)[0].stored,
        3
    );
    assert_eq!(whole_log(&store), cells(0..3));
    // The same cell in another session is another cell: sessions know nothing of each other.
    assert_eq!(other.missing(&store, &cells(0..3), START), [0, 1, 2]);
    store.commit(&[other.deposit(&cells(0..1))], START);
    assert_eq!(store.size(), 4);
}

#[test]
fn two_first_uses_in_one_group_bind_to_the_first() {
    let (store, _) = open(Arc::new(Forgetful::new(None, 0)), START).unwrap();
    let (one, thief) = (Session::new(1), Session::new(2));
    store.register(&[one.hash()]).unwrap();
    let mut stolen = thief.deposit(&cells(5..6));
    stolen.token = one.hash();
    let outcomes = store.commit(&[one.deposit(&cells(0..1)), stolen], START);
    assert_eq!(outcomes[0].refusal, None);
    assert_eq!(outcomes[1].refusal, Some(Refusal::OtherSession));
    assert_eq!(whole_log(&store), cells(0..1));
}

#[test]
fn an_incomplete_tail_is_cut_and_nothing_before_it() {
    let disk = Forgetful::new(None, 0);
    let session = Session::new(1);
    let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
    store.register(&[session.hash()]).unwrap();
    store.commit(&[session.deposit(&cells(0..6))], START);
    let tail = disk.open("packs/000000000001.pack").unwrap();
    for torn in [1, 100, RECORD_BYTES - 1, RECORD_BYTES, RECORD_BYTES + 1] {
        tail.append(&[&vec![0xaa; torn]]).unwrap();
        let (store, recovery) = open(Arc::new(disk.clone()), START).unwrap();
        assert_eq!(
            (recovery.cells, recovery.cut_bytes, recovery.damaged),
            (6, torn as u64, 0)
        );
        assert_eq!(whole_log(&store), cells(0..6));
    }
}

#[test]
fn a_rotten_cell_keeps_its_place_and_is_asked_for_again() {
    let disk = Forgetful::new(None, 0);
    let session = Session::new(1);
    let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
    store.register(&[session.hash()]).unwrap();
    store.commit(&[session.deposit(&cells(0..5))], START);
    store.commit(&[session.deposit(&cells(5..7))], START);
    store.commit(&[session.deposit(&cells(7..8))], START);
    disk.rot("packs/000000000001.pack", RECORD_BYTES + 77);
    let (store, recovery) = open(Arc::new(disk), START).unwrap();
    assert_eq!(
        (recovery.cells, recovery.cut_bytes, recovery.damaged),
        (8, 0, 1)
    );
    let log = whole_log(&store);
    assert_eq!((&log[..5], &log[6..]), (&cells(0..5)[..], &cells(6..8)[..]));
    // Its whole group is asked for again, for the index does not say which entry is which cell.
    assert_eq!(session.missing(&store, &cells(0..8), START), [5, 6]);
    store.commit(&[session.deposit(&cells(5..7))], START);
    assert!(session.missing(&store, &cells(0..8), START).is_empty());
    assert!(whole_log(&store).contains(&cells(5..6)[0]));
}

#[test]
fn what_no_torn_write_explains_stops_the_drop() {
    let session = Session::new(1);
    let filled = || {
        let disk = Forgetful::new(None, 0);
        let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
        store.register(&[session.hash()]).unwrap();
        store.commit(&[session.deposit(&cells(0..9))], START);
        disk
    };
    let refuses = |disk: Forgetful, why: &str| {
        let error = open(Arc::new(disk), START).err().expect(why);
        assert!(error.to_string().contains(why), "{error}");
    };
    let disk = filled();
    disk.open("packs/000000000000.pack")
        .unwrap()
        .truncate(5)
        .unwrap();
    refuses(disk, "pack 0 is 5 bytes long");
    let disk = filled();
    disk.remove("packs/000000000001.pack").unwrap();
    refuses(disk, "pack 1 is not there");
    let disk = filled();
    disk.create("packs/notes.txt").unwrap();
    refuses(disk, "unknown file notes.txt");
    let disk = filled();
    disk.rot("tokens", 9);
    refuses(disk, "registered tokens is damaged");
    let disk = filled();
    disk.open("secret").unwrap().truncate(31).unwrap();
    refuses(disk, "secret is not 32 bytes");
}

#[test]
fn quotas_store_what_fits_and_say_why_not_more() {
    let mut limits = crate::sample::limits();
    (
        limits.session_cells,
        limits.total_cells,
        limits.tokens,
        limits.mailboxes,
    ) = (3, 5, 2, 1);
    let secret = zeroize::Zeroizing::new([1; 32]);
    let disk = Arc::new(Forgetful::new(None, 0));
    let (store, _) = drop::store::Store::open(disk, limits, secret, START).unwrap();
    let (one, other) = (Session::new(1), Session::new(2));
    store.register(&[one.hash(), other.hash()]).unwrap();
    store.register(&[one.hash()]).unwrap();
    assert!(store.register(&[Session::new(3).hash()]).is_err());
    let outcome = |session: &Session, numbers| {
        let outcome = store.commit(&[session.deposit(&cells(numbers))], START)[0];
        (outcome.stored, outcome.refusal)
    };
    assert_eq!(outcome(&one, 0..4), (3, Some(Refusal::SessionFull)));
    assert_eq!(outcome(&one, 0..3), (3, None), "repeats cost nothing");
    assert_eq!(outcome(&other, 10..13), (2, Some(Refusal::StorageFull)));
    assert_eq!(store.size(), 5);
    let address = |byte| wire::MailboxAddress::from_bytes([byte; 32]);
    store.put_mail(&address(1), &cells(0..1)[0], START).unwrap();
    store.put_mail(&address(1), &cells(1..2)[0], START).unwrap();
    assert!(store.put_mail(&address(2), &cells(1..2)[0], START).is_err());
    store.sweep(START + 182 * DAY).unwrap();
    store.put_mail(&address(2), &cells(1..2)[0], START).unwrap();
}

/// The layouts of `docs/formats/drop-log.md`, byte for byte: a change here is a new version.
#[test]
fn layouts_are_frozen() {
    use sha2::{Digest, Sha256};
    let sha = |parts: &[&[u8]]| -> Vec<u8> { Sha256::digest(parts.concat()).to_vec() };
    let disk = Forgetful::new(None, 0);
    let session = Session::new(1);
    let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
    store
        .register(&[session.hash(), Session::new(2).hash()])
        .unwrap();
    store.commit(&[session.deposit(&cells(0..2))], START);
    store
        .put_mail(
            &wire::MailboxAddress::from_bytes([0xab; 32]),
            &cells(5..6)[0],
            START,
        )
        .unwrap();

    let mut pack = Vec::new();
    for (offset, cell) in (0_u64..).zip(cells(0..2)) {
        let head = [
            b"FHCELL\0\x01",
            offset.to_be_bytes().as_slice(),
            &sha(&[&cell]),
            &[0; 8],
        ]
        .concat();
        pack.extend([&cell, head.as_slice(), &sha(&[&head])[..8]].concat());
    }
    assert_eq!(disk.contents_of("packs/000000000000.pack"), pack);

    let entry = |cell: &[u8]| {
        let secret = session.secret.expose_bytes();
        sha(&[b"fh-drop/entry/1", secret, &sha(&[cell])])[..16].to_vec()
    };
    let mut entries: Vec<Vec<u8>> = cells(0..2)
        .iter()
        .map(|cell| [&[0; 4], entry(cell).as_slice()].concat())
        .collect();
    entries.sort();
    let (token, secret) = (session.hash(), session.secret.hash());
    let bind = [
        &[1],
        token.as_bytes().as_slice(),
        secret.as_bytes(),
        &START.to_be_bytes(),
    ]
    .concat();
    let batch = [
        &[2],
        0_u64.to_be_bytes().as_slice(),
        &2_u64.to_be_bytes(),
        &entries.concat(),
    ]
    .concat();
    let mut segment = b"FHSESS\0\x01".to_vec();
    for payload in [bind, batch] {
        let position = (segment.len() as u64).to_be_bytes();
        segment.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
        segment.extend([payload.as_slice(), &sha(&[&position, &payload])[..8]].concat());
    }
    let window = START / (15 * MINUTE);
    assert_eq!(disk.contents_of(&format!("sessions/{window}.idx")), segment);

    let mut hashes = [
        *session.hash().as_bytes(),
        *Session::new(2).hash().as_bytes(),
    ];
    hashes.sort_unstable();
    let without_quota = |hash: &[u8; 32]| [hash.as_slice(), &[0; 8]].concat();
    let entries: Vec<u8> = hashes.iter().flat_map(without_quota).collect();
    let tokens = [b"FHTOKN\0\x02".as_slice(), &entries].concat();
    assert_eq!(
        disk.contents_of("tokens"),
        [tokens.as_slice(), &sha(&[&tokens])].concat()
    );

    let mail = [
        b"FHMAIL\0\x01",
        (START / DAY).to_be_bytes().as_slice(),
        &cells(5..6)[0],
    ]
    .concat();
    let place: String = sha(&[b"fh-drop/mailbox/1", &[0xab; 32]])
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(disk.contents_of(&format!("mail/{place}")), mail);
    assert_eq!(disk.contents_of("mail/decoy").len(), mail.len());
    assert_eq!(disk.contents_of("secret"), [5; 32]);

    let desk = wire::DeskToken::from_bytes([1; 32]).hash();
    store.confirm(&desk, 2, START).unwrap();
    let confirmed = [
        b"FHCONF\0\x02",
        desk.as_bytes().as_slice(),
        &2_u64.to_be_bytes(),
        &(START / DAY).to_be_bytes(),
    ]
    .concat();
    assert_eq!(
        disk.contents_of("confirmed"),
        [confirmed.as_slice(), &sha(&[&confirmed])].concat()
    );

    store.tick(START + DAY).unwrap();
    let leaf = |cell: &[u8]| sha(&[&[0], &sha(&[cell])]);
    let (one, two) = (leaf(&cells(0..1)[0]), leaf(&cells(1..2)[0]));
    let both = sha(&[&[1], &one, &two]);
    assert_eq!(disk.contents_of("tree/hashes"), [one, two, both].concat());
    assert_eq!(
        disk.contents_of("tree/checkpoint"),
        store.checkpoint().note().as_bytes()
    );
}

/// A list of tokens from before there were quotas is read, and written anew with the next change.
#[test]
fn tokens_of_the_first_version_are_read() {
    use sha2::{Digest, Sha256};
    let disk = Forgetful::new(None, 0);
    let session = Session::new(1);
    let body = [b"FHTOKN\0\x01".as_slice(), session.hash().as_bytes()].concat();
    let file = disk.create("tokens").unwrap();
    file.append(&[&body, &Sha256::digest(&body)]).unwrap();
    let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
    assert_eq!(
        store.commit(&[session.deposit(&cells(0..2))], START)[0].stored,
        2
    );
}
