//! Counting without keeping: requests are added one by one and leave in whole tens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many requests the smallest count stands for; every count is a multiple of it.
pub const QUANTUM: u64 = 10;

/// Where counts go that are too small to be told apart.
pub const OTHER: &str = "other";

/// What is counted apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Days since 1970, UTC.
    pub day: i64,
    /// A page's address, or [`OTHER`].
    pub page: String,
    /// A country's two letters, `onion`, `unknown` or [`OTHER`].
    pub country: String,
}

impl Cell {
    /// Where its requests are counted if there are too few: the page with all countries, then the day, then nowhere.
    fn broader(&self) -> Option<Self> {
        let (page, country) = match (self.page.as_str(), self.country.as_str()) {
            (OTHER, OTHER) => return None,
            (_, OTHER) => (OTHER, OTHER),
            (page, _) => (page, OTHER),
        };
        Some(Self {
            day: self.day,
            page: page.to_owned(),
            country: country.to_owned(),
        })
    }
}

/// Requests that were added and have not left yet.
#[derive(Default)]
pub struct Tally {
    cells: BTreeMap<Cell, u64>,
}

impl Tally {
    /// One more request.
    pub fn add(&mut self, cell: Cell) {
        self.put(cell, 1);
    }

    /// How many cells are held; what bounds the memory.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// Takes the whole tens out; what is left of each cell may still grow.
    pub fn take(&mut self) -> Vec<(Cell, u64)> {
        let mut out = Vec::new();
        self.cells.retain(|cell, count| {
            let left = *count % QUANTUM;
            if *count > left {
                out.push((cell.clone(), *count - left));
            }
            *count = left;
            left > 0
        });
        out
    }

    /// Takes everything out: the whole tens as they are, the rest with that of other countries, then of other pages. The
    /// last few of a day are counted nowhere.
    pub fn close(&mut self) -> Vec<(Cell, u64)> {
        let mut out = self.take();
        // Countries first, so that a page's rest is complete before pages are put together.
        for of_countries in [true, false] {
            let narrow = |cell: &Cell| (cell.country != OTHER) == of_countries;
            let moved: Vec<Cell> = self.cells.keys().filter(|c| narrow(c)).cloned().collect();
            for cell in moved {
                let broader = cell.broader();
                if let (Some(broader), Some(count)) = (broader, self.cells.remove(&cell)) {
                    self.put(broader, count);
                }
            }
            out.extend(self.take());
        }
        self.cells.clear();
        out
    }

    fn put(&mut self, cell: Cell, count: u64) {
        let held = self.cells.entry(cell).or_insert(0);
        *held = held.saturating_add(count);
    }
}
