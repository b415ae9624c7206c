//! Reading cards: cells of known kits go into the spool, and from there the same way as those of a drop. Those that are easily
//! recognised go there while their card is handed in; everything else waits in the tray.
//!
//! A card full of noise is tried under all kits' epochs beside everything else that the desk does, and the spool sees none
//! of it. A crash reads a card again from its beginning; cells that come twice do no harm.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::num::NonZero;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use formats::CELL;
use store::SpoolError;

use super::gather::HEAD;
use super::lookout::Lookout;
use crate::clock;
use crate::desk::{CardRead, EventKind};
use crate::open_desk::OpenDesk;
use crate::spooling::{Ended, Run, Spooling};
use crate::tray::{Put, Tray};

/// Between two looks into the tray: the command line puts cards there without telling the desk.
const LOOK: Duration = Duration::from_secs(2);
/// Threads that try a card's windows at most, and windows that each takes at once.
const SIEVES: usize = 4;
const PART: u64 = 64;
/// Keys that a window is tried with while its card is handed in: so few that nobody waits for them.
const LIKELY: usize = 64;
/// Cards that were read, remembered until the desk is locked.
const REMEMBERED: usize = 20;

/// How far reading is, for the page.
#[derive(Debug, Default)]
pub(crate) struct CardsNow {
    /// Bytes of the card being read, how many of them were looked at, and the cells found.
    all: AtomicU64,
    looked: AtomicU64,
    found: AtomicU64,
    read: Mutex<Vec<CardRead>>,
    /// What was taken out of cards before they came into the tray, by the file there.
    early: Mutex<HashMap<PathBuf, u64>>,
}

impl CardsNow {
    /// The card being read, if one is.
    pub(crate) fn current(&self) -> Option<CardRead> {
        let windows = self.all.load(Ordering::Relaxed) / CELL as u64;
        (windows > 0).then(|| CardRead {
            windows,
            looked: self.looked.load(Ordering::Relaxed),
            ours: self.found.load(Ordering::Relaxed),
        })
    }

    /// Cards that were read since the desk was opened, the last first.
    pub(crate) fn read(&self) -> Vec<CardRead> {
        lock(&self.read).iter().rev().copied().collect()
    }

    /// A card was handed in, and so many of its cells were taken at once.
    pub(crate) fn handed_in(&self, put: &Put, taken: u64) {
        if let Some(waits) = &put.waits {
            lock(&self.early).insert(waits.clone(), taken);
        } else if put.windows > 0 {
            self.remember(CardRead {
                windows: put.windows,
                looked: put.windows,
                ours: taken,
            });
        }
    }

    fn begin(&self, path: &Path, bytes: u64) {
        let early = lock(&self.early).get(path).copied().unwrap_or(0);
        self.looked.store(early, Ordering::Relaxed);
        self.found.store(early, Ordering::Relaxed);
        let all = bytes.saturating_add(early.saturating_mul(CELL as u64));
        self.all.store(all, Ordering::Relaxed);
    }

    fn end(&self, path: &Path) {
        if let Some(one) = self.current() {
            self.remember(one);
        }
        lock(&self.early).remove(path);
        self.all.store(0, Ordering::Relaxed);
    }

    fn remember(&self, one: CardRead) {
        let mut read = lock(&self.read);
        if read.len() == REMEMBERED {
            read.remove(0);
        }
        read.push(one);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, thiserror::Error)]
