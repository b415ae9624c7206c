//! An age file made in one buffer: plaintext is read to where its ciphertext will lie, and encrypted there.
//!
//! For pieces, which are sealed whole in memory: nothing is copied, and what is read stays in the processor's cache until it
//! is ciphertext. The buffer never grows beyond what was reserved, because growing would leave plaintext in freed memory.

use std::io;

use zeroize::{Zeroize, Zeroizing};

use crate::bulk::TAG_LEN;
use crate::recipient::SealError;
use crate::stream::{CHUNK_LEN, begin, seal_chunk};

/// An age file in the making. Dropped unfinished, it wipes the plaintext it still holds.
pub struct StreamBuffer {
    key: Zeroizing<[u8; 32]>,
    /// Number of the open chunk.
    counter: u64,
    /// Header, sealed chunks, the open chunk; behind it room, and what an earlier use left.
    bytes: Vec<u8>,
    /// How much of `bytes` is ciphertext.
    sealed: usize,
    /// Plaintext of the open chunk, behind the ciphertext.
    filled: usize,
    limit: usize,
}

impl StreamBuffer {
    /// Writes the header for `recipient` over what `memory` held, and reserves `limit` bytes for the whole file.
    pub(crate) fn start(
        recipient: &dyn age::Recipient,
        mut memory: Vec<u8>,
        limit: usize,
    ) -> Result<Self, SealError> {
        let (header, key) = begin(recipient)?;
        memory.reserve_exact(limit.saturating_sub(memory.len()));
        let mut buffer = Self {
            key,
            counter: 0,
            bytes: memory,
            sealed: header.len(),
            filled: 0,
            limit,
        };
        let start = buffer
            .reach(header.len() + TAG_LEN)
            .map_err(SealError::Write)?;
        start[..header.len()].copy_from_slice(&header);
        Ok(buffer)
    }

    /// Lets `read` put at most `most` bytes of plaintext where they will be encrypted. Returns what `read` returns: how many
    /// bytes it put at the front of the room it was shown.
    ///
    /// # Errors
    /// The error of `read`, or a file over the limit.
    pub fn fill(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        // A full chunk waits for more, because the last one is marked and must not be empty: more is read behind its tag.
        let full = self.filled == CHUNK_LEN;
        let open = if full { 0 } else { self.filled };
        let begin = self.sealed + if full { CHUNK_LEN + TAG_LEN } else { 0 } + open;
        let end = begin + most.min(CHUNK_LEN - open);
        self.reach(end + TAG_LEN)?;
        let room = &mut self.bytes[begin..end];
        let taken = match read(room) {
            Ok(taken) => taken.min(end - begin),
            Err(error) => {
                room.zeroize();
                return Err(error);
            }
        };
        if full && taken > 0 {
            self.seal(false);
            self.filled = 0;
        }
        self.filled += taken;
        Ok(taken)
    }

    /// What is sealed so far, from the file's beginning.
    #[must_use]
    pub fn sealed(&self) -> &[u8] {
        &self.bytes[..self.sealed]
    }

    /// Seals the last chunk and hands out the whole file.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.seal(true);
        self.filled = 0;
        self.bytes.truncate(self.sealed);
        std::mem::take(&mut self.bytes)
    }

    fn seal(&mut self, last: bool) {
        let end = self.sealed + self.filled + TAG_LEN;
        seal_chunk(
            &self.key,
            self.counter,
            last,
            &mut self.bytes[self.sealed..end],
        );
        self.counter += 1;
        self.sealed = end;
    }

    /// Makes the first `end` bytes usable.
    fn reach(&mut self, end: usize) -> io::Result<&mut [u8]> {
        if end > self.limit.max(self.bytes.len()) {
            return Err(io::Error::other("the file would be larger than its buffer"));
        }
        if end > self.bytes.len() {
            self.bytes.resize(end, 0);
        }
        Ok(&mut self.bytes[..end])
    }
}

impl Drop for StreamBuffer {
    fn drop(&mut self) {
        let open = self.sealed.min(self.bytes.len());
        let end = (open + CHUNK_LEN).min(self.bytes.len());
        self.bytes[open..end].zeroize();
    }
}

impl std::fmt::Debug for StreamBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamBuffer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_its_limit_is_refused_and_a_failed_read_leaves_nothing() {
        let recipient = age::x25519::Identity::generate().to_public();
        let mut buffer = StreamBuffer::start(&recipient, Vec::new(), 1_000).unwrap();
        assert_eq!(buffer.fill(500, |room| Ok(room.len())).unwrap(), 500);
        assert!(buffer.fill(500, |room| Ok(room.len())).is_err());
        let failing = |room: &mut [u8]| {
            room.fill(0xA5);
            Err(io::ErrorKind::Other.into())
        };
        assert!(buffer.fill(50, failing).is_err());
        assert!(!buffer.bytes.contains(&0xA5));
    }
}
