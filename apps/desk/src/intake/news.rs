//! What the desk sends by itself beside receipts: the last bulletin to every kit that lacks it, and new session tokens
//! to kits that run short of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use formats::{DropUrl, KitId, Reply, SessionToken, SignedBulletin, Supply};
use ledger::Digest;
use newsroom::DropId;
use rand_core::OsRng;
use store::{ReplyKind, StoreError};

use super::receipts::seal_for;
use crate::drops::DropClient;
use crate::open_desk::OpenDesk;
use crate::{clock, kits, tokens};

/// Looks for kits that something is to be sent to, and queues it.
pub(crate) async fn send(
    open: &Arc<OpenDesk>,
    drops: &[(DropId, Arc<DropClient>)],
) -> Result<(), StoreError> {
    if drops.is_empty() {
        // A pair must not be spent on what nobody carries.
        return Ok(());
    }
    send_bulletin(open).await?;
    for kit in open.store.kits_short_of_sessions(clock::now()).await? {
        supply(open, kit, drops).await?;
    }
    Ok(())
}

async fn send_bulletin(open: &Arc<OpenDesk>) -> Result<(), StoreError> {
    let Some((number, bytes)) = open.store.bulletins().await?.pop() else {
        return Ok(());
    };
    let Ok(bulletin) = SignedBulletin::decode(&bytes) else {
        tracing::error!("the last bulletin in the record cannot be read");
        return Ok(());
    };
    let reply = Reply::from(bulletin);
    for kit in open.store.kits_without_bulletin(number).await? {
        if queue(open, kit, ReplyKind::Bulletin, &reply).await? {
            open.store.bulletin_sent(kit, number).await?;
        }
    }
    Ok(())
}

/// Makes new tokens, has the drops know their hashes, and only then sends them: those of the drops that answered. A kit
/// need not run out because one of its drops is down. While none answers the same tokens wait: making others in
/// each round would fill the record, and the drops when they are back.
async fn supply(
    open: &Arc<OpenDesk>,
    kit: KitId,
    drops: &[(DropId, Arc<DropClient>)],
) -> Result<(), StoreError> {
    if open.store.answerable(kit, clock::now()).await?.is_none() {
        return Ok(());
    }
    let waiting = lock(&open.supplies).remove(&kit);
    let made = match waiting {
        Some(made) => made,
        None => make(open, kit, drops).await?,
    };
    let (mut known, mut waits) = (Supply { drops: Vec::new() }, Supply { drops: Vec::new() });
    for (url, tokens) in made.drops {
        let answers = match drops
            .iter()
            .find(|(_, client)| client.url() == url.as_str())
        {
            Some((id, client)) => tokens::register(&open.store, *id, client.clone()).await,
            // It was taken out of the list meanwhile.
            None => continue,
        };
        let to = if answers.is_ok() {
            &mut known
        } else {
            &mut waits
        };
        to.drops.push((url, tokens));
    }
    if known.drops.is_empty() {
        tracing::debug!("a supply waits for a drop");
        lock(&open.supplies).insert(kit, waits);
        return Ok(());
    }
    // Tokens for a drop that did not answer are never used; others are made with the next supply.
    if queue(open, kit, ReplyKind::Supply, &Reply::from(known)).await? {
        open.store.kit_supplied(kit, clock::now()).await?;
    }
    Ok(())
}

/// New tokens of a kit for every drop, their hashes in the record.
async fn make(
    open: &Arc<OpenDesk>,
    kit: KitId,
    drops: &[(DropId, Arc<DropClient>)],
) -> Result<Supply, StoreError> {
    let mut supply = Supply { drops: Vec::new() };
    let mut hashes: Vec<(DropId, Digest)> = Vec::new();
    let each = kits::TOKENS_PER_DROP.min(formats::supply::TOKENS_MAX / drops.len().max(1));
    for (id, client) in drops {
        let Ok(url) = client.url().parse::<DropUrl>() else {
            continue;
        };
        let fresh: Vec<SessionToken> = (0..each).map(|_| kits::token(&mut OsRng)).collect();
        hashes.extend(fresh.iter().map(|token| (*id, kits::hash_of(token))));
        supply.drops.push((url, fresh));
    }
    open.store.add_session_tokens(kit, &hashes).await?;
    Ok(supply)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Seals a reply for a kit and queues it; `false` when the kit has brought no way to answer it.
async fn queue(
    open: &Arc<OpenDesk>,
    kit: KitId,
    kind: ReplyKind,
    reply: &Reply,
) -> Result<bool, StoreError> {
    let now = clock::now();
    let Some(about) = open.store.answerable(kit, now).await? else {
        return Ok(false);
    };
    let Some(pair) = open.store.next_reply_pair(&about, now).await? else {
        return Ok(false);
    };
    let cells = seal_for(&open.store.drops().await?, reply, &pair.keys);
    open.store
        .queue_reply(&about, kind, &pair.pair, &cells, now)
        .await?;
    open.receipt_added.notify_one();
    Ok(true)
}
