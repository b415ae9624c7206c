//! Channels at the border: credentials entered, tried and confirmed; what went out, and what a person decides about it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;

use ledger::Digest;
use newsroom::outbox::{ChannelStage, Stage, Verdict};
use newsroom::{ChannelId, DeliveryId, Refusal};
use publish::channels::{ChannelSettings, Kind, Remote};
use store::{ChannelRecord, DeliveryRecord, LetterCounts, StoreError};
use zeroize::Zeroizing;

use super::reading::internal;
use super::{Desk, DeskError, EditorId, StoryId};
use crate::clock;
use crate::desk::EventKind;
use crate::open_desk::OpenDesk;
use crate::renditions;

/// Deliveries on the page.
const SHOWN: u32 = 300;

/// A channel as its page shows it: never with a credential.
#[derive(Debug, Clone)]
pub struct ChannelView {
    /// Which, hex as in URLs.
    pub id: ChannelId,
    /// What kind of platform.
    pub kind: Kind,
    /// `ar` or `en`.
    pub language: String,
    /// Whether it is used.
    pub stage: ChannelStage,
    /// Names the credentials that wait for a second person, if any do.
    pub pending: Option<Digest>,
    /// What those credentials are for, from the very bytes that `pending` names.
    pub waiting: Option<WaitingView>,
    /// Whether that person must be somebody else than who looks at it.
    pub own: bool,
    /// What the platform calls the account.
    pub name: Option<String>,
    /// Why the platform does not let us in.
    pub words: Option<String>,
}

/// Where credentials lead that wait for a second person: all of them but the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingView {
    /// The server.
    pub server: String,
    /// The account; empty where the credential tells.
    pub account: String,
    /// The SOCKS5 port to go through.
    pub proxy: Option<SocketAddr>,
}

/// A delivery as its page shows it.
#[derive(Debug, Clone)]
pub struct DeliveryView {
    /// What the record holds.
    pub record: DeliveryRecord,
    /// The story's titles, English and Arabic.
    pub titles: (String, String),
    /// The channel: kind and account.
    pub channel: String,
    /// Where people see what stands.
    pub links: Vec<String>,
    /// How far its letters are, where it is made of them.
    pub letters: Option<LetterCounts>,
}

impl DeliveryView {
    /// Whether it waits for a person.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.record.stage == Stage::Unknown && self.record.due_at.is_none()
    }
}

/// What an editor enters for a channel.
pub struct ChannelEntry {
    /// A channel that gets new credentials; none for a new one.
    pub known: Option<ChannelId>,
    /// What kind of platform.
    pub kind: Kind,
    /// `ar` or `en`.
    pub language: String,
    /// The server.
    pub server: String,
    /// The account.
    pub account: String,
    /// The credential.
    pub secret: Zeroizing<String>,
    /// The SOCKS5 port to go through.
    pub proxy: Option<SocketAddr>,
}

/// How entering ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// They work, and wait for a second person.
    Waiting(ChannelId),
    /// They do not work, in the platform's words; nothing was kept.
    Useless(String),
}

