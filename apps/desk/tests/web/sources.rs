//! Sources over HTTP: apart from everything else, answered with care, and missed when they fall silent; on both databases.

use formats::{CellHeader, DispatchId, KitId, PieceNo};
use keys::{ChainKey, PieceTag, ReplyKeys};
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor};
use newsroom::vaults::Link;
use newsroom::{Micros, Private};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use store::{NewKit, SpoolPosition, SpooledCell, Store};

use crate::rig::{EDITORS, Engine, Newsroom, Setting, Visitor};

const FIRST: Link = Link { chain: 0, epoch: 0 };
const KIT: KitId = KitId(*b"kit-0042");
const SOURCE: &str = "/sources/6b69742d30303432";
const HOSTILE: &str = "</textarea><script>alert(7)</script>\u{202E}";

/// A kit whose holder sent one dispatch with this many reply pairs.
async fn plant(store: &Store, pairs: usize, now: Micros) {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let kit = NewKit {
        id: KIT,
        pseudonym: Private::new("Quiet <b>Heron</b>"),
        chain_key: ChainKey::generate(&mut rng),
        tokens: Vec::new(),
    };
    store.issue_kit(&kit, now).await.unwrap();
    let key = DispatchKey {
        kit: KIT,
        dispatch: DispatchId([3; 16]),
    };
    let header = CellHeader {
        last: false,
        forced: false,
        index: 0,
        k: 1,
        piece: PieceNo(0),
        length: 9,
        kit: KIT,
        dispatch: key.dispatch,
        tag: PieceTag([1; 24]),
    };
    let at = SpoolPosition(0);
    let seen = [SpooledCell {
        header,
        at,
        from: FIRST,
    }];
    store
        .record_cells(&seen, at, &|_, _| false, now)
        .await
        .unwrap();
    let pairs: Vec<_> = (0..pairs)
        .map(|_| ReplyKeys::generate(&mut rng).pair())
        .collect();
    store.add_reply_pairs(&key, &pairs, now).await.unwrap();
}

/// One more cell of the dispatch, under the duress mark.
async fn mark(store: &Store, now: Micros) {
    let header = CellHeader {
        last: false,
        forced: true,
        index: 1,
        k: 1,
        piece: PieceNo(0),
        length: 9,
        kit: KIT,
        dispatch: DispatchId([3; 16]),
        tag: PieceTag([1; 24]),
    };
    let at = SpoolPosition(0);
    let seen = [SpooledCell {
        header,
        at,
        from: FIRST,
    }];
    store
        .record_cells(&seen, at, &|_, _| false, now)
        .await
        .unwrap();
}

struct Case {
    newsroom: Newsroom,
    editor: Visitor,
    safety: Visitor,
}

fn case(engine: Engine, pairs: usize, issued: Micros) -> Case {
    let newsroom = Newsroom::open(&Setting::new(engine));
    let store = newsroom.desk.store().unwrap();
    newsroom.runtime.block_on(plant(&store, pairs, issued));
    drop(store);
    Case {
        editor: newsroom.signed_in(EDITORS[0]),
        safety: newsroom.signed_in(EDITORS[2]),
        newsroom,
    }
}

impl Case {
    fn add_drop(&self) {
        let store = self.newsroom.desk.store().unwrap();
        let token = Private::new("t");
        let adding = store.add_drop("http://127.0.0.1:1", &token, Micros(1));
        self.newsroom.runtime.block_on(adding).unwrap();
    }

    fn write(&self, fields: &[(&str, &str)]) -> crate::rig::Reply {
        let action = format!("{SOURCE}/messages");
        self.safety.post(SOURCE, &action, fields)
    }
}

fn today() -> Micros {
    Micros(jiff::Timestamp::now().as_microsecond())
}

fn sources_are_apart(engine: Engine) {
    let case = case(engine, 3, today());
    for path in ["/sources", SOURCE] {
        let refused = case.editor.data(path);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "sources-not-yours")
        );
        assert!(!case.editor.page(path).body.contains("Heron"));
    }
    for action in ["messages", "watch"] {
        let action = format!("{SOURCE}/{action}");
        let refused = case
            .editor
            .post("/", &action, &[("text", "x"), ("days", "1")]);
        assert_eq!(refused.status, 403, "{}", refused.body);
    }
    assert!(!case.editor.page("/").body.contains("href=\"/sources\""));
    assert!(case.safety.page("/").body.contains("href=\"/sources\""));
    let list = case.safety.data("/sources").json();
    assert_eq!(list["sources"][0]["pseudonym"], "Quiet <b>Heron</b>");
    assert_eq!(list["sources"][0]["fresh_pairs"], 3);
    assert!(
        case.safety
            .page("/sources")
            .body
            .contains("Quiet &lt;b&gt;Heron")
    );
    assert_eq!(case.safety.data("/sources/6b69742d30303433").status, 404);
    assert_eq!(case.safety.data("/sources/x").status, 404);
}

