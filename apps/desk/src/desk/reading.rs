//! What the pages read about arrivals and items, and what they stream.

use formats::DispatchId;
use newsroom::arrival::{DispatchState as RecordState, is_cut_off};
use newsroom::audit::{Actor, Chain};
use newsroom::items::{Examination, Protection};
use newsroom::time::HOUR;
use newsroom::work::Work;
use newsroom::{BlobId, Refusal};
use store::{
    AuditRecord, Cut, DerivativeRecord, DispatchRecord, HeldRecord, ItemRecord, Store, StoreError,
    VariantRecord,
};

use super::{
    CustodyLine, CutOff, DerivativeId, DerivativeView, Desk, DeskError, DispatchLine,
    DispatchState, EditorId, FindingView, InboxView, ItemId, ItemLine, ItemView, Media,
    ScrubReportView, VariantView, WorkState, held,
};
use crate::archive::ArchiveError;
use crate::clock;
use crate::config::DeskConfig;
use crate::desk::EventKind;
use crate::intake::loose;
use crate::intake::manifest::SEALED;
use crate::intake::opening::OpeningError;
use crate::open_desk::OpenDesk;
use crate::work::items::{probe_from, report_from};

/// Dispatches shown in the inbox.
const SHOWN: u32 = 200;
/// Given-up jobs looked through for those of an item.
const GIVEN_UP: u32 = 200;

