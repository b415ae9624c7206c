//! Drops the desk reads from and puts receipts into. Their addresses and tokens are sealed.

use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::{At, int};
use ledger::Digest;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::{DropId, Micros, Private};

/// A drop.
#[derive(Debug)]
pub struct DropRecord {
    /// Which.
    pub id: DropId,
    /// Its address.
    pub url: Private,
    /// The desk's token there.
    pub token: Private,
    /// Where reading goes on, in cells.
    pub next_offset: u64,
    /// When cells were last read.
    pub pulled_at: Option<Micros>,
}

type Row = (Vec<u8>, Vec<u8>, Vec<u8>, i64, Option<i64>);

impl Store {
    /// Adds a drop; one that is known already is left as it is and its id given.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn add_drop(
        &self,
        url: &str,
        token: &Private,
        now: Micros,
    ) -> Result<DropId, StoreError> {
        let id = DropId::from_bytes(self.random());
        let index = self.columns().index("drops", "url", url.as_bytes())?;
        let sealed_url = self.seal(place("url", &id), url.as_bytes())?;
        let sealed_token = self.seal(place("token", &id), token.expose().as_bytes())?;
        transact!(self, "add drop", Decide, |tx| {
            let known: Option<(Vec<u8>,)> = tx
                .one("SELECT id FROM drops WHERE url_index = $1", args![index])
                .await?;
            if let Some((known,)) = known {
                return Ok(DropId::from_bytes(At("drops", "id").bytes(&known)?));
            }
            tx.exec(
                "INSERT INTO drops (id, url, url_index, token, next_offset, added_at) VALUES ($1, $2, $3, $4, 0, $5)",
                args![id, sealed_url, index, sealed_token, now],
            )
            .await?;
            let entry = Entry::new(Chain::Desk, Actor::Custodians, Act::DropAdded, now);
            self.append(tx, entry.with("drop", id)).await?;
            Ok(id)
        })
    }

    /// All drops, oldest first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn drops(&self) -> Result<Vec<DropRecord>, StoreError> {
        transact!(self, "list drops", Read, |tx| {
            let rows: Vec<Row> = tx
                .all("SELECT id, url, token, next_offset, pulled_at FROM drops ORDER BY added_at, id", &[])
                .await?;
            rows.into_iter()
                .map(|(id, url, token, next_offset, pulled_at)| {
                    let id = DropId::from_bytes(At("drops", "id").bytes(&id)?);
                    Ok(DropRecord {
                        url: self.open_text(place("url", &id), &url)?,
                        token: self.open_text(place("token", &id), &token)?,
                        id,
                        next_offset: At("drops", "next_offset").number(next_offset)?,
                        pulled_at: pulled_at.map(Micros),
                    })
                })
                .collect()
        })
    }

    /// Remembers how far a drop was read; never backwards.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such drop.
    pub async fn set_drop_offset(
        &self,
        drop: DropId,
        next_offset: u64,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "move drop offset", Work, |tx| {
            let known: Option<(i64,)> = tx
                .one("SELECT next_offset FROM drops WHERE id = $1", args![drop])
                .await?;
            known.ok_or_else(|| StoreError::Missing {
                what: "drop",
                id: drop.to_string(),
            })?;
            let sql = "UPDATE drops SET next_offset = $1, pulled_at = $2 WHERE id = $3 AND next_offset <= $1";
            tx.exec(sql, args![int(next_offset), now, drop]).await?;
            Ok(())
        })
    }

    /// Enters what a drop did wrong.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn drop_misbehaved(
        &self,
        drop: DropId,
        what: &str,
        cells: u64,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "note what a drop did", Decide, |tx| {
            let entry = Entry::new(Chain::Desk, Actor::Desk, Act::DropMisbehaved, now);
            let entry = entry.with("drop", drop).with("what", what);
            self.append(tx, entry.with("cells", cells)).await?;
            Ok(())
        })
    }

    /// Session tokens that this drop has not been told of, by hash. Hashes are random, so their order mixes all kits.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn tokens_to_register(
        &self,
        drop: DropId,
        limit: u32,
    ) -> Result<Vec<Digest>, StoreError> {
        transact!(self, "list tokens to register", Read, |tx| {
            let sql = "SELECT hash FROM session_tokens WHERE drop_id = $1 AND registered_at IS NULL AND revoke_at IS NULL ORDER BY hash LIMIT $2";
            let rows: Vec<(Vec<u8>,)> = tx.all(sql, args![drop, limit]).await?;
            rows.iter()
                .map(|(hash,)| Ok(Digest(At("session_tokens", "hash").bytes(hash)?)))
                .collect()
        })
    }

    /// The drop knows these tokens now.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn tokens_registered(
        &self,
        drop: DropId,
        hashes: &[Digest],
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "mark tokens registered", Work, |tx| {
            for hash in hashes {
                let sql = "UPDATE session_tokens SET registered_at = $1 WHERE hash = $2 AND drop_id = $3 AND registered_at IS NULL";
                tx.exec(sql, args![now, *hash, drop]).await?;
            }
            Ok(())
        })
    }

    pub(crate) async fn must_know_drop(&self, tx: &mut Tx, drop: DropId) -> Result<(), StoreError> {
        let known: Option<(i64,)> = tx
            .one("SELECT next_offset FROM drops WHERE id = $1", args![drop])
            .await?;
        known.map(|_| ()).ok_or_else(|| StoreError::Missing {
            what: "drop",
            id: drop.to_string(),
        })
    }
}

fn place<'a>(column: &'static str, id: &'a DropId) -> Place<'a> {
    Place {
        table: "drops",
        column,
        row: id.as_bytes(),
    }
}
