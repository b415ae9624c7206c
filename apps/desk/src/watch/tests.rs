//! A drop that lies over a real line: forks, rewrites, rolls back, hides, removes and changes its key are named, once each.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ledger::{Digest, LogSigner, leaf_hash, stored};
use store::Spool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use wire::{CELL_BYTES, CellHash};

use super::*;
use crate::clock;
use crate::config::{DeskFolder, DropEntry};
use crate::pull::Puller;

/// What the drop shows; tests change it as they like.
#[derive(Default)]
struct Shown {
    /// The log that it hands out, one byte for each cell, and the first offset that it still has.
    log: Vec<u8>,
    first: usize,
    note: Vec<u8>,
    key: String,
    confirmed: Vec<String>,
}

/// The liar, on a port of its own until the test ends.
struct Liar {
    address: SocketAddr,
    shown: Arc<Mutex<Shown>>,
}

fn cell(n: u8) -> Vec<u8> {
    vec![n; CELL_BYTES]
}

fn leaves(log: &[u8]) -> Vec<Digest> {
    log.iter()
        .map(|n| leaf_hash(CellHash::of(&cell(*n)).as_bytes()))
        .collect()
}

fn signer(n: u8) -> LogSigner {
    LogSigner::named_by_key("drop", &[n; 32]).unwrap()
}

/// A checkpoint over these cells, so many seconds after now.
fn note(key: u8, log: &[u8], later: i64) -> Vec<u8> {
    let hashes = stored::grow(0, &leaves(log), [].as_slice()).unwrap();
    let size = log.len() as u64;
    let root = if size == 0 {
        ledger::EMPTY_ROOT
    } else {
        stored::root(size, hashes.as_slice()).unwrap()
    };
    let clock = u64::try_from(clock::now().0 / 1_000_000 + later).unwrap();
    let signed = signer(key).sign_checkpoint(size, root, clock).unwrap();
    signed.note().as_bytes().to_vec()
}

impl Liar {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shown = Arc::new(Mutex::new(Shown {
            key: signer(1).verifier().to_string(),
            ..Shown::default()
        }));
        let state = Arc::clone(&shown);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &state);
            }
        });
        Self { address, shown }
    }

    fn show(&self, log: &[u8], note: Vec<u8>) {
        let mut shown = self.shown.lock().unwrap();
        shown.log = log.to_vec();
        shown.note = note;
    }
}

/// Answers one request and closes.
fn answer(stream: TcpStream, state: &Mutex<Shown>) {
    let mut reader = BufReader::new(stream);
    let mut lines = BTreeMap::new();
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) => lines.insert(name.to_lowercase(), value.to_owned()),
            None => break,
        };
    }
    let length = lines
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    io::Read::read_exact(&mut reader, &mut body).unwrap();
    let mut words = first.split(' ');
    let (_, path) = (words.next(), words.next().unwrap());
    let mut shown = state.lock().unwrap();
    let (status, headers, body) = reply(&mut shown, path, &body);
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    let stream = reader.get_mut();
    // The desk may have gone away; its error says so.
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
}

fn reply(shown: &mut Shown, path: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let none = String::new();
    if let Some(query) = path.strip_prefix("/v1/log?") {
        let from = usize::try_from(wire::LogQuery::decode(query).unwrap().from).unwrap();
        if from < shown.first {
            return (410, format!("Fh-First: {}\r\n", shown.first), Vec::new());
        }
        if from > shown.log.len() {
            return (416, none, Vec::new());
        }
        let end = shown.log.len();
        let cells = shown.log[from..].iter().flat_map(|n| cell(*n)).collect();
        return (200, format!("Fh-Next: {end}\r\nFh-Size: {end}\r\n"), cells);
    }
    if let Some(name) = path.strip_prefix("/v1/") {
        let hashes = stored::grow(0, &leaves(&shown.log), [].as_slice()).unwrap();
        let size = shown.log.len() as u64;
        if let Ok(Some(tile)) = stored::tile(name, size, hashes.as_slice()) {
            return (200, none, tile);
        }
    }
    match path {
        wire::CHECKPOINT => (200, none, shown.note.clone()),
        wire::LOG_KEY => (200, none, format!("{}\n", shown.key).into_bytes()),
        wire::CONFIRM => {
            shown
                .confirmed
                .push(String::from_utf8(body.to_vec()).unwrap());
            (200, none, body.to_vec())
        }
        _ => (404, none, Vec::new()),
    }
}

