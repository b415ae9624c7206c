//! The capture drill's transactions: what it would touch, doing it, and what is to be rotated afterwards.

use crate::columns::Place;
use crate::dispatches::DispatchRecord;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::items::ItemRecord;
use crate::open::Store;
use crate::sources::SourceRecord;
use crate::value::{At, int};
use formats::KitId;
use ledger::Digest;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::drill::{self, Plan};
use newsroom::sources;
use newsroom::{DropId, EditorId, Micros, Private, Refusal, StoryId};

/// A story that shows something of the kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryAtRisk {
    /// Which.
    pub id: StoryId,
    /// Its titles.
    pub title_en: String,
    /// Its titles.
    pub title_ar: String,
}

/// What the drill would touch, with what a person needs to see of it.
#[derive(Clone, Debug)]
pub struct CapturePlan {
    /// The plan, whose hash a confirmation names.
    pub plan: Plan,
    /// The source.
    pub source: SourceRecord,
    /// Its dispatches: their notes may hold names and places.
    pub dispatches: Vec<DispatchRecord>,
    /// Their items.
    pub items: Vec<ItemRecord>,
    /// Stories to be held back.
    pub frozen: Vec<StoryAtRisk>,
    /// Stories to be reviewed, because they are out.
    pub published: Vec<StoryAtRisk>,
    /// When it was done, and why.
    pub done: Option<(Micros, Private)>,
}

/// Story, its version, the newest one, and the publication of the version.
type ShownRow = (Vec<u8>, i64, i64, Option<Vec<u8>>);

impl Store {
    /// What the drill would do to a kit that was captured at `since`; the look is entered in the audit.
    ///
    /// # Errors
    /// [`Refusal::SourcesNotYours`], [`Refusal::UnknownKit`], or the engine's failure.
    pub async fn capture_plan(
        &self,
        kit: KitId,
        since: Micros,
        by: EditorId,
        now: Micros,
    ) -> Result<CapturePlan, StoreError> {
        transact!(self, "plan capture", Decide, |tx| {
            sources::may_see(&self.editor_facts(tx, by).await?)?;
            self.note_source(tx, by, Act::SourceViewed, Some(kit), now)
                .await?;
            self.plan(tx, kit, since, now).await
        })
    }

    /// Carries the drill out: exactly the plan that was shown. A rehearsal checks everything and changes nothing.
    ///
    /// # Errors
    /// What [`drill::decide`] refuses; [`Refusal::UnknownKit`].
    #[expect(clippy::too_many_arguments, reason = "the facts of one act")]
    pub async fn capture(
        &self,
        kit: KitId,
        since: Micros,
        shown: Digest,
        reason: &Private,
        rehearse: bool,
        by: EditorId,
        now: Micros,
    ) -> Result<CapturePlan, StoreError> {
        transact!(self, "capture drill", Decide, |tx| {
            let editor = self.editor_facts(tx, by).await?;
            let planned = self.plan(tx, kit, since, now).await?;
            let already = planned.done.is_some();
            drill::decide(&editor, &planned.plan, &shown, reason.expose(), already)?;
            if !rehearse {
                self.cut_off(tx, &planned.plan, since, reason, by, now)
                    .await?;
            }
            Ok(planned)
        })
    }