enum CardError {
    #[error("the tray cannot be read: {0}")]
    Tray(#[from] io::Error),
    #[error("the spool cannot be written: {0}")]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error("reading a card ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
}

/// Reads cards for as long as the desk is open.
pub(crate) async fn reading(open: Arc<OpenDesk>) {
    let tray = Tray::of(&open.around.folder);
    loop {
        if let Err(error) = round(&open, &tray).await {
            tracing::warn!(%error, "a card cannot be read; the desk keeps trying");
        }
        let _ = tokio::time::timeout(LOOK, open.card_added.notified()).await;
    }
}

async fn round(open: &Arc<OpenDesk>, tray: &Tray) -> Result<(), CardError> {
    for path in tray.waiting()? {
        let (kits, now) = (open.store.kits().await?, clock::now());
        let (desk, here) = (open.clone(), path.clone());
        let sieving = move || {
            let lookout = Lookout::new(kits.iter().flat_map(|kit| super::chains_of(kit, now)));
            sieve(&here, &lookout, &desk)
        };
        tokio::task::spawn_blocking(sieving).await??;
        remove(&path)?;
        open.tell(EventKind::Dispatch, "");
    }
    Ok(())
}

fn remove(path: &PathBuf) -> io::Result<()> {
    fs::remove_file(path)?;
    crate::files::sync_folder_of(path)
}

/// Takes the desk's own cells out of a card. Blocks.
fn sieve(path: &Path, lookout: &Lookout, open: &OpenDesk) -> Result<(), CardError> {
    let file = File::open(path)?;
    open.cards.begin(path, file.metadata()?.len());
    let outcome = take_ours(&file, lookout, open);
    open.cards.end(path);
    outcome
}

/// Appends the cells that some kit's key opens to the spool, until the card ends or the desk is locked.
fn take_ours(card: &File, lookout: &Lookout, open: &OpenDesk) -> Result<(), CardError> {
    let windows = card.metadata()?.len() / CELL as u64;
    let around = &open.around;
    let spooling = Spooling::begin(around.spool.clone(), around.arrived.clone());
    let next = AtomicU64::new(0);
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let sieved = thread::scope(|scope| {
        let sieves: Vec<_> = (0..threads.min(SIEVES))
            .map(|_| {
                let (lookout, run, next) = (lookout.clone(), spooling.run(), &next);
                scope.spawn(move || take_parts(card, windows, next, lookout, run, open))
            })
            .collect();
        sieves.into_iter().try_for_each(|sieve| {
            let odd = |_| Err(io::Error::other("reading a card ended unexpectedly"));
            sieve.join().unwrap_or_else(odd)
        })
    });
    // What failed in the spool is the reason for what came of it here.
    spooling.finish()?;
    Ok(sieved?)
}

/// One sieve: takes part after part of a card that no other has taken.
fn take_parts(
    card: &File,
    windows: u64,
    next: &AtomicU64,
    mut lookout: Lookout,
    mut run: Run,
    open: &OpenDesk,
) -> io::Result<()> {
    let ended = |Ended| io::Error::from(io::ErrorKind::BrokenPipe);
    let mut window = Box::new([0; CELL]);
    loop {
        let from = next.fetch_add(PART, Ordering::Relaxed);
        if from >= windows {
            return run.end().map_err(ended);
        }
        for at in from..windows.min(from + PART) {
            if open.stop.is_cancelled() {
                // Locked in the middle: the card is read again from its beginning.
                return Err(io::ErrorKind::Interrupted.into());
            }
            let place = at * CELL as u64;
            card.read_exact_at(&mut window[..HEAD], place)?;
            if lookout.recognise(&window).is_some() {
                card.read_exact_at(window.as_mut(), place)?;
                run.push(&window).map_err(ended)?;
                open.cards.found.fetch_add(1, Ordering::Relaxed);
            }
            open.cards.looked.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Takes the likely cells out of a card while it is handed in, straight into the spool. Everything else waits in the tray
/// to be tried with all keys, and so does all of it from the moment on in which the desk is locked: of an open desk nothing
/// is held from one window to the next.
pub(crate) struct EarlySieve {
    open: Weak<OpenDesk>,
    spooling: Spooling,
    run: Run,
    found: u64,
}

impl EarlySieve {
    pub(crate) fn begin(open: &Arc<OpenDesk>) -> Self {
        let around = &open.around;
        let spooling = Spooling::begin(around.spool.clone(), around.arrived.clone());
        Self {
            open: Arc::downgrade(open),
            run: spooling.run(),
            spooling,
            found: 0,
        }
    }

    /// Whether a window was taken.
    pub(crate) fn take(&mut self, window: &[u8; CELL]) -> io::Result<bool> {
        let Some(open) = self.open.upgrade() else {
            return Ok(false);
        };
        if open.stop.is_cancelled() {
            return Ok(false);
        }
        let hit = {
            let mut lookout = open.lookout.lock().unwrap_or_else(PoisonError::into_inner);
            lookout.recognise_early(window, LIKELY)
        };
        if hit.is_none() {
            return Ok(false);
        }
        self.found += 1;
        let ended = |Ended| io::Error::from(io::ErrorKind::BrokenPipe);
        self.run.push(window).map_err(ended)?;
        Ok(true)
    }

    /// When this returns, what was taken is on the disk; gives how many cells that were.
    pub(crate) fn finish(self) -> Result<u64, SpoolError> {
        let ended = self.run.end();
        self.spooling.finish()?;
        ended
            .map(|()| self.found)
            .map_err(|Ended| SpoolError::Failed)
    }
}
