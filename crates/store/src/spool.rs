//! The spool: cells that came in while nobody could open them, and those that wait for their piece to be whole.
//!
//! Append-only files of whole 65,536-byte cells, nothing else: noise on the disk as on the road. A cell counts when
//! [`Spool::append`] has returned, because it is synced then; whatever a crash left half-written is cut off on opening.
//! A segment is removed as a whole once nothing in it is needed. `docs/formats/spool.md` has the details.

use crate::disk::{Disk, DiskFile, RealDisk};
use formats::CELL;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Cells of a segment before the next one begins: 64 MiB.
pub const SEGMENT_CELLS: u64 = 1024;

const CELL_LEN: u64 = CELL as u64;

/// A cell's place in the spool, counted from its very first cell; never used again for another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SpoolPosition(pub u64);

/// Why the spool did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk failed.
    #[error("the spool in {path} failed to {doing}: {source}")]
    Io {
        /// What it was doing.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// The disk's failure.
        source: io::Error,
    },
    /// Not a whole number of cells.
    #[error("{bytes} bytes are not a whole number of cells")]
    NotCells {
        /// How many bytes.
        bytes: usize,
    },
    /// No cell lies there.
    #[error("the spool holds no cell at {at}", at = .0.0)]
    NoCell(SpoolPosition),
    /// The folder holds files that are not the spool's, or a segment is missing.
    #[error("{path} is not a spool's segment, or the one before it is missing")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A sync failed earlier: what is on the disk is unknown until the spool is opened again.
    #[error(
        "the disk failed to keep cells earlier; free space or replace the disk, then start again"
    )]
    Failed,
    /// Another process holds the spool.
    #[error("another process uses the spool in {path}")]
    InUse {
        /// Where.
        path: PathBuf,
    },
}

/// The spool of one desk. All methods take `&self`; appending is serialised inside.
#[derive(Debug)]
pub struct Spool<D: Disk = RealDisk> {
    folder: PathBuf,
    disk: D,
    segment_cells: u64,
    state: Mutex<State<D::File>>,
    /// Whoever changes the end holds this, and not the state, while the disk works: reading goes on meanwhile.
    changing: Mutex<()>,
    /// Held for as long as this lives; the operating system lets go of it when the process dies.
    _lock: Option<std::fs::File>,
}

#[derive(Debug)]
struct State<F> {
    /// Segments by the position of their first cell.
    segments: BTreeMap<u64, Segment<F>>,
    /// Where the next cell goes.
    end: u64,
    failed: bool,
}

#[derive(Debug)]
struct Segment<F> {
    file: Arc<F>,
    cells: u64,
}

impl Spool<RealDisk> {
    /// Opens the spool in a folder, which is created when its parent exists.
    ///
    /// # Errors
    /// [`SpoolError::InUse`], [`SpoolError::Foreign`], or what the disk reports.
    pub fn open(folder: &Path) -> Result<Self, SpoolError> {
        let fail = |doing| {
            move |source| SpoolError::Io {
                doing,
                path: folder.to_owned(),
                source,
            }
        };
        if RealDisk
            .create_dir(folder)
            .map_err(fail("create its folder"))?
        {
            sync_parent(&RealDisk, folder).map_err(fail("keep its folder"))?;
        }
        let lock = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(".lock"));
        let lock = lock.map_err(fail("open its lock"))?;
        if lock.try_lock().is_err() {
            return Err(SpoolError::InUse {
                path: folder.to_owned(),
            });
        }
        let mut spool = Self::on(RealDisk, folder, SEGMENT_CELLS)?;
        spool._lock = Some(lock);
        Ok(spool)
    }
}

