//! A vault that the reporter was forced to open: recognised for good, shown as forced, answered like any other, and never
//! with anything that was meant for her.

use std::fs;
use std::time::Duration;

use desk::clock;
use desk::desk::{Desk, DispatchLine, DispatchState, EditorId, Letter};
use field::{Field, FieldError, FileDisk, Setup};
use formats::{DispatchId, EPOCH, KitId};
use keys::{Cost, Passphrase};
use newsroom::kits::SETTLING;
use rand_core::OsRng;
use store::Store;

use crate::way::enrol;
use crate::world::{Reporter, World, until};

const EVERYDAY: &str = "quiet river stone lantern copper meadow";
const DURESS: &str = "quiet river apple brave hammer desert";
const PATIENCE: Duration = Duration::from_secs(60);

/// The device, so many weeks from now by its clock.
fn opened(world: &World, words: &str, weeks: i64) -> Result<Reporter, FieldError> {
    let disk = FileDisk::open(&world.path("vault")).unwrap();
    let now = clock::now().0 + weeks * EPOCH;
    let words = Passphrase::new(words);
    let field = Field::open(disk, &words, Cost::FOR_TESTS, now, &mut OsRng)?;
    Ok(Reporter { field })
}

/// Sets the device up with both passphrases.
fn set_up(world: &World) {
    let kit = formats::Kit::decode(&fs::read(world.path("kit")).unwrap()).unwrap();
    let setup = Setup {
        kit,
        everyday: &Passphrase::new(EVERYDAY),
        duress: Some(&Passphrase::new(DURESS)),
        keep_nothing: false,
        cost: Cost::FOR_TESTS,
    };
    let disk = FileDisk::create(&world.path("vault"), 32 << 20, false).unwrap();
    Field::init(disk, setup, &mut OsRng, &mut |_| {}).unwrap();
}

/// A device whose kit has an intake key that the newsroom does not have: what its key becomes once it was destroyed.
fn with_a_lost_key(world: &World, weeks: i64) -> Reporter {
    let mut kit = formats::Kit::decode(&fs::read(world.path("kit")).unwrap()).unwrap();
    kit.intake = openers::IntakeIdentity::from_bytes([9; 32]).recipient();
    // The half of its tokens that a duress vault has.
    kit.drops.iter_mut().for_each(|drop| drop.tokens.reverse());
    let setup = Setup {
        kit,
        everyday: &Passphrase::new(DURESS),
        duress: None,
        keep_nothing: false,
        cost: Cost::FOR_TESTS,
    };
    let disk = FileDisk::create(&world.path("old-vault"), 32 << 20, false).unwrap();
    Field::init(disk, setup, &mut OsRng, &mut |_| {}).unwrap();
    let disk = FileDisk::open(&world.path("old-vault")).unwrap();
    let now = clock::now().0 + weeks * EPOCH;
    let words = Passphrase::new(DURESS);
    let field = Field::open(disk, &words, Cost::FOR_TESTS, now, &mut OsRng).unwrap();
    Reporter { field }
}

/// Sends a note from a device and has it opened at the desk.
async fn send(desk: &Desk, reporter: &mut Reporter, note: &str) -> DispatchLine {
    reporter.add(&[], note);
    reporter.send();
    let came = |one: &DispatchLine| one.note.as_deref() == Some(note);
    let inbox = until(desk, |inbox| inbox.dispatches.iter().any(came)).await;
    inbox.dispatches.into_iter().find(came).unwrap()
}

