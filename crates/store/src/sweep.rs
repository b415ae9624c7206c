//! Which blobs the record names: what a kill left between a file and its record is an orphan.

use crate::engine::transact;
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::{BlobId, Micros};
use std::collections::HashSet;

impl Store {
    /// Every blob that something in the record names.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn named_blobs(&self) -> Result<HashSet<BlobId>, StoreError> {
        transact!(self, "list named blobs", Read, |tx| {
            let sql = "SELECT blob FROM pieces WHERE blob IS NOT NULL
                       UNION ALL SELECT blob FROM items
                       UNION ALL SELECT poster FROM previews WHERE poster IS NOT NULL
                       UNION ALL SELECT proxy FROM previews WHERE proxy IS NOT NULL
                       UNION ALL SELECT blob FROM derivatives
                       UNION ALL SELECT poster FROM derivatives WHERE poster IS NOT NULL";
            let rows: Vec<(Vec<u8>,)> = tx.all(sql, &[]).await?;
            let at = At("previews", "pages");
            let mut named = HashSet::with_capacity(rows.len());
            for (blob,) in rows {
                named.insert(BlobId::from_bytes(at.bytes(&blob)?));
            }
            let pages: Vec<(String,)> = tx.all("SELECT pages FROM previews", &[]).await?;
            for (pages,) in pages {
                named.extend(crate::items::pages_from(&pages)?);
            }
            let sql = "SELECT variants FROM derivatives WHERE variants IS NOT NULL";
            let variants: Vec<(String,)> = tx.all(sql, &[]).await?;
            for (variants,) in variants {
                let variants = crate::derivatives::variants_from(Some(&variants))?;
                named.extend(variants.into_iter().map(|one| one.blob));
            }
            Ok(named)
        })
    }

    /// So many blobs that nothing named were removed.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn blobs_swept(&self, blobs: u64, now: Micros) -> Result<(), StoreError> {
        transact!(self, "note swept blobs", Work, |tx| {
            let entry = Entry::new(Chain::Desk, Actor::Desk, Act::BlobsSwept, now);
            self.append(tx, entry.with("blobs", blobs)).await?;
            Ok(())
        })
    }
}
