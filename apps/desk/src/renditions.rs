//! What renditions are made of: a version's words, and the limits of the channels in use.
//!
//! Limits are those that a channel's server said last. They are kept with the channel, so that making renditions asks nobody.

use newsroom::ChannelId;
use newsroom::outbox::ChannelStage;
use newsroom::stories::Draft;
use publish::channels::{Abilities, ChannelSettings, Kind};
use publish::renditions::{StoryWords, Turn};
use publish::{BaseUrl, Tongue};
use store::{ChannelRecord, StoreError};

use crate::open_desk::OpenDesk;
use crate::publishing;

/// A channel that a version may go to.
pub(crate) struct Room {
    pub(crate) record: ChannelRecord,
    pub(crate) kind: Kind,
    pub(crate) abilities: Abilities,
}

/// Keeps what a channel's server said of its limits.
pub(crate) async fn keep(
    open: &OpenDesk,
    channel: ChannelId,
    abilities: &Abilities,
) -> Result<(), StoreError> {
    // Abilities are numbers and words of our own: they always have a JSON.
    let json = serde_json::to_string(abilities).unwrap_or_default();
    open.store.keep_abilities(channel, &json).await
}

/// The channels in use, oldest first. One that cannot be used now keeps its place: what waits for it goes when it can.
pub(crate) async fn rooms(open: &OpenDesk) -> Result<Vec<Room>, StoreError> {
    let mut rooms = Vec::new();
    for record in open.store.channels().await? {
        let used = matches!(record.stage, ChannelStage::Open | ChannelStage::Stopped);
        let kind = Kind::from_code(&record.kind).filter(|_| used);
        if let Some(kind) = kind
            && let Some(abilities) = abilities_of(open, &record).await?
        {
            rooms.push(Room {
                record,
                kind,
                abilities,
            });
        }
    }
    Ok(rooms)
}

/// What its server said, or else what its kind of platform can do.
pub(crate) async fn abilities_of(
    open: &OpenDesk,
    record: &ChannelRecord,
) -> Result<Option<Abilities>, StoreError> {
    let kept = record.abilities.as_deref();
    if let Some(kept) = kept.and_then(|json| serde_json::from_str(json).ok()) {
        return Ok(Some(kept));
    }
    let settings = open.store.channel_settings(record.id, false).await?;
    let settings: Option<ChannelSettings> = serde_json::from_slice(&settings).ok();
    let adapter =
        settings.and_then(|settings| settings.open("limits", || crate::clock::now().0).ok());
    Ok(adapter.map(|adapter| adapter.abilities()))
}

/// What a version says in one language.
pub(crate) fn words_of(
    base_url: &BaseUrl,
    draft: &Draft,
    tongue: Tongue,
    turn: Turn,
) -> StoryWords {
    let text = match tongue {
        Tongue::En => &draft.en,
        Tongue::Ar => &draft.ar,
    };
    let path = publishing::story_path(&draft.settings.slug);
    let path = path.replacen(Tongue::En.tag(), tongue.tag(), 1);
    let alts = draft.media.iter().map(|placed| match tongue {
        Tongue::En => placed.alt_en.clone(),
        Tongue::Ar => placed.alt_ar.clone(),
    });
    let topics = draft
        .settings
        .telling
        .topics
        .iter()
        .map(|topic| match tongue {
            Tongue::En => topic.name.en.clone(),
            Tongue::Ar => topic.name.ar.clone(),
        });
    StoryWords {
        tongue,
        link: format!("{}{path}", base_url.as_str()),
        title: text.title.clone(),
        body: text.body.clone(),
        grade: publishing::shown_grade(draft.settings.grade),
        graphic: draft.settings.graphic,
        tags: topics.collect(),
        alts: alts.collect(),
        place: draft.settings.telling.place.as_ref().map(|place| {
            let name = &place.label.name;
            match tongue {
                Tongue::En => name.en.clone(),
                Tongue::Ar => name.ar.clone(),
            }
        }),
        when: Some(draft.settings.telling.when.clone()).filter(|when| !when.is_empty()),
        turn,
    }
}
