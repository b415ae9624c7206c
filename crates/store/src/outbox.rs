//! The outbox: what goes out to channels, each once. Rows come with the decision that wants them; an attempt is claimed by
//! its number, so that one that was given up can no longer settle it.

mod astray;
mod facts;

use self::facts::{FactsRow, around, facts, follows, free_channels};
use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use ledger::Digest;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::outbox::{
    ChannelStage, Deed, Delivery, Ended, Stage, Verdict, after_crash, decide, give_way, may_begin,
    plan, rest, settle,
};
use newsroom::stories::Publication;
use newsroom::{ChannelId, DeliveryId, EditorId, Micros, Private, PublicationId, Refusal, StoryId};
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

/// Deliveries that are looked at for one claim.
const LOOKED_AT: u32 = 200;

/// An attempt that may begin.
#[derive(Debug)]
pub struct Attempt {
    /// The row.
    pub id: DeliveryId,
    /// Which attempt this is, from 1.
    pub number: u32,
    /// Where.
    pub channel: ChannelId,
    /// What kind of platform it is.
    pub kind: String,
    /// The channel's language.
    pub language: String,
    /// What goes out.
    pub publication: PublicationId,
    /// Hash of what was approved.
    pub clearance: Digest,
    /// What is to be done.
    pub deed: Deed,
    /// Whether an earlier attempt may have done it.
    pub doubtful: bool,
    /// Whether a person saw that the part that was in doubt stands, of which the record knows no name.
    pub seen: bool,
    /// When it was decided.
    pub created_at: Micros,
    /// What is sent, if an earlier attempt fixed it.
    pub posts: Option<Zeroizing<Vec<u8>>>,
    /// What this row has made stand so far.
    pub done: Option<Zeroizing<Vec<u8>>>,
    /// What each earlier row of the story left standing in the channel, the newest first.
    pub before: Vec<Zeroizing<Vec<u8>>>,
    /// Whether a later row overtook this one: what may stand is looked for, and nothing is sent.
    pub overtaken: bool,
    /// What of the story may stand in the channel without the record saying where: to be looked for by its name.
    pub astray: Vec<Astray>,
}

/// An earlier row of which something may stand that the record does not name.
#[derive(Debug)]
pub struct Astray {
    /// Hash of what was approved.
    pub clearance: Digest,
    /// What was to be done.
    pub deed: Deed,
    /// When it was decided.
    pub created_at: Micros,
    /// What was sent, if it was fixed.
    pub posts: Option<Zeroizing<Vec<u8>>>,
    /// What of it is known to stand.
    pub done: Option<Zeroizing<Vec<u8>>>,
}

/// A delivery as editors see it.
#[derive(Debug, Clone)]
pub struct DeliveryRecord {
    /// Which.
    pub id: DeliveryId,
    /// Where.
    pub channel: ChannelId,
    /// The story.
    pub story: StoryId,
    /// What is to be done.
    pub deed: Deed,
    /// How far it is.
    pub stage: Stage,
    /// Attempts so far.
    pub attempts: u32,
    /// The embargo.
    pub not_before: Option<Micros>,
    /// The next attempt; none when only a person sets it going.
    pub due_at: Option<Micros>,
    /// When it last changed.
    pub changed_at: Micros,
    /// Whether a later row of the same story in the same channel follows: then this one is never sent again.
    pub followed: bool,
    /// What stands, as the channel's adapter wrote it.
    pub remotes: Option<Private>,
    /// What the platform said last.
    pub words: Option<Private>,
}

