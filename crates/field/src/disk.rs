//! The border to the device's storage: the few steps that durability is made of, so that tests can cut power between them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// One folder. Names are relative, with `/` for subfolders. Nothing is durable before it was synced: a file's content by
/// [`Disk::sync`], its name (new, renamed or removed) by [`Disk::sync_folder`].
pub trait Disk {
    /// Reads a whole file of at most `limit` bytes into `into`, which is cleared first. `false` if there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is longer.
    fn read(&mut self, name: &str, limit: usize, into: &mut Vec<u8>) -> io::Result<bool>;
    /// Makes a file with this content, replacing any other.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Adds to a file's end.
    ///
    /// # Errors
    /// When it cannot be written.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Makes a file's content durable.
    ///
    /// # Errors
    /// When the system cannot promise it.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// Renames, replacing what has the new name.
    ///
    /// # Errors
    /// When the system refuses.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// When the system refuses.
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// Makes the names in the folder of `name` durable.
    ///
    /// # Errors
    /// When the system cannot promise it.
    fn sync_folder(&mut self, name: &str) -> io::Result<()>;
    /// The files of a subfolder, by name without the folder.
    ///
    /// # Errors
    /// When it cannot be read.
    fn list(&mut self, folder: &str) -> io::Result<Vec<String>>;
}

/// A real folder, held by one program at a time.
#[derive(Debug)]
pub struct DirDisk {
    root: PathBuf,
    _lock: File,
}

impl DirDisk {
    /// Takes a folder, making it if needed, readable by its owner only.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when another program holds it; what the system says otherwise.
    pub fn take(root: &Path) -> io::Result<Self> {
        make_private_folder(root)?;
        make_private_folder(&root.join("pieces"))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join("lock"))?;
        lock.try_lock()?;
        Ok(Self {
            root: root.to_owned(),
            _lock: lock,
        })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl Disk for DirDisk {
    fn read(&mut self, name: &str, limit: usize, into: &mut Vec<u8>) -> io::Result<bool> {
        into.clear();
        let file = match File::open(self.at(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        file.take(most).read_to_end(into)?;
        if into.len() > limit {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "longer than any such file",
            ));
        }
        Ok(true)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        private()
            .create(true)
            .truncate(true)
            .write(true)
            .open(self.at(name))?
            .write_all(bytes)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        private().append(true).open(self.at(name))?.write_all(bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        File::open(self.at(name))?.sync_all()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.at(from), self.at(to))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.at(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn sync_folder(&mut self, name: &str) -> io::Result<()> {
        let path = self.at(name);
        let folder = path.parent().unwrap_or(&self.root);
        File::open(folder)?.sync_all()
    }

    fn list(&mut self, folder: &str) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(self.at(folder))?;
        entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }
}
