//! The log's tree: checkpoints at ticks alone, the same after every crash, and provable when the packs are gone.

use std::sync::Arc;

use bytes::Bytes;
use drop::store::{OpenError, Store};
use drop::{ConfirmError, Limits};
use ledger::{Digest, EMPTY_ROOT, LogVerifier, SignedCheckpoint, leaf_hash, node_hash};
use wire::{CELL_BYTES, Confirmation, ProblemKind, TokenRegistration};
use zeroize::Zeroizing;

use crate::client::request;
use crate::forgetful::{Forgetful, Left};
use crate::sample::{DAY, MINUTE, PACK_CELLS, START, Session, cells, hash};
use crate::server::Server;

const TICK: i64 = 10 * MINUTE;

fn limits(round: u64) -> Limits {
    Limits {
        checkpoint_round: round,
        keep_days: 30,
        ..crate::sample::limits()
    }
}

fn open_at(disk: &Forgetful, round: u64, now: i64) -> Result<Store, OpenError> {
    let disk = Arc::new(disk.clone());
    let (store, _) = Store::open(disk, limits(round), Zeroizing::new([5; 32]), now)?;
    store.read_by([desk()]);
    Ok(store)
}

/// The one desk that reads it.
fn desk() -> wire::TokenHash {
    crate::server::desk().hash()
}

/// The root as RFC 6962 defines it, computed without the code under test.
fn root(cells: &[Bytes]) -> Digest {
    fn of(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => EMPTY_ROOT,
            [one] => *one,
            many => {
                let half = many.len().next_power_of_two() / 2;
                node_hash(&of(&many[..half]), &of(&many[half..]))
            }
        }
    }
    let leaves: Vec<Digest> = cells
        .iter()
        .map(|cell| leaf_hash(hash(cell).as_bytes()))
        .collect();
    of(&leaves)
}

fn names(head: &SignedCheckpoint, cells: &[Bytes]) -> bool {
    head.size() == cells.len() as u64 && head.root() == root(cells)
}

/// A session that may store whatever the tests want.
fn session(store: &Store) -> Session {
    let session = Session::new(1);
    store.register(&[session.hash()]).unwrap();
    session
}

#[test]
fn checkpoints_change_at_ticks_alone_and_round_within_a_day() {
    let disk = Forgetful::new(None, 0);
    let morning = START.div_euclid(DAY) * DAY + TICK;
    let store = open_at(&disk, 4, morning).unwrap();
    let key: LogVerifier = store.log_key().parse().unwrap();
    let session = session(&store);
    let all = cells(0..11);
    assert!(names(&store.checkpoint(), &[]));

    store.commit(&[session.deposit(&all[..7])], morning);
    assert!(
        !store.tick(morning + 1).unwrap(),
        "within the tick nothing is signed"
    );
    assert!(names(&store.checkpoint(), &[]));
    assert!(store.tick(morning + TICK + 5).unwrap());
    let head = store.checkpoint();
    assert!(names(&head, &all[..4]), "seven cells are named as four");
    assert_eq!(
        head.clock() * 1_000_000,
        (morning + TICK) as u64,
        "a tick's time, not a cell's"
    );
    assert_eq!(key.open(head.note().as_bytes()).unwrap(), *head);

    // Nothing new: signed again all the same, so that silence looks like activity.
    assert!(store.tick(morning + 2 * TICK).unwrap());
    let again = store.checkpoint();
    assert!(names(&again, &all[..4]) && again.clock() > head.clock());

    // The first tick of the next day names everything; rounding never goes back behind it.
    assert!(store.tick(morning + DAY).unwrap());
    assert!(names(&store.checkpoint(), &all[..7]));
    assert!(store.tick(morning + DAY + TICK).unwrap());
    assert!(names(&store.checkpoint(), &all[..7]));
    let other = Session::new(2);
    store.register(&[other.hash()]).unwrap();
    store.commit(&[other.deposit(&all[7..])], morning + DAY);
    assert!(store.tick(morning + DAY + 2 * TICK).unwrap());
    assert!(names(&store.checkpoint(), &all[..8]));

    // A restart signs nothing new within a tick, and a clock set back lets no stated time go back.
    let clock = store.checkpoint().clock();
    let store = open_at(&disk, 4, morning + DAY + 2 * TICK + 1).unwrap();
    assert!(!store.tick(morning + DAY + 2 * TICK + 2).unwrap());
    let store = open_at(&disk, 4, morning).unwrap();
    assert!(store.tick(morning + TICK).unwrap());
    assert_eq!(store.checkpoint().clock(), clock);
}

