//! Stories: each command loads the whole state, lets the rules decide, and applies what they said.

use crate::columns::Place;
use crate::derivatives::DerivativeRecord;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::jobs::enqueue;
use crate::open::Store;
use crate::schedules::{drop_schedule, load_schedule, put_schedule};
use crate::value::At;
use ledger::Digest;
use newsroom::accounts::Roles;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::clearance::{ClearanceRecord, session_evidence};
use newsroom::risks::{self, Risks};
use newsroom::stories::{
    Approval, Change, Command, Draft, EditorFacts, Publication, Schedule, Story, StoryStage,
    StoryState, decide, stage,
};
use newsroom::{DerivativeId, EditorId, Micros, PublicationId, Refusal, StoryId};
use zeroize::Zeroizing;

/// A story as its page shows it.
#[derive(Clone, Debug)]
pub struct StoryRecord {
    /// The newest version.
    pub story: Story,
    /// The hash that an approval of the newest version binds.
    pub clearance: Digest,
    /// Approvals of the newest version, with names.
    pub approvals: Vec<(Approval, String)>,
    /// Its derivatives, in the story's order.
    pub derivatives: Vec<DerivativeRecord>,
    /// Where it stands.
    pub stage: StoryStage,
    /// Its publications, oldest first.
    pub publications: Vec<Publication>,
    /// What stands behind its media. For those alone who may see sources.
    pub risks: Risks,
    /// Whether these risks hold it back, all else being done.
    pub held: bool,
    /// The moment for which it waits, and the code of the rule that refused it then.
    pub schedule: Option<(Schedule, Option<String>)>,
}

/// A story in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryLine {
    /// Which.
    pub id: StoryId,
    /// Its newest version.
    pub version: u32,
    /// Titles of the newest version.
    pub title_en: String,
    /// Titles of the newest version.
    pub title_ar: String,
    /// When it was saved.
    pub saved_at: Micros,
    /// Where it stands.
    pub stage: StoryStage,
    /// Approvals that the newest version has.
    pub approvals: u32,
}

pub(crate) type PublicationRow = (
    Vec<u8>,
    Vec<u8>,
    i64,
    Vec<u8>,
    Vec<u8>,
    i64,
    Option<Vec<u8>>,
    Option<i64>,
);

/// Story, version, sealed draft, author, time.
pub(crate) type VersionRow = (Vec<u8>, i64, Vec<u8>, Vec<u8>, i64);

type ApprovalRow = (Vec<u8>, Vec<u8>, i64, Vec<u8>, i64);

impl Store {
    /// Begins a story.
    ///
    /// # Errors
    /// The [`Refusal`] that applies.
    pub async fn create_story(
        &self,
        by: EditorId,
        draft: Option<Draft>,
        now: Micros,
    ) -> Result<StoryId, StoreError> {
        let id = StoryId::from_bytes(self.random());
        let draft = draft.unwrap_or_else(|| Draft::empty(id));
        transact!(self, "create story", Decide, |tx| {
            let command = Command::Create {
                id,
                by,
                draft: draft.clone(),
            };
            self.story_command(tx, id, by, Some(&draft), command, now)
                .await?;
            Ok(id)
        })
    }

