//! A tree as one list of hashes that only grows: every leaf, and each inner node right behind the leaf that completes it.
//!
//! Whoever keeps such a list can give the root and the tiles of every size it ever had with a handful of reads. Where the
//! list lies is the caller's business.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;

use tlog_tiles::tlog::{
    self, Error as TlogError, Hash, HashReader, stored_hash_count, stored_hash_index,
};

use crate::MAX_SIZE;
use crate::digest::Digest;
use crate::log::tiles;
use crate::tree::{self, ConsistencyProof};

/// Reads hashes of the list by their place in it.
pub trait StoredHashes {
    /// The hash at this place.
    ///
    /// # Errors
    /// What the medium reports; a place behind the end is an error too.
    fn at(&self, place: u64) -> io::Result<Digest>;
}

impl StoredHashes for [Digest] {
    fn at(&self, place: u64) -> io::Result<Digest> {
        let place = usize::try_from(place).map_err(io::Error::other)?;
        let found = self.get(place).copied();
        found.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// How many hashes the list of a tree of `size` leaves has.
#[must_use]
pub fn stored_hashes(size: u64) -> u64 {
    stored_hash_count(size.min(MAX_SIZE))
}

/// The place of a leaf in the list.
#[must_use]
pub fn place_of_leaf(index: u64) -> u64 {
    stored_hash_index(0, index.min(MAX_SIZE))
}

/// What to append to the list of a tree of `size` leaves when these leaves join it.
///
/// # Errors
/// What the medium reports, or a tree beyond [`MAX_SIZE`].
pub fn grow<S: StoredHashes + ?Sized>(
    size: u64,
    leaves: &[Digest],
    stored: &S,
) -> io::Result<Vec<Digest>> {
    if size.saturating_add(leaves.len() as u64) > MAX_SIZE {
        return Err(io::Error::other("the tree is full"));
    }
    let reader = Reader::new(stored, stored_hashes(size));
    let mut out = Vec::with_capacity(leaves.len() * 2);
    for (index, leaf) in (size..).zip(leaves) {
        let hashes = tlog::stored_hashes_for_record_hash(index, Hash(leaf.0), &reader)
            .map_err(|error| reader.explain(&error))?;
        let first = stored_hash_index(0, index);
        let mut added = reader.added.borrow_mut();
        for (place, hash) in (first..).zip(hashes) {
            added.insert(place, Digest(hash.0));
            out.push(Digest(hash.0));
        }
    }
    Ok(out)
}

/// The root of the tree over the first `size` leaves.
///
/// # Errors
/// What the medium reports.
pub fn root<S: StoredHashes + ?Sized>(size: u64, stored: &S) -> io::Result<Digest> {
    let reader = Reader::new(stored, stored_hashes(size));
    let root = tlog::tree_hash(size.min(MAX_SIZE), &reader);
    root.map(|root| Digest(root.0))
        .map_err(|error| reader.explain(&error))
}

/// Proves that the tree over `size` leaves begins with the one over `old_size`.
///
/// # Errors
/// What the medium reports, or an older tree that is larger.
pub fn consistency<S: StoredHashes + ?Sized>(
    old_size: u64,
    size: u64,
    stored: &S,
) -> io::Result<ConsistencyProof> {
    let reader = Reader::new(stored, stored_hashes(size));
    let path = match old_size {
        0 => Vec::new(),
        _ if old_size > size || size > MAX_SIZE => return Err(io::ErrorKind::InvalidInput.into()),
        _ => tlog::prove_tree(size, old_size, &reader)
            .map(tree::digests)
            .map_err(|error| reader.explain(&error))?,
    };
    Ok(ConsistencyProof {
        old_size,
        size,
        path,
    })
}

/// The tile with this C2SP name (`tile/L/N[.p/W]`) in the tree over `size` leaves; nothing when it has no such tile.
///
/// # Errors
/// What the medium reports.
pub fn tile<S: StoredHashes + ?Sized>(
    name: &str,
    size: u64,
    stored: &S,
) -> io::Result<Option<Vec<u8>>> {
    let held = tiles::parse(name)
        .filter(|tile| !tile.is_data())
        .filter(|tile| {
            let whole = tile.parent(0, size);
            whole.is_some_and(|whole| whole.width() >= tile.width())
        });
    let Some(tile) = held else {
        return Ok(None);
    };
    let reader = Reader::new(stored, stored_hashes(size));
    let bytes = tile.read_data(&reader);
    bytes.map(Some).map_err(|error| reader.explain(&error))
}

/// The name of the tile that holds `width` leaves from `number * 256` on.
#[must_use]
pub fn leaf_tile_name(number: u64, width: u64) -> String {
    tiles::leaf_name(number, width)
}

/// A list as the tlog crate reads it; remembers the medium's own words when it fails.
struct Reader<'a, S: StoredHashes + ?Sized> {
    stored: &'a S,
    end: u64,
    added: RefCell<HashMap<u64, Digest>>,
    fault: RefCell<Option<io::Error>>,
}

impl<'a, S: StoredHashes + ?Sized> Reader<'a, S> {
    fn new(stored: &'a S, end: u64) -> Self {
        Self {
            stored,
            end,
            added: RefCell::new(HashMap::new()),
            fault: RefCell::new(None),
        }
    }

