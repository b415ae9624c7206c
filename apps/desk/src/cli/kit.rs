//! `fh-desk kit new`.

use std::fs;

use anyhow::{Context, bail};
use newsroom::Private;
use openers::{KeyringFile, OpenKeyring};
use rand_core::OsRng;
use store::{NewKit, Store};

use super::people;
use super::{KitNew, terminal};
use crate::config::{DeskConfig, DeskFolder};
use crate::kits::{self, KitFacts};
use crate::open_desk::current_recipient;
use crate::{clock, files, opening_store, tokens};

/// Makes a kit on the word of k custodians.
pub(super) fn new(args: &KitNew) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.dir);
    let config = DeskConfig::load(&folder)?;
    if config.drops.is_empty() {
        bail!("the newsroom has no drop yet; add one with `fh-desk drop add`");
    }
    if args.out.exists() {
        bail!(
            "{} exists; a kit never overwrites a file",
            args.out.display()
        );
    }
    let keys = unlock(&folder, args)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = opening_store::open(&folder, &config, &keys).await?;
        let issued = issue(&store, &config, &keys, args).await;
        store.close().await;
        issued
    })?;
    terminal::say(&format!(
        "The kit is in {}. Hand it over in person and delete the file; whoever holds it can send in her name.",
        args.out.display()
    ))?;
    Ok(())
}

fn unlock(folder: &DeskFolder, args: &KitNew) -> anyhow::Result<OpenKeyring> {
    let path = folder.keyring();
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let keyring = KeyringFile::from_json(&bytes)?;
    let custodians: Vec<String> = keyring.custodians().map(str::to_owned).collect();
    let threshold = usize::from(keyring.threshold());
    let gathered = people::gather_passphrases(&args.passphrases, &custodians, threshold)?;
    let mut shares = Vec::with_capacity(gathered.len());
    for (name, passphrase) in &gathered {
        shares.push(keyring.open_share(name, passphrase)?);
    }
    Ok(keyring.unlock_with(&shares)?)
}

async fn issue(
    store: &Store,
    config: &DeskConfig,
    keys: &OpenKeyring,
    args: &KitNew,
) -> anyhow::Result<()> {
    let (intake_epoch, intake) =
        current_recipient(keys).context("the keyring holds no intake identity")?;
    let drops = tokens::known_drops(store, config.drops.clone()).await?;
    let now = clock::now();
    let facts = KitFacts {
        newsroom: config.organisation.clone(),
        issued_at: now.0,
        intake,
        intake_epoch,
        drops: config.drops.iter().map(|drop| drop.url.clone()).collect(),
    };
    let (kit, hashes) = kits::make(facts, &mut OsRng);
    let id_of = |url: &formats::DropUrl| {
        let found = drops
            .iter()
            .find(|(_, client)| client.url() == url.as_str());
        found.map(|(id, _)| *id)
    };
    let tokens = hashes
        .into_iter()
        .filter_map(|(url, hash)| Some((id_of(&url)?, hash)))
        .collect();
    let record = NewKit {
        id: kit.id,
        pseudonym: Private::new(args.pseudonym.as_str()),
        chain_key: keys::ChainKey::from_bytes(*kit.chain.expose_bytes()),
        tokens,
    };
    store.issue_kit(&record, now).await?;
    let bytes = kit.encode()?;
    files::create_new(&args.out, &bytes)
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    for (drop, client) in drops {
        let url = client.url().to_owned();
        if let Err(error) = tokens::register(store, drop, client).await {
            terminal::complain(&format!(
                "The drop {url} could not be told of the kit's tokens ({error}); the desk does it when it is next open."
            ));
        }
    }
    Ok(())
}
