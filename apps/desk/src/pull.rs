//! From the drops into the spool, locked or not.
//!
//! Each drop is read by a task of its own, so that a slow one delays no other. A stretch of cells is
//! appended to the spool and synced before the position moves on and is synced itself: a crash in
//! between fetches the stretch again, and cells that come twice do no harm. Nothing is answered to
//! anybody here; receipts are written by `intake` once the desk is open.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::Spool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::config::{DeskConfig, DeskFolder, DropEntry};
use crate::drops::{DropClient, DropError};
use crate::files;
use crate::watch::{Watch, WatchError};

/// Why a round with one drop ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PullError {
    #[error(transparent)]
    Drop(#[from] DropError),
    #[error("the spool cannot be written: {0}")]
    Spool(#[from] store::SpoolError),
    #[error("positions.json cannot be written: {0}")]
    Position(#[source] io::Error),
    #[error(transparent)]
    Watch(#[from] WatchError),
}

/// What a puller works with.
#[derive(Clone)]
pub(crate) struct Puller {
    folder: DeskFolder,
    spool: Arc<Spool>,
    positions: Arc<Positions>,
    poll: Duration,
    arrived: Arc<Notify>,
    watch: Arc<Watch>,
}

impl Puller {
    /// A puller into `spool`; `arrived` is told whenever cells came.
    pub(crate) fn new(
        folder: DeskFolder,
        spool: Arc<Spool>,
        poll: Duration,
        arrived: Arc<Notify>,
        watch: Arc<Watch>,
    ) -> io::Result<Self> {
        let positions = Arc::new(Positions::load(folder.positions())?);
        Ok(Self {
            folder,
            spool,
            positions,
            poll,
            arrived,
            watch,
        })
    }

    /// Reads every configured drop until `stop`; drops added meanwhile are taken up.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let mut reading: BTreeMap<String, CancellationToken> = BTreeMap::new();
        loop {
            for entry in self.configured() {
                // A changed entry starts a new reader; the old one ends after its round.
                let id = format!(
                    "{} {} {:?} {} {:?}",
                    entry.url,
                    entry.token.expose(),
                    entry.log_key,
                    entry.confirm,
                    entry.quota_bytes
                );
                if reading.contains_key(&id) {
                    continue;
                }
                let stale: Vec<String> = reading
                    .keys()
                    .filter(|known| known.split(' ').next() == Some(entry.url.as_str()))
                    .cloned()
                    .collect();
                for known in stale {
                    if let Some(token) = reading.remove(&known) {
                        token.cancel();
                    }
                }
                let stop_one = stop.child_token();
                reading.insert(id, stop_one.clone());
                tasks.spawn(self.clone().read_one(entry, stop_one));
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(self.poll) => {}
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    fn configured(&self) -> Vec<DropEntry> {
        match DeskConfig::load(&self.folder) {
            Ok(config) => config.drops,
            Err(error) => {
                tracing::warn!(%error, "the list of drops cannot be read");
                Vec::new()
            }
        }
    }

    async fn read_one(self, entry: DropEntry, stop: CancellationToken) {
        let client = DropClient::new(entry);
        let mut failing = false;
        while !stop.is_cancelled() {
            let (puller, one, quit) = (self.clone(), client.clone(), stop.clone());
            let round = tokio::task::spawn_blocking(move || puller.drain(&one, &quit)).await;
            match round {
                Ok(Ok(())) => failing = false,
                Ok(Err(error)) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "a drop cannot be read; the desk keeps trying");
                }
                Ok(Err(_)) => {}
                Err(error) => tracing::error!(%error, "reading a drop ended unexpectedly"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(self.poll) => {}
            }
        }
    }

    /// Reads a drop to the end of its log, then looks at what it says about it.
    pub(crate) fn drain(
        &self,
        client: &DropClient,
        stop: &CancellationToken,
    ) -> Result<(), PullError> {
        let url = client.url();
        while !stop.is_cancelled() {
            let from = self.positions.of(url);
            let stretch = match client.read_log(from) {
                Ok(stretch) => stretch,
                Err(error) => return self.explain(client, from, error),
            };
            if from == 0 {
                let begun = self.watch.begins(url, 0);
                begun.map_err(WatchError::from)?;
            }
            if !stretch.cells.is_empty() {
                let first = self.spool.append(&stretch.cells)?;
                self.watch.spooled(url, first, &stretch.cells);
                let now = clock::now().0;
                let took = self.watch.took(url, from, &stretch.cells, now);
                took.map_err(WatchError::from)?;
                self.positions
                    .advance(url, stretch.position.next)
                    .map_err(PullError::Position)?;
                self.arrived.notify_one();
            }
            if stretch.cells.is_empty() || stretch.position.next >= stretch.position.size {
                return self.look(client, stretch.position.next);
            }
        }
        Ok(())
    }

    /// Holds the drop's checkpoint against what it handed out, and tells it what is safe here, if it is to be told.
    fn look(&self, client: &DropClient, read: u64) -> Result<(), PullError> {
        let proven = self.watch.look(client, read, clock::now().0)?;
        match proven {
            Some(below) if client.confirms() && below > 0 => Ok(client.confirm(below.min(read))?),
            _ => Ok(()),
        }
    }

    /// A log that is shorter than before, or begins later, is noted with the drop before it counts as an error. That it
    /// began later when this desk first came is none: the next round reads on from there.
    fn explain(&self, client: &DropClient, from: u64, error: DropError) -> Result<(), PullError> {
        let (url, now) = (client.url(), clock::now().0);
        match &error {
            DropError::Shortened { .. } => {
                let noted = self.watch.shortened(url, from, now);
                noted.map_err(WatchError::from)?;
            }
            DropError::Gone { first, .. } => {
                let lost = self.watch.removed(client, from, *first, now)?;
                let moved = self.positions.advance(url, *first);
                moved.map_err(PullError::Position)?;
                if !lost {
                    return Ok(());
                }
            }
            _ => {}
        }
        Err(error.into())
    }
}

/// How far each drop has been read, on disk.
struct Positions {
    path: PathBuf,
    known: Mutex<BTreeMap<String, u64>>,
}

impl Positions {
    fn load(path: PathBuf) -> io::Result<Self> {
        let known = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(e) => return Err(e),
        };
        Ok(Self {
            path,
            known: Mutex::new(known),
        })
    }

    fn of(&self, url: &str) -> u64 {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(url).copied().unwrap_or(0)
    }

    fn advance(&self, url: &str, next: u64) -> io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(url.to_owned(), next);
        let bytes = serde_json::to_vec(&*known).map_err(io::Error::other)?;
        files::replace(&self.path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_and_damage_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("positions.json");
        let positions = Positions::load(path.clone()).unwrap();
        assert_eq!(positions.of("http://a"), 0);
        positions.advance("http://a", 7).unwrap();
        positions.advance("http://b", 9).unwrap();
        let again = Positions::load(path.clone()).unwrap();
        assert_eq!((again.of("http://a"), again.of("http://b")), (7, 9));
        fs::write(&path, b"{").unwrap();
        assert!(Positions::load(path).is_err());
    }
}
