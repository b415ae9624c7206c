//! Cleared versions that wait for their moment, and what becomes of them when it comes.

use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use ledger::Digest;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::stories::{Command, Schedule};
use newsroom::{EditorId, Micros, PublicationId, Refusal, StoryId};

/// Schedules that are looked at together.
const TOGETHER: u32 = 50;

type Row = (i64, Vec<u8>, Vec<u8>, i64, Option<String>);

/// What became of a story whose moment came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// The story.
    pub story: StoryId,
    /// Its publication, or the rule that refused it.
    pub sent: Result<PublicationId, Refusal>,
}

impl Store {
    /// Lets a cleared version go out by itself at the moment that was approved with it.
    ///
    /// # Errors
    /// [`Refusal::NoMoment`], or what keeps it from being cleared.
    pub async fn schedule_story(
        &self,
        id: StoryId,
        by: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "schedule story", Decide, |tx| self
            .story_command(tx, id, by, None, Command::Schedule { by }, now)
            .await)
    }

    /// Holds it back again.
    ///
    /// # Errors
    /// [`Refusal::NotScheduled`].
    pub async fn unschedule_story(
        &self,
        id: StoryId,
        by: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "unschedule story", Decide, |tx| self
            .story_command(tx, id, by, None, Command::Unschedule { by }, now)
            .await)
    }

    /// When the next version goes out; `None` when nothing waits.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn next_moment(&self) -> Result<Option<Micros>, StoreError> {
        transact!(self, "next moment", Read, |tx| {
            let sql = "SELECT due_at FROM schedules WHERE trouble IS NULL ORDER BY due_at LIMIT 1";
            let row: Option<(i64,)> = tx.one(sql, &[]).await?;
            Ok(row.map(|(at,)| Micros(at)))
        })
    }

    /// Sends out what is due by `now`, which must be a time that nobody can move forward. Each is decided anew: an account that
    /// was closed or a source that was captured since then stops it, and the record says so.
    ///
    /// # Errors
    /// The engine's failure; what was sent before it is sent.
    pub async fn publish_due(&self, now: Micros) -> Result<Vec<Came>, StoreError> {
        let due = transact!(self, "look for due stories", Read, |tx| {
            let sql = "SELECT story FROM schedules WHERE trouble IS NULL AND due_at <= $1 ORDER BY due_at, story LIMIT $2";
            let rows: Vec<(Vec<u8>,)> = tx.all(sql, args![now, TOGETHER]).await?;
            let at = At("schedules", "story");
            rows.iter()
                .map(|(id,)| Ok(StoryId::from_bytes(at.bytes(id)?)))
                .collect::<Result<Vec<_>, StoreError>>()
        })?;
        let mut came = Vec::with_capacity(due.len());
        for story in due {
            came.extend(self.send_scheduled(story, now).await?);
        }
        Ok(came)
    }

    /// One of them; nothing if it waits no more.
    async fn send_scheduled(
        &self,
        story: StoryId,
        now: Micros,
    ) -> Result<Option<Came>, StoreError> {
        let publication = PublicationId::from_bytes(self.random());
        let sent = transact!(self, "publish scheduled story", Decide, |tx| {
            let waits = load_schedule(tx, story).await?;
            let Some((schedule, None)) = waits.filter(|(one, _)| one.at <= now) else {
                return Ok(None);
            };
            let (by, id) = (schedule.by, publication);
            self.story_command(tx, story, by, None, Command::Publish { by, id }, now)
                .await?;
            Ok(Some(()))
        });
        let sent = match sent {
            Ok(None) => return Ok(None),
            Ok(Some(())) => Ok(publication),
            Err(StoreError::Refused(refusal)) => {
                self.note_refused(story, &refusal, now).await?;
                Err(refusal)
            }
            Err(error) => return Err(error),
        };
        Ok(Some(Came { story, sent }))
    }

    /// It is not tried again by itself: somebody has to look.
    async fn note_refused(
        &self,
        story: StoryId,
        refusal: &Refusal,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "note refused schedule", Decide, |tx| {
            let sql = "UPDATE schedules SET trouble = $1 WHERE story = $2";
            tx.exec(sql, args![refusal.code(), story]).await?;
            let entry = Entry::new(Chain::Story(story), Actor::Desk, Act::StoryNotSent, now);
            self.append(tx, entry.with("code", refusal.code())).await?;
            Ok(())
        })
    }
}

pub(crate) async fn load_schedule(
    tx: &mut Tx,
    story: StoryId,
) -> Result<Option<(Schedule, Option<String>)>, StoreError> {
    let sql =
        "SELECT version, clearance, decided_by, due_at, trouble FROM schedules WHERE story = $1";
    let row: Option<Row> = tx.one(sql, args![story]).await?;
    let at = At("schedules", "clearance");
    row.map(|(version, clearance, by, due_at, trouble)| {
        let schedule = Schedule {
            version: at.number(version)?,
            clearance: Digest(at.bytes(&clearance)?),
            by: EditorId::from_bytes(at.bytes(&by)?),
            at: Micros(due_at),
        };
        Ok((schedule, trouble))
    })
    .transpose()
}

pub(crate) async fn put_schedule(
    tx: &mut Tx,
    story: StoryId,
    schedule: &Schedule,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO schedules (story, version, clearance, decided_by, due_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (story) DO UPDATE SET version = excluded.version, clearance = excluded.clearance,
             decided_by = excluded.decided_by, due_at = excluded.due_at, trouble = NULL",
        args![story, schedule.version, schedule.clearance, schedule.by, schedule.at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn drop_schedule(tx: &mut Tx, story: StoryId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM schedules WHERE story = $1", args![story])
        .await?;
    Ok(())
}
