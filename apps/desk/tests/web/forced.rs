//! Dispatches made by hand, cell by cell: one sent under force is answered exactly like another, and one that was cut short
//! before its manifest can be looked at piece by piece.

use desk::config::DeskFolder;
use desk::founding::Handover;
use formats::coding::Encoder;
use formats::{
    CELL, Contact, DispatchId, Kit, KitId, Manifest, PieceError, PieceNo, PiecePlace, ReceiptKind,
    Standing, seal_piece,
};
use keys::{ChainKey, ReplyKeys};
use newsroom::arrival::DispatchKey;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use store::Spool;
use tokio::runtime::Runtime;

use crate::hostile::{issue, unlock, wait};
use crate::rig::{EDITORS, Engine, Newsroom, Setting};

const KIT: KitId = KitId(*b"kit-0007");
const TWINS: [(DispatchId, bool); 2] = [(DispatchId([1; 16]), false), (DispatchId([2; 16]), true)];

/// Sealed pieces by number, and the last one's number if it is there.
struct Sent {
    dispatch: DispatchId,
    forced: bool,
    pieces: Vec<Vec<u8>>,
    last: Option<u32>,
}

fn note() -> Vec<u8> {
    let note = Manifest::new(Vec::new(), "we are fine".to_owned(), 1);
    note.encode().unwrap()
}

/// Two dispatches alike but for the mark: a contact piece and a note each.
fn twins(runtime: &Runtime, folder: &DeskFolder, handover: &Handover) {
    let sent = TWINS.map(|(dispatch, forced)| Sent {
        dispatch,
        forced,
        pieces: vec![note()],
        last: Some(1),
    });
    put(runtime, folder, handover, &sent);
}

/// Killed while recording: two pieces of media, and no end.
fn cut_short(runtime: &Runtime, folder: &DeskFolder, handover: &Handover) {
    let sent = Sent {
        dispatch: TWINS[0].0,
        forced: false,
        pieces: vec![b"first five seconds".to_vec(), b"and five more".to_vec()],
        last: None,
    };
    put(runtime, folder, handover, &[sent]);
}

/// Puts a contact piece and these pieces of each dispatch where a drop's cells would be.
fn put(runtime: &Runtime, folder: &DeskFolder, handover: &Handover, sent: &[Sent]) {
    let keys = unlock(folder, handover);
    let mut rng = ChaCha20Rng::seed_from_u64(21);
    let kit = Kit {
        newsroom: "Pages Test".into(),
        id: KIT,
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
    let epoch = kit.chain.epoch_keys();
    let mut cells = Vec::new();
    for one in sent {
        let pair = |_| ReplyKeys::generate(&mut rng).pair();
        let contact = Contact {
            replies: (0..8).map(pair).collect(),
            checkpoints: Vec::new(),
            next_chain: None,
            standing: Standing::of_kit(&kit),
        };
        let contact = contact.encode().unwrap().to_vec();
        for (no, plain) in (0..).zip(std::iter::once(&contact).chain(&one.pieces)) {
            let place = PiecePlace {
                kit: KIT,
                dispatch: one.dispatch,
                piece: PieceNo(no),
                last: one.last == Some(no),
            };
            let piece = seal_piece(&kit.intake, plain).unwrap();
            let keep = |_: u16, cell: &[u8; CELL]| -> Result<(), PieceError> {
                cells.extend_from_slice(cell);
                Ok(())
            };
            let (encoder, all) = (&mut Encoder::new(), |_| true);
            piece
                .for_each_cell(&epoch, &place, one.forced, 0, encoder, &mut rng, all, keep)
                .unwrap();
        }
    }
    Spool::open(&folder.spool())
        .unwrap()
        .append(&cells)
        .unwrap();
}

#[test]
fn negative_07_what_came_before_a_cut_is_looked_at_piece_by_piece() {
    let mut setting = Setting::new(Engine::Sqlcipher);
    setting.before = cut_short;
    let newsroom = Newsroom::open(&setting);
    let editor = newsroom.signed_in(EDITORS[0]);
    let inbox = wait(&editor, "/", |inbox| {
        inbox["dispatches"][0]["pieces_complete"] == 3
    });
    let dispatch = &inbox["dispatches"][0];
    assert_eq!(
        (
            &dispatch["state"],
            dispatch["items"].as_array().unwrap().len()
        ),
        (&"arriving".into(), 0)
    );
    let action = format!("/dispatches/{}/loose", dispatch["id"].as_str().unwrap());
    for language in ["en", "ar"] {
        let headers = [("accept", "text/html"), ("accept-language", language)];
        assert!(
            editor.get("/", &headers).body.contains(&action),
            "{language}"
        );
    }
    for _ in 0..2 {
        assert_eq!(
            editor.post("/", &action, &[]).status,
            303,
            "twice does no harm"
        );
    }
    let inbox = wait(&editor, "/", |inbox| {
        let first = &inbox["dispatches"][0];
        first["items"]
            .as_array()
            .is_some_and(|items| items.len() == 2)
            && first["opening"] == false
    });
    let items = inbox["dispatches"][0]["items"].clone();
    let named: Vec<_> = items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["name"])
        .collect();
    assert_eq!(named, ["piece-1", "piece-2"]);
    assert_eq!(items[0]["bytes"], "first five seconds".len());
    assert_eq!(items[0]["cut_off"], true);
    let page = format!("/items/{}", items[0]["id"].as_str().unwrap());
    for (language, words) in [("en", "whose end has not come"), ("ar", "لم تصل نهايتها")]
    {
        let headers = [("accept", "text/html"), ("accept-language", language)];
        assert!(
            editor.get(&page, &headers).body.contains(words),
            "{language}"
        );
    }
    let unknown = format!("/dispatches/{}/loose", "ab".repeat(16));
    assert_eq!(editor.post("/", &unknown, &[]).status, 404);
}

#[test]
fn receipts_go_on_as_always() {
    let mut setting = Setting::new(Engine::Sqlcipher);
    setting.before = twins;
    let newsroom = Newsroom::open(&setting);
    let store = newsroom.desk.store().unwrap();
    let token = newsroom::Private::new("t");
    let adding = store.add_drop("http://127.0.0.1:1", &token, newsroom::Micros(1));
    newsroom.runtime.block_on(adding).unwrap();
    let safety = newsroom.signed_in(EDITORS[2]);
    wait(&safety, "/", |inbox| {
        let all = inbox["dispatches"].as_array().unwrap();
        all.len() == 2 && all.iter().all(|one| one["state"] == "complete")
    });
    let forced = |one: &serde_json::Value| one["forced"] == true;
    let inbox = safety.data("/").json();
    let marked = inbox["dispatches"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| forced(one));
    assert_eq!(marked.count(), 1, "{inbox}");
    let mut said = Vec::new();
    for (dispatch, _) in TWINS {
        let key = DispatchKey { kit: KIT, dispatch };
        // The receipt is sealed right after the items are entered.
        let receipts = loop {
            let receipts = newsroom.runtime.block_on(store.receipts_of(&key)).unwrap();
            if !receipts.is_empty() {
                break receipts;
            }
            std::thread::yield_now();
        };
        said.push(
            receipts
                .into_iter()
                .map(|(_, kind)| kind)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(said[0], said[1]);
    assert_eq!(said[0], [ReceiptKind::Complete]);
}
