//! A platform's stand-in: a small server on loopback that reads each request whole and lets strict rules answer it.
//!
//! It stands where no real server can: the rules are written from the platform's public documents, and refuse whatever
//! those do not name.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ledger::sha256;
use publish::channels::{Action, Attachment, Channel, Class, Ended, Fault, Remote, Task, deliver};
use publish::renditions::{Post, StoryWords, render};
use serde_json::{Value, json};

use super::{deliveries, stories};

/// When the first story of a test was decided, in microseconds since 1970.
pub(crate) const DECIDED: i64 = 1_795_370_460_000_000;

/// The time that adapters are given: a minute after everything was decided, and never the same twice.
pub(crate) fn now() -> i64 {
    static PASSED: AtomicI64 = AtomicI64::new(60_000_000);
    DECIDED + PASSED.fetch_add(1, Ordering::SeqCst)
}

/// A request as it came.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body as JSON; it must say that it is.
    pub(crate) fn json(&self) -> Option<Value> {
        (self.header("content-type") == "application/json")
            .then(|| serde_json::from_slice(&self.body).ok())
            .flatten()
    }

    /// The parts of a form: name and bytes.
    pub(crate) fn form(&self) -> Option<BTreeMap<String, Vec<u8>>> {
        let edge = self
            .header("content-type")
            .strip_prefix("multipart/form-data; boundary=")?;
        let mark = format!("--{edge}").into_bytes();
        let at: Vec<usize> = (0..self.body.len().saturating_sub(mark.len() - 1))
            .filter(|at| self.body[*at..].starts_with(&mark))
            .collect();
        let mut out = BTreeMap::new();
        for pair in at.windows(2) {
            let part = &self.body[pair[0] + mark.len() + 2..pair[1] - 2];
            let head = part.windows(4).position(|four| four == b"\r\n\r\n")?;
            let words = String::from_utf8(part[..head].to_vec()).ok()?;
            let name = words.split("name=\"").nth(1)?.split('"').next()?;
            out.insert(name.to_owned(), part[head + 4..].to_vec());
        }
        self.body
            .ends_with(format!("--{edge}--\r\n").as_bytes())
            .then_some(out)
    }
}

/// What is answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The rules of a platform.
pub(crate) trait Rules: Send + 'static {
    fn answer(&mut self, asked: &Asked) -> Reply;
}

/// A platform on loopback; it ends with the test.
pub(crate) struct StandIn<R> {
    pub(crate) address: SocketAddr,
    pub(crate) rules: Arc<Mutex<R>>,
}

impl<R: Rules> StandIn<R> {
    pub(crate) fn start(rules: R) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let rules = Arc::new(Mutex::new(rules));
        let shared = rules.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = shared.clone();
                thread::spawn(move || {
                    // A request that ends early was cut on its way: nothing is done for it.
                    let _ = serve(client, &shared);
                });
            }
        });
        Self { address, rules }
    }
}

fn serve<R: Rules>(mut client: TcpStream, rules: &Mutex<R>) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    let asked = read(&mut client)?;
    let reply = rules.lock().unwrap().answer(&asked);
    let body = match &reply.body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", reply.status);
    head.push_str("content-type: application/json; charset=utf-8\r\n");
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    client.write_all(head.as_bytes())?;
    client.shutdown(Shutdown::Write)
}

fn read(client: &mut TcpStream) -> std::io::Result<Asked> {
    let (mut bytes, mut byte) = (Vec::new(), [0; 1]);
    while !bytes.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (
        first.next().unwrap_or_default(),
        first.next().unwrap_or_default(),
    );
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    Ok(Asked {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (plain(name), plain(value)))
            .collect(),
        headers,
        body,
    })
}

/// Percent-decoded.
pub(crate) fn plain(text: &str) -> String {
    let (mut out, mut bytes) = (Vec::new(), text.bytes());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits: Vec<u8> = bytes.by_ref().take(2).collect();
            let digits = String::from_utf8(digits).unwrap();
            out.push(u8::from_str_radix(&digits, 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}

/// Whether an object has exactly these fields, the optional ones set off by a question mark.
pub(crate) fn exactly(value: &Value, fields: &[&str]) -> bool {
    let Some(object) = value.as_object() else {
        return false;
    };
    let known = |name: &String| {
        fields
            .iter()
            .any(|field| field.trim_end_matches('?') == name)
    };
    object.keys().all(known)
        && fields
            .iter()
            .filter(|field| !field.ends_with('?'))
            .all(|field| object.contains_key(*field))
}

/// A story that was told once.
pub(crate) struct Told {
    pub(crate) words: StoryWords,
    pub(crate) posts: Vec<Post>,
    /// What the adapter's side knows to stand.
    pub(crate) kept: Vec<Remote>,
    /// How it ended.
    pub(crate) ended: Result<(), Fault>,
}

/// Tells as many stories as there are deliveries, each attempt with a fresh adapter as after a restart, and none after its
/// end is known or in doubt: what is in doubt waits for a person.
pub(crate) fn tell_once(
    files: impl Fn(u64) -> Vec<Attachment>,
    fresh: &mut dyn FnMut() -> Box<dyn Channel>,
) -> Vec<Told> {
    let can = fresh().abilities();
    assert_eq!(can.class, Class::Once);
    (0..u64::from(deliveries()))
        .map(|seed| {
            let (words, files) = (stories::story(seed), files(seed));
            let posts = render(&words, &can, &files);
            let mut kept = Vec::new();
            let ended = (0..100)
                .find_map(|_| {
                    let task = task(Action::Post, seed, (&words.link, &posts, &files), &kept);
                    let mut channel = fresh();
                    let mut now_kept = kept.clone();
                    let ended = deliver(channel.as_mut(), &task, &mut |done| {
                        now_kept = done.to_vec();
                        Ok(())
                    });
                    kept = now_kept;
                    match ended {
                        Ended::Confirmed(_) => Some(Ok(())),
                        Ended::Faulted(Fault::Later { .. }) => None,
                        Ended::Faulted(fault) => Some(Err(fault)),
                    }
                })
                .unwrap();
            Told {
                words,
                posts,
                kept,
                ended,
            }
        })
        .collect()
}

/// One row of an outbox.
pub(crate) fn task<'a>(
    action: Action,
    seed: u64,
    (link, posts, files): (&'a str, &'a [Post], &'a [Attachment]),
    done: &[Remote],
) -> Task<'a> {
    Task {
        action,
        clearance: sha256(&seed.to_be_bytes()),
        channel: [9; 16],
        at: DECIDED,
        now: now(),
        link,
        posts,
        files,
        done: done.to_vec(),
        before: Vec::new(),
        doubtful: false,
        seen: false,
        overtaken: false,
    }
}

/// An answer in the shape of "problem details".
pub(crate) fn problem(status: u16, detail: &str) -> Reply {
    Reply::new(
        status,
        json!({"title": "x", "detail": detail, "type": "about:blank", "status": status}),
    )
}
