//! The site as it is now, held as hard links while it is sent: a build in the meantime changes the site, not this.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ledger::{Listed, read_list, sha256};
use rayon::prelude::*;

use super::{DeployError, LIST, NOTE, disk};

pub(super) struct Snapshot {
    root: PathBuf,
    journal: PathBuf,
    listed: Vec<Listed>,
}

impl Snapshot {
    /// Links every file that the manifest lists.
    pub(super) fn take(site: &Path, name: &str) -> Result<Self, DeployError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(DeployError::Setting("name of the host"));
        }
        let folder = site.file_name().unwrap_or_default().to_string_lossy();
        let root = site.with_file_name(format!(".{folder}.sending-{name}"));
        // One that was cut off left its own.
        if root.exists() {
            fs::remove_dir_all(&root).map_err(disk(&root))?;
        }
        let none = || DeployError::NoSite(site.to_owned());
        let list = fs::read(site.join(LIST)).map_err(|_| none())?;
        let mut listed = read_list(&list).ok_or_else(none)?;
        for path in [LIST, NOTE] {
            let bytes = fs::read(site.join(path)).map_err(|_| none())?;
            listed.push(Listed {
                sha256: sha256(&bytes),
                bytes: bytes.len() as u64,
                path: path.to_owned(),
            });
        }
        let snapshot = Self {
            journal: site.with_file_name(format!(".{folder}.sent-{name}")),
            root,
            listed,
        };
        snapshot.link(site)?;
        if fs::read(snapshot.path(LIST)).ok() == Some(list) {
            Ok(snapshot)
        } else {
            Err(none())
        }
    }

    fn link(&self, site: &Path) -> Result<(), DeployError> {
        let folders: std::collections::BTreeSet<PathBuf> = self
            .listed
            .iter()
            .filter_map(|one| Some(self.path(&one.path).parent()?.to_owned()))
            .collect();
        for folder in folders {
            fs::create_dir_all(&folder).map_err(disk(&folder))?;
        }
        self.listed.par_iter().try_for_each(|one| {
            let from = site.join(&one.path);
            fs::hard_link(&from, self.path(&one.path)).map_err(disk(&from))
        })
    }

    /// Every file, the manifest and its list among them.
    pub(super) fn listed(&self) -> &[Listed] {
        &self.listed
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where it is noted what stands at the host.
    pub(super) fn journal(&self) -> &Path {
        &self.journal
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The bytes of a file, if they are what the manifest says.
    pub(super) fn bytes(&self, one: &Listed) -> Result<Vec<u8>, DeployError> {
        let path = self.path(&one.path);
        let mut bytes = Vec::new();
        let read =
            File::open(&path).and_then(|file| file.take(one.bytes + 1).read_to_end(&mut bytes));
        read.map_err(disk(&path))?;
        if sha256(&bytes) == one.sha256 {
            Ok(bytes)
        } else {
            Err(DeployError::NoSite(path))
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // What stays is removed by the next.
        let _ = fs::remove_dir_all(&self.root);
    }
}
