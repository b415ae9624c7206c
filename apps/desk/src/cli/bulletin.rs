//! `fh-desk custodian pin` and `fh-desk bulletin`: whose signatures kits believe, and what is signed.
//!
//! Signing needs no desk: a custodian takes the draft to a machine of their own, reads what it says, signs, and brings
//! the file back. Nobody's signing key is ever on the desk.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use formats::bulletin::KEPT_AT_LEAST;
use formats::{Bulletin, Custodian, DropUrl, NewDrop, Pinned, Retired, SignedBulletin};
use keys::CustodianVerifyingKey;
use newsroom::time::DAY;

use super::{
    BulletinDraft, BulletinPublish, BulletinSign, CustodianPin, signing, terminal, unlocked,
};
use crate::config::{DeskConfig, DeskFolder, DropEntry, Signer, Signers};
use crate::open_desk::current_recipient;
use crate::web::text::{Tongue, t};
use crate::{clock, files, opening_store};

/// Names the custodians whose signatures kits believe, for the first time. Later sets are named by bulletins alone.
pub(super) fn pin(args: &CustodianPin, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.dir);
    let mut config = DeskConfig::load(&folder)?;
    if config.signers.is_some() {
        bail!("{}", t!(tongue, "cli-signers-pinned"));
    }
    config.signers = Some(Signers {
        list: args.signers.clone(),
        threshold: args.threshold,
        leaving: Vec::new(),
    });
    // Whatever no kit or bulletin could carry is refused here.
    let probe = config.signers()?;
    if probe.is_empty() || usize::from(args.threshold) > probe.len() || args.threshold == 0 {
        bail!("{}", t!(tongue, "cli-signers-threshold"));
    }
    config.save(&folder)?;
    let count = probe.len();
    terminal::say(&t!(
        tongue,
        "cli-signers-done",
        count = count,
        threshold = args.threshold
    ))?;
    Ok(())
}

/// Draws a bulletin up from what the newsroom is now and what it is to be.
pub(super) fn draft(args: &BulletinDraft, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.desk.dir);
    let config = DeskConfig::load(&folder)?;
    let (keyring, shares) = unlocked::shares(&args.desk, tongue)?;
    let keys = keyring.unlock_with(&shares)?;
    let (intake_epoch, intake) =
        current_recipient(&keys).context("the keyring holds no intake identity")?;
    let last = last_number(&folder, &config, &keys)?;
    let now = clock::now();
    let until = now.plus(KEPT_AT_LEAST).0;
    let retired = keyring.intake_epochs();
    let retired = retired.into_iter().filter(|epoch| *epoch < intake_epoch);
    let (custodians, threshold) = next_signers(args, &config, tongue)?;
    let url = |text: &String| -> anyhow::Result<DropUrl> {
        text.trim_end_matches('/')
            .parse()
            .with_context(|| text.clone())
    };
    let added = args
        .add_drops
        .iter()
        .map(|text| new_drop(&config, url(text)?));
    let bulletin = Bulletin {
        newsroom: config.organisation.clone(),
        number: last + 1,
        issued_at: now.0,
        valid_until: now.plus(i64::from(args.days) * DAY).0,
        intake,
        intake_epoch,
        retired: retired.map(|epoch| Retired { epoch, until }).collect(),
        drops_add: added.collect::<anyhow::Result<_>>()?,
        drops_remove: args
            .remove_drops
            .iter()
            .map(url)
            .collect::<Result<_, _>>()?,
        custodians,
        threshold,
    };
    let draft = bulletin.draft()?;
    files::create_new(&args.out, &draft.encode())
        .with_context(|| terminal::cannot_write(tongue, &args.out))?;
    show(&draft, tongue)
}

/// A drop as kits learn of it: the desk has to know it, or nobody would read it.
fn new_drop(config: &DeskConfig, url: DropUrl) -> anyhow::Result<NewDrop> {
    let known: Option<&DropEntry> = config.drops.iter().find(|drop| drop.url == url);
    let known = known.with_context(|| format!("{url}: fh-desk drop add"))?;
    let log_key = known.log_key.as_deref().map(str::parse).transpose()?;
    Ok(NewDrop { url, log_key })
}

/// Who signs the next bulletin: the set that is pinned now, unless another is named.
fn next_signers(
    args: &BulletinDraft,
    config: &DeskConfig,
    tongue: Tongue,
) -> anyhow::Result<(Vec<Custodian>, u8)> {
    let now = config
        .signers
        .as_ref()
        .with_context(|| t!(tongue, "cli-signers-none"))?;
    if args.signers.is_empty() {
        return Ok((config.signers()?, args.threshold.unwrap_or(now.threshold)));
    }
    let named = args.signers.iter().map(Signer::custodian);
    Ok((
        named.collect::<Result<_, _>>()?,
        args.threshold.unwrap_or(now.threshold),
    ))
}

