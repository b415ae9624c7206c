//! Boxes of ISO media files: reading heads from a stream, walking boxes in memory, writing them.

use std::io::{self, Read, Seek, SeekFrom};

/// A box's head in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) name: [u8; 4],
    /// Whole size, head included.
    pub(crate) size: u64,
    /// Size of the head.
    pub(crate) head: u64,
}

/// Reads the head of the box at `at`; `None` when what is there is no box that fits before `end`.
pub(crate) fn head(source: &mut (impl Read + Seek), at: u64, end: u64) -> io::Result<Option<Head>> {
    if end.saturating_sub(at) < 8 {
        return Ok(None);
    }
    source.seek(SeekFrom::Start(at))?;
    let mut first = [0_u8; 8];
    source.read_exact(&mut first)?;
    let [a, b, c, d, name @ ..] = first;
    let (size, head) = match u32::from_be_bytes([a, b, c, d]) {
        0 => (end - at, 8),
        1 if end - at >= 16 => {
            let mut long = [0_u8; 8];
            source.read_exact(&mut long)?;
            (u64::from_be_bytes(long), 16)
        }
        size => (u64::from(size), 8),
    };
    let plausible = size >= head
        && size <= end - at
        && name
            .iter()
            .all(|byte| byte.is_ascii_graphic() || *byte == b' ' || *byte == 0xA9);
    Ok(plausible.then_some(Head { name, size, head }))
}

/// The boxes that follow one another in `bytes`: name and body. Stops at the first that does not fit.
pub(crate) fn walk(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let [a, b, c, d, name @ ..] = *rest.first_chunk::<8>()?;
        let size = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
        let body = rest.get(8..size)?;
        rest = rest.get(size..)?;
        Some((name, body))
    })
}

/// The first box of that name.
pub(crate) fn find<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    walk(bytes)
        .find(|(found, _)| found == name)
        .map(|(_, body)| body)
}

/// A box inside boxes.
pub(crate) fn find_path<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter()
        .try_fold(bytes, |inside, name| find(inside, name))
}

/// Reads numbers one after the other; every read may fail, none may panic.
pub(crate) struct Numbers<'a>(pub(crate) &'a [u8]);

impl Numbers<'_> {
    pub(crate) fn u32(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*first))
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        let (first, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(i32::from_be_bytes(*first))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        let (first, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*first))
    }

    pub(crate) fn skip(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.get(bytes..)?;
        Some(())
    }
}

/// A box of those parts.
pub(crate) fn boxed(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body: usize = parts.iter().map(|part| part.len()).sum();
    // Index boxes of the longest recording we take are a few megabytes; they always fit 32 bits.
    let size = u32::try_from(8 + body).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(8 + body);
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(name);
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// A box with version and flags.
pub(crate) fn full(name: &[u8; 4], version: u8, flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    let [_, a, b, c] = flags.to_be_bytes();
    let mut all: Vec<&[u8]> = Vec::with_capacity(parts.len() + 1);
    let head = [version, a, b, c];
    all.push(&head);
    all.extend_from_slice(parts);
    boxed(name, &all)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_what_was_written() {
        let inner = full(b"mvhd", 1, 0x01_02_03, &[b"abc"]);
        let outer = boxed(b"moov", &[&boxed(b"free", &[]), &inner]);
        assert_eq!(
            find_path(&outer, &[b"moov", b"mvhd"]),
            Some(&b"\x01\x01\x02\x03abc"[..])
        );
        let found = head(&mut Cursor::new(&outer), 0, outer.len() as u64)
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.name, found.size, found.head),
            (*b"moov", outer.len() as u64, 8)
        );
        assert_eq!(
            head(&mut Cursor::new(&outer), 0, outer.len() as u64 - 1).unwrap(),
            None
        );
    }

    proptest! {
        #[test]
        fn walks_anything(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let total: usize = walk(&bytes).map(|(_, body)| body.len() + 8).sum();
            prop_assert!(total <= bytes.len());
        }
    }
}
