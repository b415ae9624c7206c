//! `fh-desk kit code`: the four words to compare aloud.

use anyhow::bail;

use super::{KitCode, terminal, unlocked};
use crate::config::{DeskConfig, DeskFolder};
use crate::opening_store;
use crate::web::text::{Tongue, t};

/// Shows the code of a kit that was asked for with twelve words.
pub(super) fn show(args: &KitCode, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.desk.dir);
    let config = DeskConfig::load(&folder)?;
    let keys = unlocked::keys(&args.desk, tongue)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let offer = runtime.block_on(async {
        let store = opening_store::open(&folder, &config, &keys).await?;
        let found = find(&store, &args.pseudonym).await;
        store.close().await;
        found
    })?;
    let Some(offer) = offer else {
        bail!("{}", t!(tongue, "cli-kit-no-words"));
    };
    if offer.rivals > 0 {
        terminal::complain(&t!(tongue, "kit-code-rivals"));
    }
    match offer.code {
        Some(code) => terminal::say(code.expose())?,
        None => bail!("{}", t!(tongue, "kit-code-waiting")),
    }
    terminal::complain(&t!(tongue, "kit-code-hint"));
    Ok(())
}

async fn find(store: &store::Store, pseudonym: &str) -> anyhow::Result<Option<store::OfferRecord>> {
    let kits = store.kits().await?;
    let name = pseudonym.to_lowercase();
    let kit = kits
        .iter()
        .find(|kit| kit.pseudonym.expose().to_lowercase() == name);
    match kit {
        Some(kit) => Ok(store.offer_of(kit.id).await?),
        None => Ok(None),
    }
}
