//! The power goes at every single write: nothing acknowledged is lost, nothing half-done is believed.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use drop::store::{Refusal, Store};
use wire::{CELL_BYTES, MailboxAddress};

use crate::forgetful::{Forgetful, Left};
use crate::sample::{DAY, MINUTE, START, Session, cell, cells, open, whole_log};

/// What the outside was told, step by step, until the power went.
#[derive(Default)]
struct Told {
    now: i64,
    /// Cells acknowledged, by session.
    stored: Vec<(u8, Vec<Bytes>)>,
    /// The log as a desk saw it last.
    log: Vec<Bytes>,
    registered: Vec<u8>,
    mail: Option<Bytes>,
    /// Replies that were being put when the power went, or that are there.
    mail_tried: Vec<Bytes>,
}

struct PowerCut;

const MAILBOX: MailboxAddress = MailboxAddress::from_bytes([0x77; 32]);

/// One day and a bit in a drop's life.
fn live(disk: &Forgetful, told: &mut Told) -> Result<(), PowerCut> {
    told.now = START;
    let (store, _) = open(Arc::new(disk.clone()), START).map_err(|_| PowerCut)?;
    register(&store, told, &[1, 2, 3])?;
    deposit(
        &store,
        disk,
        told,
        START,
        &[(1, cells(0..2)), (2, cells(10..11))],
    )?;
    // One comes again, the others fill the first pack and begin the second.
    deposit(&store, disk, told, START + MINUTE, &[(1, cells(1..4))])?;
    put_mail(&store, told, cell(900))?;
    // Another quarter of an hour, another segment.
    let later = START + 20 * MINUTE;
    deposit(
        &store,
        disk,
        told,
        later,
        &[(3, cells(20..23)), (2, cells(11..13)), (1, cells(0..4))],
    )?;
    register(&store, told, &[4])?;
    put_mail(&store, told, cell(901))?;
    told.now = START + DAY + MINUTE;
    store.sweep(told.now).map_err(|_| PowerCut)?;
    deposit(&store, disk, told, told.now, &[(4, cells(30..33))])?;
    told.now = START + DAY + 50 * MINUTE;
    store.sweep(told.now).map_err(|_| PowerCut)?;
    deposit(&store, disk, told, told.now, &[(4, cells(33..34))])
}

fn register(store: &Store, told: &mut Told, sessions: &[u8]) -> Result<(), PowerCut> {
    let hashes: Vec<_> = sessions
        .iter()
        .map(|number| Session::new(*number).hash())
        .collect();
    store.register(&hashes).map_err(|_| PowerCut)?;
    told.registered.extend(sessions);
    Ok(())
}

fn deposit(
    store: &Store,
    disk: &Forgetful,
    told: &mut Told,
    now: i64,
    group: &[(u8, Vec<Bytes>)],
) -> Result<(), PowerCut> {
    told.now = now;
    let deposits: Vec<_> = group
        .iter()
        .map(|(number, cells)| Session::new(*number).deposit(cells))
        .collect();
    for (outcome, (number, cells)) in store.commit(&deposits, now).into_iter().zip(group) {
        if outcome.refusal.is_some() {
            assert_eq!(outcome.refusal, Some(Refusal::Unavailable));
            assert!(disk.crashed(), "refused without a reason");
            return Err(PowerCut);
        }
        assert_eq!(outcome.stored as usize, cells.len());
        told.stored.push((*number, cells.clone()));
    }
    told.log = whole_log(store);
    Ok(())
}

fn put_mail(store: &Store, told: &mut Told, reply: Bytes) -> Result<(), PowerCut> {
    told.mail_tried.push(reply.clone());
    store
        .put_mail(&MAILBOX, &reply, told.now)
        .map_err(|_| PowerCut)?;
    told.mail = Some(reply);
    Ok(())
}

