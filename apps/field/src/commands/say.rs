//! `say`: a few words to the newsroom, as a dispatch of their own.

use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context, Result};
use formats::dispatch::NOTE_MAX;
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::{now, open};
use crate::args::Args;
use crate::words::{Words, say};

/// Seals `text`, or standard input for `-`, so that nothing of it stays in the shell's history.
pub(super) fn say(args: &Args, words: &Words, text: &str) -> Result<ExitCode> {
    let typed;
    let text = if text == "-" {
        typed = from_stdin(words)?;
        typed.trim_end()
    } else {
        text
    };
    let mut field = open(args, words)?;
    let added = field.add(&mut [], text, now(), &mut OsRng, &mut |_| {})?;
    super::add::tell(args, words, &added);
    Ok(ExitCode::SUCCESS)
}

/// At most what a note holds, and a byte more, so that too much is noticed. With room for all of it: a text that grows
/// leaves copies behind.
fn from_stdin(words: &Words) -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(NOTE_MAX + 1));
    let mut stdin = std::io::stdin().take(NOTE_MAX as u64 + 1);
    let read = stdin.read_to_string(&mut text);
    read.with_context(|| say!(words, "say-unreadable"))?;
    Ok(text)
}
