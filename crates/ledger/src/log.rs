//! An append-only log in the tlog-tiles layout. The checkpoint is the only thing that counts: what
//! lies beside it without being covered by it never happened.

mod bundle;
pub(crate) mod tiles;

use std::io;
use std::ops::Range;

use thiserror::Error;
use tlog_tiles::tile::{Tile, TileHashReader};
use tlog_tiles::tlog::{self, Hash, HashReader};

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::digest::Digest;
use crate::key::{LogSigner, LogVerifier};
use crate::storage::Storage;
use crate::tree::{self, ConsistencyProof, EMPTY_ROOT, InclusionProof};
use crate::{MAX_ENTRY, MAX_SIZE};
use tiles::{Growing, HEIGHT, Stored, WIDTH};

/// The file that holds the signed checkpoint.
const CHECKPOINT: &str = "checkpoint";

/// Why a log cannot be opened, read or extended.
#[derive(Debug, Error)]
pub enum LogError {
    /// There is no log here.
    #[error("there is no log here; it has to be created first")]
    Absent,
    /// Creating would overwrite something; a second log under the same name would be a fork.
    #[error(
        "a log, or part of one, is here already ({found}); restore its checkpoint instead of creating a new log"
    )]
    Exists {
        /// A file that was found.
        found: String,
    },
    /// The stored checkpoint is not this log's.
    #[error("the stored checkpoint cannot be accepted")]
    Checkpoint(#[source] CheckpointError),
    /// The new checkpoint cannot be made.
    #[error("the checkpoint cannot be signed")]
    Signing(#[source] CheckpointError),
    /// The signer belongs to another log.
    #[error("this signer does not belong to the log")]
    ForeignSigner,
    /// A file of the log is gone.
    #[error("the log's file {name} is missing")]
    Missing {
        /// The file.
        name: String,
    },
    /// A file of the log has the wrong shape.
    #[error("the log's file {name} is damaged")]
    Damaged {
        /// The file.
        name: String,
    },
    /// The stored tiles do not hash to the signed root.
    #[error("the log's files do not fit its signed checkpoint")]
    Tampered,
    /// There is no such entry.
    #[error("the log has no entry {0}")]
    NoEntry(u64),
    /// An entry is too long for a bundle.
    #[error("an entry of {0} bytes is too long")]
    EntryTooLong(usize),
    /// The log would grow past what this software handles.
    #[error("the log is full")]
    Full,
    /// An earlier append failed half-way; only opening the log again shows which side it fell.
    #[error("an earlier write failed; open the log again")]
    Reopen,
    /// The medium failed.
    #[error("cannot read or write the log's file {name}")]
    Storage {
        /// The file.
        name: String,
        /// What the medium reported.
        source: io::Error,
    },
}

/// An append-only log over a [`Storage`].
#[derive(Debug)]
pub struct Log<S: Storage> {
    storage: S,
    verifier: LogVerifier,
    head: SignedCheckpoint,
    uncertain: bool,
}

impl<S: Storage> Log<S> {
    /// Starts a log: an empty tree, signed. Refused where anything lies already, since a second
    /// beginning under the same name would be a fork.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn create(storage: S, signer: &LogSigner, clock: u64) -> Result<Self, LogError> {
        let present = storage.list().map_err(at("."))?;
        if let Some(found) = present.into_iter().next() {
            return Err(LogError::Exists { found });
        }
        let head = signer
            .sign_checkpoint(0, EMPTY_ROOT, clock)
            .map_err(LogError::Signing)?;
        storage
            .write(CHECKPOINT, head.note().as_bytes())
            .map_err(at(CHECKPOINT))?;
        Ok(Self {
            storage,
            verifier: signer.verifier(),
            head,
            uncertain: false,
        })
    }

    /// Opens a log and checks that its tiles fit its signed checkpoint.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn open(storage: S, verifier: &LogVerifier) -> Result<Self, LogError> {
        let note = storage
            .read(CHECKPOINT)
            .map_err(at(CHECKPOINT))?
            .ok_or(LogError::Absent)?;
        let head = verifier.open(&note).map_err(LogError::Checkpoint)?;
        let log = Self {
            storage,
            verifier: verifier.clone(),
            head,
            uncertain: false,
        };
        match log.size().checked_sub(1) {
            Some(last) => {
                log.inclusion(last)?;
            }
            None if log.head.root() == EMPTY_ROOT => {}
            None => return Err(LogError::Tampered),
        }
        Ok(log)
    }

    /// Opens the log, or starts it where nothing lies yet.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn open_or_create(storage: S, signer: &LogSigner, clock: u64) -> Result<Self, LogError> {
        let present = storage.read(CHECKPOINT).map_err(at(CHECKPOINT))?;
        if present.is_some() {
            Self::open(storage, &signer.verifier())
        } else {
            Self::create(storage, signer, clock)
        }
    }

    /// The newest signed checkpoint.
    #[must_use]
    pub const fn head(&self) -> &SignedCheckpoint {
        &self.head
    }

    /// How many entries the log has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.head.size()
    }

    /// The key under which the log signs.
    #[must_use]
    pub const fn verifier(&self) -> &LogVerifier {
        &self.verifier
    }

    /// Appends entries and signs the new head; returns the places they got.
    ///
    /// Everything is written and synced before the checkpoint takes its place, so a crash leaves
    /// the old log or the new one. After an error the log wants opening again. The stated time
    /// never goes back: a clock that does is answered with the last time stated.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn append(
        &mut self,
        signer: &LogSigner,
        entries: &[Vec<u8>],
        clock: u64,
    ) -> Result<Range<u64>, LogError> {
        let grown = self.check_append(signer, entries)?;
        if entries.is_empty() {
            return Ok(grown);
        }
        self.uncertain = true;
        self.write_bundles(entries)?;
        let root = self.write_tiles(entries, grown.end)?;
        let head = signer
            .sign_checkpoint(grown.end, root, clock.max(self.head.clock()))
            .map_err(LogError::Signing)?;
        self.storage
            .write(CHECKPOINT, head.note().as_bytes())
            .map_err(at(CHECKPOINT))?;
        self.head = head;
        self.uncertain = false;
        Ok(grown)
    }

    fn check_append(
        &self,
        signer: &LogSigner,
        entries: &[Vec<u8>],
    ) -> Result<Range<u64>, LogError> {
        if self.uncertain {
            return Err(LogError::Reopen);
        }
        if signer.verifier() != self.verifier {
            return Err(LogError::ForeignSigner);
        }
        if let Some(long) = entries.iter().find(|entry| entry.len() > MAX_ENTRY) {
            return Err(LogError::EntryTooLong(long.len()));
        }
        let end = self.size().saturating_add(entries.len() as u64);
        if end > MAX_SIZE {
            return Err(LogError::Full);
        }
        Ok(self.size()..end)
    }

    fn write_bundles(&self, entries: &[Vec<u8>]) -> Result<(), LogError> {
        let mut number = self.size() / WIDTH;
        let mut width = self.size() % WIDTH;
        let mut bytes = if width == 0 {
            Vec::new()
        } else {
            self.bundle(number)?
        };
        for (place, entry) in entries.iter().enumerate() {
            bundle::push(&mut bytes, entry);
            width += 1;
            if width == WIDTH || place + 1 == entries.len() {
                let name = tiles::bundle_name(number, width);
                self.storage.write(&name, &bytes).map_err(at(&name))?;
                number += 1;
                width = 0;
                bytes.clear();
            }
        }
        Ok(())
    }

    fn write_tiles(&self, entries: &[Vec<u8>], end: u64) -> Result<Digest, LogError> {
        let stored = Stored::new(&self.storage);
        let mut growing = Growing::new(self.size(), Hash(self.head.root().0), &stored);
        for (index, entry) in (self.size()..).zip(entries) {
            let hashes =
                tlog::stored_hashes(index, entry, &growing).map_err(|_| stored.explain())?;
            growing.add(index, hashes);
        }
        for tile in Tile::new_tiles(HEIGHT, self.size(), end) {
            let bytes = tile.read_data(&growing).map_err(|_| stored.explain())?;
            let name = tiles::name(&tile);
            self.storage.write(&name, &bytes).map_err(at(&name))?;
        }
        let root = tlog::tree_hash(end, &growing).map_err(|_| stored.explain())?;
        Ok(Digest(root.0))
    }

    /// The bytes of the widest committed form of a bundle, checked against the tree.
    fn bundle(&self, number: u64) -> Result<Vec<u8>, LogError> {
        let width = (self.size() - number * WIDTH).min(WIDTH);
        let name = tiles::bundle_name(number, width);
        let bytes = self
            .storage
            .read(&name)
            .map_err(at(&name))?
            .ok_or_else(|| LogError::Missing { name: name.clone() })?;
        let count = usize::try_from(width).unwrap_or(usize::MAX);
        let entries = bundle::split(&bytes, count).ok_or(LogError::Damaged { name })?;
        let indexes: Vec<u64> = (number * WIDTH..number * WIDTH + width)
            .map(|index| tlog::stored_hash_index(0, index))
            .collect();
        let stored = Stored::new(&self.storage);
        let hashes = self
            .reader(&stored)
            .read_hashes(&indexes)
            .map_err(|_| stored.explain())?;
        let fits = entries
            .iter()
            .zip(&hashes)
            .all(|(entry, hash)| tlog::record_hash(entry) == *hash);
        if fits {
            Ok(bytes)
        } else {
            Err(LogError::Tampered)
        }
    }

    fn reader<'a>(&self, stored: &'a Stored<'_, S>) -> TileHashReader<'a> {
        TileHashReader::new(self.size(), Hash(self.head.root().0), stored)
    }

    /// The entry at `index`, checked against the tree.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, LogError> {
        if index >= self.size() {
            return Err(LogError::NoEntry(index));
        }
        let number = index / WIDTH;
        let bytes = self.bundle(number)?;
        let width = (self.size() - number * WIDTH).min(WIDTH);
        let place = usize::try_from(index % WIDTH).unwrap_or(usize::MAX);
        bundle::split(&bytes, usize::try_from(width).unwrap_or(usize::MAX))
            .and_then(|entries| entries.get(place).map(|entry| entry.to_vec()))
            .ok_or(LogError::NoEntry(index))
    }

    /// Where each of `entries` stands first, so that one that was logged before a crash is not logged twice.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn find(&self, entries: &[Vec<u8>]) -> Result<Vec<Option<u64>>, LogError> {
        let mut found = vec![None; entries.len()];
        for number in 0..self.size().div_ceil(WIDTH) {
            let bytes = self.bundle(number)?;
            let width = (self.size() - number * WIDTH).min(WIDTH);
            let held = bundle::split(&bytes, usize::try_from(width).unwrap_or(usize::MAX));
            for (index, held) in (number * WIDTH..).zip(held.unwrap_or_default()) {
                for (slot, entry) in found.iter_mut().zip(entries) {
                    if slot.is_none() && entry.as_slice() == held {
                        *slot = Some(index);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Proves that the entry at `index` is in the log as its head says.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn inclusion(&self, index: u64) -> Result<InclusionProof, LogError> {
        if index >= self.size() {
            return Err(LogError::NoEntry(index));
        }
        let stored = Stored::new(&self.storage);
        let hashes = tlog::prove_record(self.size(), index, &self.reader(&stored));
        // Even a proof without hashes (a tree of one entry) must stand on the stored tiles.
        let leaf = self.leaf(index, &stored)?;
        let proof = InclusionProof {
            index,
            size: self.size(),
            path: tree::digests(hashes.map_err(|_| stored.explain())?),
        };
        proof
            .check(&leaf, &self.head.root())
            .map_err(|_| LogError::Tampered)?;
        Ok(proof)
    }

    fn leaf(&self, index: u64, stored: &Stored<'_, S>) -> Result<Digest, LogError> {
        self.reader(stored)
            .read_hashes(&[tlog::stored_hash_index(0, index)])
            .map_err(|_| stored.explain())?
            .first()
            .map(|hash| Digest(hash.0))
            .ok_or(LogError::Tampered)
    }

    /// Proves that the log still begins with the first `old_size` entries it once had.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn consistency(&self, old_size: u64) -> Result<ConsistencyProof, LogError> {
        if old_size > self.size() {
            return Err(LogError::NoEntry(old_size));
        }
        let path = if old_size == 0 {
            Vec::new()
        } else {
            let stored = Stored::new(&self.storage);
            let hashes = tlog::prove_tree(self.size(), old_size, &self.reader(&stored));
            tree::digests(hashes.map_err(|_| stored.explain())?)
        };
        Ok(ConsistencyProof {
            old_size,
            size: self.size(),
            path,
        })
    }

    /// All files that strangers need to follow the log, in order: the checkpoint, the tiles and
    /// bundles of this head, and the partial ones of earlier heads whose full form is not there yet.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn public_files(&self) -> Result<Vec<(String, Vec<u8>)>, LogError> {
        let mut files = vec![(CHECKPOINT.to_owned(), self.head.note().as_bytes().to_vec())];
        for name in self.storage.list().map_err(at("."))? {
            let Some(tile) = tiles::parse(&name) else {
                continue;
            };
            if let Some(bytes) = self.committed(&name, &tile)? {
                files.push((name, bytes));
            }
        }
        files.sort();
        Ok(files)
    }

    /// The file's bytes when the head covers them; nothing for what a crash left behind.
    fn committed(&self, name: &str, tile: &Tile) -> Result<Option<Vec<u8>>, LogError> {
        let Some(held) = tile
            .parent(0, self.size())
            .filter(|held| held.width() >= tile.width())
        else {
            return Ok(None);
        };
        let superseded = held.width() > tile.width() && u64::from(held.width()) == WIDTH;
        if superseded {
            return Ok(None);
        }
        let bytes = self
            .storage
            .read(name)
            .map_err(at(name))?
            .unwrap_or_default();
        let whole = if tile.is_data() {
            self.bundle(tile.level_index())?
        } else {
            let stored = Stored::new(&self.storage);
            held.read_data(&self.reader(&stored))
                .map_err(|_| stored.explain())?
        };
        let same = whole.starts_with(&bytes)
            && (held.width() > tile.width() || whole.len() == bytes.len());
        Ok(same.then_some(bytes))
    }
}

fn at(name: &str) -> impl FnOnce(io::Error) -> LogError + '_ {
    move |source| LogError::Storage {
        name: name.to_owned(),
        source,
    }
}
