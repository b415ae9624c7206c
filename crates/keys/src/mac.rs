//! What authenticates one piece alone: a truncated HMAC over everything its cells' headers claim.
//!
//! The tag groups a piece's cells, proves that they come from the kit, and checks the decoding, because it covers
//! the SHA-256 of the piece's ciphertext.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::secret::secret32;

/// Length of a [`PieceTag`].
pub const TAG_LEN: usize = 24;

/// Length of the canonical encoding of [`PieceFacts`].
pub const FACTS_LEN: usize = 68;

secret32! {
    /// The key that authenticates an epoch's pieces.
    PieceMacKey
}

/// Everything a piece's tag vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceFacts {
    /// Version of the cell format.
    pub version: u8,
    /// The kit that sealed the piece.
    pub kit: [u8; 8],
    /// The dispatch it belongs to.
    pub dispatch: [u8; 16],
    /// Its number in the dispatch.
    pub piece: u32,
    /// Whether it is the dispatch's last.
    pub last: bool,
    /// How many shards restore it.
    pub k: u16,
    /// Length of its ciphertext in bytes.
    pub length: u32,
    /// SHA-256 of its ciphertext.
    pub digest: [u8; 32],
}

impl PieceFacts {
    /// The one encoding that is authenticated: fixed length, big endian, no gaps.
    #[must_use]
    pub fn canonical(&self) -> [u8; FACTS_LEN] {
        let mut out = [0; FACTS_LEN];
        out[0] = self.version;
        out[1..9].copy_from_slice(&self.kit);
        out[9..25].copy_from_slice(&self.dispatch);
        out[25..29].copy_from_slice(&self.piece.to_be_bytes());
        out[29] = u8::from(self.last);
        out[30..32].copy_from_slice(&self.k.to_be_bytes());
        out[32..36].copy_from_slice(&self.length.to_be_bytes());
        out[36..68].copy_from_slice(&self.digest);
        out
    }
}

/// The truncated HMAC in a cell's header. Not secret; equal tags mean the same piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PieceTag(pub [u8; TAG_LEN]);

/// The tag was not made with this key over these facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the piece's tag does not match: it was altered, or another kit or epoch made it")]
pub struct TagMismatch;

impl PieceMacKey {
    /// The tag that vouches for `facts`.
    #[must_use]
    pub fn tag(&self, facts: &PieceFacts) -> PieceTag {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(&facts.canonical());
        let full = mac.finalize().into_bytes();
        let mut tag = [0; TAG_LEN];
        tag.copy_from_slice(&full[..TAG_LEN]);
        PieceTag(tag)
    }

    /// Checks in constant time that `tag` vouches for `facts`.
    ///
    /// # Errors
    /// [`TagMismatch`] when it does not.
    pub fn verify(&self, facts: &PieceFacts, tag: &PieceTag) -> Result<(), TagMismatch> {
        if bool::from(self.tag(facts).0.ct_eq(&tag.0)) {
            Ok(())
        } else {
            Err(TagMismatch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> PieceFacts {
        PieceFacts {
            version: 1,
            kit: [1; 8],
            dispatch: [2; 16],
            piece: 3,
            last: false,
            k: 4,
            length: 5,
            digest: [6; 32],
        }
    }

    #[test]
    fn every_fact_is_covered() {
        let key = PieceMacKey::from_bytes([9; 32]);
        let tag = key.tag(&facts());
        assert_eq!(key.verify(&facts(), &tag), Ok(()));
        let changed = [
            PieceFacts {
                version: 2,
                ..facts()
            },
            PieceFacts {
                kit: [0; 8],
                ..facts()
            },
            PieceFacts {
                dispatch: [0; 16],
                ..facts()
            },
            PieceFacts {
                piece: 0,
                ..facts()
            },
            PieceFacts {
                last: true,
                ..facts()
            },
            PieceFacts { k: 0, ..facts() },
            PieceFacts {
                length: 0,
                ..facts()
            },
            PieceFacts {
                digest: [0; 32],
                ..facts()
            },
        ];
        for other in changed {
            assert_eq!(key.verify(&other, &tag), Err(TagMismatch));
        }
        let stranger = PieceMacKey::from_bytes([8; 32]);
        assert_eq!(stranger.verify(&facts(), &tag), Err(TagMismatch));
    }
}
