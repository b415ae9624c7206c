//! Where a log keeps its files: a small trait, and folders that survive a crash at any write.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A flat set of named files. Names are relative paths with `/`, chosen by the log, never by a stranger.
pub trait Storage {
    /// The file's bytes, or nothing when there is no such file.
    ///
    /// # Errors
    /// What the medium reports.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Puts a file in place of whatever bore the name. When it returns, the file survives a crash;
    /// when it fails or the power goes, the old or the new file is there, never a mixture.
    ///
    /// # Errors
    /// What the medium reports.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// The names of all files, in order.
    ///
    /// # Errors
    /// What the medium reports.
    fn list(&self) -> io::Result<Vec<String>>;
}

impl<S: Storage + ?Sized> Storage for &S {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        (**self).read(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        (**self).write(name, bytes)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        (**self).list()
    }
}

/// The few file operations that [`DirStorage`] needs, so that tests can forget what was not synced.
pub trait Disk {
    /// The bytes of a file.
    ///
    /// # Errors
    /// What the medium reports; `NotFound` when there is no such file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Creates or empties a file, writes it and makes its content durable. Its *name* is durable
    /// only after [`Disk::sync_dir`].
    ///
    /// # Errors
    /// What the medium reports.
    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Renames a file over another.
    ///
    /// # Errors
    /// What the medium reports.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Creates one folder; a folder that is there already is fine.
    ///
    /// # Errors
    /// What the medium reports.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Makes the names inside a folder durable.
    ///
    /// # Errors
    /// What the medium reports.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// All files below a folder, as paths.
    ///
    /// # Errors
    /// What the medium reports.
    fn files(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn files(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![path.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    found.push(entry.path());
                }
            }
        }
        Ok(found)
    }
}

/// Files below one folder. Every write goes to a hidden file first, is synced, renamed and the
/// folder synced; one process at a time holds the folder.
#[derive(Debug)]
pub struct DirStorage<D: Disk = RealDisk> {
    root: PathBuf,
    disk: D,
    /// Held for as long as this lives; the operating system lets go of it when the process dies.
    _lock: Option<File>,
}

impl DirStorage<RealDisk> {
    /// The storage in `root`, which is created when its parent exists.
    ///
    /// # Errors
    /// What the medium reports; `WouldBlock` when another process holds the folder.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        RealDisk.create_dir(&root)?;
        if let Some(parent) = root
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            RealDisk.sync_dir(parent)?;
        }
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join(".lock"))?;
        lock.try_lock()?;
        Ok(Self {
            root,
            disk: RealDisk,
            _lock: Some(lock),
        })
    }
}

impl<D: Disk> DirStorage<D> {
    /// The storage in the existing folder `root` of another disk, unlocked: for tests.
    pub fn on(disk: D, root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            disk,
            _lock: None,
        }
    }

    /// Creates the folders above a file, each made durable in the one above it before it is used.
    fn prepare(&self, name: &str) -> io::Result<PathBuf> {
        let mut folder = self.root.clone();
        let mut parts = name.split('/').collect::<Vec<_>>();
        parts.pop();
        for part in parts {
            let above = folder.clone();
            folder.push(part);
            self.disk.create_dir(&folder)?;
            self.disk.sync_dir(&above)?;
        }
        Ok(folder)
    }
}

impl<D: Disk> Storage for DirStorage<D> {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match self.disk.read(&self.root.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.prepare(name)?;
        let target = self.root.join(name);
        let last = name.rsplit('/').next().unwrap_or(name);
        let hidden = folder.join(format!(".{last}.new"));
        self.disk.write_synced(&hidden, bytes)?;
        self.disk.rename(&hidden, &target)?;
        self.disk.sync_dir(&folder)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for path in self.disk.files(&self.root)? {
            let relative = path.strip_prefix(&self.root).map_err(io::Error::other)?;
            let name = relative.to_str().ok_or(io::ErrorKind::InvalidData)?;
            let hidden = name
                .rsplit('/')
                .next()
                .is_some_and(|last| last.starts_with('.'));
            if !hidden {
                names.push(name.replace(std::path::MAIN_SEPARATOR, "/"));
            }
        }
        names.sort();
        Ok(names)
    }
}
