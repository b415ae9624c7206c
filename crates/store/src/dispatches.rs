//! Dispatches as pages and receipts need them: how far each has come, piece by piece.

use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use formats::{DispatchId, KitId, PieceNo};
use ledger::Digest;
use newsroom::arrival::{DispatchKey, DispatchState, PieceFacts, Progress, progress};
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::{BlobId, Micros, Private};

/// A piece as a dispatch's page and a receipt need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceRecord {
    /// Its number.
    pub no: PieceNo,
    /// Whether it is the last.
    pub last: bool,
    /// Shards needed.
    pub k: u16,
    /// Distinct shards there.
    pub shards: u32,
    /// SHA-256 of the ciphertext and where it is kept, once authentic.
    pub authentic: Option<(Digest, BlobId)>,
}

/// A dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispatchRecord {
    /// Which.
    pub key: DispatchKey,
    /// Whose kit: the pseudonym.
    pub pseudonym: Private,
    /// Where it stands.
    pub state: DispatchState,
    /// When its first cell was read.
    pub first_seen: Micros,
    /// When its latest cell was read.
    pub last_seen: Micros,
    /// Cells seen, repeats included.
    pub cells: u64,
    /// How far its pieces have come.
    pub progress: Progress,
    /// The sender's note, once opened.
    pub note: Option<Private>,
    /// Why it is unreadable: a code.
    pub trouble: Option<String>,
    /// A cell of it carried the duress mark, or it came from another vault. For those alone who may see sources.
    pub forced: bool,
    /// How many items its manifest says are held back; `None` while it was not read.
    pub held: Option<u32>,
    /// It came from another vault than the everyday one, as after a duress passphrase. For the same people.
    pub another_vault: bool,
}

type PieceRow = (i64, i64, i64, i64, Option<Vec<u8>>, Option<Vec<u8>>);

type DispatchRow = (
    Vec<u8>,
    Vec<u8>,
    String,
    i64,
    i64,
    i64,
    Option<Vec<u8>>,
    Option<String>,
    Option<Vec<u8>>,
    Option<i64>,
);

