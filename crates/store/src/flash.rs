//! The flash lane: begun with its author's approval, sent out with the approval that completes it. One transaction each,
//! because both happen with one press on a telephone.

use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::stories::{VersionRow, approval};
use ledger::Digest;
use newsroom::clearance::ClearanceRecord;
use newsroom::flash::is_flash;
use newsroom::stories::{Command, Draft, Story, StoryState, clear};
use newsroom::{EditorId, Micros, PublicationId, Refusal, StoryId};

impl Store {
    /// An id for a story that is about to be begun: its address is made from it.
    #[must_use]
    pub fn fresh_story_id(&self) -> StoryId {
        StoryId::from_bytes(self.random())
    }

    /// Begins a flash. Who wrote it approves exactly this text by sending it; `session_hash` is the hash of the token of their session.
    ///
    /// # Errors
    /// [`Refusal::NotAFlash`], or the [`Refusal`] that applies.
    pub async fn create_flash(
        &self,
        id: StoryId,
        by: EditorId,
        draft: &Draft,
        session_hash: Digest,
        now: Micros,
    ) -> Result<(), StoreError> {
        if !is_flash(draft) {
            return Err(Refusal::NotAFlash.into());
        }
        transact!(self, "create flash", Decide, |tx| {
            let create = Command::Create {
                id,
                by,
                draft: draft.clone(),
            };
            self.story_command(tx, id, by, Some(draft), create, now)
                .await?;
            let state = self.story_state(tx, id, None, None).await?;
            let approve = approval(by, current(&state)?, session_hash);
            self.story_command(tx, id, by, None, approve, now).await
        })
    }

    /// Approves a flash as the page showed it, and sends it out if that was the approval it lacked. Tells the publication if it did.
    ///
    /// # Errors
    /// [`Refusal::NotAFlash`], or the [`Refusal`] that applies.
    pub async fn approve_flash(
        &self,
        id: StoryId,
        by: EditorId,
        clearance: Digest,
        session_hash: Digest,
        now: Micros,
    ) -> Result<Option<PublicationId>, StoreError> {
        let publication = PublicationId::from_bytes(self.random());
        transact!(self, "approve flash", Decide, |tx| {
            let state = self.story_state(tx, id, Some(by), None).await?;
            let story = state.story.as_ref().ok_or(Refusal::UnknownStory)?;
            if !is_flash(&story.draft) {
                return Err(Refusal::NotAFlash.into());
            }
            let approve = approval(by, clearance, session_hash);
            self.story_command(tx, id, by, None, approve, now).await?;
            self.send_if_cleared(tx, id, by, publication, now).await
        })
    }

    async fn send_if_cleared(
        &self,
        tx: &mut Tx,
        id: StoryId,
        by: EditorId,
        publication: PublicationId,
        now: Micros,
    ) -> Result<Option<PublicationId>, StoreError> {
        let state = self.story_state(tx, id, Some(by), None).await?;
        if clear(&state).is_err() {
            return Ok(None);
        }
        let publish = Command::Publish {
            by,
            id: publication,
        };
        self.story_command(tx, id, by, None, publish, now).await?;
        Ok(Some(publication))
    }

    /// The newest versions of the stories that were saved last, newest first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn latest_stories(&self, limit: u32) -> Result<Vec<Story>, StoreError> {
        transact!(self, "latest stories", Read, |tx| {
            let rows: Vec<VersionRow> = tx
                .all(
                    "SELECT story, story_versions.version, draft, author, story_versions.saved_at FROM stories
                     JOIN story_versions ON story = stories.id AND story_versions.version = stories.version
                     ORDER BY stories.saved_at DESC, stories.id LIMIT $1",
                    args![limit],
                )
                .await?;
            rows.into_iter().map(|row| self.version_from(row)).collect()
        })
    }
}

fn current(state: &StoryState) -> Result<Digest, Refusal> {
    let story = state.story.as_ref().ok_or(Refusal::UnknownStory)?;
    Ok(ClearanceRecord::new(story, &state.derivatives)?.hash())
}
