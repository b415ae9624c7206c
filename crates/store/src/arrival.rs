//! Dispatches while they come in: which cells of which piece lie where in the spool, and which pieces are whole.
//!
//! The desk opens a cell's header alone (88 bytes), says here which piece it belongs to and where it lies, and reads
//! its 65,536 bytes again only when enough distinct shards of that piece are there. So memory holds one piece,
//! however many are open, and the spool's read position moves in the same transaction as the index.

mod recording;
pub use recording::Twins;

use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::jobs::enqueue;
use crate::open::Store;
use crate::spool::SpoolPosition;
use crate::value::At;
use formats::{CellHeader, DispatchId, KitId, PieceKey, PieceNo};
use keys::PieceTag;
use ledger::Digest;
use newsroom::arrival::{DispatchKey, Progress, progress};
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::vaults::Link;
use newsroom::work::Work;
use newsroom::{BlobId, Micros};
use std::collections::BTreeMap;

/// A cell whose header opened under a kit's key.
#[derive(Clone, Copy, Debug)]
pub struct SpooledCell {
    /// Its header.
    pub header: CellHeader,
    /// Where it lies.
    pub at: SpoolPosition,
    /// The link that it was veiled with.
    pub from: Link,
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

/// A piece that is authentic, and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptPiece {
    /// Which.
    pub key: PieceKey,
    /// SHA-256 of its ciphertext.
    pub digest: Digest,
    /// Where its ciphertext is.
    pub blob: BlobId,
}

/// Where a piece's cells lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceCells {
    /// The piece.
    pub piece: OpenPiece,
    /// Shard index and place of each, in the spool's order.
    pub cells: Vec<(u16, SpoolPosition)>,
}

type ReadyRow = (Vec<u8>, Vec<u8>, i64, Vec<u8>, i64, i64, i64);

pub(crate) const SPOOL_CURSOR: &str = "spool-cursor";

impl Store {
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
            let rows: Vec<ReadyRow> = tx.all(sql, args![limit]).await?;
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
        let piece = KeptPiece {
            key: *key,
            digest,
            blob,
        };
        let of = DispatchKey {
            kit: key.kit,
            dispatch: key.dispatch,
        };
        let mut progress = self.pieces_complete(&[piece], now).await?;
        progress.remove(&of).ok_or(At("pieces", "no").damaged())
    }

    /// The same for several pieces, in one transaction; how far the dispatch of each is now.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn pieces_complete(
        &self,
        pieces: &[KeptPiece],
        now: Micros,
    ) -> Result<BTreeMap<DispatchKey, Progress>, StoreError> {
        // Always in the same order, so that two desks never wait for each other.
        let mut pieces = pieces.to_vec();
        pieces.sort_unstable_by_key(|piece| piece.key);
        transact!(self, "complete pieces", Decide, |tx| {
            let mut grown: BTreeMap<DispatchKey, bool> = BTreeMap::new();
            for piece in &pieces {
                let of = DispatchKey {
                    kit: piece.key.kit,
                    dispatch: piece.key.dispatch,
                };
                *grown.entry(of).or_default() |= self.complete_piece(tx, piece, now).await?;
            }
            let mut found = BTreeMap::new();
            for (dispatch, grown) in grown {
                let facts = self.piece_facts(tx, &dispatch).await?;
                let progress = progress(&facts);
                if grown && progress.whole {
                    self.dispatch_complete(tx, &dispatch, now).await?;
                } else if grown && facts.iter().any(|piece| piece.last && piece.complete) {
                    self.dispatch_described(tx, &dispatch, now).await?;
                }
                found.insert(dispatch, progress);
            }
            Ok(found)
        })
    }

    /// `false` when another piece with this number was complete before.
    async fn complete_piece(
        &self,
        tx: &mut Tx,
        piece: &KeptPiece,
        now: Micros,
    ) -> Result<bool, StoreError> {
        let KeptPiece { key, digest, blob } = piece;
        let rival: Option<(i64,)> = tx
            .one(
                "SELECT no FROM pieces WHERE kit = $1 AND dispatch = $2 AND no = $3 AND state = 'complete'",
                args![key.kit, key.dispatch, key.piece.0],
            )
            .await?;
        if rival.is_some() {
            self.set_rival_apart(tx, key).await?;
            return Ok(false);
        }
        tx.exec(
            "UPDATE pieces SET state = 'complete', digest = $1, blob = $2, completed_at = $3
             WHERE kit = $4 AND dispatch = $5 AND no = $6 AND tag = $7",
            args![
                *digest,
                *blob,
                now,
                key.kit,
                key.dispatch,
                key.piece.0,
                key.tag
            ],
        )
        .await?;
        self.forget_cells(tx, key).await?;
        let dispatch = DispatchKey {
            kit: key.kit,
            dispatch: key.dispatch,
        };
        let entry = Entry::new(
            Chain::Dispatch(dispatch),
            Actor::Desk,
            Act::PieceAuthentic,
            now,
        );
        let entry = entry.with("piece", key.piece).with("ciphertext", *digest);
        self.append(tx, entry).await?;
        Ok(true)
    }

    /// The first authentic piece of a number stands; another with the same number is set apart.
    async fn set_rival_apart(&self, tx: &mut Tx, key: &PieceKey) -> Result<(), StoreError> {
        self.forget_cells(tx, key).await?;
        let sql = "UPDATE pieces SET state = 'quarantined'
                   WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 AND state = 'collecting'";
        tx.exec(sql, args![key.kit, key.dispatch, key.piece.0, key.tag])
            .await?;
        Ok(())
    }

    /// Nothing is missing any more: opening is queued, once.
    async fn dispatch_complete(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        now: Micros,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE dispatches SET state = 'complete'
                   WHERE kit = $1 AND dispatch = $2 AND state = 'arriving'";
        if tx.exec(sql, args![key.kit, key.dispatch]).await? == 1 {
            let work = Work::Open {
                kit: key.kit,
                dispatch: key.dispatch,
            };
            enqueue(self, tx, &work, now).await?;
        }
        Ok(())
    }

    /// The manifest is here and other pieces are not. Unless it is known that nothing is held back, what is whole is entered.
    async fn dispatch_described(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        now: Micros,
    ) -> Result<(), StoreError> {
        let sql = "SELECT held FROM dispatches WHERE kit = $1 AND dispatch = $2";
        let row: Option<(Option<i64>,)> = tx.one(sql, args![key.kit, key.dispatch]).await?;
        if matches!(row, Some((Some(0),))) {
            return Ok(());
        }
        let work = Work::OpenPart {
            kit: key.kit,
            dispatch: key.dispatch,
        };
        enqueue(self, tx, &work, now).await
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
}

pub(crate) async fn number(tx: &mut Tx, name: &'static str) -> Result<u64, StoreError> {
    let row: Option<(Vec<u8>,)> = tx
        .one("SELECT value FROM meta WHERE name = $1", args![name])
        .await?;
    match row {
        Some((bytes,)) => Ok(u64::from_be_bytes(At("meta", "value").bytes(&bytes)?)),
        None => Ok(0),
    }
}

pub(crate) async fn set_number(
    tx: &mut Tx,
    name: &'static str,
    value: u64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.exec(sql, args![name, value.to_be_bytes()]).await?;
    Ok(())
}