    fn explain(&self, error: &TlogError) -> io::Error {
        let fault = self.fault.borrow_mut().take();
        fault.unwrap_or_else(|| io::Error::other(format!("the tree's hashes: {error}")))
    }
}

impl<S: StoredHashes + ?Sized> HashReader for Reader<'_, S> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, TlogError> {
        let read = |place: &u64| {
            if let Some(hash) = self.added.borrow().get(place) {
                return Ok(Hash(hash.0));
            }
            if *place >= self.end {
                return Err(TlogError::IndexesNotInTree);
            }
            self.stored
                .at(*place)
                .map(|hash| Hash(hash.0))
                .map_err(|fault| {
                    *self.fault.borrow_mut() = Some(fault);
                    TlogError::IndexesNotInTree
                })
        };
        indexes.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EMPTY_ROOT, leaf_hash, node_hash};

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn naive(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => EMPTY_ROOT,
            [one] => *one,
            many => {
                let half = many.len().next_power_of_two() / 2;
                node_hash(&naive(&many[..half]), &naive(&many[half..]))
            }
        }
    }

    #[test]
    fn every_root_ever_had_is_given_however_it_grew() {
        let all = leaves(600);
        let mut list: Vec<Digest> = Vec::new();
        let mut size = 0;
        for step in [1_u64, 0, 2, 5, 120, 128, 200, 144] {
            let next = size + step;
            let range = usize::try_from(size).unwrap()..usize::try_from(next).unwrap();
            let more = grow(size, &all[range], list.as_slice()).unwrap();
            list.extend(more);
            size = next;
            assert_eq!(list.len() as u64, stored_hashes(size));
        }
        for size in [0, 1, 2, 3, 255, 256, 257, 511, 512, 600] {
            let held = usize::try_from(size).unwrap();
            assert_eq!(root(size, list.as_slice()).unwrap(), naive(&all[..held]));
            let proof = consistency(size, 600, list.as_slice()).unwrap();
            proof.check(&naive(&all[..held]), &naive(&all)).unwrap();
        }
        assert_eq!(list[usize::try_from(place_of_leaf(77)).unwrap()], all[77]);
    }

    #[test]
    fn tiles_are_those_of_the_size_asked_and_no_others() {
        let all = leaves(600);
        let list = grow(0, &all, [].as_slice()).unwrap();
        let get = |name: &str, size| tile(name, size, list.as_slice()).unwrap();
        let bytes = |range: std::ops::Range<usize>| {
            let hashes = all[range].iter().flat_map(|hash| hash.0);
            Some(hashes.collect::<Vec<u8>>())
        };
        assert_eq!(get(&leaf_tile_name(1, 256), 600), bytes(256..512));
        assert_eq!(get(&leaf_tile_name(2, 88), 600), bytes(512..600));
        assert_eq!(get(&leaf_tile_name(2, 3), 600), bytes(512..515));
        assert_eq!(get("tile/1/000.p/2", 600).map(|tile| tile.len()), Some(64));
        for (name, size) in [
            (leaf_tile_name(2, 89), 600),
            (leaf_tile_name(1, 256), 511),
            ("tile/1/000.p/3".to_owned(), 600),
            ("tile/entries/000".to_owned(), 600),
            ("tile/0/../000".to_owned(), 600),
        ] {
            assert_eq!(get(&name, size), None, "{name}");
        }
        assert!(root(601, list.as_slice()).is_err());
    }
}
