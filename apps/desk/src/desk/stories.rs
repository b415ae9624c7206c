//! Stories at the border: write, approve, publish.

use std::time::Duration;

use ledger::Digest;
use newsroom::stories::{Draft, Placed, Publication, Settings, StoryStage, Text};
use newsroom::telling::Note;
use newsroom::{Micros, Refusal};
use store::{DerivativeRecord, StoreError, StoryRecord};

use super::reading::{derivative_view, internal};
use super::told::{outgoing, with_renditions};
use super::{
    ApprovalView, DerivativeChoice, Desk, DeskError, EditorId, Outgoing, PublicationView,
    Published, PublishedFile, ScheduleView, StoryDraft, StoryId, StoryLine, StoryMedia,
    StorySettings, StoryState, StoryView,
};
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;
use crate::publishing;

/// Stories in the list.
const SHOWN: u32 = 500;
/// Derivatives offered for choosing.
const OFFERED: u32 = 500;
/// How often a waiting page looks whether the site is in place, should an event be missed.
const LOOK: Duration = Duration::from_millis(500);
/// How long a page waits for the site to be built; after that it says that it is being published.
const PATIENCE: Duration = Duration::from_secs(90);

impl Desk {
    /// All stories, newest first.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn stories(&self) -> Result<Vec<StoryLine>, DeskError> {
        let lines = self.open()?.store.stories(SHOWN).await?;
        let line = |line: store::StoryLine| StoryLine {
            id: line.id,
            version: line.version.into(),
            title_en: line.title_en,
            title_ar: line.title_ar,
            state: state(line.stage),
            changed_at: line.saved_at.0,
        };
        Ok(lines.into_iter().map(line).collect())
    }

    /// One story with its texts, derivatives, clearance hash and approvals.
    ///
    /// # Errors
    /// Locked, not found, or the store failed.
    pub async fn story(&self, story: StoryId) -> Result<StoryView, DeskError> {
        let open = self.open()?;
        let record = open.store.story(story).await?;
        let publication = match record.publications.last() {
            Some(last) => publication_view(&open, last).await?,
            None => None,
        };
        let choices = choices(&open, &record).await?;
        let outgoing = outgoing(&open, &record.story.draft).await?;
        let mut view = story_view(&record, choices, outgoing, publication);
        if let Some(schedule) = &mut view.schedule {
            schedule.clock_ahead = open.steady.ahead();
        }
        Ok(view)
    }

    /// Starts an empty story.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn new_story(&self, editor: EditorId) -> Result<StoryId, DeskError> {
        let open = self.open()?;
        let id = open.store.create_story(editor, None, clock::now()).await?;
        open.tell(EventKind::Story, id);
        Ok(id)
    }

    /// Saves texts and derivatives as a new version; standing approvals are void afterwards.
    ///
    /// `draft.version` is the version the editor started from; without it (tools) the present one
    /// is meant. Without `draft.settings` they stay as they are.
    ///
    /// # Errors
    /// Locked, not found, refused, or the store failed.
    pub async fn save_story(
        &self,
        editor: EditorId,
        story: StoryId,
        draft: StoryDraft,
    ) -> Result<StoryView, DeskError> {
        let open = self.open()?;
        let current = open.store.story(story).await?.story;
        let expected = match draft.version {
            Some(version) => u32::try_from(version).unwrap_or(u32::MAX),
            None => current.version,
        };
        let draft = draft_from(draft, current.draft.settings);
        let draft = with_renditions(&open, draft).await?;
        open.store
            .save_story(story, editor, expected, &draft, clock::now())
            .await?;
        open.tell(EventKind::Story, story);
        self.story(story).await
    }

    /// Begins to withdraw a published story: a version that says only why. Two people have to approve it, and publishing
    /// it puts the reason in the place of the story.
    ///
    /// # Errors
    /// Locked, not found, refused (never published, changed meanwhile), or the store failed.
    pub async fn withdraw_story(
        &self,
        editor: EditorId,
        story: StoryId,
        version: Option<u64>,
        reason: Note,
    ) -> Result<StoryView, DeskError> {
        let open = self.open()?;
        let current = open.store.story(story).await?.story;
        let expected = version.map_or(current.version, |version| {
            u32::try_from(version).unwrap_or(u32::MAX)
        });
        let draft = current.draft.withdrawn(reason);
        open.store
            .save_story(story, editor, expected, &draft, clock::now())
            .await?;
        open.tell(EventKind::Story, story);
        self.story(story).await
    }

    /// Approves exactly the clearance the editor saw (`clearance` is the hash in hex, as the page
    /// showed it); `session` is the hash of the token of the session the editor acts in, which the
    /// approval's evidence binds.
    ///
    /// # Errors
    /// Locked, not found, refused (same editor twice, changed meanwhile), or the store failed.
    pub async fn approve(
        &self,
        editor: EditorId,
        story: StoryId,
        clearance: &str,
        session: &Digest,
    ) -> Result<StoryView, DeskError> {
        let open = self.open()?;
        let shown = shown(clearance)?;
        open.store
            .approve_story(story, editor, shown, *session, clock::now())
            .await?;
        open.tell(EventKind::Story, story);
        self.story(story).await
    }

    /// A safety editor answers for the risks of a story to its sources, for exactly the clearance that the page showed.
    ///
    /// # Errors
    /// Locked, not found, refused (not a safety editor, changed meanwhile, nothing to answer for), or the store failed.
    pub async fn acknowledge_risks(
        &self,
        editor: EditorId,
        story: StoryId,
        clearance: &str,
    ) -> Result<StoryView, DeskError> {
        let open = self.open()?;
        let shown = shown(clearance)?;
        open.store
            .acknowledge_risks(story, editor, shown, clock::now())
            .await?;
        open.tell(EventKind::Story, story);
        self.story(story).await
    }

    /// Publishes a cleared story: statements, log, proofs, site; or schedules it, when the moment that was approved with
    /// it is still to come. Repeating it is harmless. Returns
    /// when the site is in place, or after a while when that takes long (then without being live).
    ///
    /// # Errors
    /// Locked, not found, refused (not cleared), or a station failed.
    pub async fn publish(&self, editor: EditorId, story: StoryId) -> Result<Published, DeskError> {
        let open = self.open()?;
        let now = open.steady.now();
        match open.store.publish_story(story, editor, now).await {
            Ok(_) => {}
            // What has a moment goes out by itself then.
            Err(StoreError::Refused(Refusal::NotYet { until })) => {
                open.store.schedule_story(story, editor, now).await?;
                open.tell(EventKind::Story, story);
                return Ok(Published::Scheduled { at: until.0 });
            }
            // Pressed twice, or again after a restart: what was decided is carried out.
            Err(StoreError::Refused(Refusal::AlreadyPublished)) => {}
            Err(error) => return Err(error.into()),
        }
        open.work_added.notify_waiters();
        open.tell(EventKind::Story, story);
        let _ = tokio::time::timeout(PATIENCE, live(&open, story)).await;
        let record = open.store.story(story).await?;
        let last = record.publications.last();
        let view = match last {
            Some(last) => publication_view(&open, last).await?,
            None => None,
        };
        let view = view.ok_or_else(|| DeskError::Internal {
            during: "publishing",
            reason: "the publication is not in the record".to_owned(),
        })?;
        Ok(Published::Out(view))
    }

    /// Holds a scheduled story back again.
    ///
    /// # Errors
    /// Locked, not found, refused (not scheduled), or the store failed.
    pub async fn unschedule(&self, editor: EditorId, story: StoryId) -> Result<(), DeskError> {
        let open = self.open()?;
        open.store
            .unschedule_story(story, editor, clock::now())
            .await?;
        open.tell(EventKind::Story, story);
        Ok(())
    }
}

