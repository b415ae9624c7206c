//! Which slots are free. Kept in memory alone: what the state does not name is free, whatever lies there.

/// A run of slots, by block number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) start: u32,
    pub(crate) count: u16,
}

/// The slots of a vault.
pub(super) struct Slots {
    first: u32,
    used: Vec<bool>,
    free: usize,
    /// Where the search for free ones goes on, so that writing wears the whole file alike.
    next: usize,
}

impl Slots {
    /// All free. `start` is any number; the search begins there.
    pub(super) fn new(slots: std::ops::Range<u32>, start: u64) -> Self {
        let count = slots.len();
        let next = usize::try_from(start % (count.max(1) as u64)).unwrap_or(0);
        Self {
            first: slots.start,
            used: vec![false; count],
            free: count,
            next,
        }
    }

    /// Where the search goes on, for slots that are counted anew.
    pub(super) fn next_number(&self) -> u64 {
        self.next as u64
    }

    pub(super) fn free(&self) -> usize {
        self.free
    }

    pub(super) fn all(&self) -> usize {
        self.used.len()
    }

    /// Marks slots as used; `false` when one lies outside or is used already.
    pub(super) fn claim(&mut self, extent: Extent) -> bool {
        (0..u32::from(extent.count)).all(|n| {
            let slot = self.at(extent.start.saturating_add(n));
            let fresh = slot.is_some_and(|slot| !std::mem::replace(slot, true));
            self.free -= usize::from(fresh);
            fresh
        })
    }

    /// Gives slots back.
    pub(super) fn release(&mut self, extent: Extent) {
        for n in 0..u32::from(extent.count) {
            let slot = self.at(extent.start.saturating_add(n));
            let was_used = slot.is_some_and(|slot| std::mem::replace(slot, false));
            self.free += usize::from(was_used);
        }
    }

    fn at(&mut self, block: u32) -> Option<&mut bool> {
        let at = block.checked_sub(self.first)? as usize;
        self.used.get_mut(at)
    }

    /// Takes this many, in as few runs as lie on the way.
    pub(super) fn take(&mut self, count: usize) -> Option<Vec<Extent>> {
        if count > self.free {
            return None;
        }
        let mut runs: Vec<Extent> = Vec::new();
        for _ in 0..count {
            let at = self.next_free()?;
            self.used[at] = true;
            self.free -= 1;
            let block = self.first + u32::try_from(at).ok()?;
            match runs.last_mut() {
                Some(run) if run.start + u32::from(run.count) == block && run.count < u16::MAX => {
                    run.count += 1;
                }
                _ => runs.push(Extent {
                    start: block,
                    count: 1,
                }),
            }
        }
        Some(runs)
    }

    fn next_free(&mut self) -> Option<usize> {
        let length = self.used.len();
        let found = (0..length)
            .map(|step| (self.next + step) % length)
            .find(|at| !self.used[*at])?;
        self.next = (found + 1) % length;
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(start: u32, count: u16) -> Extent {
        Extent { start, count }
    }

    #[test]
    fn slots_are_taken_once_and_come_back() {
        let mut slots = Slots::new(10..20, 7);
        assert_eq!(slots.take(5).unwrap(), [extent(17, 3), extent(10, 2)]);
        assert!(
            !slots.claim(extent(11, 1))
                && !slots.claim(extent(9, 1))
                && !slots.claim(extent(20, 1))
        );
        assert!(slots.claim(extent(13, 2)));
        assert_eq!(slots.free(), 3);
        assert_eq!(slots.take(3).unwrap(), [extent(12, 1), extent(15, 2)]);
        assert!(slots.take(1).is_none());
        slots.release(extent(17, 3));
        slots.release(extent(17, 3));
        slots.release(extent(u32::MAX, 3));
        assert_eq!(slots.free(), 3);
        assert_eq!(slots.take(3).unwrap(), [extent(17, 3)]);
    }
}