/// What the outside was told until the power went.
#[derive(Default)]
struct Told {
    now: i64,
    stored: usize,
    head: Option<Arc<SignedCheckpoint>>,
    /// Everything below may be gone.
    confirmed: u64,
}

/// Weeks in a drop's life: ticks, a confirmation, packs that go.
fn live(disk: &Forgetful, told: &mut Told) -> Result<(), ()> {
    let all = cells(0..20);
    told.now = START;
    let mut store = open_at(disk, 1, told.now).map_err(drop)?;
    let days = [0, 0, 1, 31, 32, 40];
    for (number, day) in (0_u8..).zip(days) {
        told.now = START + day * DAY + i64::from(number) * TICK;
        let session = Session::new(number + 1);
        store.register(&[session.hash()]).map_err(drop)?;
        let fresh = &all[told.stored..told.stored + 3];
        let outcome = store.commit(&[session.deposit(fresh)], told.now)[0];
        if outcome.refusal.is_some() {
            return Err(());
        }
        told.stored += 3;
        told.now += TICK;
        store.tick(told.now).map_err(drop)?;
        told.head = Some(store.checkpoint());
        if number == 2 {
            told.confirmed = 8;
            store.confirm(&desk(), 8, told.now).map_err(drop)?;
        }
        store.sweep(told.now).map_err(drop)?;
        if number == 3 {
            store = open_at(disk, 1, told.now).map_err(drop)?;
        }
    }
    Ok(())
}

fn check(disk: &Forgetful, left: Left, told: &Told) {
    let disk = disk.restart(left);
    let store = open_at(&disk, 1, told.now).expect("a torn write must not stop it");
    let all = cells(0..20);
    assert!(
        store.size() >= told.stored as u64,
        "acknowledged cells are lost"
    );
    assert!(
        store.first() <= told.confirmed,
        "removed without a confirmation"
    );
    assert_eq!(store.first() % PACK_CELLS, 0);
    let held = usize::try_from(store.size()).unwrap();
    let head = store.checkpoint();
    let named = usize::try_from(head.size()).unwrap();
    assert!(names(&head, &all[..named]));
    if let Some(seen) = &told.head {
        assert!(
            head.size() >= seen.size(),
            "the log was rolled back behind what it had signed"
        );
    }
    // What it signs next continues what it signed before, also when it is cut off right after.
    let next = told.now + DAY;
    assert!(store.tick(next).unwrap());
    assert!(names(&store.checkpoint(), &all[..held]));
    let again = open_at(&disk.restart(Left::Synced), 1, next).unwrap();
    assert!(names(&again.checkpoint(), &all[..held]));
    let mut read = Vec::new();
    let mut from = again.first();
    while from < again.size() {
        from += again.read(from, 64, &mut read).unwrap();
    }
    let first = usize::try_from(again.first()).unwrap();
    assert_eq!(read, all[first..held].concat());
}

#[test]
fn power_goes_at_every_write_of_ticks_and_removals() {
    let whole = Forgetful::new(None, 0);
    let mut told = Told::default();
    live(&whole, &mut told).unwrap();
    let last = open_at(&whole, 1, told.now).unwrap();
    assert_eq!(last.first(), 8, "two packs are gone in an undisturbed life");
    assert!(
        whole
            .names()
            .iter()
            .all(|name| !name.ends_with("0000.pack") && !name.ends_with("0001.pack"))
    );
    for crash_at in 0..whole.operations() {
        let disk = Forgetful::new(Some(crash_at), crash_at as u64);
        let mut told = Told::default();
        if live(&disk, &mut told).is_ok() {
            continue;
        }
        let some = Left::Some(crash_at as u64);
        for left in [Left::Synced, Left::Killed, some] {
            check(&disk, left, &told);
        }
    }
}

