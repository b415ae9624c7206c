//! `add`: files and a note become one sealed dispatch.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use rand_core::OsRng;
use serde_json::json;

use super::sources::open_sources;
use super::{now, open};
use crate::args::Args;
use crate::show::{answer, bar, note};
use crate::words::{Words, say};

pub(super) fn add(
    args: &Args,
    words: &Words,
    files: &[PathBuf],
    note_text: &str,
    preview: bool,
) -> Result<ExitCode> {
    let (mut sources, total) = open_sources(words, files)?;
    let mut field = open(args, words)?;
    let bar = bar(Some(total), true, args.json);
    let (sources, mut progress) = (&mut sources, |done| bar.set_position(done));
    let added = if preview {
        field.add_previewed(sources, note_text, now(), &mut OsRng, &mut progress)?
    } else {
        field.add(sources, note_text, now(), &mut OsRng, &mut progress)?
    };
    bar.finish_and_clear();
    tell(args, words, &added);
    let held = field.status().dispatches.last().map(|one| one.held);
    if let Some(held) = held.filter(|held| held.pieces > 0) {
        let kib = held.bytes.div_ceil(1 << 10);
        note(&say!(words, "add-held", pieces = held.pieces, kib = kib));
    }
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
