//! Entry bundles: up to 256 entries, each after its length in two bytes, big endian.

use crate::MAX_ENTRY;

/// Appends one entry; the caller has checked its length.
pub(super) fn push(bundle: &mut Vec<u8>, entry: &[u8]) {
    let length = u16::try_from(entry.len().min(MAX_ENTRY)).unwrap_or(u16::MAX);
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
}

/// The first `count` entries of a bundle, or nothing when it does not hold exactly that many.
pub(super) fn split(bundle: &[u8], count: usize) -> Option<Vec<&[u8]>> {
    let mut rest = bundle;
    let mut entries = Vec::with_capacity(count.min(256));
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        rest = after;
    }
    (entries.len() == count).then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_strictness() {
        let mut bundle = Vec::new();
        push(&mut bundle, b"");
        push(&mut bundle, b"one");
        push(&mut bundle, &[7; MAX_ENTRY]);
        let entries = split(&bundle, 3).unwrap();
        assert_eq!(entries, [b"".as_slice(), b"one", &[7; MAX_ENTRY]]);
        assert!(split(&bundle, 2).is_none());
        assert!(split(&bundle, 4).is_none());
        for cut in 1..6 {
            assert!(split(&bundle[..bundle.len() - cut], 3).is_none());
        }
    }
}
