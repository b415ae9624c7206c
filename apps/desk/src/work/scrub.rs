//! One item made anew without what could give anybody away.

use std::io::Seek;

use ledger::Digest;
use media::{Kind, MediaError, Refusal, ScrubReport, Scrubbed, Workshop};
use newsroom::BlobId;

use crate::archive::{Archive, Kept};
use crate::work::examine::WorkError;

/// What came of scrubbing.
pub(crate) enum ScrubOutcome {
    /// A derivative, sealed in the archive.
    Made(Box<Made>),
    /// The file cannot be made safe.
    Refused(Refusal),
}

/// A derivative that may be published once it is cleared.
pub(crate) struct Made {
    pub(crate) kind: Kind,
    pub(crate) kept: Kept,
    /// A still of the *derivative*; never of the original.
    pub(crate) poster: Option<(BlobId, Digest)>,
    pub(crate) dimensions: Option<(u32, u32)>,
    pub(crate) report: ScrubReport,
}

/// Scrubs an item. Blocks for as long as the sandbox works.
pub(crate) fn scrub(
    workshop: &Workshop,
    archive: &Archive,
    item: BlobId,
) -> Result<ScrubOutcome, WorkError> {
    let mut source = archive.open(item)?.reader;
    let made = match workshop.scrub(&mut source) {
        Ok(made) => made,
        Err(MediaError::Refused(refusal)) => return Ok(ScrubOutcome::Refused(refusal)),
        Err(error) => return Err(WorkError::Workshop(error)),
    };
    keep(workshop, archive, made).map(|made| ScrubOutcome::Made(Box::new(made)))
}

fn keep(workshop: &Workshop, archive: &Archive, made: Scrubbed) -> Result<Made, WorkError> {
    let Scrubbed {
        kind,
        mut output,
        width,
        height,
        report,
        ..
    } = made;
    output.rewind()?;
    let kept = archive.put(&mut output)?;
    let poster = if kind == Kind::Mp4 || kind == Kind::Pdf {
        output.rewind()?;
        poster_of(workshop, archive, &mut output)?
    } else {
        None
    };
    Ok(Made {
        kind,
        kept,
        poster,
        dimensions: width.zip(height),
        report,
    })
}

/// A derivative without a poster is published without one; that is no reason to refuse it.
fn poster_of(
    workshop: &Workshop,
    archive: &Archive,
    derivative: &mut media::Output,
) -> Result<Option<(BlobId, Digest)>, WorkError> {
    match workshop.preview(derivative) {
        Ok(mut preview) => {
            preview.poster.rewind()?;
            let kept = archive.put(&mut preview.poster)?;
            Ok(Some((kept.blob, kept.sha256)))
        }
        Err(MediaError::Refused(_)) => Ok(None),
        Err(error) => Err(WorkError::Workshop(error)),
    }
}
