//! The tree over the log's cells, and the checkpoints that say at fixed ticks what the log was.
//!
//! Nothing of it lies in the way of an upload: at each tick the hashes of the cells that came since the last one are taken
//! from their records, appended here and synced, and only then a checkpoint over them is signed. What a checkpoint has
//! named stays provable for good, even after its packs are gone.

use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hmac::{Hmac, Mac};
use ledger::stored::{self, StoredHashes};
use ledger::{Digest, EMPTY_ROOT, LogSigner, SignedCheckpoint, leaf_hash};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::disk::{Disk, DiskFile, join, read_whole, replace};
use crate::limits::Limits;
use crate::pack::Log;

const DIR: &str = "tree";
const HASHES: &str = "hashes";
const CHECKPOINT: &str = "checkpoint";
const HASH: u64 = 32;
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// Leaves taken from the log at a time.
const STEP: u64 = 4_096;

/// The tree and its newest checkpoint.
pub(crate) struct Tree {
    disk: Arc<dyn Disk>,
    signer: LogSigner,
    file: Arc<dyn DiskFile>,
    head: RwLock<Arc<SignedCheckpoint>>,
    tick: Mutex<Tick>,
    micros: i64,
    round: u64,
}

/// Which tick was signed last; one thread at a time signs.
struct Tick {
    last: i64,
}

