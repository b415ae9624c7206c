//! Sealed columns: what must not be readable on a database server's disk, whatever the engine.
//!
//! XChaCha20-Poly1305 under the column key; the associated data names table, column and row, so that a value opens
//! only where it was written. A blind index (HMAC-SHA-256 under the index key) finds a sealed value again.

use crate::error::StoreError;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use openers::{ColumnKey, IndexKey};
use sha2::Sha256;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// The place of a sealed value.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    /// The row's primary key, or as much of it as tells rows apart.
    pub(crate) row: &'a [u8],
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let mut out = b"fh1/column".to_vec();
        for part in [self.table.as_bytes(), self.column.as_bytes(), self.row] {
            out.extend_from_slice(&(part.len() as u64).to_be_bytes());
            out.extend_from_slice(part);
        }
        out
    }

    fn damaged(&self) -> StoreError {
        StoreError::Damaged {
            table: self.table,
            column: self.column,
        }
    }
}

/// The keys of sealed columns.
pub(crate) struct Columns {
    cipher: XChaCha20Poly1305,
    index: IndexKey,
}

impl Columns {
    pub(crate) fn new(column: &ColumnKey, index: IndexKey) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(column.expose_bytes().into()),
            index,
        }
    }

    /// Seals a value for its place. The nonce is fresh and random.
    pub(crate) fn seal(
        &self,
        place: Place<'_>,
        nonce: [u8; NONCE],
        value: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let payload = Payload {
            msg: value,
            aad: &place.associated_data(),
        };
        // The cipher refuses only values above 256 GiB, which no column holds.
        let sealed = self
            .cipher
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| place.damaged())?;
        let mut out = Vec::with_capacity(1 + NONCE + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens a value in its place.
    pub(crate) fn open(
        &self,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let Some((&VERSION, rest)) = sealed.split_first() else {
            return Err(place.damaged());
        };
        let Some((nonce, text)) = rest.split_at_checked(NONCE) else {
            return Err(place.damaged());
        };
        let payload = Payload {
            msg: text,
            aad: &place.associated_data(),
        };
        let opened = self
            .cipher
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| place.damaged())?;
        Ok(Zeroizing::new(opened))
    }

    /// The blind index of a value: equal values of one column give equal indices, and nothing else is learnt.
    pub(crate) fn index(
        &self,
        table: &'static str,
        column: &'static str,
        value: &[u8],
    ) -> Result<[u8; 32], StoreError> {
        let place = Place {
            table,
            column,
            row: value,
        };
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(self.index.expose_bytes())
            .map_err(|_| place.damaged())?;
        mac.update(b"fh1/index");
        mac.update(&place.associated_data());
        Ok(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(seed: u8) -> Columns {
        Columns::new(
            &ColumnKey::from_bytes([seed; 32]),
            IndexKey::from_bytes([seed; 32]),
        )
    }

    #[test]
    fn a_value_opens_only_in_its_place_and_unchanged() {
        let place = |table, column, row| Place { table, column, row };
        let here = place("kits", "pseudonym", b"row-1");
        let sealed = columns(1).seal(here, [7; 24], b"Jasmine").unwrap();
        assert_eq!(
            columns(1).open(here, &sealed).unwrap().as_slice(),
            b"Jasmine"
        );
        let elsewhere = [
            place("kits", "pseudonym", b"row-2"),
            place("kits", "chain_key", b"row-1"),
            place("editors", "pseudonym", b"row-1"),
            place("kits", "pseudony", b"mrow-1"),
        ];
        for other in elsewhere {
            assert!(matches!(
                columns(1).open(other, &sealed),
                Err(StoreError::Damaged { .. })
            ));
        }
        assert!(columns(2).open(here, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut hurt = sealed.clone();
            hurt[at] ^= 1;
            assert!(columns(1).open(here, &hurt).is_err(), "byte {at}");
            assert!(columns(1).open(here, &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn an_index_is_keyed_and_bound_to_its_column() {
        let index = |seed, table, value: &[u8]| columns(seed).index(table, "name", value).unwrap();
        assert_eq!(index(1, "kits", b"a"), index(1, "kits", b"a"));
        assert_ne!(index(1, "kits", b"a"), index(2, "kits", b"a"));
        assert_ne!(index(1, "kits", b"a"), index(1, "editors", b"a"));
        assert_ne!(index(1, "kits", b"a"), index(1, "kits", b"b"));
    }
}
