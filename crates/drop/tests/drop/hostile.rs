//! Requests that follow no protocol, tokens that fit nothing, limits that are hit: typed problems, never a 500.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use wire::{CELL_BYTES, DeskToken, MAX_UPLOAD_BYTES, ProblemKind};

use crate::client::{Line, body, request};
use crate::sample::{Session, cell, cells, limits};
use crate::server::{Server, desk};

#[test]
fn bad_uploads_are_named() {
    let server = Server::start();
    let (known, unknown) = (Session::new(1), Session::new(2));
    server.register(&[&known]);
    let one = cell(1);
    server
        .session(&known, wire::CELLS, b"")
        .is(ProblemKind::NoCells);
    server
        .session(&known, wire::CELLS, &one[1..])
        .is(ProblemKind::NoCells);
    server
        .session(&unknown, wire::CELLS, &one)
        .is(ProblemKind::Unauthorised);
    let mut long = one.to_vec();
    long.push(0);
    let answer = server.session(&known, wire::CELLS, &long);
    answer.is(ProblemKind::CutShort);
    assert_eq!(answer.problem().stored, Some(1));
    let answer = server.session(&known, wire::CELLS, &vec![7; MAX_UPLOAD_BYTES + 1]);
    answer.is(ProblemKind::TooLarge);
    assert_eq!(
        server.store.size(),
        1,
        "nothing of a request that is too large is stored"
    );

    let bearer = known.token.bearer();
    let secret = known.secret.expose_hex();
    let (bearer, secret) = (bearer.as_str(), secret.as_str());
    let post =
        |headers: &[(&str, &str)]| request(server.address, "POST", wire::CELLS, headers, &one);
    post(&[]).is(ProblemKind::Unauthorised);
    post(&[("fh-session", secret)]).is(ProblemKind::Unauthorised);
    post(&[("authorization", "Bearer x"), ("fh-session", secret)]).is(ProblemKind::Unauthorised);
    post(&[("authorization", bearer)]).is(ProblemKind::Malformed);
    post(&[("authorization", bearer), ("fh-session", "x")]).is(ProblemKind::Malformed);
    post(&[("authorization", bearer), ("fh-session", "\u{e9}")]).is(ProblemKind::Malformed);
    let answer = post(&[]);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn bad_questions_are_named() {
    let server = Server::start();
    let session = Session::new(1);
    server.register(&[&session]);
    for wrong in [0, 1, 31, 33] {
        server
            .session(&session, wire::MISSING, &vec![0; wrong])
            .is(ProblemKind::Malformed);
    }
    server
        .session(&session, wire::MISSING, &vec![0; 4_097 * 32])
        .is(ProblemKind::TooLarge);
    server
        .session(&Session::new(2), wire::MISSING, &[0; 32])
        .is(ProblemKind::Unauthorised);
    // A token before its first use may ask, and is told that everything is missing.
    assert_eq!(
        server.session(&session, wire::MISSING, &[0; 64]).text(),
        "{\"missing\":[0,1]}"
    );
}

#[test]
fn desk_paths_need_the_desk_token() {
    let server = Server::start();
    let session = Session::new(1);
    server.register(&[&session]);
    let mailbox = format!("/v1/mailbox/{}", "ab".repeat(32));
    let wrong = DeskToken::from_bytes([1; 32]).bearer();
    let of_session = session.token.bearer();
    for (method, path) in [
        ("GET", "/v1/log?from=0"),
        ("POST", wire::TOKENS),
        ("PUT", mailbox.as_str()),
        ("GET", wire::METRICS),
    ] {
        let ask = |headers: &[(&str, &str)]| request(server.address, method, path, headers, b"{}");
        ask(&[]).is(ProblemKind::Unauthorised);
        for bearer in [&wrong, &of_session] {
            ask(&[("authorization", bearer.as_str())]).is(ProblemKind::Unauthorised);
        }
    }
    // Nor does the desk's token store cells.
    let (bearer, secret) = (desk().bearer(), session.secret.expose_hex());
    let headers = [
        ("authorization", bearer.as_str()),
        ("fh-session", secret.as_str()),
    ];
    request(server.address, "POST", wire::CELLS, &headers, &cell(1)).is(ProblemKind::Unauthorised);
}

#[test]
fn bad_desk_requests_are_named() {
    let server = Server::start();
    for query in [
        "",
        "?",
        "?from=x",
        "?from=0&limit=0",
        "?from=0&from=0",
        "?from=0&x=1",
    ] {
        server
            .desk("GET", &format!("/v1/log{query}"), b"")
            .is(ProblemKind::Malformed);
    }
    server
        .desk("GET", "/v1/log?from=1", b"")
        .is(ProblemKind::BeyondEnd);
    let empty = server.desk("GET", "/v1/log?from=0", b"");
    assert_eq!(
        (
            empty.status,
            empty.header("fh-next"),
            empty.header("fh-size")
        ),
        (200, Some("0"), Some("0"))
    );
    for body in [
        "",
        "{",
        "{}",
        r#"{"hashes":[]}"#,
        r#"{"hashes":["x"]}"#,
        r#"{"hashes":[],"x":1}"#,
    ] {
        server
            .desk("POST", wire::TOKENS, body.as_bytes())
            .is(ProblemKind::Malformed);
    }
    server
        .desk("POST", wire::TOKENS, &vec![b' '; 600_000])
        .is(ProblemKind::TooLarge);
    let mailbox = format!("/v1/mailbox/{}", "ab".repeat(32));
    for wrong in [0, 1, CELL_BYTES - 1] {
        server
            .desk("PUT", &mailbox, &vec![0; wrong])
            .is(ProblemKind::NoCells);
    }
    server
        .desk("PUT", &mailbox, &vec![0; CELL_BYTES + 1])
        .is(ProblemKind::TooLarge);
    for address in ["x", &"AB".repeat(32), &"ab".repeat(33)] {
        let path = format!("/v1/mailbox/{address}");
        server
            .desk("PUT", &path, &cell(1))
            .is(ProblemKind::Malformed);
        request(server.address, "GET", &path, &[], b"").is(ProblemKind::Malformed);
    }
}

#[test]
fn other_paths_and_methods_are_named() {
    let server = Server::start();
    for path in [
        "/",
        "/v1",
        "/v2/cells",
        "/v1/cells/",
        "/v1/mailbox",
        "/v1/mailbox/",
        "/%00",
    ] {
        request(server.address, "GET", path, &[], b"").is(ProblemKind::NotFound);
    }
    for (method, path) in [
        ("GET", wire::CELLS),
        ("DELETE", wire::LOG),
        ("PUT", wire::TOKENS),
        ("POST", wire::HEALTHZ),
    ] {
        request(server.address, method, path, &[], b"").is(ProblemKind::MethodNotAllowed);
    }
    let health = request(server.address, "GET", wire::HEALTHZ, &[], b"");
    assert_eq!((health.status, health.text().as_str()), (200, "ok\n"));
}

#[test]
fn too_many_requests_and_connections_are_told_so() {
    let mut limits = limits();
    (limits.requests_per_session, limits.connections) = (1, 2);
    let server = Server::with(limits);
    let session = Session::new(1);
    server.register(&[&session]);
    let mut first = Line::upload(server.address, &session, 2 * CELL_BYTES);
    first.send(&cell(0));
    while server.store.size() == 0 {
        std::thread::yield_now();
    }
    let answer = server.session(&session, wire::CELLS, &cell(1));
    answer.is(ProblemKind::Busy);
    assert_eq!(answer.header("retry-after"), Some("10"));
    let _second = Line::open(server.address);
    // The server accepts in order, so the third one finds both places taken.
    let answer = Line::open(server.address).answer();
    answer.is(ProblemKind::Unavailable);
    first.send(&cell(1));
    assert_eq!(first.answer().text(), "{\"stored\":2}");
}

#[test]
fn full_is_told_with_what_was_stored() {
    let mut limits = limits();
    (limits.session_cells, limits.total_cells) = (3, 5);
    let server = Server::with(limits);
    let (one, other) = (Session::new(1), Session::new(2));
    server.register(&[&one, &other]);
    let answer = server.session(&one, wire::CELLS, &body(&cells(0..4)));
    answer.is(ProblemKind::SessionFull);
    assert_eq!(answer.problem().stored, Some(3));
    let answer = server.session(&other, wire::CELLS, &body(&cells(10..13)));
    answer.is(ProblemKind::StorageFull);
    assert_eq!(answer.problem().stored, Some(2));
}

#[test]
fn a_failing_disk_is_unavailable_and_not_a_500() {
    let disk = crate::forgetful::Forgetful::new(None, 0);
    let server = Server::on(disk.clone(), limits());
    let session = Session::new(1);
    server.register(&[&session]);
    disk.fail_from_now_on();
    server
        .session(&session, wire::CELLS, &cell(1))
        .is(ProblemKind::Unavailable);
    let hash = "00".repeat(32);
    let tokens = format!(r#"{{"hashes":["{hash}"]}}"#);
    server
        .desk("POST", wire::TOKENS, tokens.as_bytes())
        .is(ProblemKind::Unavailable);
    server
        .desk("PUT", &format!("/v1/mailbox/{hash}"), &cell(1))
        .is(ProblemKind::Unavailable);
    let health = request(server.address, "GET", wire::HEALTHZ, &[], b"");
    health.is(ProblemKind::Unavailable);
}

#[test]
fn a_head_that_never_ends_is_cut_off() {
    let mut limits = limits();
    limits.head = Duration::from_millis(200);
    let server = Server::with(limits);
    let mut line = Line::open(server.address);
    line.send(b"GET /healthz HTTP/1.1\r\nhost: dr");
    let mut closed = Vec::new();
    line.drain(&mut closed);
    assert!(!closed.starts_with(b"HTTP/1.1 2"));
}

#[test]
fn a_reader_that_takes_nothing_is_cut_off() {
    let mut limits = limits();
    limits.stall = Duration::from_millis(300);
    let server = Server::with(limits);
    let session = Session::new(1);
    server.register(&[&session]);
    for first in 0..4 {
        let some = body(&cells(first * 64..first * 64 + 64));
        assert_eq!(server.session(&session, wire::CELLS, &some).status, 200);
    }
    let connections = || server.store.metrics().connections.load(Ordering::Relaxed);
    wait_until("the uploads end", || connections() == 0);
    let mut line = Line::open(server.address);
    let bearer = desk().bearer();
    line.send(
        format!(
            "GET /v1/log?from=0 HTTP/1.1\r\nhost: drop\r\nauthorization: {}\r\n\r\n",
            *bearer
        )
        .as_bytes(),
    );
    wait_until("the reader is served", || connections() == 1);
    // It asked for 16 MiB, more than the system holds for it, and reads none of it.
    wait_until("the reader is cut off", || connections() == 0);
    let mut came = Vec::new();
    line.drain(&mut came);
    assert!(came.len() < 256 * CELL_BYTES);
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "waited in vain until {what}"
        );
        std::thread::yield_now();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is thrown at it, the server answers without a 500 and goes on serving.
    #[test]
    fn noise_is_refused(
        method in "[A-Z]{1,7}",
        path in "/(v1/)?[a-z0-9/?=&%]{0,40}",
        token in prop_oneof![Just("Bearer ".to_owned() + &"0".repeat(64)), "[ -~]{0,80}"],
        body in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        thread_local!(static SERVER: Server = Server::start());
        SERVER.with(|server| {
            let headers = [("authorization", token.as_str()), ("fh-session", token.as_str())];
            let answer = request(server.address, &method, &path, &headers, &body);
            assert_ne!(answer.status, 500, "{method} {path}");
            if (400..600).contains(&answer.status) && !answer.body.is_empty() {
                answer.problem();
            }
        });
    }
}