impl Desk {
    /// What has arrived, newest first.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn inbox(&self) -> Result<InboxView, DeskError> {
        let open = self.open()?;
        let mut dispatches = Vec::new();
        let config = DeskConfig::load(&open.around.folder);
        let config = config.map_err(|error| internal("reading the configuration", &error))?;
        let after = i64::from(config.cut_off_hours) * HOUR;
        for record in open.store.dispatches(SHOWN).await? {
            let items = open.store.items_of(&record.key).await?;
            let held = held_of(&open.store, &record).await?;
            let mut line = dispatch_line(&record, &items, &held);
            show_cut_off(&open, &record, after, &mut line).await?;
            dispatches.push(line);
        }
        Ok(InboxView { dispatches })
    }

    /// One item with all that is known about it.
    ///
    /// # Errors
    /// Locked, not found, or the store failed.
    pub async fn item(&self, item: ItemId) -> Result<ItemView, DeskError> {
        let open = self.open()?;
        let record = open.store.item(item).await?;
        let dispatch = open.store.dispatch(&record.dispatch).await?;
        let custody = open.store.audit(Chain::Item(item)).await?;
        let derivatives = open.store.derivatives_of(item).await?;
        let mut view = item_view(&record, &dispatch, &custody, &derivatives);
        held::show_counterpart(&open, &record, &mut view).await?;
        for (work, code) in open.store.dead_jobs(GIVEN_UP).await? {
            show_given_up(&mut view, &work, &code);
        }
        Ok(view)
    }

    /// As [`Desk::item`], for an editor to whom the medium is shown: the look is entered in the custody.
    ///
    /// # Errors
    /// As [`Desk::item`].
    pub async fn look_at(&self, item: ItemId, editor: EditorId) -> Result<ItemView, DeskError> {
        let store = self.store()?;
        store.item_viewed(item, editor, clock::now()).await?;
        self.item(item).await
    }

    /// The preview of an item (H.264 proxy, audio, picture), for byte ranges.
    ///
    /// # Errors
    /// Locked, not found, not made yet, or the blob failed.
    pub async fn open_preview(&self, item: ItemId) -> Result<Media, DeskError> {
        let preview = self.open()?.store.item(item).await?.preview;
        let found = preview.and_then(|preview| {
            let still = preview.poster.map(|poster| (poster, JPEG.to_owned()));
            preview.proxy.or(still)
        });
        let (blob, mime) = found.ok_or_else(|| not_made("preview", item))?;
        self.open_blob(blob, mime).await
    }

    /// The poster (a JPEG) of an item.
    ///
    /// # Errors
    /// As [`Desk::open_preview`].
    pub async fn open_poster(&self, item: ItemId) -> Result<Media, DeskError> {
        let preview = self.open()?.store.item(item).await?.preview;
        let poster = preview.and_then(|preview| preview.poster);
        let blob = poster.ok_or_else(|| not_made("poster", item))?;
        self.open_blob(blob, JPEG.to_owned()).await
    }

    /// One page of a document (a JPEG), counted from 1; there are [`ItemView::pages`].
    ///
    /// # Errors
    /// As [`Desk::open_preview`].
    pub async fn open_page(&self, item: ItemId, number: u32) -> Result<Media, DeskError> {
        let preview = self.open()?.store.item(item).await?.preview;
        let at = number
            .checked_sub(1)
            .and_then(|at| usize::try_from(at).ok());
        let page = preview
            .zip(at)
            .and_then(|(preview, at)| preview.pages.get(at).copied());
        let blob = page.ok_or_else(|| not_made("page", item))?;
        self.open_blob(blob, JPEG.to_owned()).await
    }

    /// A derivative: exactly the bytes that would be published.
    ///
    /// # Errors
    /// As [`Desk::open_preview`].
    pub async fn open_derivative(&self, derivative: DerivativeId) -> Result<Media, DeskError> {
        let what = self.open()?.store.derivative(derivative).await?.what;
        self.open_blob(what.blob, what.mime).await
    }

    /// What was made of a derivative for one class of limits: exactly the bytes that a channel would get.
    ///
    /// # Errors
    /// As [`Desk::open_preview`]; not found when there is none of that class.
    pub async fn open_variant(
        &self,
        derivative: DerivativeId,
        rung: &str,
    ) -> Result<Media, DeskError> {
        let what = self.open()?.store.derivative(derivative).await?.what;
        let one = what.variants.into_iter().find(|one| one.rung == rung);
        let one = one.ok_or_else(|| DeskError::NotFound {
            what: "derivative",
            id: derivative.to_string(),
        })?;
        self.open_blob(one.blob, one.mime).await
    }

    /// Has the pieces of a dispatch that was cut short entered as items of their own, in the background. When its manifest
    /// comes after all, the whole items take their place. Asking twice is harmless.
    ///
    /// # Errors
    /// Locked, not arriving (any more), or the record failed.
    pub async fn open_loose(
        &self,
        dispatch: DispatchId,
        editor: EditorId,
    ) -> Result<(), DeskError> {
        let open = self.open()?;
        let failed = |error: OpeningError| internal("opening loose pieces", &error);
        let keys = loose::arriving(&open, dispatch).await.map_err(failed)?;
        if keys.is_empty() {
            return Err(DeskError::NotFound {
                what: "dispatch",
                id: dispatch.to_string(),
            });
        }
        for key in keys {
            open.store.ask_loose(&key, editor, clock::now()).await?;
        }
        open.work_added.notify_waiters();
        open.tell(EventKind::Dispatch, dispatch);
        Ok(())
    }

    /// Asks for a scrubbed derivative; the work runs in the background and reports by events.
    /// Asking twice while one is under way is harmless.
    ///
    /// # Errors
    /// Locked, not found, or the store failed.
    pub async fn request_scrub(&self, item: ItemId, editor: EditorId) -> Result<(), DeskError> {
        let open = self.open()?;
        match open.store.ask_scrub(item, editor, clock::now()).await {
            Ok(()) | Err(StoreError::Refused(Refusal::AlreadyWorking)) => {}
            Err(error) => return Err(error.into()),
        }
        open.work_added.notify_waiters();
        open.tell(EventKind::Item, item);
        Ok(())
    }

    async fn open_blob(&self, blob: BlobId, mime: String) -> Result<Media, DeskError> {
        let archive = self.open()?.archive.clone();
        let opening = move || archive.open(blob);
        let opened = tokio::task::spawn_blocking(opening)
            .await
            .map_err(|error| internal("opening a blob", &error))??;
        Ok(Media {
            len: opened.len,
            mime,
            reader: Box::new(opened.reader),
        })
    }
}

/// Work that was tried too often, through no fault of the file, is not under way any more.
fn show_given_up(view: &mut ItemView, work: &Work, code: &str) {
    let state = match work {
        Work::Examine { item } if *item == view.id => &mut view.preview,
        Work::Scrub { item } if *item == view.id => &mut view.scrub,
        _ => return,
    };
    if *state == WorkState::UnderWay {
        *state = WorkState::Failed {
            code: "given-up".to_owned(),
            reason: format!("the desk tried several times and failed ({code})"),
        };
    }
}

const JPEG: &str = "image/jpeg";

