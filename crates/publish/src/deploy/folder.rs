//! A folder of this machine, exchanged as a whole: readers see the old site or the new one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::{Digest, Listed, Sha256Writer, read_list};
use rayon::prelude::*;
use rustix::fs::{CWD, RenameFlags};

use super::snapshot::Snapshot;
use super::{DeployError, Deployed, LIST, Progress, disk, refuse_foreign};

pub(super) fn deploy(
    snapshot: &Snapshot,
    target: &Path,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Deployed, DeployError> {
    let roots = roots(target)?;
    refuse_foreign(roots.iter().map(String::as_str), snapshot.listed())?;
    let name = target.file_name().ok_or(DeployError::Setting("folder"))?;
    let beside = target.with_file_name(format!(".{}.incoming", name.to_string_lossy()));
    let present = present(target);
    let (sent, bytes, seen) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    for one in snapshot.listed() {
        if let Some(folder) = beside.join(&one.path).parent() {
            fs::create_dir_all(folder).map_err(disk(folder))?;
        }
    }
    snapshot.listed().par_iter().try_for_each(|one| {
        let to = beside.join(&one.path);
        if !stands(&to, one) && !taken_over(&target.join(&one.path), &to, one) {
            copy(snapshot, one, &to)?;
            sent.fetch_add(1, Ordering::Relaxed);
            bytes.fetch_add(one.bytes, Ordering::Relaxed);
        }
        tell(Progress {
            files: seen.fetch_add(1, Ordering::Relaxed) + 1,
            of: snapshot.listed().len() as u64,
            bytes: bytes.load(Ordering::Relaxed),
        });
        Ok::<(), DeployError>(())
    })?;
    let names: BTreeMap<&str, &Digest> = snapshot
        .listed()
        .iter()
        .map(|one| (one.path.as_str(), &one.sha256))
        .collect();
    let gone = present
        .iter()
        .filter(|path| !names.contains_key(path.as_str()))
        .count();
    sweep(&beside, "", &names)?;
    exchange(&beside, target)?;
    Ok(Deployed {
        sent: sent.into_inner(),
        bytes: bytes.into_inner(),
        removed: gone as u64,
    })
}

fn roots(target: &Path) -> Result<Vec<String>, DeployError> {
    let entries = match fs::read_dir(target) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(disk(target)(error)),
    };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect::<io::Result<_>>().map_err(disk(target))
}

/// Names that the site which stands there lists.
fn present(target: &Path) -> Vec<String> {
    let list = fs::read(target.join(LIST)).unwrap_or_default();
    let listed = read_list(&list).unwrap_or_default();
    listed.into_iter().map(|one| one.path).collect()
}

/// Whether an earlier call that was cut has brought this file.
fn stands(path: &Path, one: &Listed) -> bool {
    let same =
        fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() == one.bytes);
    same && digest_of(path).is_ok_and(|found| found == one.sha256)
}

/// Takes a file over from the site that stands there, if it is the very same.
fn taken_over(from: &Path, to: &Path, one: &Listed) -> bool {
    // What was left there is a part, or another version.
    let _ = fs::remove_file(to);
    stands(from, one) && fs::hard_link(from, to).is_ok()
}

fn digest_of(path: &Path) -> io::Result<Digest> {
    let (mut file, mut state) = (File::open(path)?, Hashing(Sha256Writer::new()));
    io::copy(&mut file, &mut state)?;
    Ok(state.0.finish())
}

struct Hashing(Sha256Writer);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn copy(snapshot: &Snapshot, one: &Listed, to: &Path) -> Result<(), DeployError> {
    let from = snapshot.path(&one.path);
    fs::copy(&from, to).map_err(disk(to))?;
    if stands(to, one) {
        Ok(())
    } else {
        Err(DeployError::NoSite(from))
    }
}

/// Removes what an earlier call left and this one does not bring.
fn sweep(root: &Path, below: &str, names: &BTreeMap<&str, &Digest>) -> Result<(), DeployError> {
    let folder = root.join(below);
    let failed = |error| disk(&folder)(error);
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(failed)?.is_dir() {
            let inside = format!("{name}/");
            let first = names.range(inside.as_str()..).next();
            if first.is_some_and(|(first, _)| first.starts_with(&inside)) {
                sweep(root, &inside, names)?;
            } else {
                fs::remove_dir_all(entry.path()).map_err(failed)?;
            }
        } else if !names.contains_key(name.as_str()) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Everything is on the disk before readers see it; the old site goes afterwards.
fn exchange(beside: &Path, target: &Path) -> Result<(), DeployError> {
    let folder = File::open(beside).map_err(disk(beside))?;
    rustix::fs::syncfs(&folder).map_err(|error| disk(beside)(error.into()))?;
    let there = target.exists();
    let flags = if there {
        RenameFlags::EXCHANGE
    } else {
        RenameFlags::NOREPLACE
    };
    rustix::fs::renameat_with(CWD, beside, CWD, target, flags)
        .map_err(|error| disk(target)(error.into()))?;
    let parent: PathBuf = target.parent().unwrap_or(Path::new("/")).to_owned();
    File::open(&parent)
        .and_then(|parent| parent.sync_all())
        .map_err(disk(&parent))?;
    if there {
        fs::remove_dir_all(beside).map_err(disk(beside))?;
    }
    Ok(())
}