#[test]
fn sources_are_apart_on_sqlcipher() {
    sources_are_apart(Engine::Sqlcipher);
}

#[test]
fn sources_are_apart_on_postgres() {
    sources_are_apart(Engine::Postgres);
}

#[test]
fn a_message_is_written_and_the_last_reply_only_when_it_is_meant() {
    let case = case(Engine::Sqlcipher, 2, today());
    let code = |reply: crate::rig::Reply| (reply.status, reply.code());
    let none = code(case.write(&[("text", "go")]));
    assert_eq!(none, (409, "no-drop".to_owned()));
    case.add_drop();
    let dispatch = "03".repeat(16);
    let fields = [("text", HOSTILE), ("answers", dispatch.as_str())];
    assert_eq!(code(case.write(&[("text", "")])).1, "message-invalid");
    assert_eq!(case.write(&fields).status, 303);
    assert_eq!(code(case.write(&[("text", "two")])).1, "last-reply-pair");
    assert_eq!(case.write(&[("text", "two"), ("last", "1")]).status, 303);
    assert_eq!(
        code(case.write(&[("text", "3"), ("last", "1")])).1,
        "no-reply-pair"
    );
    let view = case.safety.data(SOURCE).json();
    let thread = view["thread"].as_array().unwrap();
    assert_eq!(thread.len(), 3);
    let first = &thread[1]["wrote"];
    assert_eq!(first["text"], HOSTILE);
    assert_eq!(
        (&first["state"], &first["editor"]),
        (&"queued".into(), &EDITORS[2].into())
    );
    assert_eq!(first["answers"], dispatch);
    for language in ["en", "ar"] {
        let headers = [("accept", "text/html"), ("accept-language", language)];
        let page = case.safety.get(SOURCE, &headers).body;
        assert!(!page.contains("<script>alert") && !page.contains('\u{202E}'));
        assert!(page.contains("U+202E"), "{language}");
    }
    let forged = format!("{SOURCE}/messages");
    let forged = case
        .safety
        .send(&forged, &[("text", "x"), ("csrf", "no")], &[]);
    assert_eq!((forged.status, forged.code().as_str()), (403, "csrf"));
}

#[test]
fn a_kit_is_cut_off_in_two_steps_and_a_rehearsal_changes_nothing() {
    let case = case(Engine::Sqlcipher, 2, today());
    case.add_drop();
    assert_eq!(case.write(&[("text", "wait for us")]).status, 303);
    let path = format!("{SOURCE}/capture");
    assert_eq!(case.editor.data(&path).code(), "sources-not-yours");
    let shown = case.safety.data(&path).json();
    let (plan, since) = (shown["plan"].as_str().unwrap(), shown["since"].to_string());
    assert_eq!(
        (&shown["from_epoch"], &shown["done"]),
        (&0.into(), &serde_json::Value::Null)
    );
    let order = |reason: &str, plan: &str, rehearse: &str| {
        let fields = [
            ("reason", reason),
            ("plan", plan),
            ("since", &since),
            ("rehearse", rehearse),
        ];
        case.safety.post(&path, &path, &fields)
    };
    let refused = case
        .editor
        .post("/", &path, &[("plan", plan), ("reason", "x")]);
    assert_eq!(refused.status, 403);
    assert_eq!(order("", plan, "").code(), "reason-missing");
    assert_eq!(order("taken", &"0".repeat(64), "").code(), "stale-plan");
    assert_eq!(order("taken", plan, "1").json()["rehearsed"], true);
    assert_eq!(
        case.safety.data(&path).json()["done"],
        serde_json::Value::Null
    );
    assert_eq!(
        case.write(&[("text", "two"), ("last", "1")]).status,
        303,
        "still in contact"
    );
    let shown = case.safety.data(&path).json();
    let plan = shown["plan"].as_str().unwrap();
    let done = order("</blockquote><script>alert(8)</script>", plan, "").json();
    assert_eq!(done["rehearsed"], false);
    assert_eq!(order("again", plan, "").code(), "already-captured");
    for language in ["en", "ar"] {
        let headers = [("accept", "text/html"), ("accept-language", language)];
        let page = case.safety.get(&path, &headers).body;
        assert!(page.contains("&lt;script&gt;alert(8)") && !page.contains("<script>alert"));
    }
    let source = case.safety.data(SOURCE).json();
    assert_eq!(source["fresh_pairs"], 0);
    assert!(source["captured_at"].is_i64());
    // What still waited for a mailbox is not sent to whoever holds the device.
    let store = case.newsroom.desk.store().unwrap();
    let due = store.puts_due(9, Micros(i64::MAX));
    assert!(case.newsroom.runtime.block_on(due).unwrap().is_empty());
    assert_eq!(case.safety.data("/sources").json()["rotations_due"], 1);
    // No word clears it, only new keys.
    let word = case.safety.post("/sources", "/sources/rotated", &[]);
    assert_eq!(word.status, 405);
    let store = case.newsroom.desk.store().unwrap();
    let rotated = store.note(Actor::Custodians, Act::IntakeRotated, Micros(i64::MAX / 2));
    case.newsroom.runtime.block_on(rotated).unwrap();
    assert_eq!(case.safety.data("/sources").json()["rotations_due"], 0);
}