#[test]
fn g10_what_is_not_confirmed_or_not_old_enough_stays() {
    let disk = Forgetful::new(None, 0);
    let store = open_at(&disk, 1, START).unwrap();
    let session = session(&store);
    store.commit(&[session.deposit(&cells(0..10))], START);
    assert!(matches!(
        store.confirm(&desk(), 11, START),
        Err(ConfirmError::BeyondEnd(10))
    ));
    assert_eq!(store.confirm(&desk(), 9, START).unwrap(), 9);
    assert_eq!(
        store.confirm(&desk(), 3, START).unwrap(),
        9,
        "a word once given stands"
    );
    // Confirmed and old enough, but no checkpoint names it yet.
    store.sweep(START + 31 * DAY).unwrap();
    assert_eq!(store.first(), 0);
    store.tick(START + 31 * DAY).unwrap();
    store.sweep(START + 29 * DAY).unwrap();
    assert_eq!(store.first(), 0);
    store.sweep(START + 30 * DAY).unwrap();
    assert_eq!(store.first(), 8, "the pack that holds cell 8 stays whole");
    // What is gone makes room, and the last pack is never removed.
    store.confirm(&desk(), 10, START + 30 * DAY).unwrap();
    store.sweep(START + 90 * DAY).unwrap();
    assert_eq!((store.first(), store.size()), (8, 10));
}

#[test]
fn g10_what_one_of_two_desks_lacks_stays() {
    let disk = Forgetful::new(None, 0);
    let store = open_at(&disk, 1, START).unwrap();
    let other = crate::server::other_desk().hash();
    let session = session(&store);
    store.commit(&[session.deposit(&cells(0..10))], START);
    store.tick(START + DAY).unwrap();
    store.confirm(&desk(), 10, START).unwrap();
    store.read_by([desk(), other]);
    store.sweep(START + 300 * DAY).unwrap();
    assert_eq!(store.first(), 0, "the other desk never said anything");
    let one_day = START + 300 * DAY;
    assert_eq!(store.confirm(&other, 5, one_day).unwrap(), 5);
    assert_eq!(store.confirm(&desk(), 1, one_day).unwrap(), 10, "its own");
    // Each desk's words outlive a restart.
    let store = open_at(&disk, 1, one_day).unwrap();
    store.read_by([desk(), other]);
    store.sweep(START + 329 * DAY).unwrap();
    assert_eq!(store.first(), 0);
    store.sweep(START + 330 * DAY).unwrap();
    assert_eq!(store.first(), 4);
    // A desk that is not served any more is not waited for; a log that nobody reads keeps everything.
    store.read_by([]);
    store.sweep(START + 400 * DAY).unwrap();
    assert_eq!(store.first(), 4);
    store.read_by([desk()]);
    store.sweep(START + 400 * DAY).unwrap();
    assert_eq!(store.first(), 8);
}

#[test]
fn rot_below_a_checkpoint_keeps_its_place_and_a_changed_log_stops_the_drop() {
    let disk = Forgetful::new(None, 0);
    let store = open_at(&disk, 1, START).unwrap();
    let session = session(&store);
    store.commit(&[session.deposit(&cells(0..6))], START);
    store.tick(START + DAY).unwrap();
    drop(store);
    let pack = "packs/000000000001.pack";
    // The very last record rots. Without the checkpoint it would pass for a torn write.
    let rotten = disk.restart(Left::Synced);
    rotten.rot(pack, drop::RECORD_BYTES + 10);
    let store = open_at(&rotten, 1, START + DAY).unwrap();
    assert_eq!(store.size(), 6);
    assert!(names(&store.checkpoint(), &cells(0..6)));
    assert!(store.tick(START + 2 * DAY).unwrap());
    assert!(names(&store.checkpoint(), &cells(0..6)));
    // The tree's hashes rot: they are made anew.
    let rotten = disk.restart(Left::Synced);
    rotten.rot("tree/hashes", 3);
    let store = open_at(&rotten, 1, START + DAY).unwrap();
    assert!(store.tick(START + 2 * DAY).unwrap());
    assert!(names(&store.checkpoint(), &cells(0..6)));
    // Signed cells are cut off.
    let short = disk.restart(Left::Synced);
    short.cut(pack, drop::RECORD_BYTES);
    let error = open_at(&short, 1, START + DAY).err().unwrap();
    assert!(
        error.to_string().contains("its last checkpoint names 6"),
        "{error}"
    );
}

