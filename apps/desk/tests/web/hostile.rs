//! A dispatch whose names, note and metadata attack the page, all the way from cells in the spool; and the
//! media that came with it, by byte ranges.

use std::io::Cursor;
use std::time::{Duration, Instant};

use desk::config::DeskFolder;
use desk::founding::Handover;
use field::Source;
use formats::{Kit, KitId};
use keys::{ChainKey, Passphrase};
use newsroom::{Micros, Private};
use openers::{KeyringFile, OpenKeyring};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use store::{NewKit, Spool, Store, StoreKeys};
use tokio::runtime::Runtime;

use crate::rig::{EDITORS, Engine, Newsroom, Setting, Visitor};

const NAME: &str = "\"><script>alert(1)</script>\u{202E}gpj.exe";
const NOTE: &str = "javascript:alert(2)\n<img src=x onerror=alert(3)>\n\u{2066}\u{202E}كلمة\u{2069}</bdi></blockquote><form action=//evil>";
/// Long enough for several chunks of the stream that is opened on the fly.
const SIDE: u32 = 700;

/// Seals a picture under a hostile name and puts its cells where a drop's cells would be.
fn send(runtime: &Runtime, folder: &DeskFolder, handover: &Handover) {
    let keys = unlock(folder, handover);
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let kit = Kit {
        newsroom: "Pages Test".into(),
        id: KitId::random(&mut rng),
        issued_at: 0,
        intake: keys.current_intake().unwrap().1.recipient(),
        intake_epoch: keys.current_intake().unwrap().0,
        chain: ChainKey::generate(&mut rng),
        drops: Vec::new(),
        custodians: Vec::new(),
        threshold: 0,
        bulletin: 0,
    };
    runtime.block_on(issue(folder, &keys, &kit));
    let mut sources = [Source {
        name: NAME.into(),
        kind: "text/html".into(),
        captured_at: None,
        reader: Box::new(Cursor::new(picture())),
    }];
    let mut cells = Vec::new();
    field::pack(
        &kit,
        false,
        formats::Standing::of_kit(&kit),
        &mut sources,
        NOTE,
        0,
        (1, 4),
        &mut cells,
        &mut rng,
        &mut |_| {},
    )
    .unwrap();
    Spool::open(&folder.spool())
        .unwrap()
        .append(&cells)
        .unwrap();
}

pub(crate) fn unlock(folder: &DeskFolder, handover: &Handover) -> OpenKeyring {
    let json = std::fs::read(folder.keyring()).unwrap();
    let given: Vec<(&str, Passphrase)> = handover
        .passphrases
        .iter()
        .take(2)
        .map(|(name, passphrase)| (name.as_str(), Passphrase::new(passphrase.expose())))
        .collect();
    KeyringFile::from_json(&json)
        .unwrap()
        .unlock(&given)
        .unwrap()
}

pub(crate) async fn issue(folder: &DeskFolder, keys: &OpenKeyring, kit: &Kit) {
    let store_keys = StoreKeys {
        column: keys::ColumnKey::from_bytes(*keys.column_key().expose_bytes()),
        index: keys::IndexKey::from_bytes(*keys.index_key().expose_bytes()),
    };
    let rng = ChaCha20Rng::seed_from_u64(12);
    let store = Store::open_sqlite(&folder.database(), keys.database_key(), store_keys, rng)
        .await
        .unwrap();
    let record = NewKit {
        id: kit.id,
        pseudonym: Private::new("swallow"),
        chain_key: ChainKey::from_bytes(*kit.chain.expose_bytes()),
        tokens: Vec::new(),
    };
    store.issue_kit(&record, Micros(0)).await.unwrap();
    store.close().await;
}

