//! Recording what was recognised in a stretch of the spool: one transaction, and a few statements for each dispatch and each
//! piece in it, however many cells they have there.
//!
//! On a card the cells of all pieces lie mixed, so that a stretch holds a few cells of each; the longer the stretch, the fewer
//! statements for a cell.

use super::{OpenPiece, Recorded, SPOOL_CURSOR, SpooledCell, set_number};
use crate::engine::{Dialect, Tx, args, transact};
use crate::error::StoreError;
use crate::marks::Mark;
use crate::noise::RIVALS;
use crate::open::Store;
use crate::spool::SpoolPosition;
use crate::value::{At, int};
use formats::PieceKey;
use newsroom::Micros;
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::vaults::{Link, Origin};
use std::collections::{BTreeMap, BTreeSet};

/// Whether two places of the spool hold the same bytes. Asked only where two cells claim one shard.
pub type Twins<'a> = dyn Fn(SpoolPosition, SpoolPosition) -> bool + Send + Sync + 'a;

/// Cells that are kept, as a list of `[shard, place]` in JSON: one statement whatever their number.
const KEEP: Dialect = Dialect {
    // "WHERE TRUE" tells SQLite that the ON behind it is no join's.
    lite: "INSERT INTO spool_cells (kit, dispatch, no, tag, shard, spool_at)
           SELECT $1, $2, $3, $4, json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each($5) WHERE TRUE
           ON CONFLICT (kit, dispatch, no, tag, spool_at) DO NOTHING",
    pg: "INSERT INTO spool_cells (kit, dispatch, no, tag, shard, spool_at)
         SELECT $1, $2, $3, $4, (value->>0)::bigint, (value->>1)::bigint FROM json_array_elements($5::json)
         ON CONFLICT (kit, dispatch, no, tag, spool_at) DO NOTHING",
};

/// What a stretch holds of one dispatch.
#[derive(Default)]
struct OfDispatch {
    cells: u32,
    forced: bool,
    links: Vec<Link>,
}

/// What became of a piece's cells.
enum Seen {
    Ready(OpenPiece),
    Kept,
    Late,
    Conflict,
}

impl Store {
    /// Records a batch of cells and moves the spool's read position behind it, in one transaction. A cell that is there
    /// already, byte by byte, is not noted a second time: a card that is handed in again after it broke off takes no room
    /// from a cell that differs, and holds no copy in the spool. `twins` compares.
    ///
    /// # Errors
    /// The engine's failure; a kit that is not known.
    pub async fn record_cells(
        &self,
        cells: &[SpooledCell],
        read_to: SpoolPosition,
        twins: &Twins<'_>,
        now: Micros,
    ) -> Result<Recorded, StoreError> {
        let mut dispatches: BTreeMap<DispatchKey, OfDispatch> = BTreeMap::new();
        let mut pieces: BTreeMap<PieceKey, Vec<SpooledCell>> = BTreeMap::new();
        for cell in cells {
            let key = PieceKey::of(&cell.header);
            let dispatch = DispatchKey {
                kit: key.kit,
                dispatch: key.dispatch,
            };
            let seen = dispatches.entry(dispatch).or_default();
            seen.cells = seen.cells.saturating_add(1);
            seen.forced |= cell.header.forced;
            if !seen.links.contains(&cell.from) {
                seen.links.push(cell.from);
            }
            pieces.entry(key).or_default().push(*cell);
        }
        // Always in the same order, so that two desks never wait for each other.
        transact!(self, "record cells", Work, |tx| {
            for (key, seen) in &dispatches {
                self.see_dispatch(tx, key, seen, now).await?;
            }
            let mut recorded = Recorded {
                touched: dispatches.keys().copied().collect(),
                ..Recorded::default()
            };
            for (key, cells) in &pieces {
                match self.see_piece(tx, key, cells, twins).await? {
                    Seen::Ready(piece) => recorded.ready.push(piece),
                    Seen::Conflict => {
                        self.quarantine(tx, key, "conflicting-headers", now).await?;
                        recorded.quarantined.push(*key);
                    }
                    Seen::Kept | Seen::Late => {}
                }
            }
            set_number(tx, SPOOL_CURSOR, read_to.0).await?;
            Ok(recorded)
        })
    }

    async fn see_dispatch(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        seen: &OfDispatch,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.count_cells(tx, key, seen.cells, now).await?;
        let origin = |known: Origin| {
            let links = seen.links.iter();
            links.fold(known, |origin, link| origin.and(*link))
        };
        self.add_to_mark(tx, key, seen.forced, origin, now).await?;
        Ok(())
    }

