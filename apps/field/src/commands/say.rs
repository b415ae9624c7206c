//! `say`: a few words to the newsroom, as a dispatch of their own.

use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context, Result};
use field::Added;
use formats::dispatch::NOTE_MAX;
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::{now, open};
use crate::args::Args;
use crate::words::{Words, say};

/// Seals `text`, or standard input for `-`, so that nothing of it stays in the shell's history.
pub(super) fn say(args: &Args, words: &Words, text: &str) -> Result<ExitCode> {
    let seal = |text: &str| -> Result<Added> {
        Ok(open(args, words)?.add(&mut [], text, now(), &mut OsRng, &mut |_| {})?)
    };
    // The words are gone from memory before the answer is given.
    let added = if text == "-" {
        let typed = from_stdin(words)?;
        seal(typed.trim_end())?
    } else {
        seal(text)?
    };
    super::add::tell(args, words, &added);
    Ok(ExitCode::SUCCESS)
}

/// At most what a note holds, and a byte more, so that too much is noticed. With room for all of it: a text that grows
/// leaves copies behind.
fn from_stdin(words: &Words) -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(NOTE_MAX + 1));
    let stdin = unbuffered_stdin();
    let read = stdin.and_then(|stdin| stdin.take(NOTE_MAX as u64 + 1).read_to_string(&mut text));
    read.with_context(|| say!(words, "say-unreadable"))?;
    Ok(text)
}

/// Standard input without the standard library's own buffer, which nobody would wipe.
#[cfg(unix)]
fn unbuffered_stdin() -> std::io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    let own = std::io::stdin().as_fd().try_clone_to_owned()?;
    Ok(own.into())
}

#[cfg(not(unix))]
fn unbuffered_stdin() -> std::io::Result<std::io::Stdin> {
    Ok(std::io::stdin())
}