/// Starts again on what is left and holds it against what was told.
fn check(disk: &Forgetful, left: Left, told: &Told) {
    let disk = disk.restart(left);
    let (store, _) = open(Arc::new(disk.clone()), told.now).expect("a torn write must not stop it");
    let log = whole_log(&store);
    assert_eq!(
        log.get(..told.log.len()),
        Some(told.log.as_slice()),
        "offsets moved or cells are lost"
    );
    let there: HashSet<&Bytes> = log.iter().collect();
    for (number, cells) in &told.stored {
        assert!(
            cells.iter().all(|cell| there.contains(cell)),
            "session {number} lost a cell"
        );
    }
    check_sessions(&store, told, &there);
    // What it believes now it still believes after a power cut in this very moment.
    let (again, _) = open(Arc::new(disk.restart(Left::Synced)), told.now).unwrap();
    assert_eq!(
        whole_log(&again),
        log,
        "opening believed what was never synced"
    );
    check_sessions(&again, told, &there);
    check_mail(&store, told);
    check_life_goes_on(&disk, &store, told);
}

/// What the index says is there is there, and whatever was acknowledged it says.
fn check_sessions(store: &Store, told: &Told, there: &HashSet<&Bytes>) {
    for number in 1..=4 {
        let session = Session::new(number);
        let admitted = store.admit(&session.hash(), &session.secret.hash(), told.now);
        let ended = told.now >= START + DAY && number < 3;
        let acknowledged = told.stored.iter().filter(|(owner, _)| *owner == number);
        let acknowledged: Vec<Bytes> = acknowledged.flat_map(|(_, cells)| cells.clone()).collect();
        if admitted.is_err() {
            let known = told.registered.contains(&number);
            assert!(ended || !known || (number == 3 && told.now >= START + DAY + 20 * MINUTE));
            continue;
        }
        assert!(
            !ended || acknowledged.is_empty(),
            "session {number} should have ended"
        );
        assert_eq!(
            session.missing(store, &acknowledged, told.now),
            Vec::<u32>::new()
        );
        let every = cells(0..40);
        let missing = session.missing(store, &every, told.now);
        for (position, cell) in (0..).zip(&every) {
            assert!(
                missing.contains(&position) || there.contains(cell),
                "believed a cell that is lost"
            );
        }
    }
}

fn check_mail(store: &Store, told: &Told) {
    let found = Bytes::from(store.mail(&MAILBOX).unwrap());
    assert_eq!(found.len(), CELL_BYTES);
    match &told.mail {
        Some(_) => assert!(
            told.mail_tried.contains(&found),
            "the reply is lost or torn"
        ),
        None => {
            let tried = told.mail_tried.contains(&found);
            assert!(
                tried || found == store.mail(&MAILBOX).unwrap(),
                "noise changes"
            );
        }
    }
}

/// The drop goes on: what is sent again is stored, and survives the next cut.
fn check_life_goes_on(disk: &Forgetful, store: &Store, told: &Told) {
    let session = Session::new(9);
    store.register(&[session.hash()]).unwrap();
    let fresh = cells(50..56);
    let outcomes = store.commit(&[session.deposit(&fresh)], told.now);
    assert_eq!(outcomes[0].refusal, None);
    let before = whole_log(store);
    let again = disk.restart(Left::Synced);
    let (store, _) = open(Arc::new(again), told.now).unwrap();
    assert_eq!(whole_log(&store), before);
    assert!(session.missing(&store, &fresh, told.now).is_empty());
}

#[test]
fn power_goes_at_every_write() {
    let whole = Forgetful::new(None, 0);
    let mut told = Told::default();
    assert!(
        live(&whole, &mut told).is_ok(),
        "the undisturbed life must work"
    );
    let operations = whole.operations();
    assert!(
        operations > 60,
        "only {operations} operations: the life is too short to mean much"
    );
    for crash_at in 0..operations {
        let disk = Forgetful::new(Some(crash_at), crash_at as u64);
        let mut told = Told::default();
        assert!(
            live(&disk, &mut told).is_err(),
            "the power went at {crash_at} and nobody noticed"
        );
        let seeds = (0..2).map(|seed| Left::Some(seed * 1_000 + crash_at as u64));
        for left in [Left::Synced, Left::Killed].into_iter().chain(seeds) {
            check(&disk, left, &told);
        }
    }
}

