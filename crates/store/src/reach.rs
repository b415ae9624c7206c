//! How often what was published is read: counts that come in whole tens, and what platforms say of our posts.

use crate::columns::Place;
use crate::engine::{args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::{At, int};
use newsroom::{ChannelId, DeliveryId, Micros, Private, StoryId};

/// Requests of one day, one page, one country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachCount {
    /// Days since 1970, UTC.
    pub day: i64,
    /// The page's address, or `other`.
    pub page: String,
    /// Two letters, `onion`, `unknown` or `other`.
    pub country: String,
    /// Whole tens.
    pub requests: u64,
}

/// What a platform says of the posts of one story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldCount {
    /// Where.
    pub channel: ChannelId,
    /// The story.
    pub story: StoryId,
    /// Days since 1970, UTC, when it said so.
    pub day: i64,
    /// Likes, shares, replies, views, each where the platform tells.
    pub counts: [Option<u64>; 4],
}

/// Posts that stand and were not asked after today.
#[derive(Debug)]
pub struct AskAfter {
    /// Where.
    pub channel: ChannelId,
    /// The story.
    pub story: StoryId,
    /// What stands, as the adapter wrote it.
    pub remotes: Private,
}

type AskRow = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);
type ToldRow = (
    Vec<u8>,
    Vec<u8>,
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

impl Store {
    /// Adds a batch of counts. The same batch again changes nothing.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn add_reach(
        &self,
        batch: [u8; 16],
        counts: &[ReachCount],
    ) -> Result<(), StoreError> {
        transact!(self, "add reach", Work, |tx| {
            let sql = "INSERT INTO reach_batches (id) VALUES ($1) ON CONFLICT DO NOTHING";
            if tx.exec(sql, args![batch]).await? == 0 {
                return Ok(());
            }
            for one in counts {
                let sql = "INSERT INTO reach_counts (day, page, country, requests) VALUES ($1, $2, $3, $4)
                           ON CONFLICT (day, page, country) DO UPDATE SET requests = reach_counts.requests + excluded.requests";
                tx.exec(
                    sql,
                    args![one.day, one.page, one.country, int(one.requests)],
                )
                .await?;
            }
            Ok(())
        })
    }

    /// All counts from a day on, by day.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn reach_since(&self, day: i64) -> Result<Vec<ReachCount>, StoreError> {
        transact!(self, "list reach", Read, |tx| {
            let sql = "SELECT day, page, country, requests FROM reach_counts WHERE day >= $1 ORDER BY day, page, country";
            let rows: Vec<(i64, String, String, i64)> = tx.all(sql, args![day]).await?;
            rows.into_iter()
                .map(|(day, page, country, requests)| {
                    Ok(ReachCount {
                        requests: At("reach_counts", "requests").number(requests)?,
                        day,
                        page,
                        country,
                    })
                })
                .collect()
        })
    }

    /// The posts that stand in open channels, were sent since a moment, and were not asked after on this day: of each story in
    /// each channel those of its latest row, the least lately sent first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn reach_to_ask(
        &self,
        since: Micros,
        day: i64,
        limit: u32,
    ) -> Result<Vec<AskAfter>, StoreError> {
        transact!(self, "list posts to ask after", Read, |tx| {
            let sql = "SELECT id, channel, story, remotes FROM deliveries
                 WHERE stage = 'confirmed' AND deed <> 'withdraw' AND remotes IS NOT NULL AND created_at >= $1
                   AND NOT EXISTS (SELECT 1 FROM deliveries later WHERE later.story = deliveries.story
                       AND later.channel = deliveries.channel AND later.created_at > deliveries.created_at)
                   AND NOT EXISTS (SELECT 1 FROM reach_told WHERE reach_told.story = deliveries.story
                       AND reach_told.channel = deliveries.channel AND reach_told.day >= $2)
                   AND EXISTS (SELECT 1 FROM channels WHERE channels.id = deliveries.channel AND channels.stage = 'open')
                 ORDER BY created_at, id LIMIT $3";
            let rows: Vec<AskRow> = tx.all(sql, args![since, day, limit]).await?;
            rows.into_iter()
                .map(|(id, channel, story, remotes)| {
                    let at = At("deliveries", "remotes");
                    let id = DeliveryId::from_bytes(at.bytes(&id)?);
                    let place = Place {
                        table: "deliveries",
                        column: "remotes",
                        row: id.as_bytes(),
                    };
                    Ok(AskAfter {
                        channel: ChannelId::from_bytes(at.bytes(&channel)?),
                        story: StoryId::from_bytes(at.bytes(&story)?),
                        remotes: self.open_text(place, &remotes)?,
                    })
                })
                .collect()
        })
    }

    /// Keeps what a platform said on a day; the last word of a day counts.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn keep_told(&self, told: &ToldCount) -> Result<(), StoreError> {
        let [likes, shares, replies, views]: [Option<i64>; 4] =
            told.counts.map(|count| count.map(int));
        transact!(self, "keep what a platform counts", Work, |tx| {
            let sql = "INSERT INTO reach_told (channel, story, day, likes, shares, replies, views) VALUES ($1, $2, $3, $4, $5, $6, $7)
                       ON CONFLICT (channel, story, day) DO UPDATE SET likes = excluded.likes, shares = excluded.shares,
                           replies = excluded.replies, views = excluded.views";
            tx.exec(
                sql,
                args![
                    told.channel,
                    told.story,
                    told.day,
                    likes,
                    shares,
                    replies,
                    views
                ],
            )
            .await?;
            Ok(())
        })
    }

    /// What platforms said last of each story in each channel, since a day.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn reach_told(&self, since: i64) -> Result<Vec<ToldCount>, StoreError> {
        transact!(self, "list what platforms count", Read, |tx| {
            let sql = "SELECT channel, story, day, likes, shares, replies, views FROM reach_told
                 WHERE day >= $1 AND NOT EXISTS (SELECT 1 FROM reach_told later WHERE later.channel = reach_told.channel
                     AND later.story = reach_told.story AND later.day > reach_told.day)
                 ORDER BY channel, story";
            let rows: Vec<ToldRow> = tx.all(sql, args![since]).await?;
            rows.into_iter().map(told_from).collect()
        })
    }
}

fn told_from(row: ToldRow) -> Result<ToldCount, StoreError> {
    let (channel, story, day, likes, shares, replies, views) = row;
    let at = At("reach_told", "likes");
    let number = |count: Option<i64>| count.map(|count| at.number(count)).transpose();
    Ok(ToldCount {
        channel: ChannelId::from_bytes(at.bytes(&channel)?),
        story: StoryId::from_bytes(at.bytes(&story)?),
        day,
        counts: [
            number(likes)?,
            number(shares)?,
            number(replies)?,
            number(views)?,
        ],
    })
}
