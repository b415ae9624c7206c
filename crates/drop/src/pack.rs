//! Cells in order, in append-only pack files.
//!
//! A pack holds [`PACK_CELLS`] records of fixed size, so a cell's offset gives its place. Each record ends
//! with a trailer that checks it. A new pack begins only when the one before is full and synced; so after a
//! crash only the last pack can have a torn tail. Opening cuts what follows the last whole record there and
//! nothing else: a damaged record in the middle keeps its place, for what lies behind it was acknowledged.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use wire::{CELL_BYTES, CellHash};

use crate::disk::{Disk, DiskFile, join};

/// Cells in one pack file: 256 MiB of cells.
pub const PACK_CELLS: u64 = 4_096;
/// Bytes of one record: the cell and its trailer.
pub const RECORD_BYTES: usize = CELL_BYTES + TRAILER;

const TRAILER: usize = 64;
const MAGIC: &[u8; 8] = b"FHCELL\x00\x01";
const DIR: &str = "packs";

/// The log of cells.
pub(crate) struct Log {
    disk: Arc<dyn Disk>,
    /// Cells in one pack.
    per_pack: u64,
    /// Cells that are synced; readers see no others.
    size: AtomicU64,
    /// The first pack that is still there.
    first_pack: AtomicU64,
}

/// What the rest of the folder says about a log that is being opened.
#[derive(Clone, Copy, Default)]
pub(crate) struct Floor {
    /// Packs below this offset may have been removed.
    pub(crate) removed: u64,
    /// Cells below this offset were named in a checkpoint: no torn write takes them away.
    pub(crate) signed: u64,
}

/// The end of the log, where one writer appends.
pub(crate) struct Tail {
    file: Arc<dyn DiskFile>,
    pack: u64,
    /// Cells written, synced or not.
    written: u64,
}

/// What opening the log found.
pub(crate) struct Opened {
    pub(crate) log: Log,
    pub(crate) tail: Tail,
    /// Bytes cut from a torn end.
    pub(crate) cut_bytes: u64,
    /// Offsets of records in the last pack that are there but damaged.
    pub(crate) damaged: Vec<u64>,
}

/// One cell to append.
pub(crate) struct NewCell<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) hash: CellHash,
}

impl Log {
    /// Opens the log, or begins one.
    pub(crate) fn open(disk: Arc<dyn Disk>, per_pack: u64, floor: Floor) -> io::Result<Opened> {
        disk.make_dir(DIR)?;
        disk.sync_dir("")?;
        let (first, packs) = count_packs(disk.as_ref(), floor.removed / per_pack)?;
        for pack in first..packs.saturating_sub(1) {
            let length = disk.open(&pack_path(pack))?.length()?;
            if length != per_pack * RECORD_BYTES as u64 {
                return Err(corrupt(format!(
                    "pack {pack} is {length} bytes long but is not the last one"
                )));
            }
        }
        let pack = packs.saturating_sub(1);
        let file = if packs == 0 {
            begin_pack(disk.as_ref(), 0)?
        } else {
            disk.open(&pack_path(pack))?
        };
        let (whole, damaged, cut_bytes) =
            recover_tail(file.as_ref(), pack * per_pack, per_pack, floor.signed)?;
        // What the page cache still holds of a killed process counts only once it is on the disk.
        file.sync()?;
        disk.sync_dir(DIR)?;
        let written = pack * per_pack + whole;
        let log = Self {
            per_pack,
            disk,
            size: AtomicU64::new(written),
            first_pack: AtomicU64::new(first),
        };
        Ok(Opened {
            log,
            tail: Tail {
                file,
                pack,
                written,
            },
            cut_bytes,
            damaged,
        })
    }