impl Desk {
    /// All channels.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn channels(&self, editor: EditorId) -> Result<Vec<ChannelView>, DeskError> {
        let records = self.open()?.store.channels_with_waiting().await?;
        records
            .iter()
            .map(|(record, waiting)| channel_view(record, waiting.as_ref(), editor))
            .collect()
    }

    /// What went out or waits to in these channels: what a person must decide first, then the latest.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn deliveries(
        &self,
        channels: &[ChannelView],
    ) -> Result<Vec<DeliveryView>, DeskError> {
        let open = self.open()?;
        let mut names = HashMap::new();
        for view in channels {
            let account = view.name.as_deref().unwrap_or_default();
            names.insert(view.id, channel_name(Some(view.kind), account));
        }
        let mut titles: HashMap<StoryId, (String, String)> = HashMap::new();
        let letters = open.store.letter_counts(None).await?;
        let mut out = Vec::new();
        for record in open.store.deliveries(None, SHOWN).await? {
            if let Entry::Vacant(unknown) = titles.entry(record.story) {
                let draft = open.store.story(record.story).await?.story.draft;
                unknown.insert((draft.en.title, draft.ar.title));
            }
            let links = record
                .remotes
                .as_ref()
                .map(|json| links(json.expose()))
                .unwrap_or_default();
            out.push(DeliveryView {
                titles: titles.get(&record.story).cloned().unwrap_or_default(),
                channel: names.get(&record.channel).cloned().unwrap_or_default(),
                links,
                letters: letters.get(&record.id).copied(),
                record,
            });
        }
        Ok(out)
    }

    /// Tries credentials, and keeps them for a second person to confirm if they work.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn enter_channel(
        &self,
        editor: EditorId,
        entry: ChannelEntry,
    ) -> Result<Entered, DeskError> {
        let open = self.open()?;
        let (kind, language, account_name) =
            match entry.known {
                // A channel stays on its platform and in its language, or what stands there could not be found again.
                Some(known) => {
                    let views = self.channels(editor).await?;
                    let view = views.into_iter().find(|view| view.id == known).ok_or(
                        DeskError::Refused {
                            code: Refusal::UnknownChannel.code().to_owned(),
                        },
                    )?;
                    (view.kind, view.language, view.name)
                }
                None => (entry.kind, entry.language, None),
            };
        let settings = ChannelSettings {
            kind,
            server: entry.server.trim().to_owned(),
            account: entry.account.trim().to_owned(),
            secret: entry.secret.trim().to_owned(),
            proxy: entry.proxy,
        };
        let mut adapter = match settings.open("entry", || clock::now().0) {
            Ok(adapter) => adapter,
            Err(error) => return Ok(Entered::Useless(error.to_string())),
        };
        let trying = tokio::task::spawn_blocking(move || adapter.check());
        let tried = trying
            .await
            .map_err(|error| internal("trying a channel", &error))?;
        let standing = match tried {
            Ok(standing) => standing,
            Err(fault) => return Ok(Entered::Useless(fault.words().to_owned())),
        };
        if let Some(known) = entry.known {
            let now = (&settings, standing.name.as_str());
            must_be_there(&open, known, now, account_name.as_deref()).await?;
        }
        let json = serde_json::to_vec(&settings)
            .map_err(|error| internal("entering a channel", &error))?;
        let json = Zeroizing::new(json);
        let about = (kind.code(), language.as_str());
        let id = open
            .store
            .enter_channel(
                entry.known,
                about,
                (&json, &standing.name),
                editor,
                clock::now(),
            )
            .await?;
        renditions::keep(&open, id, &standing.abilities).await?;
        Ok(Entered::Waiting(id))
    }

    /// Confirms what somebody else entered, as it was shown.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn confirm_channel(
        &self,
        editor: EditorId,
        id: ChannelId,
        shown: Digest,
    ) -> Result<(), DeskError> {
        Ok(self
            .open()?
            .store
            .confirm_channel(id, shown, editor, clock::now())
            .await?)
    }

    /// Tries a stopped channel again.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn retry_channel(&self, editor: EditorId, id: ChannelId) -> Result<(), DeskError> {
        Ok(self.open()?.store.retry_channel(id, editor).await?)
    }

    /// Revokes a channel.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn close_channel(&self, editor: EditorId, id: ChannelId) -> Result<(), DeskError> {
        Ok(self
            .open()?
            .store
            .close_channel(id, editor, clock::now())
            .await?)
    }

    /// Decides about a delivery.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn decide_delivery(
        &self,
        editor: EditorId,
        id: DeliveryId,
        verdict: Verdict,
    ) -> Result<(), DeskError> {
        let open = self.open()?;
        let now = open.steady.now();
        Ok(open.store.decide_delivery(id, verdict, editor, now).await?)
    }

    /// Takes a story back from every channel.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn withdraw_from_channels(
        &self,
        editor: EditorId,
        story: StoryId,
    ) -> Result<(), DeskError> {
        let open = self.open()?;
        open.store
            .withdraw_deliveries(story, editor, open.steady.now())
            .await?;
        open.tell(EventKind::Story, story);
        Ok(())
    }
}