impl<D: Disk> Spool<D> {
    /// The spool in the existing folder of another disk, with segments of another size, unlocked: for tests.
    ///
    /// # Errors
    /// [`SpoolError::Foreign`], or what the disk reports.
    pub fn on(disk: D, folder: &Path, segment_cells: u64) -> Result<Self, SpoolError> {
        let state = Mutex::new(State {
            segments: BTreeMap::new(),
            end: 0,
            failed: false,
        });
        let spool = Self {
            folder: folder.to_owned(),
            disk,
            segment_cells: segment_cells.max(1),
            state,
            changing: Mutex::new(()),
            _lock: None,
        };
        spool.recover()?;
        Ok(spool)
    }

    /// Reads the folder, cuts off a torn tail and makes what is left durable.
    fn recover(&self) -> Result<(), SpoolError> {
        let mut state = self.lock();
        for path in self
            .disk
            .files(&self.folder)
            .map_err(|e| self.io("list its segments", e))?
        {
            if path.file_name().is_some_and(|name| name == ".lock") {
                continue;
            }
            let start =
                segment_start(&path).ok_or_else(|| SpoolError::Foreign { path: path.clone() })?;
            let file = self
                .disk
                .open(&path, true)
                .map_err(|e| self.io("open a segment", e))?;
            let len = file.len().map_err(|e| self.io("measure a segment", e))?;
            let cells = len / CELL_LEN;
            if len % CELL_LEN != 0 {
                file.set_len(cells * CELL_LEN)
                    .map_err(|e| self.io("cut a torn tail", e))?;
            }
            // Cells that survived a crash unsynced are read from now on: they must survive the next one too.
            file.sync().map_err(|e| self.io("keep a segment", e))?;
            state.segments.insert(
                start,
                Segment {
                    file: Arc::new(file),
                    cells,
                },
            );
        }
        self.disk
            .sync_dir(&self.folder)
            .map_err(|e| self.io("keep its folder", e))?;
        let mut next: Option<u64> = None;
        for (start, segment) in &state.segments {
            // Segments follow each other without a gap: one is begun after the one before it is synced, and they are
            // removed one by one from the front.
            if next.is_some_and(|next| *start != next) {
                return Err(SpoolError::Foreign {
                    path: self.segment_path(*start),
                });
            }
            next = Some(start + segment.cells);
        }
        state.end = next.unwrap_or(0);
        Ok(())
    }

    /// Appends whole cells; when it returns they are on the disk. Gives the place of the first.
    ///
    /// # Errors
    /// [`SpoolError::NotCells`], [`SpoolError::Failed`], or what the disk reports. After an error none of the cells count.
    pub fn append(&self, cells: &[u8]) -> Result<SpoolPosition, SpoolError> {
        self.append_all(&[cells])
    }

    /// The same for several runs of whole cells, which are synced together.
    ///
    /// # Errors
    /// As for [`Self::append`].
    pub fn append_all(&self, runs: &[&[u8]]) -> Result<SpoolPosition, SpoolError> {
        if let Some(odd) = runs.iter().find(|run| !run.len().is_multiple_of(CELL)) {
            return Err(SpoolError::NotCells { bytes: odd.len() });
        }
        let _turn = self.turn();
        let first = {
            let state = self.lock();
            if state.failed {
                return Err(SpoolError::Failed);
            }
            state.end
        };
        let written = self.write_cells(first, runs);
        let mut state = self.lock();
        match written {
            Ok(end) => {
                state.end = end;
                Ok(SpoolPosition(first))
            }
            Err(error) => {
                state.failed |= !self.undo(&mut state);
                Err(error)
            }
        }
    }

    /// Writes and syncs cells behind the end, segment by segment; gives the new end.
    fn write_cells(&self, end: u64, runs: &[&[u8]]) -> Result<u64, SpoolError> {
        let mut at = end;
        let mut unsynced = None;
        for run in runs {
            let mut rest = *run;
            while !rest.is_empty() {
                let (start, file, room) = self.segment_for(at)?;
                let whole = usize::try_from(room * CELL_LEN).unwrap_or(usize::MAX);
                let (now, later) = rest.split_at(rest.len().min(whole));
                file.write_all_at(now, (at - start) * CELL_LEN)
                    .map_err(|e| self.io("write cells", e))?;
                at += (now.len() / CELL) as u64;
                rest = later;
                // Synced before the next segment is begun: a crash never leaves a gap.
                if now.len() == whole {
                    self.keep(start, &file, at)?;
                    unsynced = None;
                } else {
                    unsynced = Some((start, file));
                }
            }
        }
        if let Some((start, file)) = unsynced {
            self.keep(start, &file, at)?;
        }
        Ok(at)
    }

