//! Short codes: what can be read aloud, written by hand and looked up on the page "Is this ours?".

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

/// Crockford's letters: none is taken for another.
static LETTERS: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut letters = Specification::new();
    letters.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    letters.encoding().ok()
});

/// A code of 40 bits, in two groups of four letters: drawn by chance, it is that of one published file.
#[must_use]
pub fn of_bits(bits: [u8; 5]) -> String {
    let letters = LETTERS.as_ref().map(|letters| letters.encode(&bits));
    let letters = letters.unwrap_or_default();
    let (first, second) = letters.split_at(letters.len() / 2);
    format!("{first}-{second}")
}

/// The code of a story: 40 bits of a digest of its id, in two groups of four letters. It stays the same in all
/// versions and says nothing to those who do not look it up.
pub(crate) fn of_story(id: &str) -> String {
    let digest = ledger::sha256(format!("fh1/story-code\n{id}").as_bytes());
    let mut bits = [0; 5];
    bits.copy_from_slice(&digest.as_bytes()[..5]);
    of_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_short_and_of_clear_letters() {
        let code = of_story("00000000000000000000000000000001");
        assert_eq!(code.len(), 9, "{code}");
        let clear = |c: char| c == '-' || (c.is_ascii_alphanumeric() && !"ILOU".contains(c));
        assert!(code.chars().all(clear), "{code}");
        assert_ne!(code, of_story("00000000000000000000000000000002"));
    }
}
