//! What a drop gives away: to whoever asks, and to whoever takes its disk.

use std::collections::HashSet;
use std::sync::Arc;

use wire::{CELL_BYTES, CellHash, MissingRequest};

use crate::client::request;
use crate::forgetful::Forgetful;
use crate::sample::{DAY, START, Session, cell, cells, limits, open};
use crate::server::Server;

#[test]
fn known_and_unknown_mailboxes_look_alike() {
    let server = Server::start();
    let path = |byte: &str| format!("/v1/mailbox/{}", byte.repeat(32));
    assert_eq!(
        server.desk("PUT", &path("aa"), &cell(7)).text(),
        "{\"stored\":1}"
    );
    let get = |byte: &str| request(server.address, "GET", &path(byte), &[], b"");
    let (known, unknown, other) = (get("aa"), get("bb"), get("cc"));
    assert_eq!(known.body, cell(7));
    assert_eq!(unknown.body, get("bb").body, "noise must be stable");
    assert_ne!(unknown.body, other.body, "noise must differ by address");
    for answer in [&known, &unknown, &other] {
        assert_eq!((answer.status, answer.body.len()), (200, CELL_BYTES));
        let names = |head: &str| {
            head.lines()
                .map(|line| line.split(':').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(answer.head()), names(known.head()));
    }
    // No 16 bytes of noise occur twice, in it or in another answer.
    let mut seen = HashSet::new();
    for answer in [&unknown, &other] {
        assert!(
            answer
                .body
                .chunks(16)
                .all(|chunk| seen.insert(chunk.to_vec()))
        );
    }
    // A reply may be replaced by its desk.
    server.desk("PUT", &path("aa"), &cell(8));
    assert_eq!(get("aa").body, cell(8));
}

#[test]
fn noise_survives_a_restart_and_differs_between_drops() {
    let disk = Forgetful::new(None, 0);
    let address = wire::MailboxAddress::from_bytes([3; 32]);
    let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
    let noise = store.mail(&address).unwrap();
    let other_secret = || zeroize::Zeroizing::new([6; 32]);
    let (again, _) =
        drop::store::Store::open(Arc::new(disk), limits(), other_secret(), START).unwrap();
    assert_eq!(
        again.mail(&address).unwrap(),
        noise,
        "the first secret stays"
    );
    let fresh = Arc::new(Forgetful::new(None, 0));
    let (other, _) = drop::store::Store::open(fresh, limits(), other_secret(), START).unwrap();
    assert_ne!(other.mail(&address).unwrap(), noise);
}

/// g06, the drop's part: a captured cell, asked for outside its session, is answered as noise is.
#[test]
fn negative_06_a_captured_cell_answers_as_noise_outside_its_session() {
    let server = Server::start();
    let (victim, watcher) = (Session::new(1), Session::new(2));
    server.register(&[&victim, &watcher]);
    server.session(&victim, wire::CELLS, &cell(1));
    server.session(&watcher, wire::CELLS, &cell(2));
    let asked = [
        CellHash::of(&cell(1)),
        CellHash::of(&cell(99)),
        CellHash::of(&cell(2)),
    ];
    let asked = MissingRequest::new(asked.to_vec()).unwrap().encode();
    assert_eq!(
        server.session(&watcher, wire::MISSING, &asked).text(),
        "{\"missing\":[0,1]}"
    );
}

/// g06, the drop's part: what is on the disk names no token, no secret, and no cell of a session.
#[test]
fn negative_06_a_taken_disk_links_nothing() {
    let disk = Forgetful::new(None, 0);
    let (store, _) = open(Arc::new(disk.clone()), START).unwrap();
    let sessions: Vec<Session> = (1..40).map(Session::new).collect();
    let hashes: Vec<_> = sessions.iter().map(Session::hash).collect();
    store.register(&hashes).unwrap();
    for (number, session) in (0..).zip(&sessions) {
        store.commit(
            &[session.deposit(&cells(number * 3..number * 3 + 3))],
            START + 1,
        );
    }
    let files = disk.contents();
    let count = |needle: &[u8]| -> usize {
        files
            .iter()
            .map(|file| {
                file.windows(needle.len())
                    .filter(|window| *window == needle)
                    .count()
            })
            .sum()
    };
    for (number, session) in (0..).zip(&sessions) {
        assert_eq!(
            count(session.token.expose_bytes()),
            0,
            "a token is on the disk"
        );
        assert_eq!(
            count(session.secret.expose_bytes()),
            0,
            "a secret is on the disk"
        );
        // The only place that knows a cell's hash is the cell's own record.
        assert_eq!(count(CellHash::of(&cell(number * 3)).as_bytes()), 1);
        if number == 3 {
            break;
        }
    }
    // A day later nothing of any session is left, and every cell is.
    drop(store);
    let (store, _) = open(Arc::new(disk.clone()), START + DAY + 3_600_000_000).unwrap();
    assert_eq!(store.size(), 39 * 3);
    assert!(
        disk.names()
            .iter()
            .all(|name| !name.starts_with("sessions/"))
    );
    let tokens = disk.contents_of("tokens");
    assert!(
        hashes
            .iter()
            .all(|hash| !tokens.windows(32).any(|window| window == hash.as_bytes()))
    );
}

#[test]
fn counters_are_sums_and_nothing_else() {
    let server = Server::start();
    let session = Session::new(1);
    server.register(&[&session]);
    server.session(&session, wire::CELLS, &cell(1));
    server.session(&session, wire::CELLS, &cell(1));
    let text = server.desk("GET", wire::METRICS, b"").text();
    for line in [
        "fh_drop_cells_stored 1",
        "fh_drop_cells_repeated 1",
        "fh_drop_groups 1",
        "fh_drop_log_cells 1",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
    let values = text.lines().filter(|line| !line.starts_with('#'));
    for line in values {
        let (name, value) = line.split_once(' ').unwrap();
        assert!(
            name.starts_with("fh_drop_") && !name.contains('{'),
            "{line} has a label"
        );
        assert!(value.parse::<u64>().is_ok());
    }
}