    /// Saves an edit of the version the editor had before them; every approval of it is void.
    ///
    /// # Errors
    /// The [`Refusal`] that applies.
    pub async fn save_story(
        &self,
        id: StoryId,
        by: EditorId,
        expected: u32,
        draft: &Draft,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "save story", Decide, |tx| {
            let command = Command::Edit {
                by,
                expected,
                draft: draft.clone(),
            };
            self.story_command(tx, id, by, Some(draft), command, now)
                .await
        })
    }

    /// Approves what the page showed: the clearance hash on it and the hash of the signed-in session's token.
    ///
    /// # Errors
    /// The [`Refusal`] that applies: [`Refusal::StaleApproval`], [`Refusal::SameEditorTwice`] and others.
    pub async fn approve_story(
        &self,
        id: StoryId,
        by: EditorId,
        clearance: Digest,
        session_hash: Digest,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "approve story", Decide, |tx| {
            let approve = approval(by, clearance, session_hash);
            self.story_command(tx, id, by, None, approve, now).await
        })
    }

    /// A safety editor answers for the risks to sources, for exactly the clearance that the page showed.
    ///
    /// # Errors
    /// The [`Refusal`] that applies: [`Refusal::SourcesNotYours`], [`Refusal::StaleApproval`] and others.
    pub async fn acknowledge_risks(
        &self,
        id: StoryId,
        by: EditorId,
        clearance: Digest,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "acknowledge risks", Decide, |tx| {
            let command = Command::Acknowledge { by, clearance };
            self.story_command(tx, id, by, None, command, now).await
        })
    }

    /// Takes one's own approval back.
    ///
    /// # Errors
    /// The [`Refusal`] that applies.
    pub async fn withdraw_approval(
        &self,
        id: StoryId,
        by: EditorId,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "withdraw approval", Decide, |tx| {
            self.story_command(tx, id, by, None, Command::Withdraw { by }, now)
                .await
        })
    }

    /// Sends the newest version out: two different people's approvals, the safety editor's among them.
    ///
    /// # Errors
    /// The [`Refusal`] that applies.
    pub async fn publish_story(
        &self,
        id: StoryId,
        by: EditorId,
        now: Micros,
    ) -> Result<PublicationId, StoreError> {
        let publication = PublicationId::from_bytes(self.random());
        transact!(self, "publish story", Decide, |tx| {
            self.story_command(
                tx,
                id,
                by,
                None,
                Command::Publish {
                    by,
                    id: publication,
                },
                now,
            )
            .await?;
            Ok(publication)
        })
    }

    /// One story.
    ///
    /// # Errors
    /// [`Refusal::UnknownStory`].
    pub async fn story(&self, id: StoryId) -> Result<StoryRecord, StoreError> {
        transact!(self, "load story", Read, |tx| {
            let state = self.story_state(tx, id, None, None).await?;
            let stage = stage(&state);
            let StoryState {
                risks,
                acknowledgements,
                editors,
                ..
            } = &state;
            let (risks, acknowledgements, editors) =
                (*risks, acknowledgements.clone(), editors.clone());
            let story = state.story.ok_or(Refusal::UnknownStory)?;
            let mut approvals = Vec::with_capacity(state.approvals.len());
            for approval in state.approvals {
                let name = self.editor_name(tx, approval.editor).await?;
                approvals.push((approval, name));
            }
            let mut derivatives = Vec::with_capacity(story.draft.media.len());
            for placed in &story.draft.media {
                derivatives.push(self.load_derivative(tx, placed.derivative).await?);
            }
            let clearance = ClearanceRecord::new(&story, &state.derivatives)?.hash();
            Ok(StoryRecord {
                schedule: load_schedule(tx, id).await?,
                story,
                clearance,
                approvals,
                derivatives,
                stage,
                publications: state.publications,
                held: risks::check(risks, &acknowledgements, &clearance, &editors).is_err(),
                risks,
            })
        })
    }

    /// All stories, last saved first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn stories(&self, limit: u32) -> Result<Vec<StoryLine>, StoreError> {
        transact!(self, "list stories", Read, |tx| {
            let rows: Vec<(Vec<u8>,)> = tx
                .all(
                    "SELECT id FROM stories ORDER BY saved_at DESC, id LIMIT $1",
                    args![limit],
                )
                .await?;
            let mut out = Vec::with_capacity(rows.len());
            for (id,) in rows {
                let id = StoryId::from_bytes(At("stories", "id").bytes(&id)?);
                let state = self.story_state(tx, id, None, None).await?;
                let stage = stage(&state);
                let approvals = u32::try_from(state.approvals.len()).unwrap_or(u32::MAX);
                let Some(story) = state.story else { continue };
                let Draft { en, ar, .. } = story.draft;
                let (version, saved_at) = (story.version, story.saved_at);
                out.push(StoryLine {
                    id,
                    version,
                    title_en: en.title,
                    title_ar: ar.title,
                    saved_at,
                    stage,
                    approvals,
                });
            }
            Ok(out)
        })
    }

    /// Loads, decides, applies, audits: every command goes through here.
    pub(crate) async fn story_command(
        &self,
        tx: &mut Tx,
        id: StoryId,
        by: EditorId,
        draft: Option<&Draft>,
        command: Command,
        now: Micros,
    ) -> Result<(), StoreError> {
        let state = self.story_state(tx, id, Some(by), draft).await?;
        for change in decide(&state, command, now)? {
            self.apply_story(tx, id, Actor::Editor(by), &change, now)
                .await?;
        }
        Ok(())
    }

    /// Everything the rules need to know. The story's row is locked by the transaction's isolation: on SQLCipher
    /// there is one writer, on PostgreSQL a transaction that read what another changed is run again.
    pub(crate) async fn story_state(
        &self,
        tx: &mut Tx,
        id: StoryId,
        actor: Option<EditorId>,
        draft: Option<&Draft>,
    ) -> Result<StoryState, StoreError> {
        let story = match self.newest_version(tx, id).await? {
            0 => None,
            version => Some(self.load_version(tx, id, version).await?),
        };
        let approvals = match &story {
            Some(story) => load_approvals(tx, id, story.version).await?,
            None => Vec::new(),
        };
        let acknowledgements = match &story {
            Some(story) => self.load_acknowledgements(tx, id, story.version).await?,
            None => Vec::new(),
        };
        let mut people: Vec<EditorId> = approvals
            .iter()
            .map(|approval| approval.editor)
            .chain(acknowledgements.iter().map(|given| given.editor))
            .chain(actor)
            .collect();
        people.sort_unstable();
        people.dedup();
        let mut editors = Vec::with_capacity(people.len());
        for person in people {
            editors.push(self.editor_facts(tx, person).await?);
        }
        let mut derivatives = Vec::new();
        for id in named_derivatives(story.as_ref(), draft) {
            match self.load_derivative(tx, id).await {
                Ok(record) => derivatives.push(record.facts()),
                // The rules say what an unknown derivative means.
                Err(StoreError::Refused(Refusal::UnknownDerivative)) => {}
                Err(error) => return Err(error),
            }
        }
        let slug_taken = match draft {
            Some(draft) => self.slug_taken(tx, id, draft).await?,
            None => false,
        };
        let publications = load_publications(tx, id).await?;
        let version = story.as_ref().map_or(0, |story| story.version);
        Ok(StoryState {
            risks: self.story_risks(tx, id, version).await?,
            schedule: load_schedule(tx, id).await?.map(|(schedule, _)| schedule),
            acknowledgements,
            story,
            derivatives,
            approvals,
            editors,
            publications,
            slug_taken,
        })
    }

    /// The number of a story's newest version; 0 when there is no such story.
    async fn newest_version(&self, tx: &mut Tx, id: StoryId) -> Result<u32, StoreError> {
        let version: Option<(i64,)> = tx
            .one("SELECT version FROM stories WHERE id = $1", args![id])
            .await?;
        At("stories", "version").number(version.map_or(0, |(version,)| version))
    }

    pub(crate) async fn editor_facts(
        &self,
        tx: &mut Tx,
        id: EditorId,
    ) -> Result<EditorFacts, StoreError> {
        let (account, _) = self.account(tx, id).await?;
        Ok(EditorFacts {
            id,
            roles: account.roles,
            active: account.is_active(),
        })
    }

    async fn slug_taken(
        &self,
        tx: &mut Tx,
        id: StoryId,
        draft: &Draft,
    ) -> Result<bool, StoreError> {
        let index = self.slug_index(draft)?;
        let row: Option<(i64,)> = tx
            .one(
                "SELECT version FROM stories WHERE slug_index = $1 AND id <> $2",
                args![index, id],
            )
            .await?;
        Ok(row.is_some())
    }

    fn slug_index(&self, draft: &Draft) -> Result<[u8; 32], StoreError> {
        self.columns()
            .index("stories", "slug_index", draft.settings.slug.as_bytes())
    }

    /// One version of a story.
    pub(crate) async fn load_version(
        &self,
        tx: &mut Tx,
        id: StoryId,
        version: u32,
    ) -> Result<Story, StoreError> {
        let row: Option<VersionRow> = tx
            .one(
                "SELECT story, version, draft, author, saved_at FROM story_versions WHERE story = $1 AND version = $2",
                args![id, version],
            )
            .await?;
        self.version_from(row.ok_or_else(|| At("story_versions", "draft").damaged())?)
    }

    pub(crate) fn version_from(&self, row: VersionRow) -> Result<Story, StoreError> {
        let at = At("story_versions", "draft");
        let (id, version, sealed, author, saved_at) = row;
        let id = StoryId::from_bytes(at.bytes(&id)?);
        let version = at.number(version)?;
        let json = self.open(draft_place(&draft_row(id, version)), &sealed)?;
        let author = EditorId::from_bytes(at.bytes(&author)?);
        Ok(Story {
            id,
            version,
            draft: at.json(&json)?,
            author,
            saved_at: Micros(saved_at),
        })
    }

    pub(crate) async fn apply_story(
        &self,
        tx: &mut Tx,
        id: StoryId,
        actor: Actor,
        change: &Change,
        now: Micros,
    ) -> Result<(), StoreError> {
        let entry = |act| Entry::new(Chain::Story(id), actor, act, now);
        match change {
            Change::Saved { story, voided } => self.apply_saved(tx, actor, story, *voided).await?,
            Change::Approved(approval) => {
                insert_approval(tx, approval).await?;
                let entry = entry(Act::StoryApproved).with("version", approval.version);
                let entry = entry
                    .with("clearance", approval.clearance)
                    .with("roles", approval.roles);
                self.append(tx, entry.with("evidence", approval.evidence))
                    .await?;
            }
            Change::Withdrawn { editor, version } => {
                let sql = "DELETE FROM approvals WHERE story = $1 AND version = $2 AND editor = $3";
                tx.exec(sql, args![id, *version, *editor]).await?;
                self.append(tx, entry(Act::StoryWithdrawn).with("version", version))
                    .await?;
            }
            Change::Acknowledged(given) => {
                let version = self.newest_version(tx, id).await?;
                self.insert_acknowledgement(tx, id, version, given, now)
                    .await?;
            }
            Change::Scheduled(schedule) => {
                put_schedule(tx, id, schedule).await?;
                let entry = entry(Act::StoryScheduled).with("version", schedule.version);
                let entry = entry.with("clearance", schedule.clearance);
                self.append(tx, entry.with("at", schedule.at)).await?;
            }
            Change::Unscheduled { version } => {
                drop_schedule(tx, id).await?;
                self.append(tx, entry(Act::StoryUnscheduled).with("version", version))
                    .await?;
            }
            Change::Published(publication) => {
                drop_schedule(tx, id).await?;
                self.insert_publication(tx, publication).await?;
                self.plan_publication(tx, publication, now).await?;
                let entry = entry(Act::StoryPublished).with("version", publication.version);
                let entry = entry.with("clearance", publication.clearance);
                self.append(tx, entry.with("publication", publication.id))
                    .await?;
            }
            Change::WentLive {
                id: publication,
                at,
            } => {
                tx.exec(
                    "UPDATE publications SET live_at = $1 WHERE id = $2",
                    args![*at, *publication],
                )
                .await?;
                self.append(tx, entry(Act::StoryLive).with("publication", publication))
                    .await?;
                self.note_items_published(tx, *publication, now).await?;
            }
            Change::Enqueue(work) => enqueue(self, tx, work, now).await?,
        }
        Ok(())
    }

    async fn apply_saved(
        &self,
        tx: &mut Tx,
        actor: Actor,
        story: &Story,
        voided: u32,
    ) -> Result<(), StoreError> {
        self.write_version(tx, story).await?;
        // What waited was an older version: nobody approved that it goes out beside this one.
        drop_schedule(tx, story.id).await?;
        let (id, now) = (story.id, story.saved_at);
        let begins = story.version == 1;
        let act = if begins {
            Act::StoryCreated
        } else {
            Act::StorySaved
        };
        let entry = Entry::new(Chain::Story(id), actor, act, now);
        let hash = self
            .append(
                tx,
                entry.with("version", story.version).with("voided", voided),
            )
            .await?;
        if begins {
            let anchor = Entry::new(Chain::Desk, actor, Act::StoryCreated, now);
            self.append(tx, anchor.with("story", id).with("begins", hash))
                .await?;
        }
        Ok(())
    }

    async fn write_version(&self, tx: &mut Tx, story: &Story) -> Result<(), StoreError> {
        let slug = self.slug_index(&story.draft)?;
        tx.exec(
            "INSERT INTO stories (id, version, slug_index, created_by, created_at, saved_at)
             VALUES ($1, $2, $3, $4, $5, $5)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, slug_index = excluded.slug_index,
                 saved_at = excluded.saved_at",
            args![story.id, story.version, slug, story.author, story.saved_at],
        )
        .await?;
        let json = serde_json::to_vec(&story.draft)
            .map_err(|_| At("story_versions", "draft").damaged())?;
        let json = Zeroizing::new(json);
        let sealed = self.seal(draft_place(&draft_row(story.id, story.version)), &json)?;
        tx.exec(
            "INSERT INTO story_versions (story, version, draft, author, saved_at) VALUES ($1, $2, $3, $4, $5)",
            args![story.id, story.version, sealed, story.author, story.saved_at],
        )
        .await?;
        for (place, placed) in (0_u32..).zip(&story.draft.media) {
            let sql = "INSERT INTO story_media (story, version, place, derivative) VALUES ($1, $2, $3, $4)";
            tx.exec(
                sql,
                args![story.id, story.version, place, placed.derivative],
            )
            .await?;
        }
        Ok(())
    }
}

