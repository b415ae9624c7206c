//! What each channel is told at the border: made when a version is saved, shown to those who approve it, sent as it stands.

use newsroom::stories::{Draft, Rendition};
use newsroom::{ChannelId, DerivativeId};
use publish::Tongue;
use publish::channels::{Attachment, Kind, Limits};
use publish::renditions::{Post, Turn, render};

use super::channels::channel_name;
use super::reading::internal;
use super::stories::draft_from;
use super::{Desk, DeskError, StoryDraft, StoryId};
use crate::open_desk::OpenDesk;
use crate::publishing;
use crate::renditions::{Room, rooms, words_of};

/// What one channel is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldView {
    /// The channel.
    pub channel: ChannelId,
    /// What kind of platform.
    pub kind: Kind,
    /// What the platform calls the account.
    pub name: String,
    /// Whether it is for a channel that was told an earlier version.
    pub corrected: bool,
    /// The posts, each with how much of the channel's measure it takes.
    pub posts: Vec<(Post, usize)>,
    /// What fits into one post.
    pub limits: Limits,
    /// Places of files that fit nowhere there and stay behind the link.
    pub behind: Vec<usize>,
}

/// What a version tells the channels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outgoing {
    /// Where it goes, and with which words.
    pub told: Vec<ToldView>,
    /// Channels in use that it does not go to: they were opened after it was saved.
    pub left_out: Vec<String>,
    /// The story's files, in its order.
    pub files: Vec<DerivativeId>,
}

impl Desk {
    /// What each channel would be told if this were saved now. Nothing is saved.
    ///
    /// # Errors
    /// Locked, not found, or the store failed.
    pub async fn preview_story(
        &self,
        story: StoryId,
        draft: StoryDraft,
    ) -> Result<Outgoing, DeskError> {
        let open = self.open()?;
        let standing = open.store.story(story).await?.story.draft.settings;
        let draft = with_renditions(&open, draft_from(draft, standing)).await?;
        outgoing(&open, &draft).await
    }
}

/// A draft with what every channel in use is told of it.
pub(super) async fn with_renditions(open: &OpenDesk, mut draft: Draft) -> Result<Draft, DeskError> {
    let files = files(open, &draft).await?;
    let mut turns = vec![(false, Turn::New)];
    if draft.settings.telling.correction.is_some() {
        turns.push((true, Turn::Corrected));
    }
    let mut fixed = Vec::new();
    for room in rooms(open).await? {
        let tongue = Tongue::from_tag(&room.record.language).unwrap_or(Tongue::En);
        for (corrected, turn) in &turns {
            let words = words_of(&open.site.base_url, &draft, tongue, *turn);
            let posts = render(&words, &room.abilities, &files);
            fixed.push(Rendition {
                channel: room.record.id,
                corrected: *corrected,
                posts: serde_json::to_string(&posts)
                    .map_err(|error| internal("rendering", &error))?,
            });
        }
    }
    draft.renditions = Some(fixed);
    Ok(draft)
}

async fn files(open: &OpenDesk, draft: &Draft) -> Result<Vec<Attachment>, DeskError> {
    let mut records = Vec::with_capacity(draft.media.len());
    for placed in &draft.media {
        records.push(open.store.derivative(placed.derivative).await?);
    }
    publishing::attachments(open, &records).map_err(|error| internal("rendering", &error))
}

/// What a version tells the channels in use, as it was fixed; what was not is rendered as it would be when it is sent.
pub(super) async fn outgoing(open: &OpenDesk, draft: &Draft) -> Result<Outgoing, DeskError> {
    let rendered;
    let draft = if draft.renditions.is_some() {
        draft
    } else {
        rendered = with_renditions(open, draft.clone()).await?;
        &rendered
    };
    let mut outgoing = Outgoing {
        files: draft.media.iter().map(|placed| placed.derivative).collect(),
        ..Outgoing::default()
    };
    for room in rooms(open).await? {
        let fixed = draft.renditions.iter().flatten();
        for one in fixed.filter(|one| one.channel == room.record.id) {
            outgoing.told.push(told(&room, one, draft.media.len())?);
        }
        if !draft.goes_to(room.record.id) {
            outgoing.left_out.push(name(&room));
        }
    }
    Ok(outgoing)
}

fn told(room: &Room, fixed: &Rendition, files: usize) -> Result<ToldView, DeskError> {
    let limits = &room.abilities.limits;
    let posts: Vec<Post> = serde_json::from_str(&fixed.posts)
        .map_err(|error| internal("reading renditions", &error))?;
    let shown = |file: &usize| {
        let mut media = posts.iter().flat_map(|post| &post.media);
        media.any(|shown| shown.file == *file)
    };
    let behind = (0..files).filter(|file| !shown(file)).collect();
    let weighed = |post: Post| {
        let weight = post.takes(limits);
        (post, weight)
    };
    Ok(ToldView {
        channel: room.record.id,
        kind: room.kind,
        name: name(room),
        corrected: fixed.corrected,
        posts: posts.into_iter().map(weighed).collect(),
        limits: limits.clone(),
        behind,
    })
}

fn name(room: &Room) -> String {
    let account = room.record.name.as_ref().map_or("", |name| name.expose());
    channel_name(Some(room.kind), account)
}
