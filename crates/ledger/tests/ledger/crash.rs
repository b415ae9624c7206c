//! A disk that forgets what was not synced: at every step of every write the power goes, and the
//! log must come back as it was or as it was meant to be, never forked and never shorter.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ledger::{DirStorage, Disk, Log, LogError, LogSigner, SignedCheckpoint};

use crate::follow::{entries, reference_root, signer};

type Content = Rc<Vec<u8>>;

#[derive(Debug, Default, Clone)]
struct State {
    /// What a running program sees.
    now: BTreeMap<PathBuf, Content>,
    dirs: BTreeSet<PathBuf>,
    /// What a power cut leaves.
    kept: BTreeMap<PathBuf, Content>,
    kept_dirs: BTreeSet<PathBuf>,
    /// Operations until the power goes.
    left: usize,
}

/// How kind the power cut is to what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Everything unsynced is gone.
    Forget,
    /// Everything unsynced happens to have reached the disk.
    Keep,
}

#[derive(Debug, Clone, Default)]
struct Forgetful(Rc<RefCell<State>>);

impl Forgetful {
    fn with_root() -> Self {
        let disk = Self::default();
        {
            let mut state = disk.0.borrow_mut();
            state.dirs.insert(PathBuf::from("/log"));
            state.kept_dirs.insert(PathBuf::from("/log"));
            state.left = usize::MAX;
        }
        disk
    }

    fn step(&self) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        if state.left == 0 {
            return Err(io::Error::other("the power went"));
        }
        state.left -= 1;
        Ok(())
    }

    /// The disk as it is after the power came back.
    fn after(&self, cut: Cut) -> Self {
        let mut state = self.0.borrow().clone();
        match cut {
            Cut::Forget => {
                state.now = state.kept.clone();
                state.dirs = state.kept_dirs.clone();
            }
            Cut::Keep => {
                state.kept = state.now.clone();
                state.kept_dirs = state.dirs.clone();
            }
        }
        state.left = usize::MAX;
        Self(Rc::new(RefCell::new(state)))
    }
}

impl Disk for Forgetful {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.0.borrow();
        let content = state.now.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(content.to_vec())
    }

    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // The power may go with half of the bytes written.
        let half = Rc::new(bytes[..bytes.len() / 2].to_vec());
        if !self.0.borrow().dirs.contains(path.parent().unwrap()) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.0.borrow_mut().now.insert(path.to_owned(), half);
        self.step()?;
        let whole = Rc::new(bytes.to_vec());
        let mut state = self.0.borrow_mut();
        state.now.insert(path.to_owned(), Rc::clone(&whole));
        // A name that is durable already keeps pointing at the file that was rewritten in place.
        if state.kept.contains_key(path) {
            state.kept.insert(path.to_owned(), whole);
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        let mut state = self.0.borrow_mut();
        let content = state.now.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.now.insert(to.to_owned(), content);
        Ok(())
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.0.borrow_mut().dirs.insert(path.to_owned());
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        let mut state = self.0.borrow_mut();
        let inside = |name: &PathBuf| name.parent() == Some(path);
        state.kept.retain(|name, _| name.parent() != Some(path));
        let files: Vec<_> = state
            .now
            .iter()
            .filter(|(name, _)| inside(name))
            .map(|(n, c)| (n.clone(), Rc::clone(c)))
            .collect();
        let dirs: Vec<_> = state
            .dirs
            .iter()
            .filter(|name| inside(name))
            .cloned()
            .collect();
        state.kept.extend(files);
        state.kept_dirs.extend(dirs);
        Ok(())
    }

    fn files(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(self
            .0
            .borrow()
            .now
            .keys()
            .filter(|name| name.starts_with(path))
            .cloned()
            .collect())
    }
}

type TestLog = Log<DirStorage<Forgetful>>;

fn open(disk: &Forgetful, signer: &LogSigner) -> Result<TestLog, LogError> {
    Log::open_or_create(DirStorage::on(disk.clone(), "/log"), signer, 1000)
}

/// Batches that cross the border of a tile; each attempt writes other entries in place of the
/// ones that a crash may have taken, which is what makes a fork possible at all.
const BATCHES: [u64; 4] = [16, 230, 32, 16];

fn run(
    disk: &Forgetful,
    signer: &LogSigner,
    seen: &mut Vec<SignedCheckpoint>,
) -> Result<(), LogError> {
    let mut log = open(disk, signer)?;
    seen.push(log.head().clone());
    for (number, batch) in BATCHES.iter().enumerate() {
        let first = number as u64 * 10_000;
        log.append(signer, &entries(first..first + batch), 1000)?;
        seen.push(log.head().clone());
    }
    Ok(())
}

#[test]
fn a_power_cut_at_any_step_neither_forks_nor_loses() {
    let signer = signer();
    let whole = Forgetful::with_root();
    run(&whole, &signer, &mut Vec::new()).unwrap();
    let steps = usize::MAX - whole.0.borrow().left;
    assert!(steps > 60, "{steps} steps");
    for cut in [Cut::Forget, Cut::Keep] {
        for limit in 0..steps {
            let disk = Forgetful::with_root();
            disk.0.borrow_mut().left = limit;
            let mut seen = Vec::new();
            run(&disk, &signer, &mut seen).unwrap_err();
            comes_back(&disk.after(cut), &signer, &seen);
        }
    }
}

fn comes_back(disk: &Forgetful, signer: &LogSigner, seen: &[SignedCheckpoint]) {
    let mut log = open(disk, signer).unwrap();
    if let Some(last) = seen.last() {
        assert!(log.size() >= last.size(), "an acknowledged entry is gone");
    }
    // Other entries than those that were under way: the tree must still extend all that was signed.
    log.append(signer, &entries(90_000..90_016), 1000).unwrap();
    let log = open(disk, signer).unwrap();
    for head in seen {
        log.consistency(head.size())
            .unwrap()
            .check(&head.root(), &log.head().root())
            .unwrap();
    }
    let held: Vec<Vec<u8>> = (0..log.size())
        .map(|index| log.entry(index).unwrap())
        .collect();
    assert_eq!(reference_root(&held), log.head().root());
    log.public_files().unwrap();
}

#[test]
fn after_a_failed_write_the_log_wants_opening_again() {
    let signer = signer();
    let disk = Forgetful::with_root();
    let mut log = open(&disk, &signer).unwrap();
    disk.0.borrow_mut().left = 3;
    assert!(matches!(
        log.append(&signer, &entries(0..16), 1),
        Err(LogError::Storage { .. })
    ));
    disk.0.borrow_mut().left = usize::MAX;
    assert!(matches!(
        log.append(&signer, &entries(0..16), 1),
        Err(LogError::Reopen)
    ));
    open(&disk, &signer)
        .unwrap()
        .append(&signer, &entries(0..16), 1)
        .unwrap();
}