impl Store {
    /// Dispatches, newest first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn dispatches(&self, limit: u32) -> Result<Vec<DispatchRecord>, StoreError> {
        transact!(self, "list dispatches", Read, |tx| {
            let sql = "SELECT kit, dispatch, state, first_seen, last_seen, cells, note, trouble, forced, held FROM dispatches
                       ORDER BY first_seen DESC, dispatch LIMIT $1";
            let rows: Vec<DispatchRow> = tx.all(sql, args![limit]).await?;
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                out.push(self.dispatch_from(tx, row).await?);
            }
            Ok(out)
        })
    }

    pub(crate) async fn dispatches_of_kit(
        &self,
        tx: &mut Tx,
        kit: KitId,
    ) -> Result<Vec<DispatchRecord>, StoreError> {
        let sql = "SELECT kit, dispatch, state, first_seen, last_seen, cells, note, trouble, forced, held FROM dispatches
                   WHERE kit = $1 ORDER BY first_seen DESC, dispatch";
        let rows: Vec<DispatchRow> = tx.all(sql, args![kit]).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.dispatch_from(tx, row).await?);
        }
        Ok(out)
    }

    /// One dispatch.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn dispatch(&self, key: &DispatchKey) -> Result<DispatchRecord, StoreError> {
        transact!(self, "load dispatch", Read, |tx| {
            let sql = "SELECT kit, dispatch, state, first_seen, last_seen, cells, note, trouble, forced, held FROM dispatches
                       WHERE kit = $1 AND dispatch = $2";
            let row: Option<DispatchRow> = tx.one(sql, args![key.kit, key.dispatch]).await?;
            let row = row.ok_or_else(|| missing_dispatch(key))?;
            self.dispatch_from(tx, row).await
        })
    }

    /// A dispatch's pieces in order; of several claims to one number, the authentic one, else the fullest.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn dispatch_pieces(&self, key: &DispatchKey) -> Result<Vec<PieceRecord>, StoreError> {
        transact!(self, "list pieces", Read, |tx| {
            let sql = "SELECT no, final, k, shards, digest, blob FROM pieces
                       WHERE kit = $1 AND dispatch = $2 AND state <> 'quarantined'
                       ORDER BY no, CASE state WHEN 'complete' THEN 0 ELSE 1 END, shards DESC, tag";
            let rows: Vec<PieceRow> = tx.all(sql, args![key.kit, key.dispatch]).await?;
            let mut pieces = rows
                .into_iter()
                .map(piece_from)
                .collect::<Result<Vec<_>, _>>()?;
            pieces.dedup_by_key(|piece| piece.no);
            Ok(pieces)
        })
    }

    /// A dispatch was all there and what is inside does not fit together; the code says how.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn dispatch_unreadable(
        &self,
        key: &DispatchKey,
        code: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "mark dispatch unreadable", Decide, |tx| {
            let sql = "UPDATE dispatches SET state = 'unreadable', trouble = $1 WHERE kit = $2 AND dispatch = $3 AND state <> 'opened'";
            if tx.exec(sql, args![code, key.kit, key.dispatch]).await? == 1 {
                let entry = Entry::new(
                    Chain::Dispatch(*key),
                    Actor::Desk,
                    Act::DispatchUnreadable,
                    now,
                );
                self.append(tx, entry.with("code", code)).await?;
            }
            Ok(())
        })
    }

    pub(crate) async fn piece_facts(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
    ) -> Result<Vec<PieceFacts>, StoreError> {
        let rows: Vec<(i64, i64, String)> = tx
            .all(
                "SELECT no, final, state FROM pieces WHERE kit = $1 AND dispatch = $2 AND state <> 'quarantined'",
                args![key.kit, key.dispatch],
            )
            .await?;
        rows.into_iter()
            .map(|(no, last, state)| {
                let no = At("pieces", "no").number(no)?;
                Ok(PieceFacts {
                    no,
                    last: last != 0,
                    complete: state == "complete",
                })
            })
            .collect()
    }

    async fn dispatch_from(
        &self,
        tx: &mut Tx,
        row: DispatchRow,
    ) -> Result<DispatchRecord, StoreError> {
        let (kit, dispatch, state, first_seen, last_seen, cells, note, trouble, forced, held) = row;
        let at = At("dispatches", "key");
        let key = DispatchKey {
            kit: KitId(at.bytes(&kit)?),
            dispatch: DispatchId(at.bytes(&dispatch)?),
        };
        let pseudonym: Option<(Vec<u8>,)> = tx
            .one("SELECT pseudonym FROM kits WHERE id = $1", args![key.kit])
            .await?;
        let (pseudonym,) = pseudonym.ok_or_else(|| at.damaged())?;
        let place = Place {
            table: "kits",
            column: "pseudonym",
            row: &key.kit.0,
        };
        let note = match note {
            Some(sealed) => Some(self.open_text(note_place(&note_row(&key)), &sealed)?),
            None => None,
        };
        let mark = self.open_mark(&key, forced.as_deref())?;
        Ok(DispatchRecord {
            pseudonym: self.open_text(place, &pseudonym)?,
            state: At("dispatches", "state").word(DispatchState::from_code(&state))?,
            first_seen: Micros(first_seen),
            last_seen: Micros(last_seen),
            cells: At("dispatches", "cells").number(cells)?,
            progress: progress(&self.piece_facts(tx, &key).await?),
            note,
            trouble,
            forced: mark.counts(),
            another_vault: mark.elsewhere,
            held: held
                .map(|held| At("dispatches", "held").number(held))
                .transpose()?,
            key,
        })
    }
}

pub(crate) fn note_row(key: &DispatchKey) -> Vec<u8> {
    [key.kit.0.as_slice(), key.dispatch.0.as_slice()].concat()
}

pub(crate) fn note_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "dispatches",
        column: "note",
        row,
    }
}

pub(crate) fn missing_dispatch(key: &DispatchKey) -> StoreError {
    StoreError::Missing {
        what: "dispatch",
        id: key.dispatch.to_string(),
    }
}

fn piece_from(row: PieceRow) -> Result<PieceRecord, StoreError> {
    let (no, last, k, shards, digest, blob) = row;
    let at = At("pieces", "no");
    let authentic = match (digest, blob) {
        (Some(digest), Some(blob)) => Some((
            Digest(at.bytes(&digest)?),
            BlobId::from_bytes(at.bytes(&blob)?),
        )),
        _ => None,
    };
    Ok(PieceRecord {
        no: PieceNo(at.number(no)?),
        last: last != 0,
        k: at.number(k)?,
        shards: at.number(shards)?,
        authentic,
    })
}
