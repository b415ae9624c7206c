//! Several files replaced as one: after a crash anywhere either all of them are the old ones or all become the new ones.
//!
//! The new files are staged beside the old ones and synced; then one empty file decides, and from then on there is only
//! the way forward, which can be gone any number of times and needs no key. Old files are overwritten before their names
//! go. Before the decision staged files are nothing, and are cleared away.

use crate::disk::{Disk, DiskFile, RealDisk};
use std::io;
use std::path::{Path, PathBuf};

/// The file whose presence decides.
const DECIDED: &str = "switch.decided";
/// What stands behind the name of a file that is to come, and of one that is to go.
const STAGED: &str = ".next";
const GONE: &str = ".old";
/// What SQLite puts beside a database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// How far a replacement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchState {
    /// None is under way.
    Settled,
    /// Files are staged, and nothing is decided.
    Staged,
    /// It was decided and has to be finished.
    Decided,
}

/// Replaces files of one folder as one.
#[derive(Debug)]
pub struct Switch<D: Disk = RealDisk> {
    disk: D,
    folder: PathBuf,
    names: &'static [&'static str],
}

impl Switch<RealDisk> {
    /// For these files of a folder of this machine.
    #[must_use]
    pub fn new(folder: &Path, names: &'static [&'static str]) -> Self {
        Self::on(RealDisk, folder, names)
    }
}

impl<D: Disk> Switch<D> {
    /// For these files of a folder of another disk: for tests.
    #[must_use]
    pub fn on(disk: D, folder: &Path, names: &'static [&'static str]) -> Self {
        Self {
            disk,
            folder: folder.to_owned(),
            names,
        }
    }

    /// Where the new file of this name is staged.
    #[must_use]
    pub fn staged(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{STAGED}"))
    }

    /// How far it is.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn state(&self) -> io::Result<SwitchState> {
        if self.exists(&self.folder.join(DECIDED))? {
            return Ok(SwitchState::Decided);
        }
        for name in self.names {
            if self.exists(&self.staged(name))? {
                return Ok(SwitchState::Staged);
            }
        }
        Ok(SwitchState::Settled)
    }

    /// Stages the content of one file.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn stage(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.disk.create(&self.staged(name))?;
        file.write_all_at(bytes, 0)?;
        file.sync()?;
        self.disk.sync_dir(&self.folder)
    }

    /// Decides: whatever is staged takes its place, now or after a crash.
    ///
    /// # Errors
    /// What the disk reports; then call [`Self::state`] to see whether it was decided. A database that is staged with a
    /// journal beside it was not closed, and is refused.
    pub fn decide(&self) -> io::Result<()> {
        for name in self.names {
            let staged = self.staged(name);
            if self.exists(&staged)? {
                self.disk.open(&staged, true)?.sync()?;
            }
            for companion in COMPANIONS {
                if self.exists(&beside(&staged, companion))? {
                    return Err(io::Error::other("the staged database is still open"));
                }
            }
        }
        self.disk.sync_dir(&self.folder)?;
        self.disk.create(&self.folder.join(DECIDED))?.sync()?;
        self.disk.sync_dir(&self.folder)
    }

    /// Puts what was decided in place and erases what it replaces.
    ///
    /// # Errors
    /// What the disk reports; call it again.
    pub fn finish(&self) -> io::Result<()> {
        for name in self.names {
            self.replace(name)?;
        }
        for name in self.names {
            self.erase(&self.folder.join(format!("{name}{GONE}")))?;
        }
        self.disk.sync_dir(&self.folder)?;
        self.disk.remove(&self.folder.join(DECIDED))?;
        self.disk.sync_dir(&self.folder)
    }

    /// Clears staged files away, if nothing is decided.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn abandon(&self) -> io::Result<()> {
        if self.state()? == SwitchState::Decided {
            return Err(io::Error::other("it is decided already"));
        }
        for name in self.names {
            let staged = self.staged(name);
            for companion in COMPANIONS {
                self.erase(&beside(&staged, companion))?;
            }
            self.erase(&staged)?;
        }
        self.disk.sync_dir(&self.folder)
    }

    fn replace(&self, name: &str) -> io::Result<()> {
        let (staged, place) = (self.staged(name), self.folder.join(name));
        if !self.exists(&staged)? {
            return Ok(());
        }
        // A journal of the old database must never meet the new one.
        for companion in COMPANIONS {
            self.erase(&beside(&place, companion))?;
        }
        let gone = self.folder.join(format!("{name}{GONE}"));
        if self.exists(&place)? && !self.exists(&gone)? {
            self.disk.rename(&place, &gone)?;
            self.disk.sync_dir(&self.folder)?;
        }
        self.disk.rename(&staged, &place)?;
        self.disk.sync_dir(&self.folder)
    }

    /// Overwrites a file and removes it. Flash keeps old blocks all the same; nothing here can promise more.
    fn erase(&self, path: &Path) -> io::Result<()> {
        let file = match self.disk.open(path, true) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let zeros = vec![0; 64 * 1024];
        let (mut at, len) = (0, file.len()?);
        while at < len {
            let part = usize::try_from(len - at).map_or(zeros.len(), |rest| rest.min(zeros.len()));
            file.write_all_at(&zeros[..part], at)?;
            at += part as u64;
        }
        file.sync()?;
        self.disk.remove(path)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        match self.disk.open(path, false) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn beside(path: &Path, companion: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(companion);
    name.into()
}
