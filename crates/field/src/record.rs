//! Reading and writing the state's own binary encoding: fixed widths, big endian, strict to the last byte.

use formats::DecodeError;
use zeroize::Zeroizing;

const WHAT: &str = "field state";

/// Appends fields to wiped memory.
pub(crate) struct Writer(pub(crate) Zeroizing<Vec<u8>>);

impl Writer {
    /// `room` is reserved at once: growing would leave copies of secrets behind.
    pub(crate) fn with_room(room: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(room)))
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn byte(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    pub(crate) fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn i64(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn count(&mut self, value: usize) -> &mut Self {
        // Everything counted here lies in memory many times smaller than four billion entries.
        self.u32(u32::try_from(value).unwrap_or(u32::MAX))
    }
}

/// Takes fields off the front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let Some((front, rest)) = self.0.split_at_checked(count) else {
            return Err(DecodeError::Truncated {
                what: WHAT,
                need: count,
                got: self.0.len(),
            });
        };
        self.0 = rest;
        Ok(front)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, DecodeError> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    /// A count of entries that take at least `least` bytes each, so that no hostile count reserves memory.
    pub(crate) fn count(&mut self, least: usize) -> Result<usize, DecodeError> {
        let count = self.u32()? as usize;
        if count.saturating_mul(least) > self.0.len() {
            return Err(DecodeError::Truncated {
                what: WHAT,
                need: count.saturating_mul(least),
                got: self.0.len(),
            });
        }
        Ok(count)
    }

    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(DecodeError::Trailing {
            what: WHAT,
            extra: self.0.len(),
        })
    }

    pub(crate) fn version(&mut self, expected: u8) -> Result<(), DecodeError> {
        let got = self.byte()?;
        if got == expected {
            return Ok(());
        }
        Err(DecodeError::Version {
            what: WHAT,
            expected: expected.into(),
            got: got.into(),
        })
    }

    pub(crate) fn flags(&mut self, known: u8) -> Result<u8, DecodeError> {
        let flags = self.byte()?;
        if flags & !known == 0 {
            return Ok(flags);
        }
        Err(DecodeError::Reserved { what: WHAT })
    }
}
