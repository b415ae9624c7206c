//! What the site is built from: what was cleared, and nothing else.
//!
//! The caller has the approvals; this module only refuses what could not be shown safely or correctly.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use ledger::Digest;
use thiserror::Error;

use crate::address::{BaseUrl, SitePath};
use crate::words::Tongue;

/// The whole site.
#[derive(Debug, Clone)]
pub struct SiteInput {
    /// The organisation's name, as readers know it.
    pub organisation: String,
    /// Where the site is reached; only feeds and the sitemap need it.
    pub base_url: BaseUrl,
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

/// Why a site cannot be built from this input.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum InputError {
    /// The organisation has no name.
    #[error("the organisation has no name")]
    NoName,
    /// A story's id is not 32 hex digits.
    #[error("story {0:?}: an id is 32 lower-case hex digits")]
    Id(String),
    /// A story's slug cannot be an address.
    #[error(
        "story {id}: {slug:?} cannot be part of an address; use 3 to 60 letters a-z, digits and hyphens"
    )]
    Slug {
        /// The story.
        id: String,
        /// The slug.
        slug: String,
    },
    /// Two stories share an id or a slug.
    #[error("two stories share {0:?}")]
    Twice(String),
    /// A title or a text is missing in one language.
    #[error("story {id}: the {what} is missing in {language}")]
    Missing {
        /// The story.
        id: String,
        /// What is missing.
        what: &'static str,
        /// The language.
        language: &'static str,
    },
    /// A time is before 1970 or after 9999, or the update is before the publication.
    #[error("story {0}: its times cannot be")]
    Time(String),
    /// The log's files have names that no log has.
    #[error("the log has a file with the strange name {0:?}")]
    LogFile(String),
    /// The log's checkpoint is missing.
    #[error("the log's checkpoint is missing")]
    NoCheckpoint,
}

impl SiteInput {
    /// Refuses what could not be shown; returns nothing else.
    pub(crate) fn validate(&self) -> Result<(), InputError> {
        if self.organisation.trim().is_empty() {
            return Err(InputError::NoName);
        }
        let mut seen = BTreeSet::new();
        for story in &self.stories {
            story.validate()?;
            for name in [&story.id, &story.slug] {
                if !seen.insert(name.as_str()) {
                    return Err(InputError::Twice(name.clone()));
                }
            }
        }
        self.log.validate()
    }
}

impl StoryInput {
    fn validate(&self) -> Result<(), InputError> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if self.id.len() != 32 || !self.id.bytes().all(hex) {
            return Err(InputError::Id(self.id.clone()));
        }
        let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let edges = !self.slug.starts_with('-') && !self.slug.ends_with('-');
        if !(3..=60).contains(&self.slug.len()) || !edges || !self.slug.bytes().all(letter) {
            return Err(InputError::Slug {
                id: self.id.clone(),
                slug: self.slug.clone(),
            });
        }
        let end = 253_402_300_799_000_000;
        let ordered = 0 <= self.published_at && self.published_at <= self.updated_at;
        if !ordered || self.updated_at > end {
            return Err(InputError::Time(self.id.clone()));
        }
        self.validate_words()
    }

    fn validate_words(&self) -> Result<(), InputError> {
        let words = [
            (&self.en.title, "title", "English"),
            (&self.en.body, "text", "English"),
            (&self.ar.title, "title", "Arabic"),
            (&self.ar.body, "text", "Arabic"),
        ];
        let descriptions = self.media.iter().flat_map(|medium| {
            [
                (&medium.alt.en, "description of a file", "English"),
                (&medium.alt.ar, "description of a file", "Arabic"),
            ]
        });
        for (text, what, language) in words.into_iter().chain(descriptions) {
            if text.trim().is_empty() {
                return Err(InputError::Missing {
                    id: self.id.clone(),
                    what,
                    language,
                });
            }
        }
        Ok(())
    }
}

impl PublicLog {
    fn validate(&self) -> Result<(), InputError> {
        for (name, _) in &self.files {
            let known = name == "checkpoint" || name.starts_with("tile/");
            if !known || name.parse::<SitePath>().is_err() {
                return Err(InputError::LogFile(name.clone()));
            }
        }
        if self.files.iter().any(|(name, _)| name == "checkpoint") {
            Ok(())
        } else {
            Err(InputError::NoCheckpoint)
        }
    }
}
