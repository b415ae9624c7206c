//! Replies for a card that goes back in: what was sealed for a kit, whether or not a drop has taken it.

use formats::{Cell, DispatchId, KitId};
use keys::ReplySecret;
use newsroom::Micros;
use newsroom::arrival::DispatchKey;

use crate::engine::{args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::replies::{PairRef, pair_place, pair_row};
use crate::value::At;

/// A sealed reply as it lies in the outbox, and what unveils it.
pub struct OutgoingReply {
    /// What its cell is veiled with.
    pub secret: ReplySecret,
    /// The cell made for one of the drops. It must be veiled anew before it goes on a card.
    pub cell: Cell,
}

type Row = (Vec<u8>, Vec<u8>, i64, Vec<u8>, Vec<u8>);

impl Store {
    /// The newest replies to a kit that its reporter may still be waiting for.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn outgoing_replies(
        &self,
        kit: KitId,
        most: u32,
        now: Micros,
    ) -> Result<Vec<OutgoingReply>, StoreError> {
        transact!(self, "list outgoing replies", Read, |tx| {
            let sql = "SELECT p.kit, p.dispatch, p.ordinal, p.pair, o.cell FROM receipts r
                       JOIN reply_pairs p ON p.kit = r.pair_kit AND p.dispatch = r.pair_dispatch AND p.ordinal = r.pair_ordinal
                       JOIN receipt_puts o ON o.receipt = r.id
                       WHERE r.kit = $1 AND p.until > $2
                       AND o.drop_id = (SELECT MIN(any_of.drop_id) FROM receipt_puts any_of WHERE any_of.receipt = r.id)
                       ORDER BY r.created_at DESC, r.id LIMIT $3";
            let rows: Vec<Row> = tx.all(sql, args![kit, now, most]).await?;
            let at = At("reply_pairs", "pair");
            rows.into_iter()
                .map(|(kit, dispatch, ordinal, sealed, cell)| {
                    let pair = PairRef {
                        source: DispatchKey {
                            kit: KitId(at.bytes(&kit)?),
                            dispatch: DispatchId(at.bytes(&dispatch)?),
                        },
                        ordinal: at.number(ordinal)?,
                    };
                    let opened = self.open(pair_place(&pair_row(&pair)), &sealed)?;
                    let secret = opened.get(32..).ok_or_else(|| at.damaged())?;
                    Ok(OutgoingReply {
                        secret: ReplySecret::from_bytes(at.bytes(secret)?),
                        cell: Cell::from_slice(&cell)
                            .map_err(|_| At("receipt_puts", "cell").damaged())?,
                    })
                })
                .collect()
        })
    }
}