/// Asks the mailboxes until a receipt is there; gives how many messages came on the way.
async fn answered(reporter: &mut Reporter) -> u64 {
    let asking = async {
        let mut messages = 0;
        loop {
            let got = reporter.receive_all();
            messages += got.messages;
            if got.receipts > 0 {
                assert!(got.forgotten > 0, "it names pieces that are here");
                return messages;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap()
}

fn marks(line: &DispatchLine) -> (bool, bool) {
    (line.forced, line.another_vault)
}

async fn closed(store: &Store, kit: KitId, weeks: i64) -> (u32, Vec<u32>) {
    let now = clock::now().plus(weeks * EPOCH + 1);
    store.close_epochs(now).await.unwrap();
    let kit = store.kit(kit).await.unwrap();
    let fresh = kit.fresh.iter().map(|one| one.epoch).collect();
    (kit.epoch, fresh)
}

/// The everyday vault: goes over to its fresh chain, and says that nothing older is wanted; the desk closes everything old.
async fn an_everyday_year(desk: &Desk, world: &World) -> (KitId, EditorId, Store) {
    let (_, sami) = enrol(desk, world).await;
    let kit: KitId = desk.sources(sami).await.unwrap()[0].kit.parse().unwrap();
    let store = desk.store().unwrap();
    for weeks in [0, 1, 6] {
        let mut reporter = opened(world, EVERYDAY, weeks).unwrap();
        let line = send(desk, &mut reporter, &format!("of week {weeks}")).await;
        assert_eq!(marks(&line), (false, false));
        answered(&mut reporter).await;
        assert!(reporter.field.on_fresh_chain());
        if weeks == 1 {
            assert_eq!(closed(&store, kit, 4).await, (1, vec![1]));
        }
    }
    assert_eq!(SETTLING, 4 * EPOCH);
    // Everything she used is closed: of the first chain nothing is left that she ever sent under.
    assert_eq!(closed(&store, kit, 10).await, (2, vec![6]));
    assert_eq!(closed(&store, kit, 50).await, (2, vec![6]));
    (kit, sami, store)
}

async fn write(desk: &Desk, to: (EditorId, KitId), words: &str, answers: Option<&DispatchLine>) {
    let letter = Letter {
        text: words.to_owned().into(),
        answers: answers.map(|line| line.id.parse::<DispatchId>().unwrap()),
        last_pair_meant: false,
    };
    desk.write_to_source(to.0, to.1, letter).await.unwrap();
}

#[test]
fn g10_a_forced_sender_is_recognised_after_old_epochs_were_closed() {
    let world = World::new(71);
    set_up(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let (kit, sami, store) = an_everyday_year(&desk, &world).await;
        write(&desk, (sami, kit), "for her alone", None).await;

        let mut forced = opened(&world, DURESS, 50).unwrap();
        assert!(forced.field.status().dispatches.is_empty());
        assert!(!forced.field.forced(), "no word was exchanged");
        let line = send(&desk, &mut forced, "all is well").await;
        assert_eq!(marks(&line), (true, true));

        // The occupier sees an ordinary newsroom, and nothing that was meant for her.
        assert_eq!(answered(&mut forced).await, 0);
        assert!(forced.field.on_fresh_chain());
        write(&desk, (sami, kit), "thank you for this", Some(&line)).await;
        let reading = async {
            while forced.receive_all().messages == 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap();
        assert_eq!(forced.read(), ["thank you for this"]);
        drop(forced);
        let lost = opened(&world, EVERYDAY, 50);
        assert!(matches!(lost.map(drop), Err(FieldError::Locked)));

        // Its word closes nothing of hers, and what it sends on its own fresh chain, years later, is recognised too.
        assert_eq!(closed(&store, kit, 60).await, (8, vec![6, 50]));
        let mut later = opened(&world, DURESS, 160).unwrap();
        assert_eq!(
            later.field.epoch(),
            110,
            "sixty past the last one confirmed"
        );
        let line = send(&desk, &mut later, "and again").await;
        assert_eq!(marks(&line), (true, true));
        let source = desk.source(sami, kit).await.unwrap().line;
        assert_eq!((source.forced, source.another_vault), (2, 2));
        desk.stop().await;
    });
}

#[test]
fn what_a_forced_sender_sealed_to_a_destroyed_key_is_recognised_and_said_to_stay_shut() {
    let world = World::new(73);
    set_up(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let (kit, sami, _) = an_everyday_year(&desk, &world).await;
        let mut forced = with_a_lost_key(&world, 50);
        forced.add(&[], "all is well");
        forced.send();
        let shut = |one: &DispatchLine| one.state == DispatchState::Unopenable;
        let inbox = until(&desk, |inbox| inbox.dispatches.iter().any(shut)).await;
        let line = inbox.dispatches.iter().find(|one| shut(one)).unwrap();
        assert_eq!(marks(line), (true, true));
        assert!(line.note.is_none() && line.items.is_empty());
        let source = desk.source(sami, kit).await.unwrap().line;
        assert_eq!((source.forced, source.another_vault), (1, 1));
        // Nothing can answer it, and nothing of it waits for ever: the desk goes on as before.
        assert_eq!(forced.receive_all().receipts, 0);
        let mut everyday = opened(&world, EVERYDAY, 51).unwrap();
        let line = send(&desk, &mut everyday, "and I am well").await;
        assert_eq!(marks(&line), (false, false));
        desk.stop().await;
    });
}

#[test]
fn g10_a_vault_that_is_forced_open_years_later_is_recognised() {
    let world = World::new(72);
    set_up(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let (kit, _, store) = an_everyday_year(&desk, &world).await;
        assert_eq!(closed(&store, kit, 200).await, (60, vec![6]));
        let mut forced = opened(&world, DURESS, 200).unwrap();
        assert_eq!(forced.field.epoch(), 60, "nobody ever answered it");
        let line = send(&desk, &mut forced, "all is well").await;
        assert_eq!(marks(&line), (true, true));
        answered(&mut forced).await;
        desk.stop().await;
    });
}
