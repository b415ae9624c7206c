//! A disk that forgets: what was not synced when the power goes is lost, torn or kept, as it likes.
//!
//! It counts every operation that changes something and goes dark at the one it was told to.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use store::{Disk, DiskFile};

#[derive(Debug, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    durable_folders: BTreeSet<PathBuf>,
    changes: u64,
    dark_at: Option<u64>,
    broken_sync: bool,
    room: Option<usize>,
}

/// What survives of what was not synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Survives {
    Nothing,
    Everything,
    Whatever(u64),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Double(Arc<Mutex<State>>);

#[derive(Debug)]
pub(crate) struct DoubleFile {
    disk: Double,
    index: usize,
}

impl Double {
    pub(crate) fn new(root: &Path) -> Self {
        let double = Self::default();
        let mut state = double.0.lock().unwrap();
        state.folders.insert(root.to_owned());
        state.durable_folders.insert(root.to_owned());
        drop(state);
        double
    }

    /// The power goes at the `n`-th change from now.
    pub(crate) fn dark_after(&self, n: u64) {
        let mut state = self.0.lock().unwrap();
        state.dark_at = Some(state.changes + n);
    }

    pub(crate) fn changes(&self) -> u64 {
        self.0.lock().unwrap().changes
    }

    pub(crate) fn break_sync(&self, broken: bool) {
        self.0.lock().unwrap().broken_sync = broken;
    }

    /// So many more bytes fit; then the disk is full.
    pub(crate) fn room_for(&self, bytes: Option<usize>) {
        self.0.lock().unwrap().room = bytes;
    }

    /// All bytes there are, durable or not.
    pub(crate) fn everything(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap()
            .files
            .iter()
            .flat_map(|f| f.now.iter().chain(&f.durable).copied())
            .collect()
    }

    /// The power goes and comes back.
    pub(crate) fn power_cycle(&self, survives: Survives) {
        let mut state = self.0.lock().unwrap();
        let state = &mut *state;
        let mut rng = ChaCha20Rng::seed_from_u64(match survives {
            Survives::Whatever(seed) => seed,
            _ => 0,
        });
        let mut keeps = || match survives {
            Survives::Nothing => 0,
            Survives::Everything => u64::MAX,
            Survives::Whatever(_) => rng.next_u64(),
        };
        for file in &mut state.files {
            let (old, new) = (&file.durable, &file.now);
            let pages = new.len().max(old.len()).div_ceil(4096);
            let mut survivor = Vec::new();
            for page in 0..pages {
                // Page by page the old, the new, or (where the file grew) zeros.
                let range = |bytes: &Vec<u8>| {
                    bytes
                        .get(page * 4096..)
                        .map_or(vec![], |b| b[..b.len().min(4096)].to_vec())
                };
                let kept = keeps();
                let chosen = if kept.is_multiple_of(2) {
                    range(old)
                } else {
                    range(new)
                };
                survivor.resize(survivor.len().max(page * 4096), 0);
                survivor.extend(chosen);
            }
            if matches!(survives, Survives::Whatever(_))
                && keeps() % 3 == 0
                && survivor.len() > old.len()
            {
                // The length is torn anywhere.
                let grown = (survivor.len() - old.len()) as u64;
                survivor.truncate(old.len() + usize::try_from(keeps() % grown).unwrap());
            }
            file.durable.clone_from(&survivor);
            file.now = survivor;
        }
        let paths: BTreeSet<PathBuf> = state
            .names
            .keys()
            .chain(state.durable_names.keys())
            .cloned()
            .collect();
        let place = |names: &BTreeMap<PathBuf, usize>, index: Option<&usize>| {
            let found = names.iter().find(|(_, one)| Some(*one) == index);
            found.map(|(path, _)| path.clone())
        };
        // A renamed file is under one of its two names: file systems rename whole or not at all.
        let mut stay: BTreeMap<PathBuf, bool> = BTreeMap::new();
        for path in &paths {
            if stay.contains_key(path) {
                continue;
            }
            let stays = keeps() % 2 == 0;
            let to = place(&state.names, state.durable_names.get(path));
            let from = place(&state.durable_names, state.names.get(path));
            for one in [Some(path.clone()), to, from].into_iter().flatten() {
                stay.entry(one).or_insert(stays);
            }
        }
        for path in paths {
            let chosen = if stay.get(&path) == Some(&true) {
                state.durable_names.get(&path)
            } else {
                state.names.get(&path)
            };
            match chosen.copied() {
                Some(index) => state.durable_names.insert(path, index),
                None => state.durable_names.remove(&path),
            };
        }
        let folders: Vec<PathBuf> = state
            .folders
            .difference(&state.durable_folders)
            .cloned()
            .collect();
        for folder in folders {
            if keeps() % 2 == 1 {
                state.durable_folders.insert(folder);
            }
        }
        let standing = state.durable_folders.clone();
        state.durable_names.retain(|path, _| {
            path.parent()
                .is_some_and(|parent| standing.contains(parent))
        });
        state.names = state.durable_names.clone();
        state.folders = standing;
        state.dark_at = None;
        state.broken_sync = false;
    }