/// The clearance hash that a page showed. What is no hash cannot be the hash of what stands there now.
pub(super) fn shown(clearance: &str) -> Result<Digest, DeskError> {
    clearance.parse().map_err(|_| DeskError::Refused {
        code: "stale-approval".to_owned(),
    })
}

/// Returns when the newest publication of a story is on the site.
async fn live(open: &OpenDesk, story: StoryId) -> Result<(), StoreError> {
    let mut events = open.around.events.listen();
    loop {
        let record = open.store.story(story).await?;
        if record
            .publications
            .last()
            .is_some_and(|last| last.live_at.is_some())
        {
            return Ok(());
        }
        let _ = tokio::time::timeout(LOOK, events.recv()).await;
    }
}

pub(super) fn draft_from(draft: StoryDraft, standing: Settings) -> Draft {
    let settings = draft
        .settings
        .map_or(standing.clone(), |settings| Settings {
            slug: settings.slug,
            grade: settings.grade,
            graphic: settings.graphic,
            not_before: settings.not_before.map(Micros),
            telling: settings.telling.map_or(standing.telling, Box::new),
        });
    let placed = |medium: StoryMedia| Placed {
        derivative: medium.derivative,
        alt_en: medium.alt_en,
        alt_ar: medium.alt_ar,
    };
    Draft {
        en: text(draft.title_en, &draft.body_en),
        ar: text(draft.title_ar, &draft.body_ar),
        media: draft.media.into_iter().map(placed).collect(),
        settings,
        renditions: None,
    }
}

