//! What is made of a protected copy for channels that take less: once per class of limits, never once per channel.
//!
//! All classes are made with the copy, whether a channel of that class is in use or not: a channel that is opened tomorrow has
//! its files, and what an approver sees is never "being made".

use std::io::Seek;

use media::{Code, Kind, MediaError, Output, Shape, Workshop};
use publish::renditions::{Ceiling, Rung};
use store::VariantRecord;

use crate::archive::Archive;
use crate::work::examine::WorkError;

/// A protected copy as it was made, before it is in the record.
pub(super) struct Copied<'c> {
    pub(super) kind: Kind,
    pub(super) output: &'c mut Output,
    pub(super) dimensions: Option<(u32, u32)>,
    pub(super) code: &'c Code,
    /// A still of a film.
    pub(super) poster: Option<&'c mut Output>,
}

/// Makes all that are worth it, the largest first. Blocks for as long as the sandbox works.
pub(super) fn make(
    workshop: &Workshop,
    archive: &Archive,
    copied: &mut Copied<'_>,
) -> Result<Vec<VariantRecord>, WorkError> {
    let mut made = Vec::new();
    for rung in Rung::ALL {
        let film = copied.kind == Kind::Mp4;
        let ceiling = rung.of_film().filter(|_| film);
        let ceiling = ceiling.unwrap_or(rung.of_picture());
        let blurred = rung == Rung::Blurred;
        if !blurred && within(&ceiling, copied) {
            continue;
        }
        let shape = Shape {
            bytes: ceiling.bytes,
            side: ceiling.side,
            rate: ceiling.rate,
            blurred,
            code: blurred.then(|| copied.code.clone()),
        };
        let source = match &mut copied.poster {
            Some(poster) if blurred => Some(&mut **poster),
            None if blurred && film => None,
            _ => Some(&mut *copied.output),
        };
        if let Some(source) = source
            && let Some(one) = vary(workshop, archive, rung, source, &shape)?
        {
            made.push(one);
        }
    }
    Ok(made)
}

/// Whether the copy itself is no larger than the class.
fn within(ceiling: &Ceiling, copied: &Copied<'_>) -> bool {
    let fits = |(width, height): (u32, u32)| width.max(height) <= ceiling.side;
    copied.output.length() <= ceiling.bytes && copied.dimensions.is_some_and(fits)
}

/// One of them; none where there can be none, such as of a film that is too long: it stays behind the link.
fn vary(
    workshop: &Workshop,
    archive: &Archive,
    rung: Rung,
    source: &mut Output,
    shape: &Shape,
) -> Result<Option<VariantRecord>, WorkError> {
    source.rewind()?;
    let mut made = match workshop.vary(source, shape) {
        Ok(made) => made,
        Err(MediaError::Refused(refusal)) => {
            tracing::info!(
                rung = rung.code(),
                code = refusal.code.key(),
                "a variant cannot be made"
            );
            return Ok(None);
        }
        Err(error) => return Err(WorkError::Workshop(error)),
    };
    made.output.rewind()?;
    let kept = archive.put(&mut made.output)?;
    Ok(Some(VariantRecord {
        rung: rung.code().to_owned(),
        blob: kept.blob,
        sha256: kept.sha256,
        bytes: kept.bytes,
        mime: made.mime.to_owned(),
        dimensions: made.width.zip(made.height),
        lasts: made.duration_ms,
        steps: made.report.steps,
        tools: made.report.tools,
    }))
}