    fn change<T>(&self, act: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.0.lock().unwrap();
        if state.dark_at.is_some_and(|at| state.changes >= at) {
            return Err(io::Error::other("the power is off"));
        }
        state.changes += 1;
        act(&mut state)
    }

    fn look<T>(&self, act: impl FnOnce(&State) -> io::Result<T>) -> io::Result<T> {
        let state = self.0.lock().unwrap();
        if state.dark_at.is_some_and(|at| state.changes >= at) {
            return Err(io::Error::other("the power is off"));
        }
        act(&state)
    }
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl DiskFile for DoubleFile {
    fn read_exact_at(&self, out: &mut [u8], at: u64) -> io::Result<()> {
        match self.read_at(out, at)? {
            n if n == out.len() => Ok(()),
            _ => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        }
    }

    fn read_at(&self, out: &mut [u8], at: u64) -> io::Result<usize> {
        self.disk.look(|state| {
            let bytes = &state.files[self.index].now;
            let rest = bytes
                .get(usize::try_from(at).unwrap()..)
                .unwrap_or_default();
            let n = rest.len().min(out.len());
            out[..n].copy_from_slice(&rest[..n]);
            Ok(n)
        })
    }

    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.disk.change(|state| {
            let fits = state.room.map_or(bytes.len(), |room| room.min(bytes.len()));
            state.room = state.room.map(|room| room - fits);
            let full = fits < bytes.len();
            let bytes = &bytes[..fits];
            let file = &mut state.files[self.index].now;
            let at = usize::try_from(at).unwrap();
            file.resize(file.len().max(at + bytes.len()), 0);
            file[at..at + bytes.len()].copy_from_slice(bytes);
            if full {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            } else {
                Ok(())
            }
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.change(|state| {
            state.files[self.index]
                .now
                .resize(usize::try_from(len).unwrap(), 0);
            Ok(())
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.disk
            .look(|state| Ok(state.files[self.index].now.len() as u64))
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.change(|state| {
            if state.broken_sync {
                return Err(io::Error::other("the disk failed"));
            }
            let file = &mut state.files[self.index];
            file.durable.clone_from(&file.now);
            Ok(())
        })
    }
}

impl Disk for Double {
    type File = DoubleFile;

    fn create(&self, path: &Path) -> io::Result<DoubleFile> {
        let index = self.change(|state| {
            if state.names.contains_key(path) {
                return Err(io::Error::from(io::ErrorKind::AlreadyExists));
            }
            if !path
                .parent()
                .is_some_and(|parent| state.folders.contains(parent))
            {
                return Err(missing());
            }
            state.files.push(Content::default());
            let index = state.files.len() - 1;
            state.names.insert(path.to_owned(), index);
            Ok(index)
        })?;
        Ok(DoubleFile {
            disk: self.clone(),
            index,
        })
    }

    fn open(&self, path: &Path, _write: bool) -> io::Result<DoubleFile> {
        let index = self.look(|state| state.names.get(path).copied().ok_or_else(missing))?;
        Ok(DoubleFile {
            disk: self.clone(),
            index,
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|state| {
            let index = state.names.remove(from).ok_or_else(missing)?;
            state.names.insert(to.to_owned(), index);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|state| state.names.remove(path).map(|_| ()).ok_or_else(missing))
    }

    fn create_dir(&self, path: &Path) -> io::Result<bool> {
        self.change(|state| Ok(state.folders.insert(path.to_owned())))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.change(|state| {
            let inside = |name: &PathBuf| name.parent() == Some(path);
            state.durable_names.retain(|name, _| !inside(name));
            let names: Vec<_> = state
                .names
                .iter()
                .filter(|(name, _)| inside(name))
                .map(|(n, i)| (n.clone(), *i))
                .collect();
            state.durable_names.extend(names);
            let folders: Vec<_> = state
                .folders
                .iter()
                .filter(|name| inside(name))
                .cloned()
                .collect();
            state.durable_folders.extend(folders);
            Ok(())
        })
    }

    fn files(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.look(|state| {
            Ok(state
                .names
                .keys()
                .filter(|name| name.parent() == Some(path))
                .cloned()
                .collect())
        })
    }
}
