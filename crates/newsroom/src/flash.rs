//! The flash lane: what was called in from inside, passed on within minutes, before it could be checked.
//!
//! A flash is no other kind of story. It is a draft of this form: a few words in both languages, a named place without a
//! point, marked unconfirmed, and nothing else that could show who stood where. The same two approvals let it out.

use crate::draft::{Draft, Grade, Text};
use crate::ids::StoryId;
use crate::refusal::Refusal;
use crate::telling::{Label, PublicPlace};

/// Characters of a flash's text in one language: what one reads on a phone before one approves it.
pub const FLASH_MAX: usize = 1_000;

/// What is called in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Flash {
    /// English.
    pub en: Text,
    /// Arabic.
    pub ar: Text,
    /// A town or a district, never a street.
    pub place: Label,
    /// When it happened, as the site writes dates; empty when it is not said.
    pub when: String,
}

impl Flash {
    /// The draft that goes out.
    ///
    /// # Errors
    /// [`Refusal::TooLong`], or [`Refusal::NotAFlash`] without a place. What every draft must be is checked when it is saved.
    pub fn draft(self, story: StoryId) -> Result<Draft, Refusal> {
        let mut draft = Draft::empty(story);
        draft.settings.graphic = false;
        draft.settings.telling.place = Some(PublicPlace {
            label: self.place,
            point: None,
        });
        draft.settings.telling.when = self.when;
        (draft.en, draft.ar) = (self.en, self.ar);
        if texts(&draft).any(|text| text.chars().count() > FLASH_MAX) {
            return Err(Refusal::TooLong {
                field: "body",
                limit: FLASH_MAX,
            });
        }
        if is_flash(&draft) {
            Ok(draft)
        } else {
            Err(Refusal::NotAFlash)
        }
    }
}

/// Whether a draft has the form of a flash.
#[must_use]
pub fn is_flash(draft: &Draft) -> bool {
    let settings = &draft.settings;
    let told = &settings.telling;
    let placed = told
        .place
        .as_ref()
        .is_some_and(|place| place.point.is_none() && !place.label.slug.is_empty());
    placed
        && settings.grade == Grade::Unconfirmed
        && settings.not_before.is_none()
        && draft.media.is_empty()
        && told.correction.is_none()
        && !draft.is_withdrawn()
        && texts(draft).all(|text| text.chars().count() <= FLASH_MAX)
}

fn texts(draft: &Draft) -> impl Iterator<Item = &str> {
    [draft.en.body.as_str(), draft.ar.body.as_str()].into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telling::Note;
    use crate::time::Micros;

    fn called_in() -> Flash {
        let text = |title: &str, body: &str| Text {
            title: title.into(),
            body: body.into(),
        };
        Flash {
            en: text("Shelling in the east", "Reported by telephone at noon."),
            ar: text("قصف في الشرق", "أُبلغ به هاتفيًا عند الظهر."),
            place: Label {
                slug: "old-town".into(),
                name: Note {
                    en: "Old Town".into(),
                    ar: "المدينة القديمة".into(),
                },
            },
            when: "2026-11-24".into(),
        }
    }

    type Spoil = fn(&mut Draft);

    #[test]
    fn a_flash_is_unconfirmed_placed_coarsely_and_shows_nothing() {
        let draft = called_in().draft(StoryId::from_bytes([7; 16])).unwrap();
        assert!(is_flash(&draft));
        assert_eq!(draft.settings.grade, Grade::Unconfirmed);
        draft.check_form().unwrap();
        draft.check_complete().unwrap();
        let spoils: [Spoil; 6] = [
            |d| d.settings.grade = Grade::Confirmed,
            |d| d.settings.telling.place = None,
            |d| d.settings.telling.place.as_mut().unwrap().point = Some((3_595, 3_901)),
            |d| d.settings.not_before = Some(Micros(1)),
            |d| d.settings.telling.correction = Some(Note::default()),
            |d| d.en.body = "x".repeat(FLASH_MAX + 1),
        ];
        for spoil in spoils {
            let mut other = draft.clone();
            spoil(&mut other);
            assert!(!is_flash(&other), "{other:?}");
        }
        assert!(!is_flash(&draft.withdrawn(Note::default())));
    }

    #[test]
    fn what_is_no_flash_is_refused_in_plain_words() {
        let id = StoryId::from_bytes([7; 16]);
        let mut long = called_in();
        long.ar.body = "ن".repeat(FLASH_MAX + 1);
        let too_long = Refusal::TooLong {
            field: "body",
            limit: FLASH_MAX,
        };
        assert_eq!(long.draft(id), Err(too_long));
        let nowhere = Flash {
            place: Label::default(),
            ..called_in()
        };
        assert_eq!(nowhere.draft(id), Err(Refusal::NotAFlash));
    }
}
