//! Channels: the accounts elsewhere in which the newsroom publishes, all behind one trait.
//!
//! What differs between platforms is stated as [`Abilities`], above all how one can be asked twice ([`Class`]): a reply
//! that was lost on the way leaves open whether a post stands, and the class says what may be done about it. Every
//! failure is one of four ([`Fault`]), so that the outbox never has to guess. Adapters are synchronous, name no program
//! in their requests, follow no redirects and put no credential into a message.

mod account;
mod bluesky;
mod deliver;
mod facebook;
mod fault;
mod form;
mod ghost;
mod handle;
mod http;
mod long;
mod mail;
mod mastodon;
mod matrix;
mod nostr;
mod oauth;
mod stream;
mod telegram;
mod wire;
mod wordpress;
mod x;
mod youtube;

use std::sync::Arc;

pub use self::nostr::Nostr;
pub use account::{ChannelSettings, Kind, SettingsError};
pub use bluesky::{Bluesky, BlueskyAccount};
pub use deliver::{Action, Ended, Task, deliver, look_for};
pub use facebook::Facebook;
pub use fault::Fault;
pub use ghost::{Ghost, GhostKey};
pub use handle::Handle;
pub(crate) use http::Answer;
pub use http::{Line, LineError};
pub use mail::{Had, Mail, MailAccount, MailError, Recipient, Roll, Rolled, address, leaving};
pub use mastodon::{Mastodon, MastodonAccount};
pub use matrix::{Matrix, MatrixAccount};
pub use oauth::OAuthWords;
pub use telegram::{Telegram, TelegramAccount};
pub use wire::{Wire, WireAccount};
pub use wordpress::{WordPress, WordPressAccount};
pub use x::X;
pub use youtube::{YouTube, YouTubeAccount};

use crate::input::{MediaBytes, MediaKind};
use crate::renditions::{Post, Rung, Shown};
use serde::{Deserialize, Serialize};

/// Microseconds since 1970, now: some platforms want requests that say when they were made.
pub type Clock = fn() -> i64;

/// How a platform can be asked twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A: the client names the post, so a repeat changes nothing.
    Free,
    /// B: there is a key, and the account's own posts can be looked through: look, then repeat.
    Reconcile,
    /// C: a draft is made, looked up by its name, and published: look, then repeat.
    Draft,
    /// D for each of its recipients, who have rows of their own: whoever was not begun with gets it after a crash, whoever may
    /// have it is left to a person.
    Each,
    /// D: no handle. One attempt; what cannot be known is decided by a person.
    Once,
}

impl Class {
    /// Whether an attempt whose end is not known may be taken up again by the machine.
    #[must_use]
    pub const fn repeats(self) -> bool {
        !matches!(self, Self::Once | Self::Each)
    }

    /// Whether an attempt that a crash broke off may be taken up again by the machine.
    #[must_use]
    pub const fn resumes(self) -> bool {
        self.repeats() || matches!(self, Self::Each)
    }
}

/// How a platform counts what fits into one post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// User-perceived characters.
    Graphemes,
    /// UTF-16 code units.
    Utf16,
    /// X's weights: most letters one, most symbols two.
    Weighted,
}

/// How a platform covers what is hard to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covering {
    /// It does not: nothing graphic goes there.
    None,
    /// It covers media.
    Media,
    /// It covers media behind a line of words.
    Words,
}

/// What fits into one post of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How text is counted.
    pub measure: Measure,
    /// The most of it.
    pub text: usize,
    /// The most of it below files, where that is less.
    #[serde(default)]
    pub caption: Option<usize>,
    /// The most bytes of text, whatever is counted.
    pub bytes: usize,
    /// What a link costs, if not its length.
    pub link: Option<usize>,
    /// The most posts in a thread.
    pub posts: usize,
    /// Pictures in one post.
    pub pictures: usize,
    /// The most bytes of one picture.
    pub picture_bytes: u64,
    /// The most bytes of one video; 0 for none.
    pub video_bytes: u64,
    /// The most characters of a description.
    pub alt: usize,
    /// What pictures and films may measure besides.
    #[serde(default)]
    pub bounds: Bounds,
}

/// What pictures and films may measure besides their bytes; nothing where a platform says nothing. A file of which the
/// measure is not known does not fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Pixels of a picture, width times height.
    pub picture_pixels: Option<u64>,
    /// Pixels of a film's frame, width times height.
    pub video_pixels: Option<u64>,
    /// Seconds that a film may last.
    pub video_seconds: Option<u64>,
    /// Whether the platform's cover does not reach over films: what is graphic goes there as a blurred still.
    pub bare_videos: bool,
}

impl Bounds {
    /// Nothing besides.
    pub const NONE: Self = Self {
        picture_pixels: None,
        video_pixels: None,
        video_seconds: None,
        bare_videos: false,
    };
}

