//! The few file operations that blobs and the spool need, so that tests can forget what was not synced.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// An open file, read and written at positions.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Fills the buffer from `at`, or fails with `UnexpectedEof`.
    ///
    /// # Errors
    /// What the medium reports.
    fn read_exact_at(&self, out: &mut [u8], at: u64) -> io::Result<()>;
    /// Reads some bytes from `at`; 0 at the end.
    ///
    /// # Errors
    /// What the medium reports.
    fn read_at(&self, out: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes all bytes at `at`.
    ///
    /// # Errors
    /// What the medium reports.
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Cuts (or lengthens) the file.
    ///
    /// # Errors
    /// What the medium reports.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// How long it is.
    ///
    /// # Errors
    /// What the medium reports.
    fn len(&self) -> io::Result<u64>;
    /// Whether it is empty.
    ///
    /// # Errors
    /// What the medium reports.
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }
    /// Makes the content durable. The *name* is durable only after [`Disk::sync_dir`].
    ///
    /// # Errors
    /// What the medium reports.
    fn sync(&self) -> io::Result<()>;
}

/// A disk.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Its open files.
    type File: DiskFile;
    /// Creates a file that must not be there yet, for its owner alone.
    ///
    /// # Errors
    /// What the medium reports.
    fn create(&self, path: &Path) -> io::Result<Self::File>;
    /// Opens a file; for writing too when asked.
    ///
    /// # Errors
    /// What the medium reports; `NotFound` when there is none.
    fn open(&self, path: &Path, write: bool) -> io::Result<Self::File>;
    /// Renames a file.
    ///
    /// # Errors
    /// What the medium reports.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// What the medium reports.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Creates one folder; a folder that is there already is fine. Says whether it is new.
    ///
    /// # Errors
    /// What the medium reports.
    fn create_dir(&self, path: &Path) -> io::Result<bool>;
    /// Makes the names inside a folder durable.
    ///
    /// # Errors
    /// What the medium reports.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// The files directly inside a folder.
    ///
    /// # Errors
    /// What the medium reports.
    fn files(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl DiskFile for File {
    fn read_exact_at(&self, out: &mut [u8], at: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, out, at)
    }

    fn read_at(&self, out: &mut [u8], at: u64) -> io::Result<usize> {
        FileExt::read_at(self, out, at)
    }

    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, at)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn len(&self) -> io::Result<u64> {
        self.metadata().map(|metadata| metadata.len())
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Disk for RealDisk {
    type File = File;

    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
    }

    fn open(&self, path: &Path, write: bool) -> io::Result<File> {
        OpenOptions::new().read(true).write(write).open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<bool> {
        match fs::create_dir(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn files(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }
}
