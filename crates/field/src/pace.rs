//! How much goes into one request. Between two requests urgent words may step in, so a request should take seconds at most
//! whatever the line: the first carries one cell, and the next ones as many as the line has shown that it takes.

use std::time::Duration;

/// A request should not keep the line longer than this, beyond its way there and back.
const TARGET: Duration = Duration::from_secs(4);

/// The pace of the lines in use.
pub(crate) struct Pace {
    cells: usize,
    most: usize,
    /// The way there and back, measured once on a line that seems slow: a far line is not a narrow one.
    way: Option<Duration>,
}

impl Pace {
    /// A pace of at most `most` cells at once.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            cells: 1,
            most: most.max(1),
            way: None,
        }
    }

    /// Cells for the next request.
    pub(crate) fn cells(&self) -> usize {
        self.cells
    }

    /// Whether a request that took this long leaves open if the line is narrow or only far.
    pub(crate) fn doubts(&self, took: Duration) -> bool {
        took > TARGET && self.way.is_none()
    }

    /// Hears how long a question takes that carries next to nothing.
    pub(crate) fn far(&mut self, way: Duration) {
        self.way = Some(way);
    }

    /// Hears how long a request of so many cells took.
    pub(crate) fn took(&mut self, cells: usize, took: Duration) {
        let carrying = took
            .saturating_sub(self.way.unwrap_or_default())
            .as_millis();
        let room = cells as u128 * TARGET.as_millis();
        let fits = room.checked_div(carrying).unwrap_or(u128::MAX);
        let fits = usize::try_from(fits).unwrap_or(usize::MAX);
        self.cells = fits.clamp(1, self.most.min(self.cells * 2));
    }

    /// Hears that a request failed: the next one risks less.
    pub(crate) fn stumbled(&mut self) {
        self.cells = (self.cells / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(per_cell: u64, way: u64, most: usize) -> Pace {
        let mut pace = Pace::new(most);
        for _ in 0..12 {
            let cells = pace.cells();
            let took = Duration::from_millis(way + per_cell * cells as u64);
            if pace.doubts(took) {
                pace.far(Duration::from_millis(way));
            }
            pace.took(cells, took);
        }
        pace
    }

    #[test]
    fn a_fast_line_takes_full_requests_and_a_narrow_one_single_cells() {
        assert_eq!(settle(1, 10, 64).cells(), 64);
        assert_eq!(settle(8_200, 800, 64).cells(), 1, "64 kbit/s");
        assert_eq!(settle(1_000, 300, 64).cells(), 3, "512 kbit/s");
        assert_eq!(settle(0, 0, 21).cells(), 21);
    }

    #[test]
    fn a_far_line_is_not_taken_for_a_narrow_one() {
        assert_eq!(settle(20, 6_000, 64).cells(), 64);
    }

    #[test]
    fn a_failure_halves_and_never_stops() {
        let mut pace = settle(1, 1, 64);
        for _ in 0..9 {
            pace.stumbled();
        }
        assert_eq!(pace.cells(), 1);
    }
}
