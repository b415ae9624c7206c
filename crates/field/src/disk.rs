//! The border to the device's storage: one run of bytes of a fixed length, and the few steps that durability is made of, so
//! that tests can cut power between them.

use std::fs::{File, FileTimes, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// What holds a vault: a file, a phone's storage, memory in tests. Nothing written is durable before [`Disk::sync`].
pub trait Disk {
    /// Its length in bytes, which never changes.
    fn length(&self) -> u64;
    /// Reads exactly these bytes.
    ///
    /// # Errors
    /// When they cannot be read.
    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()>;
    /// Writes exactly these bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything written so far durable.
    ///
    /// # Errors
    /// When the system cannot promise it.
    fn sync(&mut self) -> io::Result<()>;
}

/// A real file, held by one program at a time. Its times are put back to what they were, so that a listing does not tell when
/// it was last used.
#[derive(Debug)]
pub struct FileDisk {
    file: File,
    length: u64,
    times: Option<FileTimes>,
}

impl FileDisk {
    /// Makes a file of this length for its owner alone, and takes it.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when it exists and shall not be replaced, [`io::ErrorKind::WouldBlock`] when another
    /// program holds it; what the system says otherwise.
    pub fn create(path: &Path, length: u64, replace: bool) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        if replace {
            options.create(true).truncate(false);
        } else {
            options.create_new(true);
        }
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        file.try_lock()?;
        file.set_len(length)?;
        Self::held(file)
    }

    /// Takes a file that exists.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when there is none, [`io::ErrorKind::WouldBlock`] when another program holds it; what the
    /// system says otherwise.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        file.try_lock()?;
        Self::held(file)
    }

    fn held(file: File) -> io::Result<Self> {
        let facts = file.metadata()?;
        let times = facts.modified().ok().map(|modified| {
            let times = FileTimes::new().set_modified(modified);
            facts.accessed().map_or(times, |at| times.set_accessed(at))
        });
        Ok(Self {
            length: facts.len(),
            file,
            times,
        })
    }

    fn put_times_back(&self) -> io::Result<()> {
        self.times
            .map_or(Ok(()), |times| self.file.set_times(times))
    }
}

impl Drop for FileDisk {
    fn drop(&mut self) {
        // Reading changed the time of access; should the system refuse, there is nobody left to tell.
        let _ = self.put_times_back();
    }
}

impl Disk for FileDisk {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(into)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.put_times_back()?;
        self.file.sync_all()
    }
}