fn last_number(
    folder: &DeskFolder,
    config: &DeskConfig,
    keys: &openers::OpenKeyring,
) -> anyhow::Result<u32> {
    let runtime = tokio::runtime::Runtime::new()?;
    let bulletins = runtime.block_on(async {
        let store = opening_store::open(folder, config, keys).await?;
        let bulletins = store.bulletins().await;
        store.close().await;
        bulletins
    })?;
    Ok(bulletins.last().map_or(0, |(number, _)| *number))
}

/// Signs a draft with a custodian's own key, in place. Shows first what is being signed.
pub(super) fn sign(args: &BulletinSign, tongue: Tongue) -> anyhow::Result<()> {
    let draft = read(&args.file, tongue)?;
    show(&draft, tongue)?;
    let found = signing::read(&args.key, args.passphrase_file.as_deref(), tongue)?;
    files::replace(&args.file, &draft.signed_by(&found.key).encode())
        .with_context(|| terminal::cannot_write(tongue, &args.file))?;
    terminal::say(&t!(tongue, "cli-bulletin-signed"))?;
    if found.bare {
        terminal::complain(&t!(tongue, "cli-custodian-bare"));
    }
    Ok(())
}

/// Brings the signatures together, checks them as a kit would, and hands the bulletin to the desk for every kit.
pub(super) fn publish(args: &BulletinPublish, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.desk.dir);
    let mut config = DeskConfig::load(&folder)?;
    let mut signed: Option<SignedBulletin> = None;
    for path in &args.files {
        let one = read(path, tongue)?;
        signed = Some(match signed {
            None => one,
            Some(all) => all
                .merged(&one)
                .with_context(|| t!(tongue, "cli-bulletin-differs"))?,
        });
    }
    let signed = signed.with_context(|| t!(tongue, "cli-bulletin-differs"))?;
    let keys = unlocked::keys(&args.desk, tongue)?;
    let custodians = config.signers()?;
    let now = clock::now();
    let pinned = Pinned {
        newsroom: &config.organisation,
        custodians: &custodians,
        threshold: config.signers.as_ref().map_or(0, |one| one.threshold),
        number: last_number(&folder, &config, &keys)?,
        intake_epoch: 0,
    };
    let bulletin = signed.verify(&pinned, now.0)?;
    if current_recipient(&keys).map(|(_, now)| now.to_string()) != Some(bulletin.intake.to_string())
    {
        bail!("{}", t!(tongue, "cli-bulletin-intake"));
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(async {
        let store = opening_store::open(&folder, &config, &keys).await?;
        let published = store
            .publish_bulletin(bulletin.number, &signed.encode(), now)
            .await;
        store.close().await;
        published
    });
    unlocked::explained(outcome, tongue)?;
    config.signers = Some(Signers::of(&bulletin.custodians, bulletin.threshold));
    config.save(&folder)?;
    if let Some(out) = &args.out {
        files::create_new(out, &signed.encode())
            .with_context(|| terminal::cannot_write(tongue, out))?;
    }
    terminal::say(&t!(
        tongue,
        "cli-bulletin-published",
        number = bulletin.number
    ))?;
    Ok(())
}

fn read(path: &Path, tongue: Tongue) -> anyhow::Result<SignedBulletin> {
    let bytes = fs::read(path).with_context(|| terminal::cannot_read(tongue, path))?;
    Ok(SignedBulletin::decode(&bytes)?)
}

/// What a draft says, for the custodian who is about to answer for it.
fn show(draft: &SignedBulletin, tongue: Tongue) -> anyhow::Result<()> {
    let says = draft.dangerously_read_unverified()?;
    let list = |urls: Vec<String>| urls.join(" ");
    let names = says.custodians.iter().map(|one| {
        let key: &CustodianVerifyingKey = &one.key;
        format!("{} ({})", one.name, &hex::encode(key.as_bytes())[..16])
    });
    terminal::say(&t!(
        tongue,
        "cli-bulletin-says",
        newsroom = says.newsroom.as_str(),
        number = says.number,
        epoch = says.intake_epoch,
        until = newsroom::Micros(says.valid_until).rfc3339(),
        added = list(
            says.drops_add
                .iter()
                .map(|one| one.url.to_string())
                .collect()
        ),
        removed = list(says.drops_remove.iter().map(ToString::to_string).collect()),
        threshold = says.threshold,
        custodians = list(names.collect()),
        fingerprint = draft.fingerprint()
    ))?;
    Ok(())
}