    /// Syncs a segment that ends at `at`.
    fn keep(&self, start: u64, file: &D::File, at: u64) -> Result<(), SpoolError> {
        let synced = file.sync();
        let mut state = self.lock();
        if let Err(error) = synced {
            state.failed = true;
            return Err(self.io("keep cells", error));
        }
        if let Some(segment) = state.segments.get_mut(&start) {
            segment.cells = at - start;
        }
        Ok(())
    }

    /// Takes back what a failed append left behind the end (the disk is full, say); whether that went well.
    fn undo(&self, state: &mut State<D::File>) -> bool {
        let end = state.end;
        let begun: Vec<u64> = state
            .segments
            .range(end..)
            .map(|(start, _)| *start)
            .collect();
        // The newest first; a segment that begins right at the end may stay, emptied.
        for start in begun.into_iter().rev().filter(|start| *start > end) {
            if self.disk.remove(&self.segment_path(start)).is_err() {
                return false;
            }
            state.segments.remove(&start);
        }
        let Some((start, segment)) = state.segments.iter_mut().next_back() else {
            return true;
        };
        segment.cells = end - start;
        segment.file.set_len(segment.cells * CELL_LEN).is_ok()
            && self.disk.sync_dir(&self.folder).is_ok()
    }

    /// The segment that the cell at `at` goes into, how far it has room, begun when needed.
    fn segment_for(&self, at: u64) -> Result<(u64, Arc<D::File>, u64), SpoolError> {
        if let Some((start, segment)) = self.lock().segments.iter().next_back() {
            let used = at - start;
            if used < self.segment_cells {
                return Ok((*start, Arc::clone(&segment.file), self.segment_cells - used));
            }
        }
        self.begin_segment(at)
            .map(|file| (at, file, self.segment_cells))
    }

