//! Sends out what waits for its moment while the desk is open.

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;

use crate::desk::EventKind;
use crate::open_desk::OpenDesk;

/// How often is looked whether a moment has come: a quarter of the two seconds within which a story has to be out.
const LOOK: Duration = Duration::from_millis(500);

/// Starts looking on an open desk.
pub(crate) fn start(open: &Arc<OpenDesk>) {
    open.spawn(watching(open.clone()));
}

async fn watching(open: Arc<OpenDesk>) {
    loop {
        if let Err(error) = look(&open).await {
            tracing::warn!(%error, "what is scheduled could not be looked up");
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn look(open: &Arc<OpenDesk>) -> Result<(), StoreError> {
    let now = open.steady.now();
    if open.store.next_moment().await?.is_none_or(|at| at > now) {
        return Ok(());
    }
    for came in open.store.publish_due(now).await? {
        match came.sent {
            Ok(_) => tracing::info!("a scheduled story goes out"),
            Err(refusal) => {
                tracing::warn!(code = refusal.code(), "a scheduled story was refused");
            }
        }
        open.work_added.notify_waiters();
        open.tell(EventKind::Story, came.story);
    }
    Ok(())
}
