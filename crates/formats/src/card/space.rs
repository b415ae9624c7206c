//! Where cells can lie on a card: windows of 65,536 bytes at fixed places, and the unused rest that holds noise alone.

use crate::CELL;
use crate::card::volume::{Clusters, Image, Volume, VolumeError, find_boot, free_clusters};

const WINDOW: u64 = CELL as u64;

/// The unused space of a card.
///
/// Windows are counted from where the clusters begin, at fixed places: which of them hold cells is found again by trying
/// each, without the file system, and a picture that is added later destroys the cells it lies on and no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    heap: u64,
    unit: u64,
    units: u32,
    free: Clusters,
    /// Runs of windows that are wholly unused: the number of their first place, and of their first window.
    runs: Vec<(u32, u64)>,
    places: u32,
}

/// Unused bytes that are no place for a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Where they begin.
    pub at: u64,
    /// How many.
    pub length: u64,
}

impl Space {
    /// A file of this many places and nothing else.
    #[must_use]
    pub fn file(places: u32) -> Self {
        Self::new(0, WINDOW, places, Clusters::all(places))
    }

    /// The unused space of a card's own file system.
    ///
    /// # Errors
    /// No FAT or exFAT volume, one against its format's rules or not closed properly, or the card cannot be read.
    pub fn unused(image: &(impl Image + ?Sized)) -> Result<Self, VolumeError> {
        let boot = find_boot(image)?;
        let Volume {
            heap,
            cluster,
            clusters,
            ..
        } = boot.volume();
        let free = free_clusters(image, &boot)?;
        Ok(Self::new(heap, cluster.into(), clusters, free))
    }

    fn new(heap: u64, unit: u64, units: u32, free: Clusters) -> Self {
        let mut space = Self {
            heap,
            unit,
            units,
            free,
            runs: Vec::new(),
            places: 0,
        };
        let mut before = false;
        for window in 0..space.bytes() / WINDOW {
            let here = space.is_free(window);
            if here && !before {
                space.runs.push((space.places, window));
            }
            space.places += u32::from(here);
            before = here;
        }
        space
    }

    fn bytes(&self) -> u64 {
        self.unit * u64::from(self.units)
    }

    /// Units that a window touches.
    fn units_of(&self, window: u64) -> std::ops::Range<u32> {
        let unit = |at: u64| u32::try_from(at).unwrap_or(u32::MAX).min(self.units);
        let start = window * WINDOW;
        unit(start / self.unit)..unit((start + WINDOW).div_ceil(self.unit))
    }

    fn is_free(&self, window: u64) -> bool {
        self.units_of(window).all(|unit| self.free.has(unit))
    }

    /// How many cells fit.
    #[must_use]
    pub fn places(&self) -> u32 {
        self.places
    }

    /// Byte on the card at which a place begins, counted from 0. Beyond the last place there is none.
    #[must_use]
    pub fn place(&self, number: u32) -> Option<u64> {
        if number >= self.places {
            return None;
        }
        let run = self.runs.partition_point(|(first, _)| *first <= number);
        let (first, window) = self.runs.get(run.checked_sub(1)?)?;
        Some(self.heap + (window + u64::from(number - first)) * WINDOW)
    }

    /// Unused bytes in windows that are partly used, and behind the last window, in order.
    pub fn gaps(&self) -> impl Iterator<Item = Gap> + '_ {
        let windows = self.bytes().div_ceil(WINDOW);
        (0..windows).flat_map(move |window| {
            let whole = (window + 1) * WINDOW <= self.bytes();
            let (start, end) = (window * WINDOW, ((window + 1) * WINDOW).min(self.bytes()));
            let partly = !(whole && self.is_free(window));
            let free = self
                .units_of(window)
                .filter(move |unit| partly && self.free.has(*unit));
            free.map(move |unit| {
                // A unit larger than a window lies in several of them.
                let from = (u64::from(unit) * self.unit).max(start);
                let to = (u64::from(unit) * self.unit + self.unit).min(end);
                Gap {
                    at: self.heap + from,
                    length: to - from,
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(unit: u64, units: u32, used: &[u32]) -> Space {
        let mut free = Clusters::all(units);
        used.iter().for_each(|unit| free.remove(*unit));
        Space::new(1_000, unit, units, free)
    }

    #[test]
    fn a_file_is_all_places() {
        for places in [1, 63, 64, 65, 1_000] {
            let space = Space::file(places);
            assert_eq!(space.places(), places);
            assert_eq!(
                space.place(places - 1),
                Some(u64::from(places - 1) * WINDOW)
            );
            assert_eq!(space.place(places), None);
            assert_eq!(space.gaps().count(), 0);
        }
    }

    #[test]
    fn small_units_leave_gaps_where_a_window_is_partly_used() {
        // Four units to a window; the second window is partly used, and one unit is left behind the third.
        let space = space(16_384, 13, &[5]);
        assert_eq!(space.places(), 2);
        assert_eq!(space.place(0), Some(1_000));
        assert_eq!(space.place(1), Some(1_000 + 2 * WINDOW));
        let gaps: Vec<(u64, u64)> = space.gaps().map(|gap| (gap.at, gap.length)).collect();
        let unit = |n: u64| (1_000 + n * 16_384, 16_384);
        assert_eq!(gaps, [unit(4), unit(6), unit(7), unit(12)]);
    }

    #[test]
    fn large_units_hold_several_windows() {
        let space = space(131_072, 3, &[1]);
        let places: Vec<u64> = (0..4).filter_map(|n| space.place(n)).collect();
        let windows: Vec<u64> = places.iter().map(|at| (at - 1_000) / WINDOW).collect();
        assert_eq!(windows, [0, 1, 4, 5]);
        assert_eq!(space.gaps().count(), 0);
    }

    #[test]
    fn places_and_gaps_are_all_that_is_unused() {
        for (unit, units, used) in [
            (512, 1_000, vec![0, 130, 999]),
            (65_536, 5, vec![2]),
            (32_768, 9, vec![8]),
        ] {
            let space = space(unit, units, &used);
            let places = u64::from(space.places()) * WINDOW;
            let gaps: u64 = space.gaps().map(|gap| gap.length).sum();
            assert_eq!(places + gaps, unit * (u64::from(units) - used.len() as u64));
        }
    }
}
