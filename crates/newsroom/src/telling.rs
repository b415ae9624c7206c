//! What the site says of a story beside its words: topics, a coarse place, when it happened, what was corrected, and
//! whether it is still told. All of it goes out, so all of it is bound by approvals.

use crate::draft::{check_slug, check_text};
use crate::refusal::{Lack, Refusal};
use serde::{Deserialize, Serialize};

/// Topics of one story.
pub const TOPICS_MAX: usize = 5;

/// Characters of the name of a topic or a place.
pub const NAME_MAX: usize = 80;

/// Characters of the note of a correction or a withdrawal.
pub const NOTE_MAX: usize = 2_000;

/// The longest date: two ends of ten characters with a mark each, and a stroke between.
const WHEN_MAX: usize = 23;

/// One text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// English.
    pub en: String,
    /// Arabic.
    pub ar: String,
}

/// A topic or a place: the part of its address, and its name.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The part of its address.
    pub slug: String,
    /// What readers call it.
    pub name: Note,
}

/// A public place, as coarse as the newsroom names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicPlace {
    /// Its address and name.
    pub label: Label,
    /// North and east in hundredths of a degree: a finer point cannot be said.
    pub point: Option<(i32, i32)>,
}

/// What the site says of a story beside its words.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telling {
    /// What it is about.
    pub topics: Vec<Label>,
    /// Where it happened.
    pub place: Option<PublicPlace>,
    /// When it happened, as the site writes dates (a small part of EDTF); empty when it is not said.
    pub when: String,
    /// What this version corrects in the one before.
    pub correction: Option<Note>,
    /// Why the story is no longer told.
    pub withdrawn: Option<Note>,
}

impl Telling {
    pub(crate) fn check_form(&self) -> Result<(), Refusal> {
        if self.topics.len() > TOPICS_MAX {
            return Err(Refusal::TooManyTopics { limit: TOPICS_MAX });
        }
        for (at, topic) in self.topics.iter().enumerate() {
            let same = |other: &Label| other.slug == topic.slug;
            if self.topics[..at].iter().any(same) {
                return Err(Refusal::TopicTwice);
            }
        }
        for label in self.labels() {
            check_slug(&label.slug)?;
            check_note("name", &label.name, NAME_MAX, false)?;
        }
        let nowhere = |(north, east): (i32, i32)| {
            north.unsigned_abs() > 9_000 || east.unsigned_abs() > 18_000
        };
        if self
            .place
            .as_ref()
            .and_then(|place| place.point)
            .is_some_and(nowhere)
        {
            return Err(Refusal::Nowhere);
        }
        let plain = |b: u8| b.is_ascii_digit() || b"-/~?".contains(&b);
        if self.when.len() > WHEN_MAX || !self.when.bytes().all(plain) {
            return Err(Refusal::BadDate);
        }
        for note in self.correction.iter().chain(&self.withdrawn) {
            check_note("note", note, NOTE_MAX, true)?;
        }
        Ok(())
    }

    /// The first thing that is missing for readers of one language.
    pub(crate) fn lack(&self) -> Option<Lack> {
        let names = self.labels().map(|label| &label.name);
        let notes = self.correction.iter().chain(&self.withdrawn);
        let mut missing = names
            .flat_map(|name| [(&name.en, Lack::NameEn), (&name.ar, Lack::NameAr)])
            .chain(notes.flat_map(|note| [(&note.en, Lack::NoteEn), (&note.ar, Lack::NoteAr)]));
        missing
            .find(|(text, _)| text.trim().is_empty())
            .map(|(_, lack)| lack)
    }

    /// Whether anything is said that a withdrawn story must not say.
    pub(crate) fn says_more_than_withdrawn(&self) -> bool {
        let Self {
            topics,
            place,
            when,
            correction,
            withdrawn: _,
        } = self;
        !topics.is_empty() || place.is_some() || !when.is_empty() || correction.is_some()
    }

    fn labels(&self) -> impl Iterator<Item = &Label> {
        self.topics
            .iter()
            .chain(self.place.iter().map(|place| &place.label))
    }
}

fn check_note(field: &'static str, note: &Note, limit: usize, lines: bool) -> Result<(), Refusal> {
    check_text(field, &note.en, limit, lines)?;
    check_text(field, &note.ar, limit, lines)
}
