//! Uploading: whole, cut anywhere, slow, repeated, resumed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use wire::{CELL_BYTES, CellHash, MAX_CELLS_PER_REQUEST, Missing, MissingRequest, ProblemKind};

use crate::client::{Line, body};
use crate::forgetful::{Forgetful, Left};
use crate::sample::{DAY, START, Session, cells, limits, open, whole_log};
use crate::server::Server;

fn missing(server: &Server, session: &Session, numbers: std::ops::Range<u64>) -> Vec<u32> {
    let hashes: Vec<_> = cells(numbers)
        .iter()
        .map(|cell| CellHash::of(cell))
        .collect();
    let count = hashes.len();
    let asked = MissingRequest::new(hashes).unwrap().encode();
    let answer = server.session(session, wire::MISSING, &asked);
    assert_eq!(answer.status, 200);
    Missing::decode(&answer.body, count).unwrap().missing
}

#[test]
fn whole_uploads_of_every_size() {
    let server = Server::start();
    let session = Session::new(1);
    server.register(&[&session]);
    let mut first = 0;
    for count in [1, 2, 63, MAX_CELLS_PER_REQUEST as u64] {
        let answer = server.session(&session, wire::CELLS, &body(&cells(first..first + count)));
        assert_eq!(
            (answer.status, answer.text()),
            (200, format!("{{\"stored\":{count}}}"))
        );
        first += count;
    }
    assert_eq!(server.log(), body(&cells(0..first)));
    assert_eq!(
        missing(&server, &session, 0..first + 2),
        [
            u32::try_from(first).unwrap(),
            u32::try_from(first + 1).unwrap()
        ]
    );
}

#[test]
fn a_revoked_token_stores_nothing_not_even_in_a_session_under_way() {
    let server = Server::start();
    let (caught, other) = (Session::new(1), Session::new(2));
    server.register(&[&caught, &other]);
    for (first, session) in [(0, &caught), (1, &other)] {
        let stored = server.session(session, wire::CELLS, &body(&cells(first..first + 1)));
        assert_eq!(stored.status, 200);
    }
    let unknown = wire::TokenHash::from_bytes([9; 32]);
    let list = wire::TokenRegistration::new(vec![caught.token.hash(), unknown]).unwrap();
    assert_eq!(
        server.desk("POST", wire::REVOKE, &list.encode()).text(),
        "{\"registered\":2}"
    );
    let status = |session, path| server.session(session, path, &body(&cells(2..3))).status;
    assert_eq!(status(&caught, wire::CELLS), 401);
    assert_eq!(status(&other, wire::CELLS), 200);
    // What was stored stays: evidence is not taken back with a token.
    assert_eq!(server.log(), body(&cells(0..3)));
    let stranger = server.session(&other, wire::REVOKE, &list.encode());
    assert_eq!(stranger.status, 401, "for the desk alone");
}

#[test]
fn repeats_are_harmless() {
    let server = Server::start();
    let session = Session::new(1);
    server.register(&[&session]);
    for numbers in [0..3, 0..3, 2..5, 0..5] {
        let count = numbers.end - numbers.start;
        let answer = server.session(&session, wire::CELLS, &body(&cells(numbers)));
        assert_eq!(answer.text(), format!("{{\"stored\":{count}}}"));
    }
    assert_eq!(server.log(), body(&cells(0..5)));
}

#[test]
fn chunked_bodies_are_as_good() {
    let server = Server::start();
    let session = Session::new(1);
    server.register(&[&session]);
    let mut line = Line::open(server.address);
    let head = format!(
        "POST /v1/cells HTTP/1.1\r\nhost: drop\r\nauthorization: {}\r\nfh-session: {}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
        *session.token.bearer(),
        *session.secret.expose_hex(),
    );
    line.send(head.as_bytes());
    for part in body(&cells(0..2)).chunks(50_000) {
        line.send(format!("{:x}\r\n", part.len()).as_bytes());
        line.send(part);
        line.send(b"\r\n");
    }
    line.send(b"0\r\n\r\n");
    assert_eq!(line.answer().text(), "{\"stored\":2}");
    assert_eq!(server.log(), body(&cells(0..2)));
}

