//! A newsletter over HTTP: a list taken in, letters to a real mail server, doubt that a person ends, and leaving.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::channels::{reached, tell};
use crate::rig::{EDITORS, Engine, Newsroom, PASSWORD, Setting, Visitor};

const ACCOUNT: &str = "News <news@sealed.example> https://news.example/leave";
const SECRET: &str = "news four words of it";

/// A real mail server.
struct Letters {
    child: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Drop for Letters {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Letters {
    fn start() -> Self {
        // `cargo xtask test --peers` installs it and names the folder.
        let home = std::env::var_os("FH_PEERS").map(PathBuf::from).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port().to_string();
        drop(free);
        let mut child = Command::new("python3")
            .arg(home.join("python/letters.py"))
            .arg(folder.path())
            .arg(port)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            address: told["address"].as_str().unwrap().to_owned(),
            folder,
        }
    }

    /// The letters of each reader, in their order.
    fn taken(&self) -> BTreeMap<String, Vec<String>> {
        let path = self.folder.path().join("taken.jsonl");
        let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            if let Some(letter) = value["letter"].as_str() {
                let to = value["to"][0].as_str().unwrap().to_owned();
                out.entry(to).or_default().push(letter.to_owned());
            }
        }
        out
    }
}

/// How many letters each of these has.
fn counts(letters: &Letters, names: &[&str]) -> Vec<usize> {
    let taken = letters.taken();
    let count = |name: &&str| {
        taken
            .get(&format!("{name}@reader.example"))
            .map_or(0, Vec::len)
    };
    names.iter().map(count).collect()
}

