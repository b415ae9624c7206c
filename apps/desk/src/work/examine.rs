//! One item through the sandbox: what is in it, and what an editor looks at.

use std::io::Seek;

use media::{MediaError, Preview, Probe, Refusal, Workshop};
use newsroom::BlobId;

use crate::archive::{Archive, ArchiveError};

/// Why an examination has to be tried again; the file itself is never the reason.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    #[error("the archive cannot be used: {0}")]
    Archive(#[from] ArchiveError),
    #[error("the sandbox cannot be used: {0}")]
    Workshop(#[source] MediaError),
    #[error("sealed scratch space cannot be read: {0}")]
    Scratch(#[from] std::io::Error),
}

/// What came of an examination.
pub(crate) struct Examined {
    pub(crate) probe: Probe,
    pub(crate) shown: Option<Shown>,
}

/// What an editor looks at, sealed in the archive.
pub(crate) struct Shown {
    pub(crate) poster: BlobId,
    pub(crate) proxy: Option<(BlobId, String)>,
    pub(crate) pages: Vec<BlobId>,
}

/// Probes an item and makes its preview. Blocks for as long as the sandbox works.
pub(crate) fn examine(
    workshop: &Workshop,
    archive: &Archive,
    item: BlobId,
) -> Result<Examined, WorkError> {
    let mut source = archive.open(item)?.reader;
    let mut probe = workshop.probe(&mut source).map_err(WorkError::Workshop)?;
    if probe.trouble.is_some() {
        return Ok(Examined { probe, shown: None });
    }
    source.rewind()?;
    match workshop.preview(&mut source) {
        Ok(preview) => {
            let shown = Some(keep(archive, preview)?);
            Ok(Examined { probe, shown })
        }
        Err(MediaError::Refused(refusal)) => {
            note_refusal(&mut probe, refusal);
            Ok(Examined { probe, shown: None })
        }
        Err(error) => Err(WorkError::Workshop(error)),
    }
}

/// A file that could be probed and not shown keeps its findings, and says why it is not shown.
fn note_refusal(probe: &mut Probe, refusal: Refusal) {
    probe.trouble = Some(refusal);
}

fn keep(archive: &Archive, preview: Preview) -> Result<Shown, WorkError> {
    let Preview {
        mut poster,
        proxy,
        pages,
    } = preview;
    let poster = archive.put(&mut poster)?.blob;
    let proxy = match proxy {
        Some(mut proxy) => Some((archive.put(&mut proxy.output)?.blob, proxy.mime.to_owned())),
        None => None,
    };
    let mut kept = Vec::with_capacity(pages.len());
    for mut page in pages {
        kept.push(archive.put(&mut page)?.blob);
    }
    Ok(Shown {
        poster,
        proxy,
        pages: kept,
    })
}