/// Shows an arriving dispatch as cut off after its time of silence, and that its pieces are being entered.
async fn show_cut_off(
    open: &OpenDesk,
    record: &DispatchRecord,
    after: i64,
    line: &mut DispatchLine,
) -> Result<(), StoreError> {
    if line.state != DispatchState::Arriving {
        return Ok(());
    }
    let held = record.held.unwrap_or(0);
    let (state, progress, seen) = (record.state, &record.progress, record.last_seen);
    if is_cut_off(state, progress, held, seen, after, clock::now()) {
        line.state = DispatchState::CutOff;
    }
    let work = Work::OpenLoose {
        kit: record.key.kit,
        dispatch: record.key.dispatch,
    };
    line.opening = open.store.is_under_way(&work).await?;
    Ok(())
}

/// What a dispatch holds back, if its manifest says that it does.
pub(super) async fn held_of(
    store: &Store,
    record: &DispatchRecord,
) -> Result<Vec<HeldRecord>, StoreError> {
    match record.held {
        None | Some(0) => Ok(Vec::new()),
        Some(_) => store.held_of(&record.key).await,
    }
}

pub(super) fn dispatch_line(
    record: &DispatchRecord,
    items: &[ItemRecord],
    held: &[HeldRecord],
) -> DispatchLine {
    DispatchLine {
        id: record.key.dispatch.to_string(),
        received_at: record.first_seen.0,
        cells_seen: record.cells,
        pieces_complete: record.progress.complete.into(),
        pieces_total: record.progress.pieces.map(u64::from),
        state: match record.state {
            RecordState::Arriving if held::only_held_is_missing(record, held) => {
                DispatchState::Announced
            }
            RecordState::Arriving => DispatchState::Arriving,
            RecordState::Complete => DispatchState::Opening,
            RecordState::Opened => DispatchState::Complete,
            RecordState::Unreadable if record.trouble.as_deref() == Some(SEALED) => {
                DispatchState::Unopenable
            }
            RecordState::Unreadable => DispatchState::Damaged,
        },
        note: record.note.as_ref().map(|note| note.expose().to_owned()),
        items: items.iter().map(item_line).collect(),
        held: held::lines(held),
        opening: false,
        forced: record.forced,
        another_vault: record.another_vault,
    }
}

pub(super) fn item_line(record: &ItemRecord) -> ItemLine {
    ItemLine {
        id: record.id,
        name: record.name.expose().to_owned(),
        kind: kind(record),
        bytes: record.bytes,
        preview: preview_state(record),
        preview_of: record.preview_of,
        ordinal: record.ordinal,
        cut_off: record.cut.is_some(),
    }
}

fn item_view(
    record: &ItemRecord,
    dispatch: &DispatchRecord,
    custody: &[AuditRecord],
    derivatives: &[DerivativeRecord],
) -> ItemView {
    let preview = record.preview.as_ref();
    ItemView {
        id: record.id,
        dispatch: record.dispatch.dispatch.to_string(),
        kind: kind(record),
        name: record.name.expose().to_owned(),
        bytes: record.bytes,
        received_at: dispatch.first_seen.0,
        note: record.note.as_ref().map(|note| note.expose().to_owned()),
        cut: record.cut.map(|cut| match cut {
            Cut::Recording => CutOff::Recording,
            Cut::Loose { first, last } => CutOff::Loose { first, last },
        }),
        announces: None,
        counterpart: None,
        is_preview: record.preview_of.is_some(),
        findings: findings(record),
        custody: custody.iter().map(custody_line).collect(),
        preview: preview_state(record),
        preview_mime: preview.and_then(|preview| match &preview.proxy {
            Some((_, mime)) => Some(mime.clone()),
            None => preview.poster.map(|_| JPEG.to_owned()),
        }),
        poster: preview.is_some_and(|preview| preview.poster.is_some()),
        pages: preview.map_or(0, |preview| u32::try_from(preview.pages.len()).unwrap_or(0)),
        scrub: scrub_state(record),
        derivatives: derivatives.iter().map(derivative_view).collect(),
        forced: dispatch.forced,
        another_vault: dispatch.another_vault,
    }
}

fn kind(record: &ItemRecord) -> String {
    record.kind.clone().unwrap_or_else(|| "unknown".to_owned())
}

