//! Stories: edit, approve, publish. Nobody publishes alone (invariant 8), and an approval is for exactly those bytes.

use crate::accounts::Roles;
use crate::clearance::ClearanceRecord;
pub use crate::draft::{
    ALT_MAX, BODY_MAX, Draft, Grade, MEDIA_MAX, Placed, Rendition, Settings, TITLE_MAX, Text,
};
use crate::ids::{DerivativeId, EditorId, ItemId, PublicationId, StoryId};
use crate::refusal::Refusal;
use crate::risks::{self, Acknowledgement, Risks};
use crate::time::Micros;
use crate::work::Work;
use ledger::Digest;

/// One version of a story. Versions are never changed, only followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Which story.
    pub id: StoryId,
    /// Counted from 1.
    pub version: u32,
    /// What stands in it.
    pub draft: Draft,
    /// Who saved this version.
    pub author: EditorId,
    /// When.
    pub saved_at: Micros,
}

/// What the rules know of a derivative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivativeFacts {
    /// Which.
    pub id: DerivativeId,
    /// The item it was made from.
    pub item: ItemId,
    /// SHA-256 of the very bytes that would be published.
    pub sha256: Digest,
    /// How many bytes.
    pub bytes: u64,
    /// Media type.
    pub mime: String,
    /// SHA-256 of the still picture that goes out with it, if any.
    pub poster: Option<Digest>,
}

/// What the rules know of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EditorFacts {
    /// Who.
    pub id: EditorId,
    /// What they may be, now.
    pub roles: Roles,
    /// Whether they may act, now.
    pub active: bool,
}

/// One person's yes to exactly these bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The story.
    pub story: StoryId,
    /// The version that was shown.
    pub version: u32,
    /// Hash of its clearance record.
    pub clearance: Digest,
    /// Who.
    pub editor: EditorId,
    /// What they were when they approved.
    pub roles: Roles,
    /// Binds the session in which they did ([`crate::clearance::session_evidence`]).
    pub evidence: Digest,
    /// When.
    pub at: Micros,
}

/// A version going out, or out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Which.
    pub id: PublicationId,
    /// The story.
    pub story: StoryId,
    /// The version.
    pub version: u32,
    /// Hash of the clearance record that was approved.
    pub clearance: Digest,
    /// Who pressed the button.
    pub by: EditorId,
    /// When it was decided.
    pub decided_at: Micros,
    /// The publication it takes the place of.
    pub supersedes: Option<PublicationId>,
    /// When the site with it was in place; `None` while it is on its way.
    pub live_at: Option<Micros>,
}

/// A cleared version that waits for its moment. It is decided anew when the moment comes: what changed until then counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The version.
    pub version: u32,
    /// Hash of the clearance record that was approved.
    pub clearance: Digest,
    /// Who set it going.
    pub by: EditorId,
    /// When it goes out: the moment that was approved with it.
    pub at: Micros,
}

/// A story version that two different people cleared, the safety editor among them.
///
/// It comes from [`clear`] alone and is consumed by publishing: there is no other way to a [`Publication`].
#[derive(Debug)]
pub struct Cleared {
    record: ClearanceRecord,
}

impl Cleared {
    fn publish(
        self,
        id: PublicationId,
        by: EditorId,
        supersedes: Option<PublicationId>,
        now: Micros,
    ) -> Publication {
        let (story, version, clearance) = (
            self.record.story(),
            self.record.version(),
            self.record.hash(),
        );
        Publication {
            id,
            story,
            version,
            clearance,
            by,
            decided_at: now,
            supersedes,
            live_at: None,
        }
    }
}

/// Everything the rules need to know of a story, loaded under a lock.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StoryState {
    /// The newest version; `None` before the story exists.
    pub story: Option<Story>,
    /// Facts of the derivatives that the newest version or the command names.
    pub derivatives: Vec<DerivativeFacts>,
    /// Approvals of the newest version (those of older ones are history and do not count).
    pub approvals: Vec<Approval>,
    /// The actor and everyone who approved.
    pub editors: Vec<EditorFacts>,
    /// Publications of this story, oldest first.
    pub publications: Vec<Publication>,
    /// Whether another story has the slug that the command names.
    pub slug_taken: bool,
    /// What stands behind the media of the newest version.
    pub risks: Risks,
    /// What safety editors answered for, in the newest version.
    pub acknowledgements: Vec<Acknowledgement>,
    /// Whether it waits for its moment.
    pub schedule: Option<Schedule>,
}

