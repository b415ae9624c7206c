//! Watching the drops: each one's own tree over the cells it handed out, its checkpoints, and what it did wrong.
//!
//! All of it lies in plain files beside the spool, for a locked desk pulls and watches too. Nothing here is secret from
//! whoever has the spool: hashes of noise, public checkpoints, and names for what a drop did. Once the desk is open, alarms
//! are entered in the audit chain, each once.

mod beginning;
mod noise;
mod own_tree;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod two_desks;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::{LogVerifier, SignedCheckpoint, sha256};
use newsroom::conduct::{self, Conduct, Judgement, OwnTree};
use serde::{Deserialize, Serialize};
use store::SpoolPosition;

use crate::drops::{DropClient, DropError};
use crate::files;
use noise::Noise;
use own_tree::{Taken, TreeFile};

/// Checkpoints that reporters brought and that cannot be judged yet; more are thrown away, oldest first.
const PENDING: usize = 64;
/// Alarms kept of one drop; the first ones say most.
const ALARMS: usize = 100;

/// Why watching failed this time. The drop is read all the same.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchError {
    #[error(transparent)]
    Drop(#[from] DropError),
    #[error("what is known of a drop cannot be read or written: {0}")]
    Files(#[from] io::Error),
}

/// One thing that a drop did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// What ([`Conduct::code`]).
    pub what: String,
    /// Cells of the log that it is about.
    pub cells: u64,
    /// When the desk noticed, microseconds since 1970 UTC.
    pub at: i64,
    /// Notes that prove it.
    pub notes: Vec<String>,
    /// It stands in the audit chain.
    pub logged: bool,
}

/// What is known of one drop, as it lies on the disk.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// The log's key, as it was first learnt or as the owner gave it.
    key: Option<String>,
    /// The newest checkpoint that the drop showed, once it was found fitting.
    last: Option<String>,
    /// When the drop was last looked at.
    looked_at: Option<i64>,
    /// How much of the log a fitting checkpoint names.
    proven: u64,
    /// Checkpoints that reporters brought and that are not judged yet.
    pending: Vec<String>,
    alarms: Vec<Alarm>,
    /// Where the log began when this desk first read it, once it has.
    #[serde(default)]
    began: Option<u64>,
}

/// One drop as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropView {
    /// Its address.
    pub url: String,
    /// The key of its log.
    pub log_key: Option<String>,
    /// Cells that it handed out.
    pub cells: u64,
    /// How many of them its checkpoints prove.
    pub proven: u64,
    /// When its newest checkpoint was signed, by its own clock, seconds since 1970 UTC.
    pub signed_at: Option<u64>,
    /// When it was last looked at, microseconds since 1970 UTC.
    pub looked_at: Option<i64>,
    /// Cells of it that no kit's key opened.
    pub noise: u64,
    /// Where its log began when this desk first read it: what lay before had been removed.
    pub began: u64,
    /// What it did wrong, oldest first.
    pub alarms: Vec<Alarm>,
}

struct One {
    path: PathBuf,
    known: Known,
    tree: TreeFile,
}

/// All drops that are watched.
pub(crate) struct Watch {
    folder: PathBuf,
    drops: Mutex<BTreeMap<String, Arc<Mutex<One>>>>,
    noise: Mutex<Noise>,
}

impl Watch {
    /// Watches from this folder, which is made when it is not there.
    pub(crate) fn new(folder: PathBuf) -> io::Result<Self> {
        files::private_folder(&folder)?;
        let noise = Noise::open(folder.join("noise.json"))?;
        Ok(Self {
            folder,
            drops: Mutex::new(BTreeMap::new()),
            noise: Mutex::new(noise),
        })
    }

    /// Cells of a drop were put into the spool from this place on.
    pub(crate) fn spooled(&self, url: &str, first: SpoolPosition, cells: &[u8]) {
        let count = (cells.len() / formats::CELL) as u64;
        let range = first.0..first.0 + count;
        unless_lost(lock(&self.noise).spooled(url, range));
    }

    /// Intake has looked at everything before `next`; these cells are nobody's.
    pub(crate) fn nobodys(&self, places: &[SpoolPosition], next: SpoolPosition) {
        unless_lost(lock(&self.noise).looked(places, next));
    }

