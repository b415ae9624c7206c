//! The import key: by which a device knows, of a camera's card, what it has sealed already. Random, and erased when the
//! import is done: what it leaves behind names no file and confirms no content.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::secret::secret32;

secret32! {
    /// Recognises files while one import lasts.
    ImportKey
}

/// What a file on a camera's card is recognised by.
#[derive(Debug, Clone, Copy)]
pub struct ImportFacts<'a> {
    /// Its place on the card.
    pub place: &'a str,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last written, in microseconds since 1970 UTC.
    pub modified: i64,
    /// How it begins.
    pub head: &'a [u8],
    /// How it ends.
    pub tail: &'a [u8],
}

/// Stands for one file during one import. Says nothing without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportTag(pub [u8; 16]);

/// HMAC input begins with what it is for, so that a tag can never be taken for a name.
const FILE: u8 = 1;
const NAME: u8 = 2;
/// Letters and digits that every file system takes in a short name.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

impl ImportKey {
    /// The tag of a file.
    #[must_use]
    pub fn tag(&self, facts: &ImportFacts<'_>) -> ImportTag {
        let place = facts.place.as_bytes();
        ImportTag(self.mac(&[
            &[FILE],
            &length(place),
            place,
            &facts.bytes.to_be_bytes(),
            &facts.modified.to_be_bytes(),
            &length(facts.head),
            facts.head,
            &length(facts.tail),
            facts.tail,
        ]))
    }

    /// The name that a file has while it is being overwritten: random to everybody else, and known again after a crash.
    #[must_use]
    pub fn erasing_name(&self, tag: &ImportTag) -> String {
        let mac = self.mac(&[&[NAME], &tag.0]);
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
        let stem: String = mac.iter().take(8).map(letter).collect();
        format!("{stem}.TMP")
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut out = [0; 16];
        // HMAC takes keys of any length, so this is never an error.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.expose_bytes()) {
            parts.iter().for_each(|part| mac.update(part));
            let whole = mac.finalize().into_bytes();
            out.copy_from_slice(&whole[..16]);
        }
        out
    }
}

/// A length as 8 bytes, so that no two lists of parts read alike.
fn length(bytes: &[u8]) -> [u8; 8] {
    (bytes.len() as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: ImportFacts<'static> = ImportFacts {
        place: "DCIM/100CANON/IMG_0001.JPG",
        bytes: 5,
        modified: 1_790_000_000_000_000,
        head: b"head",
        tail: b"tail",
    };

    #[test]
    fn everything_about_a_file_matters_and_the_key_too() {
        let key = ImportKey::from_bytes([1; 32]);
        let tag = key.tag(&FACTS);
        assert_eq!(tag, key.tag(&FACTS));
        let others = [
            ImportFacts {
                place: "DCIM/101CANON/IMG_0001.JPG",
                ..FACTS
            },
            ImportFacts { bytes: 6, ..FACTS },
            ImportFacts {
                modified: 1,
                ..FACTS
            },
            ImportFacts {
                head: b"headt",
                tail: b"ail",
                ..FACTS
            },
        ];
        assert!(others.iter().all(|facts| key.tag(facts) != tag));
        assert_ne!(ImportKey::from_bytes([2; 32]).tag(&FACTS), tag);
    }

    #[test]
    fn a_tag_is_what_the_document_says() {
        let key = ImportKey::from_bytes([1; 32]);
        let tag = key.tag(&FACTS);
        assert_eq!(hex(&tag.0), "79645abc57bd27ea50767540a94e5c00");
        assert_eq!(key.erasing_name(&tag), "FM7T8LNH.TMP");
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