/// What can be asked of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Begin one.
    Create {
        /// Its id, made by the caller.
        id: StoryId,
        /// Who.
        by: EditorId,
        /// What stands in it at first.
        draft: Draft,
    },
    /// Save an edit.
    Edit {
        /// Who.
        by: EditorId,
        /// The version they had before them.
        expected: u32,
        /// What stands in it now.
        draft: Draft,
    },
    /// Say yes.
    Approve {
        /// Who.
        by: EditorId,
        /// The clearance hash on the page they read.
        clearance: Digest,
        /// Binds their session.
        evidence: Digest,
    },
    /// Take one's own yes back.
    Withdraw {
        /// Who.
        by: EditorId,
    },
    /// Answer for the risks to a source.
    Acknowledge {
        /// Who.
        by: EditorId,
        /// The clearance hash on the page they read.
        clearance: Digest,
    },
    /// Send it out.
    Publish {
        /// Who.
        by: EditorId,
        /// The publication's id, made by the caller.
        id: PublicationId,
    },
    /// Let it go out by itself at the moment that was approved with it.
    Schedule {
        /// Who.
        by: EditorId,
    },
    /// Hold it back again.
    Unschedule {
        /// Who.
        by: EditorId,
    },
    /// The site with it is in place.
    WentLive {
        /// Which publication.
        id: PublicationId,
    },
}

/// What becomes of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new version is written; approvals of older versions are void.
    Saved {
        /// The version.
        story: Story,
        /// How many approvals it voided.
        voided: u32,
    },
    /// One more yes.
    Approved(Approval),
    /// A yes taken back.
    Withdrawn {
        /// Whose.
        editor: EditorId,
        /// Of which version.
        version: u32,
    },
    /// A safety editor answers for its risks.
    Acknowledged(Acknowledgement),
    /// It goes out when its moment comes.
    Scheduled(Schedule),
    /// It no longer goes out by itself.
    Unscheduled {
        /// The version that waited.
        version: u32,
    },
    /// It goes out.
    Published(Publication),
    /// It is out.
    WentLive {
        /// Which publication.
        id: PublicationId,
        /// Since when.
        at: Micros,
    },
    /// Work to be done.
    Enqueue(Work),
}

/// Decides a story command.
///
/// # Errors
/// The [`Refusal`] that applies.
pub fn decide(state: &StoryState, command: Command, now: Micros) -> Result<Vec<Change>, Refusal> {
    match command {
        Command::Create { id, by, draft } => create(state, id, by, draft, now),
        Command::Edit {
            by,
            expected,
            draft,
        } => edit(state, by, expected, draft, now),
        Command::Approve {
            by,
            clearance,
            evidence,
        } => approve(state, by, clearance, evidence, now),
        Command::Withdraw { by } => withdraw(state, by),
        Command::Acknowledge { by, clearance } => acknowledge(state, by, clearance),
        Command::Publish { by, id } => publish(state, by, id, now),
        Command::Schedule { by } => schedule(state, by, now),
        Command::Unschedule { by } => unschedule(state, by),
        Command::WentLive { id } => went_live(state, id, now),
    }
}

fn create(
    state: &StoryState,
    id: StoryId,
    by: EditorId,
    draft: Draft,
    now: Micros,
) -> Result<Vec<Change>, Refusal> {
    active(state, by)?;
    if state.story.is_some() {
        return Err(Refusal::EditConflict {
            expected: 0,
            current: 1,
        });
    }
    check_draft(state, &draft)?;
    if draft.is_withdrawn() {
        return Err(Refusal::NothingToWithdraw);
    }
    let story = Story {
        id,
        version: 1,
        draft,
        author: by,
        saved_at: now,
    };
    Ok(vec![Change::Saved { story, voided: 0 }])
}

