//! Making room in the spool: what lies there that nothing notes, and moving what is noted out of its way.

use crate::arrival::{SPOOL_CURSOR, Twins, number, set_number};
use crate::engine::{args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::spool::SpoolPosition;
use crate::value::{At, int};
use formats::{CellHeader, PieceKey};
use newsroom::Micros;
use newsroom::audit::{Act, Actor, Chain, Entry};

/// How many cells that claim one shard of one piece are kept: one may be damaged or poisoned, rivals replace it.
pub(crate) const RIVALS: usize = 4;

impl Store {
    /// How many places in the spool are noted.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn noted_count(&self) -> Result<u64, StoreError> {
        transact!(self, "count noted cells", Read, |tx| {
            let sql = "SELECT COUNT(DISTINCT spool_at) FROM spool_cells";
            let row: Option<(i64,)> = tx.one(sql, &[]).await?;
            At("spool_cells", "spool_at").number(row.map_or(0, |(count,)| count))
        })
    }

    /// The noted places from one on, before another, in order.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn noted_between(
        &self,
        from: SpoolPosition,
        before: SpoolPosition,
    ) -> Result<Vec<SpoolPosition>, StoreError> {
        transact!(self, "list noted cells", Read, |tx| {
            let sql = "SELECT DISTINCT spool_at FROM spool_cells WHERE spool_at >= $1 AND spool_at < $2 ORDER BY spool_at";
            let rows: Vec<(i64,)> = tx.all(sql, args![int(from.0), int(before.0)]).await?;
            let at = At("spool_cells", "spool_at");
            let places = rows.into_iter().map(|(place,)| at.number(place));
            places.map(|place| Ok(SpoolPosition(place?))).collect()
        })
    }

    /// Whether a recognised cell that nothing notes could still help its piece. What came late for a whole piece, a fifth
    /// rival of one shard, and what is noted elsewhere byte by byte, could not.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn has_use(
        &self,
        header: &CellHeader,
        at: SpoolPosition,
        twins: &Twins<'_>,
    ) -> Result<bool, StoreError> {
        transact!(self, "judge cell", Read, |tx| {
            let key = PieceKey::of(header);
            let sql = "SELECT COUNT(*) FROM pieces WHERE kit = $1 AND dispatch = $2 AND no = $3
                       AND (state = 'complete' OR (tag = $4 AND state <> 'collecting'))";
            let settled: Option<(i64,)> = tx
                .one(sql, args![key.kit, key.dispatch, key.piece.0, key.tag])
                .await?;
            let sql = "SELECT spool_at FROM spool_cells
                       WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 AND shard = $5";
            let (kit, dispatch) = (key.kit, key.dispatch);
            let rivals: Vec<(i64,)> = tx
                .all(
                    sql,
                    args![kit, dispatch, key.piece.0, key.tag, header.index],
                )
                .await?;
            let settled = settled.is_some_and(|(count,)| count > 0);
            let place = At("spool_cells", "spool_at");
            for (rival,) in &rivals {
                if twins(SpoolPosition(place.number(*rival)?), at) {
                    return Ok(false);
                }
            }
            Ok(!settled && rivals.len() < RIVALS)
        })
    }

    /// Noted cells lie elsewhere now: `first` and the ones behind it hold copies, in this order. They need no second look, when
    /// reading has come right up to them.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn cells_moved(
        &self,
        old: &[SpoolPosition],
        first: SpoolPosition,
    ) -> Result<(), StoreError> {
        transact!(self, "move noted cells", Work, |tx| {
            let sql = "UPDATE spool_cells SET spool_at = $1 WHERE spool_at = $2";
            let mut place = first.0;
            for from in old {
                tx.exec(sql, args![int(place), int(from.0)]).await?;
                place += 1;
            }
            if number(tx, SPOOL_CURSOR).await? == first.0 {
                set_number(tx, SPOOL_CURSOR, place).await?;
            }
            Ok(())
        })
    }

    /// So many cells were dropped that no key of any kit opens, or that no piece needs.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn noise_dropped(&self, cells: u64, now: Micros) -> Result<(), StoreError> {
        transact!(self, "note dropped noise", Work, |tx| {
            let entry = Entry::new(Chain::Desk, Actor::Desk, Act::NoiseDropped, now);
            self.append(tx, entry.with("cells", cells)).await?;
            Ok(())
        })
    }
}