/// The command that approves a clearance in a signed-in session.
pub(crate) fn approval(by: EditorId, clearance: Digest, session_hash: Digest) -> Command {
    Command::Approve {
        by,
        clearance,
        evidence: session_evidence(&session_hash, &clearance),
    }
}

fn named_derivatives(story: Option<&Story>, draft: Option<&Draft>) -> Vec<DerivativeId> {
    let drafts = story.map(|story| &story.draft).into_iter().chain(draft);
    let mut ids: Vec<DerivativeId> = drafts
        .flat_map(|draft| &draft.media)
        .map(|placed| placed.derivative)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

async fn insert_approval(tx: &mut Tx, approval: &Approval) -> Result<(), StoreError> {
    let Approval {
        story,
        version,
        clearance,
        editor,
        roles,
        evidence,
        at,
    } = approval;
    tx.exec(
        "INSERT INTO approvals (story, version, editor, clearance, roles, evidence, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![*story, *version, *editor, *clearance, roles.bits(), *evidence, *at],
    )
    .await?;
    Ok(())
}

async fn load_approvals(
    tx: &mut Tx,
    story: StoryId,
    version: u32,
) -> Result<Vec<Approval>, StoreError> {
    let rows: Vec<ApprovalRow> = tx
        .all(
            "SELECT editor, clearance, roles, evidence, at FROM approvals WHERE story = $1 AND version = $2
             ORDER BY at, editor",
            args![story, version],
        )
        .await?;
    let column = At("approvals", "clearance");
    rows.into_iter()
        .map(|(editor, clearance, roles, evidence, at)| {
            Ok(Approval {
                story,
                version,
                clearance: Digest(column.bytes(&clearance)?),
                editor: EditorId::from_bytes(column.bytes(&editor)?),
                roles: column.word(Roles::from_bits(column.number(roles)?))?,
                evidence: Digest(column.bytes(&evidence)?),
                at: Micros(at),
            })
        })
        .collect()
}

async fn load_publications(tx: &mut Tx, story: StoryId) -> Result<Vec<Publication>, StoreError> {
    let rows: Vec<PublicationRow> = tx
        .all(
            "SELECT id, story, version, clearance, decided_by, decided_at, supersedes, live_at FROM publications
             WHERE story = $1 ORDER BY version",
            args![story],
        )
        .await?;
    rows.into_iter().map(publication_from).collect()
}

pub(crate) fn publication_from(row: PublicationRow) -> Result<Publication, StoreError> {
    let (id, story, version, clearance, by, decided_at, supersedes, live_at) = row;
    let at = At("publications", "id");
    Ok(Publication {
        id: PublicationId::from_bytes(at.bytes(&id)?),
        story: StoryId::from_bytes(at.bytes(&story)?),
        version: at.number(version)?,
        clearance: Digest(at.bytes(&clearance)?),
        by: EditorId::from_bytes(at.bytes(&by)?),
        decided_at: Micros(decided_at),
        supersedes: supersedes
            .map(|id| at.bytes(&id).map(PublicationId::from_bytes))
            .transpose()?,
        live_at: live_at.map(Micros),
    })
}

fn draft_row(story: StoryId, version: u32) -> Vec<u8> {
    [story.as_bytes().as_slice(), &version.to_be_bytes()].concat()
}

fn draft_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "story_versions",
        column: "draft",
        row,
    }
}
