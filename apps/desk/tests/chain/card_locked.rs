//! The desk is locked while a card is being handed in: the rest of it waits as noise, and after unlocking everything is there
//! once.

use std::fs::{self, File};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use desk::desk::{DispatchState, LockState};

use crate::world::{World, until};

/// What would be recognised anywhere, and what of it.
const CANARY: &[u8] = b"the cellar of the mill on thursday";

/// A card that comes slowly: after half of it, it waits until it is told to go on.
struct Slow {
    card: File,
    left: u64,
    half: Sender<()>,
    go_on: Receiver<()>,
}

impl Read for Slow {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.half.send(()).unwrap();
            self.go_on.recv().unwrap();
            self.left = u64::MAX;
        }
        let most = usize::try_from(self.left.min(room.len() as u64)).unwrap();
        let got = self.card.read(&mut room[..most])?;
        self.left -= got as u64;
        Ok(got)
    }
}

/// Bytes of all files below the desk's folder that hold the canary.
fn finds_the_canary(world: &World) -> Vec<String> {
    let all = walkdir::WalkDir::new(world.path("desk")).into_iter();
    let files = all
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file());
    let holds = |bytes: Vec<u8>| bytes.windows(CANARY.len()).any(|some| some == CANARY);
    files
        .filter(|entry| holds(fs::read(entry.path()).unwrap_or_default()))
        .map(|entry| entry.path().display().to_string())
        .collect()
}

#[test]
fn g10_a_card_that_is_handed_in_while_the_desk_is_locked_comes_in_whole_and_once() {
    let world = World::new(63);
    let film = CANARY.repeat(2_500_000 / CANARY.len());
    let folder = world.path("cards");
    fs::create_dir(&folder).unwrap();
    {
        let mut reporter = world.reporter();
        reporter.add(&[("film.bin".into(), film.clone())], "on one card");
        reporter.spread(&folder, 1, 1);
    }
    let card = File::open(folder.join("0")).unwrap();
    let bytes = card.metadata().unwrap().len();
    let (half, at_half) = channel();
    let (tell, go_on) = channel();
    let mut slow = Slow {
        card,
        left: bytes / 2,
        half,
        go_on,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let desk = runtime.block_on(world.open_desk());
    let windows = std::thread::scope(|scope| {
        let handing_in = scope.spawn(|| desk.take_card(&mut slow));
        at_half.recv_timeout(Duration::from_secs(60)).unwrap();
        runtime.block_on(desk.lock());
        tell.send(()).unwrap();
        handing_in.join().unwrap().unwrap()
    });
    assert!(windows >= bytes / 65_536 - 1, "{windows}");
    runtime.block_on(async {
        assert!(matches!(desk.lock_state().await, LockState::Locked { .. }));
        // What came after the lock waits in the tray, as noise; what came before is in the spool, as noise.
        let waits: Vec<_> = fs::read_dir(world.path("desk/cards")).unwrap().collect();
        assert_eq!(waits.len(), 1, "{waits:?}");
        let waits = waits[0].as_ref().unwrap().metadata().unwrap().len();
        assert!((bytes / 4..bytes).contains(&waits), "{waits} of {bytes}");
        assert!(finds_the_canary(&world).is_empty());

        world.unlock(&desk).await;
        let inbox = until(&desk, |inbox| {
            let first = inbox.dispatches.first();
            first.is_some_and(|one| one.state == DispatchState::Complete)
        })
        .await;
        assert_eq!(
            (inbox.dispatches.len(), inbox.dispatches[0].items.len()),
            (1, 1)
        );
        let item = desk
            .store()
            .unwrap()
            .item(inbox.dispatches[0].items[0].id)
            .await
            .unwrap();
        assert_eq!(item.sha256, ledger::sha256(&film), "byte by byte");
        let looking = async {
            while fs::read_dir(world.path("desk/cards")).unwrap().count() > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), looking)
            .await
            .unwrap();
        assert!(finds_the_canary(&world).is_empty());
        // Handed in once more, unhurried: it changes nothing.
        let again = tokio::task::block_in_place(|| {
            desk.take_card(&mut File::open(folder.join("0")).unwrap())
        });
        again.unwrap();
        desk.lock().await;
        world.unlock(&desk).await;
        let inbox = desk.inbox().await.unwrap();
        assert_eq!(
            (inbox.dispatches.len(), inbox.dispatches[0].items.len()),
            (1, 1)
        );
        desk.stop().await;
    });
}