fn edit(
    state: &StoryState,
    by: EditorId,
    expected: u32,
    draft: Draft,
    now: Micros,
) -> Result<Vec<Change>, Refusal> {
    active(state, by)?;
    let current = newest(state)?;
    if current.version != expected {
        return Err(Refusal::EditConflict {
            expected,
            current: current.version,
        });
    }
    check_draft(state, &draft)?;
    if draft.is_withdrawn() && state.publications.is_empty() {
        return Err(Refusal::NothingToWithdraw);
    }
    if draft == current.draft {
        // Pressing "save" without a change is not an edit: same bytes, same clearance, approvals stand.
        return Ok(Vec::new());
    }
    let version = current.version.saturating_add(1);
    let story = Story {
        id: current.id,
        version,
        draft,
        author: by,
        saved_at: now,
    };
    let voided = u32::try_from(state.approvals.len()).unwrap_or(u32::MAX);
    Ok(vec![Change::Saved { story, voided }])
}

fn approve(
    state: &StoryState,
    by: EditorId,
    shown: Digest,
    evidence: Digest,
    now: Micros,
) -> Result<Vec<Change>, Refusal> {
    let roles = active(state, by)?.roles;
    let story = newest(state)?;
    refuse_if_published(state, story)?;
    story.draft.check_complete()?;
    let current = ClearanceRecord::new(story, &state.derivatives)?.hash();
    if shown != current {
        return Err(Refusal::StaleApproval { shown, current });
    }
    if state
        .approvals
        .iter()
        .any(|a| a.editor == by && a.version == story.version)
    {
        return Err(Refusal::SameEditorTwice);
    }
    let approval = Approval {
        story: story.id,
        version: story.version,
        clearance: current,
        editor: by,
        roles,
        evidence,
        at: now,
    };
    Ok(vec![Change::Approved(approval)])
}

fn withdraw(state: &StoryState, by: EditorId) -> Result<Vec<Change>, Refusal> {
    let story = newest(state)?;
    refuse_if_published(state, story)?;
    if !state
        .approvals
        .iter()
        .any(|a| a.editor == by && a.version == story.version)
    {
        return Err(Refusal::NotApproved);
    }
    Ok(vec![Change::Withdrawn {
        editor: by,
        version: story.version,
    }])
}

fn acknowledge(state: &StoryState, by: EditorId, shown: Digest) -> Result<Vec<Change>, Refusal> {
    let roles = active(state, by)?.roles;
    let story = newest(state)?;
    refuse_if_published(state, story)?;
    let current = ClearanceRecord::new(story, &state.derivatives)?.hash();
    let given = risks::acknowledge(roles, by, state.risks, shown, current)?;
    Ok(vec![Change::Acknowledged(given)])
}

fn publish(
    state: &StoryState,
    by: EditorId,
    id: PublicationId,
    now: Micros,
) -> Result<Vec<Change>, Refusal> {
    active(state, by)?;
    let story = newest(state)?;
    refuse_if_published(state, story)?;
    if let Some(until) = story.draft.settings.not_before
        && now < until
    {
        return Err(Refusal::NotYet { until });
    }
    let supersedes = state.publications.last().map(|p| p.id);
    let publication = clear(state)?.publish(id, by, supersedes, now);
    Ok(vec![
        Change::Published(publication),
        Change::Enqueue(Work::Publish { publication: id }),
    ])
}

fn schedule(state: &StoryState, by: EditorId, now: Micros) -> Result<Vec<Change>, Refusal> {
    active(state, by)?;
    let story = newest(state)?;
    refuse_if_published(state, story)?;
    let at = story.draft.settings.not_before.filter(|at| *at > now);
    let at = at.ok_or(Refusal::NoMoment)?;
    let clearance = clear(state)?.record.hash();
    let schedule = Schedule {
        version: story.version,
        clearance,
        by,
        at,
    };
    if state.schedule == Some(schedule) {
        return Ok(Vec::new());
    }
    Ok(vec![Change::Scheduled(schedule)])
}