#[test]
fn the_line_says_the_same_to_everybody_and_more_to_the_desk() {
    let server = Server::with(limits(1));
    let session = Session::new(1);
    server.register(&[&session]);
    let all = cells(0..6);
    assert_eq!(
        server.session(&session, wire::CELLS, &all.concat()).status,
        200
    );
    let ask = |path: &str| request(server.address, "GET", path, &[], b"");
    let before = ask(wire::CHECKPOINT);
    assert_eq!(before.status, 200);
    server.store.tick(START + DAY).unwrap();
    let after = ask(wire::CHECKPOINT);
    assert_eq!(after.body.len(), before.body.len());
    let key: LogVerifier = ask(wire::LOG_KEY).text().trim_end().parse().unwrap();
    assert!(names(&key.open(&after.body).unwrap(), &all));
    assert!(after.body.len() <= wire::MAX_CHECKPOINT_BYTES);

    let tile = format!("{}/0/000.p/6", wire::TILE);
    ask(&tile).is(ProblemKind::Unauthorised);
    let leaves: Vec<u8> = all
        .iter()
        .flat_map(|cell| leaf_hash(hash(cell).as_bytes()).0)
        .collect();
    assert_eq!(server.desk("GET", &tile, b"").body, leaves);
    for odd in [
        "/0/000.p/7",
        "/0/000",
        "/9/000",
        "/0/..",
        "/entries/000.p/6",
    ] {
        let answer = server.desk("GET", &format!("{}{odd}", wire::TILE), b"");
        answer.is(ProblemKind::NotFound);
    }

    // Confirmed, old, removed: the problem says where the log begins now.
    let word = Confirmation { below: 4 }.encode();
    request(server.address, "POST", wire::CONFIRM, &[], &word).is(ProblemKind::Unauthorised);
    assert_eq!(server.desk("POST", wire::CONFIRM, &word).body, word);
    let far = Confirmation { below: 7 }.encode();
    server
        .desk("POST", wire::CONFIRM, &far)
        .is(ProblemKind::BeyondEnd);
    server.store.sweep(START + 31 * DAY).unwrap();
    assert_eq!(server.store.first(), 0, "the other desk has not read it");
    let other = crate::server::other_desk().bearer();
    let other = [("authorization", other.as_str())];
    let said = request(server.address, "POST", wire::CONFIRM, &other, &word);
    assert_eq!(said.body, word);
    server.store.sweep(START + 31 * DAY).unwrap();
    let gone = server.desk("GET", &wire::log_path(3, 9), b"");
    gone.is(ProblemKind::Gone);
    assert_eq!(gone.header(wire::HEADER_FIRST), Some("4"));
    let rest = server.desk("GET", &wire::log_path(4, 9), b"");
    assert_eq!(rest.body, all[4..].concat());
    assert_eq!(
        server.desk("GET", &tile, b"").body,
        leaves,
        "hashes outlive their packs"
    );
}

#[test]
fn a_token_stores_no_more_than_its_quota() {
    let server = Server::with(limits(1));
    let (small, plain) = (Session::new(1), Session::new(2));
    let body = TokenRegistration::new(vec![small.hash()])
        .unwrap()
        .with_quota(3 * CELL_BYTES as u64 + 5)
        .unwrap();
    assert_eq!(
        server.desk("POST", wire::TOKENS, &body.encode()).status,
        200
    );
    server.register(&[&plain, &small]);
    let all = cells(0..5).concat();
    let full = server.session(&small, wire::CELLS, &all);
    full.is(ProblemKind::SessionFull);
    assert_eq!(full.problem().stored, Some(3));
    assert_eq!(server.session(&plain, wire::CELLS, &all).status, 200);
}
