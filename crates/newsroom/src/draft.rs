//! What an editor writes: two languages, media in their order, settings; and what form it must have.

use crate::ids::{ChannelId, DerivativeId, StoryId};
use crate::refusal::{Lack, Refusal};
use crate::telling::{Note, Telling};
use crate::time::Micros;
use serde::{Deserialize, Serialize};

/// Characters of a title.
pub const TITLE_MAX: usize = 300;

/// Characters of a text.
pub const BODY_MAX: usize = 100_000;

/// Characters of a description.
pub const ALT_MAX: usize = 1_000;

/// Media in one story.
pub const MEDIA_MAX: usize = 50;

/// A title and a text in one language.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The title, one line.
    pub title: String,
    /// The text; paragraphs are separated by empty lines.
    pub body: String,
}

/// A derivative in a story, with what is said to those who cannot see or hear it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// Which derivative.
    pub derivative: DerivativeId,
    /// English description.
    pub alt_en: String,
    /// Arabic description.
    pub alt_ar: String,
}

/// How sure the newsroom says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Nobody has checked it yet; the page says so.
    #[default]
    Unconfirmed,
    /// More likely than not.
    Probable,
    /// Checked.
    Confirmed,
    /// Disputed by serious evidence.
    Contested,
}

impl Grade {
    /// Every grade.
    pub const ALL: [Self; 4] = [
        Self::Unconfirmed,
        Self::Probable,
        Self::Confirmed,
        Self::Contested,
    ];

    /// Its stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Probable => "probable",
            Self::Confirmed => "confirmed",
            Self::Contested => "contested",
        }
    }

    /// From its word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.code() == code)
    }
}

/// What else goes out with a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The part of its address; says nothing unless an editor makes it say something.
    pub slug: String,
    /// How sure the newsroom is.
    pub grade: Grade,
    /// Whether pictures stay covered until the reader asks.
    pub graphic: bool,
    /// Held back until then.
    pub not_before: Option<Micros>,
    /// What the site says beside the words; drafts saved before there was such a thing say nothing.
    #[serde(default)]
    pub telling: Box<Telling>,
}

/// What one channel is told: made when a version is saved, shown to those who approve it, and sent as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rendition {
    /// The channel.
    pub channel: ChannelId,
    /// Whether it is for a channel that was told an earlier version, which this one corrects.
    pub corrected: bool,
    /// The posts, as the desk's renderer wrote them (JSON). The rules bind the bytes and read nothing in them.
    pub posts: String,
}

/// What an editor writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// English.
    pub en: Text,
    /// Arabic.
    pub ar: Text,
    /// Media in their order.
    pub media: Vec<Placed>,
    /// Settings.
    pub settings: Settings,
    /// What each channel is told; a channel that is not named is not told. `None` in versions saved before renditions were
    /// fixed: those are rendered as they are sent.
    #[serde(default)]
    pub renditions: Option<Vec<Rendition>>,
}

impl Draft {
    /// An empty draft; its address is made from the story's random id.
    #[must_use]
    pub fn empty(story: StoryId) -> Self {
        let slug = format!("s{}", &story.to_string()[..11]);
        let settings = Settings {
            slug,
            grade: Grade::default(),
            graphic: true,
            not_before: None,
            telling: Box::default(),
        };
        Self {
            en: Text::default(),
            ar: Text::default(),
            media: Vec::new(),
            settings,
            renditions: None,
        }
    }

    /// What a channel is told: the words for one that was told before, or else those for one that was not.
    #[must_use]
    pub fn rendition(&self, channel: ChannelId, again: bool) -> Option<&Rendition> {
        let find = |corrected: bool| {
            let fixed = self.renditions.iter().flatten();
            fixed
                .filter(|one| one.channel == channel)
                .find(|one| one.corrected == corrected)
        };
        again.then(|| find(true)).flatten().or_else(|| find(false))
    }

    /// Whether the version may be told in a channel: what was not shown to those who approved is not.
    #[must_use]
    pub fn goes_to(&self, channel: ChannelId) -> bool {
        let named = |fixed: &Vec<Rendition>| fixed.iter().any(|one| one.channel == channel);
        self.renditions.as_ref().is_none_or(named)
    }

