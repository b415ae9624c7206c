//! Reach: counts that were read from servers' logs are taken into the record, and platforms are asked what they count.

mod asking;
mod reading;
mod shelf;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use store::{ReachCount, StoreError};

use crate::open_desk::OpenDesk;

pub(crate) use reading::{Countries, Reading};
pub(crate) use shelf::Shelf;

/// Microseconds of a day, by which days are counted since 1970.
pub(crate) const DAY: i64 = newsroom::time::DAY;
/// Between two looks at what waits.
const AGAIN: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
enum TakingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the counts that wait cannot be read: {0}")]
    Shelf(#[from] io::Error),
    #[error("taking counts in ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
}

/// Starts both on an open desk.
pub(crate) fn start(open: &Arc<OpenDesk>) {
    open.spawn(taking(open.clone()));
    open.spawn(asking::asking(open.clone()));
}

async fn taking(open: Arc<OpenDesk>) {
    loop {
        if let Err(error) = take(&open).await {
            tracing::warn!(%error, "counts of readers could not be taken in yet");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Takes in what waits. A crash after the record and before the shelf is no harm: a batch counts once.
async fn take(open: &OpenDesk) -> Result<(), TakingError> {
    let shelf = Shelf::of(&open.around.folder);
    let looking = shelf.clone();
    let waiting = tokio::task::spawn_blocking(move || looking.waiting()).await??;
    for batch in waiting {
        let counts: Vec<ReachCount> = batch.counts.iter().map(count_from).collect();
        open.store.add_reach(batch.id, &counts).await?;
        let shelf = shelf.clone();
        tokio::task::spawn_blocking(move || shelf.taken(batch.id)).await??;
    }
    Ok(())
}

fn count_from((cell, requests): &(publish::reach::Cell, u64)) -> ReachCount {
    ReachCount {
        day: cell.day,
        page: cell.page.clone(),
        country: cell.country.clone(),
        requests: *requests,
    }
}