    fn begin_segment(&self, at: u64) -> Result<Arc<D::File>, SpoolError> {
        let path = self.segment_path(at);
        let file = match self.disk.create(&path) {
            // Left from an append that failed between creating and writing.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.disk.open(&path, true)
            }
            other => other,
        };
        let file = Arc::new(file.map_err(|e| self.io("begin a segment", e))?);
        self.disk
            .sync_dir(&self.folder)
            .map_err(|e| self.io("keep a segment's name", e))?;
        self.lock().segments.insert(
            at,
            Segment {
                file: Arc::clone(&file),
                cells: 0,
            },
        );
        Ok(file)
    }

    /// Reads one cell into a buffer of exactly 65,536 bytes.
    ///
    /// # Errors
    /// [`SpoolError::NoCell`], or what the disk reports.
    pub fn read(&self, at: SpoolPosition, out: &mut [u8; CELL]) -> Result<(), SpoolError> {
        let (file, offset) = self.find(at)?;
        file.read_exact_at(out, offset)
            .map_err(|e| self.io("read a cell", e))
    }

    /// Reads the first bytes of a cell, as many as the buffer takes (a header's 112): trying a header costs no more.
    ///
    /// # Errors
    /// [`SpoolError::NoCell`], or what the disk reports.
    pub fn read_head(&self, at: SpoolPosition, out: &mut [u8]) -> Result<(), SpoolError> {
        let (file, offset) = self.find(at)?;
        let len = out.len().min(CELL);
        file.read_exact_at(&mut out[..len], offset)
            .map_err(|e| self.io("read a header", e))
    }

    /// Whether two places hold the same bytes. Nonces differ wherever a cell was veiled anew, so that mostly the beginnings
    /// tell; what cannot be read is the same as nothing.
    #[must_use]
    pub fn twins(&self, one: SpoolPosition, other: SpoolPosition) -> bool {
        let beginning = |at| {
            let mut nonce = [0; 24];
            self.read_head(at, &mut nonce).ok().map(|()| nonce)
        };
        if beginning(one).is_none_or(|nonce| beginning(other) != Some(nonce)) {
            return false;
        }
        let whole = |at| {
            let mut cell = Box::new([0; CELL]);
            self.read(at, &mut cell).ok().map(|()| cell)
        };
        whole(one).is_some_and(|cell| whole(other) == Some(cell))
    }

    fn find(&self, at: SpoolPosition) -> Result<(Arc<D::File>, u64), SpoolError> {
        let state = self.lock();
        let (start, segment) = state
            .segments
            .range(..=at.0)
            .next_back()
            .ok_or(SpoolError::NoCell(at))?;
        let within = at.0 - start;
        if within >= segment.cells || at.0 >= state.end {
            return Err(SpoolError::NoCell(at));
        }
        Ok((Arc::clone(&segment.file), within * CELL_LEN))
    }

    /// Where the first cell lies that was not removed.
    #[must_use]
    pub fn begin(&self) -> SpoolPosition {
        let state = self.lock();
        SpoolPosition(state.segments.keys().next().copied().unwrap_or(state.end))
    }

    /// Where the next cell will go: everything before it is on the disk.
    #[must_use]
    pub fn end(&self) -> SpoolPosition {
        SpoolPosition(self.lock().end)
    }

    /// Where the oldest segment begins and ends.
    #[must_use]
    pub fn front(&self) -> Option<(SpoolPosition, SpoolPosition)> {
        let state = self.lock();
        let (start, segment) = state.segments.iter().next()?;
        Some((SpoolPosition(*start), SpoolPosition(start + segment.cells)))
    }

    /// Removes the segments whose cells all lie before `needed_from`; says how many cells went. The last segment goes
    /// too when all of it is used, and an empty one keeps its place.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn remove_before(&self, needed_from: SpoolPosition) -> Result<u64, SpoolError> {
        let _turn = self.turn();
        let (end, last_used) = {
            let state = self.lock();
            let last = state.segments.values().next_back();
            (state.end, last.is_some_and(|segment| segment.cells > 0))
        };
        let needed = needed_from.0.min(end);
        if needed == end && last_used {
            self.begin_segment(end)?;
        }
        let mut state = self.lock();
        let used = |(start, segment): (&u64, &Segment<D::File>)| {
            let over = segment.cells > 0 && start + segment.cells <= needed;
            over.then_some((*start, segment.cells))
        };
        let over: Vec<(u64, u64)> = state.segments.iter().map_while(used).collect();
        let mut gone = 0;
        for (start, cells) in over {
            self.disk
                .remove(&self.segment_path(start))
                .map_err(|e| self.io("remove a segment", e))?;
            self.disk
                .sync_dir(&self.folder)
                .map_err(|e| self.io("keep a removal", e))?;
            state.segments.remove(&start);
            gone += cells;
        }
        Ok(gone)
    }

    fn segment_path(&self, start: u64) -> PathBuf {
        self.folder.join(format!("{start:016x}.cells"))
    }

    fn io(&self, doing: &'static str, source: io::Error) -> SpoolError {
        SpoolError::Io {
            doing,
            path: self.folder.clone(),
            source,
        }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State<D::File>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn segment_start(path: &Path) -> Option<u64> {
    let digits = path.file_name()?.to_str()?.strip_suffix(".cells")?;
    let canonical =
        digits.len() == 16 && !digits.bytes().any(|b| b.is_ascii_uppercase() || b == b'+');
    canonical.then(|| u64::from_str_radix(digits, 16).ok())?
}

pub(crate) fn sync_parent(disk: &impl Disk, folder: &Path) -> io::Result<()> {
    match folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => disk.sync_dir(parent),
        None => Ok(()),
    }
}