#[test]
fn the_duress_mark_is_for_those_alone_who_may_see_sources() {
    let case = case(Engine::Sqlcipher, 2, today());
    let store = case.newsroom.desk.store().unwrap();
    let marking = mark(&store, today());
    case.newsroom.runtime.block_on(marking);
    drop(store);
    for path in ["/", SOURCE, "/sources"] {
        let page = case.safety.page(path).body;
        assert!(page.contains("under force"), "{path}");
    }
    assert_eq!(
        case.safety.data("/").json()["dispatches"][0]["forced"],
        true
    );
    assert!(!case.editor.page("/").body.contains("under force"));
    let inbox = case.editor.data("/").json();
    assert_eq!(
        inbox["dispatches"][0].get("forced"),
        None,
        "not even the name"
    );
}

#[test]
fn the_length_is_measured_without_a_script() {
    let case = case(Engine::Sqlcipher, 2, today());
    let text = "نعم\r\nلا";
    let measured = case.write(&[("text", text), ("act", "measure")]).json();
    assert_eq!(measured["measured"]["bytes"], "نعم\nلا".len());
    assert_eq!(measured["fresh_pairs"], 2, "nothing was sent");
    let csrf = case.safety.csrf(SOURCE);
    let page = case.safety.send(
        &format!("{SOURCE}/messages"),
        &[("csrf", &csrf), ("text", HOSTILE), ("act", "measure")],
        &[("accept", "text/html")],
    );
    assert!(page.body.contains("<meter") && page.body.contains("&lt;/textarea&gt;"));
    assert!(!page.body.contains("<script>alert"));
}

#[test]
fn a_missed_contact_is_told_to_those_who_may_know() {
    let issued = today().plus(-10 * newsroom::time::DAY);
    let case = case(Engine::Sqlcipher, 2, issued);
    let watch = |fields: &[(&str, &str)]| {
        let action = format!("{SOURCE}/watch");
        case.safety.post(SOURCE, &action, fields)
    };
    assert_eq!(
        watch(&[("days", "0"), ("hours", "0")]).code(),
        "watch-invalid"
    );
    assert_eq!(
        watch(&[("days", "11"), ("plan", "ask the baker")]).status,
        303
    );
    assert_eq!(case.safety.data(SOURCE).json()["contact"], "expected");
    assert!(!case.safety.page("/").body.contains("ask the baker"));
    let set = watch(&[
        ("days", "2"),
        ("hours", "1"),
        ("plan", "ask <i>the baker</i>"),
    ]);
    assert_eq!(set.status, 303);
    let view = case.safety.data(SOURCE).json();
    assert_eq!(
        (&view["contact"], &view["hours"]),
        (&"missed".into(), &49.into())
    );
    for page in ["/", "/sources", SOURCE] {
        let body = case.safety.page(page).body;
        assert!(body.contains("ask &lt;i&gt;the baker"), "{page}");
    }
    let inbox = case.editor.page("/").body;
    assert!(!inbox.contains("baker") && !inbox.contains("Heron"));
    assert_eq!(watch(&[("off", "1")]).status, 303);
    assert_eq!(case.safety.data(SOURCE).json()["contact"], "unwatched");
}
