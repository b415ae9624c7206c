//! Where counts wait for the desk to be unlocked, with how far each log was read: one small file, replaced as one, so that a
//! crash neither loses a stretch of a log nor counts it twice. It holds whole tens and nothing of any request.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use publish::reach::{Cell, LogName};
use rand_core::RngCore;
use serde::{Deserialize, Serialize};

use crate::config::DeskFolder;
use crate::files;

/// Logs whose end is remembered; servers keep far fewer.
const LOGS_MOST: usize = 2_000;

/// Counts that were read together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// Random; the record takes each in once.
    #[serde(with = "hex::serde")]
    pub(crate) id: [u8; 16],
    /// What was counted.
    pub(crate) counts: Vec<(Cell, u64)>,
}

/// What the file holds.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Logs by name, and how many bytes of each were read; those read last are last.
    read: Vec<(String, u64)>,
    /// What the desk has not taken in yet, oldest first.
    waiting: Vec<Batch>,
}

/// The desk's shelf.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    pub(crate) fn of(folder: &DeskFolder) -> Self {
        Self {
            folder: folder.reach(),
        }
    }

    /// Held by whoever reads logs: two at once would read the same stretch. None if somebody does.
    pub(crate) fn alone(&self) -> io::Result<Option<File>> {
        let file = self.lock_file("reading.lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// How many bytes of a log were read.
    pub(crate) fn read_of(&self, log: LogName) -> io::Result<u64> {
        let name = log.0.to_string();
        let kept = self.load()?;
        let known = kept.read.iter().find(|(known, _)| *known == name);
        Ok(known.map_or(0, |(_, bytes)| *bytes))
    }

    /// Puts counts down, and how far the logs are read with them.
    pub(crate) fn put(
        &self,
        read: &[(LogName, u64)],
        counts: Vec<(Cell, u64)>,
        rng: &mut impl RngCore,
    ) -> io::Result<()> {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        self.change(|kept| {
            for (log, bytes) in read {
                let name = log.0.to_string();
                kept.read.retain(|(known, _)| *known != name);
                kept.read.push((name, *bytes));
            }
            let old = kept.read.len().saturating_sub(LOGS_MOST);
            kept.read.drain(..old);
            if !counts.is_empty() {
                kept.waiting.push(Batch { id, counts });
            }
        })
    }

    /// What waits, oldest first.
    pub(crate) fn waiting(&self) -> io::Result<Vec<Batch>> {
        Ok(self.load()?.waiting)
    }

    /// A batch is in the record.
    pub(crate) fn taken(&self, id: [u8; 16]) -> io::Result<()> {
        self.change(|kept| kept.waiting.retain(|batch| batch.id != id))
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) -> io::Result<()> {
        let held = self.lock_file("state.lock")?;
        held.lock()?;
        let mut kept = self.load()?;
        change(&mut kept);
        files::replace(&self.state(), &serde_json::to_vec(&kept)?)
    }

    fn load(&self) -> io::Result<Kept> {
        match fs::read(self.state()) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
            Err(error) => Err(error),
        }
    }

    fn state(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    fn lock_file(&self, name: &str) -> io::Result<File> {
        files::private_folder(&self.folder)?;
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.folder.join(name))
    }
}
