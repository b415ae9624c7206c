//! `add`: files and a note become one sealed dispatch.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use rand_core::OsRng;
use serde_json::json;

use super::sources::open_sources;
use super::{now, open};
use crate::args::Args;
use crate::show::{answer, bar};
use crate::words::{Words, say};

pub(super) fn add(
    args: &Args,
    words: &Words,
    files: &[PathBuf],
    note_text: &str,
) -> Result<ExitCode> {
    let (mut sources, total) = open_sources(words, files)?;
    let mut field = open(args, words)?;
    let bar = bar(Some(total), true, args.json);
    let added = field.add(&mut sources, note_text, now(), &mut OsRng, &mut |done| {
        bar.set_position(done)
    })?;
    bar.finish_and_clear();
    tell(args, words, &added);
    Ok(ExitCode::SUCCESS)
}

/// Says what was sealed.
pub(super) fn tell(args: &Args, words: &Words, added: &field::Added) {
    if args.json {
        let said = json!({
            "dispatch": added.dispatch.to_string(),
            "items": added.items,
            "pieces": added.pieces,
            "bytes_in": added.bytes_in,
            "bytes_sealed": added.bytes_sealed,
        });
        answer(&said.to_string());
    } else {
        answer(&say!(
            words,
            "add-done",
            dispatch = added.dispatch.short(),
            items = added.items,
            pieces = added.pieces
        ));
    }
}
