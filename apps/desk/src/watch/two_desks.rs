//! Two desks and a real drop: one is added when the drop has removed what the other confirmed.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use drop::Limits;
use drop::disk::RealDisk;
use drop::store::{Arrived, Deposit, Store};
use newsroom::conduct::Conduct;
use tokio_util::sync::CancellationToken;
use wire::{CELL_BYTES, DeskToken, SessionSecret, SessionToken, TokenHash};

use super::tests::{Desk, named};
use super::*;
use crate::clock;
use crate::config::DropEntry;
use crate::pull::Puller;

/// More than the day for which the drop keeps what was confirmed, less than what makes a checkpoint stale.
const A_DAY: i64 = 25 * 3_600 * 1_000_000;

fn token(n: u8) -> TokenHash {
    DeskToken::from_hex(hex::encode([n; 32]).as_bytes())
        .unwrap()
        .hash()
}

struct RealDrop {
    store: Arc<Store>,
    listener: TcpListener,
    clock: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl RealDrop {
    fn start(now: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(RealDisk::open(folder.path()).unwrap());
        let limits = Limits {
            pack_cells: 4,
            keep_days: 1,
            checkpoint_micros: 1_000_000,
            checkpoint_round: 1,
            ..Limits::default()
        };
        let (store, _) = Store::open(disk, limits, zeroize::Zeroizing::new([5; 32]), now).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self {
            store: Arc::new(store),
            listener,
            clock: Arc::new(AtomicI64::new(now)),
            _folder: folder,
        }
    }

    fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// A session leaves these cells, and a checkpoint names them.
    fn store(&self, session: u8, cells: std::ops::Range<u8>) {
        let token = SessionToken::from_bytes([session; 32]).hash();
        let secret = SessionSecret::from_bytes([!session; 32]);
        self.store.register(&[token]).unwrap();
        let arrived = cells.map(|n| Arrived::new(vec![n; CELL_BYTES].into(), &secret).unwrap());
        let deposit = Deposit {
            token,
            secret: secret.hash(),
            cells: arrived.collect(),
        };
        self.store.commit(&[deposit], self.now());
        self.clock.fetch_add(1_000_000, Ordering::Relaxed);
        self.store.tick(self.now()).unwrap();
    }

    /// Serves these desks over HTTP while `work` runs.
    fn serving(&self, desks: Vec<TokenHash>, work: impl FnOnce()) {
        let listener = self.listener.try_clone().unwrap();
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let time: drop::commit::Clock = Arc::new(move || clock.load(Ordering::Relaxed));
                let stop = async move {
                    let _ = stopped.await;
                };
                drop::serve::serve(listener, store, desks, time, None, stop)
                    .await
                    .unwrap();
            });
        });
        work();
        stop.send(()).unwrap();
        thread.join().unwrap();
    }
}

struct Reader {
    watch: Arc<Watch>,
    puller: Puller,
    spool: Arc<store::Spool>,
    _folder: tempfile::TempDir,
    client: DropClient,
}

impl Reader {
    fn of(drop: &RealDrop, n: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("http://{}", drop.listener.local_addr().unwrap());
        let mut entry = DropEntry::parse(&url, &hex::encode([n; 32])).unwrap();
        entry.confirm = true;
        let (watch, puller, spool) = Desk::wire(folder.path());
        Self {
            watch,
            puller,
            spool,
            _folder: folder,
            client: DropClient::new(entry),
        }
    }

    fn pull(&self) {
        // What went wrong is in the alarms.
        let _ = self.puller.drain(&self.client, &CancellationToken::new());
    }

    fn view(&self) -> DropView {
        self.watch.view(self.client.url()).unwrap()
    }

    fn spooled(&self) -> u64 {
        self.spool.end().0
    }
}

#[test]
fn g10_a_desk_added_to_an_old_drop_confirms_there_and_loses_nothing_unseen() {
    let today = clock::now().0;
    let drop = RealDrop::start(today - A_DAY);
    let (first, second) = (Reader::of(&drop, 1), Reader::of(&drop, 2));
    drop.store(1, 0..10);
    drop.serving(vec![token(1)], || first.pull());
    drop.clock.store(today, Ordering::Relaxed);
    drop.store.sweep(today).unwrap();
    assert_eq!(drop.store.first(), 8, "two packs are gone");
    drop.store(2, 10..13);

    let both = vec![token(1), token(2)];
    drop.serving(both.clone(), || {
        assert_eq!(second.client.first_held().unwrap(), 8);
        second.pull();
        second.pull();
        first.pull();
    });
    let view = second.view();
    assert_eq!((view.cells, view.proven, view.began), (13, 13, 8));
    assert!(view.alarms.is_empty(), "{view:?}");
    assert_eq!(second.spooled(), 5);
    assert_eq!((first.view().cells, first.view().began), (13, 0));
    let word = |desk: u8| drop.store.confirm(&token(desk), 0, today).unwrap();
    assert_eq!((word(1), word(2)), (13, 13), "both confirm");

    // What is removed from here on without the second desk is its loss.
    drop.store(3, 13..24);
    drop.serving(vec![token(1)], || first.pull());
    drop.clock.fetch_add(A_DAY, Ordering::Relaxed);
    drop.store.sweep(drop.now()).unwrap();
    assert_eq!(drop.store.first(), 20);
    drop.serving(both, || {
        second.pull();
        second.pull();
    });
    let lost = second.view().alarms;
    let lost: Vec<_> = lost.into_iter().map(|one| (one.what, one.cells)).collect();
    assert_eq!(lost, named(Conduct::Lost, 7));
    assert_eq!((second.view().cells, second.spooled()), (24, 9));
    assert_eq!(word(2), 13, "a drop with an alarm hears nothing more");
    assert!(first.view().alarms.is_empty());
}
