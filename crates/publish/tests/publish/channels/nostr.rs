//! A real relay in this process, behind a line that loses answers and cuts.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use ledger::sha256;
use nostr_relay_builder::MockRelay;
use publish::channels::{Action, Channel, ChannelSettings, Kind};
use publish::renditions::{Turn, render};
use serde_json::{Value, json};
use tungstenite::Message;

use super::outbox::{Row, carry, tell_many};
use super::servers::figure;
use super::{deliveries, stories};

struct Relay {
    address: SocketAddr,
    _relay: MockRelay,
    _runtime: tokio::runtime::Runtime,
}

impl Relay {
    fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (relay, url) = runtime.block_on(async {
            let relay = MockRelay::run().await.unwrap();
            let url = relay.url().await.to_string();
            (relay, url)
        });
        let address = url.trim_start_matches("ws://").trim_end_matches('/');
        Self {
            address: address.parse().unwrap(),
            _relay: relay,
            _runtime: runtime,
        }
    }

    /// Every note that the relay shows, by its id.
    fn notes(&self) -> Vec<Value> {
        let (mut socket, _) = tungstenite::connect(format!("ws://{}", self.address)).unwrap();
        let ask = json!(["REQ", "all", {"kinds": [1], "limit": 500}]);
        socket.send(Message::text(ask.to_string())).unwrap();
        let mut out = Vec::new();
        loop {
            let Message::Text(text) = socket.read().unwrap() else {
                continue;
            };
            let value: Value = serde_json::from_str(text.as_str()).unwrap();
            match value[0].as_str().unwrap() {
                "EVENT" => out.push(value[2].clone()),
                "EOSE" => return out,
                _ => {}
            }
        }
    }
}

/// The account at these relays.
fn channel(relays: &[SocketAddr]) -> Box<dyn Channel> {
    let server: Vec<String> = relays.iter().map(|at| format!("ws://{at}")).collect();
    let settings = ChannelSettings {
        kind: Kind::Nostr,
        server: server.join(" "),
        account: String::new(),
        secret: "01".repeat(32),
        proxy: None,
    };
    settings.open("x", || 0).unwrap()
}

/// A line before the relay: of every four conversations one loses the relay's answer and one is cut within the event.
fn hostile(relay: SocketAddr) -> (SocketAddr, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, harmed) = (listener.local_addr().unwrap(), Arc::new(AtomicU32::new(0)));
    let count = harmed.clone();
    thread::spawn(move || {
        for (number, client) in listener.incoming().flatten().enumerate() {
            let server = TcpStream::connect(relay).unwrap();
            let (cuts, loses) = (number % 4 == 1, number % 4 == 3);
            let harmed = u32::from(cuts) + u32::from(loses);
            count.fetch_add(harmed, Ordering::SeqCst);
            let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || pass(from, to, cuts.then_some(1)));
            thread::spawn(move || pass(server, client, loses.then_some(1)));
        }
    });
    (address, harmed)
}

/// Passes bytes on; after so many pieces, of which the first is the greeting, half of the next and then nothing.
fn pass(mut from: TcpStream, mut to: TcpStream, pieces: Option<u32>) {
    let (mut buffer, mut passed) = ([0; 65_536], 0);
    while let Ok(count) = from.read(&mut buffer) {
        let harmed = pieces == Some(passed);
        let part = if harmed { count / 2 } else { count };
        if count == 0 || to.write_all(&buffer[..part]).is_err() || harmed {
            break;
        }
        passed += 1;
    }
    // A side that hung up already is no failure of this line.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

#[test]
fn nostr_every_note_stands_exactly_once() {
    let relay = Relay::start();
    let name = channel(&[relay.address]).check().unwrap().name;
    assert!(name.starts_with("npub1"));
    let (line, harmed) = hostile(relay.address);
    let (expected, way) = tell_many(|_| Vec::new(), &mut || channel(&[line]));
    let notes = relay.notes();
    let ids: HashSet<&str> = notes
        .iter()
        .filter_map(|note| note["id"].as_str())
        .collect();
    assert_eq!((notes.len(), ids.len()), (expected, expected));
    assert!(harmed.load(Ordering::SeqCst) > 0 && way.unknown > 0);
    figure(&format!(
        "nostr: {} deliveries, {expected} notes, 0 duplicates, 0 losses; {way}",
        deliveries()
    ));
}

#[test]
fn nostr_corrections_answer_and_withdrawals_take_away() {
    let relay = Relay::start();
    let mut words = stories::story(1);
    let can = channel(&[relay.address]).abilities();
    assert_eq!(Action::correcting(&can), Action::Reply);
    // One relay that is gone does not hold the others up.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut tell = |action, turn, before, relays: &[SocketAddr]| {
        words.turn = turn;
        words.body = format!("{turn:?}.");
        let posts = render(&words, &can, &[]);
        let row = Row {
            action,
            clearance: sha256(words.body.as_bytes()),
            link: &words.link,
            posts: &posts,
            files: &[],
            before,
        };
        carry(&row, 5, &mut || channel(relays)).0.unwrap()
    };
    let here = [relay.address];
    let first = tell(Action::Post, Turn::New, Vec::new(), &[gone, here[0]]);
    let answer = tell(Action::Reply, Turn::Corrected, first.clone(), &here);
    let id = |remote: &publish::channels::Remote| remote.id.split(' ').next().unwrap().to_owned();
    let notes = relay.notes();
    let corrected = notes
        .iter()
        .find(|note| note["id"] == id(&answer[0]).as_str());
    let tags = corrected.unwrap()["tags"].as_array().unwrap();
    assert!(
        tags.contains(&json!(["e", id(&first[0]), "", "root"])),
        "{tags:?}"
    );
    let all: Vec<_> = first.into_iter().chain(answer).collect();
    tell(Action::Delete, Turn::Withdrawn, all, &here);
    assert_eq!(relay.notes(), Vec::<Value>::new());
}
