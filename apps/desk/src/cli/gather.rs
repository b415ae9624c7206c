//! `fh-desk gather` and `fh-desk card`: cards come in, and cards go back in with replies.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, bail};
use field::{CardFile, write_card};
use formats::card::{SIZES, Space};
use formats::{CELL, Cell, reveil_reply};
use rand_core::OsRng;
use store::Store;

use super::{Gather, ReplyCard, terminal, unlocked};
use crate::config::{DeskConfig, DeskFolder};
use crate::tray::{Tray, cards_at};
use crate::web::text::{Tongue, t};
use crate::{clock, opening_store};

/// The most replies on one card; a small card has room for 64 cells.
const REPLIES_MAX: u32 = 60;

/// Puts cards into the desk's tray, whether or not the desk runs.
pub(super) fn gather(args: &Gather, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.dir);
    DeskConfig::load(&folder)?;
    let tray = Tray::of(&folder);
    let mut windows = 0;
    for given in &args.cards {
        let cards = cards_at(given).with_context(|| terminal::cannot_read(tongue, given))?;
        for card in cards {
            let unreadable = || terminal::cannot_read(tongue, &card);
            let mut file = File::open(&card).with_context(unreadable)?;
            let put = tray
                .put(&mut file, &mut OsRng, &mut |_| Ok(false))
                .with_context(unreadable)?;
            windows += put.windows;
            let path = card.display().to_string();
            terminal::say(&t!(
                tongue,
                "cli-card-taken",
                path = path,
                windows = put.windows
            ))?;
        }
    }
    if windows == 0 {
        bail!("{}", t!(tongue, "cli-no-cells"));
    }
    terminal::say(&t!(tongue, "cli-cards-wait"))?;
    Ok(())
}

/// Writes the replies to one reporter on a card.
pub(super) fn reply_card(args: &ReplyCard, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.desk.dir);
    let config = DeskConfig::load(&folder)?;
    let keys = unlocked::keys(&args.desk, tongue)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let cells = runtime.block_on(async {
        let store = opening_store::open(&folder, &config, &keys).await?;
        let cells = replies(&store, &args.kit, tongue).await;
        store.close().await;
        cells
    })?;
    if cells.is_empty() {
        bail!("{}", t!(tongue, "cli-no-replies"));
    }
    write(&args.out, args.unused, &cells)
        .with_context(|| terminal::cannot_write(tongue, &args.out))?;
    let path = args.out.display().to_string();
    terminal::say(&t!(
        tongue,
        "cli-card-made",
        count = cells.len(),
        path = path
    ))?;
    Ok(())
}

/// The replies that the reporter may still wait for, veiled anew: a card shares no string with a mailbox.
async fn replies(store: &Store, pseudonym: &str, tongue: Tongue) -> anyhow::Result<Vec<Cell>> {
    let kit = unlocked::explained(store.kit_named(pseudonym.trim()).await, tongue)?;
    let outgoing = store
        .outgoing_replies(kit, REPLIES_MAX, clock::now())
        .await?;
    let veiled = outgoing
        .iter()
        .map(|reply| reveil_reply(&reply.cell, &reply.secret, &mut OsRng));
    Ok(veiled.collect::<Result<_, _>>()?)
}

fn write(out: &Path, unused: bool, cells: &[Cell]) -> anyhow::Result<()> {
    let (file, space) = if unused {
        let file = CardFile::open(out)?;
        let space = file.unused()?;
        (file, space)
    } else {
        let places = u32::try_from(SIZES[0] / CELL as u64)?;
        (CardFile::create(out, SIZES[0])?, Space::file(places))
    };
    write_card(&file.card(&space), cells, &mut OsRng)?;
    file.finish()?;
    Ok(())
}
