//! Blobs that a kill left between a file and its record: set aside when the desk is unlocked, and nightly.
//!
//! A blob is written and synced first and named by the record after that, within minutes. So one that nothing names a day
//! later is an orphan. Clocks jump; while the desk works, a blob goes only if it was an orphan at the last look too.
//! Nothing is removed: a record that was restored from an older copy does not name what came since, and that is evidence.
//! A person who knows better empties the folder `orphans`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use newsroom::time::DAY;
use newsroom::{BlobId, Micros};
use store::StoreError;

use crate::archive::{Archive, ArchiveError};
use crate::clock;
use crate::open_desk::OpenDesk;

/// Between two looks.
const AGAIN: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("sweeping ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
}

/// Sweeps once before anything else works, and nightly from then on.
pub(crate) async fn start(open: &Arc<OpenDesk>) {
    let orphans = found(open, clock::now()).await;
    let swept = match orphans {
        Ok(orphans) => sweep(open, orphans).await,
        Err(error) => Err(error),
    };
    if let Err(error) = swept {
        tracing::warn!(%error, "what a crash left behind could not be set aside yet");
    }
    open.spawn(nightly(open.clone()));
}

async fn nightly(open: Arc<OpenDesk>) {
    let mut suspected = HashSet::new();
    loop {
        tokio::time::sleep(AGAIN).await;
        match again(&open, &suspected).await {
            Ok(orphans) => suspected = orphans,
            Err(error) => {
                tracing::warn!(%error, "what a crash left behind could not be set aside yet");
            }
        }
    }
}

/// Sets aside what was an orphan at the last look, too; gives all that are orphans now.
async fn again(
    open: &Arc<OpenDesk>,
    suspected: &HashSet<BlobId>,
) -> Result<HashSet<BlobId>, SweepError> {
    let (old, rest) = found(open, clock::now())
        .await?
        .into_iter()
        .partition(|id| suspected.contains(id));
    sweep(open, old).await?;
    Ok(rest)
}

/// Blobs that are old enough, and that nothing names. The names are read after the files, so that a new one is not missed.
async fn found(open: &Arc<OpenDesk>, now: Micros) -> Result<HashSet<BlobId>, SweepError> {
    let archive = open.archive.clone();
    let listing = move || archive.written_before(now.plus(-DAY));
    let old = tokio::task::spawn_blocking(listing).await??;
    let named = open.store.named_blobs().await?;
    Ok(old.into_iter().filter(|id| !named.contains(id)).collect())
}

async fn sweep(open: &Arc<OpenDesk>, orphans: HashSet<BlobId>) -> Result<(), SweepError> {
    if orphans.is_empty() {
        return Ok(());
    }
    let count = orphans.len() as u64;
    let archive: Arc<Archive> = open.archive.clone();
    let moving = move || orphans.into_iter().try_for_each(|id| archive.set_aside(id));
    tokio::task::spawn_blocking(moving).await??;
    Ok(open.store.blobs_swept(count, clock::now()).await?)
}