#[test]
fn nothing_is_acknowledged_before_its_sync() {
    let disk = Forgetful::new(None, 1);
    let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
    let session = Session::new(1);
    store.register(&[session.hash()]).unwrap();
    for step in 0..9 {
        let group = cells(step * 3..step * 3 + 3);
        assert_eq!(store.commit(&[session.deposit(&group)], START)[0].stored, 3);
        // Were the power to go in this very moment, with only synced bytes left:
        let (after, recovery) = open(Arc::new(disk.restart(Left::Synced)), START).unwrap();
        assert_eq!(recovery.cells, (step + 1) * 3);
        assert_eq!(whole_log(&after), whole_log(&store));
        assert!(session.missing(&after, &group, START).is_empty());
    }
}

#[test]
fn a_failed_sync_is_never_forgiven() {
    let whole = Forgetful::new(None, 0);
    let session = Session::new(1);
    let begin = |disk: &Forgetful| {
        let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
        store.register(&[session.hash()]).unwrap();
        assert_eq!(
            store.commit(&[session.deposit(&cells(0..1))], START)[0].stored,
            1
        );
        store
    };
    begin(&whole);
    // The next two operations append the cell and its index entry, the third syncs.
    let disk = Forgetful::new(Some(whole.operations() + 2), 0);
    let store = begin(&disk);
    for _ in 0..2 {
        let outcome = store.commit(&[session.deposit(&cells(1..2))], START)[0];
        assert_eq!(
            (outcome.stored, outcome.refusal),
            (0, Some(Refusal::Unavailable))
        );
        assert!(!store.healthy());
    }
    assert_eq!(store.size(), 1);
    assert_eq!(session.missing(&store, &cells(0..2), START), [1]);
}

/// A full disk is no broken disk: what fits is stored, and when there is room again it goes on.
#[test]
fn a_full_disk_takes_back_what_does_not_fit() {
    // Everywhere in a group: inside a cell, between cells, inside the index.
    for short in [
        1,
        30,
        70,
        200,
        CELL_BYTES,
        CELL_BYTES + 70,
        2 * CELL_BYTES,
        3 * CELL_BYTES,
    ] {
        let disk = Forgetful::new(None, 0);
        let session = Session::new(1);
        let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
        store.register(&[session.hash()]).unwrap();
        store.commit(&[session.deposit(&cells(0..3))], START);
        let (before, needed) = (disk.used(), 3 * drop::RECORD_BYTES + 4 + 17 + 3 * 20 + 8);
        disk.resize(before + needed - short);
        for _ in 0..2 {
            let outcome = store.commit(&[session.deposit(&cells(3..6))], START)[0];
            assert_eq!(
                (outcome.stored, outcome.refusal),
                (0, Some(Refusal::StorageFull)),
                "{short}"
            );
            assert!(store.healthy());
        }
        disk.resize(usize::MAX);
        assert_eq!(
            store.commit(&[session.deposit(&cells(3..6))], START)[0].refusal,
            None,
            "{short}"
        );
        let (store, recovery) = open(Arc::new(disk.restart(Left::Synced)), START).unwrap();
        assert_eq!((recovery.cut_bytes, recovery.damaged), (0, 0));
        assert!(session.missing(&store, &cells(0..6), START).is_empty());
        // A pack that was filled before the disk was keeps its cells, though nobody was told so.
        let log = whole_log(&store);
        assert_eq!(log[..3], cells(0..3));
        assert_eq!(log[log.len() - 3..], cells(3..6));
    }
}
