//! Where passphrases come from: a file, the environment, or the person. New ones are made here and learnt here, and shown once.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use field::passphrase_fault;
use keys::Passphrase;
use rand_core::OsRng;
use zeroize::Zeroizing;

use crate::explain::passphrase_fault as explain_fault;
use crate::show::note;
use crate::words::{Words, say};

/// The passphrases of a new vault.
pub(crate) struct Chosen {
    pub(crate) everyday: Passphrase,
    pub(crate) duress: Option<Passphrase>,
}

/// How a new vault's passphrases are found.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// The person thinks them up.
    pub(crate) own: bool,
    /// There is no duress passphrase.
    pub(crate) no_duress: bool,
}

/// The passphrase of an existing vault.
pub(crate) fn ask(words: &Words, file: Option<&Path>) -> Result<Passphrase> {
    match given(words, file)? {
        Some(chosen) => Ok(chosen.everyday),
        None => prompt(&say!(words, "passphrase-prompt")),
    }
}

/// The passphrases of a new vault.
pub(crate) fn choose(words: &Words, file: Option<&Path>, manner: Manner) -> Result<Chosen> {
    if let Some(mut chosen) = given(words, file)? {
        if manner.no_duress {
            chosen.duress = None;
        }
        return Ok(chosen);
    }
    let new = |title: String| {
        if manner.own {
            typed(words, &title)
        } else {
            learnt(words, &title)
        }
    };
    let everyday = new(say!(words, "passphrase-everyday"))?;
    let duress = if manner.no_duress {
        None
    } else {
        Some(new(say!(words, "passphrase-duress"))?)
    };
    Ok(Chosen { everyday, duress })
}

/// For tools: the first line of a file is the everyday passphrase, the second the duress passphrase; or two variables.
fn given(words: &Words, file: Option<&Path>) -> Result<Option<Chosen>> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.with_context(|| say!(words, "passphrase-file-unreadable"))?;
        let mut lines = text.lines();
        let everyday = Passphrase::new(lines.next().unwrap_or_default());
        let duress = lines.next().filter(|line| !line.trim().is_empty());
        return Ok(Some(Chosen {
            everyday,
            duress: duress.map(Passphrase::new),
        }));
    }
    let variable = |name| std::env::var(name).ok().map(Passphrase::from_string);
    Ok(variable("FH_PASSPHRASE").map(|everyday| Chosen {
        everyday,
        duress: variable("FH_DURESS"),
    }))
}

/// A generated passphrase, shown until its owner types it back.
fn learnt(words: &Words, title: &str) -> Result<Passphrase> {
    let passphrase = Passphrase::generate(&mut OsRng, words.list());
    loop {
        note(title);
        note(&say!(words, "passphrase-learn"));
        note(&format!("\n    {}\n", passphrase.expose()));
        prompt(&say!(words, "passphrase-learnt"))?;
        clear_screen();
        let typed = prompt(&say!(words, "passphrase-again"))?;
        if *typed.canonical() == *passphrase.canonical() {
            return Ok(passphrase);
        }
        note(&say!(words, "passphrase-not-yet"));
    }
}

/// A passphrase that its owner thought up, typed twice.
fn typed(words: &Words, title: &str) -> Result<Passphrase> {
    note(title);
    let first = prompt(&say!(words, "passphrase-new"))?;
    if let Some(fault) = passphrase_fault(&first) {
        return Err(anyhow!(explain_fault(words, fault)));
    }
    let again = prompt(&say!(words, "passphrase-again"))?;
    if *first.canonical() != *again.canonical() {
        bail!(say!(words, "passphrase-differs"));
    }
    Ok(first)
}

/// What was shown goes from the screen and from what can be scrolled back to.
fn clear_screen() {
    let _ = std::io::stderr().write_all(b"\x1b[2J\x1b[3J\x1b[H");
}

/// Asks for a secret without showing it.
pub(crate) fn prompt(question: &str) -> Result<Passphrase> {
    Ok(Passphrase::from_string(rpassword::prompt_password(
        format!("{question} "),
    )?))
}
