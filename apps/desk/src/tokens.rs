//! Telling the drops about session tokens: those that they do not know yet, and those that are taken back.

use std::sync::Arc;

use newsroom::DropId;
use rand_core::OsRng;
use store::{Store, StoreError};

use crate::clock;
use crate::config::DropEntry;
use crate::drops::{DropClient, DropError};
use crate::kits;

/// Tokens registered in one request; with fillers it stays within the protocol's limit.
const AT_ONCE: u32 = 3_584;

/// Why tokens could not be registered; they wait and are tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error(transparent)]
    Drop(#[from] DropError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("registering tokens ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
}

/// Registers every waiting token of one drop.
pub(crate) async fn register(
    store: &Store,
    drop: DropId,
    client: Arc<DropClient>,
) -> Result<(), TokenError> {
    loop {
        let waiting = store.tokens_to_register(drop, AT_ONCE).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let batch = kits::batch(&waiting, &mut OsRng);
        let sending = client.clone();
        tokio::task::spawn_blocking(move || sending.register_tokens(batch)).await??;
        store
            .tokens_registered(drop, &waiting, clock::now())
            .await?;
    }
}

/// Has every token that a capture revoked taken back at one drop, among hashes of nothing.
pub(crate) async fn revoke(
    store: &Store,
    drop: DropId,
    client: Arc<DropClient>,
) -> Result<(), TokenError> {
    loop {
        let waiting = store.tokens_to_revoke(drop, AT_ONCE).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let batch = kits::batch(&waiting, &mut OsRng);
        let sending = client.clone();
        tokio::task::spawn_blocking(move || sending.revoke_tokens(batch)).await??;
        store.tokens_revoked(drop, &waiting, clock::now()).await?;
    }
}

/// Enters the configured drops into the record, and gives each with its id there.
pub(crate) async fn known_drops(
    store: &Store,
    configured: Vec<DropEntry>,
) -> Result<Vec<(DropId, Arc<DropClient>)>, StoreError> {
    let mut known = Vec::with_capacity(configured.len());
    for entry in configured {
        let token = newsroom::Private::new(entry.token.expose());
        let id = store
            .add_drop(entry.url.as_str(), &token, clock::now())
            .await?;
        known.push((id, Arc::new(DropClient::new(entry))));
    }
    Ok(known)
}
