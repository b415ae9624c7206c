//! `fh-desk intake`: a new intake identity, and the end of an old one.

use anyhow::bail;
use formats::SignedBulletin;
use newsroom::Micros;
use newsroom::audit::{Act, Actor};
use newsroom::kits::{IntakeFacts, destroy_intake};
use openers::KeyringFile;
use rand_core::OsRng;
use store::{Spool, Store, StoreError};

use super::{IntakeDestroy, Unlocked, terminal, unlocked};
use crate::config::{DeskConfig, DeskFolder};
use crate::web::text::{Tongue, t};
use crate::{clock, files, opening_store};

/// Makes a new intake identity. New kits are sealed to it at once, the others once a bulletin has told them.
pub(super) fn rotate(args: &Unlocked, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.dir);
    let _alone = alone(&folder, tongue)?;
    let (keyring, shares) = unlocked::shares(args, tongue)?;
    let (changed, epoch) = keyring.rotate_intake(&shares, &mut OsRng)?;
    let keys = changed.unlock_with(&shares)?;
    save(&folder, &changed)?;
    let config = DeskConfig::load(&folder)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = opening_store::open(&folder, &config, &keys).await?;
        let noted = store
            .note(Actor::Custodians, Act::IntakeRotated, clock::now())
            .await;
        store.close().await;
        noted
    })?;
    terminal::say(&t!(tongue, "cli-intake-rotated", epoch = epoch))?;
    Ok(())
}

/// Destroys an intake identity that nothing on its way can need any more.
pub(super) fn destroy(args: &IntakeDestroy, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.desk.dir);
    let _alone = alone(&folder, tongue)?;
    let (keyring, shares) = unlocked::shares(&args.desk, tongue)?;
    let keys = keyring.unlock_with(&shares)?;
    let config = DeskConfig::load(&folder)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(async {
        let store = opening_store::open(&folder, &config, &keys).await?;
        let decided = decide(&store, &keyring, args.epoch).await;
        let done = match decided {
            Ok(()) => {
                // The record says so before it happens: a crash in between leaves a key that is used no longer, and
                // never one that is gone without a trace.
                store
                    .note(Actor::Custodians, Act::IntakeDestroyed, clock::now())
                    .await
            }
            Err(error) => Err(error),
        };
        store.close().await;
        done
    });
    unlocked::explained(outcome, tongue)?;
    save(&folder, &keyring.destroy_intake(&shares, args.epoch)?)?;
    terminal::say(&t!(tongue, "cli-intake-destroyed", epoch = args.epoch))?;
    Ok(())
}

async fn decide(store: &Store, keyring: &KeyringFile, epoch: u32) -> Result<(), StoreError> {
    let usage = store.intake_use(epoch).await?;
    let facts = IntakeFacts {
        epoch,
        current: keyring.intake_epochs().last().copied().unwrap_or(0),
        promised_until: promised_until(store, epoch).await?,
        kits_unsettled: usage.kits_unsettled,
        unopened: usage.unopened,
    };
    Ok(destroy_intake(&facts, clock::now())?)
}

/// The latest date until which any bulletin has promised to keep this identity.
async fn promised_until(store: &Store, epoch: u32) -> Result<Option<Micros>, StoreError> {
    let mut until = None;
    for (_, bytes) in store.bulletins().await? {
        let read = SignedBulletin::decode(&bytes).and_then(|one| one.dangerously_read_unverified());
        // Its signatures were checked before it was published; a date that cannot be read is no date.
        let retired = read.map(|bulletin| bulletin.retired).unwrap_or_default();
        let dated = retired.iter().find(|one| one.epoch == epoch);
        until = until.max(dated.map(|one| Micros(one.until)));
    }
    Ok(until)
}

/// Keys change under nobody's hands: the desk must not be running.
pub(super) fn alone(folder: &DeskFolder, tongue: Tongue) -> anyhow::Result<Spool> {
    match Spool::open(&folder.spool()) {
        Ok(spool) => Ok(spool),
        Err(store::SpoolError::InUse { .. }) => bail!("{}", t!(tongue, "cli-desk-running")),
        Err(error) => Err(error.into()),
    }
}

fn save(folder: &DeskFolder, keyring: &KeyringFile) -> anyhow::Result<()> {
    files::replace_erasing(&folder.keyring(), &keyring.to_json()?)?;
    Ok(())
}
