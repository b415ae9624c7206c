//! Receipts: what is durably stored, told to the field once per reply pair, by every drop's mailbox.
//!
//! A receipt names exactly the digests that are in the record at that moment. It is sealed for each
//! drop anew, so that drops cannot compare, and waits in the outbox until each has taken it.

use std::sync::Arc;
use std::time::Duration;

use formats::{ReceiptKind, Reply, seal_reply};
use keys::ReplyPair;
use newsroom::DropId;
use newsroom::arrival::{DispatchKey, DispatchState};
use rand_core::OsRng;
use store::{DropRecord, PutDue, ReplyKind, SealedReply, StoreError};

use super::{manifest, questions};
use crate::clock;
use crate::config::DeskConfig;
use crate::desk::EventKind;
use crate::drops::DropClient;
use crate::open_desk::OpenDesk;
use crate::tokens;

/// Time between two looks at the outbox.
const ROUND: Duration = Duration::from_secs(2);
/// Receipts put in one go.
const AT_ONCE: u32 = 32;
/// Dispatches looked at for a `have`.
const RECENT: u32 = 200;
/// A dispatch that got no cell for so long is told what has arrived, in microseconds.
const QUIET: i64 = 20 * 1_000_000;
/// Reply pairs that are left for `complete`: `have` never takes the last ones.
const HAVES: usize = 5;

type Drops = Vec<(DropId, Arc<DropClient>)>;

/// Fills mailboxes and registers tokens for as long as the desk is open.
pub(crate) async fn delivering(open: Arc<OpenDesk>) {
    loop {
        if let Err(error) = round(&open).await {
            tracing::warn!(%error, "receipts could not be delivered; the desk keeps trying");
        }
        let _ = tokio::time::timeout(ROUND, open.receipt_added.notified()).await;
    }
}

async fn round(open: &Arc<OpenDesk>) -> Result<(), StoreError> {
    let drops = drops(open).await?;
    for (id, client) in &drops {
        if let Err(error) = tokens::register(&open.store, *id, client.clone()).await {
            tracing::debug!(%error, "tokens wait to be registered");
        }
        if let Err(error) = tokens::revoke(&open.store, *id, client.clone()).await {
            tracing::debug!(%error, "tokens wait to be revoked");
        }
    }
    questions::answer(open, &drops).await?;
    tell_quiet_ones(open).await?;
    if !drops.is_empty() {
        super::choices::tell(open).await?;
    }
    super::news::send(open, &drops).await?;
    for due in open.store.puts_due(AT_ONCE, clock::now()).await? {
        put(open, &drops, due).await?;
    }
    Ok(())
}

async fn drops(open: &OpenDesk) -> Result<Drops, StoreError> {
    match DeskConfig::load(&open.around.folder) {
        Ok(config) => tokens::known_drops(&open.store, config.drops).await,
        Err(error) => {
            tracing::warn!(%error, "the list of drops cannot be read");
            Ok(Vec::new())
        }
    }
}

async fn put(open: &OpenDesk, drops: &Drops, due: PutDue) -> Result<(), StoreError> {
    let Some((_, client)) = drops.iter().find(|(id, _)| *id == due.to.drop) else {
        // A drop that is no longer configured; it may come back.
        return open.store.put_failed(&due, clock::now()).await;
    };
    let (client, mailbox, cell) = (
        client.clone(),
        wire::MailboxAddress::from_bytes(due.to.mailbox.0),
        due.to.cell.clone(),
    );
    let sent =
        tokio::task::spawn_blocking(move || client.put_mailbox(&mailbox, cell.as_bytes())).await;
    match sent {
        Ok(Ok(())) => {
            open.store
                .put_done(due.receipt, due.to.drop, clock::now())
                .await?;
            // A source's page that is open says that the message is in the mailbox.
            open.tell(EventKind::Dispatch, "");
            Ok(())
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "a receipt waits");
            open.store.put_failed(&due, clock::now()).await
        }
        Err(_) => open.store.put_failed(&due, clock::now()).await,
    }
}

/// Tells a reporter whose sending broke off what has arrived so far.
async fn tell_quiet_ones(open: &Arc<OpenDesk>) -> Result<(), StoreError> {
    let now = clock::now();
    for dispatch in open.store.dispatches(RECENT).await? {
        let quiet = now.0.saturating_sub(dispatch.last_seen.0) >= QUIET;
        if dispatch.state != DispatchState::Arriving || dispatch.progress.complete < 2 || !quiet {
            continue;
        }
        let told = open.told(&dispatch.key, dispatch.progress.complete);
        let haves = open.store.receipts_of(&dispatch.key).await?.len();
        if !told && haves < HAVES {
            seal(open, &dispatch.key, ReceiptKind::Have).await?;
        }
    }
    Ok(())
}

/// Seals receipts for all that is stored of a dispatch, and queues them. `Complete` is said once.
pub(crate) async fn seal(
    open: &Arc<OpenDesk>,
    about: &DispatchKey,
    kind: ReceiptKind,
) -> Result<(), StoreError> {
    let said = open.store.receipts_of(about).await?;
    if said.iter().any(|(_, said)| *said == ReceiptKind::Complete) {
        return Ok(());
    }
    let drops = open.store.drops().await?;
    if drops.is_empty() {
        // A pair must not be spent on a receipt that nobody carries.
        return Ok(());
    }
    let pieces = open.store.dispatch_pieces(about).await?;
    for receipt in manifest::receipts(about.dispatch, kind, &pieces) {
        let Some(pair) = open.store.next_reply_pair(about, clock::now()).await? else {
            tracing::debug!("a dispatch brought no way to answer it");
            return Ok(());
        };
        let kind = receipt.kind;
        let reply = Reply::from(receipt);
        let cells = seal_for(&drops, &reply, &pair.keys);
        open.store
            .queue_reply(
                about,
                ReplyKind::Receipt(kind),
                &pair.pair,
                &cells,
                clock::now(),
            )
            .await?;
    }
    open.receipt_added.notify_one();
    Ok(())
}

/// Seals a reply for every drop's mailbox, each time anew.
pub(crate) fn seal_for(drops: &[DropRecord], reply: &Reply, pair: &ReplyPair) -> Vec<SealedReply> {
    let mut cells = Vec::with_capacity(drops.len());
    for drop in drops {
        match seal_reply(reply, pair, &mut OsRng) {
            Ok((mailbox, cell)) => cells.push(SealedReply {
                drop: drop.id,
                mailbox,
                cell,
            }),
            Err(error) => tracing::error!(%error, "a reply cannot be sealed"),
        }
    }
    cells
}
