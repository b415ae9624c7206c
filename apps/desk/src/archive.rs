//! The archive: blobs sealed to the newsroom's archive recipient, opened range by range.

use std::io::{self, Read, Seek, SeekFrom};

use keys::ArchiveRecipient;
use ledger::Digest;
use newsroom::{BlobId, Micros};
use openers::{ArchiveIdentity, OpenError, StreamReader};
use store::{BlobError, BlobReader, BlobStore, Written};

/// Why the archive did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// What should be stored could not be read.
    #[error("what should be stored cannot be read: {0}")]
    Source(#[source] io::Error),
    /// A sealed blob could not be read.
    #[error("a blob cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The blob store failed.
    #[error(transparent)]
    Blobs(BlobError),
}

impl From<BlobError> for ArchiveError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Source(error) => Self::Source(error),
            other => Self::Blobs(other),
        }
    }
}

/// A blob that was just made durable.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) blob: BlobId,
    pub(crate) sha256: Digest,
    pub(crate) bytes: u64,
}

/// A blob opened for reading from any position.
pub(crate) struct Opened {
    pub(crate) len: u64,
    pub(crate) reader: StreamReader<BlobReader>,
}

/// The blob store with the keys that seal and open it.
pub(crate) struct Archive {
    /// The one in use, and behind it those from before re-keyings, the latest first.
    identities: Vec<ArchiveIdentity>,
    recipient: ArchiveRecipient,
    blobs: BlobStore,
}

impl Archive {
    pub(crate) fn new(identity: ArchiveIdentity, blobs: BlobStore) -> Self {
        let recipient = identity.recipient();
        Self {
            identities: vec![identity],
            recipient,
            blobs,
        }
    }

    /// With the identities from before re-keyings, which open what was sealed then; nothing is sealed to them.
    pub(crate) fn with_retired(mut self, retired: impl Iterator<Item = ArchiveIdentity>) -> Self {
        self.identities.extend(retired);
        self
    }

    /// Seals all that a reader gives; constant memory.
    pub(crate) fn put(&self, source: impl Read) -> Result<Kept, ArchiveError> {
        let stored = self.blobs.put(&self.recipient, source)?;
        Ok(Kept {
            blob: stored.id,
            sha256: stored.sha256,
            bytes: stored.bytes,
        })
    }

    /// Blobs whose files were last written before a moment.
    pub(crate) fn written_before(&self, before: Micros) -> Result<Vec<BlobId>, ArchiveError> {
        Ok(self.blobs.written_before(before)?)
    }

    /// Removes what was sealed a moment ago and is not kept: no record ever named it, and what it was made from is there.
    pub(crate) fn discard(&self, fresh: BlobId) -> Result<(), ArchiveError> {
        Ok(self.blobs.remove(fresh)?)
    }

    /// Sets a blob aside that no record names.
    pub(crate) fn set_aside(&self, orphan: BlobId) -> Result<(), ArchiveError> {
        Ok(self.blobs.set_aside(orphan)?)
    }

    /// Writes a piece as it came; it is an age file already, and kept only when [`Self::keep_all`] has returned.
    pub(crate) fn write_sealed(&self, age_file: &[u8]) -> Result<Written, ArchiveError> {
        Ok(self.blobs.write_sealed(age_file)?)
    }

    /// Makes what was written durable.
    pub(crate) fn keep_all(&self, written: Vec<Written>) -> Result<Vec<BlobId>, ArchiveError> {
        Ok(self.blobs.keep_all(written)?)
    }

    /// A blob's sealed bytes.
    pub(crate) fn sealed(&self, blob: BlobId) -> Result<BlobReader, ArchiveError> {
        Ok(self.blobs.sealed(blob)?)
    }

    /// A blob's plaintext, decrypted as it is read.
    pub(crate) fn open(&self, blob: BlobId) -> Result<Opened, ArchiveError> {
        let mut reader = self.reader(blob)?;
        let len = reader.seek(SeekFrom::End(0)).map_err(ArchiveError::Read)?;
        reader.rewind().map_err(ArchiveError::Read)?;
        Ok(Opened { len, reader })
    }
}

impl Archive {
    /// Opens a blob with the one identity that it is sealed to.
    fn reader(&self, blob: BlobId) -> Result<StreamReader<BlobReader>, BlobError> {
        let mut refused = BlobError::Missing(blob);
        for identity in &self.identities {
            match self.blobs.open_seekable(blob, identity) {
                Err(
                    error @ BlobError::Open {
                        source: OpenError::NotForThisKey { .. },
                        ..
                    },
                ) => refused = error,
                other => return other,
            }
        }
        Err(refused)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::*;

    #[test]
    fn what_was_sealed_opens_at_any_position_and_lies_there_as_noise() {
        let dir = tempfile::tempdir().unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let identity = ArchiveIdentity::generate(&mut rng);
        let archive = Archive::new(identity, BlobStore::open(dir.path(), rng).unwrap());
        let text = b"the blue door ".repeat(20_000);
        let kept = archive.put(text.as_slice()).unwrap();
        assert_eq!(
            (kept.bytes, kept.sha256),
            (text.len() as u64, ledger::sha256(&text))
        );

        let mut opened = archive.open(kept.blob).unwrap();
        assert_eq!(opened.len, text.len() as u64);
        let mut part = vec![0; 100];
        opened.reader.seek(SeekFrom::Start(140_007)).unwrap();
        opened.reader.read_exact(&mut part).unwrap();
        assert_eq!(part, text[140_007..140_107]);

        let mut sealed = Vec::new();
        archive
            .sealed(kept.blob)
            .unwrap()
            .read_to_end(&mut sealed)
            .unwrap();
        assert!(!sealed.windows(13).any(|window| window == b"the blue door"));
    }

    #[test]
    fn what_was_sealed_before_a_re_keying_opens_and_nothing_more_is_sealed_like_that() {
        let dir = tempfile::tempdir().unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let [first, second, third] = [1, 2, 3].map(|n| [n; 32]);
        let archive = |seeds: &[[u8; 32]], rng: &ChaCha20Rng| {
            let mut identities = seeds.iter().map(|seed| ArchiveIdentity::from_bytes(*seed));
            let current = identities.next().unwrap();
            let blobs = BlobStore::open(dir.path(), rng.clone()).unwrap();
            Archive::new(current, blobs).with_retired(identities)
        };
        let old = archive(&[first], &rng).put(&b"before"[..]).unwrap();
        rng.next_u64();
        let now = archive(&[third, second, first], &rng);
        let new = now.put(&b"after"[..]).unwrap();
        for (kept, text) in [(old, "before"), (new, "after")] {
            let mut found = String::new();
            now.open(kept.blob)
                .unwrap()
                .reader
                .read_to_string(&mut found)
                .unwrap();
            assert_eq!(found, text);
        }
        let captured = archive(&[first], &rng).open(new.blob);
        assert!(captured.is_err(), "the old identity opens nothing new");
        let missing = now.open(BlobId::from_bytes([9; 16])).map(|_| ());
        assert!(matches!(
            missing,
            Err(ArchiveError::Blobs(BlobError::Missing(_)))
        ));
    }
}
