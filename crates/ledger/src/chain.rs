//! Hash chains: each entry names its predecessor, so that an audit trail cannot lose its middle.

use crate::digest::{Digest, Sha256Writer};

/// What the first entry of a chain names as its predecessor.
pub const GENESIS: Digest = Digest([0; 32]);

/// The digest that names `canonical_entry` after `previous`.
///
/// SHA-256 over `fh1/chain-link`, the previous digest, the entry's length (8 bytes, big endian)
/// and the entry. Callers give a canonical encoding: the same act must always be the same bytes.
#[must_use]
pub fn link(previous: &Digest, canonical_entry: &[u8]) -> Digest {
    let mut state = Sha256Writer::new();
    state.update(b"fh1/chain-link");
    state.update(&previous.0);
    state.update(&(canonical_entry.len() as u64).to_be_bytes());
    state.update(canonical_entry);
    state.finish()
}

/// Walks a whole chain from its beginning and gives its last digest.
pub fn replay<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    entries
        .into_iter()
        .fold(GENESIS, |head, entry| link(&head, entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_order_or_loss_gives_another_head() {
        let entries: [&[u8]; 4] = [b"received", b"opened", b"scrubbed", b"published"];
        let head = replay(entries);
        assert_eq!(head, replay(entries));
        assert_ne!(
            head,
            replay([entries[1], entries[0], entries[2], entries[3]])
        );
        assert_ne!(head, replay([entries[0], entries[1], entries[3]]));
        assert_ne!(head, replay(entries[..3].iter().copied()));
        let joined: [&[u8]; 3] = [b"received", b"openedscrubbed", b"published"];
        assert_ne!(head, replay(joined));
        assert_eq!(replay([]), GENESIS);
    }

    #[test]
    fn link_is_pinned() {
        // The audit trails of every newsroom stand on these bytes.
        assert_eq!(
            link(&GENESIS, b"first").to_string(),
            crate::sha256(
                &[
                    b"fh1/chain-link".as_slice(),
                    &[0; 32],
                    &[0, 0, 0, 0, 0, 0, 0, 5],
                    b"first"
                ]
                .concat()
            )
            .to_string()
        );
    }
}
