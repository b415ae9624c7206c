//! The name that this side gives a post before it is first sent.
//!
//! It is made from what was approved, the channel, the action and the post's place in its thread, and from nothing that
//! changes between attempts. Whatever form a platform wants it in, a second attempt gives the same.

use ledger::{Digest, sha256};

const DOMAIN: &[u8] = b"fh1/outbox-handle";
/// The alphabet of AT Protocol's time-ordered identifiers.
const SORTABLE: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// Microseconds between the posts of one thread: they keep their order, and the noise below fits in between.
const STEP: u64 = 100_000;

/// The name of one post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle {
    digest: Digest,
    at: i64,
    place: u32,
}

impl Handle {
    /// From the row of the outbox and the place in the thread. `at` is when it was decided, in microseconds since 1970.
    #[must_use]
    pub fn new(clearance: &Digest, channel: &[u8; 16], action: &str, at: i64, place: u32) -> Self {
        let mut bytes = DOMAIN.to_vec();
        bytes.extend_from_slice(clearance.as_bytes());
        bytes.extend_from_slice(channel);
        bytes.extend_from_slice(&place.to_be_bytes());
        bytes.extend_from_slice(action.as_bytes());
        Self {
            digest: sha256(&bytes),
            at,
            place,
        }
    }

    /// When it was decided, in microseconds since 1970.
    #[must_use]
    pub const fn at(&self) -> i64 {
        self.at
    }

    /// 32 hexadecimal digits: idempotency keys, transaction ids, message ids.
    #[must_use]
    pub fn key(&self) -> String {
        self.digest.to_string()[..32].to_owned()
    }

    /// Twelve hexadecimal digits: the end of an address.
    #[must_use]
    pub fn short(&self) -> String {
        self.key()[..12].to_owned()
    }

    /// AT Protocol's TID: 53 bits of time in microseconds, 10 bits of clock. 16 bits of the digest go into the time and
    /// 10 into the clock, so that two posts decided in one moment do not meet.
    #[must_use]
    pub fn tid(&self) -> String {
        let bytes = self.digest.as_bytes();
        let low = |at: usize| u64::from(bytes[at]) << 8 | u64::from(bytes[at + 1]);
        let time = u64::try_from(self.at).unwrap_or(0);
        let time = time + u64::from(self.place) * STEP + low(0);
        let number = (time & ((1 << 53) - 1)) << 10 | (low(2) & 0x3ff);
        (0..13)
            .rev()
            .map(|at| {
                let digit = usize::try_from(number >> (5 * at) & 31).unwrap_or(0);
                char::from(SORTABLE[digit])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(place: u32, action: &str) -> Handle {
        Handle::new(
            &sha256(b"story"),
            &[7; 16],
            action,
            1_764_000_000_000_000,
            place,
        )
    }

    #[test]
    fn a_second_attempt_has_the_same_name_and_another_post_another() {
        assert_eq!(handle(0, "post").key(), handle(0, "post").key());
        assert_eq!(handle(0, "post").tid(), handle(0, "post").tid());
        assert_ne!(handle(0, "post").key(), handle(1, "post").key());
        assert_ne!(handle(0, "post").key(), handle(0, "reply").key());
        assert_eq!(handle(0, "post").key().len(), 32);
    }

    #[test]
    fn tids_are_in_the_threads_order_and_in_the_alphabet() {
        let tids: Vec<_> = (0..20).map(|place| handle(place, "post").tid()).collect();
        let mut sorted = tids.clone();
        sorted.sort();
        assert_eq!(tids, sorted);
        for tid in tids {
            assert_eq!(tid.len(), 13);
            // The first digit of a TID is one of these, or its highest bit is set.
            assert!("234567abcdefghij".contains(&tid[..1]), "{tid}");
            assert!(tid.bytes().all(|byte| SORTABLE.contains(&byte)));
        }
    }
}