    async fn cut_off(
        &self,
        tx: &mut Tx,
        plan: &Plan,
        since: Micros,
        reason: &Private,
        by: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        let kit = plan.kit;
        let sealed = self.seal(reason_place(&kit), reason.expose().as_bytes())?;
        tx.exec(
            "INSERT INTO captures (kit, from_epoch, editor, reason, at) VALUES ($1, $2, $3, $4, $5)",
            args![kit, plan.from_epoch, by, sealed, now],
        )
        .await?;
        self.refuse_kit(tx, kit, since, by, now).await?;
        for hash in self.unspent_tokens(tx, kit).await? {
            let sql = "UPDATE session_tokens SET revoke_at = $1 WHERE hash = $2";
            tx.exec(sql, args![now, hash]).await?;
        }
        // Whoever holds the device reads what is sent to it: nothing more is sent, nor what still waits.
        let sql =
            "UPDATE reply_pairs SET until = $1 WHERE kit = $2 AND used_at IS NULL AND until > $1";
        tx.exec(sql, args![now, kit]).await?;
        let sql = "DELETE FROM receipt_puts WHERE put_at IS NULL
                   AND receipt IN (SELECT id FROM receipts WHERE kit = $1)";
        tx.exec(sql, args![kit]).await?;
        let actor = Actor::Editor(by);
        for story in &plan.frozen {
            let entry = Entry::new(Chain::Story(*story), actor, Act::StoryFrozen, now);
            self.append(tx, entry).await?;
        }
        let entry = Entry::new(Chain::Desk, actor, Act::SourceCaptured, now)
            .with("kit", kit)
            .with("epoch", plan.from_epoch)
            .with("plan", plan.hash());
        self.append(tx, entry).await?;
        Ok(())
    }

