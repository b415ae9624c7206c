//! What the site is built from: what was cleared, and nothing else.
//!
//! The caller has the approvals; this module only refuses what could not be shown safely or correctly.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use ledger::Digest;

use crate::address::BaseUrl;
use crate::event::EventDate;
use crate::words::Tongue;

/// The whole site.
#[derive(Debug, Clone)]
pub struct SiteInput {
    /// The organisation's name, as readers know it.
    pub organisation: String,
    /// Where the site is reached; only feeds and the sitemap need it.
    pub base_url: BaseUrl,
    /// The same site as an onion service, for Tor Browser to offer.
    pub onion: Option<BaseUrl>,
    /// When this state of the site was decided, in microseconds since 1970 UTC.
    pub built_at: i64,
    /// Who the organisation is, in its own words; a neutral text stands in when there is none.
    pub about: Option<Bilingual>,
    /// The statement log, as strangers can follow it.
    pub log: PublicLog,
    /// Every published story in its newest published version; order does not matter.
    pub stories: Vec<StoryInput>,
}

/// The public side of the statement log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicLog {
    /// The log's verifier key, as readers compare it.
    pub key: String,
    /// Checkpoint, tiles and bundles by their C2SP names (`ledger::Log::public_files`).
    pub files: Vec<(String, Vec<u8>)>,
}

/// One text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bilingual {
    /// English.
    pub en: String,
    /// Arabic.
    pub ar: String,
}

impl Bilingual {
    pub(crate) fn get(&self, tongue: Tongue) -> &str {
        match tongue {
            Tongue::En => &self.en,
            Tongue::Ar => &self.ar,
        }
    }
}

/// A story's words in one language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The title, one line.
    pub title: String,
    /// The text; paragraphs are separated by empty lines.
    pub body: String,
}

/// A topic or a place that several stories share: a page of its own, named in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The part of its address, by the rules of a story's.
    pub slug: String,
    /// What readers call it. Where stories disagree, the newest one's name counts.
    pub name: Bilingual,
}

/// A public place: as coarse as the newsroom chose to name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicPlace {
    /// Its name and address.
    pub label: Label,
    /// Where to draw it, in hundredths of a degree (about a kilometre): a finer point cannot be expressed.
    pub point: Option<CoarsePoint>,
}

/// A point in hundredths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoarsePoint {
    /// North is positive; at most 9,000.
    pub latitude: i32,
    /// East is positive; at most 18,000.
    pub longitude: i32,
}

/// What was corrected, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// When the corrected version was published, in microseconds since 1970 UTC.
    pub at: i64,
    /// What was wrong and what stands there now.
    pub note: Bilingual,
}

/// How sure the newsroom says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// Nobody has checked it yet.
    Unconfirmed,
    /// More likely than not.
    Probable,
    /// Checked.
    Confirmed,
    /// Disputed by serious evidence.
    Contested,
    /// Could be checked neither way.
    Unverifiable,
}

/// One published story.
#[derive(Debug, Clone)]
pub struct StoryInput {
    /// Its id: 32 hex digits; feeds name it by this for ever.
    pub id: String,
    /// The part of its address.
    pub slug: String,
    /// When it was first published, in microseconds since 1970 UTC.
    pub published_at: i64,
    /// When this version was published, in microseconds since 1970 UTC.
    pub updated_at: i64,
    /// How sure the newsroom is.
    pub grade: Grade,
    /// Whether media stay covered until the reader asks; they are then also kept out of lists and feeds.
    pub graphic: bool,
    /// English words.
    pub en: Text,
    /// Arabic words.
    pub ar: Text,
    /// Media in their order.
    pub media: Vec<MediaInput>,
    /// What it is about.
    pub topics: Vec<Label>,
    /// Where it happened, as coarsely as may be said.
    pub place: Option<PublicPlace>,
    /// When it happened, as precisely as may be said.
    pub when: Option<EventDate>,
    /// Corrections, oldest first.
    pub corrections: Vec<Correction>,
    /// Why it is no longer told. A withdrawn story keeps its address and its place in feeds, and nothing
    /// else: no words, no media, no topics, no place.
    pub withdrawn: Option<Bilingual>,
}

