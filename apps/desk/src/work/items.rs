//! Jobs about items: examination and protection, from the record through the sandbox back into the record.

use std::sync::Arc;

use media::{Code, Probe, ScrubReport};
use newsroom::{ItemId, Private};
use rand_core::{CryptoRng, OsRng, RngCore};
use serde::{Deserialize, Serialize};
use store::{Examined as ExaminedRecord, NewDerivative, PreviewRecord};

use super::examine::{self, Examined};
use super::scrub::{self, Made, ScrubOutcome};
use super::{JobError, WorkError};
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;

/// How a derivative was made, as the record keeps it: enough to make it again and to show it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    /// Steps in the media station's words.
    pub(crate) steps: Vec<String>,
    /// Pixels as shown.
    pub(crate) width: Option<u32>,
    /// Pixels as shown.
    pub(crate) height: Option<u32>,
    /// Milliseconds that it plays; not known of what was made before this was kept.
    #[serde(default)]
    pub(crate) lasts: Option<u64>,
}

/// Looks at an item and enters what was found.
pub(super) async fn examine(open: &Arc<OpenDesk>, item: ItemId) -> Result<(), JobError> {
    let record = open.store.item(item).await?;
    let (workshop, archive) = (open.around.workshop.clone(), open.archive.clone());
    let looking = move || examine::examine(&workshop, &archive, record.blob);
    let examined = tokio::task::spawn_blocking(looking).await??;
    let found = examined_record(examined)?;
    open.store.item_examined(item, &found, clock::now()).await?;
    open.tell(EventKind::Item, item);
    Ok(())
}

fn examined_record(examined: Examined) -> Result<ExaminedRecord, WorkError> {
    let Examined { probe, shown } = examined;
    let kind = probe.kind.map(|kind| kind.name().to_owned());
    let showable = shown.is_some();
    let probe = json(&probe)?;
    let preview = match shown {
        Some(shown) => PreviewRecord {
            probe,
            poster: Some(shown.poster),
            proxy: shown.proxy,
            pages: shown.pages,
        },
        None => PreviewRecord {
            probe,
            poster: None,
            proxy: None,
            pages: Vec::new(),
        },
    };
    Ok(ExaminedRecord {
        kind,
        showable,
        preview,
    })
}

/// Makes a protected copy and enters it, or enters why there is none.
pub(super) async fn scrub(open: &Arc<OpenDesk>, item: ItemId) -> Result<(), JobError> {
    let record = open.store.item(item).await?;
    let (workshop, archive) = (open.around.workshop.clone(), open.archive.clone());
    // One that is done again after a kill gets another code; the first was seen by nobody.
    let code = code(&mut OsRng);
    let scrubbing = move || scrub::scrub(&workshop, &archive, record.blob, &code?);
    match tokio::task::spawn_blocking(scrubbing).await?? {
        ScrubOutcome::Made(made) => {
            let what = derivative(*made)?;
            open.store.item_scrubbed(item, &what, clock::now()).await?;
        }
        ScrubOutcome::Refused(refusal) => {
            let reason = refusal.to_string();
            open.store
                .item_scrub_refused(item, refusal.code.key(), &reason, clock::now())
                .await?;
        }
    }
    open.tell(EventKind::Item, item);
    Ok(())
}

fn derivative(made: Made) -> Result<NewDerivative, WorkError> {
    let (width, height) = made.dimensions.unzip();
    let recipe = Recipe {
        steps: made.report.steps.clone(),
        width,
        height,
        lasts: made.lasts,
    };
    Ok(NewDerivative {
        recipe: json(&recipe)?.expose().to_owned(),
        tools: json(&made.report.tools)?.expose().to_owned(),
        blob: made.kept.blob,
        sha256: made.kept.sha256,
        bytes: made.kept.bytes,
        kind: made.kind.name().to_owned(),
        mime: made.kind.mime().to_owned(),
        poster: made.poster,
        report: json(&made.report)?,
        code: made.code.map(String::from),
        variants: made.variants,
    })
}

/// A code that nothing else bears: of a million files, two have the same in one case of two, and the record refuses the
/// second, which is then made again.
fn code(rng: &mut (impl RngCore + CryptoRng)) -> Result<Code, WorkError> {
    let mut bits = [0; 5];
    rng.fill_bytes(&mut bits);
    Code::new(&publish::code_of_bits(bits))
        .ok_or_else(|| WorkError::Scratch(std::io::ErrorKind::InvalidData.into()))
}

fn json(value: &impl Serialize) -> Result<Private, WorkError> {
    serde_json::to_string(value)
        .map(Private::new)
        .map_err(|error| WorkError::Scratch(error.into()))
}

/// A probe as the record keeps it; one that cannot be read any more shows nothing.
pub(crate) fn probe_from(record: &PreviewRecord) -> Option<Probe> {
    serde_json::from_str(record.probe.expose()).ok()
}

/// A scrub report as the record keeps it.
pub(crate) fn report_from(record: &NewDerivative) -> Option<ScrubReport> {
    serde_json::from_str(record.report.expose()).ok()
}

/// How a derivative was made.
pub(crate) fn recipe_from(record: &NewDerivative) -> Option<Recipe> {
    serde_json::from_str(&record.recipe).ok()
}
