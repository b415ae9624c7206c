//! Reading the cards in the tray: cells of known kits go into the spool, and from there the same way as those of a drop.
//!
//! A card full of noise is tried under all kits' epochs beside everything else that the desk does, and the spool sees none
//! of it. A crash reads a card again from its beginning; cells that come twice do no harm.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use formats::CELL;
use store::SpoolError;

use super::lookout::Lookout;
use crate::clock;
use crate::desk::{CardRead, EventKind};
use crate::open_desk::OpenDesk;
use crate::tray::Tray;

/// Between two looks into the tray: the command line puts cards there without telling the desk.
const LOOK: Duration = Duration::from_secs(2);
/// Cells that go into the spool, and are synced, together.
const TOGETHER: usize = 64;
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
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.iter().rev().copied().collect()
    }

    fn begin(&self, bytes: u64) {
        self.looked.store(0, Ordering::Relaxed);
        self.found.store(0, Ordering::Relaxed);
        self.all.store(bytes, Ordering::Relaxed);
    }

    fn end(&self) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() == REMEMBERED {
            read.remove(0);
        }
        read.extend(self.current());
        self.all.store(0, Ordering::Relaxed);
    }
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
            sieve(&here, lookout, &desk)
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
fn sieve(path: &Path, lookout: Lookout, open: &OpenDesk) -> Result<(), CardError> {
    let file = File::open(path)?;
    open.cards.begin(file.metadata()?.len());
    let outcome = take_ours(file, lookout, open);
    open.cards.end();
    outcome
}

/// Appends the cells that some kit's key opens to the spool, until the card ends or the desk is locked.
fn take_ours(mut card: File, mut lookout: Lookout, open: &OpenDesk) -> Result<(), CardError> {
    let mut window = Box::new([0; CELL]);
    let mut ours = Vec::with_capacity(TOGETHER * CELL);
    let keep = |ours: &mut Vec<u8>| -> Result<(), CardError> {
        open.around.spool.append(ours)?;
        open.around.arrived.notify_one();
        ours.clear();
        Ok(())
    };
    while !open.stop.is_cancelled() {
        match card.read_exact(window.as_mut()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return keep(&mut ours),
            Err(error) => return Err(error.into()),
        }
        if lookout.recognise(&window).is_some() {
            ours.extend_from_slice(window.as_slice());
            open.cards.found.fetch_add(1, Ordering::Relaxed);
        }
        open.cards.looked.fetch_add(1, Ordering::Relaxed);
        if ours.len() == TOGETHER * CELL {
            keep(&mut ours)?;
        }
    }
    // Locked in the middle: the card is read again from its beginning.
    Err(io::Error::from(io::ErrorKind::Interrupted).into())
}
