//! An item's plaintext, streamed out of its pieces one after another and hashed on the way.

use std::collections::VecDeque;
use std::io::{self, Read};

use ledger::{Digest, Sha256Writer};

/// Opens one piece for reading.
pub(crate) type OpenPiece<'a, P> = dyn FnMut(&P) -> io::Result<Box<dyn Read + 'a>> + 'a;

/// Reads the pieces of one item as one stream; holds one piece's reader at a time.
pub(crate) struct ItemReader<'a, P> {
    waiting: VecDeque<P>,
    current: Option<Box<dyn Read + 'a>>,
    open: Box<OpenPiece<'a, P>>,
    hash: Sha256Writer,
    most: u64,
}

impl<'a, P> ItemReader<'a, P> {
    /// A reader over `pieces` in order; more than `most` bytes are an error, so that a sender cannot
    /// claim little and send much.
    pub(crate) fn new(
        pieces: impl IntoIterator<Item = P>,
        most: u64,
        open: impl FnMut(&P) -> io::Result<Box<dyn Read + 'a>> + 'a,
    ) -> Self {
        Self {
            waiting: pieces.into_iter().collect(),
            current: None,
            open: Box::new(open),
            hash: Sha256Writer::new(),
            most,
        }
    }

    /// What was read: its length and hash.
    pub(crate) fn finish(self) -> (u64, Digest) {
        (self.hash.bytes(), self.hash.finish())
    }
}

impl<P> Read for ItemReader<'_, P> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(current) = &mut self.current else {
                let Some(piece) = self.waiting.pop_front() else {
                    return Ok(0);
                };
                self.current = Some((self.open)(&piece)?);
                continue;
            };
            let read = current.read(out)?;
            if read == 0 {
                self.current = None;
                continue;
            }
            self.hash.update(&out[..read]);
            if self.hash.bytes() > self.most {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the pieces hold more than the manifest says",
                ));
            }
            return Ok(read);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn reader(most: u64) -> ItemReader<'static, Vec<u8>> {
        let pieces = vec![b"one ".to_vec(), Vec::new(), b"two".to_vec()];
        ItemReader::new(pieces, most, |piece| {
            Ok(Box::new(Cursor::new(piece.clone())) as Box<dyn Read>)
        })
    }

    #[test]
    fn pieces_follow_each_other_and_are_hashed() {
        let mut all = String::new();
        let mut item = reader(7);
        item.read_to_string(&mut all).unwrap();
        assert_eq!(all, "one two");
        assert_eq!(item.finish(), (7, ledger::sha256(b"one two")));
    }

    #[test]
    fn more_than_the_manifest_says_is_refused() {
        let mut all = Vec::new();
        let error = reader(6).read_to_end(&mut all).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