/// A desk's puller and watch on a folder of their own, beside a liar.
pub(super) struct Desk {
    liar: Liar,
    watch: Arc<Watch>,
    puller: Puller,
    spool: Arc<Spool>,
    client: DropClient,
    url: String,
    folder: tempfile::TempDir,
}

impl Desk {
    fn beside(liar: Liar) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut entry =
            DropEntry::parse(&format!("http://{}", liar.address), &"ab".repeat(32)).unwrap();
        entry.confirm = true;
        let url = entry.url.to_string();
        let (watch, puller, spool) = Self::wire(folder.path());
        Self {
            liar,
            watch,
            puller,
            spool,
            client: DropClient::new(entry),
            url,
            folder,
        }
    }

    pub(super) fn wire(folder: &std::path::Path) -> (Arc<Watch>, Puller, Arc<Spool>) {
        let desk = DeskFolder::new(folder);
        let watch = Arc::new(Watch::new(desk.drops()).unwrap());
        let spool = Arc::new(Spool::open(&desk.spool()).unwrap());
        let (poll, arrived) = (Duration::from_secs(1), Arc::new(Notify::new()));
        let keep = Arc::clone(&watch);
        let puller = Puller::new(desk, Arc::clone(&spool), poll, arrived, keep).unwrap();
        (watch, puller, spool)
    }

    /// The same folder under a new process.
    fn restart(self) -> Self {
        let Self {
            liar,
            watch,
            puller,
            spool,
            client,
            url,
            folder,
        } = self;
        drop((watch, puller, spool));
        let (watch, puller, spool) = Self::wire(folder.path());
        Self {
            liar,
            watch,
            puller,
            spool,
            client,
            url,
            folder,
        }
    }

    fn pull(&self) {
        // What went wrong is in the alarms.
        let _ = self.puller.drain(&self.client, &CancellationToken::new());
    }

    fn alarms(&self) -> Vec<(String, u64)> {
        let view = self.watch.view(&self.url).unwrap();
        view.alarms
            .into_iter()
            .map(|alarm| (alarm.what, alarm.cells))
            .collect()
    }
}

/// A desk that read four honest cells.
fn honest() -> Desk {
    let desk = Desk::beside(Liar::start());
    desk.liar.show(&[1, 2, 3, 4], note(1, &[1, 2, 3, 4], 0));
    desk.pull();
    let view = desk.watch.view(&desk.url).unwrap();
    assert_eq!((view.cells, view.proven, view.alarms.len()), (4, 4, 0));
    assert_eq!(view.log_key, Some(signer(1).verifier().to_string()));
    desk
}

pub(super) fn named(what: Conduct, cells: u64) -> Vec<(String, u64)> {
    vec![(what.code().to_owned(), cells)]
}

#[test]
fn an_honest_drop_raises_nothing_and_hears_what_is_safe() {
    let desk = honest();
    desk.liar
        .show(&[1, 2, 3, 4, 5, 6], note(1, &[1, 2, 3, 4, 5], 1));
    desk.pull();
    let desk = desk.restart();
    desk.pull();
    let brought = String::from_utf8(note(1, &[1, 2], -100)).unwrap();
    desk.watch.brought(&desk.url, &brought, 0).unwrap();
    assert_eq!(desk.alarms(), []);
    let confirmed = desk.liar.shown.lock().unwrap().confirmed.clone();
    assert_eq!(confirmed.first().unwrap(), r#"{"below":4}"#);
    assert_eq!(
        confirmed.last().unwrap(),
        r#"{"below":5}"#,
        "only what is proven"
    );
}

#[test]
fn a_fork_for_the_desk_and_one_for_a_reporter_are_named_once_with_their_proofs() {
    let desk = honest();
    desk.liar.show(&[1, 2, 3, 4], note(1, &[1, 2, 3, 9], 1));
    desk.pull();
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Forked, 4));
    let view = desk.watch.view(&desk.url).unwrap();
    assert_eq!(view.alarms[0].notes.len(), 2);
    let key = signer(1).verifier();
    for proof in &view.alarms[0].notes {
        assert!(key.open(proof.as_bytes()).is_ok());
    }
    let confirmed = desk.liar.shown.lock().unwrap().confirmed.len();
    assert_eq!(confirmed, 1, "a drop that forks is told nothing more");

    let desk = honest();
    let brought = String::from_utf8(note(1, &[1, 7, 3], -100)).unwrap();
    desk.watch.brought(&desk.url, &brought, 0).unwrap();
    assert_eq!(desk.alarms(), named(Conduct::Forked, 3));
}

