//! The few file operations a drop needs, behind a trait.
//!
//! Everything that is written goes through here, so that tests can put a disk in its place that forgets,
//! at any write, whatever was not synced yet: bytes, lengths, names and renames.

mod real;

use std::io;
use std::sync::Arc;

pub use real::RealDisk;

/// A folder tree. Paths are relative, with `/`, and made by this crate alone.
pub trait Disk: Send + Sync {
    /// Makes a folder; one that exists is fine.
    ///
    /// # Errors
    /// What the file system answers.
    fn make_dir(&self, path: &str) -> io::Result<()>;

    /// Names of the files in a folder, in no order.
    ///
    /// # Errors
    /// What the file system answers.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Makes an empty file, or empties the one that is there.
    ///
    /// # Errors
    /// What the file system answers.
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file that is there.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when it is not, or what the file system answers.
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Renames a file over another; all or nothing once the folder is synced.
    ///
    /// # Errors
    /// What the file system answers.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the file system answers.
    fn remove(&self, path: &str) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the file system answers.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;

    /// Makes several files durable, in whatever order is fastest.
    ///
    /// # Errors
    /// What the file system answers for any of them.
    fn sync_together(&self, files: &[Arc<dyn DiskFile>]) -> io::Result<()>;
}

/// An open file. Writes only ever go to its end.
pub trait DiskFile: Send + Sync {
    /// Its length.
    ///
    /// # Errors
    /// What the file system answers.
    fn length(&self) -> io::Result<u64>;

    /// Writes these parts, one after the other, at the end.
    ///
    /// # Errors
    /// What the file system answers; some of the bytes may have been written.
    fn append(&self, parts: &[&[u8]]) -> io::Result<()>;

    /// Fills the buffer from an offset.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] when the file is too short, or what the file system answers.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Cuts the file to a length.
    ///
    /// # Errors
    /// What the file system answers.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Makes content and length durable.
    ///
    /// # Errors
    /// What the file system answers. Nothing that was written since the last sync may be relied on then.
    fn sync(&self) -> io::Result<()>;
}

/// Replaces a small file so that after a crash either the old or the new one is there, whole.
pub(crate) fn replace(disk: &dyn Disk, dir: &str, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let target = join(dir, name);
    let beside = format!("{target}{NEW_SUFFIX}");
    let file = disk.create(&beside)?;
    file.append(parts)?;
    file.sync()?;
    disk.rename(&beside, &target)?;
    disk.sync_dir(dir)
}

/// Ending of files that were being written when the power went; never read.
pub(crate) const NEW_SUFFIX: &str = ".new";

/// Reads a whole small file; `None` when it is not there.
pub(crate) fn read_whole(disk: &dyn Disk, path: &str) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = usize::try_from(file.length()?).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_at(0, &mut bytes)?;
    Ok(Some(bytes))
}

/// `dir/name`, or the name alone at the top.
pub(crate) fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() {
        name.to_owned()
    } else {
        format!("{dir}/{name}")
    }
}
