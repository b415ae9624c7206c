//! The kit's hash chain: one key per epoch, each erasing the way back to the one before.
//!
//! The field holds the current link only. Whoever takes it can follow the chain forwards, never backwards.

use crate::labels;
use crate::mac::PieceMacKey;
use crate::secret::secret32;
use crate::veil::VeilKeys;

/// Length of an epoch in microseconds: a week.
pub const EPOCH: i64 = 7 * 24 * 3_600 * 1_000_000;

/// How many epochs beyond the last confirmed one the field may go, and the desk looks.
pub const EPOCHS_AHEAD: u32 = 60;

/// The epoch of a moment by the clock: whole weeks since the kit was issued, and 0 before that.
#[must_use]
pub fn epoch_at(issued_at: i64, now: i64) -> u32 {
    let weeks = now.saturating_sub(issued_at) / EPOCH;
    u32::try_from(weeks.max(0)).unwrap_or(u32::MAX)
}

secret32! {
    /// CK(e), the chain's link of one epoch.
    ChainKey
}

impl ChainKey {
    /// CK(e+1). The caller erases the old link, syncs, and then writes the new one.
    #[must_use]
    pub fn advance(&self) -> Self {
        Self(*labels::derive(&self.0, labels::CHAIN))
    }

    /// The working keys of this link's epoch.
    #[must_use]
    pub fn epoch_keys(&self) -> EpochKeys {
        EpochKeys {
            veil: VeilKeys::from_bytes(
                *labels::derive(&self.0, labels::VEIL_HEAD),
                *labels::derive(&self.0, labels::VEIL_BODY),
            ),
            mac: PieceMacKey::from_bytes(*labels::derive(&self.0, labels::PIECE_MAC)),
        }
    }
}

/// What one epoch's cells are veiled and authenticated with.
#[derive(Debug)]
pub struct EpochKeys {
    /// Hides cells on the road.
    pub veil: VeilKeys,
    /// Authenticates pieces.
    pub mac: PieceMacKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_their_keys_all_differ() {
        let first = ChainKey::from_bytes([7; 32]);
        let second = first.advance();
        assert_ne!(first.expose_bytes(), second.expose_bytes());
        let keys = first.epoch_keys();
        let (head, body) = keys.veil.expose_bytes();
        let all = [
            first.expose_bytes(),
            second.expose_bytes(),
            head,
            body,
            keys.mac.expose_bytes(),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
    }

    #[test]
    fn epochs_are_weeks_since_issue() {
        assert_eq!(epoch_at(1_000, 0), 0);
        assert_eq!(epoch_at(1_000, 1_000 + EPOCH - 1), 0);
        assert_eq!(epoch_at(1_000, 1_000 + EPOCH), 1);
        assert_eq!(
            epoch_at(i64::MIN, i64::MAX),
            u32::try_from(i64::MAX / EPOCH).unwrap_or(u32::MAX)
        );
    }

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(
            format!("{:?}", ChainKey::from_bytes([7; 32])),
            "ChainKey(..)"
        );
    }
}
