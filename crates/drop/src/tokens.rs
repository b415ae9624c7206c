//! Session tokens that a desk registered, by their hashes.
//!
//! One small file, replaced as a whole and sorted: nothing in it tells which hashes came together.

use std::collections::HashSet;
use std::io;

use sha2::{Digest, Sha256};
use wire::TokenHash;

use crate::disk::{Disk, read_whole, replace};

const NAME: &str = "tokens";
const MAGIC: &[u8; 8] = b"FHTOKN\x00\x01";
const CHECK: usize = 32;

/// Registered tokens, used or not, short of those whose session has ended.
pub(crate) struct Tokens {
    hashes: HashSet<TokenHash>,
}

impl Tokens {
    pub(crate) fn open(disk: &dyn Disk) -> io::Result<Self> {
        let Some(bytes) = read_whole(disk, NAME)? else {
            return Ok(Self {
                hashes: HashSet::new(),
            });
        };
        let hashes = decode(&bytes).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the file of registered tokens is damaged",
            )
        })?;
        Ok(Self { hashes })
    }

    pub(crate) fn contains(&self, token: &TokenHash) -> bool {
        self.hashes.contains(token)
    }

    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The set with additions and without removals, as it is to be saved.
    pub(crate) fn with(&self, add: &[TokenHash], remove: &[TokenHash]) -> Self {
        let mut hashes = self.hashes.clone();
        hashes.extend(add);
        for token in remove {
            hashes.remove(token);
        }
        Self { hashes }
    }

    /// Makes this set the one on the disk.
    pub(crate) fn save(&self, disk: &dyn Disk) -> io::Result<()> {
        let mut sorted: Vec<&TokenHash> = self.hashes.iter().collect();
        sorted.sort_unstable();
        let mut body = MAGIC.to_vec();
        for token in sorted {
            body.extend_from_slice(token.as_bytes());
        }
        let check = Sha256::digest(&body);
        replace(disk, "", NAME, &[&body, &check])
    }
}

fn decode(bytes: &[u8]) -> Option<HashSet<TokenHash>> {
    let (body, check) = bytes.split_last_chunk::<CHECK>()?;
    if Sha256::digest(body).as_slice() != check {
        return None;
    }
    let (hashes, rest) = body.strip_prefix(MAGIC)?.as_chunks::<32>();
    rest.is_empty().then(|| {
        hashes
            .iter()
            .map(|hash| TokenHash::from_bytes(*hash))
            .collect()
    })
}
