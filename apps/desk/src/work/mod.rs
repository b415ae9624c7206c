//! Background work: jobs are claimed from the record with a lease, carried out, and finished there.
//!
//! Every kind can be done twice without harm, so a desk that was killed simply claims its jobs again
//! when their lease has run out. A job that fails is tried again later and given up visibly.

mod examine;
pub(crate) mod items;
mod scrub;
mod variants;

use std::sync::Arc;
use std::time::Duration;

use newsroom::work::Work;
use store::{Job, StoreError};

use crate::clock;
use crate::intake::{loose, opening};
use crate::open_desk::OpenDesk;
use crate::publishing;

pub(crate) use examine::WorkError;

/// How long a claimed job is ours without being renewed, in microseconds.
const LEASE: i64 = 60 * 1_000_000;
/// How often the lease of a running job is renewed.
const RENEW: Duration = Duration::from_secs(20);
/// How long an idle worker waits before it looks again by itself: leases run out, retries fall due.
const IDLE: Duration = Duration::from_secs(2);
/// Jobs at once: video encoders use all processors by themselves, so more would only wait.
const WORKERS: usize = 2;

/// Why a job did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error(transparent)]
    Opening(#[from] opening::OpeningError),
    #[error(transparent)]
    Publishing(#[from] publishing::PublishingError),
    #[error("the work ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
}

impl JobError {
    /// A code for the record; says nothing about sources.
    fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Work(_) => "sandbox",
            Self::Opening(_) => "opening",
            Self::Publishing(_) => "publishing",
            Self::Task(_) => "crashed",
        }
    }
}

/// Starts the workers of an open desk.
pub(crate) fn start(open: &Arc<OpenDesk>) {
    for _ in 0..WORKERS {
        open.spawn(worker(open.clone()));
    }
}

async fn worker(open: Arc<OpenDesk>) {
    loop {
        match open.store.claim_job(LEASE, clock::now()).await {
            Ok(Some(job)) => carry_out(&open, &job).await,
            Ok(None) => {
                let _ = tokio::time::timeout(IDLE, open.work_added.notified()).await;
            }
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be claimed");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
}

async fn carry_out(open: &Arc<OpenDesk>, job: &Job) {
    let kind = job.work.kind();
    tracing::debug!(kind, attempt = job.attempt, "job begun");
    let done = tokio::select! {
        done = perform(open, &job.work) => done,
        () = keep_lease(open, job) => return,
    };
    let settled = match &done {
        Ok(()) => open.store.finish_job(job).await.map(|_| ()),
        Err(error) => {
            tracing::warn!(kind, %error, "a job failed; it is tried again");
            open.store.fail_job(job, error.code(), clock::now()).await
        }
    };
    if let Err(error) = settled {
        tracing::warn!(kind, %error, "the end of a job could not be recorded; it is done again");
    }
    // What was done may have queued more.
    open.work_added.notify_waiters();
}

/// Returns when the job is no longer ours.
async fn keep_lease(open: &OpenDesk, job: &Job) {
    loop {
        tokio::time::sleep(RENEW).await;
        match open.store.renew_job(job, LEASE, clock::now()).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "a lease could not be renewed"),
        }
    }
}

async fn perform(open: &Arc<OpenDesk>, work: &Work) -> Result<(), JobError> {
    match work {
        Work::Open { kit, dispatch } => opening::open_dispatch(open, *kit, *dispatch).await,
        Work::OpenPart { kit, dispatch } => opening::open_part(open, *kit, *dispatch).await,
        Work::OpenLoose { kit, dispatch } => loose::open(open, *kit, *dispatch).await,
        Work::Examine { item } => items::examine(open, *item).await,
        Work::Scrub { item } => items::scrub(open, *item).await,
        Work::Publish { publication } => publishing::carry_out(open, *publication).await,
    }
}
