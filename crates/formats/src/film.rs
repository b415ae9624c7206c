//! How long a film plays, by its own header: read from an MP4 or MOV file while its bytes pass by, wherever in it the header
//! lies, and whether or not anybody can go back in it.
//!
//! No decoder and no demands: whatever is not understood gives no length. What is said is a hint for the newsroom, which
//! looks for itself once the film is there.

use zeroize::Zeroize;

/// A box's head: size and name, and the long size if the short one is 1.
const HEAD: usize = 8;
const LONG_HEAD: usize = 16;
/// Version, flags, two times, scale and length of a movie header.
const HEADER: usize = 20;
const LONG_HEADER: usize = 32;
/// What such files begin with; anything else is no film.
const FIRST: [&[u8; 4]; 7] = [
    b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot",
];
/// Numbers in a manifest stay below this.
const LIMIT: u128 = 1 << 53;

#[derive(Debug, Clone, Copy)]
enum Step {
    /// A box's head is being gathered.
    Head { first: bool },
    /// So many bytes belong to a box that says nothing about the length.
    Skip(u64),
    /// The movie header is being gathered.
    Header,
    /// Nothing more is looked at.
    Done(Option<u64>),
}

/// Watches a file's bytes for how long it plays.
pub struct Duration {
    step: Step,
    /// The movie box was entered.
    inside: bool,
    held: [u8; LONG_HEADER],
    got: usize,
}

impl std::fmt::Debug for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Duration(..)")
    }
}

impl Default for Duration {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Duration {
    fn drop(&mut self) {
        self.held.zeroize();
    }
}

impl Duration {
    /// At a file's first byte.
    #[must_use]
    pub fn new() -> Self {
        Self {
            step: Step::Head { first: true },
            inside: false,
            held: [0; LONG_HEADER],
            got: 0,
        }
    }

    /// What was found so far, in milliseconds.
    #[must_use]
    pub fn millis(&self) -> Option<u64> {
        match self.step {
            Step::Done(millis) => millis,
            _ => None,
        }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            self.step = match self.step {
                Step::Done(_) => return,
                Step::Skip(left) => {
                    let there = bytes.len() as u64;
                    let skipped = usize::try_from(left.min(there)).unwrap_or(bytes.len());
                    bytes = bytes.get(skipped..).unwrap_or_default();
                    match left.saturating_sub(there) {
                        0 => Step::Head { first: false },
                        left => Step::Skip(left),
                    }
                }
                step @ Step::Head { first } => {
                    let need = if self.got >= HEAD && self.held[..4] == [0, 0, 0, 1] {
                        LONG_HEAD
                    } else {
                        HEAD
                    };
                    match self.gather(need, &mut bytes) {
                        false => step,
                        // Only now is it known that the size is a long one.
                        true if need == HEAD && self.held[..4] == [0, 0, 0, 1] => step,
                        true => self.after_head(first, need),
                    }
                }
                Step::Header => {
                    let need = if self.got > 0 && self.held[0] == 1 {
                        LONG_HEADER
                    } else {
                        HEADER
                    };
                    match self.gather(need, &mut bytes) {
                        false => Step::Header,
                        true => Step::Done(read_header(&self.held[..need])),
                    }
                }
            };
        }
    }

    /// Gathers until `need` bytes are held; whether they are.
    fn gather(&mut self, need: usize, bytes: &mut &[u8]) -> bool {
        // One byte decides how many more are needed, so the first one is taken alone.
        let most = if self.got == 0 { 1 } else { need - self.got };
        let now = most.min(bytes.len());
        self.held[self.got..self.got + now].copy_from_slice(&bytes[..now]);
        *bytes = bytes.get(now..).unwrap_or_default();
        self.got += now;
        self.got >= need
    }

    fn after_head(&mut self, first: bool, length: usize) -> Step {
        self.got = 0;
        let (mut short, mut name, mut long) = ([0; 4], [0; 4], [0; 8]);
        short.copy_from_slice(&self.held[..4]);
        name.copy_from_slice(&self.held[4..HEAD]);
        long.copy_from_slice(&self.held[HEAD..LONG_HEAD]);
        let size = match u32::from_be_bytes(short) {
            1 => u64::from_be_bytes(long),
            short => u64::from(short),
        };
        if first && !FIRST.contains(&&name) {
            return Step::Done(None);
        }
        match &name {
            b"mvhd" if self.inside => return Step::Header,
            // The movie box is entered. What fills it comes one after the other, like what follows it.
            b"moov" => {
                self.inside = true;
                return Step::Head { first: false };
            }
            _ => {}
        }
        match size.checked_sub(length as u64) {
            Some(0) => Step::Head { first: false },
            Some(body) => Step::Skip(body),
            // To the end of the file, or nonsense.
            None => Step::Done(None),
        }
    }
}

/// Scale and length of a movie header that is all there.
fn read_header(header: &[u8]) -> Option<u64> {
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    let (scale, length) = match header.first()? {
        0 => (
            number(12)?,
            Some(number(16)?).filter(|l| *l != u32::MAX)?.into(),
        ),
        1 => {
            let (high, low) = (u64::from(number(24)?), u64::from(number(28)?));
            let length = high << 32 | low;
            (number(20)?, Some(length).filter(|l| *l != u64::MAX)?)
        }
        _ => return None,
    };
    let millis = (u128::from(length) * 1_000).checked_div(scale.into())?;
    u64::try_from(millis)
        .ok()
        .filter(|_| millis > 0 && millis < LIMIT)
}
