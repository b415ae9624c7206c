//! Intake: from cells in the spool to items in the inbox, and back to the field with receipts.

mod cards;
mod choices;
mod contact;
mod gather;
mod item_reader;
mod joining;
mod lookout;
pub(crate) mod loose;
pub(crate) mod manifest;
mod news;
mod noise;
pub(crate) mod opening;
pub(crate) mod questions;
pub(crate) mod receipts;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use formats::{EPOCHS_AHEAD, PieceKey, epoch_at};
use keys::ChainKey;
use newsroom::Micros;
use store::{KitRecord, SpoolError, StoreError};

use crate::archive::ArchiveError;
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;
pub(crate) use cards::{CardsNow, EarlySieve};
pub(crate) use lookout::Lookout;
use lookout::{KitChain, Reach};

/// Cells looked at in one go. A card's cells are mixed over all pieces, and the record enters those of one piece together: the
/// longer the stretch, the less it costs.
const STRETCH: u64 = 1_024;
/// Cells that are nobody's after which a stretch ends early: each of them was tried with all keys.
const NOISE: u64 = 128;
/// Pieces taken up again after a restart in one go.
const RESUMED: u32 = 64;
/// Cells that nothing needs and that still lie in the spool, behind some that are needed: 2 GiB.
const NOISE_KEPT: u64 = 32_768;
/// How long an idle intake waits before it looks again by itself.
const IDLE: Duration = Duration::from_secs(20);
/// How long it waits after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Why intake stopped for a while. Nothing is lost: it goes on from the record.
#[derive(Debug, thiserror::Error)]
enum IntakeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the spool cannot be read: {0}")]
    Spool(#[from] SpoolError),
    #[error("the archive cannot be written: {0}")]
    Archive(#[from] ArchiveError),
    #[error("intake ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
}

/// Starts intake on an open desk.
pub(crate) fn start(open: &Arc<OpenDesk>) {
    open.spawn(gathering(Intake::new(open.clone())));
    open.spawn(receipts::delivering(open.clone()));
    open.spawn(cards::reading(open.clone()));
}

async fn gathering(mut intake: Intake) {
    loop {
        match intake.round().await {
            Ok(true) => {}
            Ok(false) => {
                let arrived = intake.open.around.arrived.clone();
                let _ = tokio::time::timeout(IDLE, arrived.notified()).await;
            }
            Err(error) => {
                tracing::warn!(%error, "intake failed; it goes on in a moment");
                // Pieces that were ready may not have been tried.
                intake.resumed = false;
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

struct Intake {
    open: Arc<OpenDesk>,
    /// How far the lookout reaches.
    watched: Vec<Reach>,
    /// Words that a kit may be asked for with.
    awaited: Arc<Vec<questions::Awaited>>,
    resumed: bool,
}

impl Intake {
    fn new(open: Arc<OpenDesk>) -> Self {
        Self {
            open,
            watched: Vec::new(),
            awaited: Arc::default(),
            resumed: false,
        }
    }

    /// One stretch of the spool; `false` when there is nothing new.
    async fn round(&mut self) -> Result<bool, IntakeError> {
        self.watch_kits().await?;
        if !self.resumed {
            self.resume().await?;
        }
        let from = self.open.store.spool_cursor().await?;
        let spool = self.open.around.spool.clone();
        let (lookout, awaited) = (self.open.lookout.clone(), self.awaited.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let mut lookout = lookout.lock().unwrap_or_else(PoisonError::into_inner);
            gather::look(&spool, &mut lookout, &awaited, from, STRETCH, NOISE)
        });
        let looked = looked.await??;
        if looked.next <= from {
            self.tidy().await?;
            return Ok(false);
        }
        let (ours, next) = (looked.ours, looked.next);
        self.open.around.watch.nobodys(&looked.nobodys, next);
        for asked in &looked.asked {
            questions::enter(&self.open, asked).await?;
        }
        tracing::debug!(ours = ours.len(), of = next.0 - from.0, "cells looked at");
        let spool = &self.open.around.spool;
        let twins = |one, other| spool.twins(one, other);
        let recorded = self
            .open
            .store
            .record_cells(&ours, next, &twins, clock::now())
            .await?;
        self.try_pieces(recorded.ready.iter().map(|piece| piece.key).collect())
            .await?;
        for key in recorded.touched {
            self.open.tell(EventKind::Dispatch, key.dispatch);
        }
        Ok(true)
    }

    /// Pieces that could have been assembled before the desk was closed or killed.
    async fn resume(&mut self) -> Result<(), IntakeError> {
        loop {
            let ready = self.open.store.ready_pieces(RESUMED).await?;
            if ready.is_empty() {
                self.resumed = true;
                return Ok(());
            }
            let keys = ready.iter().map(|piece| piece.key).collect();
            self.try_pieces(keys).await?;
        }
    }

    /// Watches for the cells of every kit; kits can be issued while the desk is open.
    async fn watch_kits(&mut self) -> Result<(), IntakeError> {
        let kits = self.open.store.kits().await?;
        let now = clock::now();
        let chains: Vec<KitChain> = kits.iter().flat_map(|kit| chains_of(kit, now)).collect();
        let watched: Vec<Reach> = chains.iter().map(|one| one.reach).collect();
        if watched != self.watched {
            let lookout = Lookout::new(chains);
            *self
                .open
                .lookout
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = lookout;
            self.watched = watched;
        }
        let offers = self.open.store.open_offers(now).await?;
        self.awaited = Arc::new(offers.into_iter().map(Into::into).collect());
        Ok(())
    }

    async fn try_pieces(&self, keys: Vec<PieceKey>) -> Result<(), IntakeError> {
        joining::join(&self.open, keys).await
    }

    /// Removes what nobody needs: keys of epochs in which nothing is on its way, and cells of the spool.
    async fn tidy(&self) -> Result<(), IntakeError> {
        self.open.store.close_epochs(clock::now()).await?;
        let needed = self.open.store.spool_needed_from().await?;
        let spool = self.open.around.spool.clone();
        if needed > spool.begin() {
            tokio::task::spawn_blocking(move || spool.remove_before(needed)).await??;
        }
        let (store, spool) = (&self.open.store, &self.open.around.spool);
        noise::make_room(store, spool, &self.open.lookout, NOISE_KEPT).await
    }
}

/// All chains of a kit: its own, and those that its fields have made.
fn chains_of(kit: &KitRecord, now: Micros) -> Vec<KitChain> {
    let chain = |reach: Reach, key: &ChainKey| KitChain {
        reach,
        key: ChainKey::from_bytes(*key.expose_bytes()),
    };
    let own = Reach {
        kit: kit.id,
        chain: 0,
        oldest: kit.epoch,
        newest: kit.confirmed.saturating_add(EPOCHS_AHEAD),
        likely: kit.confirmed,
        rarely: false,
        captured_from: kit.captured_from,
    };
    let own = match kit.first_chain {
        // A vault that is answered goes over to a chain of its own: under the first one none comes further.
        true => Reach {
            newest: EPOCHS_AHEAD,
            likely: epoch_at(kit.issued_at.0, now.0).min(EPOCHS_AHEAD),
            rarely: kit.fresh.iter().any(|one| one.seen.is_some()),
            ..own
        },
        false => own,
    };
    let fresh = kit.fresh.iter().map(|one| {
        let reach = Reach {
            chain: one.ordinal,
            oldest: one.epoch,
            newest: one.newest.saturating_add(EPOCHS_AHEAD),
            likely: one.newest,
            rarely: false,
            ..own
        };
        chain(reach, &one.key)
    });
    std::iter::once(chain(own, &kit.chain_key))
        .chain(fresh)
        .collect()
}
