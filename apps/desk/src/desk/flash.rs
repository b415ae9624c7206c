//! The flash lane at the border: what was called in, who still has to say yes, and how far it has come.

use ledger::Digest;
use newsroom::flash::{Flash, is_flash};
use newsroom::outbox::Stage;
use newsroom::stories::Story;
use newsroom::telling::Label;
use newsroom::time::HOUR;
use store::StoreError;

use super::stories::{publication_view, shown, story_view};
use super::told::{outgoing, with_renditions};
use super::{Desk, DeskError, EditorId, StoryId, StoryView};
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;

/// Stories among which flashes and places are looked for.
const LOOKED_AT: u32 = 200;
/// How long a flash stays on the page after it was saved.
const SHOWN_FOR: i64 = 48 * HOUR;
/// Rows of one story in the outbox.
const ROWS: u32 = 500;

/// A flash as its page shows it.
#[derive(Debug, Clone)]
pub struct FlashView {
    /// The story.
    pub story: StoryView,
    /// When this version was saved, microseconds UTC.
    pub saved_at: i64,
    /// In how many channels it stands, and in how many it is wanted.
    pub channels: (usize, usize),
}

impl Desk {
    /// Flashes of the last two days, newest first, and the places that can be named.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn flashes(&self) -> Result<(Vec<FlashView>, Vec<Label>), DeskError> {
        let open = self.open()?;
        let since = clock::now().plus(-SHOWN_FOR);
        let latest = open.store.latest_stories(LOOKED_AT).await?;
        let mut views = Vec::new();
        for story in &latest {
            if story.saved_at >= since && is_flash(&story.draft) {
                views.push(flash_view(&open, story).await?);
            }
        }
        Ok((views, places(latest)))
    }

    /// Places that stories named before, each once, those of the newest stories first.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn known_places(&self) -> Result<Vec<Label>, DeskError> {
        Ok(places(self.open()?.store.latest_stories(LOOKED_AT).await?))
    }

    /// Takes a flash in: its author's approval is given with it. `session` is the hash of their session's token.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn send_flash(
        &self,
        editor: EditorId,
        session: &Digest,
        flash: Flash,
    ) -> Result<StoryId, DeskError> {
        let open = self.open()?;
        let id = open.store.fresh_story_id();
        let draft = flash.draft(id).map_err(StoreError::from)?;
        let draft = with_renditions(&open, draft).await?;
        open.store
            .create_flash(id, editor, &draft, *session, clock::now())
            .await?;
        open.tell(EventKind::Story, id);
        Ok(id)
    }

    /// Approves a flash as it was shown; with the approval it lacked it goes out.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn approve_flash(
        &self,
        editor: EditorId,
        session: &Digest,
        story: StoryId,
        clearance: &str,
    ) -> Result<(), DeskError> {
        let open = self.open()?;
        let shown = shown(clearance)?;
        let now = open.steady.now();
        let sent = open
            .store
            .approve_flash(story, editor, shown, *session, now)
            .await?;
        if sent.is_some() {
            open.work_added.notify_waiters();
        }
        open.tell(EventKind::Story, story);
        Ok(())
    }
}

fn places(stories: Vec<Story>) -> Vec<Label> {
    let mut places: Vec<Label> = Vec::new();
    for story in stories {
        let named = story.draft.settings.telling.place.map(|place| place.label);
        places.extend(named.filter(|new| places.iter().all(|known| known.slug != new.slug)));
    }
    places
}

async fn flash_view(open: &OpenDesk, story: &Story) -> Result<FlashView, DeskError> {
    let record = open.store.story(story.id).await?;
    let publication = match record.publications.last() {
        Some(last) => publication_view(open, last).await?,
        None => None,
    };
    let outgoing = outgoing(open, &record.story.draft).await?;
    let rows = open.store.deliveries(Some(story.id), ROWS).await?;
    let stands = |row: &&store::DeliveryRecord| row.stage == Stage::Confirmed;
    Ok(FlashView {
        story: story_view(&record, Vec::new(), outgoing, publication),
        saved_at: story.saved_at.0,
        channels: (rows.iter().filter(stands).count(), rows.len()),
    })
}
