//! Bulletins that were published, which kits still lack the last one, and kits whose sessions run low.

use crate::columns::Place;
use crate::engine::{args, transact};
use crate::error::StoreError;
use crate::marks::Vault;
use crate::open::Store;
use crate::value::At;
use formats::KitId;
use ledger::Digest;
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::{DropId, Micros, Refusal, kits};

/// What is known of an intake identity's use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntakeUse {
    /// Kits that may still have something sealed to it on its way.
    pub kits_unsettled: u32,
    /// Dispatches of which pieces are here, not opened yet.
    pub unopened: u32,
}

type DueRow = (Vec<u8>, Option<i64>, Option<i64>);

impl Store {
    /// Keeps a bulletin as published; its signatures were checked before.
    ///
    /// # Errors
    /// [`Refusal::BulletinNotNewer`].
    pub async fn publish_bulletin(
        &self,
        number: u32,
        document: &[u8],
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "publish bulletin", Decide, |tx| {
            let last: Option<(Option<i64>,)> =
                tx.one("SELECT MAX(number) FROM bulletins", &[]).await?;
            if last
                .and_then(|(last,)| last)
                .is_some_and(|last| last >= i64::from(number))
            {
                return Err(Refusal::BulletinNotNewer.into());
            }
            let row = number.to_be_bytes();
            let sealed = self.seal(bulletin_place(&row), document)?;
            let sql = "INSERT INTO bulletins (number, document, published_at) VALUES ($1, $2, $3)";
            tx.exec(sql, args![number, sealed, now]).await?;
            let entry = Entry::new(Chain::Desk, Actor::Custodians, Act::BulletinPublished, now);
            self.append(tx, entry.with("number", number)).await?;
            Ok(())
        })
    }

    /// All published bulletins with their numbers, the oldest first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn bulletins(&self) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        transact!(self, "list bulletins", Read, |tx| {
            let sql = "SELECT number, document FROM bulletins ORDER BY number";
            let rows: Vec<(i64, Vec<u8>)> = tx.all(sql, &[]).await?;
            rows.into_iter()
                .map(|(number, sealed)| {
                    let number: u32 = At("bulletins", "number").number(number)?;
                    let row = number.to_be_bytes();
                    Ok((number, self.open(bulletin_place(&row), &sealed)?.to_vec()))
                })
                .collect()
        })
    }

    /// Kits that are to be sent this bulletin: not captured, without it by their own word, and not sent it yet.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn kits_without_bulletin(&self, number: u32) -> Result<Vec<KitId>, StoreError> {
        transact!(self, "list kits without bulletin", Read, |tx| {
            let sql = "SELECT id FROM kits WHERE captured_from IS NULL AND bulletin < $1 AND bulletin_sent < $1 ORDER BY id";
            let rows: Vec<(Vec<u8>,)> = tx.all(sql, args![number]).await?;
            rows.iter()
                .map(|(id,)| Ok(KitId(At("kits", "id").bytes(id)?)))
                .collect()
        })
    }

    /// The bulletin is on its way to this kit.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn bulletin_sent(&self, kit: KitId, number: u32) -> Result<(), StoreError> {
        transact!(self, "mark bulletin sent", Work, |tx| {
            let sql = "UPDATE kits SET bulletin_sent = $1 WHERE id = $2 AND bulletin_sent < $1";
            tx.exec(sql, args![number, kit]).await?;
            Ok(())
        })
    }

    /// Kits whose field has said that few sessions are left, and that were not sent new ones lately.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn kits_short_of_sessions(&self, now: Micros) -> Result<Vec<KitId>, StoreError> {
        transact!(self, "list kits short of sessions", Read, |tx| {
            let sql = "SELECT id, sessions_left, supplied_at FROM kits
                       WHERE captured_from IS NULL AND sessions_left IS NOT NULL ORDER BY id";
            let rows: Vec<DueRow> = tx.all(sql, &[]).await?;
            let at = At("kits", "sessions_left");
            let mut short = Vec::new();
            for (id, left, supplied) in rows {
                let left = left.map(|left| at.number(left)).transpose()?;
                if kits::wants_supply(left, supplied.map(Micros), now) {
                    short.push(KitId(at.bytes(&id)?));
                }
            }
            Ok(short)
        })
    }

    /// Keeps the hashes of new session tokens of a kit; they wait to be registered with their drops.
    ///
    /// # Errors
    /// A drop that is not known; the engine's failure.
    pub async fn add_session_tokens(
        &self,
        kit: KitId,
        tokens: &[(DropId, Digest)],
    ) -> Result<(), StoreError> {
        transact!(self, "add session tokens", Decide, |tx| self
            .insert_tokens(tx, kit, tokens)
            .await)
    }

    /// New session tokens are on their way to this kit.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn kit_supplied(&self, kit: KitId, now: Micros) -> Result<(), StoreError> {
        transact!(self, "mark kit supplied", Decide, |tx| {
            let sql = "UPDATE kits SET supplied_at = $1 WHERE id = $2";
            tx.exec(sql, args![now, kit]).await?;
            let entry = Entry::new(Chain::Desk, Actor::Desk, Act::KitSupplied, now);
            self.append(tx, entry.with("kit", kit)).await?;
            Ok(())
        })
    }

    /// The dispatch through whose reply pairs the everyday vault of a kit is best told something that no receipt waits for.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn answerable(
        &self,
        kit: KitId,
        now: Micros,
    ) -> Result<Option<DispatchKey>, StoreError> {
        transact!(self, "find answerable dispatch", Read, |tx| {
            let pair = self.spare_pair(tx, kit, Vault::Everyday, now).await?;
            Ok(pair.map(|found| found.pair.source))
        })
    }

    /// A kit was issued with this intake epoch: nothing of it is sealed to an earlier one.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn kit_intake(&self, kit: KitId, epoch: u32) -> Result<(), StoreError> {
        transact!(self, "note kit intake", Work, |tx| {
            let sql = "UPDATE kits SET intake_issued = $1 WHERE id = $2";
            tx.exec(sql, args![epoch, kit]).await?;
            Ok(())
        })
    }

    /// Who may still need this intake identity.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn intake_use(&self, epoch: u32) -> Result<IntakeUse, StoreError> {
        transact!(self, "count intake use", Read, |tx| {
            let unsettled: Option<(i64,)> = tx
                .one(
                    "SELECT COUNT(*) FROM kits
                     WHERE intake_issued <= $1 AND (intake_from IS NULL OR intake_from <= $1)",
                    args![epoch],
                )
                .await?;
            let unopened: Option<(i64,)> = tx
                .one(
                    "SELECT COUNT(*) FROM dispatches WHERE opened_at IS NULL AND EXISTS (SELECT 1 FROM pieces
                     WHERE pieces.kit = dispatches.kit AND pieces.dispatch = dispatches.dispatch
                     AND pieces.state = 'complete' AND pieces.no > 0)",
                    &[],
                )
                .await?;
            let at = At("kits", "intake_from");
            Ok(IntakeUse {
                kits_unsettled: at.number(unsettled.map_or(0, |(n,)| n))?,
                unopened: at.number(unopened.map_or(0, |(n,)| n))?,
            })
        })
    }
}

fn bulletin_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "bulletins",
        column: "document",
        row,
    }
}
