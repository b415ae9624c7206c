//! Entering what drops did wrong in the audit chain, as soon as the desk is open and each once.

use std::sync::Arc;
use std::time::Duration;

use newsroom::DropId;
use store::StoreError;

use crate::clock;
use crate::open_desk::OpenDesk;

/// How often new alarms are looked for.
const AGAIN: Duration = Duration::from_secs(10);

/// Starts entering on an open desk.
pub(crate) fn start(open: &Arc<OpenDesk>) {
    open.spawn(entering(open.clone()));
}

async fn entering(open: Arc<OpenDesk>) {
    loop {
        if let Err(error) = enter(&open).await {
            tracing::warn!(%error, "what a drop did could not be entered in the record yet");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// A crash between the entry and its mark enters it twice, which is better than never.
async fn enter(open: &OpenDesk) -> Result<(), StoreError> {
    for record in open.store.drops().await? {
        let url = record.url.expose();
        let Ok(alarms) = open.around.watch.unlogged(url) else {
            continue;
        };
        for alarm in &alarms {
            note(open, record.id, &alarm.what, alarm.cells).await?;
        }
        if !alarms.is_empty() && open.around.watch.logged(url, &alarms).is_err() {
            tracing::warn!(
                "alarms that are entered could not be marked so; they will be entered again"
            );
        }
    }
    Ok(())
}

async fn note(open: &OpenDesk, drop: DropId, what: &str, cells: u64) -> Result<(), StoreError> {
    open.store
        .drop_misbehaved(drop, what, cells, clock::now())
        .await
}
