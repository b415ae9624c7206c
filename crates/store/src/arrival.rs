//! Dispatches while they come in: which cells of which piece lie where in the spool, and which pieces are whole.
//!
//! The desk opens a cell's header alone (88 bytes), says here which piece it belongs to and where it lies, and reads
//! its 65,536 bytes again only when enough distinct shards of that piece are there. So memory holds one piece,
//! however many are open, and the spool's read position moves in the same transaction as the index.

use crate::columns::Place;
use crate::engine::{Dialect, Tx, args, transact};
use crate::error::StoreError;
use crate::jobs::enqueue;
use crate::open::Store;
use crate::spool::SpoolPosition;
use crate::value::{At, int};
use formats::{CellHeader, DispatchId, KitId, PieceKey, PieceNo};
use keys::PieceTag;
use ledger::Digest;
use newsroom::arrival::{DispatchKey, DispatchState, PieceFacts, Progress, progress};
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::work::Work;
use newsroom::{BlobId, Micros, Private};
use std::collections::BTreeSet;

/// How many cells that claim one shard of one piece are kept: one may be damaged or poisoned, rivals replace it.
const RIVALS: i64 = 4;

/// A cell whose header opened under a kit's key.
#[derive(Clone, Copy, Debug)]
pub struct SpooledCell {
    /// Its header.
    pub header: CellHeader,
    /// Where it lies.
    pub at: SpoolPosition,
}

/// What a batch of cells changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Pieces that have enough distinct shards to be assembled.
    pub ready: Vec<OpenPiece>,
    /// Dispatches that grew.
    pub touched: Vec<DispatchKey>,
    /// Pieces whose cells contradict each other; they are set apart.
    pub quarantined: Vec<PieceKey>,
}

/// A piece that can be assembled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPiece {
    /// Which.
    pub key: PieceKey,
    /// Shards needed.
    pub k: u16,
    /// Bytes of its ciphertext.
    pub length: u32,
    /// Whether it is the dispatch's last.
    pub last: bool,
}

/// Where a piece's cells lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceCells {
    /// The piece.
    pub piece: OpenPiece,
    /// Shard index and place of each, in the spool's order.
    pub cells: Vec<(u16, SpoolPosition)>,
}

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
);

const SPOOL_CURSOR: &str = "spool-cursor";

impl Store {
    /// Records a batch of cells and moves the spool's read position behind it, in one transaction.
    ///
    /// # Errors
    /// The engine's failure; a kit that is not known.
    pub async fn record_cells(
        &self,
        cells: &[SpooledCell],
        read_to: SpoolPosition,
        now: Micros,
    ) -> Result<Recorded, StoreError> {
        transact!(self, "record cells", Work, |tx| {
            let mut recorded = Recorded::default();
            let mut touched = BTreeSet::new();
            let mut ready = Vec::new();
            for cell in cells {
                let key = PieceKey::of(&cell.header);
                let dispatch = DispatchKey {
                    kit: key.kit,
                    dispatch: key.dispatch,
                };
                touched.insert(dispatch);
                self.see_dispatch(tx, &dispatch, now).await?;
                match self.see_cell(tx, cell, &key).await? {
                    Seen::Ready(piece) => ready.push(piece),
                    Seen::Conflict => {
                        self.quarantine(tx, &key, "conflicting-headers", now)
                            .await?;
                        recorded.quarantined.push(key);
                    }
                    Seen::Kept | Seen::Late => {}
                }
            }
            ready.sort_unstable_by_key(|piece: &OpenPiece| piece.key);
            ready.dedup_by_key(|piece| piece.key);
            ready.retain(|piece| !recorded.quarantined.contains(&piece.key));
            recorded.ready = ready;
            recorded.touched = touched.into_iter().collect();
            set_number(tx, SPOOL_CURSOR, read_to.0).await?;
            Ok(recorded)
        })
    }

