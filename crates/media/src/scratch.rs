//! Space for what comes out of the sandbox: a file without a name, sealed block by block under a key that lives in memory only.
//!
//! Output may be as large as a long video, so it cannot be held in memory; and it is plaintext, so it must not be written to
//! a disk. Each block is sealed with XChaCha20-Poly1305; the nonce is made of the scratch number and the block number, both
//! used once under the workshop's key. The file is unlinked from the start: the system takes it back when it is closed.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chacha20poly1305::{AeadInPlace, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use rand_core::{CryptoRng, RngCore};
use zeroize::{Zeroize, Zeroizing};

const BLOCK: usize = 65_536;
const TAG: usize = 16;
const SEALED_BLOCK: u64 = 65_536 + 16;

/// Makes scratch files; one per workshop.
pub(crate) struct Scratch {
    folder: PathBuf,
    cipher: Arc<XChaCha20Poly1305>,
    next: AtomicU64,
}

impl Scratch {
    /// Scratch space in `folder`, under a fresh key.
    pub(crate) fn new(folder: &Path, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut key = Zeroizing::new([0_u8; 32]);
        rng.fill_bytes(&mut *key);
        let cipher = Arc::new(XChaCha20Poly1305::new((&*key).into()));
        Self {
            folder: folder.to_owned(),
            cipher,
            next: AtomicU64::new(0),
        }
    }

    /// A new empty scratch file.
    pub(crate) fn create(&self) -> io::Result<ScratchWriter> {
        let file = tempfile::tempfile_in(&self.folder)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Ok(ScratchWriter {
            store: Sealed {
                file,
                cipher: Arc::clone(&self.cipher),
                number,
            },
            pending: Zeroizing::new(Vec::with_capacity(BLOCK + TAG)),
            length: 0,
        })
    }
}

struct Sealed {
    file: File,
    cipher: Arc<XChaCha20Poly1305>,
    number: u64,
}

impl Sealed {
    fn nonce(&self, block: u64) -> XNonce {
        let mut nonce = XNonce::default();
        nonce[..8].copy_from_slice(&self.number.to_be_bytes());
        nonce[8..16].copy_from_slice(&block.to_be_bytes());
        nonce
    }

    /// Seals `block` in place and writes it; the buffer is left empty.
    fn put(&self, block: u64, plain: &mut Vec<u8>) -> io::Result<()> {
        let tag = self
            .cipher
            .encrypt_in_place_detached(&self.nonce(block), b"", plain)
            .map_err(|_| io::Error::other("scratch block too long"))?;
        plain.extend_from_slice(&tag);
        self.file.write_all_at(plain, block * SEALED_BLOCK)?;
        plain.zeroize();
        plain.clear();
        Ok(())
    }

    fn get(&self, block: u64, plain_length: usize, into: &mut Vec<u8>) -> io::Result<()> {
        into.zeroize();
        into.resize(plain_length + TAG, 0);
        self.file.read_exact_at(into, block * SEALED_BLOCK)?;
        let tag = *Tag::from_slice(&into[plain_length..]);
        into.truncate(plain_length);
        self.cipher
            .decrypt_in_place_detached(&self.nonce(block), b"", into, &tag)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a scratch block was changed"))
    }
}

/// Appends to a scratch file.
pub(crate) struct ScratchWriter {
    store: Sealed,
    pending: Zeroizing<Vec<u8>>,
    length: u64,
}

impl ScratchWriter {
    /// Seals the last block and turns to reading.
    pub(crate) fn finish(mut self) -> io::Result<Output> {
        if !self.pending.is_empty() {
            let block = (self.length - 1) / BLOCK as u64;
            self.store.put(block, &mut self.pending)?;
        }
        Ok(Output {
            store: self.store,
            length: self.length,
            at: 0,
            block: None,
            plain: Zeroizing::new(Vec::new()),
        })
    }
}

impl Write for ScratchWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let take = bytes.len().min(BLOCK - self.pending.len());
        self.pending.extend_from_slice(&bytes[..take]);
        self.length += take as u64;
        if self.pending.len() == BLOCK {
            let block = self.length / BLOCK as u64 - 1;
            self.store.put(block, &mut self.pending)?;
        }
        Ok(take)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What came out of the sandbox: `Read + Seek + Send`, a known length, constant memory. On the disk it is sealed under a key
/// that only this process has; dropped, it is gone.
pub struct Output {
    store: Sealed,
    length: u64,
    at: u64,
    block: Option<u64>,
    plain: Zeroizing<Vec<u8>>,
}

impl Output {
    /// Bytes in it.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// All of it, from the start; for small things such as posters.
    ///
    /// # Errors
    /// When it is longer than `most`, or scratch space fails.
    pub fn to_vec(&mut self, most: u64) -> io::Result<Vec<u8>> {
        if self.length > most {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "longer than asked for",
            ));
        }
        self.rewind()?;
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Output({} bytes)", self.length)
    }
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let block = self.at / BLOCK as u64;
        if self.block != Some(block) {
            self.block = None;
            let left = self.length - block * BLOCK as u64;
            let plain_length = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            self.store.get(block, plain_length, &mut self.plain)?;
            self.block = Some(block);
        }
        let inside = usize::try_from(self.at % BLOCK as u64).unwrap_or_default();
        let take = buffer.len().min(self.plain.len() - inside);
        buffer[..take].copy_from_slice(&self.plain[inside..inside + take]);
        self.at += take as u64;
        Ok(take)
    }
}

impl Seek for Output {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    fn scratch() -> Scratch {
        Scratch::new(&std::env::temp_dir(), &mut ChaCha20Rng::seed_from_u64(7))
    }

    #[test]
    fn reads_back_what_was_written_from_anywhere() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 200_001] {
            let bytes: Vec<u8> = (0..length)
                .map(|i| u8::try_from(i % 251).unwrap())
                .collect();
            let mut writer = scratch().create().unwrap();
            writer.write_all(&bytes).unwrap();
            let mut output = writer.finish().unwrap();
            assert_eq!(output.length(), length as u64);
            assert_eq!(output.to_vec(1 << 20).unwrap(), bytes, "{length}");
            let at = length / 3;
            output.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut rest = Vec::new();
            output.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, bytes[at..]);
        }
    }

    #[test]
    fn the_disk_holds_noise_and_changes_are_noticed() {
        let mut writer = scratch().create().unwrap();
        writer.write_all(&vec![b'A'; 2 * BLOCK]).unwrap();
        let mut output = writer.finish().unwrap();
        let mut raw = vec![0; 2 * BLOCK];
        output.store.file.read_exact_at(&mut raw, 0).unwrap();
        assert!(!raw.windows(8).any(|window| window == b"AAAAAAAA"));
        output.store.file.write_all_at(&[raw[9] ^ 1], 9).unwrap();
        assert_eq!(
            output.to_vec(1 << 20).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
