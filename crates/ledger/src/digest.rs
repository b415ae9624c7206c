//! SHA-256 values as a type, so that a hash is never mistaken for other bytes.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::Digest as _;
use thiserror::Error;

/// A SHA-256 value; shown and serialised as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

/// Text that is not a digest.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("not a SHA-256 value: expected 64 lower-case hex digits")]
pub struct DigestError;

impl Digest {
    /// The bytes of the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| DigestError)?;
        bytes.try_into().map(Self).map_err(|_| DigestError)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hex;
        impl de::Visitor<'_> for Hex {
            type Value = Digest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 lower-case hex digits")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Digest, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Hex)
    }
}

/// SHA-256 of bytes that are all at hand.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest(sha2::Sha256::digest(bytes).into())
}

/// SHA-256 of whatever is written to it: files of any size in constant memory.
#[derive(Clone, Default)]
pub struct Sha256Writer {
    state: sha2::Sha256,
    bytes: u64,
}

impl Sha256Writer {
    /// A writer that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
    }

    /// How many bytes it has seen.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest of everything written.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.state.finalize().into())
    }
}

impl fmt::Debug for Sha256Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Writer({} bytes)", self.bytes)
    }
}

impl Write for Sha256Writer {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.update(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A commitment that hides what it commits to: SHA-256 over the domain's length (4 bytes, big
/// endian), the domain, 32 random bytes and the digest.
///
/// A bare hash of an original could be matched against a seized phone; without the salt nobody can.
#[must_use]
pub fn commitment(domain: &str, salt: &[u8; 32], digest: &Digest) -> Digest {
    let length = u32::try_from(domain.len()).unwrap_or(u32::MAX);
    let mut state = sha2::Sha256::new();
    state.update(length.to_be_bytes());
    state.update(domain.as_bytes());
    state.update(salt);
    state.update(digest.0);
    Digest(state.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_matches_fips_180_examples() {
        assert_eq!(
            sha256(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            sha256(b"").to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn writer_agrees_with_one_shot_whatever_the_cuts() {
        let bytes: Vec<u8> = (0..10_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        for cut in [1, 7, 63, 64, 65, 4096] {
            let mut writer = Sha256Writer::new();
            for part in bytes.chunks(cut) {
                writer.write_all(part).unwrap();
            }
            assert_eq!(writer.bytes(), 10_000);
            assert_eq!(writer.finish(), sha256(&bytes));
        }
    }

    #[test]
    fn text_form_is_strict() {
        let digest = sha256(b"x");
        let text = digest.to_string();
        assert_eq!(text.parse::<Digest>().unwrap(), digest);
        assert_eq!(text.to_uppercase().parse::<Digest>(), Err(DigestError));
        assert_eq!(text[1..].parse::<Digest>(), Err(DigestError));
        assert_eq!(format!("{text}00").parse::<Digest>(), Err(DigestError));
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
    }

    #[test]
    fn commitments_separate_domain_salt_and_digest() {
        let digest = sha256(b"original");
        let base = commitment("fh1/a", &[1; 32], &digest);
        assert_ne!(base, commitment("fh1/b", &[1; 32], &digest));
        assert_ne!(base, commitment("fh1/a", &[2; 32], &digest));
        assert_ne!(base, commitment("fh1/a", &[1; 32], &sha256(b"other")));
        // The length prefix keeps a longer domain from swallowing the salt.
        let mut shifted = [1; 32];
        shifted[0] = b'a';
        assert_ne!(
            commitment("fh1/a", &[b'a'; 32], &digest),
            commitment("fh1/aa", &shifted, &digest)
        );
    }
}
