//! A disk that forgets: everything that was not synced when the power goes, at any write.
//!
//! It keeps two states, what a running process sees and what is durable. Contents become durable with the
//! file's sync, names with the folder's. A crash can be planned at any operation that changes anything;
//! that operation happens in part, and from then on nothing works until the disk is started again.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use drop::disk::{Disk, DiskFile};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

const PAGE: usize = 4_096;

/// What is left after the power went.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Left {
    /// Only what was synced.
    Synced,
    /// Everything, synced or not as before: the process was killed, the system lives.
    Killed,
    /// What was synced, and of the rest some pages, lengths and names, by chance.
    Some(u64),
}

/// The disk. Clones share it.
#[derive(Clone)]
pub(crate) struct Forgetful(Arc<Mutex<State>>);

struct State {
    seen: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    folders: BTreeSet<String>,
    durable_folders: BTreeSet<String>,
    files: Vec<Contents>,
    /// Operations so far that change something.
    operations: usize,
    crash_at: Option<usize>,
    crashed: bool,
    /// Bytes that fit, over all files.
    room: usize,
    chance: ChaCha20Rng,
}

#[derive(Clone, Default)]
struct Contents {
    seen: Vec<u8>,
    durable: Vec<u8>,
}

impl State {
    /// The same disk under a new process.
    fn killed(&self) -> Forgetful {
        Forgetful(Arc::new(Mutex::new(Self {
            seen: self.seen.clone(),
            durable: self.durable.clone(),
            folders: self.folders.clone(),
            durable_folders: self.durable_folders.clone(),
            files: self.files.clone(),
            operations: 0,
            crash_at: None,
            crashed: false,
            room: self.room,
            chance: self.chance.clone(),
        })))
    }

    fn used(&self) -> usize {
        self.seen
            .values()
            .map(|file| self.files[*file].seen.len())
            .sum()
    }
}

fn power_is_gone() -> io::Error {
    io::Error::other("the power is gone")
}

impl Forgetful {
    /// An empty disk whose power goes at this operation, counted from 0.
    pub(crate) fn new(crash_at: Option<usize>, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            seen: BTreeMap::new(),
            durable: BTreeMap::new(),
            folders: BTreeSet::from([String::new()]),
            durable_folders: BTreeSet::from([String::new()]),
            files: Vec::new(),
            operations: 0,
            crash_at,
            crashed: false,
            room: usize::MAX,
            chance: ChaCha20Rng::seed_from_u64(seed),
        })))
    }

    pub(crate) fn operations(&self) -> usize {
        self.lock().operations
    }

    pub(crate) fn crashed(&self) -> bool {
        self.lock().crashed
    }

    /// Starts the disk again after a crash, or as if there had been one now.
    pub(crate) fn restart(&self, left: Left) -> Self {
        let state = self.lock();
        if let Left::Killed = left {
            return state.killed();
        }
        let seed = if let Left::Some(seed) = left { seed } else { 0 };
        let mut chance = ChaCha20Rng::seed_from_u64(seed);
        let mut survived = |durable: bool| match left {
            Left::Synced => durable,
            Left::Killed => unreachable!("nothing is lost then"),
            Left::Some(_) => durable || chance.next_u32().is_multiple_of(2),
        };
        let folders: BTreeSet<String> = state
            .folders
            .iter()
            .filter(|path| survived(state.durable_folders.contains(*path)))
            .cloned()
            .collect();
        let mut names = BTreeMap::new();
        let every: BTreeSet<&String> = state.seen.keys().chain(state.durable.keys()).collect();
        for path in every {
            let (seen, durable) = (state.seen.get(path), state.durable.get(path));
            let kept = if survived(seen == durable) {
                seen
            } else {
                durable
            };
            if let (Some(file), true) = (kept, folders.contains(parent(path))) {
                names.insert(path.clone(), *file);
            }
        }
        let files = state.files.iter().map(|file| match left {
            Left::Synced => file.durable.clone(),
            Left::Killed => unreachable!("nothing is lost then"),
            Left::Some(_) => torn(file, &mut chance),
        });
        let files = files
            .map(|bytes| Contents {
                seen: bytes.clone(),
                durable: bytes,
            })
            .collect();
        Self(Arc::new(Mutex::new(State {
            seen: names.clone(),
            durable: names,
            folders: folders.clone(),
            durable_folders: folders,
            files,
            operations: 0,
            crash_at: None,
            crashed: false,
            room: usize::MAX,
            chance,
        })))
    }

    /// Flips one byte of a file where it lies, as a worn disk does.
    pub(crate) fn rot(&self, path: &str, offset: usize) {
        let mut state = self.lock();
        let file = state.seen[path];
        state.files[file].seen[offset] ^= 0x40;
        state.files[file].durable[offset] ^= 0x40;
    }

    /// Cuts bytes off the end of a file where it lies.
    pub(crate) fn cut(&self, path: &str, bytes: usize) {
        let mut state = self.lock();
        let file = state.seen[path];
        let keep = state.files[file].seen.len() - bytes;
        state.files[file].seen.truncate(keep);
        state.files[file].durable.truncate(keep);
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.lock().seen.keys().cloned().collect()
    }

    /// From now on so many bytes fit on the disk.
    pub(crate) fn resize(&self, room: usize) {
        self.lock().room = room;
    }

    pub(crate) fn used(&self) -> usize {
        self.lock().used()
    }

    /// From now on nothing that changes the disk works.
    pub(crate) fn fail_from_now_on(&self) {
        self.lock().crashed = true;
    }

    pub(crate) fn contents_of(&self, path: &str) -> Vec<u8> {
        let state = self.lock();
        state.files[state.seen[path]].seen.clone()
    }

    /// Everything on the disk, for searching it.
    pub(crate) fn contents(&self) -> Vec<Vec<u8>> {
        let state = self.lock();
        state
            .seen
            .values()
            .map(|file| state.files[*file].seen.clone())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Counts an operation; true when it is the one during which the power goes.
    fn begin(&self) -> io::Result<(MutexGuard<'_, State>, bool)> {
        let mut state = self.lock();
        if state.crashed {
            return Err(power_is_gone());
        }
        let last = state.crash_at == Some(state.operations);
        state.operations += 1;
        state.crashed = last;
        Ok((state, last))
    }

    fn change(&self, how: impl FnOnce(&mut State)) -> io::Result<()> {
        let (mut state, last) = self.begin()?;
        // The change was on its way when the power went: a process would not know, the disk may.
        how(&mut state);
        if last { Err(power_is_gone()) } else { Ok(()) }
    }

    /// A sync during which the power goes has not happened.
    fn harden(&self, how: impl FnOnce(&mut State)) -> io::Result<()> {
        let (mut state, last) = self.begin()?;
        if last {
            return Err(power_is_gone());
        }
        how(&mut state);
        Ok(())
    }

    fn file(&self, index: usize) -> Arc<dyn DiskFile> {
        Arc::new(ForgetfulFile {
            disk: self.clone(),
            index,
        })
    }
}