    fn one(&self, url: &str) -> io::Result<Arc<Mutex<One>>> {
        let mut drops = lock(&self.drops);
        if let Some(one) = drops.get(url) {
            return Ok(Arc::clone(one));
        }
        let name = sha256(url.as_bytes()).to_string();
        let base = self.folder.join(name.get(..16).unwrap_or(&name));
        let path = base.with_extension("json");
        let known = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Known::default(),
            Err(error) => return Err(error),
        };
        let tree = TreeFile::open(&base.with_extension("tree"))?;
        let one = Arc::new(Mutex::new(One { path, known, tree }));
        drops.insert(url.to_owned(), Arc::clone(&one));
        Ok(one)
    }

    /// Cells that a drop handed out, before the position moves on.
    pub(crate) fn took(&self, url: &str, from: u64, cells: &[u8], now: i64) -> io::Result<()> {
        let one = self.one(url)?;
        let mut one = lock(&one);
        if let Taken::Changed(offset) = one.tree.take(from, cells)? {
            one.raise(Conduct::Rewritten, offset, now, Vec::new())?;
        }
        Ok(())
    }

    /// The log is shorter than what was read of it.
    pub(crate) fn shortened(&self, url: &str, read: u64, now: i64) -> io::Result<()> {
        let one = self.one(url)?;
        lock(&one).raise(Conduct::RolledBack, read, now, Vec::new())
    }

    /// Looks at a drop whose log was just read to its end at `read`: key, checkpoint, tree, and what waits to be judged.
    /// Answers how many cells are safe and proven, if nothing is wrong with the drop.
    pub(crate) fn look(
        &self,
        client: &DropClient,
        read: u64,
        now: i64,
    ) -> Result<Option<u64>, WatchError> {
        let one = self.one(client.url())?;
        let key = lock(&one).learn_key(client)?;
        let Some(key) = key else {
            return Ok(None);
        };
        let note = client.fetch_checkpoint()?;
        let mut one = lock(&one);
        one.catch_up(client, &key, &note, read)?;
        one.known.looked_at = Some(now);
        one.judge_shown(&key, &note, read, now)?;
        one.judge_pending(&key, now)?;
        one.save()?;
        let fine = one.known.alarms.iter().all(Alarm::blames_no_drop);
        Ok(fine.then_some(one.known.proven))
    }

    /// A checkpoint that a reporter brought.
    pub(crate) fn brought(&self, url: &str, note: &str, now: i64) -> io::Result<()> {
        let one = self.one(url)?;
        let mut one = lock(&one);
        if !one.known.pending.iter().any(|known| known == note) {
            one.known.pending.push(note.to_owned());
            let over = one.known.pending.len().saturating_sub(PENDING);
            one.known.pending.drain(..over);
        }
        if let Some(key) = one.key() {
            one.judge_pending(&key, now)?;
        }
        one.save()
    }

    /// A drop as the page shows it.
    pub(crate) fn view(&self, url: &str) -> io::Result<DropView> {
        let one = self.one(url)?;
        let one = lock(&one);
        Ok(DropView {
            url: url.to_owned(),
            log_key: one.known.key.clone(),
            cells: one.tree.size(),
            proven: one.known.proven,
            signed_at: one.last().map(|last| last.clock()),
            looked_at: one.known.looked_at,
            noise: lock(&self.noise).of(url),
            began: one.known.began.unwrap_or(0),
            alarms: one.known.alarms.clone(),
        })
    }

    /// Alarms of a drop that do not stand in the audit chain yet.
    pub(crate) fn unlogged(&self, url: &str) -> io::Result<Vec<Alarm>> {
        let one = self.one(url)?;
        let alarms = lock(&one).known.alarms.clone();
        Ok(alarms.into_iter().filter(|alarm| !alarm.logged).collect())
    }

    /// They stand there now.
    pub(crate) fn logged(&self, url: &str, alarms: &[Alarm]) -> io::Result<()> {
        let one = self.one(url)?;
        let mut one = lock(&one);
        for alarm in &mut one.known.alarms {
            alarm.logged |= alarms
                .iter()
                .any(|done| done.same(&alarm.what, alarm.cells));
        }
        one.save()
    }
}

impl Alarm {
    fn same(&self, what: &str, cells: u64) -> bool {
        self.what == what && self.cells == cells
    }