#[test]
fn rewriting_is_named_in_the_tree_and_in_the_cells() {
    let desk = honest();
    desk.liar
        .show(&[1, 2, 3, 4, 5], note(1, &[1, 9, 3, 4, 5], 1));
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Rewritten, 5));

    // The desk was killed before its position was written, and is handed something else the second time.
    let desk = honest();
    std::fs::remove_file(desk.folder.path().join("positions.json")).unwrap();
    let desk = desk.restart();
    desk.liar.show(&[1, 2, 8, 4], note(1, &[1, 2, 3, 4], 1));
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Rewritten, 2));
}

#[test]
fn going_back_is_named_by_the_log_and_by_the_checkpoint() {
    let desk = honest();
    desk.liar.show(&[1, 2], note(1, &[1, 2], 1));
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::RolledBack, 4));

    let desk = honest();
    desk.liar.show(&[1, 2, 3, 4], note(1, &[1, 2], 1));
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::RolledBack, 4));
}

#[test]
fn hiding_cells_is_named() {
    // It signs five and hands out four, and does so again at the next look.
    let desk = honest();
    desk.liar.show(&[1, 2, 3, 4], note(1, &[1, 2, 3, 4, 5], 1));
    desk.pull();
    assert_eq!(
        desk.alarms(),
        [],
        "the fifth may have come in this very moment"
    );
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Withheld, 5));

    // It showed a reporter six, and later shows the desk four.
    let desk = honest();
    let brought = String::from_utf8(note(1, &[1, 2, 3, 4, 5, 6], 5)).unwrap();
    desk.watch.brought(&desk.url, &brought, 0).unwrap();
    assert_eq!(desk.alarms(), [], "newer than what the desk saw");
    desk.liar.show(&[1, 2, 3, 4], note(1, &[1, 2, 3, 4], 10));
    let desk = desk.restart();
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Withheld, 6));
}

#[test]
fn removing_what_was_not_read_is_a_loss_and_the_tree_goes_on() {
    let desk = honest();
    let log = [1, 2, 3, 4, 5, 6, 7, 8];
    desk.liar.show(&log, note(1, &log, 1));
    desk.liar.shown.lock().unwrap().first = 6;
    desk.pull();
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Lost, 2));
    let view = desk.watch.view(&desk.url).unwrap();
    assert_eq!(
        (view.cells, view.proven),
        (8, 8),
        "tiles say what stood there"
    );
}

const EIGHT: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// A desk beside a drop that served others before and holds the last two of eight cells.
fn late() -> Desk {
    let desk = Desk::beside(Liar::start());
    desk.liar.show(&EIGHT, note(1, &EIGHT, 0));
    desk.liar.shown.lock().unwrap().first = 6;
    desk
}

#[test]
fn what_was_removed_before_a_desk_came_is_not_its_loss_and_what_is_removed_later_is() {
    let desk = late();
    desk.pull();
    let desk = desk.restart();
    desk.pull();
    let view = desk.watch.view(&desk.url).unwrap();
    assert_eq!((view.cells, view.proven, view.began), (8, 8, 6));
    assert_eq!(desk.alarms(), []);
    let confirmed = desk.liar.shown.lock().unwrap().confirmed.clone();
    assert_eq!(confirmed.last().unwrap(), r#"{"below":8}"#);
    // What it signed over the removed ones binds it: a later word about another past is named.
    let other = [9, 2, 3, 4, 5, 6, 7, 8, 10];
    let now = [1, 2, 3, 4, 5, 6, 7, 8, 10];
    desk.liar.show(&now, note(1, &other, 1));
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Rewritten, 9));

    let desk = late();
    desk.pull();
    let more = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    desk.liar.show(&more, note(1, &more, 1));
    desk.liar.shown.lock().unwrap().first = 10;
    desk.pull();
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Lost, 4));
    assert_eq!(desk.watch.view(&desk.url).unwrap().cells, 11);
}

