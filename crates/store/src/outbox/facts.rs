//! What the rules need to know of a delivery and of those before and after it.

use crate::engine::{Tx, args};
use crate::error::StoreError;
use crate::value::At;
use newsroom::outbox::{Around, ChannelStage, Deed, Delivery, Stage};
use newsroom::{ChannelId, DeliveryId, Micros, PublicationId, StoryId};

pub(super) type FactsRow = (
    Vec<u8>,
    Vec<u8>,
    String,
    String,
    i64,
    Option<i64>,
    Option<i64>,
);
/// What must hold besides the row itself.
pub(super) async fn around(
    tx: &mut Tx,
    delivery: &Delivery,
    story: StoryId,
    publication: PublicationId,
    created_at: i64,
) -> Result<Around, StoreError> {
    let live: Option<(Option<i64>,)> = tx
        .one(
            "SELECT live_at FROM publications WHERE id = $1",
            args![publication],
        )
        .await?;
    let channel: Option<(String, Option<i64>)> = tx
        .one(
            "SELECT stage, last_at FROM channels WHERE id = $1",
            args![delivery.channel],
        )
        .await?;
    let at = At("channels", "stage");
    let (stage, last_at) = channel.ok_or_else(|| at.damaged())?;
    let sql = "SELECT COUNT(*) FROM deliveries WHERE story = $1 AND channel = $2 AND id <> $3 AND created_at < $4
               AND stage IN ('ready', 'sending', 'unknown')";
    let behind: Option<(i64,)> = tx
        .one(sql, args![story, delivery.channel, delivery.id, created_at])
        .await?;
    let sql =
        "SELECT COUNT(*) FROM deliveries WHERE story = $1 AND channel = $2 AND created_at > $3
               AND (deed = 'withdraw' OR stage IN ('sending', 'confirmed'))";
    let overtaken: Option<(i64,)> = tx
        .one(sql, args![story, delivery.channel, created_at])
        .await?;
    Ok(Around {
        overtaken: overtaken.is_some_and(|(count,)| count > 0),
        live: live.is_some_and(|(at,)| at.is_some()),
        channel: at.word(ChannelStage::from_code(&stage))?,
        last_at: last_at.map(Micros),
        behind: behind.is_some_and(|(count,)| count > 0),
    })
}

/// Whether a later row of the same story follows in the same channel, or one that withdraws it.
pub(super) async fn follows(
    tx: &mut Tx,
    id: DeliveryId,
    withdrawals: bool,
) -> Result<bool, StoreError> {
    let sql = if withdrawals {
        "SELECT COUNT(*) FROM deliveries one JOIN deliveries later ON later.story = one.story AND later.channel = one.channel
         WHERE one.id = $1 AND later.created_at > one.created_at AND later.deed = 'withdraw'"
    } else {
        "SELECT COUNT(*) FROM deliveries one JOIN deliveries later ON later.story = one.story AND later.channel = one.channel
         WHERE one.id = $1 AND later.created_at > one.created_at"
    };
    let count: Option<(i64,)> = tx.one(sql, args![id]).await?;
    Ok(count.is_some_and(|(count,)| count > 0))
}

/// Channels in which something may begin now, the one with the oldest row first.
pub(super) async fn free_channels(
    tx: &mut Tx,
    busy: &[ChannelId],
    now: Micros,
) -> Result<Vec<ChannelId>, StoreError> {
    let sql = "SELECT channel, MIN(due_at) FROM deliveries WHERE stage IN ('ready', 'unknown') AND due_at <= $1
                   AND channel IN (SELECT channels.id FROM channels WHERE channels.stage = 'open'
                   AND (rest_until IS NULL OR rest_until <= $1))
               GROUP BY channel ORDER BY MIN(due_at), channel";
    let rows: Vec<(Vec<u8>, i64)> = tx.all(sql, args![now]).await?;
    let at = At("deliveries", "channel");
    let ids = rows
        .iter()
        .map(|(id, _)| Ok(ChannelId::from_bytes(at.bytes(id)?)));
    ids.filter(|id| !id.as_ref().is_ok_and(|id| busy.contains(id)))
        .collect()
}

pub(super) fn facts(row: FactsRow) -> Result<Delivery, StoreError> {
    let (id, channel, deed, stage, attempts, due_at, not_before) = row;
    let at = At("deliveries", "stage");
    Ok(Delivery {
        id: DeliveryId::from_bytes(at.bytes(&id)?),
        channel: ChannelId::from_bytes(at.bytes(&channel)?),
        deed: at.word(Deed::from_code(&deed))?,
        stage: at.word(Stage::from_code(&stage))?,
        attempts: at.number(attempts)?,
        due_at: due_at.map(Micros),
        not_before: not_before.map(Micros),
    })
}