    /// What only a reporter's device says is no reason to keep a drop from making room.
    fn blames_no_drop(&self) -> bool {
        matches!(
            Conduct::from_code(&self.what),
            Some(Conduct::Unproven | Conduct::Stale)
        )
    }
}

impl One {
    fn key(&self) -> Option<LogVerifier> {
        self.known.key.as_ref()?.parse().ok()
    }

    /// The key that the owner gave, or the one that was learnt first, or else the one that the drop names now.
    fn learn_key(&mut self, client: &DropClient) -> Result<Option<LogVerifier>, WatchError> {
        match (client.log_key(), &self.known.key) {
            (Some(given), known) => {
                if known.as_deref() != Some(given) {
                    self.known.key = Some(given.to_owned());
                    self.known.last = None;
                    self.save()?;
                }
            }
            (None, Some(_)) => {}
            (None, None) => {
                self.known.key = Some(client.fetch_log_key()?.to_string());
                self.save()?;
            }
        }
        Ok(self.key())
    }

    fn last(&self) -> Option<SignedCheckpoint> {
        let last = self.known.last.as_ref()?;
        self.key()?.open(last.as_bytes()).ok()
    }

    fn judge_shown(
        &mut self,
        key: &LogVerifier,
        note: &[u8],
        read: u64,
        now: i64,
    ) -> io::Result<()> {
        let seconds = u64::try_from(now / 1_000_000).unwrap_or(0);
        let last = self.last();
        let text = String::from_utf8_lossy(note).into_owned();
        match conduct::shown_to_desk(key, last.as_ref(), note, seconds, &self.tree) {
            Judgement::Fits => {
                self.known.proven = key.open(note).map_or(0, |seen| seen.size());
                self.known.last = Some(text);
                Ok(())
            }
            Judgement::Ahead => {
                let named = key.open(note).map_or(0, |seen| seen.size());
                // The log was read to its end after all: what lies between is kept from us. A checkpoint signed in the
                // moment in between is judged at the next look.
                if named > read && self.known.last.as_deref() == Some(text.as_str()) {
                    return self.raise(Conduct::Withheld, named, now, vec![text]);
                }
                self.known.last = Some(text);
                Ok(())
            }
            Judgement::Wrong(what, cells) => {
                let before = self.known.last.iter().cloned();
                let notes = before.chain([text]).collect();
                self.raise(what, cells, now, notes)
            }
        }
    }

    fn judge_pending(&mut self, key: &LogVerifier, now: i64) -> io::Result<()> {
        let latest = self.last();
        for note in std::mem::take(&mut self.known.pending) {
            match conduct::shown_to_reporter(key, latest.as_ref(), note.as_bytes(), &self.tree) {
                Judgement::Fits => {}
                Judgement::Ahead => self.known.pending.push(note),
                Judgement::Wrong(what, cells) => {
                    let ours = self.known.last.iter().cloned();
                    let notes = ours.chain([note]).collect();
                    self.raise(what, cells, now, notes)?;
                }
            }
        }
        Ok(())
    }

    /// Notes what the drop did, once, and says so in the log.
    fn raise(&mut self, what: Conduct, cells: u64, now: i64, notes: Vec<String>) -> io::Result<()> {
        let code = what.code();
        let known = self
            .known
            .alarms
            .iter()
            .any(|alarm| alarm.same(code, cells));
        // A drop that stays stale is one alarm, not one a day.
        let known = known
            || (what == Conduct::Stale
                && self
                    .known
                    .alarms
                    .last()
                    .is_some_and(|alarm| alarm.what == code));
        if known || self.known.alarms.len() >= ALARMS {
            return Ok(());
        }
        tracing::error!(
            what = code,
            cells,
            "a drop misbehaves: see the page of drops"
        );
        self.known.alarms.push(Alarm {
            what: code.to_owned(),
            cells,
            at: now,
            notes,
            logged: false,
        });
        self.save()
    }

    fn save(&self) -> io::Result<()> {
        let bytes = serde_json::to_vec(&self.known).map_err(io::Error::other)?;
        files::replace(&self.path, &bytes)
    }
}

/// Counting noise is a sign for people. That it cannot be written down is said, and stops no cell.
fn unless_lost(written: io::Result<()>) {
    if let Err(error) = written {
        tracing::warn!(%error, "which drop noise came from cannot be written down");
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
