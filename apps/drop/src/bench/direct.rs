//! The peer: the same groups of cells written and synced to one file, with nothing around it.

use std::fs::{self, File};
use std::io::{IoSlice, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use drop::Limits;
use drop::disk::RealDisk;
use drop::store::Store;
use rand_core::{OsRng, RngCore as _};
use wire::CELL_BYTES;
use zeroize::Zeroizing;

/// A folder that is removed at the end.
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes one.
    pub(crate) fn new(parent: &Path) -> anyhow::Result<Self> {
        let path = parent.join(format!("fh-drop-bench-{:016x}", OsRng.next_u64()));
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { path })
    }

    /// A folder or file in it.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left for whoever owns the folder.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// An empty store in a folder, which is emptied first.
pub(crate) fn open_store(dir: &Path) -> anyhow::Result<Arc<Store>> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    let disk = RealDisk::open(dir)?;
    let (store, _) = Store::open(
        Arc::new(disk),
        Limits::default(),
        Zeroizing::new([7; 32]),
        0,
    )?;
    Ok(Arc::new(store))
}

/// Random cells, made before the clock starts.
pub(crate) fn random_cells(count: usize) -> Vec<Bytes> {
    let mut all = vec![0; count * CELL_BYTES];
    OsRng.fill_bytes(&mut all);
    let all = Bytes::from(all);
    (0..count)
        .map(|i| all.slice(i * CELL_BYTES..(i + 1) * CELL_BYTES))
        .collect()
}

/// Writes and syncs groups of these sizes; returns MiB a second.
pub(crate) fn write(path: &Path, cells: &[Bytes], groups: &[usize]) -> anyhow::Result<f64> {
    let mut file = File::create(path)?;
    let mut source = cells.iter().cycle();
    let begin = Instant::now();
    for group in groups {
        let cells: Vec<&Bytes> = source.by_ref().take(*group).collect();
        for chunk in cells.chunks(1_000) {
            let mut slices: Vec<IoSlice<'_>> =
                chunk.iter().map(|cell| IoSlice::new(cell)).collect();
            let mut left = slices.as_mut_slice();
            while !left.is_empty() {
                let written = file.write_vectored(left)?;
                IoSlice::advance_slices(&mut left, written);
            }
        }
        file.sync_data()?;
    }
    let speed = mib_per_second(groups.iter().sum(), begin);
    fs::remove_file(path)?;
    Ok(speed)
}

/// Cells since a moment as MiB a second.
pub(crate) fn mib_per_second(cells: usize, since: Instant) -> f64 {
    let mib = u32::try_from(cells).map_or(f64::INFINITY, f64::from) / 16.0;
    mib / since.elapsed().as_secs_f64()
}