/// A PNG with noise, so that its preview is long, and with a text chunk that attacks the page.
fn picture() -> Vec<u8> {
    use rand_core::RngCore;
    let mut rng = ChaCha20Rng::seed_from_u64(13);
    let noise = image::RgbImage::from_fn(SIDE, SIDE, |_, _| {
        let [a, b, c, _] = rng.next_u32().to_be_bytes();
        image::Rgb([a, b, c])
    });
    let mut png = Vec::new();
    noise
        .write_to(&mut Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let text = b"tEXtAuthor\0</td><script>alert(4)</script>";
    let mut chunk = u32::try_from(text.len() - 4)
        .unwrap()
        .to_be_bytes()
        .to_vec();
    chunk.extend_from_slice(text);
    let mut crc = flate2::Crc::new();
    crc.update(text);
    chunk.extend_from_slice(&crc.sum().to_be_bytes());
    // After the signature and the header chunk.
    let at = 8 + 25;
    png.splice(at..at, chunk);
    png
}

/// Looks until the page is as wanted; the sandbox takes its time.
pub(crate) fn wait(
    visitor: &Visitor,
    path: &str,
    wanted: impl Fn(&serde_json::Value) -> bool,
) -> serde_json::Value {
    let begun = Instant::now();
    loop {
        let view = visitor.data(path).json();
        if wanted(&view) {
            return view;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "{path} stayed {view}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn received() -> (Newsroom, Visitor, String) {
    let mut setting = Setting::new(Engine::Sqlcipher);
    setting.before = send;
    let newsroom = Newsroom::open(&setting);
    let visitor = newsroom.signed_in(EDITORS[0]);
    let inbox = wait(&visitor, "/", |inbox| {
        inbox["dispatches"][0]["items"][0]["preview"]["state"] == "done"
    });
    let item = inbox["dispatches"][0]["items"][0]["id"].as_str().unwrap();
    let path = format!("/items/{item}");
    (newsroom, visitor, path)
}

/// No string of the sender's became markup, an address, or a direction for the text around it.
fn harmless(body: &str, path: &str) {
    for attack in [
        "<script>alert",
        "<img src=x",
        "onerror=alert(3)>",
        "</bdi></blockquote><form",
        "</td><script",
    ] {
        assert!(!body.contains(attack), "{path} holds {attack}");
    }
    for control in ['\u{202E}', '\u{2066}'] {
        // U+2068 and U+2069 are Fluent's own isolates around arguments.
        assert!(!body.contains(control), "{path} obeys {control:?}");
    }
    assert!(
        !body.contains("href=\"javascript:") && !body.contains("src=\"javascript:"),
        "{path}"
    );
    assert!(
        !body.contains(" style=") && !body.contains("<style"),
        "{path}"
    );
    for (at, _) in body.match_indices("<script") {
        assert!(
            body[at..].starts_with("<script type=\"module\" src=\"/assets/desk.js\">"),
            "{path}"
        );
    }
}

#[test]
fn hostile_names_notes_and_metadata_are_shown_and_do_nothing() {
    let (_newsroom, visitor, item) = received();
    for path in ["/", item.as_str(), &format!("{item}?show=1")] {
        for language in ["en", "ar"] {
            let reply = visitor.get(
                path,
                &[("accept", "text/html"), ("accept-language", language)],
            );
            assert_eq!(reply.status, 200);
            harmless(&reply.body, path);
            assert!(reply.body.contains("U+202E"), "{path} hides what was there");
            assert!(
                reply.body.contains("&lt;script&gt;alert(1)"),
                "{path} lost the name"
            );
        }
    }
    let view = visitor.data(&item).json();
    assert!(view["note"].as_str().unwrap().contains("javascript:"));
    let found = view["findings"].as_array().unwrap();
    assert!(
        found
            .iter()
            .any(|finding| finding["value"].as_str().unwrap().contains("<script>")),
        "{found:?}"
    );
    let custody = view["custody"].as_array().unwrap();
    assert!(!custody.is_empty());
    for line in custody {
        let what = line["what"].as_str().unwrap();
        assert!(
            !visitor
                .page(&item)
                .body
                .contains(&format!("<span class=\"what\">{what}<")),
            "{what} has no words"
        );
    }
}

#[test]
fn nothing_is_shown_until_it_is_asked_for_and_then_by_ranges() {
    let (newsroom, visitor, item) = received();
    let closed = visitor.page(&item).body;
    for medium in ["<img", "<video", "<audio", "/preview", "/poster", "data:"] {
        assert!(!closed.contains(medium), "{medium} before anybody asked");
    }
    for not_asked in ["?show=0", "?show=", "?show=true", "?SHOW=1"] {
        assert!(
            !visitor
                .page(&format!("{item}{not_asked}"))
                .body
                .contains("<img"),
            "{not_asked}"
        );
    }
    let open = visitor.page(&format!("{item}?show=1")).body;
    assert!(open.contains(&format!("src=\"{item}/preview\"")));
    // The look, and nothing but the look, is in the custody.
    let custody = visitor.data(&item).json()["custody"].clone();
    let looks = custody.as_array().unwrap().iter();
    let looks: Vec<_> = looks.filter(|line| line["what"] == "item.viewed").collect();
    assert_eq!(looks.len(), 1);
    assert_eq!(looks[0]["who"], EDITORS[0]);
    let preview = format!("{item}/preview");
    let whole = visitor.get(&preview, &[]);
    assert_eq!(
        (whole.status, whole.header("accept-ranges")),
        (200, "bytes")
    );
    assert!(whole.header("content-type").starts_with("image/"));
    assert!(
        whole.bytes.len() > 3 * 65_536,
        "only {} bytes",
        whole.bytes.len()
    );
    ranges(&visitor, &preview, &whole.bytes);
    // Neither is it there for anybody else, nor once the desk is locked.
    assert_eq!(
        newsroom
            .visitor()
            .get(&preview, &[("accept", "application/json")])
            .status,
        401
    );
    assert_eq!(visitor.post("/", "/lock", &[]).status, 303);
    assert_eq!(visitor.get(&preview, &[]).status, 503);
}

fn ranges(visitor: &Visitor, path: &str, whole: &[u8]) {
    let len = whole.len();
    for (range, from, to) in [
        ("bytes=0-0".to_owned(), 0, 0),
        ("bytes=0-".to_owned(), 0, len - 1),
        ("bytes=65530-65540".to_owned(), 65_530, 65_540),
        (format!("bytes=100000-{}", len * 2), 100_000, len - 1),
        ("bytes=-17".to_owned(), len - 17, len - 1),
        (format!("bytes=-{}", len * 2), 0, len - 1),
    ] {
        let part = visitor.get(path, &[("range", &range)]);
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(
            part.header("content-range"),
            format!("bytes {from}-{to}/{len}"),
            "{range}"
        );
        assert_eq!(
            part.header("content-length"),
            (to - from + 1).to_string(),
            "{range}"
        );
        assert!(part.bytes == whole[from..=to], "{range}: other bytes");
    }
    for bad in [
        format!("bytes={len}-"),
        "bytes=5-4".into(),
        "bytes=-0".into(),
        "bytes=x".into(),
        "bytes=0-1,4-5".into(),
    ] {
        let reply = visitor.get(path, &[("range", &bad)]);
        assert_eq!(
            (reply.status, reply.header("content-range")),
            (416, format!("bytes */{len}").as_str()),
            "{bad}"
        );
        assert!(reply.bytes.is_empty());
    }
}

#[test]
fn a_clean_copy_is_made_reported_and_chosen() {
    let (_newsroom, visitor, item) = received();
    assert_eq!(
        visitor.post(&item, &format!("{item}/scrub"), &[]).status,
        303
    );
    let view = wait(&visitor, &item, |view| view["scrub"]["state"] == "done");
    let derivative = &view["derivatives"][0];
    assert!(
        !derivative["report"]["removed"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let id = derivative["id"].as_str().unwrap();
    let bytes = visitor.get(&format!("/derivatives/{id}"), &[]);
    assert_eq!(
        ledger::sha256(&bytes.bytes).to_string(),
        derivative["sha256"].as_str().unwrap()
    );
    assert!(!bytes.body.contains("alert(4)"));
    let story = visitor
        .post("/stories", "/stories/new", &[])
        .header("location")
        .to_owned();
    let hostile = "\"><script>alert(5)</script>";
    let saved = visitor.post(
        &story,
        &story,
        &[
            ("title_en", hostile),
            ("body_en", "</textarea><script>alert(6)</script>"),
            ("title_ar", hostile),
            ("body_ar", hostile),
            ("derivative", id),
            (&format!("alt_en_{id}"), hostile),
            (&format!("alt_ar_{id}"), hostile),
        ],
    );
    assert_eq!(saved.status, 303, "{}", saved.body);
    for path in [
        "/stories",
        story.as_str(),
        &format!("{story}/approve"),
        &format!("{story}/approve?show=1"),
    ] {
        let page = visitor.page(path);
        assert_eq!(page.status, 200);
        assert!(
            !page.body.contains("<script>alert") && !page.body.contains("</textarea><script"),
            "{path}"
        );
    }
    assert!(
        !visitor
            .page(&format!("{story}/approve"))
            .body
            .contains(&format!("src=\"/derivatives/{id}"))
    );
    assert!(
        visitor
            .page(&format!("{story}/approve?show=1"))
            .body
            .contains(&format!("src=\"/derivatives/{id}"))
    );
}
