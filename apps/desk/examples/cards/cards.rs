//! Card files as the desk sees them: which of their places hold which shard.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use formats::{CELL, CellHeader, PieceKey};
use keys::EpochKeys;

/// A card whose headers were tried.
pub(crate) struct ReadCard {
    file: File,
    /// For each piece where its cells lie, with the header of each.
    cells: BTreeMap<PieceKey, Vec<(u64, CellHeader)>>,
}

impl ReadCard {
    pub(crate) fn open(path: &Path, epoch: &EpochKeys) -> Result<Self> {
        let file = File::open(path)?;
        let mut cells: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut cell = Box::new([0; CELL]);
        for place in 0..file.metadata()?.len() / CELL as u64 {
            let at = place * CELL as u64;
            file.read_exact_at(&mut cell[..112], at)?;
            if let Ok(header) = epoch.veil.open_header(&cell) {
                let header = CellHeader::decode(&header)?;
                let key = PieceKey::of(&header);
                cells.entry(key).or_default().push((at, header));
            }
        }
        Ok(Self { file, cells })
    }

    pub(crate) fn pieces(&self) -> impl Iterator<Item = PieceKey> {
        self.cells.keys().copied()
    }

    /// Where the cells of a piece lie.
    pub(crate) fn cells(&self, key: &PieceKey) -> &[(u64, CellHeader)] {
        self.cells.get(key).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn read(&self, at: u64, cell: &mut [u8; CELL]) -> Result<()> {
        self.file.read_exact_at(cell, at).context("reading a card")
    }
}

pub(crate) fn open_all(paths: &[PathBuf], epoch: &EpochKeys) -> Result<Vec<ReadCard>> {
    paths
        .iter()
        .map(|path| ReadCard::open(path, epoch))
        .collect()
}