#[test]
fn a_cut_upload_keeps_its_whole_cells_and_says_so() {
    let server = Server::start();
    let all = body(&cells(0..4));
    let cuts = [
        0,
        1,
        CELL_BYTES - 1,
        CELL_BYTES,
        CELL_BYTES + 1,
        3 * CELL_BYTES + 77,
    ];
    for (number, cut) in (1..).zip(cuts) {
        let session = Session::new(number);
        server.register(&[&session]);
        let mut line = Line::upload(server.address, &session, all.len());
        line.send(&all[..cut]);
        line.finish_sending();
        let whole = u32::try_from(cut / CELL_BYTES).unwrap();
        let answer = line.answer();
        answer.is(if whole == 0 {
            ProblemKind::NoCells
        } else {
            ProblemKind::CutShort
        });
        assert_eq!(answer.problem().stored, Some(whole));
        assert_eq!(
            missing(&server, &session, 0..4),
            (whole..4).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_client_that_vanishes_leaves_its_whole_cells() {
    let disk = Forgetful::new(None, 0);
    let session = Session::new(1);
    let mut server = Server::on(disk.clone(), limits());
    server.register(&[&session]);
    let mut line = Line::upload(server.address, &session, 9 * CELL_BYTES);
    line.send(&body(&cells(0..5)));
    line.send(&[1, 2, 3]);
    drop(line);
    server.stop();
    let (store, _) = open(Arc::new(disk.restart(Left::Synced)), START).unwrap();
    let kept = whole_log(&store);
    // What had arrived when the line broke is there, in order; nothing else is.
    assert_eq!(kept, cells(0..5)[..kept.len()]);
    let expected: Vec<u32> = (u32::try_from(kept.len()).unwrap()..5).collect();
    assert_eq!(session.missing(&store, &cells(0..5), START), expected);
}

#[test]
fn a_lone_cell_is_stored_while_the_upload_goes_on() {
    let server = Server::start();
    let session = Session::new(1);
    server.register(&[&session]);
    let mut line = Line::upload(server.address, &session, 2 * CELL_BYTES);
    line.send(&cells(0..1)[0]);
    // The line is quiet now; its first cell does not wait for the second.
    let begin = Instant::now();
    while server.store.size() == 0 {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "the first cell is not stored"
        );
        std::thread::yield_now();
    }
    line.send(&cells(1..2)[0]);
    assert_eq!(line.answer().text(), "{\"stored\":2}");
}

#[test]
fn a_dead_line_is_given_up_and_a_slow_one_is_not() {
    let mut limits = limits();
    (limits.stall, limits.progress_bytes) = (Duration::from_millis(300), 1_000);
    let server = Server::with(limits);
    let (dead, trickle, slow) = (Session::new(1), Session::new(2), Session::new(3));
    server.register(&[&dead, &trickle, &slow]);
    let promised = 2 * CELL_BYTES;
    let all = body(&cells(0..2));

    let mut line = Line::upload(server.address, &dead, promised);
    line.send(&all[..CELL_BYTES + 5]);
    let answer = line.answer();
    answer.is(ProblemKind::NoProgress);
    assert_eq!(answer.problem().stored, Some(1));

    // A byte now and then is not progress.
    let mut line = Line::upload(server.address, &trickle, promised);
    let begin = Instant::now();
    let mut tick = std::sync::mpsc::channel::<()>().1;
    while begin.elapsed() < Duration::from_millis(900) {
        line.send(b"x");
        wait(&mut tick, 50);
    }
    line.answer().is(ProblemKind::NoProgress);

    // Enough in every span is, for however long.
    let mut line = Line::upload(server.address, &slow, promised);
    let begin = Instant::now();
    for part in all.chunks(10_000) {
        line.send(part);
        wait(&mut tick, 80);
    }
    assert!(begin.elapsed() > Duration::from_millis(900));
    assert_eq!(line.answer().text(), "{\"stored\":2}");
}

/// The pace of a line is what is tested here, so time has to pass.
fn wait(tick: &mut std::sync::mpsc::Receiver<()>, milliseconds: u64) {
    let (keep, quiet) = std::sync::mpsc::channel();
    *tick = quiet;
    let _ = tick.recv_timeout(Duration::from_millis(milliseconds));
    drop(keep);
}

#[test]
fn few_cells_of_room_are_shared_without_a_standstill() {
    let mut limits = limits();
    limits.waiting_cells = 3;
    let server = Server::with(limits);
    let sessions: Vec<Session> = (1..5).map(Session::new).collect();
    server.register(&sessions.iter().collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for (place, session) in (0..).zip(&sessions) {
            let server = &server;
            scope.spawn(move || {
                let numbers = place * 100..place * 100 + 40;
                let answer = server.session(session, wire::CELLS, &body(&cells(numbers)));
                assert_eq!(answer.text(), "{\"stored\":40}");
            });
        }
    });
    assert_eq!(server.store.size(), 160);
}

#[test]
fn sessions_are_bound_for_a_day() {
    let server = Server::start();
    let (one, thief) = (Session::new(1), Session::new(2));
    server.register(&[&one]);
    let stored = server.session(&one, wire::CELLS, &body(&cells(0..1)));
    assert_eq!(stored.status, 200);
    let stolen = Session {
        token: Session::new(1).token,
        secret: thief.secret,
    };
    for path in [wire::CELLS, wire::MISSING] {
        server
            .session(&stolen, path, &body(&cells(1..2)))
            .is(ProblemKind::OtherSession);
    }
    server.now.store(START + DAY, Ordering::Relaxed);
    for path in [wire::CELLS, wire::MISSING] {
        server
            .session(&one, path, &body(&cells(1..2)))
            .is(ProblemKind::Unauthorised);
    }
    assert_eq!(server.store.size(), 1);
}

#[test]
fn a_stop_lets_uploads_end() {
    let mut server = Server::start();
    let session = Session::new(1);
    server.register(&[&session]);
    let mut line = Line::upload(server.address, &session, 2 * CELL_BYTES);
    line.send(&cells(0..1)[0]);
    while server.store.size() == 0 {
        std::thread::yield_now();
    }
    let client = std::thread::spawn(move || {
        line.send(&cells(1..2)[0]);
        line.answer().text()
    });
    server.stop();
    assert_eq!(client.join().unwrap(), "{\"stored\":2}");
    assert_eq!(server.store.size(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Wherever it is cut and however it is split: whole cells are kept, and resuming completes them.
    #[test]
    fn any_cut_then_resume(cut in 0..=6 * CELL_BYTES, pieces in prop::collection::vec(1..200_000usize, 1..6)) {
        let server = Server::start();
        let session = Session::new(1);
        server.register(&[&session]);
        let all = body(&cells(0..6));
        let mut line = Line::upload(server.address, &session, all.len());
        let (mut rest, mut pieces) = (&all[..cut], pieces.iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at((*pieces.next().unwrap()).min(rest.len()));
            line.send(now);
            rest = later;
        }
        if cut < all.len() {
            line.finish_sending();
        }
        line.answer();
        let whole = u32::try_from(cut / CELL_BYTES).unwrap();
        let gaps = missing(&server, &session, 0..6);
        prop_assert_eq!(&gaps, &(whole..6).collect::<Vec<_>>());
        if !gaps.is_empty() {
            let again = body(&cells(u64::from(whole)..6));
            prop_assert_eq!(server.session(&session, wire::CELLS, &again).status, 200);
        }
        prop_assert_eq!(server.log(), all);
    }
}
