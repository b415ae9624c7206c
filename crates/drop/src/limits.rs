//! What a drop allows, in one place, with defaults for one small server.

use std::time::Duration;

use wire::CELL_BYTES;

/// Limits of one drop.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Cells that one session may store.
    pub session_cells: u64,
    /// Cells that the whole drop may hold.
    pub total_cells: u64,
    /// Cells in one pack file. Part of the format of a folder: never change it under one that exists.
    pub pack_cells: u64,
    /// Session tokens that may be registered at once.
    pub tokens: usize,
    /// Time between two checkpoints, in microseconds.
    pub checkpoint_micros: i64,
    /// Within a day checkpoints name multiples of this many cells, so that they do not tell when a single report came.
    pub checkpoint_round: u64,
    /// Days that cells are kept after the desk has confirmed them.
    pub keep_days: i64,
    /// Mailboxes that may hold something at once.
    pub mailboxes: usize,
    /// Connections at once; further ones are told to come back.
    pub connections: usize,
    /// Requests that one session may have under way.
    pub requests_per_session: u32,
    /// Whole cells in memory that wait to be written, over all requests.
    pub waiting_cells: usize,
    /// In each span of this length something must move: see [`Self::progress_bytes`].
    pub stall: Duration,
    /// How much must arrive in each span of [`Self::stall`]. Slow lines are welcome, dead ones are not.
    pub progress_bytes: usize,
    /// Within this time the head of a request, at most a few KiB, must be complete.
    pub head: Duration,
    /// How long running requests may still take once the drop is asked to stop.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let cells = |bytes: u64| bytes / CELL_BYTES as u64;
        Self {
            session_cells: cells(8 << 30),
            total_cells: cells(64 << 30),
            pack_cells: crate::pack::PACK_CELLS,
            tokens: 1_000_000,
            checkpoint_micros: 10 * 60 * 1_000_000,
            checkpoint_round: 64,
            keep_days: 30,
            mailboxes: 65_536,
            connections: 2_048,
            requests_per_session: 4,
            waiting_cells: 1_024,
            stall: Duration::from_secs(60),
            progress_bytes: 1_024,
            head: Duration::from_secs(60),
            stop: Duration::from_secs(5),
        }
    }
}