/// Browsers send line ends as two characters; texts hold one.
fn text(title: String, body: &str) -> Text {
    Text {
        title,
        body: body.replace("\r\n", "\n"),
    }
}

fn state(stage: StoryStage) -> StoryState {
    match stage {
        StoryStage::Draft | StoryStage::Awaiting => StoryState::Draft,
        StoryStage::Cleared => StoryState::Cleared,
        StoryStage::Publishing => StoryState::Publishing,
        StoryStage::Published => StoryState::Published,
    }
}

pub(super) fn story_view(
    record: &StoryRecord,
    choices: Vec<DerivativeChoice>,
    outgoing: Outgoing,
    publication: Option<PublicationView>,
) -> StoryView {
    let approval = |(approval, name): &(newsroom::stories::Approval, String)| ApprovalView {
        editor: approval.editor,
        name: name.clone(),
        safety: approval.roles.safety,
        at: approval.at.0,
    };
    StoryView {
        id: record.story.id,
        version: record.story.version.into(),
        draft: draft_view(record),
        derivatives: record.derivatives.iter().map(derivative_view).collect(),
        choices,
        clearance: record.clearance.to_string(),
        approvals: record.approvals.iter().map(approval).collect(),
        state: state(record.stage),
        publication,
        outgoing,
        schedule: record.schedule.as_ref().map(|(one, trouble)| ScheduleView {
            at: one.at.0,
            trouble: trouble.clone(),
            clock_ahead: 0,
        }),
        held: record.held,
        risks: record.risks,
    }
}

fn draft_view(record: &StoryRecord) -> StoryDraft {
    let draft = &record.story.draft;
    let medium = |placed: &Placed| StoryMedia {
        derivative: placed.derivative,
        alt_en: placed.alt_en.clone(),
        alt_ar: placed.alt_ar.clone(),
    };
    StoryDraft {
        version: Some(record.story.version.into()),
        title_en: draft.en.title.clone(),
        body_en: draft.en.body.clone(),
        title_ar: draft.ar.title.clone(),
        body_ar: draft.ar.body.clone(),
        media: draft.media.iter().map(medium).collect(),
        settings: Some(StorySettings {
            slug: draft.settings.slug.clone(),
            grade: draft.settings.grade,
            graphic: draft.settings.graphic,
            not_before: draft.settings.not_before.map(|at| at.0),
            telling: Some((*draft.settings.telling).clone()),
        }),
    }
}

/// Derivatives that are not in the story yet.
async fn choices(
    open: &OpenDesk,
    record: &StoryRecord,
) -> Result<Vec<DerivativeChoice>, StoreError> {
    let chosen = |one: &DerivativeRecord| {
        let media = &record.story.draft.media;
        media.iter().any(|placed| placed.derivative == one.id)
    };
    let mut offered = Vec::new();
    for one in open.store.derivatives(OFFERED).await? {
        if !chosen(&one) {
            let item = open.store.item(one.item).await?;
            offered.push(DerivativeChoice {
                derivative: derivative_view(&one),
                item_name: item.name.expose().to_owned(),
            });
        }
    }
    Ok(offered)
}

/// Where a publication is; `None` while its proofs are not made yet.
pub(super) async fn publication_view(
    open: &OpenDesk,
    publication: &Publication,
) -> Result<Option<PublicationView>, DeskError> {
    let Some(live_at) = publication.live_at else {
        return Ok(None);
    };
    let record = open.store.publication(publication.id).await?;
    let slug = &record.story.draft.settings.slug;
    let mut files = Vec::with_capacity(record.derivatives.len());
    for derivative in &record.derivatives {
        let (file, proof) =
            publishing::paths(slug, derivative).map_err(|error| internal("publishing", &error))?;
        files.push(PublishedFile {
            derivative: derivative.id,
            file,
            proof,
        });
    }
    Ok(Some(PublicationView {
        url_path: publishing::story_path(slug),
        at: live_at.0,
        files,
    }))
}
