//! Files that were named on the command line, opened for sealing.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use field::{Source, kind_hint};

use crate::words::{Words, say};

/// Opens the files to seal; their sizes together are what the progress bar runs to.
pub(super) fn open_sources(
    words: &Words,
    files: &[PathBuf],
) -> Result<(Vec<Source<'static>>, u64)> {
    let mut sources = Vec::with_capacity(files.len());
    let mut total = 0;
    for path in files {
        let shown = path.display().to_string();
        let unreadable = || say!(words, "error-file-unreadable", file = shown.clone());
        let file = File::open(path).with_context(unreadable)?;
        let facts = file.metadata().with_context(unreadable)?;
        if facts.is_dir() {
            return Err(anyhow!(say!(words, "error-folder", file = shown)));
        }
        total += facts.len();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        sources.push(Source {
            name: name.unwrap_or_default(),
            kind: kind_hint(&path.to_string_lossy()).to_owned(),
            captured_at: None,
            reader: Box::new(file),
        });
    }
    Ok((sources, total))
}
