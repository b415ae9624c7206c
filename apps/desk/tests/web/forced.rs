//! A dispatch sent under force is answered exactly like another: nothing that reaches the field tells them apart.

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

/// Two dispatches alike but for the mark: a contact piece and a note each.
fn send(runtime: &Runtime, folder: &DeskFolder, handover: &Handover) {
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
        bulletin: 0,
        threshold: 0,
    };
    runtime.block_on(issue(folder, &keys, &kit));
    let epoch = kit.chain.epoch_keys();
    let mut cells = Vec::new();
    for (dispatch, forced) in TWINS {
        let replies = (0..8)
            .map(|_| ReplyKeys::generate(&mut rng).pair())
            .collect();
        let contact = Contact {
            replies,
            checkpoints: Vec::new(),
            next_chain: None,
            standing: Standing::of_kit(&kit),
        };
        let note = Manifest::new(Vec::new(), "we are fine".to_owned(), 1);
        let pieces = [contact.encode().unwrap().to_vec(), note.encode().unwrap()];
        for (no, plain) in (0..).zip(pieces) {
            let place = PiecePlace {
                kit: KIT,
                dispatch,
                piece: PieceNo(no),
                last: no == 1,
            };
            let piece = seal_piece(&kit.intake, &plain).unwrap();
            let keep = |_: u16, cell: &[u8; CELL]| -> Result<(), PieceError> {
                cells.extend_from_slice(cell);
                Ok(())
            };
            let (encoder, all) = (&mut Encoder::new(), |_| true);
            piece
                .for_each_cell(&epoch, &place, forced, 0, encoder, &mut rng, all, keep)
                .unwrap();
        }
    }
    Spool::open(&folder.spool())
        .unwrap()
        .append(&cells)
        .unwrap();
}

#[test]
fn receipts_go_on_as_always() {
    let mut setting = Setting::new(Engine::Sqlcipher);
    setting.before = send;
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