/// A channel that is or was in use stays at its server and with its account: what stands there is known by names that mean
/// something else, or nothing, anywhere else.
async fn must_be_there(
    open: &OpenDesk,
    known: ChannelId,
    (now, name): (&ChannelSettings, &str),
    known_name: Option<&str>,
) -> Result<(), DeskError> {
    let stored = match open.store.channel_settings(known, false).await {
        Ok(stored) => stored,
        // Never confirmed: nothing stands anywhere.
        Err(StoreError::Refused(Refusal::UnknownChannel)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let before: ChannelSettings = serde_json::from_slice(&stored)
        .map_err(|error| internal("reading a channel's settings", &error))?;
    let servers = |settings: &ChannelSettings| -> Vec<String> {
        let each = settings.address().split_whitespace();
        each.map(|one| one.trim_end_matches('/').to_ascii_lowercase())
            .collect()
    };
    let (here, there) = (servers(now), servers(&before));
    // Notes are known by the same names at every relay: one that is gone can be taken off the list, and another put on it, as
    // long as some place stays where what stands can be looked for.
    // Letters stand nowhere: they may be handed in elsewhere, as long as they come from the same sender.
    let stays = if now.kind == Kind::Nostr {
        here.iter().any(|one| there.contains(one))
    } else {
        now.kind == Kind::Mail || here == there
    };
    // There the account is the room, the channel or the group, and not who writes in it.
    let room = !matches!(now.kind, Kind::Matrix | Kind::Telegram) || before.account == now.account;
    let named = known_name.is_none_or(|known| known == name);
    if stays && room && named {
        Ok(())
    } else {
        Err(DeskError::Refused {
            code: Refusal::ChannelElsewhere.code().to_owned(),
        })
    }
}

fn channel_view(
    record: &ChannelRecord,
    waiting: Option<&Zeroizing<Vec<u8>>>,
    editor: EditorId,
) -> Result<ChannelView, DeskError> {
    let text =
        |private: &Option<newsroom::Private>| private.as_ref().map(|text| text.expose().to_owned());
    Ok(ChannelView {
        id: record.id,
        kind: Kind::from_code(&record.kind).ok_or(DeskError::Refused {
            code: Refusal::UnknownChannel.code().to_owned(),
        })?,
        language: record.language.clone(),
        stage: record.stage,
        pending: record.pending,
        waiting: waiting.map(waiting_view).transpose()?,
        own: record.entered_by == editor,
        name: text(&record.name),
        words: text(&record.words),
    })
}

fn waiting_view(json: &Zeroizing<Vec<u8>>) -> Result<WaitingView, DeskError> {
    let settings: ChannelSettings =
        serde_json::from_slice(json).map_err(|error| internal("reading a channel", &error))?;
    Ok(WaitingView {
        server: settings.server.clone(),
        account: settings.account.clone(),
        proxy: settings.proxy,
    })
}

/// A channel by its platform and what that calls the account.
pub(super) fn channel_name(kind: Option<Kind>, account: &str) -> String {
    let platform = kind.map_or("", Kind::name);
    format!("{platform} {account}").trim().to_owned()
}

/// Addresses that may stand in a link: `https` and `http` alone, whatever a platform answered.
pub(super) fn links(json: &str) -> Vec<String> {
    let remotes: Vec<Remote> = serde_json::from_str(json).unwrap_or_default();
    let web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    remotes
        .into_iter()
        .map(|remote| remote.url)
        .filter(web)
        .collect()
}
