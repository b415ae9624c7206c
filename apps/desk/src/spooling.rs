//! Many cells into the spool: gathered into runs, which a thread of its own appends while more are found.
//!
//! However slow the disk is, it is asked to sync once for all runs that have come meanwhile.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use formats::CELL;
use store::{Spool, SpoolError};
use tokio::sync::Notify;

/// Bytes of a run: 16 cells.
const RUN: usize = 16 * CELL;
/// Runs that wait for the disk at most, and that are synced together.
const WAITING: usize = 4;

/// Nobody takes cells any more: [`Spooling::finish`] says why.
#[derive(Debug)]
pub(crate) struct Ended;

/// The thread that appends.
pub(crate) struct Spooling {
    full: SyncSender<Vec<u8>>,
    used: Used,
    writer: JoinHandle<Result<(), SpoolError>>,
}

/// Runs that were appended, to be filled again.
type Used = Arc<Mutex<Vec<Vec<u8>>>>;

impl Spooling {
    /// Begins; `arrived` hears of every append.
    pub(crate) fn begin(spool: Arc<Spool>, arrived: Arc<Notify>) -> Self {
        let (full, runs) = sync_channel(WAITING);
        let used = Used::default();
        let back = used.clone();
        Self {
            full,
            used,
            writer: thread::spawn(move || append(&spool, &arrived, &runs, &back)),
        }
    }

    /// A run of its own for whoever finds cells; there may be several.
    pub(crate) fn run(&self) -> Run {
        Run {
            cells: Vec::with_capacity(RUN),
            full: self.full.clone(),
            used: self.used.clone(),
        }
    }

    /// Waits until all runs that were given are on the disk.
    pub(crate) fn finish(self) -> Result<(), SpoolError> {
        drop(self.full);
        // A writer that ended oddly has appended nothing more.
        self.writer.join().unwrap_or(Err(SpoolError::Failed))
    }
}

/// Cells that follow each other into the spool.
pub(crate) struct Run {
    cells: Vec<u8>,
    full: SyncSender<Vec<u8>>,
    used: Used,
}

impl Run {
    /// Takes a cell.
    pub(crate) fn push(&mut self, cell: &[u8; CELL]) -> Result<(), Ended> {
        self.cells.extend_from_slice(cell);
        if self.cells.len() < RUN {
            return Ok(());
        }
        let used = self
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut next = used.unwrap_or_else(|| Vec::with_capacity(RUN));
        next.clear();
        let whole = std::mem::replace(&mut self.cells, next);
        self.full.send(whole).map_err(|_| Ended)
    }

    /// Gives away what is left.
    pub(crate) fn end(self) -> Result<(), Ended> {
        if self.cells.is_empty() {
            return Ok(());
        }
        self.full.send(self.cells).map_err(|_| Ended)
    }
}

fn append(
    spool: &Spool,
    arrived: &Notify,
    runs: &Receiver<Vec<u8>>,
    used: &Mutex<Vec<Vec<u8>>>,
) -> Result<(), SpoolError> {
    while let Ok(first) = runs.recv() {
        let together: Vec<Vec<u8>> = std::iter::once(first)
            .chain(runs.try_iter().take(WAITING - 1))
            .collect();
        let cells: Vec<&[u8]> = together.iter().map(Vec::as_slice).collect();
        spool.append_all(&cells)?;
        arrived.notify_one();
        used.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(together);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::SpoolPosition;

    use super::*;

    #[test]
    fn g10_what_several_find_is_in_the_spool_once_when_finishing_returns() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Arc::new(Spool::open(folder.path()).unwrap());
        let spooling = Spooling::begin(spool.clone(), Arc::default());
        // More than all runs together hold, and not a whole number of them.
        let each = 32 * 9 + 7;
        thread::scope(|scope| {
            for finder in 0..3_u8 {
                let mut run = spooling.run();
                scope.spawn(move || {
                    let mut cell = Box::new([finder; CELL]);
                    for n in 0..each {
                        cell[..4].copy_from_slice(&u32::to_be_bytes(n));
                        run.push(&cell).unwrap();
                    }
                    run.end().unwrap();
                });
            }
        });
        spooling.finish().unwrap();
        drop(spool);
        let spool = Spool::open(folder.path()).unwrap();
        assert_eq!(spool.end(), SpoolPosition(u64::from(each) * 3));
        let (mut cell, mut next) = (Box::new([0; CELL]), [0; 3]);
        for at in 0..spool.end().0 {
            spool.read(SpoolPosition(at), &mut cell).unwrap();
            let next = &mut next[usize::from(cell[CELL - 1])];
            assert_eq!(cell[..4], u32::to_be_bytes(*next), "each in its own order");
            *next += 1;
        }
        assert_eq!(next, [each; 3]);
    }

    #[test]
    fn a_spool_that_fails_ends_the_finding_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Arc::new(Spool::open(&folder.path().join("spool")).unwrap());
        std::fs::remove_dir_all(folder.path().join("spool")).unwrap();
        let spooling = Spooling::begin(spool, Arc::default());
        let mut run = spooling.run();
        let cell = Box::new([1; CELL]);
        let ended = (0..100_000).find(|_| run.push(&cell).is_err());
        assert!(ended.is_some());
        drop(run);
        assert!(matches!(spooling.finish(), Err(SpoolError::Io { .. })));
    }
}
