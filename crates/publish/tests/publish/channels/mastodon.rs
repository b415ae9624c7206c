//! The real snac2: it speaks Mastodon's API, ignores idempotency keys, and answers DELETE with "not found". A good
//! adversary, and not Mastodon itself.

use ledger::sha256;
use publish::channels::{Action, Channel, Fault, Line, Mastodon, MastodonAccount};
use publish::renditions::{Turn, render};
use serde_json::Value;

use super::hostile::HostileLine;
use super::outbox::{Row, carry, tell_many};
use super::servers::{Server, ask, figure};
use super::{deliveries, stories};

struct Snac {
    server: Server,
    token: String,
    _folder: tempfile::TempDir,
}

impl Snac {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (server, told) = Server::python("snac", "serve.py", folder.path());
        Self {
            server,
            token: told["token"].as_str().unwrap().to_owned(),
            _folder: folder,
        }
    }

    fn channel(&self, address: std::net::SocketAddr) -> Mastodon {
        let account = MastodonAccount {
            token: self.token.clone(),
        };
        Mastodon::new(
            Line::new(&format!("http://{address}"), None, "x").unwrap(),
            &account,
        )
    }

    /// All of the account's own posts, as the files in which the server keeps them.
    fn posts(&self) -> Vec<Value> {
        let folder = self._folder.path().join("data/user/news/public");
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| {
                serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap()
            })
            .collect()
    }
}

#[test]
fn peer_mastodon_api_every_post_stands_exactly_once() {
    let snac = Snac::start();
    let bearer = format!("Bearer {}", snac.token);
    let url = format!(
        "http://{}/api/v1/accounts/verify_credentials",
        snac.server.address
    );
    assert_eq!(
        ask("GET", &url, &[("authorization", &bearer)], None)["username"],
        "news"
    );
    let line = HostileLine::before(snac.server.address, 5);
    let mut fresh = || -> Box<dyn Channel> { Box::new(snac.channel(line.address)) };
    let (expected, way) = tell_many(|seed| vec![stories::picture(seed)], &mut fresh);
    let stands = snac.posts();
    assert_eq!(stands.len(), expected, "posts on the server");
    assert!(line.was_hostile() && way.kills > 0 && way.unknown > 0);
    figure(&format!(
        "mastodon api: {} deliveries, {expected} posts, 0 duplicates, 0 losses; {way}",
        deliveries()
    ));
}

#[test]
fn peer_mastodon_api_a_correction_arrives_and_a_refusal_to_delete_is_said() {
    let snac = Snac::start();
    let line = HostileLine::before(snac.server.address, 6);
    let mut words = stories::story(1);
    words.title = "A title".to_owned();
    let can = snac.channel(line.address).abilities();
    let mut fresh = || -> Box<dyn Channel> { Box::new(snac.channel(line.address)) };
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
        carry(&row, 5, &mut fresh).0
    };
    let first = tell(Action::Post, Turn::New, Vec::new()).unwrap();
    let second = tell(Action::Edit, Turn::Corrected, first).unwrap();
    let stands = snac.posts();
    assert_eq!(stands.len(), 1);
    assert!(
        stands[0]["content"]
            .as_str()
            .unwrap()
            .contains("Corrected.")
    );
    let refused = tell(Action::Delete, Turn::Withdrawn, second).unwrap_err();
    assert!(matches!(refused, Fault::Refused { .. }), "{refused:?}");
}
