//! Where the passphrase comes from: a file, the environment, or the person.

use std::path::Path;

use anyhow::{Context, Result, bail};
use keys::Passphrase;
use zeroize::Zeroizing;

use crate::words::{Words, say};

/// The passphrase of an existing folder.
pub(crate) fn ask(words: &Words, file: Option<&Path>) -> Result<Passphrase> {
    match given(words, file)? {
        Some(passphrase) => Ok(passphrase),
        None => prompt(&say!(words, "passphrase-prompt")),
    }
}

/// A passphrase for a new folder, typed twice when typed.
pub(crate) fn choose(words: &Words, file: Option<&Path>) -> Result<Passphrase> {
    let passphrase = match given(words, file)? {
        Some(passphrase) => passphrase,
        None => {
            let first = prompt(&say!(words, "passphrase-new"))?;
            let again = prompt(&say!(words, "passphrase-again"))?;
            if *first.canonical() != *again.canonical() {
                bail!(say!(words, "passphrase-differs"));
            }
            first
        }
    };
    if passphrase.is_empty() {
        bail!(say!(words, "passphrase-empty"));
    }
    if passphrase.weakness().is_some() {
        crate::show::note(&say!(words, "passphrase-weak"));
    }
    Ok(passphrase)
}

fn given(words: &Words, file: Option<&Path>) -> Result<Option<Passphrase>> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.with_context(|| say!(words, "passphrase-file-unreadable"))?;
        return Ok(Some(Passphrase::new(
            text.lines().next().unwrap_or_default(),
        )));
    }
    Ok(std::env::var("FH_PASSPHRASE")
        .ok()
        .map(Passphrase::from_string))
}

fn prompt(question: &str) -> Result<Passphrase> {
    Ok(Passphrase::from_string(rpassword::prompt_password(
        format!("{question} "),
    )?))
}
