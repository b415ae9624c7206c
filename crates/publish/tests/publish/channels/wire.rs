//! The press wire, to a partner as the specification describes one: it verifies each signature over the raw bytes, refuses old
//! moments, and takes a message it had already as had.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use ledger::sha256;
use ledger::webhook::WebhookSecret;
use publish::channels::{Action, Channel, Fault, Line, Wire, WireAccount};
use publish::renditions::{Turn, render};
use serde_json::Value;

use super::hostile::HostileLine;
use super::outbox::{Row, carry, tell_many};
use super::{deliveries, stories};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const RIGHTS: &str = "Free for editorial use with credit. Originals: desk@news.example";

/// What a partner has: messages by their names, and the newest version of each story.
#[derive(Default)]
struct Had {
    messages: HashMap<String, Value>,
    again: usize,
    refused: usize,
    stories: HashMap<String, Value>,
}

struct Partner {
    address: SocketAddr,
    had: Arc<Mutex<Had>>,
}

impl Partner {
    fn start(secret: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let had = Arc::new(Mutex::new(Had::default()));
        let kept = had.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client that hangs up in the middle has said nothing.
                let _ = take(client, secret, &kept);
            }
        });
        Self { address, had }
    }

    fn wire(&self, through: SocketAddr) -> Box<dyn Channel> {
        let line = Line::new(&format!("http://{through}/in"), None, "x").unwrap();
        let account = WireAccount {
            rights: RIGHTS.to_owned(),
            secret: WebhookSecret::from_text(SECRET).unwrap(),
        };
        Box::new(Wire::new(line, account))
    }

    fn story(&self, uri: &str) -> Value {
        self.had.lock().unwrap().stories[uri].clone()
    }
}

fn take(client: TcpStream, secret: &str, had: &Mutex<Had>) -> std::io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let fine = line.starts_with("POST /in HTTP/1.1");
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let status = if fine {
        judge(&headers, &body, secret, had)
    } else {
        404
    };
    let mut client = reader.into_inner();
    write!(
        client,
        "HTTP/1.1 {status} so\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}

fn judge(headers: &HashMap<String, String>, body: &[u8], secret: &str, had: &Mutex<Had>) -> u16 {
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let (id, moment) = (header("webhook-id"), header("webhook-timestamp"));
    let signed = WebhookSecret::from_text(secret).unwrap();
    let signed = signed.sign(&id, moment.parse().unwrap_or(0), body);
    let mut had = had.lock().unwrap();
    if id.is_empty()
        || header("webhook-signature") != signed
        || header("content-type") != "application/json"
    {
        had.refused += 1;
        return 401;
    }
    let document: Value = serde_json::from_slice(body).unwrap();
    if had.messages.insert(id, document.clone()).is_some() {
        had.again += 1;
    } else {
        let uri = document["uri"].as_str().unwrap().to_owned();
        had.stories.insert(uri, document);
    }
    204
}

#[test]
fn g11_each_story_reaches_a_partner_once_whatever_the_line_loses() {
    let partner = Partner::start(SECRET);
    let line = HostileLine::before(partner.address, 5);
    let (expected, way) = tell_many(|seed| vec![stories::picture(seed)], &mut || {
        partner.wire(line.address)
    });
    let had = partner.had.lock().unwrap();
    assert_eq!(expected, usize::try_from(deliveries()).unwrap());
    assert_eq!((had.messages.len(), had.refused), (expected, 0), "{way}");
    assert!(line.was_hostile() && had.again > 0, "{way}");
}

#[test]
fn a_correction_takes_the_storys_place_and_a_withdrawal_cancels_it() {
    let partner = Partner::start(SECRET);
    let mut words = stories::story(4);
    words.graphic = true;
    (words.place, words.when) = (Some("Old Town".to_owned()), Some("2026-11-24".to_owned()));
    let files = [stories::picture(1)];
    let can = partner.wire(partner.address).abilities();
    let tell = |words: &publish::renditions::StoryWords, action, n: u8, before| {
        let posts = render(words, &can, &files);
        let row = Row {
            action,
            clearance: sha256(&[n]),
            link: &words.link,
            posts: &posts,
            files: &files,
            before,
        };
        let (stands, _) = carry(&row, 1, &mut || partner.wire(partner.address));
        stands.unwrap()
    };
    let stands = tell(&words, Action::Post, 1, Vec::new());
    let told = partner.story(&words.link);
    assert_eq!(told["usageTerms"], RIGHTS);
    assert_eq!(told["places"][0]["name"], "Old Town");
    assert_eq!(told["subjects"][0]["name"], "2026-11-24");
    assert_eq!(told["pubStatus"], "usable");
    let file = &told["associations"][0];
    let hash = files[0].sha256.to_string();
    assert_eq!(file["uri"], format!("urn:sha256:{hash}"));
    let href = file["renditions"][0]["href"].as_str().unwrap();
    assert!(
        href.starts_with("https://news.example/media/") && href.contains(&hash[..16]),
        "{href}"
    );
    // What is graphic says so before anybody opens it.
    let note = told["edNote"].as_str().unwrap();
    assert!(note.contains(" · "), "{note}");
    words.title = "Corrected title".to_owned();
    words.turn = Turn::Corrected;
    // Under another address on our own site it is the same story to the partner.
    let uri = std::mem::replace(
        &mut words.link,
        "https://news.example/ar/stories/moved.html".to_owned(),
    );
    let stands = tell(&words, Action::correcting(&can), 2, stands);
    assert_eq!(
        partner.story(&uri)["headlines"][0]["value"],
        "Corrected title"
    );
    words.turn = Turn::Withdrawn;
    // Of the same approval as the correction, and another message all the same.
    tell(&words, Action::withdrawing(&can), 2, stands);
    let gone = partner.story(&uri);
    assert_eq!(gone["pubStatus"], "canceled");
    assert!(gone.get("bodies").is_none() && gone.get("associations").is_none());
}

#[test]
fn a_partner_that_does_not_know_the_secret_is_told_nothing_more() {
    let partner = Partner::start("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    let words = stories::story(1);
    let can = partner.wire(partner.address).abilities();
    let posts = render(&words, &can, &[]);
    let row = Row {
        action: Action::Post,
        clearance: sha256(b"1"),
        link: &words.link,
        posts: &posts,
        files: &[],
        before: Vec::new(),
    };
    let (stands, _) = carry(&row, 1, &mut || partner.wire(partner.address));
    assert!(matches!(stands, Err(Fault::Account { .. })), "{stands:?}");
}
