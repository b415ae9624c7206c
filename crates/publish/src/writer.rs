//! Writes below the new root: takes over from the present site what stands there already, writes the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ledger::{Digest, Sha256Writer};
use rayon::prelude::*;

use crate::address::SitePath;
use crate::input::MediaBytes;
use crate::site::{PublishError, disk};
use crate::state::{Kept, State};
use crate::twin::unlink;

const CHUNK: usize = 128 * 1024;

/// One file that is made of words: where it stands, what it is made from, and how.
pub(crate) struct Job<'a> {
    pub(crate) path: SitePath,
    /// Equal keys at one path mean equal bytes.
    pub(crate) key: Digest,
    pub(crate) make: Box<Make<'a>>,
}

impl<'a> Job<'a> {
    /// A file whose bytes are given.
    pub(crate) fn given(path: SitePath, bytes: impl AsRef<[u8]> + Send + Sync + 'a) -> Self {
        Self {
            path,
            key: ledger::sha256(bytes.as_ref()),
            make: Box::new(move || Ok(bytes.as_ref().to_vec())),
        }
    }
}

type Make<'a> = dyn Fn() -> Result<Vec<u8>, PublishError> + Send + Sync + 'a;

/// One published file: bytes that were approved.
pub(crate) struct Medium<'a> {
    pub(crate) path: SitePath,
    pub(crate) source: &'a dyn MediaBytes,
    pub(crate) expected: Digest,
    pub(crate) story: &'a str,
}

pub(crate) struct Writer<'a> {
    root: &'a Path,
    old: &'a Path,
    before: State,
    folders: BTreeSet<PathBuf>,
    now: BTreeMap<SitePath, Kept>,
    written: usize,
    /// Whether the folder held something before.
    follows: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(root: &'a Path, old: &'a Path, follows: bool) -> Self {
        Self {
            root,
            old,
            before: State::load(old),
            folders: BTreeSet::new(),
            now: BTreeMap::new(),
            written: 0,
            follows,
        }
    }

    /// Where the present site stands.
    pub(crate) const fn present(&self) -> &'a Path {
        self.old
    }

    /// How many bytes a file has that stands there.
    pub(crate) fn size(&self, path: &SitePath) -> u64 {
        self.now.get(path).map_or(0, |kept| kept.bytes)
    }

    /// How many files were not taken over.
    pub(crate) const fn written(&self) -> usize {
        self.written
    }

    /// Everything that stands there.
    pub(crate) const fn files(&self) -> &BTreeMap<SitePath, Kept> {
        &self.now
    }

    /// What stood on the site before, and what stands there now.
    pub(crate) fn into_states(self) -> (State, State) {
        (self.before, State(self.now))
    }

    /// Makes files of words, on all cores.
    pub(crate) fn make(&mut self, jobs: Vec<Job<'_>>) -> Result<(), PublishError> {
        self.prepare(jobs.iter().map(|job| &job.path))?;
        let done = jobs.par_iter().map(|job| {
            let done = match self.take_over(&job.path, &job.key) {
                Some(kept) => (kept, false),
                None => (self.put(&job.path, job.key, &(job.make)()?)?, true),
            };
            Ok((job.path.clone(), done))
        });
        let done = done.collect::<Result<Vec<_>, PublishError>>()?;
        self.keep(done);
        Ok(())
    }

    /// Copies published files and checks each against what was approved.
    pub(crate) fn copy(&mut self, media: &[Medium<'_>]) -> Result<(), PublishError> {
        let mut seen = BTreeSet::new();
        let once: Vec<_> = media
            .iter()
            .filter(|medium| seen.insert(&medium.path))
            .collect();
        self.prepare(once.iter().map(|medium| &medium.path))?;
        let done = once.par_iter().map(|medium| {
            let done = match self.take_over(&medium.path, &medium.expected) {
                Some(kept) => (kept, false),
                None => (self.copy_checked(medium)?, true),
            };
            Ok((medium.path.clone(), done))
        });
        let done = done.collect::<Result<Vec<_>, PublishError>>()?;
        self.keep(done);
        Ok(())
    }

    fn keep(&mut self, done: Vec<(SitePath, (Kept, bool))>) {
        for (path, (kept, written)) in done {
            self.written += usize::from(written);
            self.now.insert(path, kept);
        }
    }

    fn prepare<'p>(
        &mut self,
        paths: impl Iterator<Item = &'p SitePath>,
    ) -> Result<(), PublishError> {
        for path in paths {
            let target = self.root.join(path.as_str());
            if let Some(folder) = target.parent()
                && !self.folders.contains(folder)
            {
                if fs::create_dir_all(folder).is_err() {
                    clear_way(self.root, folder)?;
                    fs::create_dir_all(folder).map_err(disk("create", folder))?;
                }
                self.folders.insert(folder.to_owned());
            }
        }
        Ok(())
    }

    /// Takes a file of the present site that is known to hold the same bytes and was not touched since.
    fn take_over(&self, path: &SitePath, key: &Digest) -> Option<Kept> {
        let kept = self.before.0.get(path).filter(|kept| kept.key == *key)?;
        let target = self.root.join(path.as_str());
        if kept.stands_at(&target) {
            return Some(*kept);
        }
        unlink(&target).ok()?;
        fs::hard_link(self.old.join(path.as_str()), &target).ok()?;
        if kept.stands_at(&target) {
            return Some(*kept);
        }
        fs::remove_file(&target).ok();
        None
    }

    fn put(&self, path: &SitePath, key: Digest, bytes: &[u8]) -> Result<Kept, PublishError> {
        let target = self.root.join(path.as_str());
        self.fresh(&target)?
            .write_all(bytes)
            .map_err(disk("write", &target))?;
        Kept::note(&target, key, ledger::sha256(bytes), bytes.len() as u64)
            .map_err(disk("read", &target))
    }

    /// A new file, whatever stood there: what stood there may be the present site's.
    fn fresh(&self, target: &Path) -> Result<File, PublishError> {
        if self.follows {
            unlink(target)?;
        }
        File::create_new(target).map_err(disk("create", target))
    }

    fn copy_checked(&self, medium: &Medium<'_>) -> Result<Kept, PublishError> {
        let target = self.root.join(medium.path.as_str());
        let mut reader = medium
            .source
            .open()
            .map_err(disk("read the bytes of", &target))?;
        let mut file = self.fresh(&target)?;
        let (found, bytes) = pass(&mut reader, &mut file).map_err(disk("write", &target))?;
        if found == medium.expected {
            Kept::note(&target, found, found, bytes).map_err(disk("read", &target))
        } else {
            Err(PublishError::Differs {
                story: medium.story.to_owned(),
                expected: medium.expected,
                found,
            })
        }
    }
}

/// Removes what stands where a folder must be.
fn clear_way(root: &Path, folder: &Path) -> Result<(), PublishError> {
    let mut ways: Vec<&Path> = folder.ancestors().take_while(|way| *way != root).collect();
    ways.reverse();
    match ways.into_iter().find(|way| !way.is_dir()) {
        Some(way) => unlink(way),
        None => Ok(()),
    }
}

/// Passes bytes on in constant memory; gives their digest and number.
fn pass(reader: &mut dyn Read, writer: &mut dyn Write) -> io::Result<(Digest, u64)> {
    let mut state = Sha256Writer::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                state.update(&chunk[..read]);
                writer.write_all(&chunk[..read])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let bytes = state.bytes();
    Ok((state.finish(), bytes))
}
