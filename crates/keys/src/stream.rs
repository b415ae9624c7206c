//! age's payload: STREAM over ChaCha20-Poly1305 in chunks of 64 KiB (C2SP age specification, section "Payload").
//!
//! age makes the header, with its MAC, grease and nonce; we encrypt the payload, because age's own writer spends twice the
//! time and leaves a chunk of plaintext behind in freed memory. The payload key comes from the file key that age hands to every
//! recipient it wraps for, and from the nonce at the header's end.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, Write};

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::bulk::{self, TAG_LEN};
use crate::recipient::SealError;

/// Plaintext of one chunk.
pub(crate) const CHUNK_LEN: usize = 64 * 1024;
/// Length of the payload's nonce, the header's last bytes.
const NONCE_LEN: usize = 16;
/// age's label for the payload key.
const PAYLOAD: &[u8] = b"payload";

/// Writes an age file. The caller must call [`StreamWriter::finish`], or the file stays truncated and never opens.
pub struct StreamWriter<W> {
    key: Zeroizing<[u8; 32]>,
    /// Number of the chunk that is being filled.
    counter: u64,
    /// Plaintext of that chunk, with room for its tag, so that it is encrypted and written where it lies.
    chunk: Zeroizing<Box<[u8]>>,
    filled: usize,
    output: W,
}

impl<W: Write> StreamWriter<W> {
    /// Writes the header for `recipient` and begins the payload.
    pub(crate) fn start(recipient: &dyn age::Recipient, mut output: W) -> Result<Self, SealError> {
        let (header, key) = begin(recipient)?;
        output.write_all(&header).map_err(SealError::Write)?;
        let chunk = Zeroizing::new(vec![0; CHUNK_LEN + TAG_LEN].into_boxed_slice());
        Ok(Self {
            key,
            counter: 0,
            chunk,
            filled: 0,
            output,
        })
    }

    /// Writes the last chunk and hands back the output.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_chunk(true)?;
        Ok(self.output)
    }

    fn write_chunk(&mut self, last: bool) -> io::Result<()> {
        let end = self.filled + TAG_LEN;
        seal_chunk(&self.key, self.counter, last, &mut self.chunk[..end]);
        // Whatever happens to the output, this nonce is spent.
        self.counter += 1;
        self.filled = 0;
        self.output.write_all(&self.chunk[..end])
    }
}

impl<W: Write> Write for StreamWriter<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // A full chunk waits for more data, because the last one is marked and must not be empty.
        if self.filled == CHUNK_LEN && !data.is_empty() {
            self.write_chunk(false)?;
        }
        let taken = data.len().min(CHUNK_LEN - self.filled);
        self.chunk[self.filled..self.filled + taken].copy_from_slice(&data[..taken]);
        self.filled += taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl<W> std::fmt::Debug for StreamWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamWriter(..)")
    }
}

/// A fresh header for `recipient`, and the payload key that goes with it.
pub(crate) fn begin(
    recipient: &dyn age::Recipient,
) -> Result<(Vec<u8>, Zeroizing<[u8; 32]>), SealError> {
    let capture = Capture {
        recipient,
        file_key: RefCell::new(None),
    };
    let mut header = Vec::with_capacity(4096);
    age::Encryptor::with_recipients(std::iter::once(&capture as &dyn age::Recipient))
        .map_err(SealError::Header)?
        .wrap_output(&mut header)
        .map_err(SealError::Write)?;
    let key = payload_key(capture, &header)?;
    Ok((header, key))
}

/// Encrypts a chunk where it lies; its last 16 bytes become its tag.
pub(crate) fn seal_chunk(key: &[u8; 32], counter: u64, last: bool, chunk: &mut [u8]) {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&counter.to_be_bytes());
    nonce[11] = u8::from(last);
    let (text, tag) = chunk.split_at_mut(chunk.len().saturating_sub(TAG_LEN));
    tag.copy_from_slice(&bulk::seal(key, nonce, &[], text));
}

/// A recipient that remembers the file key it was asked to wrap.
struct Capture<'a> {
    recipient: &'a dyn age::Recipient,
    file_key: RefCell<Option<Zeroizing<[u8; FILE_KEY_BYTES]>>>,
}

impl age::Recipient for Capture<'_> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        *self.file_key.borrow_mut() = Some(Zeroizing::new(*file_key.expose_secret()));
        self.recipient.wrap_file_key(file_key)
    }
}

/// HKDF-SHA-256 of the file key, salted with the nonce that ends the header.
fn payload_key(capture: Capture<'_>, header: &[u8]) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let broken = || SealError::Write(io::Error::other("age wrote no header"));
    let file_key = capture.file_key.into_inner().ok_or_else(broken)?;
    let nonce = header.last_chunk::<NONCE_LEN>().ok_or_else(broken)?;
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(nonce), file_key.as_ref())
        .expand(PAYLOAD, key.as_mut())
        .map_err(|_| broken())?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream_buffer::StreamBuffer;
    use std::io::Read;

    /// age itself reads what this writes, whatever the length and however it is written.
    #[test]
    fn age_opens_every_length_written_in_any_steps() {
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public();
        for length in [
            0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 300_000,
        ] {
            let text: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            let steps = [usize::MAX, 65_536, 40_000, 777];
            for (step, filling) in steps.map(|step| [(step, false), (step, true)]).concat() {
                let sealed = if filling {
                    let mut buffer =
                        StreamBuffer::start(&recipient, vec![7; 1_000], 400_000).unwrap();
                    let mut rest = &text[..];
                    while buffer.fill(step, |room| rest.read(room)).unwrap() > 0 {}
                    buffer.finish()
                } else {
                    let mut writer = StreamWriter::start(&recipient, Vec::new()).unwrap();
                    for part in text.chunks(step.min(length.max(1))) {
                        writer.write_all(part).unwrap();
                    }
                    writer.finish().unwrap()
                };
                let file = age::Decryptor::new(&sealed[..]).unwrap();
                let keys = std::iter::once(&identity as &dyn age::Identity);
                let mut opened = Vec::new();
                file.decrypt(keys)
                    .unwrap()
                    .read_to_end(&mut opened)
                    .unwrap();
                assert!(
                    opened == text,
                    "{length} in steps of {step}, filling: {filling}"
                );
            }
        }
    }

    #[test]
    fn an_unfinished_file_never_opens() {
        let identity = age::x25519::Identity::generate();
        let mut sealed = Vec::new();
        let mut writer = StreamWriter::start(&identity.to_public(), &mut sealed).unwrap();
        writer.write_all(&[1; 200_000]).unwrap();
        drop(writer);
        let file = age::Decryptor::new(&sealed[..]).unwrap();
        let keys = std::iter::once(&identity as &dyn age::Identity);
        let mut reader = file.decrypt(keys).unwrap();
        assert!(reader.read_to_end(&mut Vec::new()).is_err());
    }
}
