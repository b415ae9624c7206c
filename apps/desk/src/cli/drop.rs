//! `fh-desk drop add`.

use std::fs;

use anyhow::Context;
use ledger::LogVerifier;
use zeroize::Zeroizing;

use super::{DropAdd, terminal};
use crate::config::{DeskConfig, DeskFolder, DropEntry};
use crate::drops::DropClient;
use crate::watch::Watch;
use crate::web::text::{Tongue, t};

/// Adds a drop to the desk's configuration; a running desk takes it up on its next round.
pub(super) fn add(args: &DropAdd, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.dir);
    let mut config = DeskConfig::load(&folder)?;
    let token = fs::read_to_string(&args.token_file)
        .map(Zeroizing::new)
        .with_context(|| terminal::cannot_read(tongue, &args.token_file))?;
    let mut entry = DropEntry::parse(&args.url, &token)?;
    entry.confirm = args.confirm;
    entry.quota_bytes = args.session_mib.map(|mib| u64::from(mib) << 20);
    let url = entry.url.clone();
    let given = args.log_key.as_deref().map(str::parse::<LogVerifier>);
    let known = given.transpose().context("--log-key")?;
    let known_before = config
        .drops
        .iter()
        .any(|d| d.url == url && d.log_key.is_some());
    entry.log_key = match known {
        Some(key) => Some(key.to_string()),
        None if known_before => None,
        None => learn(&entry, tongue)?,
    };
    let confirms = entry.confirm;
    let new = config.drops.iter().all(|one| one.url != url);
    let began = if new { begins(&entry, &folder)? } else { 0 };
    config.put_drop(entry);
    config.save(&folder)?;
    terminal::say(&t!(tongue, "cli-drop-added", url = url.as_str()))?;
    if began > 0 {
        terminal::say(&t!(tongue, "cli-drop-began", cells = began))?;
    }
    if confirms {
        terminal::say(&t!(tongue, "cli-drop-confirms"))?;
    } else {
        terminal::say(&t!(tongue, "cli-drop-keeps"))?;
    }
    Ok(())
}

/// Asks the drop for its log's key and shows it for comparing; a drop that does not answer is asked later.
fn learn(entry: &DropEntry, tongue: Tongue) -> anyhow::Result<Option<String>> {
    match DropClient::new(entry.clone()).fetch_log_key() {
        Ok(key) => {
            let key = key.to_string();
            terminal::say(&t!(tongue, "cli-drop-key", key = key.as_str()))?;
            Ok(Some(key))
        }
        Err(_) => {
            terminal::say(&t!(tongue, "cli-drop-key-later"))?;
            Ok(None)
        }
    }
}

/// Where the log begins now, before any kit names this drop: what goes missing from here on is this desk's loss. A drop
/// that does not answer is asked when it is first read.
fn begins(entry: &DropEntry, folder: &DeskFolder) -> anyhow::Result<u64> {
    let Ok(first) = DropClient::new(entry.clone()).first_held() else {
        return Ok(0);
    };
    Watch::new(folder.drops())?.begins(entry.url.as_str(), first)?;
    Ok(first)
}
