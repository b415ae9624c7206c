//! The capture drill at the border: look at what it would do, then confirm exactly that.

use formats::KitId;
use ledger::Digest;
use newsroom::{Micros, Private};
use store::{CapturePlan, StoryAtRisk};

use super::reading::{dispatch_line, item_line};
use super::sources::line;
use super::{Desk, DeskError, DispatchLine, EditorId, ItemLine, SourceLine, StoryId};
use crate::clock;
use crate::desk::EventKind;

/// A story that the drill names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskyStory {
    /// Which.
    pub id: StoryId,
    /// Its titles.
    pub title_en: String,
    /// Its titles.
    pub title_ar: String,
}

/// What the drill would do, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureView {
    /// The source.
    pub line: SourceLine,
    /// SHA-256 of the plan, hex: what a confirmation names.
    pub plan: String,
    /// From when on the kit counts as captured, microseconds since 1970 UTC.
    pub since: i64,
    /// Cells of this epoch and later ones are refused.
    pub from_epoch: u32,
    /// What came from there; the notes may hold names and places.
    pub dispatches: Vec<DispatchLine>,
    /// Items that came.
    pub items: Vec<ItemLine>,
    /// Stories that are held back.
    pub frozen: Vec<RiskyStory>,
    /// Stories that are out, to be reviewed.
    pub published: Vec<RiskyStory>,
    /// Session tokens that are revoked.
    pub tokens: u64,
    /// When it was done, and why.
    pub done: Option<(i64, String)>,
    /// This was a rehearsal: everything was checked and nothing changed.
    pub rehearsed: bool,
}

/// What is confirmed.
#[derive(Debug)]
pub struct CaptureOrder {
    /// From when on the kit counts as captured; now when nothing is said.
    pub since: Option<i64>,
    /// The plan's hash, hex, as the page showed it.
    pub plan: String,
    /// Why.
    pub reason: Private,
    /// Check everything, change nothing.
    pub rehearse: bool,
}

impl Desk {
    /// What the drill would do to a kit.
    ///
    /// # Errors
    /// Locked, refused, no such kit, or the store failed.
    pub async fn capture_plan(
        &self,
        editor: EditorId,
        kit: KitId,
        since: Option<i64>,
    ) -> Result<CaptureView, DeskError> {
        let (open, now) = (self.open()?, clock::now());
        let since = since.map_or(now, Micros);
        let planned = open.store.capture_plan(kit, since, editor, now).await?;
        Ok(view(&planned, since, now))
    }

    /// Carries the drill out: cuts the kit off, freezes its stories, revokes its tokens at every drop.
    ///
    /// # Errors
    /// Locked, refused (not a safety editor, no reason, another plan, done already), no such kit, or the store failed.
    pub async fn capture(
        &self,
        editor: EditorId,
        kit: KitId,
        order: CaptureOrder,
    ) -> Result<CaptureView, DeskError> {
        let (open, now) = (self.open()?, clock::now());
        let since = order.since.map_or(now, Micros);
        let shown: Digest = order.plan.parse().map_err(|_| DeskError::Refused {
            code: "stale-plan".to_owned(),
        })?;
        let (reason, rehearse) = (&order.reason, order.rehearse);
        let done = open
            .store
            .capture(kit, since, shown, reason, rehearse, editor, now)
            .await?;
        let mut view = view(&done, since, now);
        view.rehearsed = rehearse;
        if !rehearse {
            view.done = Some((now.0, order.reason.expose().to_owned()));
            view.line.captured_at = Some(now.0);
            // The outbox tells the drops, again and again until each has heard it.
            open.receipt_added.notify_one();
            for story in &done.frozen {
                open.tell(EventKind::Story, story.id);
            }
        }
        Ok(view)
    }

    /// How many captures have left keys to rotate.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn rotations_due(&self) -> Result<u32, DeskError> {
        Ok(self.open()?.store.rotations_due().await?)
    }
}

fn view(planned: &CapturePlan, since: Micros, now: Micros) -> CaptureView {
    let story = |story: &StoryAtRisk| RiskyStory {
        id: story.id,
        title_en: story.title_en.clone(),
        title_ar: story.title_ar.clone(),
    };
    CaptureView {
        line: line(&planned.source, now),
        plan: planned.plan.hash().to_string(),
        since: since.0,
        from_epoch: planned.plan.from_epoch,
        dispatches: planned
            .dispatches
            .iter()
            .map(|one| dispatch_line(one, &[], &[]))
            .collect(),
        items: planned.items.iter().map(item_line).collect(),
        frozen: planned.frozen.iter().map(story).collect(),
        published: planned.published.iter().map(story).collect(),
        tokens: planned.plan.tokens,
        done: planned
            .done
            .as_ref()
            .map(|(at, reason)| (at.0, reason.expose().to_owned())),
        rehearsed: false,
    }
}