#[test]
fn pretending_to_have_begun_later_hides_nothing_from_a_desk_that_was_there() {
    // It handed out an empty log first.
    let desk = Desk::beside(Liar::start());
    desk.liar.show(&[], note(1, &[], 0));
    desk.pull();
    let desk = desk.restart();
    desk.liar.show(&EIGHT, note(1, &EIGHT, 1));
    desk.liar.shown.lock().unwrap().first = 6;
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Lost, 6));

    // It was asked where it begins when it was added.
    let desk = late();
    desk.watch.begins(&desk.url, 2).unwrap();
    desk.watch.begins(&desk.url, 6).unwrap();
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Lost, 4));

    // A reporter of this desk was there before.
    let desk = late();
    let brought = String::from_utf8(note(1, &EIGHT[..2], -100)).unwrap();
    desk.watch.brought(&desk.url, &brought, 0).unwrap();
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Lost, 6));

    // Words that it never signed prove nothing of the kind.
    let desk = late();
    desk.watch.brought(&desk.url, "garbage", 0).unwrap();
    desk.pull();
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Unproven, 0));
    assert_eq!(desk.watch.view(&desk.url).unwrap().proven, 8);
}

#[test]
fn a_beginning_that_was_never_signed_is_named_and_its_cells_are_read_all_the_same() {
    // Removed beyond what it signed; signed with another key; signed over another past than its tiles tell.
    let wrong = [
        (note(1, &EIGHT[..4], 0), Conduct::RolledBack, 6),
        (note(2, &EIGHT, 0), Conduct::OtherKey, 0),
        (note(1, &[9, 2, 3, 4, 5, 6, 7, 8], 0), Conduct::Rewritten, 8),
    ];
    for (shown, what, cells) in wrong {
        let desk = late();
        desk.liar.show(&EIGHT, shown);
        desk.pull();
        desk.pull();
        assert_eq!(desk.alarms(), named(what, cells));
        assert_eq!(desk.spool.end().0, 2, "{what}");
        assert!(desk.liar.shown.lock().unwrap().confirmed.is_empty());
    }
}

#[test]
fn another_key_stale_notes_and_unproven_ones_are_named() {
    let desk = honest();
    desk.liar.show(&[1, 2, 3, 4], note(2, &[1, 2, 3, 4], 1));
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::OtherKey, 0));

    let desk = Desk::beside(Liar::start());
    desk.liar.show(&[1], note(1, &[1], -200_000));
    desk.pull();
    desk.pull();
    assert_eq!(desk.alarms(), named(Conduct::Stale, 1));

    let desk = honest();
    desk.watch.brought(&desk.url, "garbage", 0).unwrap();
    assert_eq!(desk.alarms(), named(Conduct::Unproven, 0));
    desk.liar
        .show(&[1, 2, 3, 4, 5], note(1, &[1, 2, 3, 4, 5], 2));
    desk.pull();
    let confirmed = desk.liar.shown.lock().unwrap().confirmed.clone();
    assert_eq!(
        confirmed.last().unwrap(),
        r#"{"below":5}"#,
        "a reporter's word alone stops nothing"
    );
}

#[test]
fn alarms_are_entered_once() {
    let desk = honest();
    desk.watch.brought(&desk.url, "garbage", 7).unwrap();
    let alarms = desk.watch.unlogged(&desk.url).unwrap();
    assert_eq!((alarms.len(), alarms[0].at), (1, 7));
    desk.watch.logged(&desk.url, &alarms).unwrap();
    let desk = desk.restart();
    assert_eq!(desk.watch.unlogged(&desk.url).unwrap(), []);
    assert!(desk.watch.view(&desk.url).unwrap().alarms[0].logged);
}