    /// Its cells are refused from the week of `since` on; a kit that the custodians cut off earlier stays cut off from then.
    async fn refuse_kit(
        &self,
        tx: &mut Tx,
        kit: KitId,
        since: Micros,
        by: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        let at = Micros(since.0.min(now.0));
        match self.capture_in(tx, kit, at, Actor::Editor(by), now).await {
            Ok(_) | Err(StoreError::Refused(Refusal::AlreadyCaptured)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn plan(
        &self,
        tx: &mut Tx,
        kit: KitId,
        since: Micros,
        now: Micros,
    ) -> Result<CapturePlan, StoreError> {
        let source = self.source_record(tx, kit, now).await?;
        let dispatches = self.dispatches_of_kit(tx, kit).await?;
        let mut items = Vec::new();
        for dispatch in &dispatches {
            items.extend(self.load_items_of(tx, &dispatch.key).await?);
        }
        let (frozen, published) = self.stories_at_risk(tx, kit).await?;
        let ids = |stories: &[StoryAtRisk]| stories.iter().map(|story| story.id).collect();
        let plan = Plan {
            kit,
            from_epoch: formats::epoch_at(source.issued_at.0, since.0.min(now.0)),
            dispatches: dispatches.iter().map(|one| one.key.dispatch).collect(),
            items: items.iter().map(|item| item.id).collect(),
            frozen: ids(&frozen),
            published: ids(&published),
            tokens: self.unspent_tokens(tx, kit).await?.len() as u64,
        };
        Ok(CapturePlan {
            plan,
            source,
            dispatches,
            items,
            frozen,
            published,
            done: self.capture_of(tx, kit).await?,
        })
    }

    pub(crate) async fn capture_of(
        &self,
        tx: &mut Tx,
        kit: KitId,
    ) -> Result<Option<(Micros, Private)>, StoreError> {
        let sql = "SELECT at, reason FROM captures WHERE kit = $1";
        let row: Option<(i64, Vec<u8>)> = tx.one(sql, args![kit]).await?;
        row.map(|(at, reason)| Ok((Micros(at), self.open_text(reason_place(&kit), &reason)?)))
            .transpose()
    }

    /// Stories with something of the kit: first those whose newest version shows it and is not out, then those that are
    /// out with it.
    async fn stories_at_risk(
        &self,
        tx: &mut Tx,
        kit: KitId,
    ) -> Result<(Vec<StoryAtRisk>, Vec<StoryAtRisk>), StoreError> {
        let rows: Vec<ShownRow> = tx
            .all(
                "SELECT DISTINCT story_media.story, story_media.version, stories.version, publications.id
                 FROM story_media
                 JOIN stories ON stories.id = story_media.story
                 JOIN derivatives ON derivatives.id = story_media.derivative
                 JOIN items ON items.id = derivatives.item
                 LEFT JOIN publications ON publications.story = story_media.story
                     AND publications.version = story_media.version
                 WHERE items.kit = $1 ORDER BY story_media.story, story_media.version",
                args![kit],
            )
            .await?;
        let (mut frozen, mut published) = (Vec::new(), Vec::new());
        for (story, version, newest, out) in rows {
            let at = At("stories", "id");
            let id = StoryId::from_bytes(at.bytes(&story)?);
            let list = match (out, version == newest) {
                (None, true) => &mut frozen,
                (None, false) => continue,
                _ => &mut published,
            };
            let draft = self.load_version(tx, id, at.number(version)?).await?.draft;
            list.push(StoryAtRisk {
                id,
                title_en: draft.en.title,
                title_ar: draft.ar.title,
            });
        }
        published.dedup_by_key(|story| story.id);
        Ok((frozen, published))
    }

    /// Tokens given to a kit that were not taken back. Which of them were used, only the drops know.
    async fn unspent_tokens(&self, tx: &mut Tx, kit: KitId) -> Result<Vec<Digest>, StoreError> {
        let sql = "SELECT hash, kit FROM session_tokens WHERE revoke_at IS NULL ORDER BY hash";
        let rows: Vec<(Vec<u8>, Vec<u8>)> = tx.all(sql, &[]).await?;
        let mut own = Vec::new();
        for (hash, sealed) in rows {
            let place = Place {
                table: "session_tokens",
                column: "kit",
                row: &hash,
            };
            if self.open(place, &sealed)?.as_slice() == kit.0 {
                own.push(Digest(At("session_tokens", "hash").bytes(&hash)?));
            }
        }
        Ok(own)
    }

    /// Tokens that a drop is to be told to take back.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn tokens_to_revoke(
        &self,
        drop: DropId,
        limit: u32,
    ) -> Result<Vec<Digest>, StoreError> {
        transact!(self, "list tokens to revoke", Read, |tx| {
            let sql = "SELECT hash FROM session_tokens
                       WHERE drop_id = $1 AND revoke_at IS NOT NULL AND revoked_at IS NULL ORDER BY hash LIMIT $2";
            let rows: Vec<(Vec<u8>,)> = tx.all(sql, args![drop, limit]).await?;
            rows.iter()
                .map(|(hash,)| Ok(Digest(At("session_tokens", "hash").bytes(hash)?)))
                .collect()
        })
    }

    /// The drop has taken these tokens back.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn tokens_revoked(
        &self,
        drop: DropId,
        hashes: &[Digest],
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "mark tokens revoked", Work, |tx| {
            for hash in hashes {
                // A revoked token is never registered later: what waited for that is done as well.
                let sql = "UPDATE session_tokens SET revoked_at = $1, registered_at = COALESCE(registered_at, $1)
                           WHERE hash = $2 AND drop_id = $3";
                tx.exec(sql, args![now, *hash, drop]).await?;
            }
            Ok(())
        })
    }

    /// How many captures have left something to rotate: intake keys above all. A new intake identity made afterwards answers them.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn rotations_due(&self) -> Result<u32, StoreError> {
        transact!(self, "count rotations due", Read, |tx| {
            let sql = "SELECT COUNT(*) FROM captures WHERE rotated_at IS NULL";
            let row: Option<(i64,)> = tx.one(sql, &[]).await?;
            At("captures", "rotated_at").number(row.map_or(0, |(count,)| count))
        })
    }

    /// The keys were changed: what captures touched is rotated.
    pub(crate) async fn captures_answered(
        &self,
        tx: &mut Tx,
        now: Micros,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE captures SET rotated_at = $1 WHERE rotated_at IS NULL AND at <= $1";
        let answered = tx.exec(sql, args![now]).await?;
        if answered > 0 {
            let entry = Entry::new(Chain::Desk, Actor::Custodians, Act::CapturesRotated, now);
            self.append(tx, entry.with("captures", int(answered)))
                .await?;
        }
        Ok(())
    }
}

fn reason_place(kit: &KitId) -> Place<'_> {
    Place {
        table: "captures",
        column: "reason",
        row: &kit.0,
    }
}