impl Tree {
    /// Opens the tree, or begins one. What lies beside the signed checkpoint never happened.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        secret: &Zeroizing<[u8; 32]>,
        limits: &Limits,
        now: i64,
    ) -> io::Result<Self> {
        disk.make_dir(DIR)?;
        disk.sync_dir("")?;
        let signer = signer(secret)?;
        let micros = limits.checkpoint_micros.max(1_000_000);
        let number = now.div_euclid(micros);
        let head = match read_whole(disk.as_ref(), &join(DIR, CHECKPOINT))? {
            Some(note) => signer.verifier().open(&note).map_err(|_| {
                corrupt(
                    "the checkpoint is not signed by this drop's key: the folder mixes two drops",
                )
            })?,
            None => {
                let head = sign(&signer, 0, EMPTY_ROOT, seconds(number, micros))?;
                let note = head.note().as_bytes().to_vec();
                replace(disk.as_ref(), DIR, CHECKPOINT, &[&note])?;
                head
            }
        };
        let file = match disk.open(&join(DIR, HASHES)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = disk.create(&join(DIR, HASHES))?;
                file.sync()?;
                file
            }
            Err(error) => return Err(error),
        };
        // Names that a killed process left behind count only once they are on the disk.
        disk.sync_dir(DIR)?;
        let signed = i64::try_from(head.clock()).unwrap_or(i64::MAX);
        let last = signed.saturating_mul(1_000_000).div_euclid(micros);
        Ok(Self {
            disk,
            signer,
            file,
            head: RwLock::new(Arc::new(head)),
            // After a clock that stood in the future the ticks go on from the present one.
            tick: Mutex::new(Tick {
                last: last.min(number),
            }),
            micros,
            round: limits.checkpoint_round.max(1),
        })
    }

    /// Holds the hashes against the signed root, and makes them anew from the log where they do not fit.
    pub(crate) fn mend(&self, log: &Log) -> io::Result<()> {
        let head = self.head();
        let bytes = stored::stored_hashes(head.size()) * HASH;
        if self.file.length()? > bytes {
            self.file.truncate(bytes)?;
        }
        if self.fits(&head) {
            return Ok(());
        }
        if log.first() > 0 {
            return Err(corrupt(
                "the tree's hashes are damaged, and the cells that could mend them were removed",
            ));
        }
        self.file.truncate(0)?;
        self.append(log, 0, head.size())?;
        self.file.sync()?;
        if self.fits(&head) {
            tracing::warn!("the tree's hashes were damaged and are made anew from the log");
            return Ok(());
        }
        Err(corrupt(
            "the log is not the one that the last checkpoint signed: cells were changed",
        ))
    }

    fn fits(&self, head: &SignedCheckpoint) -> bool {
        let whole = self.file.length().ok() == Some(stored::stored_hashes(head.size()) * HASH);
        whole && stored::root(head.size(), self).ok() == Some(head.root())
    }

    /// The newest checkpoint.
    pub(crate) fn head(&self) -> Arc<SignedCheckpoint> {
        Arc::clone(&self.head.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key that checkpoints are signed with, as text.
    pub(crate) fn key(&self) -> String {
        self.signer.verifier().to_string()
    }

    /// Microseconds from `now` to the next tick.
    pub(crate) fn until_next(&self, now: i64) -> i64 {
        self.micros - now.rem_euclid(self.micros)
    }

    /// Signs what the log is at this tick, if that was not done yet; says whether it was done now.
    pub(crate) fn tick(&self, log: &Log, now: i64) -> io::Result<bool> {
        let mut tick = self.tick.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.div_euclid(self.micros);
        if number == tick.last {
            return Ok(false);
        }
        let head = self.head();
        let day = |number: i64| number.saturating_mul(self.micros).div_euclid(DAY_MICROS);
        let all = log.size();
        // Rounded, so that watching the checkpoint does not tell a single report's hour; once a day all is named.
        let size = if day(number) == day(tick.last) {
            head.size().max(all - all % self.round)
        } else {
            all
        };
        let held = stored::stored_hashes(head.size()) * HASH;
        if self.file.length()? > held {
            self.file.truncate(held)?;
        }
        self.append(log, head.size(), size)?;
        self.file.sync()?;
        let root = if size == 0 {
            EMPTY_ROOT
        } else {
            stored::root(size, self)?
        };
        let clock = seconds(number, self.micros).max(head.clock());
        let next = sign(&self.signer, size, root, clock)?;
        let note = next.note().as_bytes().to_vec();
        replace(self.disk.as_ref(), DIR, CHECKPOINT, &[&note])?;
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        tick.last = number;
        Ok(true)
    }

    /// A tile of the tree of the newest checkpoint, by its C2SP name.
    pub(crate) fn tile(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        stored::tile(name, self.head().size(), self)
    }

    /// Appends the hashes that the cells from `from` to `to` bring, unsynced.
    fn append(&self, log: &Log, from: u64, to: u64) -> io::Result<()> {
        let mut at = from;
        while at < to {
            let end = to.min(at + STEP);
            let leaves: Vec<Digest> = log
                .hashes(at..end)?
                .iter()
                .map(|hash| leaf_hash(hash.as_bytes()))
                .collect();
            let added = stored::grow(at, &leaves, self)?;
            let bytes: Vec<u8> = added.iter().flat_map(|hash| hash.0).collect();
            self.file.append(&[&bytes])?;
            at = end;
        }
        Ok(())
    }
}

impl StoredHashes for Tree {
    fn at(&self, place: u64) -> io::Result<Digest> {
        let mut hash = [0; 32];
        self.file.read_at(place * HASH, &mut hash)?;
        Ok(Digest(hash))
    }
}

/// The log's key comes from the drop's secret, so that a folder has one thing to lose and one to keep.
fn signer(secret: &Zeroizing<[u8; 32]>) -> io::Result<LogSigner> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_slice()).map_err(io::Error::other)?;
    let seed: [u8; 32] = mac
        .chain_update(b"fh-drop/log-key/1")
        .finalize()
        .into_bytes()
        .into();
    LogSigner::named_by_key("drop", &Zeroizing::new(seed)).map_err(io::Error::other)
}

fn sign(signer: &LogSigner, size: u64, root: Digest, clock: u64) -> io::Result<SignedCheckpoint> {
    signer
        .sign_checkpoint(size, root, clock)
        .map_err(io::Error::other)
}

/// When a tick began. Never the time of anything that happened.
fn seconds(number: i64, micros: i64) -> u64 {
    let at = number.saturating_mul(micros) / 1_000_000;
    u64::try_from(at).unwrap_or(0)
}

fn corrupt(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
