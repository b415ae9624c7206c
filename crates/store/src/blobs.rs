//! Blobs: evidence as sealed, immutable files. What is written here is ciphertext from the first byte.
//!
//! A blob is a standard age file to the newsroom's archive recipient (or to its intake recipient, for a piece kept as
//! it came). It is written under a temporary name, synced, renamed, its folder synced: a name that can be seen is a
//! whole file. A crash leaves temporary files at most, and those are swept on opening. See `docs/formats/blob.md`.

use crate::disk::{Disk, DiskFile, RealDisk};
use crate::open::Entropy;
use crate::spool::sync_parent;
use keys::{ArchiveRecipient, SealError, StreamWriter};
use ledger::{Digest, Sha256Writer};
use newsroom::{BlobId, Micros};
use openers::{ArchiveIdentity, OpenError, StreamReader};
use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

const TEMPORARY: &str = "tmp";
/// Where blobs lie that no record named when somebody looked.
const ASIDE: &str = "orphans";

/// Why the blob store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The disk failed.
    #[error("the blob store failed to {doing}: {source}")]
    Io {
        /// What it was doing.
        doing: &'static str,
        /// The disk's failure.
        source: io::Error,
    },
    /// What should be stored could not be read.
    #[error("reading what should be stored failed: {0}")]
    Source(io::Error),
    /// Sealing failed.
    #[error("a blob could not be sealed: {0}")]
    Seal(#[from] SealError),
    /// There is no such blob.
    #[error("there is no blob {0}")]
    Missing(BlobId),
    /// The blob does not open: damaged, or sealed to another archive.
    #[error("blob {id} does not open: {source}")]
    Open {
        /// Which.
        id: BlobId,
        /// Why.
        source: OpenError,
    },
}

/// What was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Under which id.
    pub id: BlobId,
    /// SHA-256 of what went in: of the plaintext when it was sealed here.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
}

/// The newsroom's sealed files. Cloning is cheap; all clones are one store.
pub struct BlobStore<D: Disk = RealDisk> {
    inner: Arc<Inner<D>>,
}

struct Inner<D> {
    root: PathBuf,
    disk: D,
    entropy: Mutex<Box<dyn Entropy>>,
}

impl<D: Disk> Clone for BlobStore<D> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<D: Disk> fmt::Debug for BlobStore<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobStore({:?})", self.inner.root)
    }
}

impl BlobStore<RealDisk> {
    /// Opens the store in a folder, which is created when its parent exists, and sweeps temporary files.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn open(root: &Path, entropy: impl Entropy + 'static) -> Result<Self, BlobError> {
        let create = |source| BlobError::Io {
            doing: "create its folder",
            source,
        };
        if RealDisk.create_dir(root).map_err(create)? {
            sync_parent(&RealDisk, root).map_err(create)?;
        }
        Self::on(RealDisk, root, entropy)
    }
}

impl BlobStore<RealDisk> {
    /// Blobs that were last written before a moment, by the time on their files.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn written_before(&self, before: Micros) -> Result<Vec<BlobId>, BlobError> {
        let list = || -> io::Result<Vec<BlobId>> {
            let mut old = Vec::new();
            for folder in std::fs::read_dir(&self.inner.root)? {
                let folder = folder?;
                let name = folder.file_name();
                if name == TEMPORARY || name == ASIDE || !folder.file_type()?.is_dir() {
                    continue;
                }
                for file in std::fs::read_dir(folder.path())? {
                    let file = file?;
                    let written = file.metadata()?.modified()?;
                    let written = written.duration_since(UNIX_EPOCH).unwrap_or_default();
                    let name = file.file_name();
                    let id = name.to_str().and_then(|name| name.strip_suffix(".age"));
                    let is_old = written.as_micros() < u128::try_from(before.0).unwrap_or(0);
                    let id: Option<BlobId> = id.and_then(|id| id.parse().ok());
                    old.extend(id.filter(|_| is_old));
                }
            }
            Ok(old)
        };
        list().map_err(io_error("list blobs"))
    }
}