/// One person may: holding back harms nobody.
fn unschedule(state: &StoryState, by: EditorId) -> Result<Vec<Change>, Refusal> {
    active(state, by)?;
    let version = state.schedule.ok_or(Refusal::NotScheduled)?.version;
    Ok(vec![Change::Unscheduled { version }])
}

fn went_live(state: &StoryState, id: PublicationId, now: Micros) -> Result<Vec<Change>, Refusal> {
    let publication = state
        .publications
        .iter()
        .find(|p| p.id == id)
        .ok_or(Refusal::UnknownPublication)?;
    match publication.live_at {
        Some(_) => Ok(Vec::new()),
        None => Ok(vec![Change::WentLive { id, at: now }]),
    }
}

/// Clears the newest version: two current approvals of two different people who still may act, one of them a safety
/// editor when approving and now.
///
/// # Errors
/// [`Refusal::NotCleared`], [`Refusal::SafetyMissing`], what [`risks::check`] holds back, and what makes the draft unfit.
pub fn clear(state: &StoryState) -> Result<Cleared, Refusal> {
    let story = newest(state)?;
    story.draft.check_complete()?;
    let record = ClearanceRecord::new(story, &state.derivatives)?;
    let hash = record.hash();
    let mut people: Vec<EditorId> = Vec::new();
    let mut safety = false;
    for approval in &state.approvals {
        let binds = approval.story == story.id
            && approval.version == story.version
            && approval.clearance == hash;
        let Ok(now) = active(state, approval.editor) else {
            continue;
        };
        if !binds || people.contains(&approval.editor) {
            continue;
        }
        people.push(approval.editor);
        safety |= approval.roles.safety && now.roles.safety;
    }
    if people.len() < 2 {
        return Err(Refusal::NotCleared {
            have: u32::try_from(people.len()).unwrap_or(u32::MAX),
        });
    }
    if !safety {
        return Err(Refusal::SafetyMissing);
    }
    risks::check(state.risks, &state.acknowledgements, &hash, &state.editors)?;
    Ok(Cleared { record })
}

/// Where a story stands, for pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoryStage {
    /// Being written; nobody has approved the newest version.
    Draft,
    /// Approved, but not by enough or not by the right people.
    Awaiting,
    /// It may go out.
    Cleared,
    /// The newest version is decided and on its way.
    Publishing,
    /// The newest version is out.
    Published,
}

impl StoryStage {
    /// Its stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Awaiting => "awaiting",
            Self::Cleared => "cleared",
            Self::Publishing => "publishing",
            Self::Published => "published",
        }
    }
}

/// Where the story stands.
#[must_use]
pub fn stage(state: &StoryState) -> StoryStage {
    let version = state.story.as_ref().map_or(0, |story| story.version);
    match state.publications.iter().find(|p| p.version == version) {
        Some(Publication {
            live_at: Some(_), ..
        }) => StoryStage::Published,
        Some(_) => StoryStage::Publishing,
        None if clear(state).is_ok() => StoryStage::Cleared,
        None if state.approvals.iter().any(|a| a.version == version) => StoryStage::Awaiting,
        None => StoryStage::Draft,
    }
}

fn newest(state: &StoryState) -> Result<&Story, Refusal> {
    state.story.as_ref().ok_or(Refusal::UnknownStory)
}

fn active(state: &StoryState, id: EditorId) -> Result<&EditorFacts, Refusal> {
    state
        .editors
        .iter()
        .find(|e| e.id == id && e.active)
        .ok_or(Refusal::NotAnEditor)
}

fn refuse_if_published(state: &StoryState, story: &Story) -> Result<(), Refusal> {
    let published = state
        .publications
        .iter()
        .any(|p| p.version == story.version);
    if published {
        Err(Refusal::AlreadyPublished)
    } else {
        Ok(())
    }
}

fn check_draft(state: &StoryState, draft: &Draft) -> Result<(), Refusal> {
    draft.check_form()?;
    if state.slug_taken {
        return Err(Refusal::SlugTaken);
    }
    let known = |id| state.derivatives.iter().any(|facts| facts.id == id);
    if draft.media.iter().all(|placed| known(placed.derivative)) {
        Ok(())
    } else {
        Err(Refusal::UnknownDerivative)
    }
}
