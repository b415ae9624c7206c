//! Opening a desk for one command, on the word of k custodians.

use std::fs;

use anyhow::Context;
use openers::{KeyringFile, OpenKeyring, Share};
use store::StoreError;

use super::{Unlocked, people, terminal};
use crate::config::DeskFolder;
use crate::settling;
use crate::web::text::{Coded as _, Tongue, t};

/// The keyring and k opened shares of it.
pub(super) fn shares(args: &Unlocked, tongue: Tongue) -> anyhow::Result<(KeyringFile, Vec<Share>)> {
    let folder = DeskFolder::new(&args.dir);
    settling::settle(&folder)?;
    let path = folder.keyring();
    let bytes = fs::read(&path).with_context(|| terminal::cannot_read(tongue, &path))?;
    let keyring = KeyringFile::from_json(&bytes)?;
    let custodians: Vec<String> = keyring.custodians().map(str::to_owned).collect();
    let threshold = usize::from(keyring.threshold());
    let gathered = people::gather_passphrases(tongue, &args.passphrases, &custodians, threshold)?;
    let mut shares = Vec::with_capacity(gathered.len());
    for (name, passphrase) in &gathered {
        shares.push(keyring.open_share(name, passphrase)?);
    }
    Ok((keyring, shares))
}

/// The newsroom's keys.
pub(super) fn keys(args: &Unlocked, tongue: Tongue) -> anyhow::Result<OpenKeyring> {
    let (keyring, shares) = shares(args, tongue)?;
    Ok(keyring.unlock_with(&shares)?)
}

/// A refusal of the rules in the person's language.
pub(super) fn explained<T>(outcome: Result<T, StoreError>, tongue: Tongue) -> anyhow::Result<T> {
    match outcome {
        Err(StoreError::Refused(refusal)) => {
            let code = refusal.code();
            let words = tongue.coded("refusal", code);
            anyhow::bail!(words.unwrap_or_else(|| t!(tongue, "refusal-other", code = code)))
        }
        other => Ok(other?),
    }
}
