//! Reading a card as a stream: the windows in which cells may lie, wherever its bytes come from.
//!
//! A file of cells has its windows from the first byte on. A memory card has them from where its clusters begin, which
//! its boot sector says; its allocation table is not needed, so that a card that was used since is read as well.

use crate::CELL;
use crate::card::volume::{SECTOR, boot_at, first_partition};

/// Cuts a stream into windows.
#[derive(Debug)]
pub struct Windows {
    window: Vec<u8>,
    seen: u64,
    skip: u64,
    looking: Looking,
}

/// What the next bytes are looked at for.
#[derive(Debug, Clone, Copy)]
enum Looking {
    /// The card's first sector.
    First,
    /// The first sector of its partition, which begins here.
    Partition(u64),
    /// Cells.
    Cells,
}

impl Default for Windows {
    fn default() -> Self {
        Self::new()
    }
}

impl Windows {
    /// Before the first byte.
    #[must_use]
    pub fn new() -> Self {
        Self {
            window: Vec::with_capacity(CELL),
            seen: 0,
            skip: 0,
            looking: Looking::First,
        }
    }

    /// Takes the next bytes and gives every window that they complete to `each`. Bytes at the end that fill no window are
    /// no cell.
    ///
    /// # Errors
    /// The first error of `each`.
    pub fn push<E>(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(&[u8; CELL]) -> Result<(), E>,
    ) -> Result<(), E> {
        while !bytes.is_empty() {
            let skip = usize::try_from(self.skip)
                .unwrap_or(usize::MAX)
                .min(bytes.len());
            self.skip -= skip as u64;
            self.seen += skip as u64;
            bytes = &bytes[skip..];
            let whole = match self.looking {
                Looking::Cells => CELL,
                Looking::First | Looking::Partition(_) => SECTOR,
            };
            let part = (whole - self.window.len()).min(bytes.len());
            self.window.extend_from_slice(&bytes[..part]);
            self.seen += part as u64;
            bytes = &bytes[part..];
            if self.window.len() < whole {
                continue;
            }
            if let Ok(window) = self.window.as_slice().try_into() {
                each(window)?;
                self.window.clear();
            } else {
                self.look();
            }
        }
        Ok(())
    }

    /// Decides by a sector where the windows begin.
    fn look(&mut self) {
        let Ok(sector) = self.window.as_slice().try_into() else {
            return;
        };
        let start = match self.looking {
            Looking::Partition(start) => start,
            Looking::First | Looking::Cells => 0,
        };
        if let Ok(boot) = boot_at(sector, start, u64::MAX) {
            self.go_to(boot.volume().heap, Looking::Cells);
        } else if matches!(self.looking, Looking::First) {
            match first_partition(sector) {
                Some(start) => self.go_to(start, Looking::Partition(start)),
                // No file system: what was looked at is the beginning of the first window.
                None => self.looking = Looking::Cells,
            }
        } else {
            let next = self.seen.next_multiple_of(CELL as u64);
            self.go_to(next, Looking::Cells);
        }
    }

    fn go_to(&mut self, at: u64, looking: Looking) {
        self.skip = at.saturating_sub(self.seen);
        self.window.clear();
        self.looking = looking;
    }
}

/// Whether a window may be a cell: whether its bytes are spread as those of noise are. Pictures, texts and empty space
/// are told apart from cells without a key; a cell is missed less than once in a billion times a billion cards.
#[must_use]
pub fn may_be_cell(window: &[u8; CELL]) -> bool {
    /// The sum of squared deviations lies around 255 times this for noise; it is allowed to be three times that, which is
    /// twenty-three standard deviations off.
    const EXPECTED: u64 = CELL as u64 / 256;
    const MOST: u64 = 3 * 255 * EXPECTED;
    let mut counts = [0_u32; 256];
    for byte in window {
        counts[usize::from(*byte)] += 1;
    }
    let deviation = |count: u32| u64::from(count).abs_diff(EXPECTED).pow(2);
    counts.into_iter().map(deviation).sum::<u64>() <= MOST
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use rand_chacha::ChaCha20Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::*;

    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        bytes
    }

    fn read(bytes: &[u8], step: usize) -> Vec<Vec<u8>> {
        let (mut windows, mut found) = (Windows::new(), Vec::new());
        for part in bytes.chunks(step) {
            let outcome: Result<(), Infallible> = windows.push(part, |window| {
                found.push(window.to_vec());
                Ok(())
            });
            outcome.unwrap();
        }
        found
    }

    #[test]
    fn a_file_of_cells_is_read_from_its_first_byte_however_it_is_cut() {
        let bytes = noise(1, 3 * CELL + 1_000);
        let whole: Vec<Vec<u8>> = bytes.chunks_exact(CELL).map(<[u8]>::to_vec).collect();
        for step in [1, 511, 513, CELL - 1, CELL, 3 * CELL] {
            assert_eq!(read(&bytes, step), whole, "{step}");
        }
        assert!(read(&bytes[..100], 7).is_empty());
    }

    #[test]
    fn noise_may_be_a_cell_and_other_things_may_not() {
        let window = |bytes: &[u8]| <[u8; CELL]>::try_from(bytes).unwrap();
        for seed in 0..200 {
            assert!(may_be_cell(&window(&noise(seed, CELL))));
        }
        assert!(!may_be_cell(&[0; CELL]));
        assert!(!may_be_cell(&[0xff; CELL]));
        let mut half = noise(1, CELL);
        half[CELL / 4..].fill(0);
        assert!(!may_be_cell(&window(&half)));
        let text: Vec<u8> = noise(2, CELL).iter().map(|byte| byte & 0x7f).collect();
        assert!(!may_be_cell(&window(&text)));
    }
}
