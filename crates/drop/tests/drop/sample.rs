//! Cells, sessions and stores for the tests, all from seeds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use drop::Limits;
use drop::disk::Disk;
use drop::store::{Arrived, Deposit, OpenError, Recovery, Store};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use wire::{CELL_BYTES, CellHash, SessionSecret, SessionToken, TokenHash};
use zeroize::Zeroizing;

pub(crate) const MINUTE: i64 = 60 * 1_000_000;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;
/// Some afternoon in 2026.
pub(crate) const START: i64 = 1_795_000_000_000_000;
/// Small packs, so that a few cells fill several.
pub(crate) const PACK_CELLS: u64 = 4;

/// The cell with this number. Made once, for making them is what would take the time.
pub(crate) fn cell(number: u64) -> Bytes {
    static MADE: Mutex<BTreeMap<u64, Bytes>> = Mutex::new(BTreeMap::new());
    let make = || {
        let mut bytes = Box::new([0; CELL_BYTES]);
        ChaCha20Rng::seed_from_u64(number).fill_bytes(bytes.as_mut_slice());
        Bytes::from(bytes.to_vec())
    };
    MADE.lock()
        .unwrap()
        .entry(number)
        .or_insert_with(make)
        .clone()
}

/// The hash of a cell, remembered by the cell's beginning.
pub(crate) fn hash(cell: &Bytes) -> CellHash {
    static MADE: Mutex<BTreeMap<[u8; 16], CellHash>> = Mutex::new(BTreeMap::new());
    let begin = *cell.first_chunk().unwrap();
    *MADE
        .lock()
        .unwrap()
        .entry(begin)
        .or_insert_with(|| CellHash::of(cell))
}

pub(crate) fn cells(numbers: std::ops::Range<u64>) -> Vec<Bytes> {
    numbers.map(cell).collect()
}

/// A session by number.
pub(crate) struct Session {
    pub(crate) token: SessionToken,
    pub(crate) secret: SessionSecret,
}

impl Session {
    pub(crate) fn new(number: u8) -> Self {
        Self {
            token: SessionToken::from_bytes([number; 32]),
            secret: SessionSecret::from_bytes([number ^ 0xff; 32]),
        }
    }

    pub(crate) fn hash(&self) -> TokenHash {
        self.token.hash()
    }

    pub(crate) fn deposit(&self, cells: &[Bytes]) -> Deposit {
        let cells = cells
            .iter()
            .map(|cell| Arrived::new(cell.clone(), &self.secret).unwrap())
            .collect();
        Deposit {
            token: self.hash(),
            secret: self.secret.hash(),
            cells,
        }
    }

    /// Which of the cells the store says are missing in this session.
    pub(crate) fn missing(&self, store: &Store, cells: &[Bytes], now: i64) -> Vec<u32> {
        let hashes: Vec<CellHash> = cells.iter().map(hash).collect();
        store
            .missing(&self.hash(), &self.secret, &hashes, now)
            .unwrap()
    }
}

pub(crate) fn limits() -> Limits {
    Limits {
        pack_cells: PACK_CELLS,
        ..Limits::default()
    }
}

pub(crate) fn open(disk: Arc<dyn Disk>, now: i64) -> Result<(Store, Recovery), OpenError> {
    Store::open(disk, limits(), Zeroizing::new([5; 32]), now)
}

/// Every cell that a desk would read.
pub(crate) fn whole_log(store: &Store) -> Vec<Bytes> {
    let mut out = Vec::new();
    let mut from = 0;
    loop {
        match store.read(from, 3, &mut out).unwrap() {
            0 => break,
            cells => from += cells,
        }
    }
    let all = Bytes::from(out);
    (0..all.len() / CELL_BYTES)
        .map(|i| all.slice(i * CELL_BYTES..(i + 1) * CELL_BYTES))
        .collect()
}