    /// Synced cells in the log.
    pub(crate) fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    /// Appends cells without syncing them. On failure the log ends where it did, or the error stays.
    pub(crate) fn append(&self, tail: &mut Tail, cells: &[NewCell<'_>]) -> io::Result<Range<u64>> {
        let start = tail.written;
        let mut left = cells;
        while !left.is_empty() {
            if tail.written == (tail.pack + 1) * self.per_pack {
                self.roll(tail)?;
            }
            let room = (tail.pack + 1) * self.per_pack - tail.written;
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(left.len());
            let (now, later) = left.split_at(room);
            append_records(tail, now)?;
            left = later;
        }
        Ok(start..tail.written)
    }

    /// The full pack is synced before the next one begins: only the last pack can ever be torn.
    fn roll(&self, tail: &mut Tail) -> io::Result<()> {
        tail.file.sync()?;
        tail.file = begin_pack(self.disk.as_ref(), tail.pack + 1)?;
        tail.pack += 1;
        Ok(())
    }

    /// Takes back what was appended and not synced, as far as the last pack holds it.
    pub(crate) fn take_back(&self, tail: &mut Tail) -> io::Result<()> {
        let keep = self.size().max(tail.pack * self.per_pack);
        tail.file
            .truncate((keep - tail.pack * self.per_pack) * RECORD_BYTES as u64)?;
        tail.written = keep;
        Ok(())
    }

    /// Shows readers everything up to this offset. Only after a sync.
    pub(crate) fn publish(&self, end: u64) {
        self.size.store(end, Ordering::Release);
    }

    /// The first offset that is still held.
    pub(crate) fn first(&self) -> u64 {
        self.first_pack.load(Ordering::Acquire) * self.per_pack
    }

    /// Removes packs that end at or before this offset, oldest first, each durably before the next: whatever interrupts
    /// it leaves no gap. The last pack always stays.
    pub(crate) fn remove_below(&self, below: u64) -> io::Result<u64> {
        let last = self.size().saturating_sub(1) / self.per_pack;
        let end = (below / self.per_pack).min(last);
        let first = self.first_pack.load(Ordering::Acquire);
        for pack in first..end {
            // Readers are told first, so that none begins on a pack that is going.
            self.first_pack.store(pack + 1, Ordering::Release);
            match self.disk.remove(&pack_path(pack)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    self.first_pack.store(pack, Ordering::Release);
                    return Err(error);
                }
            }
            self.disk.sync_dir(DIR)?;
        }
        Ok(end.saturating_sub(first))
    }

    /// The SHA-256 of each of these cells, from its record; of a damaged record, that of the cell as it is.
    pub(crate) fn hashes(&self, range: Range<u64>) -> io::Result<Vec<CellHash>> {
        let mut out = Vec::new();
        let mut open: Option<(u64, Arc<dyn DiskFile>)> = None;
        for offset in range {
            let pack = offset / self.per_pack;
            if open.as_ref().is_none_or(|(number, _)| *number != pack) {
                open = Some((pack, self.disk.open(&pack_path(pack))?));
            }
            if let Some((_, file)) = &open {
                let place = (offset % self.per_pack) * RECORD_BYTES as u64;
                out.push(recorded_hash(file.as_ref(), place, offset)?);
            }
        }
        Ok(out)
    }

    /// Copies cells from one pack into the buffer; the caller asks again for those of the next pack.
    /// Returns how many were copied, 0 at the end of the log.
    pub(crate) fn read(&self, from: u64, most: u64, out: &mut Vec<u8>) -> io::Result<u64> {
        let end = self.size().min(from.saturating_add(most));
        if from >= end {
            return Ok(0);
        }
        let pack = from / self.per_pack;
        let end = end.min((pack + 1) * self.per_pack);
        let file = self.disk.open(&pack_path(pack))?;
        for offset in from..end {
            let begin = out.len();
            out.resize(begin + CELL_BYTES, 0);
            let place = (offset % self.per_pack) * RECORD_BYTES as u64;
            if let Some(cell) = out.get_mut(begin..) {
                file.read_at(place, cell)?;
            }
        }
        Ok(end - from)
    }
}

impl Tail {
    /// The file to sync; everything before it is synced already.
    pub(crate) fn file(&self) -> Arc<dyn DiskFile> {
        Arc::clone(&self.file)
    }
}