/// What a channel can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abilities {
    /// How it can be asked twice.
    pub class: Class,
    /// What fits.
    pub limits: Limits,
    /// How it covers what is hard to look at.
    pub covering: Covering,
    /// Whether it takes whole articles instead of short posts.
    pub long: bool,
    /// Whether a post can be changed after it stands.
    pub edits: bool,
    /// Whether a post can be taken away.
    pub deletes: bool,
    /// Whether links are shown as cards of their own.
    pub cards: bool,
}

/// Who one is there, and what the server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account's name as readers see it.
    pub name: String,
    /// What it can do, with the server's own limits where it offers them.
    pub abilities: Abilities,
}

/// A post that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// The platform's name for it.
    pub id: String,
    /// Where people see it.
    pub url: String,
}

impl Remote {
    /// A part that a person saw standing where the platform does not tell its name.
    #[must_use]
    pub const fn nameless() -> Self {
        Self {
            id: String::new(),
            url: String::new(),
        }
    }

    /// Whether its name is not known.
    #[must_use]
    pub const fn is_nameless(&self) -> bool {
        self.id.is_empty()
    }
}

/// A file that goes with a post.
#[derive(Clone)]
pub struct Attachment {
    /// The bytes that were cleared.
    pub bytes: Arc<dyn MediaBytes>,
    /// How many.
    pub size: u64,
    /// What it is.
    pub kind: MediaKind,
    /// SHA-256 of them.
    pub sha256: ledger::Digest,
    /// Width and height.
    pub dimensions: Option<(u32, u32)>,
    /// How long it plays, milliseconds.
    pub lasts: Option<u64>,
    /// The same in less bytes and pixels, each made from this very file.
    pub variants: Vec<Variant>,
}

/// A file made from another that was cleared, for channels that do not take that one.
#[derive(Debug, Clone)]
pub struct Variant {
    /// For which class of limits.
    pub rung: Rung,
    /// The file; it has no variants of its own.
    pub file: Attachment,
}

impl Attachment {
    /// Its bytes, from the beginning.
    pub(crate) fn open(&self) -> Result<Box<dyn std::io::Read>, Fault> {
        self.bytes
            .open()
            .map_err(|_| Fault::later("the file cannot be read"))
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attachment({:?}, {} bytes)", self.kind, self.size)
    }
}

/// One post on its way.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The name this side gave it before it was first sent.
    pub handle: Handle,
    /// What it says.
    pub post: &'a Post,
    /// The story's files; the post names its own by their places.
    pub files: &'a [Attachment],
    /// The story's page on the newsroom's own site.
    pub link: &'a str,
    /// The first post of the thread and the one before this.
    pub thread: Option<(&'a Remote, &'a Remote)>,
    /// The moment of this attempt, microseconds since 1970 UTC.
    pub now: i64,
}

impl<'a> Part<'a> {
    /// The file that the post shows: that of the story, or the variant of it that was approved for this channel.
    pub(crate) fn file(&self, shown: &Shown) -> Result<&'a Attachment, Fault> {
        let missing = || Fault::refused("a file is missing");
        let whole = self.files.get(shown.file).ok_or_else(missing)?;
        let Some(sent) = &shown.sent else {
            return Ok(whole);
        };
        let mut variants = whole.variants.iter().map(|variant| &variant.file);
        variants
            .find(|file| file.sha256.to_string() == sent.sha256)
            .ok_or_else(missing)
    }
}

/// What a platform counts of a post; nothing where it does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Likes, favourites, hearts.
    pub likes: Option<u64>,
    /// Reposts and quotes.
    pub shares: Option<u64>,
    /// Answers.
    pub replies: Option<u64>,
    /// How often it was looked at.
    pub views: Option<u64>,
}

/// An account somewhere. Each call is one attempt: nothing is repeated inside.
pub trait Channel: Send {
    /// What it can do, as far as is known without asking.
    fn abilities(&self) -> Abilities;

    /// Signs in and asks the server what it allows. Changes nothing there.
    ///
    /// # Errors
    /// [`Fault`].
    fn check(&mut self) -> Result<Standing, Fault>;

    /// Posts once.
    ///
    /// # Errors
    /// [`Fault`]; after [`Fault::Unknown`] the post may stand.
    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault>;

    /// Looks for a post that may stand since an earlier attempt.
    ///
    /// # Errors
    /// [`Fault`].
    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault>;

    /// Changes a post that stands; doing it twice changes nothing more.
    ///
    /// # Errors
    /// [`Fault`].
    fn edit(&mut self, remote: &Remote, part: &Part<'_>) -> Result<Remote, Fault>;

    /// Takes a post away; one that is gone already is no failure.
    ///
    /// # Errors
    /// [`Fault`].
    fn delete(&mut self, remote: &Remote) -> Result<(), Fault>;

    /// Says who gets the next post, where each recipient is sent to by themselves; elsewhere it means nothing.
    fn call_roll(&mut self, _roll: Arc<dyn Roll>) {}

    /// What the platform counts of a post that stands; none where it does not count, or not for us. Asks with our own account
    /// and nothing of any reader.
    ///
    /// # Errors
    /// [`Fault`].
    fn reach(&mut self, _remote: &Remote) -> Result<Option<Reach>, Fault> {
        Ok(None)
    }
}
