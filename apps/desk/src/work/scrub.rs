//! One item made anew without what could give anybody away.

use std::io::Seek;

use ledger::Digest;
use media::{Code, Kind, MediaError, Output, Refusal, ScrubReport, Scrubbed, Workshop};
use newsroom::BlobId;
use store::VariantRecord;

use crate::archive::{Archive, Kept};
use crate::work::examine::WorkError;
use crate::work::variants::{self, Copied};

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
    /// Milliseconds of sound or film.
    pub(crate) lasts: Option<u64>,
    /// The code in its corner; sounds and documents have none.
    pub(crate) code: Option<Code>,
    pub(crate) variants: Vec<VariantRecord>,
    pub(crate) report: ScrubReport,
}

/// Scrubs an item, with a code burnt into what is seen of it, and makes its variants. Blocks for as long as the sandbox works.
pub(crate) fn scrub(
    workshop: &Workshop,
    archive: &Archive,
    item: BlobId,
    code: &Code,
) -> Result<ScrubOutcome, WorkError> {
    let mut source = archive.open(item)?.reader;
    let made = match workshop.scrub_with(&mut source, Some(code)) {
        Ok(made) => made,
        Err(MediaError::Refused(refusal)) => return Ok(ScrubOutcome::Refused(refusal)),
        Err(error) => return Err(WorkError::Workshop(error)),
    };
    keep(workshop, archive, made, code).map(|made| ScrubOutcome::Made(Box::new(made)))
}

fn keep(
    workshop: &Workshop,
    archive: &Archive,
    made: Scrubbed,
    code: &Code,
) -> Result<Made, WorkError> {
    let Scrubbed {
        kind,
        mut output,
        width,
        height,
        duration_ms,
        report,
        ..
    } = made;
    output.rewind()?;
    let kept = archive.put(&mut output)?;
    let mut still = if kind == Kind::Mp4 || kind == Kind::Pdf {
        output.rewind()?;
        still_of(workshop, &mut output)?
    } else {
        None
    };
    let poster = match &mut still {
        Some(still) => {
            still.rewind()?;
            let kept = archive.put(still)?;
            Some((kept.blob, kept.sha256))
        }
        None => None,
    };
    let seen = kind.is_still() || (kind == Kind::Mp4 && width.is_some());
    let mut copied = Copied {
        kind,
        output: &mut output,
        dimensions: width.zip(height),
        code,
        poster: still.as_mut(),
    };
    let variants = if seen {
        variants::make(workshop, archive, &mut copied)?
    } else {
        Vec::new()
    };
    Ok(Made {
        kind,
        kept,
        poster,
        dimensions: width.zip(height),
        lasts: duration_ms,
        code: seen.then(|| code.clone()),
        variants,
        report,
    })
}

/// A derivative without a poster is published without one; that is no reason to refuse it.
fn still_of(workshop: &Workshop, derivative: &mut Output) -> Result<Option<Output>, WorkError> {
    match workshop.preview(derivative) {
        Ok(preview) => Ok(Some(preview.poster)),
        Err(MediaError::Refused(_)) => Ok(None),
        Err(error) => Err(WorkError::Workshop(error)),
    }
}
