//! `fh-desk drop add`.

use std::fs;

use anyhow::Context;
use zeroize::Zeroizing;

use super::{DropAdd, terminal};
use crate::config::{DeskConfig, DeskFolder, DropEntry};
use crate::web::text::{Tongue, t};

/// Adds a drop to the desk's configuration; a running desk takes it up on its next round.
pub(super) fn add(args: &DropAdd, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.dir);
    let mut config = DeskConfig::load(&folder)?;
    let token = fs::read_to_string(&args.token_file)
        .map(Zeroizing::new)
        .with_context(|| terminal::cannot_read(tongue, &args.token_file))?;
    let entry = DropEntry::parse(&args.url, &token)?;
    let url = entry.url.clone();
    config.put_drop(entry);
    config.save(&folder)?;
    terminal::say(&t!(tongue, "cli-drop-added", url = url.as_str()))?;
    Ok(())
}
