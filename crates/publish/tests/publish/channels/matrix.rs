//! The real Synapse.

use ledger::sha256;
use publish::channels::{Action, Channel, Line, Matrix, MatrixAccount};
use publish::renditions::{Turn, render};
use serde_json::Value;

use super::hostile::HostileLine;
use super::outbox::{Row, carry, tell_many};
use super::servers::{Server, ask, figure};
use super::{deliveries, stories};

struct Synapse {
    server: Server,
    token: String,
    room: String,
    _folder: tempfile::TempDir,
}

impl Synapse {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (server, told) = Server::python("python", "synapse.py", folder.path());
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        Self {
            server,
            token: text("token"),
            room: text("room"),
            _folder: folder,
        }
    }

    fn channel(&self, address: std::net::SocketAddr) -> Matrix {
        let account = MatrixAccount {
            room: self.room.clone(),
            token: self.token.clone(),
        };
        Matrix::new(
            Line::new(&format!("http://{address}"), None, "x").unwrap(),
            &account,
        )
    }

    /// Every message of the room that was not taken away.
    fn messages(&self) -> Vec<Value> {
        let bearer = format!("Bearer {}", self.token);
        let (mut out, mut from) = (Vec::new(), String::new());
        loop {
            let url = format!(
                "http://{}/_matrix/client/v3/rooms/{}/messages?dir=b&limit=100{from}",
                self.server.address, self.room
            );
            let page = ask("GET", &url, &[("authorization", &bearer)], None);
            let events = page["chunk"].as_array().unwrap();
            let says = |event: &&Value| {
                event["type"] == "m.room.message" && event["content"]["body"].is_string()
            };
            out.extend(events.iter().filter(says).cloned());
            match page["end"].as_str() {
                Some(end) if !events.is_empty() => from = format!("&from={end}"),
                _ => return out,
            }
        }
    }
}

#[test]
fn peer_matrix_every_message_stands_exactly_once() {
    let synapse = Synapse::start();
    assert_eq!(
        synapse
            .channel(synapse.server.address)
            .check()
            .unwrap()
            .name,
        "@news:peer.test"
    );
    let line = HostileLine::before(synapse.server.address, 7);
    let mut fresh = || -> Box<dyn Channel> { Box::new(synapse.channel(line.address)) };
    let (expected, way) = tell_many(|_| Vec::new(), &mut fresh);
    assert_eq!(synapse.messages().len(), expected, "messages in the room");
    assert!(line.was_hostile() && way.unknown > 0);
    figure(&format!(
        "matrix: {} deliveries, {expected} messages, 0 duplicates, 0 losses; {way}",
        deliveries()
    ));
}

#[test]
fn peer_matrix_corrections_and_withdrawals_arrive() {
    let synapse = Synapse::start();
    let line = HostileLine::before(synapse.server.address, 8);
    let mut words = stories::story(1);
    let can = synapse.channel(line.address).abilities();
    let mut fresh = || -> Box<dyn Channel> { Box::new(synapse.channel(line.address)) };
    let mut tell = |action, turn, before| {
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
        carry(&row, 5, &mut fresh).0.unwrap()
    };
    let first = tell(Action::Post, Turn::New, Vec::new());
    let second = tell(Action::Edit, Turn::Corrected, first.clone());
    assert_eq!(first, second, "it stays the same message");
    let stands = synapse.messages();
    let replaces =
        |event: &&Value| event["content"]["m.relates_to"]["event_id"] == first[0].id.as_str();
    let newest = stands.iter().find(replaces).unwrap();
    assert!(
        newest["content"]["m.new_content"]["body"]
            .as_str()
            .unwrap()
            .contains("Corrected.")
    );
    tell(Action::Delete, Turn::Withdrawn, second);
    assert_eq!(
        synapse.messages(),
        Vec::<Value>::new(),
        "neither the message nor what replaced it says anything any more"
    );
}
