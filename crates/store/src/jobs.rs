//! Background work: queued with the decision that wants it, claimed with a lease, tried again, given up visibly.

use crate::engine::{Dialect, Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use newsroom::time::{MINUTE, SECOND};
use newsroom::work::Work;
use newsroom::{JobId, Micros};

/// How often a job is tried before it is given up.
pub const ATTEMPTS: u32 = 5;

/// A claimed job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Which.
    pub id: JobId,
    /// What to do.
    pub work: Work,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The number of this lease: whoever holds an older one can no longer settle the job.
    pub lease: u32,
    /// When the lease ends.
    pub lease_until: Micros,
}

/// How much work there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct JobCounts {
    /// Waiting.
    pub ready: u64,
    /// Claimed.
    pub running: u64,
    /// Given up.
    pub dead: u64,
}

/// Adds work in the caller's transaction; the same work is not queued twice while it waits.
pub(crate) async fn enqueue(
    store: &Store,
    tx: &mut Tx,
    work: &Work,
    now: Micros,
) -> Result<(), StoreError> {
    let id = JobId::from_bytes(store.random());
    let payload = serde_json::to_string(work).map_err(|_| At("jobs", "payload").damaged())?;
    tx.exec(
        "INSERT INTO jobs (id, key, kind, payload, state, attempts, due_at, lease, created_at)
         VALUES ($1, $2, $3, $4, 'ready', 0, $5, 0, $5) ON CONFLICT DO NOTHING",
        args![id, work.key(), work.kind(), payload, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn is_under_way(tx: &mut Tx, work: &Work) -> Result<bool, StoreError> {
    let sql = "SELECT attempts FROM jobs WHERE key = $1 AND state IN ('ready', 'running') LIMIT 1";
    let row: Option<(i64,)> = tx.one(sql, args![work.key()]).await?;
    Ok(row.is_some())
}

impl Store {
    /// Claims the oldest job that is due, or one whose worker let its lease run out. A job that used up its attempts is
    /// given up instead.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn claim_job(&self, lease: i64, now: Micros) -> Result<Option<Job>, StoreError> {
        let lease_until = now.plus(lease);
        transact!(self, "claim job", Work, |tx| {
            let dead = "UPDATE jobs SET state = 'dead', trouble = COALESCE(trouble, 'lease-ended')
                        WHERE state = 'running' AND due_at <= $1 AND attempts >= $2
                        RETURNING payload, trouble";
            let given_up: Vec<(String, String)> = tx.all(dead, args![now, ATTEMPTS]).await?;
            for (payload, code) in given_up {
                let work = At("jobs", "payload").json(payload.as_bytes())?;
                self.give_up(tx, &work, &code, now).await?;
            }
            let row: Option<(Vec<u8>, String, i64, i64)> = tx
                .one(
                    Dialect {
                        lite: "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease = lease + 1, due_at = $2
                               WHERE id = (SELECT id FROM jobs WHERE state IN ('ready', 'running') AND due_at <= $1
                                           ORDER BY due_at, created_at, id LIMIT 1)
                               RETURNING id, payload, attempts, lease",
                        pg: "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease = lease + 1, due_at = $2
                             WHERE id = (SELECT id FROM jobs WHERE state IN ('ready', 'running') AND due_at <= $1
                                         ORDER BY due_at, created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
                             RETURNING id, payload, attempts, lease",
                    },
                    args![now, lease_until],
                )
                .await?;
            let Some((id, payload, attempts, number)) = row else {
                return Ok(None);
            };
            Ok(Some(Job {
                id: JobId::from_bytes(At("jobs", "id").bytes(&id)?),
                work: At("jobs", "payload").json(payload.as_bytes())?,
                attempt: At("jobs", "attempts").number(attempts)?,
                lease: At("jobs", "lease").number(number)?,
                lease_until,
            }))
        })
    }

    /// Holds on to a job for longer; `false` when someone else has it by now.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn renew_job(&self, job: &Job, lease: i64, now: Micros) -> Result<bool, StoreError> {
        transact!(self, "renew job", Work, |tx| {
            let sql =
                "UPDATE jobs SET due_at = $1 WHERE id = $2 AND state = 'running' AND lease = $3";
            Ok(tx
                .exec(sql, args![now.plus(lease), job.id, job.lease])
                .await?
                == 1)
        })
    }

    /// Whether this very work waits or is being done.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn is_under_way(&self, work: &Work) -> Result<bool, StoreError> {
        transact!(self, "look for job", Read, |tx| is_under_way(tx, work)
            .await)
    }

    /// The job is done; `false` when someone else has it by now.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn finish_job(&self, job: &Job) -> Result<bool, StoreError> {
        transact!(self, "finish job", Work, |tx| {
            let sql = "UPDATE jobs SET state = 'done', trouble = NULL WHERE id = $1 AND state = 'running' AND lease = $2";
            Ok(tx.exec(sql, args![job.id, job.lease]).await? == 1)
        })
    }

    /// The job failed: it is tried again later, and given up after [`ATTEMPTS`]. The code must say nothing about sources.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn fail_job(&self, job: &Job, code: &str, now: Micros) -> Result<(), StoreError> {
        let dead = job.attempt >= ATTEMPTS;
        let state = if dead { "dead" } else { "ready" };
        let due = now.plus(
            (5 * SECOND)
                .saturating_mul(1 << job.attempt.min(10))
                .min(10 * MINUTE),
        );
        transact!(self, "fail job", Work, |tx| {
            // The same work may have been queued again meanwhile; then this one just ends.
            let waiting: Option<(i64,)> = tx
                .one(
                    "SELECT attempts FROM jobs WHERE state = 'ready' AND key = $1",
                    args![job.work.key()],
                )
                .await?;
            let state = if waiting.is_some() && !dead {
                "done"
            } else {
                state
            };
            let sql = "UPDATE jobs SET state = $1, trouble = $2, due_at = $3
                       WHERE id = $4 AND state = 'running' AND lease = $5";
            let settled = tx
                .exec(sql, args![state, code, due, job.id, job.lease])
                .await?;
            if settled == 1 && dead {
                self.give_up(tx, &job.work, code, now).await?;
            }
            Ok(())
        })
    }

    /// What is given up must not leave its record waiting for ever.
    async fn give_up(
        &self,
        tx: &mut Tx,
        work: &Work,
        code: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        match work {
            Work::Scrub { item } => self.refuse_scrub(tx, *item, code, "", now).await,
            Work::Open { .. }
            | Work::OpenPart { .. }
            | Work::OpenLoose { .. }
            | Work::Examine { .. }
            | Work::Publish { .. } => Ok(()),
        }
    }

    /// Gives a job back untouched (the desk is being locked): it does not count as an attempt.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn release_job(&self, job: &Job, now: Micros) -> Result<(), StoreError> {
        transact!(self, "release job", Work, |tx| {
            let sql = "UPDATE jobs SET state = 'running', due_at = $1, attempts = attempts - 1
                       WHERE id = $2 AND state = 'running' AND lease = $3";
            tx.exec(sql, args![now, job.id, job.lease]).await?;
            Ok(())
        })
    }

    /// Takes back what a killed process left running, at once instead of when its lease has run out; the attempt that
    /// was cut off does not count. Only for a process that knows it is the only one working on this record.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn reclaim_jobs(&self, now: Micros) -> Result<u64, StoreError> {
        transact!(self, "reclaim jobs", Work, |tx| {
            let sql = "UPDATE jobs SET due_at = $1, lease = lease + 1, attempts = attempts - 1
                       WHERE state = 'running' AND attempts > 0";
            tx.exec(sql, args![now]).await.map_err(Into::into)
        })
    }

    /// How much work there is.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn job_counts(&self) -> Result<JobCounts, StoreError> {
        transact!(self, "count jobs", Read, |tx| {
            let rows: Vec<(String, i64)> = tx
                .all(
                    "SELECT state, COUNT(*) FROM jobs WHERE state <> 'done' GROUP BY state",
                    &[],
                )
                .await?;
            let mut counts = JobCounts::default();
            for (state, n) in rows {
                let n = At("jobs", "state").number(n)?;
                match state.as_str() {
                    "ready" => counts.ready = n,
                    "running" => counts.running = n,
                    _ => counts.dead = n,
                }
            }
            Ok(counts)
        })
    }

    /// Given-up work with its code: shown to editors, who may queue it again.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn dead_jobs(&self, limit: u32) -> Result<Vec<(Work, String)>, StoreError> {
        transact!(self, "list dead jobs", Read, |tx| {
            let sql = "SELECT payload, COALESCE(trouble, 'unknown') FROM jobs WHERE state = 'dead' ORDER BY created_at DESC LIMIT $1";
            let rows: Vec<(String, String)> = tx.all(sql, args![limit]).await?;
            rows.into_iter()
                .map(|(payload, code)| Ok((At("jobs", "payload").json(payload.as_bytes())?, code)))
                .collect()
        })
    }

    /// Queues work from outside a decision (an editor asks to try again).
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn enqueue(&self, work: &Work, now: Micros) -> Result<(), StoreError> {
        transact!(self, "enqueue", Work, |tx| enqueue(self, tx, work, now)
            .await)
    }
}
