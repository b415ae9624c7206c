//! `fh-desk drop add`.

use std::fs;

use anyhow::Context;
use zeroize::Zeroizing;

use super::{DropAdd, terminal};
use crate::config::{DeskConfig, DeskFolder, DropEntry};

/// Adds a drop to the desk's configuration; a running desk takes it up on its next round.
pub(super) fn add(args: &DropAdd) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.dir);
    let mut config = DeskConfig::load(&folder)?;
    let token = fs::read_to_string(&args.token_file)
        .map(Zeroizing::new)
        .with_context(|| format!("cannot read {}", args.token_file.display()))?;
    let entry = DropEntry::parse(&args.url, &token)?;
    let url = entry.url.clone();
    config.put_drop(entry);
    config.save(&folder)?;
    terminal::say(&format!("The desk now reads the drop {url}."))?;
    Ok(())
}
