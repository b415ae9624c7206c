//! Session tokens that a desk registered, by their hashes.
//!
//! One small file, replaced as a whole and sorted: nothing in it tells which hashes came together.

use std::collections::HashMap;
use std::io;

use sha2::{Digest, Sha256};
use wire::TokenHash;

use crate::disk::{Disk, read_whole, replace};

const NAME: &str = "tokens";
const MAGIC: &[u8; 8] = b"FHTOKN\x00\x02";
/// The form without quotas.
const MAGIC_1: &[u8; 8] = b"FHTOKN\x00\x01";
const ENTRY: usize = 40;
const CHECK: usize = 32;

/// Registered tokens, used or not, short of those whose session has ended.
pub(crate) struct Tokens {
    /// Cells that each may store; 0 as many as the drop allows.
    quotas: HashMap<TokenHash, u64>,
}

impl Tokens {
    pub(crate) fn open(disk: &dyn Disk) -> io::Result<Self> {
        let Some(bytes) = read_whole(disk, NAME)? else {
            return Ok(Self {
                quotas: HashMap::new(),
            });
        };
        let quotas = decode(&bytes).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the file of registered tokens is damaged",
            )
        })?;
        Ok(Self { quotas })
    }

    pub(crate) fn contains(&self, token: &TokenHash) -> bool {
        self.quotas.contains_key(token)
    }

    pub(crate) fn len(&self) -> usize {
        self.quotas.len()
    }

    /// Cells that this token may store, when the desk said so.
    pub(crate) fn quota(&self, token: &TokenHash) -> Option<u64> {
        self.quotas.get(token).copied().filter(|quota| *quota > 0)
    }

    /// The set with additions and without removals, as it is to be saved. A known token keeps its quota.
    pub(crate) fn with(&self, add: &[TokenHash], quota: Option<u64>, remove: &[TokenHash]) -> Self {
        let mut quotas = self.quotas.clone();
        for token in add {
            quotas.entry(*token).or_insert(quota.unwrap_or(0));
        }
        for token in remove {
            quotas.remove(token);
        }
        Self { quotas }
    }

    /// Makes this set the one on the disk.
    pub(crate) fn save(&self, disk: &dyn Disk) -> io::Result<()> {
        let mut sorted: Vec<(&TokenHash, &u64)> = self.quotas.iter().collect();
        sorted.sort_unstable();
        let mut body = MAGIC.to_vec();
        for (token, quota) in sorted {
            body.extend_from_slice(token.as_bytes());
            body.extend_from_slice(&quota.to_be_bytes());
        }
        let check = Sha256::digest(&body);
        replace(disk, "", NAME, &[&body, &check])
    }
}

fn decode(bytes: &[u8]) -> Option<HashMap<TokenHash, u64>> {
    let (body, check) = bytes.split_last_chunk::<CHECK>()?;
    if Sha256::digest(body).as_slice() != check {
        return None;
    }
    if let Some(entries) = body.strip_prefix(MAGIC_1) {
        let (hashes, rest) = entries.as_chunks::<32>();
        let known = hashes.iter().map(|hash| (TokenHash::from_bytes(*hash), 0));
        return rest.is_empty().then(|| known.collect());
    }
    let (entries, rest) = body.strip_prefix(MAGIC)?.as_chunks::<ENTRY>();
    let entry = |bytes: &[u8; ENTRY]| {
        let (hash, quota) = bytes.split_first_chunk::<32>()?;
        let quota = u64::from_be_bytes(quota.try_into().ok()?);
        Some((TokenHash::from_bytes(*hash), quota))
    };
    let known = entries.iter().map(entry).collect::<Option<_>>();
    known.filter(|_| rest.is_empty())
}