    async fn count_cells(
        &self,
        tx: &mut Tx,
        key: &DispatchKey,
        cells: u32,
        now: Micros,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE dispatches SET cells = cells + $1, last_seen = $2 WHERE kit = $3 AND dispatch = $4";
        let known = tx
            .exec(sql, args![cells, now, key.kit, key.dispatch])
            .await?;
        if known == 1 {
            return Ok(());
        }
        let unmarked = self.seal_mark(key, Mark::default())?;
        tx.exec(
            "INSERT INTO dispatches (kit, dispatch, state, first_seen, last_seen, cells, forced)
             VALUES ($1, $2, 'arriving', $3, $3, $4, $5)",
            args![key.kit, key.dispatch, now, cells, unmarked],
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

    /// Enters the cells of one piece. The first of them says what all others must agree with, unless the record knows already.
    async fn see_piece(
        &self,
        tx: &mut Tx,
        key: &PieceKey,
        cells: &[SpooledCell],
        twins: &Twins<'_>,
    ) -> Result<Seen, StoreError> {
        let Some(first) = cells.first().map(|cell| cell.header) else {
            return Ok(Seen::Late);
        };
        let settled: Option<(i64,)> = tx
            .one(
                "SELECT no FROM pieces WHERE kit = $1 AND dispatch = $2 AND no = $3 AND state = 'complete'",
                args![key.kit, key.dispatch, key.piece.0],
            )
            .await?;
        if settled.is_some() {
            return Ok(Seen::Late);
        }
        // Updating what is there already changes nothing, locks it and shows it.
        let row: Option<(i64, i64, i64, String)> = tx
            .one(
                "INSERT INTO pieces (kit, dispatch, no, tag, k, length, final, state, shards, cells, tried)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 'collecting', 0, 0, 0)
                 ON CONFLICT (kit, dispatch, no, tag) DO UPDATE SET tried = pieces.tried
                 RETURNING k, length, final, state",
                args![key.kit, key.dispatch, key.piece.0, key.tag, first.k, first.length, first.last],
            )
            .await?;
        let (k, length, last, state) = row.ok_or_else(|| At("pieces", "tag").damaged())?;
        if state != "collecting" {
            return Ok(Seen::Late);
        }
        let claim = (k, length, last != 0);
        let agrees = |cell: &SpooledCell| {
            let header = &cell.header;
            claim == (i64::from(header.k), i64::from(header.length), header.last)
        };
        if !cells.iter().all(agrees) {
            return Ok(Seen::Conflict);
        }
        let piece = OpenPiece {
            key: *key,
            k: first.k,
            length: first.length,
            last: first.last,
        };
        self.keep_cells(tx, piece, cells, twins).await
    }

    /// Notes where the cells of a piece lie, as many for each shard as are kept.
    async fn keep_cells(
        &self,
        tx: &mut Tx,
        piece: OpenPiece,
        cells: &[SpooledCell],
        twins: &Twins<'_>,
    ) -> Result<Seen, StoreError> {
        let key = &piece.key;
        let held: Vec<(i64, i64)> = tx
            .all(
                "SELECT shard, COUNT(*) FROM spool_cells
                 WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 GROUP BY shard",
                args![key.kit, key.dispatch, key.piece.0, key.tag],
            )
            .await?;
        let held: BTreeMap<i64, i64> = held.into_iter().collect();
        let again = |cell: &SpooledCell| held.contains_key(&i64::from(cell.header.index));
        let mut rivals = match cells.iter().any(again) {
            true => places_held(tx, key).await?,
            false => BTreeMap::new(),
        };
        let mut kept = Vec::new();
        for cell in cells {
            let same = rivals.entry(i64::from(cell.header.index)).or_default();
            let known = |at: &SpoolPosition| *at == cell.at || twins(*at, cell.at);
            if same.len() < RIVALS && !same.iter().any(known) {
                same.push(cell.at);
                kept.push((cell.header.index, cell.at.0));
            }
        }
        let fresh = kept.iter().map(|(shard, _)| i64::from(*shard));
        let fresh: BTreeSet<i64> = fresh.filter(|shard| !held.contains_key(shard)).collect();
        if kept.is_empty() {
            return Ok(Seen::Kept);
        }
        let list =
            serde_json::to_string(&kept).map_err(|_| At("spool_cells", "shard").damaged())?;
        let entered = tx
            .exec(
                KEEP,
                args![key.kit, key.dispatch, key.piece.0, key.tag, list],
            )
            .await?;
        let row: Option<(i64,)> = tx
            .one(
                "UPDATE pieces SET cells = cells + $1, shards = shards + $2
                 WHERE kit = $3 AND dispatch = $4 AND no = $5 AND tag = $6 RETURNING shards",
                args![
                    int(entered),
                    int(fresh.len()),
                    key.kit,
                    key.dispatch,
                    key.piece.0,
                    key.tag
                ],
            )
            .await?;
        match row {
            Some((shards,)) if shards >= i64::from(piece.k) && entered > 0 => {
                Ok(Seen::Ready(piece))
            }
            _ => Ok(Seen::Kept),
        }
    }
}

/// Where the cells of a piece lie that are noted, by shard.
async fn places_held(
    tx: &mut Tx,
    key: &PieceKey,
) -> Result<BTreeMap<i64, Vec<SpoolPosition>>, StoreError> {
    let rows: Vec<(i64, i64)> = tx
        .all(
            "SELECT shard, spool_at FROM spool_cells
             WHERE kit = $1 AND dispatch = $2 AND no = $3 AND tag = $4 ORDER BY spool_at",
            args![key.kit, key.dispatch, key.piece.0, key.tag],
        )
        .await?;
    let at = At("spool_cells", "spool_at");
    let mut places: BTreeMap<i64, Vec<SpoolPosition>> = BTreeMap::new();
    for (shard, place) in rows {
        let place = SpoolPosition(at.number(place)?);
        places.entry(shard).or_default().push(place);
    }
    Ok(places)
}
