//! Files that were named on the command line, opened for sealing.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use field::Source;

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
            kind: kind_hint(path).to_owned(),
            captured_at: None,
            reader: Box::new(file),
        });
    }
    Ok((sources, total))
}

/// A media type by the name's ending; only a hint, the desk looks at the bytes.
pub(super) fn kind_hint(path: &Path) -> &'static str {
    let ending = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    match ending.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "heic" | "heif" => "image/heic",
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "mkv" => "video/x-matroska",
        "ts" | "mts" | "m2ts" => "video/mp2t",
        "avi" => "video/x-msvideo",
        "ogg" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "m4a" => "audio/mp4",
        "mov" => "video/quicktime",
        "mp3" => "audio/mpeg",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "",
    }
}