/// Each page of what was not synced is there or not, and the end is anywhere between.
fn torn(file: &Contents, chance: &mut ChaCha20Rng) -> Vec<u8> {
    let (short, long) = (
        file.durable.len().min(file.seen.len()),
        file.durable.len().max(file.seen.len()),
    );
    let length = short + usize::try_from(chance.next_u64() % (long - short + 1) as u64).unwrap();
    let mut out = vec![0; length];
    for (number, page) in out.chunks_mut(PAGE).enumerate() {
        let source = if chance.next_u32().is_multiple_of(2) {
            &file.seen
        } else {
            &file.durable
        };
        let begin = (number * PAGE).min(source.len());
        let end = (begin + page.len()).min(source.len());
        page[..end - begin].copy_from_slice(&source[begin..end]);
    }
    out
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Disk for Forgetful {
    fn make_dir(&self, path: &str) -> io::Result<()> {
        self.change(|state| {
            state.folders.insert(path.to_owned());
        })
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let state = self.lock();
        let inside = state.seen.keys().filter(|path| parent(path) == dir);
        Ok(inside
            .map(|path| path.rsplit('/').next().unwrap().to_owned())
            .collect())
    }

    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut index = 0;
        self.change(|state| {
            assert!(state.folders.contains(parent(path)), "no folder for {path}");
            index = *state
                .seen
                .entry(path.to_owned())
                .or_insert(state.files.len());
            if index == state.files.len() {
                state.files.push(Contents::default());
            }
            state.files[index].seen.clear();
        })?;
        Ok(self.file(index))
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let index = self
            .lock()
            .seen
            .get(path)
            .copied()
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(self.file(index))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change(|state| {
            let file = state.seen.remove(from).expect("renaming what is there");
            state.seen.insert(to.to_owned(), file);
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.change(|state| {
            state.seen.remove(path).expect("removing what is there");
        })
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.harden(|state| {
            state.durable.retain(|path, _| parent(path) != dir);
            let inside = state.seen.iter().filter(|(path, _)| parent(path) == dir);
            state
                .durable
                .extend(inside.map(|(path, file)| (path.clone(), *file)));
            let inside = state
                .folders
                .iter()
                .filter(|path| parent(path) == dir)
                .cloned();
            state.durable_folders.extend(inside);
        })
    }

    /// One after the other, in an order left to chance: each is a point at which the power may go.
    fn sync_together(&self, files: &[Arc<dyn DiskFile>]) -> io::Result<()> {
        let backwards = self.lock().chance.next_u32().is_multiple_of(2);
        let mut order: Vec<_> = files.iter().collect();
        if backwards {
            order.reverse();
        }
        order.into_iter().try_for_each(|file| file.sync())
    }
}

struct ForgetfulFile {
    disk: Forgetful,
    index: usize,
}

impl DiskFile for ForgetfulFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.lock().files[self.index].seen.len() as u64)
    }

    fn append(&self, parts: &[&[u8]]) -> io::Result<()> {
        let mut bytes = parts.concat();
        let (mut state, last) = self.disk.begin()?;
        if last {
            let length = state.chance.next_u64() % (bytes.len() as u64 + 1);
            bytes.truncate(usize::try_from(length).unwrap());
        }
        let fits = bytes.len().min(state.room.saturating_sub(state.used()));
        let full = fits < bytes.len();
        bytes.truncate(fits);
        state.files[self.index].seen.extend_from_slice(&bytes);
        match (last, full) {
            (true, _) => Err(power_is_gone()),
            (false, true) => Err(io::ErrorKind::StorageFull.into()),
            (false, false) => Ok(()),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let state = self.disk.lock();
        let offset = usize::try_from(offset).unwrap();
        let bytes = state.files[self.index]
            .seen
            .get(offset..offset + buffer.len());
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap();
        self.disk
            .change(|state| state.files[self.index].seen.truncate(length))
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.harden(|state| {
            let file = &mut state.files[self.index];
            file.durable.clone_from(&file.seen);
        })
    }
}