fn preview_state(record: &ItemRecord) -> WorkState {
    match record.examination {
        Examination::Queued => WorkState::UnderWay,
        Examination::Done => WorkState::Done,
        Examination::Unreadable => {
            let trouble = record
                .preview
                .as_ref()
                .and_then(probe_from)
                .and_then(|p| p.trouble);
            match trouble {
                Some(refusal) => WorkState::Failed {
                    code: refusal.code.key().to_owned(),
                    reason: refusal.to_string(),
                },
                None => WorkState::Failed {
                    code: "nothing-to-show".to_owned(),
                    reason: String::new(),
                },
            }
        }
    }
}

fn scrub_state(record: &ItemRecord) -> WorkState {
    match &record.protection {
        Protection::None => WorkState::NotAsked,
        Protection::Working => WorkState::UnderWay,
        Protection::Ready => WorkState::Done,
        Protection::Refused { code } => WorkState::Failed {
            code: code.clone(),
            reason: record.refusal_reason.clone().unwrap_or_default(),
        },
    }
}

/// What was found, and, for a file that harmed a tool, what it did.
fn findings(record: &ItemRecord) -> Vec<FindingView> {
    let Some(probe) = record.preview.as_ref().and_then(probe_from) else {
        return Vec::new();
    };
    let trouble = probe.trouble.iter().map(|refusal| FindingView {
        code: refusal.code.key().to_owned(),
        place: String::new(),
        value: refusal.to_string(),
    });
    trouble.chain(probe.findings.iter().map(finding)).collect()
}

fn finding(found: &media::Finding) -> FindingView {
    FindingView {
        code: found.code.key().to_owned(),
        place: found.place.clone(),
        value: found.value.clone(),
    }
}

fn custody_line(record: &AuditRecord) -> CustodyLine {
    let entry = &record.event.entry;
    CustodyLine {
        at: entry.at.0,
        what: entry.act.code().to_owned(),
        who: match entry.actor {
            Actor::Editor(id) => record.editor_name.clone().unwrap_or_else(|| id.short()),
            Actor::Desk | Actor::Custodians => String::new(),
        },
        hash: record.event.hash.to_string(),
    }
}

pub(super) fn derivative_view(record: &DerivativeRecord) -> DerivativeView {
    let what = &record.what;
    let report =
        report_from(what).map_or_else(ScrubReportView::default, |report| ScrubReportView {
            removed: report.removed.iter().map(finding).collect(),
            left: report.left.iter().map(finding).collect(),
            tools: report.tools,
        });
    DerivativeView {
        id: record.id,
        item: record.item,
        sha256: what.sha256.to_string(),
        mime: what.mime.clone(),
        bytes: what.bytes,
        report,
        code: what.code.clone(),
        variants: what.variants.iter().map(variant_view).collect(),
    }
}

fn variant_view(one: &VariantRecord) -> VariantView {
    VariantView {
        rung: one.rung.clone(),
        sha256: one.sha256.to_string(),
        mime: one.mime.clone(),
        bytes: one.bytes,
    }
}

fn not_made(what: &'static str, item: ItemId) -> DeskError {
    DeskError::NotMade {
        what,
        id: item.to_string(),
    }
}

/// A failure inside: the log has the reason, the page says only that it failed.
pub(super) fn internal(during: &'static str, error: &dyn std::error::Error) -> DeskError {
    tracing::error!(during, %error, "the desk failed");
    DeskError::Internal {
        during,
        reason: error.to_string(),
    }
}

impl From<StoreError> for DeskError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refused(&refusal),
            StoreError::Missing { what, id } => Self::NotFound { what, id },
            other => internal("the record", &other),
        }
    }
}

/// What does not exist is not found; everything else is a refusal with its code.
fn refused(refusal: &Refusal) -> DeskError {
    let what = match refusal {
        Refusal::UnknownItem => "item",
        Refusal::UnknownDerivative => "derivative",
        Refusal::UnknownStory => "story",
        Refusal::UnknownPublication => "publication",
        Refusal::UnknownKit => "kit",
        _ => {
            return DeskError::Refused {
                code: refusal.code().to_owned(),
            };
        }
    };
    DeskError::NotFound {
        what,
        id: String::new(),
    }
}

impl From<ArchiveError> for DeskError {
    fn from(error: ArchiveError) -> Self {
        internal("the archive", &error)
    }
}
