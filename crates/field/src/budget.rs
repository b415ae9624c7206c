//! How many bytes may go over the line in one day, as the owner set it. Bytes are counted before they go out, noise and
//! repetitions included: a phone bill that stands out is a witness.

use formats::{CELL, DecodeError};

use crate::record::{Reader, Writer};

/// Bytes of the encoding.
pub(crate) const BUDGET_LEN: usize = 8 + 4 + 8;

/// The limit, and what the last day that sent has used of it.
#[derive(Default)]
pub(crate) struct Budget {
    /// Bytes in one day; 0 for no limit.
    limit: u64,
    /// The owner's local day, counted from 1 January 1970.
    day: i32,
    /// Bytes sent on it.
    spent: u64,
}

impl Budget {
    /// Cells that may still go out on this day; `None` without a limit.
    pub(crate) fn cells_left(&self, day: i32) -> Option<u64> {
        let spent = if day == self.day { self.spent } else { 0 };
        (self.limit > 0).then(|| self.limit.saturating_sub(spent) / CELL as u64)
    }

    /// Counts cells that are about to go out. Any other day begins anew: a clock that was once wrong must not stop everything.
    pub(crate) fn spend(&mut self, day: i32, cells: u32) {
        if day != self.day {
            (self.day, self.spent) = (day, 0);
        }
        self.spent = self.spent.saturating_add(u64::from(cells) * CELL as u64);
    }

    pub(crate) fn limit(&self) -> Option<u64> {
        (self.limit > 0).then_some(self.limit)
    }

    pub(crate) fn set_limit(&mut self, limit: Option<u64>) {
        self.limit = limit.unwrap_or(0);
    }

    pub(crate) fn encode(&self, w: &mut Writer) {
        w.u64(self.limit)
            .bytes(&self.day.to_be_bytes())
            .u64(self.spent);
    }

    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            limit: r.u64()?,
            day: i32::from_be_bytes(r.array()?),
            spent: r.u64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL_BYTES: u64 = CELL as u64;

    #[test]
    fn each_day_begins_anew() {
        let mut budget = Budget::default();
        assert_eq!(budget.cells_left(5), None);
        budget.set_limit(Some(10 * CELL_BYTES + 1));
        assert_eq!(budget.cells_left(5), Some(10));
        budget.spend(5, 7);
        assert_eq!(budget.cells_left(5), Some(3));
        assert_eq!(budget.cells_left(6), Some(10));
        budget.spend(6, 9);
        assert_eq!(budget.cells_left(6), Some(1));
        budget.set_limit(None);
        assert_eq!((budget.cells_left(6), budget.limit()), (None, None));
    }

    #[test]
    fn what_is_written_is_read() {
        let mut budget = Budget::default();
        budget.set_limit(Some(77));
        budget.spend(-3, 2);
        let mut w = Writer::with_room(BUDGET_LEN);
        budget.encode(&mut w);
        assert_eq!(w.0.len(), BUDGET_LEN);
        let read = Budget::decode(&mut Reader(&w.0)).unwrap();
        assert_eq!((read.limit, read.day, read.spent), (77, -3, 2 * CELL_BYTES));
    }
}
