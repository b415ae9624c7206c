//! Averaging pixels down, and turning what is left as the camera was held.

use zeroize::Zeroizing;

/// A decoded picture.
pub(super) struct Pixels {
    pub(super) samples: Zeroizing<Vec<u8>>,
    pub(super) width: u32,
    pub(super) height: u32,
    /// 1 grey, 2 grey and cover, 3 colours, 4 colours and cover.
    pub(super) channels: usize,
    /// Two bytes a sample, in this machine's order.
    pub(super) deep: bool,
}

/// A small picture in three bytes a pixel.
pub(super) struct Small {
    pub(super) rgb: Zeroizing<Vec<u8>>,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Pixels {
    fn sample(&self, at: usize) -> u32 {
        let byte = |at: usize| self.samples.get(at).copied().unwrap_or_default();
        if self.deep {
            (u16::from_ne_bytes([byte(2 * at), byte(2 * at + 1)]) >> 8).into()
        } else {
            byte(at).into()
        }
    }

    /// One pixel, over white where it is not covered.
    fn pixel(&self, x: u32, y: u32) -> [u32; 3] {
        let first = (y as usize * self.width as usize + x as usize) * self.channels;
        let grey = self.channels < 3;
        let colour = [0, 1, 2].map(|n| self.sample(if grey { first } else { first + n }));
        if self.channels.is_multiple_of(2) {
            let cover = self.sample(first + self.channels - 1);
            colour.map(|one| (one * cover + 255 * (255 - cover)) / 255)
        } else {
            colour
        }
    }

    /// Averages squares of pixels until the longest side is at most `side`.
    pub(super) fn shrink(&self, side: u32) -> Option<Small> {
        let square = self.width.max(self.height).div_ceil(side).max(1);
        let width = (self.width / square).max(1);
        let height = (self.height / square).max(1);
        let mut rgb = Zeroizing::new(Vec::with_capacity((width * height * 3) as usize));
        for y in 0..height {
            for x in 0..width {
                let mean = self.mean(x * square, y * square, square)?;
                rgb.extend_from_slice(&mean);
            }
        }
        Some(Small { rgb, width, height })
    }

    fn mean(&self, left: u32, top: u32, square: u32) -> Option<[u8; 3]> {
        let (mut sums, mut count) = ([0_u64; 3], 0_u64);
        for y in top..(top + square).min(self.height) {
            for x in left..(left + square).min(self.width) {
                let pixel = self.pixel(x, y);
                sums.iter_mut()
                    .zip(pixel)
                    .for_each(|(sum, one)| *sum += u64::from(one));
                count += 1;
            }
        }
        let mean = |sum: u64| u8::try_from(sum.checked_div(count)?).ok();
        Some([mean(sums[0])?, mean(sums[1])?, mean(sums[2])?])
    }
}

impl Small {
    /// Turns it by the number that cameras write (EXIF, 1 to 8).
    pub(super) fn turn(self, turned: u8) -> Self {
        let (w, h) = (self.width, self.height);
        let (width, height) = if turned >= 5 { (h, w) } else { (w, h) };
        let mut rgb = Zeroizing::new(Vec::with_capacity(self.rgb.len()));
        for y in 0..height {
            for x in 0..width {
                let (from_x, from_y) = match turned {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    8 => (w - 1 - y, x),
                    _ => (x, y),
                };
                let at = (from_y as usize * w as usize + from_x as usize) * 3;
                rgb.extend_from_slice(self.rgb.get(at..at + 3).unwrap_or(&[0; 3]));
            }
        }
        Self { rgb, width, height }
    }
}