impl<D: Disk> BlobStore<D> {
    /// The store in the existing folder of another disk: for tests.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn on(disk: D, root: &Path, entropy: impl Entropy + 'static) -> Result<Self, BlobError> {
        let inner = Inner {
            root: root.to_owned(),
            disk,
            entropy: Mutex::new(Box::new(entropy)),
        };
        let store = Self {
            inner: Arc::new(inner),
        };
        store.make_dir(&store.temporary())?;
        for path in store
            .disk()
            .files(&store.temporary())
            .map_err(io_error("list temporary files"))?
        {
            store
                .disk()
                .remove(&path)
                .map_err(io_error("sweep a temporary file"))?;
        }
        Ok(store)
    }

    /// Seals everything a reader gives into a new blob, streaming.
    ///
    /// # Errors
    /// [`BlobError`]; after an error nothing is stored.
    pub fn put(&self, to: &ArchiveRecipient, mut source: impl Read) -> Result<Stored, BlobError> {
        let mut writer = self.writer(to)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return writer.finish(),
                Ok(n) => writer
                    .write_all(&buffer[..n])
                    .map_err(io_error("write a blob"))?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(BlobError::Source(error)),
            }
        }
    }

    /// Begins a new blob; nothing is stored before [`BlobWriter::finish`].
    ///
    /// # Errors
    /// [`BlobError`].
    pub fn writer(&self, to: &ArchiveRecipient) -> Result<BlobWriter<D>, BlobError> {
        let stream = to.seal_writer(self.temporary_file()?)?;
        Ok(BlobWriter {
            stream,
            seen: Sha256Writer::new(),
        })
    }

    /// Keeps bytes that are an age file already: a piece as it came.
    ///
    /// # Errors
    /// [`BlobError`]; after an error nothing is stored.
    pub fn put_sealed(&self, age_file: &[u8]) -> Result<Stored, BlobError> {
        let id = self.write_sealed(age_file)?.0.settle()?;
        Ok(Stored {
            id,
            sha256: ledger::sha256(age_file),
            bytes: age_file.len() as u64,
        })
    }

    /// Writes bytes that are an age file already. They are not stored before [`Self::keep_all`] has returned: who has many
    /// pieces does not wait for the disk after each.
    ///
    /// # Errors
    /// [`BlobError`]; after an error nothing is left.
    pub fn write_sealed(&self, age_file: &[u8]) -> Result<Written<D>, BlobError> {
        let mut file = self.temporary_file()?;
        file.write_all(age_file).map_err(io_error("write a blob"))?;
        Ok(Written(file))
    }

    /// Makes what was written durable; gives the ids in the same order.
    ///
    /// # Errors
    /// [`BlobError`]; some of it may be stored then, under names that nobody knows.
    pub fn keep_all(
        &self,
        written: impl IntoIterator<Item = Written<D>>,
    ) -> Result<Vec<BlobId>, BlobError> {
        let files: Vec<TemporaryFile<D>> = written.into_iter().map(|Written(file)| file).collect();
        for file in &files {
            file.sync()?;
        }
        let mut ids = Vec::with_capacity(files.len());
        let mut folders = BTreeSet::new();
        for file in files {
            ids.push(file.id);
            folders.insert(file.name()?);
        }
        for folder in folders {
            self.keep_names(&folder)?;
        }
        Ok(ids)
    }

    fn keep_names(&self, folder: &Path) -> Result<(), BlobError> {
        self.disk()
            .sync_dir(folder)
            .map_err(io_error("keep a blob's name"))
    }

    /// The sealed bytes of a blob, as they lie there; those of one that was set aside, too.
    ///
    /// # Errors
    /// [`BlobError::Missing`], or what the disk reports.
    pub fn sealed(&self, id: BlobId) -> Result<BlobReader<D>, BlobError> {
        let missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let file = match self.disk().open(&self.path(id), false) {
            Err(error) if missing(&error) => self.disk().open(&self.aside(id), false),
            other => other,
        };
        let file = file.map_err(|source| match missing(&source) {
            true => BlobError::Missing(id),
            false => BlobError::Io {
                doing: "open a blob",
                source,
            },
        })?;
        let len = file.len().map_err(io_error("measure a blob"))?;
        Ok(BlobReader { file, at: 0, len })
    }

    /// Opens a blob for reading at any position; what it gives is authentic, chunk by chunk.
    ///
    /// # Errors
    /// [`BlobError::Missing`], [`BlobError::Open`], or what the disk reports.
    pub fn open_seekable(
        &self,
        id: BlobId,
        with: &ArchiveIdentity,
    ) -> Result<StreamReader<BlobReader<D>>, BlobError> {
        with.open_seekable(self.sealed(id)?)
            .map_err(|source| BlobError::Open { id, source })
    }

    /// Sets a blob aside that no record names. It is not removed: a record that was put back from yesterday's copy, or an
    /// empty one in its place, names nothing either, and evidence is never lost. [`Self::sealed`] still finds it.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn set_aside(&self, id: BlobId) -> Result<(), BlobError> {
        let aside = self.aside(id);
        let folder = self.inner.root.join(ASIDE);
        self.make_dir(&folder)?;
        let from = self.path(id);
        self.disk()
            .rename(&from, &aside)
            .map_err(io_error("set a blob aside"))?;
        for folder in [Some(folder.as_path()), from.parent()]
            .into_iter()
            .flatten()
        {
            self.disk()
                .sync_dir(folder)
                .map_err(io_error("keep what was set aside"))?;
        }
        Ok(())
    }

    /// Removes a blob that no record names any more: a piece whose items are entered.
    ///
    /// # Errors
    /// [`BlobError::Missing`], or what the disk reports.
    pub fn remove(&self, id: BlobId) -> Result<(), BlobError> {
        let path = self.path(id);
        self.disk()
            .remove(&path)
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => BlobError::Missing(id),
                _ => BlobError::Io {
                    doing: "remove a blob",
                    source,
                },
            })?;
        let folder = path.parent().unwrap_or(&self.inner.root);
        self.disk()
            .sync_dir(folder)
            .map_err(io_error("keep a removal"))
    }

    /// Whether there is such a blob.
    #[must_use]
    pub fn contains(&self, id: BlobId) -> bool {
        self.sealed(id).is_ok()
    }

    fn disk(&self) -> &D {
        &self.inner.disk
    }

    fn temporary(&self) -> PathBuf {
        self.inner.root.join(TEMPORARY)
    }

    fn aside(&self, id: BlobId) -> PathBuf {
        self.inner.root.join(ASIDE).join(format!("{id}.age"))
    }

    fn path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.inner.root.join(&name[..2]).join(format!("{name}.age"))
    }

    fn fresh_id(&self) -> BlobId {
        let mut bytes = [0; 16];
        self.inner
            .entropy
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(&mut bytes);
        BlobId::from_bytes(bytes)
    }

    fn make_dir(&self, path: &Path) -> Result<(), BlobError> {
        if self
            .disk()
            .create_dir(path)
            .map_err(io_error("create a folder"))?
        {
            self.disk()
                .sync_dir(&self.inner.root)
                .map_err(io_error("keep a folder"))?;
        }
        Ok(())
    }

    fn temporary_file(&self) -> Result<TemporaryFile<D>, BlobError> {
        let id = self.fresh_id();
        let path = self.temporary().join(id.to_string());
        let file = self
            .disk()
            .create(&path)
            .map_err(io_error("create a blob"))?;
        Ok(TemporaryFile {
            store: self.clone(),
            id,
            path,
            file: Some(file),
            at: 0,
        })
    }
}

