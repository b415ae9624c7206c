//! What is refused before anything is written: input that could not be shown safely or correctly.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::address::SitePath;
use crate::input::{Label, PublicLog, SiteInput, StoryInput};

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
    /// A withdrawn story still carries something.
    #[error("story {0} is withdrawn, and yet has words, files, topics or a place")]
    Withdrawn(String),
    /// A place outside the globe.
    #[error("story {0}: its place is nowhere on the globe")]
    Point(String),
    /// The log's files have names that no log has.
    #[error("the log has a file with the strange name {0:?}")]
    LogFile(String),
    /// The log's checkpoint is missing.
    #[error("the log's checkpoint is missing")]
    NoCheckpoint,
}

/// The last second of the year 9999, in microseconds.
const LAST: i64 = 253_402_300_799_000_000;

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
        if !(0..=LAST).contains(&self.built_at) {
            return Err(InputError::Time("of the site itself".to_owned()));
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
        let labels = self.labels().map(|label| &label.slug);
        if let Some(slug) = std::iter::once(&self.slug)
            .chain(labels)
            .find(|slug| !is_slug(slug))
        {
            return Err(InputError::Slug {
                id: self.id.clone(),
                slug: slug.clone(),
            });
        }
        self.validate_times()?;
        if self.withdrawn.is_some() {
            return self.validate_withdrawn();
        }
        let point = self.place.as_ref().and_then(|place| place.point);
        let nowhere = |point: crate::CoarsePoint| {
            point.latitude.unsigned_abs() > 9_000 || point.longitude.unsigned_abs() > 18_000
        };
        if point.is_some_and(nowhere) {
            return Err(InputError::Point(self.id.clone()));
        }
        self.validate_words()
    }

    /// Topics and the place's name.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &Label> {
        let place = self.place.iter().map(|place| &place.label);
        self.topics.iter().chain(place)
    }

    fn validate_times(&self) -> Result<(), InputError> {
        let corrections = self.corrections.iter().map(|correction| correction.at);
        let first = corrections.clone().min().unwrap_or(self.published_at);
        let last = corrections.max().unwrap_or(self.updated_at);
        let ordered = 0 <= self.published_at
            && self.published_at <= first
            && self.published_at <= self.updated_at
            && last <= self.updated_at;
        if ordered && self.updated_at <= LAST {
            Ok(())
        } else {
            Err(InputError::Time(self.id.clone()))
        }
    }

    fn validate_withdrawn(&self) -> Result<(), InputError> {
        let silent = [&self.en, &self.ar]
            .iter()
            .all(|text| text.title.is_empty() && text.body.is_empty());
        let bare = self.media.is_empty()
            && self.labels().next().is_none()
            && self.when.is_none()
            && self.corrections.is_empty();
        if !(silent && bare) {
            return Err(InputError::Withdrawn(self.id.clone()));
        }
        let reason = self.withdrawn.iter();
        self.present(reason.flat_map(|text| both(text, "reason of its withdrawal")))
    }

    fn validate_words(&self) -> Result<(), InputError> {
        let words = [
            (self.en.title.as_str(), "title", "English"),
            (&self.en.body, "text", "English"),
            (&self.ar.title, "title", "Arabic"),
            (&self.ar.body, "text", "Arabic"),
        ];
        self.present(words.into_iter())?;
        let media = self.media.iter();
        self.present(media.flat_map(|medium| both(&medium.alt, "description of a file")))?;
        let labels = self.labels();
        self.present(labels.flat_map(|label| both(&label.name, "name of a topic or place")))?;
        let corrections = self.corrections.iter();
        self.present(corrections.flat_map(|one| both(&one.note, "note of a correction")))
    }

    fn present<'a>(
        &self,
        mut texts: impl Iterator<Item = (&'a str, &'static str, &'static str)>,
    ) -> Result<(), InputError> {
        match texts.find(|(text, _, _)| text.trim().is_empty()) {
            None => Ok(()),
            Some((_, what, language)) => Err(InputError::Missing {
                id: self.id.clone(),
                what,
                language,
            }),
        }
    }
}

/// A text in both languages, with what it is.
fn both<'a>(
    text: &'a crate::Bilingual,
    what: &'static str,
) -> [(&'a str, &'static str, &'static str); 2] {
    [(&text.en, what, "English"), (&text.ar, what, "Arabic")]
}

/// Whether text can be the part of an address that a person chooses.
fn is_slug(slug: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let edges = !slug.starts_with('-') && !slug.ends_with('-');
    (3..=60).contains(&slug.len()) && edges && slug.bytes().all(letter)
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
