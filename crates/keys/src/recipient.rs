//! Recipients: public keys that seal standard age files.
//!
//! Each recipient gives a stream writer, so that a file of any size is sealed in 64 KiB of memory, and stock age opens it. age draws the file key, the nonce and the encapsulation from the operating system; that is the one place
//! of this crate where randomness is not an argument, because age's interface has none.

use std::collections::HashSet;
use std::fmt;
use std::io::Write;
use std::marker::PhantomData;
use std::str::FromStr;

use age_core::format::{FileKey, Stanza};

pub use crate::stream::StreamWriter;
pub use crate::stream_buffer::StreamBuffer;

use crate::bech::{self, BechError};
use crate::hybrid::{self, PUBLIC_LEN, PublicKey};
use crate::role::{Archive, Intake, Role};

/// What reporters seal pieces to.
pub type IntakeRecipient = HybridRecipient<Intake>;
/// What the desk seals its stored originals to.
pub type ArchiveRecipient = HybridRecipient<Archive>;

/// Prefix of a plain age recipient's spelling.
const X25519_HRP: &str = "age";

/// More than age's header and tags ever add to `length` bytes, so that sealing into memory allocates once.
const fn room_for(length: usize) -> usize {
    length + (length / 65_536 + 1) * 16 + 4096
}

/// Why a recipient cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// Its spelling is wrong.
    #[error("the {role} recipient cannot be read")]
    Spelling {
        /// Which recipient.
        role: &'static str,
        /// What is wrong with it.
        #[source]
        source: BechError,
    },
    /// Its bytes are no key, or a key that protects nothing.
    #[error("the {role} recipient is not a usable key; ask for a new one")]
    Unusable {
        /// Which recipient.
        role: &'static str,
    },
}

/// Why sealing failed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The age header could not be made.
    #[error("the age header could not be made")]
    Header(#[source] age::EncryptError),
    /// The sealed bytes could not be written.
    #[error("the sealed bytes could not be written")]
    Write(#[source] std::io::Error),
}

/// A hybrid post-quantum recipient (`age1pq1...`) of one role.
pub struct HybridRecipient<R: Role> {
    bytes: Box<[u8; PUBLIC_LEN]>,
    key: PublicKey,
    role: PhantomData<R>,
}

impl<R: Role> HybridRecipient<R> {
    /// Reads a public key's bytes.
    ///
    /// # Errors
    /// [`RecipientError::Unusable`] when they are no key or a weak one.
    pub fn from_bytes(bytes: &[u8; PUBLIC_LEN]) -> Result<Self, RecipientError> {
        let key = hybrid::parse_public(bytes).ok_or(RecipientError::Unusable { role: R::NAME })?;
        Ok(Self {
            bytes: Box::new(*bytes),
            key,
            role: PhantomData,
        })
    }

    /// The public key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; PUBLIC_LEN] {
        &self.bytes
    }

    /// Starts an age file on `output`. The caller must call `finish` on the writer, or the file stays truncated.
    ///
    /// # Errors
    /// [`SealError`] when the header cannot be made or written.
    pub fn seal_writer<W: Write>(&self, output: W) -> Result<StreamWriter<W>, SealError> {
        StreamWriter::start(self, output)
    }

    /// Begins an age file of at most `limit` bytes in `memory`, which may be an earlier one's, used again.
    ///
    /// # Errors
    /// [`SealError`] when the header cannot be made or is larger than the limit.
    pub fn seal_buffer(&self, memory: Vec<u8>, limit: usize) -> Result<StreamBuffer, SealError> {
        StreamBuffer::start(self, memory, limit)
    }

    /// Seals `plaintext` as one age file.
    ///
    /// # Errors
    /// [`SealError`] when the header cannot be made.
    pub fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut out = Vec::new();
        self.seal_into(plaintext, &mut out)?;
        Ok(out)
    }

    /// Seals `plaintext` as one age file behind what `out` already holds; a buffer used again is not allocated again.
    ///
    /// # Errors
    /// [`SealError`] when the header cannot be made.
    pub fn seal_into(&self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        seal_into(self, plaintext, out)
    }
}

impl<R: Role> age::Recipient for HybridRecipient<R> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        hybrid::wrap(&self.key, file_key)
    }
}

impl<R: Role> Clone for HybridRecipient<R> {
    fn clone(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            key: self.key.clone(),
            role: PhantomData,
        }
    }
}

impl<R: Role> PartialEq for HybridRecipient<R> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<R: Role> Eq for HybridRecipient<R> {}

impl<R: Role> FromStr for HybridRecipient<R> {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, RecipientError> {
        let bytes = bech::decode::<PUBLIC_LEN>(hybrid::RECIPIENT_HRP, text).map_err(|source| {
            RecipientError::Spelling {
                role: R::NAME,
                source,
            }
        })?;
        Self::from_bytes(&bytes)
    }
}

impl<R: Role> fmt::Display for HybridRecipient<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bech::encode(hybrid::RECIPIENT_HRP, self.bytes.as_ref()))
    }
}

impl<R: Role> fmt::Debug for HybridRecipient<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_string();
        write!(f, "HybridRecipient<{}>({}..)", R::NAME, &text[..15])
    }
}

/// A plain age recipient (`age1...`): what every age, however old, can open. For replies and for exchange with others.
#[derive(Clone, PartialEq, Eq)]
pub struct X25519Recipient {
    bytes: [u8; 32],
    key: age::x25519::Recipient,
}

impl X25519Recipient {
    /// Reads a public key's bytes.
    ///
    /// # Errors
    /// [`RecipientError::Unusable`] when the point is of low order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, RecipientError> {
        let unusable = RecipientError::Unusable { role: "X25519" };
        if hybrid::has_low_order_share(&bytes) {
            return Err(unusable);
        }
        let key = bech::encode(X25519_HRP, &bytes)
            .parse()
            .map_err(|_| unusable)?;
        Ok(Self { bytes, key })
    }

    /// The public key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Starts an age file on `output`. The caller must call `finish` on the writer.
    ///
    /// # Errors
    /// [`SealError`] when the header cannot be made or written.
    pub fn seal_writer<W: Write>(&self, output: W) -> Result<StreamWriter<W>, SealError> {
        StreamWriter::start(&self.key, output)
    }

    /// Seals `plaintext` as one age file.
    ///
    /// # Errors
    /// [`SealError`] when the header cannot be made.
    pub fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut out = Vec::new();
        seal_into(&self.key, plaintext, &mut out)?;
        Ok(out)
    }
}

impl FromStr for X25519Recipient {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, RecipientError> {
        let bytes =
            bech::decode::<32>(X25519_HRP, text).map_err(|source| RecipientError::Spelling {
                role: "X25519",
                source,
            })?;
        Self::from_bytes(*bytes)
    }
}

impl fmt::Display for X25519Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bech::encode(X25519_HRP, &self.bytes))
    }
}

impl fmt::Debug for X25519Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X25519Recipient({self})")
    }
}

/// Seals a whole plaintext behind what `out` holds.
fn seal_into(
    recipient: &dyn age::Recipient,
    plaintext: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), SealError> {
    out.reserve(room_for(plaintext.len()));
    let mut writer = StreamWriter::start(recipient, out)?;
    writer.write_all(plaintext).map_err(SealError::Write)?;
    writer.finish().map_err(SealError::Write)?;
    Ok(())
}
