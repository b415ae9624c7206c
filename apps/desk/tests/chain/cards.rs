//! Cards to the desk and back: five of eight, in any order, damaged and twice, while locked; and a receipt on a card.

use std::fs;
use std::process::Command;
use std::time::Duration;

use desk::desk::{CardsView, Desk, DispatchState};
use field::{FieldError, HttpRoad, Road, RoadError, Session, Way};
use formats::{Cell, DropUrl};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use wire::{CellHash, MailboxAddress};

use crate::world::{DESK_EXE, PSEUDONYM, World, until};

const CELL: usize = 65_536;

fn fh_desk(world: &World, args: &[&str]) -> String {
    let mut command = Command::new(DESK_EXE);
    command.args(args).arg("--dir").arg(world.path("desk"));
    command.env_remove("FH_LANG").env("LANG", "C");
    let done = command.output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(done.status.success(), "{said}");
    said
}

async fn cards(desk: &Desk, wanted: impl Fn(&CardsView) -> bool) -> CardsView {
    let looking = async {
        loop {
            let view = desk.cards().await.unwrap();
            if wanted(&view) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let patience = Duration::from_secs(120);
    tokio::time::timeout(patience, looking).await.unwrap()
}

#[test]
fn g03_five_cards_of_eight_arrive_and_the_receipt_goes_back_on_one() {
    let world = World::new(61);
    let mut film = vec![0; 12_000_000];
    ChaCha20Rng::seed_from_u64(1).fill_bytes(&mut film);
    let folder = world.path("cards");
    fs::create_dir(&folder).unwrap();
    {
        let mut reporter = world.reporter();
        reporter.add(&[("film.bin".into(), film)], "on a card");
        reporter.spread(&folder, 8, 5);
    }
    let card = |n: u8| folder.join(n.to_string()).display().to_string();
    // One of the cards suffered on its way: a cell is overwritten, another has a flipped bit, its end is gone.
    let mut hurt = fs::read(card(6)).unwrap();
    hurt[3 * CELL..4 * CELL].fill(0);
    hurt[9 * CELL + 40_000] ^= 1;
    hurt.truncate(hurt.len() - 100);
    fs::write(card(6), hurt).unwrap();
    // Taken in while the desk is locked, and one of them twice.
    let said = fh_desk(&world, &["gather", &card(6), &card(1), &card(6)]);
    assert!(said.contains("as soon as it is unlocked"), "{said}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let view = cards(&desk, |view| view.read.len() == 3 && view.waiting == 0).await;
        assert!(
            view.read
                .iter()
                .all(|card| card.ours > 35 && card.windows >= 62),
            "{view:?}"
        );
        // Two cards hold 39 shards of the film each, of which the damaged one lost three at most.
        let in_hand = |view: &CardsView| {
            let pieces = view.dispatches.first().map(|one| one.pieces.clone());
            pieces.and_then(|pieces| pieces.into_iter().find(|piece| piece.need > 8))
        };
        let view = cards(&desk, |view| {
            in_hand(view).is_some_and(|film| film.have >= 75)
        })
        .await;
        let film = in_hand(&view).unwrap();
        assert_eq!((film.whole, film.need), (false, 184));
        assert!(film.have <= 78, "{film:?}");
        // A folder, which holds two more cards than are needed, handed in while the desk is open.
        for n in [0, 1, 6, 7] {
            fs::remove_file(card(n)).unwrap();
        }
        fh_desk(&world, &["gather", folder.to_str().unwrap()]);
        let inbox = until(&desk, |inbox| {
            let first = inbox.dispatches.first();
            first.is_some_and(|one| one.state == DispatchState::Complete)
        })
        .await;
        assert_eq!(inbox.dispatches[0].note.as_deref(), Some("on a card"));
        assert_eq!(inbox.dispatches[0].items[0].bytes, 12_000_000);
        let view = cards(&desk, |view| view.waiting == 0 && view.current.is_none()).await;
        assert!(view.dispatches.is_empty());
        let out = world.path("back");
        let custodian = |name: &str| {
            format!(
                "{name}={}",
                world.path(&format!("{name}.passphrase")).display()
            )
        };
        let (basim, dana) = (custodian("Basim"), custodian("Dana"));
        let back = [
            "card",
            "--kit",
            PSEUDONYM,
            "--out",
            out.to_str().unwrap(),
            "--custodian-passphrase",
            &basim,
            "--custodian-passphrase",
            &dana,
        ];
        let said = fh_desk(&world, &back);
        assert!(
            said.contains("among noise") && !said.contains(PSEUDONYM),
            "{said}"
        );
        assert_eq!(fs::metadata(&out).unwrap().len(), 4 << 20);
        let (receipts, forgotten) = world.reporter().read_card(&out);
        assert!(receipts >= 1);
        assert_eq!(forgotten, 3);
        assert_eq!(world.reporter().receive(), (0, 0), "each pair is used once");
        desk.stop().await;
    });
    assert_eq!(fs::read_dir(world.path("desk/cards")).unwrap().count(), 0);
}

/// A road that is gone after so many cells.
struct Breaks {
    road: HttpRoad,
    cells: usize,
}

impl Road for Breaks {
    fn store(&mut self, session: &Session, cells: &[u8]) -> Result<u32, RoadError> {
        let count = cells.len() / CELL;
        let left = self.cells.checked_sub(count);
        self.cells = left.ok_or_else(gone)?;
        self.road.store(session, cells)
    }

    fn missing(&mut self, _: &Session, _: &[CellHash]) -> Result<Vec<u32>, RoadError> {
        Err(gone())
    }

    fn mailbox(&mut self, _: &DropUrl, _: &MailboxAddress) -> Result<Cell, RoadError> {
        Err(gone())
    }

    fn checkpoint(&mut self, drop: &DropUrl) -> Result<Vec<u8>, RoadError> {
        self.road.checkpoint(drop)
    }
}

/// Nothing that passes by waiting.
fn gone() -> RoadError {
    RoadError::NoProxy {
        proxy: ([127, 0, 0, 1], 9).into(),
    }
}

#[test]
fn g03_what_a_drop_lacks_a_few_cards_bring() {
    let world = World::new(62);
    let mut film = vec![0; 12_000_000];
    ChaCha20Rng::seed_from_u64(2).fill_bytes(&mut film);
    let folder = world.path("cards");
    fs::create_dir(&folder).unwrap();
    let mut road = Breaks {
        road: HttpRoad::new(Way::Loopback, [1; 32]),
        cells: 130,
    };
    {
        let mut reporter = world.reporter();
        reporter.add(&[("film.bin".into(), film)], "by two roads");
        reporter.spread(&folder, 8, 5);
        let sent = reporter.send_over(&mut road);
        assert!(matches!(sent, Err(FieldError::Road(_))), "{sent:?}");
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let film = |view: &CardsView| {
            let pieces = view.dispatches.first().map(|one| one.pieces.clone());
            pieces.and_then(|pieces| pieces.into_iter().find(|piece| piece.need > 8))
        };
        // The drop's part of the film, which does not restore it.
        let view = cards(&desk, |view| film(view).is_some_and(|film| film.have >= 90)).await;
        let half = film(&view).unwrap();
        assert!(
            !half.whole && half.have < 140 && half.need == 184,
            "{half:?}"
        );
        // Nor would three cards do so by themselves.
        for n in [5, 7, 6] {
            let card = folder.join(n.to_string());
            fh_desk(&world, &["gather", card.to_str().unwrap()]);
        }
        let inbox = until(&desk, |inbox| {
            let first = inbox.dispatches.first();
            first.is_some_and(|one| one.state == DispatchState::Complete)
        })
        .await;
        assert_eq!(inbox.dispatches[0].note.as_deref(), Some("by two roads"));
        assert_eq!(inbox.dispatches[0].items[0].bytes, 12_000_000);
        desk.stop().await;
    });
}