fn append_records(tail: &mut Tail, cells: &[NewCell<'_>]) -> io::Result<()> {
    let trailers: Vec<[u8; TRAILER]> = (tail.written..)
        .zip(cells)
        .map(|(offset, cell)| trailer(offset, &cell.hash))
        .collect();
    let parts: Vec<&[u8]> = cells
        .iter()
        .zip(&trailers)
        .flat_map(|(cell, trailer)| [cell.bytes, trailer.as_slice()])
        .collect();
    tail.file.append(&parts)?;
    tail.written += cells.len() as u64;
    Ok(())
}

fn recorded_hash(file: &dyn DiskFile, place: u64, offset: u64) -> io::Result<CellHash> {
    let mut found = [0; TRAILER];
    file.read_at(place + CELL_BYTES as u64, &mut found)?;
    let mut hash = [0; 32];
    hash.copy_from_slice(&found[16..48]);
    let hash = CellHash::from_bytes(hash);
    if found == trailer(offset, &hash) {
        return Ok(hash);
    }
    let mut cell = vec![0; CELL_BYTES];
    file.read_at(place, &mut cell)?;
    Ok(CellHash::of(&cell))
}

/// magic 8 | offset 8 | SHA-256 of the cell 32 | zero 8 | first 8 bytes of the SHA-256 of the 56 before.
fn trailer(offset: u64, hash: &CellHash) -> [u8; TRAILER] {
    let mut out = [0; TRAILER];
    out[..8].copy_from_slice(MAGIC);
    out[8..16].copy_from_slice(&offset.to_be_bytes());
    out[16..48].copy_from_slice(hash.as_bytes());
    let check = Sha256::digest(&out[..56]);
    out[56..].copy_from_slice(&check[..8]);
    out
}

/// Whole records of a last pack, which of them are damaged, and how many bytes were cut behind them.
fn recover_tail(
    file: &dyn DiskFile,
    first: u64,
    per_pack: u64,
    signed: u64,
) -> io::Result<(u64, Vec<u64>, u64)> {
    let length = file.length()?;
    let records = (length / RECORD_BYTES as u64).min(per_pack);
    if first + records < signed {
        return Err(corrupt(format!(
            "the log ends at cell {} but its last checkpoint names {signed}",
            first + records
        )));
    }
    let mut buffer = vec![0; RECORD_BYTES];
    let (mut whole, mut damaged) = (0, Vec::new());
    for index in 0..records {
        file.read_at(index * RECORD_BYTES as u64, &mut buffer)?;
        let offset = first + index;
        let (cell, found) = buffer.split_at(CELL_BYTES);
        if found == trailer(offset, &CellHash::of(cell)) {
            whole = index + 1;
        } else {
            damaged.push(offset);
        }
    }
    // A signed record that rotted at the very end is damage, not a torn write: it keeps its place.
    whole = whole.max(signed.saturating_sub(first).min(records));
    damaged.retain(|offset| *offset < first + whole);
    let keep = whole * RECORD_BYTES as u64;
    if keep < length {
        file.truncate(keep)?;
    }
    Ok((whole, damaged, length - keep))
}

fn begin_pack(disk: &dyn Disk, pack: u64) -> io::Result<Arc<dyn DiskFile>> {
    let file = disk.create(&pack_path(pack))?;
    file.sync()?;
    disk.sync_dir(DIR)?;
    Ok(file)
}

fn pack_path(pack: u64) -> String {
    join(DIR, &format!("{pack:012}.pack"))
}

/// The number of the first pack and the one behind the last. Packs before `removable` may be gone, oldest first.
fn count_packs(disk: &dyn Disk, removable: u64) -> io::Result<(u64, u64)> {
    let mut numbers = Vec::new();
    for name in disk.list(DIR)? {
        let number = name
            .strip_suffix(".pack")
            .and_then(|digits| digits.parse::<u64>().ok());
        let number =
            number.ok_or_else(|| corrupt(format!("unknown file {name} among the packs")))?;
        numbers.push(number);
    }
    numbers.sort_unstable();
    let first = numbers.first().copied().unwrap_or(0);
    let first = if first <= removable { first } else { 0 };
    if let Some((expected, found)) = (first..)
        .zip(&numbers)
        .find(|(expected, found)| expected != *found)
    {
        return Err(corrupt(format!(
            "pack {expected} is not there, but pack {found} is"
        )));
    }
    Ok((first, first + numbers.len() as u64))
}

fn corrupt(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