fn io_error(doing: &'static str) -> impl FnOnce(io::Error) -> BlobError {
    move |source| BlobError::Io { doing, source }
}

/// A blob being written: plaintext goes in, only ciphertext reaches the disk.
pub struct BlobWriter<D: Disk = RealDisk> {
    stream: StreamWriter<TemporaryFile<D>>,
    seen: Sha256Writer,
}

impl<D: Disk> BlobWriter<D> {
    /// Makes the blob durable and gives its id. Dropping the writer instead leaves nothing behind.
    ///
    /// # Errors
    /// [`BlobError`].
    pub fn finish(self) -> Result<Stored, BlobError> {
        let bytes = self.seen.bytes();
        let id = self
            .stream
            .finish()
            .map_err(io_error("seal the end of a blob"))?
            .settle()?;
        Ok(Stored {
            id,
            sha256: self.seen.finish(),
            bytes,
        })
    }
}

impl<D: Disk> Write for BlobWriter<D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.stream.write(bytes)?;
        self.seen.update(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A sealed file that is written and not stored yet; dropped, it leaves nothing behind.
pub struct Written<D: Disk = RealDisk>(TemporaryFile<D>);

impl<D: Disk> fmt::Debug for Written<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Written({})", self.0.id)
    }
}

/// A file under its temporary name; removed when dropped before it is settled.
struct TemporaryFile<D: Disk> {
    store: BlobStore<D>,
    id: BlobId,
    path: PathBuf,
    file: Option<D::File>,
    at: u64,
}

impl<D: Disk> TemporaryFile<D> {
    /// Syncs the content, gives it its name, syncs the name.
    fn settle(self) -> Result<BlobId, BlobError> {
        let (id, store) = (self.id, self.store.clone());
        self.sync()?;
        store.keep_names(&self.name()?)?;
        Ok(id)
    }

    fn sync(&self) -> Result<(), BlobError> {
        let file = self.file.as_ref();
        file.map_or(Ok(()), DiskFile::sync)
            .map_err(io_error("keep a blob"))
    }

    /// Gives it its name, and the folder in which that is not synced yet.
    fn name(mut self) -> Result<PathBuf, BlobError> {
        let store = self.store.clone();
        let target = store.path(self.id);
        let folder = target.parent().unwrap_or(&store.inner.root).to_owned();
        store.make_dir(&folder)?;
        store
            .disk()
            .rename(&self.path, &target)
            .map_err(io_error("name a blob"))?;
        self.file = None;
        Ok(folder)
    }
}

impl<D: Disk> Drop for TemporaryFile<D> {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // What cannot be removed now is swept when the store is opened next.
            let _ = self.store.disk().remove(&self.path);
        }
    }
}

impl<D: Disk> Write for TemporaryFile<D> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self
            .file
            .as_ref()
            .ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
        file.write_all_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A blob's sealed bytes, readable from any position.
#[derive(Debug)]
pub struct BlobReader<D: Disk = RealDisk> {
    file: D::File,
    at: u64,
    len: u64,
}

impl<D: Disk> BlobReader<D> {
    /// How many sealed bytes there are.
    #[must_use]
    pub const fn sealed_len(&self) -> u64 {
        self.len
    }
}

impl<D: Disk> Read for BlobReader<D> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(out, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl<D: Disk> Seek for BlobReader<D> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