/// A newsletter at this server that two people agreed on; its channel.
fn entered(server: &str, [hala, salma]: &[Visitor; 2]) -> String {
    let entry = |secret| {
        [
            ("known", ""),
            ("kind", "mail"),
            ("language", "ar"),
            ("server", server),
            ("account", ACCOUNT),
            ("secret", secret),
            ("proxy", ""),
        ]
    };
    let wrong = hala.post("/channels", "/channels", &entry("news other"));
    assert!(wrong.json()["useless"].is_string(), "{}", wrong.body);
    let entered = hala.post("/channels", "/channels", &entry(SECRET));
    assert_eq!(entered.status, 303, "{}", entered.body);
    let page = hala.data("/channels").json();
    let channel = page["channels"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(page["channels"][0]["name"], "news@sealed.example");
    let pending = page["channels"][0]["pending"].as_str().unwrap();
    let confirm = format!("/channels/{channel}/confirm");
    let confirmed = salma.post("/channels", &confirm, &[("pending", pending)]);
    assert_eq!(confirmed.status, 303);
    channel
}

#[test]
fn peer_a_newsletter_reaches_each_once_and_whoever_leaves_gets_no_more() {
    let letters = Letters::start();
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let editors = [
        newsroom.signed_in(EDITORS[0]),
        newsroom.signed_in(EDITORS[2]),
    ];
    let channel = entered(&format!("smtp://{}", letters.address), &editors);
    let hala = &editors[0];
    let newsletter = format!("/newsletters/{channel}");
    let act = |act: &str, list: &str| {
        let path = format!("{newsletter}/{act}");
        hala.post(&newsletter, &path, &[("list", list)])
    };
    let list = "fine-1@reader.example\nfine-2@reader.example\ncut-1@reader.example\nnever-1@reader.example\nno address";
    let added = act("add", list).json();
    assert_eq!((&added["on"], &added["left"]), (&json!(4), &json!(0)));
    assert!(added["said"].as_str().unwrap().contains('1'), "{added}");
    for tongue in ["en", "ar"] {
        let headers = [("accept", "text/html"), ("accept-language", tongue)];
        let page = hala.get(&newsletter, &headers);
        assert_eq!(page.status, 200);
        assert!(
            !page.body.contains("reader.example"),
            "no page shows an address"
        );
    }

    let story = hala
        .post("/stories", "/stories/new", &[])
        .header("location")
        .to_owned();
    tell(&editors, &story, "first words");
    let waits = reached(hala, "post", "unknown");
    assert_eq!(waits["waits"], true, "{waits}");
    let wanted = json!({"taken": 2, "refused": 1, "waiting": 0, "unknown": 1, "left": 0});
    assert_eq!(waits["letters"], wanted);
    let names = ["fine-1", "fine-2", "cut-1", "never-1"];
    assert_eq!(counts(&letters, &names), [1, 1, 1, 0]);
    let seen = hala
        .page("/channels")
        .body
        .replace(['\u{2068}', '\u{2069}'], "");
    assert!(
        seen.contains("2 taken") && seen.contains("1 in doubt"),
        "{seen}"
    );
    let stands = format!("/deliveries/{}/stands", waits["id"].as_str().unwrap());
    assert_eq!(hala.post("/channels", &stands, &[]).status, 303);
    reached(hala, "post", "confirmed");

    // One click, as the page's server writes it down.
    let taken = letters.taken();
    let letter = &taken["fine-2@reader.example"][0];
    let word = letter.split("?leave=").nth(1).unwrap();
    let line = format!("\"POST /leave?leave={} HTTP/2.0\" 200 12", &word[..32]);
    let look = line.replace("POST", "GET");
    assert_eq!(act("left", &look).json()["left"], 0, "a look is no leaving");
    let left = act("left", &line).json();
    assert_eq!((&left["on"], &left["left"]), (&json!(3), &json!(1)));
    let again = act("add", "fine-2@reader.example").json();
    assert_eq!(again["on"], 3, "who left stays away");

    tell(&editors, &story, "second words");
    let corrected = reached(hala, "correct", "unknown");
    assert_eq!(counts(&letters, &names), [2, 1, 2, 0]);
    let taken = letters.taken();
    let second = &taken["fine-1@reader.example"][1];
    assert!(second.contains("References: <fh-story-"), "{second}");
    let leave = format!("/deliveries/{}/stands", corrected["id"].as_str().unwrap());
    assert_eq!(hala.post("/channels", &leave, &[]).status, 303);

    let withdrawn = hala.post("/channels", &format!("{story}/withdraw-channels"), &[]);
    assert_eq!(withdrawn.status, 303, "{}", withdrawn.body);
    reached(hala, "withdraw", "unknown");
    assert_eq!(counts(&letters, &names), [3, 1, 3, 0]);
}

#[test]
fn peer_a_desk_that_is_locked_amid_a_mailing_leaves_nobody_in_doubt() {
    let letters = Letters::start();
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let editors = [
        newsroom.signed_in(EDITORS[0]),
        newsroom.signed_in(EDITORS[2]),
    ];
    let channel = entered(&format!("smtp://{}", letters.address), &editors);
    let hala = &editors[0];
    let newsletter = format!("/newsletters/{channel}");
    let names = ["slow-1", "slow-2", "slow-3", "slow-4"];
    let list = names
        .map(|name| format!("{name}@reader.example"))
        .join("\n");
    let add = format!("{newsletter}/add");
    let added = hala.post(&newsletter, &add, &[("list", &list)]).json();
    assert_eq!(added["on"], 4);
    let story = hala
        .post("/stories", "/stories/new", &[])
        .header("location")
        .to_owned();
    tell(&editors, &story, "first words");
    let end = Instant::now() + Duration::from_secs(60);
    while letters.taken().is_empty() {
        assert!(Instant::now() < end, "the mailing begins");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert_eq!(hala.post("/channels", "/lock", &[]).status, 303);
    let before = letters.taken().len();
    assert!(before < names.len(), "locked amid the mailing: {before}");
    newsroom.unlock();
    let again = newsroom.visitor();
    let entered = again.sign_in(EDITORS[0], PASSWORD);
    assert_eq!(entered.status, 303, "{}", entered.body);
    let row = reached(&again, "post", "unknown");
    assert!(
        row["waits"] == false && row["due_at"].is_i64(),
        "it goes on by itself: {row}"
    );
    let has: usize = counts(&letters, &names).iter().sum();
    let wanted = json!({"taken": has, "refused": 0, "waiting": 4 - has, "unknown": 0, "left": 0});
    assert_eq!(row["letters"], wanted);
}