    /// Where reading the spool goes on.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn spool_cursor(&self) -> Result<SpoolPosition, StoreError> {
        transact!(self, "load spool cursor", Read, |tx| Ok(SpoolPosition(
            number(tx, SPOOL_CURSOR).await?
        )))
    }

    /// The first place in the spool that is still needed: everything before it may be removed.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn spool_needed_from(&self) -> Result<SpoolPosition, StoreError> {
        transact!(self, "find oldest cell", Read, |tx| {
            let cursor = number(tx, SPOOL_CURSOR).await?;
            let oldest: Option<(Option<i64>,)> =
                tx.one("SELECT MIN(spool_at) FROM spool_cells", &[]).await?;
            let oldest = match oldest.and_then(|(oldest,)| oldest) {
                Some(oldest) => At("spool_cells", "spool_at").number(oldest)?,
                None => u64::MAX,
            };
            Ok(SpoolPosition(cursor.min(oldest)))
        })
    }

    /// Pieces that can be assembled and have not been tried with what is there: what to do first after a restart.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn ready_pieces(&self, limit: u32) -> Result<Vec<OpenPiece>, StoreError> {
        transact!(self, "list ready pieces", Read, |tx| {
            let sql = "SELECT kit, dispatch, no, tag, k, length, final FROM pieces
                       WHERE state = 'collecting' AND shards >= k AND tried < cells
                       ORDER BY kit, dispatch, no, tag LIMIT $1";
            let rows: Vec<(Vec<u8>, Vec<u8>, i64, Vec<u8>, i64, i64, i64)> =
                tx.all(sql, args![limit]).await?;
            rows.into_iter()
                .map(|(kit, dispatch, no, tag, k, length, last)| {
                    let at = At("pieces", "key");
                    let key = PieceKey {
                        kit: KitId(at.bytes(&kit)?),
                        dispatch: DispatchId(at.bytes(&dispatch)?),
                        piece: PieceNo(at.number(no)?),
                        tag: PieceTag(at.bytes(&tag)?),
                    };
                    Ok(OpenPiece {
                        key,
                        k: at.number(k)?,
                        length: at.number(length)?,
                        last: last != 0,
                    })
                })
                .collect()
        })
    }

    /// Where the cells of a piece lie; `None` when it is no longer being collected.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn piece_cells(&self, key: &PieceKey) -> Result<Option<PieceCells>, StoreError> {
        transact!(self, "list cells of piece", Read, |tx| {
            let row: Option<(i64, i64, i64)> = tx
                .one(
                    "SELECT k, length, final FROM pieces
                     WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 AND state = 'collecting'",
                    args![key.kit, key.dispatch, key.piece.0, key.tag],
                )
                .await?;
            let Some((k, length, last)) = row else {
                return Ok(None);
            };
            let at = At("pieces", "k");
            let piece = OpenPiece {
                key: *key,
                k: at.number(k)?,
                length: at.number(length)?,
                last: last != 0,
            };
            let rows: Vec<(i64, i64)> = tx
                .all(
                    "SELECT shard, spool_at FROM spool_cells
                     WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 ORDER BY spool_at",
                    args![key.kit, key.dispatch, key.piece.0, key.tag],
                )
                .await?;
            let place = At("spool_cells", "spool_at");
            let cells = rows
                .into_iter()
                .map(|(shard, at)| Ok((place.number(shard)?, SpoolPosition(place.number(at)?))))
                .collect::<Result<_, StoreError>>()?;
            Ok(Some(PieceCells { piece, cells }))
        })
    }

    /// A piece was assembled, its tag verified and its ciphertext kept in the blob store. When that makes the dispatch
    /// whole, opening it is queued. Doing it twice changes nothing.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn piece_complete(
        &self,
        key: &PieceKey,
        digest: Digest,
        blob: BlobId,
        now: Micros,
    ) -> Result<Progress, StoreError> {
        transact!(self, "complete piece", Decide, |tx| {
            let dispatch = DispatchKey {
                kit: key.kit,
                dispatch: key.dispatch,
            };
            let rival: Option<(i64,)> = tx
                .one(
                    "SELECT no FROM pieces WHERE kit = $1 AND dispatch = $2 AND no = $3 AND state = 'complete'",
                    args![key.kit, key.dispatch, key.piece.0],
                )
                .await?;
            if rival.is_some() {
                // The first authentic piece of a number stands; another with the same number is set apart.
                self.forget_cells(tx, key).await?;
                let sql = "UPDATE pieces SET state = 'quarantined'
                           WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 AND state = 'collecting'";
                tx.exec(sql, args![key.kit, key.dispatch, key.piece.0, key.tag])
                    .await?;
                return Ok(progress(&self.piece_facts(tx, &dispatch).await?));
            }
            tx.exec(
                "UPDATE pieces SET state = 'complete', digest = $1, blob = $2, completed_at = $3
                 WHERE kit = $4 AND dispatch = $5 AND no = $6 AND tag = $7",
                args![
                    digest,
                    blob,
                    now,
                    key.kit,
                    key.dispatch,
                    key.piece.0,
                    key.tag
                ],
            )
            .await?;
            self.forget_cells(tx, key).await?;
            let entry = Entry::new(
                Chain::Dispatch(dispatch),
                Actor::Desk,
                Act::PieceAuthentic,
                now,
            );
            self.append(
                tx,
                entry.with("piece", key.piece).with("ciphertext", digest),
            )
            .await?;
            let progress = progress(&self.piece_facts(tx, &dispatch).await?);
            if progress.whole {
                let sql = "UPDATE dispatches SET state = 'complete' WHERE kit = $1 AND dispatch = $2 AND state = 'arriving'";
                if tx.exec(sql, args![key.kit, key.dispatch]).await? == 1 {
                    let work = Work::Open {
                        kit: key.kit,
                        dispatch: key.dispatch,
                    };
                    enqueue(self, tx, &work, now).await?;
                }
            }
            Ok(progress)
        })
    }

    /// Assembling was tried with all cells there are and gave nothing authentic: wait for more.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn piece_waits(&self, key: &PieceKey, cells_tried: u32) -> Result<(), StoreError> {
        transact!(self, "let piece wait", Work, |tx| {
            tx.exec(
                "UPDATE pieces SET tried = $1
                 WHERE kit = $2 AND dispatch = $3 AND no = $4 AND tag = $5 AND state = 'collecting' AND tried < $1",
                args![cells_tried, key.kit, key.dispatch, key.piece.0, key.tag],
            )
            .await?;
            Ok(())
        })
    }

    /// A piece contradicts itself: set apart, never decoded, its cells no longer needed.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn piece_quarantined(
        &self,
        key: &PieceKey,
        why: &'static str,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "quarantine piece", Decide, |tx| self
            .quarantine(tx, key, why, now)
            .await)
    }

    /// Dispatches, newest first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn dispatches(&self, limit: u32) -> Result<Vec<DispatchRecord>, StoreError> {
        transact!(self, "list dispatches", Read, |tx| {
            let sql = "SELECT kit, dispatch, state, first_seen, last_seen, cells, note, trouble FROM dispatches
                       ORDER BY first_seen DESC, dispatch LIMIT $1";
            let rows: Vec<DispatchRow> = tx.all(sql, args![limit]).await?;
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                out.push(self.dispatch_from(tx, row).await?);
            }
            Ok(out)
        })
    }

    /// One dispatch.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn dispatch(&self, key: &DispatchKey) -> Result<DispatchRecord, StoreError> {
        transact!(self, "load dispatch", Read, |tx| {
            let sql = "SELECT kit, dispatch, state, first_seen, last_seen, cells, note, trouble FROM dispatches
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

    async fn see_dispatch(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        now: Micros,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE dispatches SET cells = cells + 1, last_seen = $1 WHERE kit = $2 AND dispatch = $3";
        if tx.exec(sql, args![now, key.kit, key.dispatch]).await? == 1 {
            return Ok(());
        }
        tx.exec(
            "INSERT INTO dispatches (kit, dispatch, state, first_seen, last_seen, cells)
             VALUES ($1, $2, 'arriving', $3, $3, 1)",
            args![key.kit, key.dispatch, now],
        )
        .await?;
        let begun = self
            .append(
                tx,
                Entry::new(Chain::Dispatch(*key), Actor::Desk, Act::DispatchSeen, now),
            )
            .await?;
        let entry = Entry::new(Chain::Desk, Actor::Desk, Act::DispatchSeen, now);
        let entry = entry
            .with("dispatch", key.dispatch)
            .with("kit", key.kit)
            .with("begins", begun);
        self.append(tx, entry).await?;
        Ok(())
    }

    async fn see_cell(
        &self,
        tx: &mut Tx,
        cell: &SpooledCell,
        key: &PieceKey,
    ) -> Result<Seen, StoreError> {
        let header = &cell.header;
        let settled: Option<(i64,)> = tx
            .one(
                "SELECT no FROM pieces WHERE kit = $1 AND dispatch = $2 AND no = $3 AND state = 'complete'",
                args![key.kit, key.dispatch, key.piece.0],
            )
            .await?;
        if settled.is_some() {
            return Ok(Seen::Late);
        }
        tx.exec(
            "INSERT INTO pieces (kit, dispatch, no, tag, k, length, final, state, shards, cells, tried)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'collecting', 0, 0, 0)
             ON CONFLICT (kit, dispatch, no, tag) DO NOTHING",
            args![key.kit, key.dispatch, key.piece.0, key.tag, header.k, header.length, header.last],
        )
        .await?;
        let row: Option<(i64, i64, i64, String)> = tx
            .one(
                Dialect {
                    lite: "SELECT k, length, final, state FROM pieces
                           WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4",
                    pg: "SELECT k, length, final, state FROM pieces
                         WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 FOR UPDATE",
                },
                args![key.kit, key.dispatch, key.piece.0, key.tag],
            )
            .await?;
        let (k, length, last, state) = row.ok_or_else(|| At("pieces", "tag").damaged())?;
        if state != "collecting" {
            return Ok(Seen::Late);
        }
        if (k, length, last != 0) != (i64::from(header.k), i64::from(header.length), header.last) {
            return Ok(Seen::Conflict);
        }
        self.keep_cell(tx, cell, key).await
    }

    async fn keep_cell(
        &self,
        tx: &mut Tx,
        cell: &SpooledCell,
        key: &PieceKey,
    ) -> Result<Seen, StoreError> {
        let same: Option<(i64,)> = tx
            .one(
                "SELECT COUNT(*) FROM spool_cells
                 WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 AND shard = $5",
                args![
                    key.kit,
                    key.dispatch,
                    key.piece.0,
                    key.tag,
                    cell.header.index
                ],
            )
            .await?;
        let same = same.map_or(0, |(same,)| same);
        if same >= RIVALS {
            return Ok(Seen::Kept);
        }
        let kept = tx
            .exec(
                "INSERT INTO spool_cells (kit, dispatch, no, tag, shard, spool_at) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (kit, dispatch, no, tag, spool_at) DO NOTHING",
                args![key.kit, key.dispatch, key.piece.0, key.tag, cell.header.index, int(cell.at.0)],
            )
            .await?;
        let fresh = kept == 1 && same == 0;
        let row: Option<(i64, i64)> = tx
            .one(
                "UPDATE pieces SET cells = cells + $1, shards = shards + $2
                 WHERE kit = $3 AND dispatch = $4 AND no = $5 AND tag = $6 RETURNING shards, k",
                args![
                    int(kept),
                    fresh,
                    key.kit,
                    key.dispatch,
                    key.piece.0,
                    key.tag
                ],
            )
            .await?;
        let header = &cell.header;
        match row {
            Some((shards, k)) if shards >= k && kept == 1 => Ok(Seen::Ready(OpenPiece {
                key: *key,
                k: header.k,
                length: header.length,
                last: header.last,
            })),
            _ => Ok(Seen::Kept),
        }
    }

    async fn forget_cells(&self, tx: &mut Tx, key: &PieceKey) -> Result<(), StoreError> {
        // Cells of rival claims to this number go too: their piece can no longer become the one.
        tx.exec(
            "DELETE FROM spool_cells WHERE kit = $1 AND dispatch = $2 AND no = $3
             AND (tag = $4 OR EXISTS (SELECT 1 FROM pieces AS done WHERE done.kit = $1 AND done.dispatch = $2
                                      AND done.no = $3 AND done.state = 'complete'))",
            args![key.kit, key.dispatch, key.piece.0, key.tag],
        )
        .await?;
        Ok(())
    }

    async fn quarantine(
        &self,
        tx: &mut Tx,
        key: &PieceKey,
        why: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE pieces SET state = 'quarantined'
                   WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 AND state = 'collecting'";
        if tx
            .exec(sql, args![key.kit, key.dispatch, key.piece.0, key.tag])
            .await?
            == 0
        {
            return Ok(());
        }
        self.forget_cells(tx, key).await?;
        let dispatch = DispatchKey {
            kit: key.kit,
            dispatch: key.dispatch,
        };
        let entry = Entry::new(
            Chain::Dispatch(dispatch),
            Actor::Desk,
            Act::PieceQuarantined,
            now,
        );
        self.append(tx, entry.with("piece", key.piece).with("why", why))
            .await?;
        Ok(())
    }

    async fn piece_facts(
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
        let (kit, dispatch, state, first_seen, last_seen, cells, note, trouble) = row;
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
        Ok(DispatchRecord {
            pseudonym: self.open_text(place, &pseudonym)?,
            state: At("dispatches", "state").word(DispatchState::from_code(&state))?,
            first_seen: Micros(first_seen),
            last_seen: Micros(last_seen),
            cells: At("dispatches", "cells").number(cells)?,
            progress: progress(&self.piece_facts(tx, &key).await?),
            note,
            trouble,
            key,
        })
    }
}

/// What became of a cell.
enum Seen {
    Ready(OpenPiece),
    Kept,
    Late,
    Conflict,
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

async fn number(tx: &mut Tx, name: &'static str) -> Result<u64, StoreError> {
    let row: Option<(Vec<u8>,)> = tx
        .one("SELECT value FROM meta WHERE name = $1", args![name])
        .await?;
    match row {
        Some((bytes,)) => Ok(u64::from_be_bytes(At("meta", "value").bytes(&bytes)?)),
        None => Ok(0),
    }
}

async fn set_number(tx: &mut Tx, name: &'static str, value: u64) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.exec(sql, args![name, value.to_be_bytes()]).await?;
    Ok(())
}