    /// Whether it may be stored at all: lengths, characters, no derivative twice.
    pub(crate) fn check_form(&self) -> Result<(), Refusal> {
        for text in [&self.en, &self.ar] {
            check_text("title", &text.title, TITLE_MAX, false)?;
            check_text("body", &text.body, BODY_MAX, true)?;
        }
        if self.media.len() > MEDIA_MAX {
            return Err(Refusal::TooManyMedia { limit: MEDIA_MAX });
        }
        for (at, placed) in self.media.iter().enumerate() {
            check_text("alt", &placed.alt_en, ALT_MAX, false)?;
            check_text("alt", &placed.alt_ar, ALT_MAX, false)?;
            if self.media[..at]
                .iter()
                .any(|other| other.derivative == placed.derivative)
            {
                return Err(Refusal::DerivativeTwice);
            }
        }
        check_slug(&self.settings.slug)?;
        self.settings.telling.check_form()?;
        let silent = [&self.en, &self.ar]
            .iter()
            .all(|text| **text == Text::default());
        let bare =
            silent && self.media.is_empty() && !self.settings.telling.says_more_than_withdrawn();
        if self.is_withdrawn() && !bare {
            return Err(Refusal::WithdrawnAndTold);
        }
        Ok(())
    }

    /// Whether this version says that the story is no longer told.
    #[must_use]
    pub const fn is_withdrawn(&self) -> bool {
        self.settings.telling.withdrawn.is_some()
    }

    /// The version that withdraws this one: its address and grade, the reason, and nothing else.
    #[must_use]
    pub fn withdrawn(&self, reason: Note) -> Self {
        Self {
            en: Text::default(),
            ar: Text::default(),
            media: Vec::new(),
            settings: Settings {
                slug: self.settings.slug.clone(),
                grade: self.settings.grade,
                graphic: self.settings.graphic,
                not_before: None,
                telling: Box::new(Telling {
                    withdrawn: Some(reason),
                    ..Telling::default()
                }),
            },
            renditions: None,
        }
    }

    /// Whether it is ready to be approved: both languages, every description, every name and note.
    ///
    /// # Errors
    /// [`Refusal::Incomplete`] with the first thing that is missing.
    pub fn check_complete(&self) -> Result<(), Refusal> {
        if let Some(lack) = self.settings.telling.lack() {
            return Err(Refusal::Incomplete(lack));
        }
        if self.is_withdrawn() {
            return Ok(());
        }
        let texts = [
            (&self.en.title, Lack::TitleEn),
            (&self.en.body, Lack::BodyEn),
            (&self.ar.title, Lack::TitleAr),
            (&self.ar.body, Lack::BodyAr),
        ];
        let alts = self
            .media
            .iter()
            .flat_map(|p| [(&p.alt_en, Lack::AltEn), (&p.alt_ar, Lack::AltAr)]);
        match texts
            .into_iter()
            .chain(alts)
            .find(|(text, _)| text.trim().is_empty())
        {
            Some((_, lack)) => Err(Refusal::Incomplete(lack)),
            None => Ok(()),
        }
    }
}

pub(crate) fn check_text(
    field: &'static str,
    text: &str,
    limit: usize,
    lines: bool,
) -> Result<(), Refusal> {
    if text.chars().count() > limit {
        return Err(Refusal::TooLong { field, limit });
    }
    // Bidirectional overrides could make a text read otherwise than it was approved.
    let forbidden =
        |c: char| (c.is_control() && !(lines && c == '\n')) || matches!(c, '\u{202A}'..='\u{202E}');
    if text.chars().any(forbidden) {
        return Err(Refusal::ControlCharacter { field });
    }
    Ok(())
}

pub(crate) fn check_slug(slug: &str) -> Result<(), Refusal> {
    let bytes = slug.as_bytes();
    let chars = bytes
        .iter()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
    let edges = !slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--");
    if (3..=60).contains(&bytes.len()) && chars && edges {
        Ok(())
    } else {
        Err(Refusal::SlugInvalid)
    }
}
