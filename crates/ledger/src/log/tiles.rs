//! Hash tiles: their names, and reading them so that nothing is believed that the root does not cover.

use std::cell::RefCell;
use std::collections::HashMap;

use tlog_tiles::tile::{Tile, TileHashReader, TileReader};
use tlog_tiles::tlog::{Error as TlogError, HASH_SIZE, Hash, HashReader, stored_hash_index};

use super::LogError;
use crate::MAX_SIZE;
use crate::storage::Storage;

/// Every tile is 2^8 hashes wide.
pub(super) const HEIGHT: u8 = 8;
/// Entries of a full bundle, hashes of a full tile.
pub(super) const WIDTH: u64 = 256;

/// The C2SP name of a tile: without the height that the older Go layout carries.
pub(super) fn name(tile: &Tile) -> String {
    let path = tile.path();
    path.strip_prefix("tile/8/")
        .map_or_else(|| path.clone(), |rest| format!("tile/{rest}"))
}

/// The C2SP name of the bundle that holds entries from `bundle * 256`, `width` of them.
pub(super) fn bundle_name(bundle: u64, width: u64) -> String {
    let width = u32::try_from(width.clamp(1, WIDTH)).unwrap_or(256);
    let path = Tile::new(HEIGHT, 0, bundle, width, false).path();
    path.strip_prefix("tile/8/0/")
        .map_or_else(|| path.clone(), |rest| format!("tile/entries/{rest}"))
}

/// The C2SP name of the tile that holds `width` leaves from `number * 256` on.
pub(crate) fn leaf_name(number: u64, width: u64) -> String {
    let width = u32::try_from(width.clamp(1, WIDTH)).unwrap_or(256);
    name(&Tile::new(HEIGHT, 0, number, width, false))
}

/// The tile that a C2SP name means; bundles come back as data tiles. Nothing for other names.
///
/// The crate's own parser panics on level 64 and on width 0, so these are turned away before it.
pub(crate) fn parse(name: &str) -> Option<Tile> {
    let (level, rest) = name.strip_prefix("tile/")?.split_once('/')?;
    let level = match level {
        "entries" => "data",
        "0" | "1" | "2" | "3" | "4" | "5" => level,
        _ => return None,
    };
    if rest.ends_with(".p/0") {
        return None;
    }
    Tile::from_path(&format!("tile/8/{level}/{rest}"))
        .ok()
        .filter(|tile| tile.level_index() < MAX_SIZE)
}

/// Reads tiles from storage and remembers what went wrong, which the crate's own error cannot say.
pub(super) struct Stored<'a, S: Storage> {
    storage: &'a S,
    fault: RefCell<Option<LogError>>,
}

impl<'a, S: Storage> Stored<'a, S> {
    pub(super) const fn new(storage: &'a S) -> Self {
        Self {
            storage,
            fault: RefCell::new(None),
        }
    }

    /// The fault that was met, or a broken tree when the tiles were all there and did not fit.
    pub(super) fn explain(&self) -> LogError {
        self.fault.borrow_mut().take().unwrap_or(LogError::Tampered)
    }

    fn read_one(&self, tile: &Tile) -> Result<Vec<u8>, LogError> {
        let name = name(tile);
        let bytes = self
            .storage
            .read(&name)
            .map_err(|source| LogError::Storage {
                name: name.clone(),
                source,
            })?;
        match bytes {
            Some(bytes) if bytes.len() == tile.width() as usize * HASH_SIZE => Ok(bytes),
            Some(_) => Err(LogError::Damaged { name }),
            None => Err(LogError::Missing { name }),
        }
    }
}

impl<S: Storage> TileReader for Stored<'_, S> {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, TlogError> {
        tiles
            .iter()
            .map(|tile| {
                self.read_one(tile).map_err(|fault| {
                    *self.fault.borrow_mut() = Some(fault);
                    TlogError::InvalidTile
                })
            })
            .collect()
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

/// Hashes of the tree as it is, with those of a batch on top that is being added.
pub(super) struct Growing<'a> {
    committed: Option<TileHashReader<'a>>,
    added: HashMap<u64, Hash>,
}

impl<'a> Growing<'a> {
    /// A tree of `size` entries under `root`, nothing added yet.
    pub(super) fn new<S: Storage>(size: u64, root: Hash, stored: &'a Stored<'_, S>) -> Self {
        Self {
            committed: (size > 0).then(|| TileHashReader::new(size, root, stored)),
            added: HashMap::new(),
        }
    }

    /// Takes the hashes that entry `index` completes.
    pub(super) fn add(&mut self, index: u64, hashes: Vec<Hash>) {
        let first = stored_hash_index(0, index);
        for (place, hash) in (first..).zip(hashes) {
            self.added.insert(place, hash);
        }
    }
}

impl HashReader for Growing<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, TlogError> {
        let old: Vec<u64> = indexes
            .iter()
            .copied()
            .filter(|index| !self.added.contains_key(index))
            .collect();
        let mut committed = match (&self.committed, old.is_empty()) {
            (_, true) => Vec::new(),
            (Some(reader), false) => reader.read_hashes(&old)?,
            (None, false) => return Err(TlogError::IndexesNotInTree),
        }
        .into_iter();
        indexes
            .iter()
            .map(|index| match self.added.get(index) {
                Some(hash) => Ok(*hash),
                None => committed.next().ok_or(TlogError::BadMath),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_c2sp() {
        let tile = Tile::new(8, 3, 1_234_067, 112, false);
        assert_eq!(name(&tile), "tile/3/x001/x234/067.p/112");
        assert_eq!(name(&Tile::new(8, 0, 0, 256, false)), "tile/0/000");
        assert_eq!(bundle_name(5, 256), "tile/entries/005");
        assert_eq!(bundle_name(1000, 3), "tile/entries/x001/000.p/3");
        for good in ["tile/3/x001/x234/067.p/112", "tile/entries/x001/000.p/3"] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in [
            "checkpoint",
            "tile/0/0",
            "tile/0/../x",
            "tile/64/000",
            "tile/6/000",
            "tile/0/x999/x999/x999/x999/999",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
