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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Roles;
    use crate::clearance::ClearanceRecord;
    use crate::ids::{EditorId, PublicationId, StoryId};
    use crate::stories::{Change, Command, Draft, EditorFacts, Story, StoryState, decide};
    use crate::time::Micros;
    use ledger::sha256;

    fn label(slug: &str) -> Label {
        Label {
            slug: slug.into(),
            name: note("Bread", "الخبز"),
        }
    }

    fn note(en: &str, ar: &str) -> Note {
        Note {
            en: en.into(),
            ar: ar.into(),
        }
    }

    fn place(point: Option<(i32, i32)>) -> PublicPlace {
        PublicPlace {
            label: label("old-town"),
            point,
        }
    }

    type Spoil = fn(&mut Telling);

    fn form(change: Spoil) -> Result<(), Refusal> {
        let mut telling = Telling::default();
        change(&mut telling);
        telling.check_form()
    }

    #[test]
    fn what_goes_out_beside_the_words_has_its_form() {
        let fine: [Spoil; 4] = [
            |t| t.topics = vec![label("bread"), label("water")],
            |t| t.place = Some(place(Some((-9_000, 18_000)))),
            |t| t.when = "2026-11-21/2026-11-22~".into(),
            |t| t.correction = Some(note("One.\n\nTwo.", "")),
        ];
        for change in fine {
            assert_eq!(form(change), Ok(()));
        }
        let bad: [(Refusal, Spoil); 9] = [
            (Refusal::TopicTwice, |t| t.topics = vec![label("bread"); 2]),
            (Refusal::TooManyTopics { limit: 5 }, |t| {
                t.topics = vec![label("bread"); 6];
            }),
            (Refusal::SlugInvalid, |t| t.topics = vec![label("Bread")]),
            (Refusal::SlugInvalid, |t| {
                let label = label("../x");
                t.place = Some(PublicPlace { label, point: None });
            }),
            (Refusal::Nowhere, |t| {
                t.place = Some(place(Some((9_001, 0))))
            }),
            (Refusal::Nowhere, |t| {
                t.place = Some(place(Some((0, i32::MIN))));
            }),
            (Refusal::BadDate, |t| t.when = "yesterday".into()),
            (Refusal::ControlCharacter { field: "note" }, |t| {
                t.correction = Some(note("a\u{202E}b", "x"));
            }),
            (
                Refusal::TooLong {
                    field: "note",
                    limit: 2_000,
                },
                |t| t.withdrawn = Some(note(&"x".repeat(2_001), "x")),
            ),
        ];
        for (refusal, change) in bad {
            assert_eq!(form(change), Err(refusal));
        }
    }

    fn person(n: u8) -> EditorId {
        EditorId::from_bytes([n; 16])
    }

    /// A story of words, an editor and a safety editor.
    fn state() -> StoryState {
        let id = StoryId::from_bytes([1; 16]);
        let mut draft = Draft::empty(id);
        for text in [&mut draft.en, &mut draft.ar] {
            text.title = "Title".into();
            text.body = "Text.".into();
        }
        let editor = |(n, roles)| EditorFacts {
            id: person(n),
            roles,
            active: true,
        };
        StoryState {
            story: Some(Story {
                id,
                version: 1,
                draft,
                author: person(0),
                saved_at: Micros(0),
            }),
            editors: [(0, Roles::EDITOR), (1, Roles::SAFETY)]
                .map(editor)
                .to_vec(),
            ..StoryState::default()
        }
    }

    fn act(state: &mut StoryState, command: Command) -> Result<(), Refusal> {
        for change in decide(state, command, Micros(9))? {
            match change {
                Change::Saved { story, .. } => {
                    state.approvals.clear();
                    state.story = Some(story);
                }
                Change::Approved(approval) => state.approvals.push(approval),
                Change::Published(publication) => state.publications.push(publication),
                _ => {}
            }
        }
        Ok(())
    }

    fn approve(state: &mut StoryState, n: u8) -> Result<(), Refusal> {
        let story = state.story.as_ref().ok_or(Refusal::UnknownStory)?;
        let command = Command::Approve {
            by: person(n),
            clearance: ClearanceRecord::new(story, &state.derivatives)?.hash(),
            evidence: sha256(b"session"),
        };
        act(state, command)
    }

    fn publish(state: &mut StoryState, n: u8) -> Result<(), Refusal> {
        let id = PublicationId::from_bytes([n; 16]);
        act(state, Command::Publish { by: person(0), id })
    }

    fn withdraw(state: &mut StoryState, reason: Note) -> Result<(), Refusal> {
        let story = state.story.as_ref().ok_or(Refusal::UnknownStory)?;
        let command = Command::Edit {
            by: person(0),
            expected: story.version,
            draft: story.draft.withdrawn(reason),
        };
        act(state, command)
    }

    #[test]
    fn a_withdrawal_is_a_version_that_says_only_why_and_needs_two_people() {
        let mut state = state();
        let reason = note("The pictures were older.", "الصور أقدم.");
        let never = withdraw(&mut state, reason.clone());
        assert_eq!(never, Err(Refusal::NothingToWithdraw));
        approve(&mut state, 0).unwrap();
        approve(&mut state, 1).unwrap();
        publish(&mut state, 1).unwrap();
        // A reason in one language is no reason for the readers of the other.
        withdraw(&mut state, note("The pictures were older.", " ")).unwrap();
        let lacking = approve(&mut state, 0);
        assert_eq!(lacking, Err(Refusal::Incomplete(Lack::NoteAr)));
        withdraw(&mut state, reason.clone()).unwrap();
        approve(&mut state, 0).unwrap();
        let alone = publish(&mut state, 2);
        assert_eq!(alone, Err(Refusal::NotCleared { have: 1 }));
        approve(&mut state, 1).unwrap();
        publish(&mut state, 2).unwrap();
        assert_eq!(
            state.publications[1].supersedes,
            Some(state.publications[0].id)
        );
        // Words beside the reason are refused, whoever sends them.
        let mut draft = state.story.as_ref().unwrap().draft.withdrawn(reason);
        draft.en.title = "Still told".into();
        let told = Command::Edit {
            by: person(0),
            expected: 3,
            draft,
        };
        assert_eq!(act(&mut state, told), Err(Refusal::WithdrawnAndTold));
    }
}