type DueRow = (
    Vec<u8>,
    Vec<u8>,
    String,
    String,
    i64,
    Option<i64>,
    Option<i64>,
    Vec<u8>,
    Vec<u8>,
    i64,
);
type ListRow = (
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    String,
    String,
    i64,
    Option<i64>,
    Option<i64>,
    i64,
    i64,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

impl Store {
    /// Rows for a version that goes out, in the transaction of its decision.
    pub(crate) async fn plan_deliveries(
        &self,
        tx: &mut Tx,
        publication: &Publication,
        deed: Deed,
        (not_before, told): (Option<Micros>, &(dyn Fn(ChannelId) -> bool + Sync)),
        now: Micros,
    ) -> Result<u32, StoreError> {
        let rows: Vec<(Vec<u8>, String)> = tx
            .all(
                "SELECT id, stage FROM channels ORDER BY created_at, id",
                &[],
            )
            .await?;
        let at = At("channels", "stage");
        let channels = rows
            .iter()
            .map(|(id, stage)| {
                Ok((
                    ChannelId::from_bytes(at.bytes(id)?),
                    at.word(ChannelStage::from_code(stage))?,
                ))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let sql = "SELECT id, channel, deed, stage, attempts, due_at, not_before FROM deliveries WHERE story = $1
                   ORDER BY created_at, id";
        let rows: Vec<FactsRow> = tx.all(sql, args![publication.story]).await?;
        let earlier = rows.into_iter().map(facts).collect::<Result<Vec<_>, _>>()?;
        let mut added = 0;
        let plans = plan(deed, &channels, &earlier);
        for one in plans.into_iter().filter(|one| told(one.channel)) {
            let id = DeliveryId::from_bytes(self.random());
            let begun = after_all(tx, publication.story, one.channel, now).await?;
            let sql = "INSERT INTO deliveries (id, channel, story, publication, clearance, deed, stage, attempts, doubtful,
                           repeats, not_before, due_at, created_at, changed_at)
                       VALUES ($1, $2, $3, $4, $5, $6, 'ready', 0, 0, 0, $7, $8, $9, $8) ON CONFLICT DO NOTHING";
            let deed = one.deed.code();
            let values = args![
                id,
                one.channel,
                publication.story,
                publication.id,
                publication.clearance,
                deed,
                not_before,
                now,
                begun
            ];
            let mut new = tx.exec(sql, values).await?;
            if new == 0 && one.deed == Deed::Withdraw {
                // What was withdrawn before and is settled is withdrawn once more; what was said stays known.
                let sql = "UPDATE deliveries SET stage = 'ready', due_at = $1, changed_at = $1 WHERE clearance = $2 AND channel = $3
                           AND deed = 'withdraw' AND stage IN ('confirmed', 'rejected')";
                new = tx
                    .exec(sql, args![now, publication.clearance, one.channel])
                    .await?;
            }
            added += u32::from(new > 0);
            for id in one.instead_of {
                let words = self.seal(place("words", &id), b"superseded")?;
                // Never the row itself, when the same was on its way already.
                let sql = "UPDATE deliveries SET stage = 'rejected', due_at = NULL, words = $1, changed_at = $2
                           WHERE id = $3 AND NOT (clearance = $4 AND deed = $5)";
                tx.exec(sql, args![words, now, id, publication.clearance, deed])
                    .await?;
            }
        }
        Ok(added)
    }

    /// Rows for a decided publication: told or corrected in every channel, not before its embargo.
    pub(crate) async fn plan_publication(
        &self,
        tx: &mut Tx,
        publication: &Publication,
        now: Micros,
    ) -> Result<(), StoreError> {
        let story = self
            .load_version(tx, publication.story, publication.version)
            .await?;
        let deed = if story.draft.is_withdrawn() {
            Deed::Withdraw
        } else {
            Deed::Post
        };
        let draft = &story.draft;
        let embargo = draft.settings.not_before;
        let told = |channel| deed == Deed::Withdraw || draft.goes_to(channel);
        self.plan_deliveries(tx, publication, deed, (embargo, &told), now)
            .await?;
        Ok(())
    }

    /// Takes a story back from every channel where it went.
    ///
    /// # Errors
    /// [`Refusal::UnknownPublication`] when it never went out.
    pub async fn withdraw_deliveries(
        &self,
        story: StoryId,
        by: EditorId,
        now: Micros,
    ) -> Result<u32, StoreError> {
        transact!(self, "withdraw from channels", Decide, |tx| {
            self.must_be_active(tx, by).await?;
            let state = self.story_state(tx, story, Some(by), None).await?;
            let last = state
                .publications
                .last()
                .ok_or(Refusal::UnknownPublication)?;
            let added = self
                .plan_deliveries(tx, last, Deed::Withdraw, (None, &|_| true), now)
                .await?;
            let entry = Entry::new(
                Chain::Story(story),
                Actor::Editor(by),
                Act::DeliveryWithdrawn,
                now,
            );
            self.append(tx, entry.with("channels", added)).await?;
            Ok(added)
        })
    }

    /// Claims the oldest delivery that may begin now in a channel that is not `busy`: of each channel alone, so that one with
    /// many rows that cannot begin holds up no other.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn claim_delivery(
        &self,
        busy: &[ChannelId],
        now: Micros,
    ) -> Result<Option<Attempt>, StoreError> {
        transact!(self, "claim delivery", Decide, |tx| {
            for channel in free_channels(tx, busy, now).await? {
                if let Some(attempt) = self.claim_in(tx, channel, now).await? {
                    return Ok(Some(attempt));
                }
            }
            Ok(None)
        })
    }

    async fn claim_in(
        &self,
        tx: &mut Tx,
        channel: ChannelId,
        now: Micros,
    ) -> Result<Option<Attempt>, StoreError> {
        let rows: Vec<DueRow> = tx
            .all(
                "SELECT id, channel, deed, stage, attempts, due_at, not_before, story, publication, created_at FROM deliveries
                 WHERE stage IN ('ready', 'unknown') AND due_at <= $1 AND (not_before IS NULL OR not_before <= $1)
                     AND channel = $2 ORDER BY due_at, created_at, id LIMIT $3",
                args![now, channel, LOOKED_AT],
            )
            .await?;
        for (
            id,
            channel,
            deed,
            stage,
            attempts,
            due_at,
            not_before,
            story,
            publication,
            created_at,
        ) in rows
        {
            let delivery = facts((id, channel, deed, stage, attempts, due_at, not_before))?;
            let at = At("deliveries", "story");
            let story = StoryId::from_bytes(at.bytes(&story)?);
            let publication = PublicationId::from_bytes(at.bytes(&publication)?);
            let around = around(tx, &delivery, story, publication, created_at).await?;
            if let Some(doubtful) = may_begin(&delivery, &around, now) {
                let state = (doubtful, around.overtaken);
                return self.begin(tx, &delivery, story, state, now).await.map(Some);
            }
        }
        Ok(None)
    }

    /// What a sealed column of a delivery holds.
    fn kept(
        &self,
        column: &'static str,
        id: &DeliveryId,
        sealed: Option<Vec<u8>>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let open = |sealed: Vec<u8>| self.open(place(column, id), &sealed);
        sealed.map(open).transpose()
    }

    async fn begin(
        &self,
        tx: &mut Tx,
        delivery: &Delivery,
        story: StoryId,
        (doubtful, overtaken): (bool, bool),
        now: Micros,
    ) -> Result<Attempt, StoreError> {
        let sql = "SELECT doubtful FROM deliveries WHERE id = $1";
        let marked: Option<(i64,)> = tx.one(sql, args![delivery.id]).await?;
        let seen = !doubtful && marked.is_some_and(|(mark,)| mark != 0);
        let sql = "UPDATE deliveries SET stage = 'sending', attempts = attempts + 1, doubtful = $1, changed_at = $2 WHERE id = $3";
        tx.exec(sql, args![doubtful || seen, now, delivery.id])
            .await?;
        tx.exec(
            "UPDATE channels SET last_at = $1 WHERE id = $2",
            args![now, delivery.channel],
        )
        .await?;
        let id = delivery.id;
        let sql = "SELECT publication, clearance, deed, created_at, posts, remotes FROM deliveries WHERE id = $1";
        type Row = (
            Vec<u8>,
            Vec<u8>,
            String,
            i64,
            Option<Vec<u8>>,
            Option<Vec<u8>>,
        );
        let row: Option<Row> = tx.one(sql, args![id]).await?;
        let at = At("deliveries", "deed");
        let (publication, clearance, deed, created_at, posts, remotes) =
            row.ok_or_else(|| at.damaged())?;
        let deed = at.word(Deed::from_code(&deed))?;
        let sql = "SELECT id, remotes FROM deliveries WHERE story = $1 AND channel = $2 AND created_at <= $3 AND id <> $4
                   AND remotes IS NOT NULL AND deed <> 'withdraw' ORDER BY created_at DESC, id";
        let before: Vec<(Vec<u8>, Vec<u8>)> = match deed {
            Deed::Post => Vec::new(),
            Deed::Correct | Deed::Withdraw => {
                tx.all(sql, args![story, delivery.channel, created_at, id])
                    .await?
            }
        };
        let before = before
            .into_iter()
            .map(|(id, sealed)| {
                let id = DeliveryId::from_bytes(at.bytes(&id)?);
                self.open(place("remotes", &id), &sealed)
            })
            .collect::<Result<_, StoreError>>()?;
        let open = |column, sealed| self.kept(column, &id, sealed);
        let channel = self.load_channel(tx, delivery.channel).await?;
        let astray = match deed {
            Deed::Withdraw => self.astray(tx, story, delivery, created_at).await?,
            Deed::Post | Deed::Correct => Vec::new(),
        };
        Ok(Attempt {
            overtaken,
            astray,
            id,
            number: delivery.attempts + 1,
            channel: delivery.channel,
            kind: channel.kind,
            language: channel.language,
            publication: PublicationId::from_bytes(at.bytes(&publication)?),
            clearance: Digest(at.bytes(&clearance)?),
            deed,
            doubtful,
            seen,
            created_at: Micros(created_at),
            posts: open("posts", posts)?,
            done: open("remotes", remotes)?,
            before,
        })
    }

    /// Fixes what is sent, and whether the channel can be asked again; before anything is sent.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the attempt is no longer this one.
    pub async fn fix_posts(
        &self,
        attempt: &Attempt,
        posts: &[u8],
        repeats: bool,
    ) -> Result<(), StoreError> {
        let sealed = self.seal(place("posts", &attempt.id), posts)?;
        transact!(self, "fix posts", Work, |tx| {
            let sql = "UPDATE deliveries SET posts = $1, repeats = $2 WHERE id = $3 AND attempts = $4 AND stage = 'sending'";
            let done = tx
                .exec(sql, args![sealed, repeats, attempt.id, attempt.number])
                .await?;
            mine(done, attempt)
        })
    }

    /// Keeps what stands so far. What a person saw is among it from then on.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the attempt is no longer this one.
    pub async fn keep_remotes(&self, attempt: &Attempt, remotes: &[u8]) -> Result<(), StoreError> {
        let sealed = self.seal(place("remotes", &attempt.id), remotes)?;
        transact!(self, "keep remotes", Work, |tx| {
            let sql = "UPDATE deliveries SET remotes = $1, doubtful = CASE WHEN $2 = 1 THEN 0 ELSE doubtful END
                       WHERE id = $3 AND attempts = $4 AND stage = 'sending'";
            let done = tx
                .exec(sql, args![sealed, attempt.seen, attempt.id, attempt.number])
                .await?;
            mine(done, attempt)
        })
    }

    /// Settles an attempt.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the attempt is no longer this one.
    pub async fn settle_delivery(
        &self,
        attempt: &Attempt,
        ended: Ended,
        words: &str,
        now: Micros,
    ) -> Result<Stage, StoreError> {
        let next = settle(ended, attempt.doubtful, attempt.number, now);
        let words = self.seal(place("words", &attempt.id), words.as_bytes())?;
        transact!(self, "settle delivery", Decide, |tx| {
            let (stage, due_at) = give_way(next, follows(tx, attempt.id, true).await?);
            // Doubt that is resolved is forgotten; what a person saw is not, before it is among what stands.
            let doubtful = stage == Stage::Unknown;
            let sql = "UPDATE deliveries SET stage = $1, due_at = $2, words = $3, changed_at = $4,
                           doubtful = CASE WHEN $8 = 1 THEN doubtful ELSE $5 END
                       WHERE id = $6 AND attempts = $7 AND stage = 'sending'";
            let code = stage.code();
            let done = tx
                .exec(
                    sql,
                    args![
                        code,
                        due_at,
                        words,
                        now,
                        doubtful,
                        attempt.id,
                        attempt.number,
                        attempt.seen && matches!(stage, Stage::Ready | Stage::Rejected)
                    ],
                )
                .await?;
            mine(done, attempt)?;
            if let Some(until) = rest(ended, now) {
                let sql = "UPDATE channels SET rest_until = $1 WHERE id = $2";
                tx.exec(sql, args![until, attempt.channel]).await?;
            }
            if matches!(stage, Stage::Confirmed | Stage::Rejected) || due_at.is_none() {
                self.note_delivery(tx, attempt.id, Actor::Desk, stage, now)
                    .await?;
            }
            Ok(stage)
        })
    }

    /// Takes up what a process that ended left in the middle: it may stand. `begun_before` is now for a process that knows
    /// it is the only one working on this record, and long ago for any other.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn recover_deliveries(
        &self,
        begun_before: Micros,
        now: Micros,
    ) -> Result<u64, StoreError> {
        transact!(self, "recover deliveries", Decide, |tx| {
            let sql = "SELECT id, repeats, CAST(CASE WHEN posts IS NULL THEN 0 ELSE 1 END AS BIGINT) FROM deliveries WHERE stage = 'sending' AND changed_at <= $1";
            let rows: Vec<(Vec<u8>, i64, i64)> = tx.all(sql, args![begun_before]).await?;
            let mut count = 0;
            for (id, repeats, fixed) in rows {
                let id = DeliveryId::from_bytes(At("deliveries", "id").bytes(&id)?);
                let next = after_crash(fixed != 0, repeats != 0, now);
                let (stage, due_at) = give_way(next, follows(tx, id, true).await?);
                let sql =
                    "UPDATE deliveries SET stage = $1, due_at = $2, changed_at = $3 WHERE id = $4";
                tx.exec(sql, args![stage.code(), due_at, now, id]).await?;
                self.note_delivery(tx, id, Actor::Desk, stage, now).await?;
                count += 1;
            }
            Ok(count)
        })
    }

    /// A person decides about a delivery that may stand.
    ///
    /// # Errors
    /// [`Refusal::DeliverySettled`], [`Refusal::UnknownDelivery`], [`Refusal::NotAnEditor`].
    pub async fn decide_delivery(
        &self,
        id: DeliveryId,
        verdict: Verdict,
        by: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "decide delivery", Decide, |tx| {
            self.must_be_active(tx, by).await?;
            let sql = "SELECT id, channel, deed, stage, attempts, due_at, not_before FROM deliveries WHERE id = $1";
            let row: Option<FactsRow> = tx.one(sql, args![id]).await?;
            let delivery = facts(row.ok_or(Refusal::UnknownDelivery)?)?;
            let later = follows(tx, id, false).await?;
            let missing = self.missing(tx, id).await?;
            let (stage, due_at) = decide(&delivery, verdict, (later, missing > 1), now)?;
            // What is left, or was seen, may stand where the record does not say; a withdrawal must not call it gone.
            let nameless = match verdict {
                Verdict::Leave => true,
                Verdict::Stands => missing > 0,
                Verdict::Again => false,
            };
            let doubtful = nameless && delivery.stage == Stage::Unknown;
            let sql = "UPDATE deliveries SET stage = $1, due_at = $2, changed_at = $3, doubtful = $4 WHERE id = $5";
            tx.exec(sql, args![stage.code(), due_at, now, doubtful, id])
                .await?;
            if verdict == Verdict::Again {
                self.letters_again(tx, id).await?;
            }
            self.note_delivery(tx, id, Actor::Editor(by), stage, now)
                .await
        })
    }

    /// How many parts of what was fixed are not known to stand.
    async fn missing(&self, tx: &mut Tx, id: DeliveryId) -> Result<usize, StoreError> {
        type Sealed = Option<Vec<u8>>;
        let sql = "SELECT posts, remotes FROM deliveries WHERE id = $1";
        let row: Option<(Sealed, Sealed)> = tx.one(sql, args![id]).await?;
        let (posts, remotes) = row.ok_or(Refusal::UnknownDelivery)?;
        let count = |column, sealed| -> Result<usize, StoreError> {
            let Some(list) = self.kept(column, &id, sealed)? else {
                return Ok(0);
            };
            let parts: Vec<IgnoredAny> =
                serde_json::from_slice(&list).map_err(|_| At("deliveries", column).damaged())?;
            Ok(parts.len())
        };
        Ok(count("posts", posts)?.saturating_sub(count("remotes", remotes)?))
    }

    /// Deliveries, those that wait for a person first, then the latest.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn deliveries(
        &self,
        story: Option<StoryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        transact!(self, "list deliveries", Read, |tx| {
            let rows: Vec<ListRow> = tx
                .all(
                    "SELECT id, channel, story, deed, stage, attempts, not_before, due_at, changed_at,
                         (SELECT COUNT(*) FROM deliveries later WHERE later.story = deliveries.story
                          AND later.channel = deliveries.channel AND later.created_at > deliveries.created_at),
                         remotes, words FROM deliveries
                     WHERE $1 IS NULL OR story = $1
                     ORDER BY CASE WHEN stage = 'unknown' AND due_at IS NULL THEN 0 ELSE 1 END, changed_at DESC, id LIMIT $2",
                    args![story, limit],
                )
                .await?;
            rows.into_iter()
                .map(|row| self.delivery_from(row))
                .collect()
        })
    }

    fn delivery_from(&self, row: ListRow) -> Result<DeliveryRecord, StoreError> {
        let (
            id,
            channel,
            story,
            deed,
            stage,
            attempts,
            not_before,
            due_at,
            changed_at,
            later,
            remotes,
            words,
        ) = row;
        let at = At("deliveries", "stage");
        let id = DeliveryId::from_bytes(at.bytes(&id)?);
        let text = |column, sealed: Option<Vec<u8>>| {
            sealed
                .map(|sealed| self.open_text(place(column, &id), &sealed))
                .transpose()
        };
        Ok(DeliveryRecord {
            remotes: text("remotes", remotes)?,
            words: text("words", words)?,
            channel: ChannelId::from_bytes(at.bytes(&channel)?),
            story: StoryId::from_bytes(at.bytes(&story)?),
            deed: at.word(Deed::from_code(&deed))?,
            stage: at.word(Stage::from_code(&stage))?,
            attempts: at.number(attempts)?,
            not_before: not_before.map(Micros),
            due_at: due_at.map(Micros),
            changed_at: Micros(changed_at),
            followed: later > 0,
            id,
        })
    }

    async fn note_delivery(
        &self,
        tx: &mut Tx,
        id: DeliveryId,
        actor: Actor,
        stage: Stage,
        now: Micros,
    ) -> Result<(), StoreError> {
        let row: Option<(Vec<u8>, Vec<u8>)> = tx
            .one(
                "SELECT story, channel FROM deliveries WHERE id = $1",
                args![id],
            )
            .await?;
        let at = At("deliveries", "story");
        let (story, channel) = row.ok_or_else(|| at.damaged())?;
        let chain = Chain::Story(StoryId::from_bytes(at.bytes(&story)?));
        let entry = Entry::new(chain, actor, Act::DeliverySettled, now).with("delivery", id);
        let entry = entry.with("channel", ChannelId::from_bytes(at.bytes(&channel)?));
        self.append(tx, entry.with("stage", stage.code())).await?;
        Ok(())
    }
}

fn mine(touched: u64, attempt: &Attempt) -> Result<(), StoreError> {
    match touched {
        1 => Ok(()),
        _ => Err(StoreError::Missing {
            what: "attempt",
            id: attempt.id.to_string(),
        }),
    }
}

/// When a row begins: now, but after every earlier one of the story in the channel, whatever the clock says. Their order decides what
/// follows what.
async fn after_all(
    tx: &mut Tx,
    story: StoryId,
    channel: ChannelId,
    now: Micros,
) -> Result<Micros, StoreError> {
    let sql = "SELECT MAX(created_at) FROM deliveries WHERE story = $1 AND channel = $2";
    let newest: Option<(Option<i64>,)> = tx.one(sql, args![story, channel]).await?;
    let newest = newest.and_then(|(at,)| at);
    Ok(newest.map_or(now, |at| now.max(Micros(at).plus(1))))
}

fn place<'a>(column: &'static str, id: &'a DeliveryId) -> Place<'a> {
    Place {
        table: "deliveries",
        column,
        row: id.as_bytes(),
    }
}