impl StoryInput {
    pub(crate) const fn text(&self, tongue: Tongue) -> &Text {
        match tongue {
            Tongue::En => &self.en,
            Tongue::Ar => &self.ar,
        }
    }
}

/// What a published file is. Nothing else is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// JPEG picture.
    Jpeg,
    /// PNG picture.
    Png,
    /// MP4 video.
    Mp4,
    /// MP3 sound.
    Mp3,
    /// PDF document.
    Pdf,
}

impl MediaKind {
    /// From a media type.
    #[must_use]
    pub fn from_mime(mime: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Mp4, Self::Mp3, Self::Pdf]
            .into_iter()
            .find(|kind| kind.mime() == mime)
    }

    /// The media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Mp4 => "video/mp4",
            Self::Mp3 => "audio/mpeg",
            Self::Pdf => "application/pdf",
        }
    }

    /// The ending of the published file's name.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Mp4 => "mp4",
            Self::Mp3 => "mp3",
            Self::Pdf => "pdf",
        }
    }

    /// Whether it is a film or a sound.
    #[must_use]
    pub const fn is_recording(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mp3)
    }

    /// Whether it is a picture.
    #[must_use]
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png)
    }
}

/// Where the bytes of a published file come from; opened once for each build that lacks them.
pub trait MediaBytes: Send + Sync {
    /// A reader from the first byte.
    ///
    /// # Errors
    /// What the medium reports.
    fn open(&self) -> io::Result<Box<dyn Read>>;
}

impl MediaBytes for PathBuf {
    fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(File::open(self)?))
    }
}

impl MediaBytes for Vec<u8> {
    fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(io::Cursor::new(self.clone())))
    }
}

/// One published file of a story.
#[derive(Clone)]
pub struct MediaInput {
    /// The bytes that were approved.
    pub bytes: Arc<dyn MediaBytes>,
    /// SHA-256 of those bytes; others are refused, and the file is named by it.
    pub sha256: Digest,
    /// What it is.
    pub kind: MediaKind,
    /// What it shows or says, for those who cannot see or hear it; also its caption.
    pub alt: Bilingual,
    /// A still to show before a video plays or a picture is opened large.
    pub poster: Option<Poster>,
    /// Width and height in pixels, so that pages do not jump while loading.
    pub dimensions: Option<(u32, u32)>,
    /// The bytes of its proof file.
    pub proof: Vec<u8>,
    /// What else goes out of it.
    pub further: Further,
}

/// What of a published file is not on its page: the code that is burnt into it, and what was made of it for channels.
#[derive(Clone, Debug, Default)]
pub struct Further {
    /// The code that can be read in its corner.
    pub code: Option<String>,
    /// SHA-256 of each smaller or blurred one: those are ours too.
    pub variants: Vec<Digest>,
    /// Of a film the smallest one (MP4), for editions without a net.
    pub small: Option<Small>,
}

/// A small film.
#[derive(Clone)]
pub struct Small {
    /// The bytes.
    pub bytes: Arc<dyn MediaBytes>,
    /// SHA-256 of those bytes.
    pub sha256: Digest,
}

impl std::fmt::Debug for Small {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Small({})", self.sha256)
    }
}

/// A still picture (JPEG). It must be made from the *published* file, never from the original: what
/// was covered there must be covered here.
#[derive(Clone)]
pub struct Poster {
    /// The bytes.
    pub bytes: Arc<dyn MediaBytes>,
    /// SHA-256 of those bytes.
    pub sha256: Digest,
}

impl std::fmt::Debug for MediaInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MediaInput({:?}, {})", self.kind, self.sha256)
    }
}

impl std::fmt::Debug for Poster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Poster({})", self.sha256)
    }
}
