//! What an approval binds: one canonical record of everything that will leave, and its hash.
//!
//! An editor who approves says yes to exactly these bytes: both texts, every derivative with its hash, its
//! descriptions and its place in the order, every setting, and what each channel is told. One byte elsewhere and the approval is void.
//! The layout is `docs/formats/clearance.md`; `vectors/clearance.json` pins it.

use crate::ids::{DerivativeId, StoryId};
use crate::refusal::Refusal;
use crate::stories::{DerivativeFacts, Rendition, Story, Text};
use crate::telling::{Label, Note, Telling};
use ledger::{Digest, sha256};

/// The first bytes of every record: what it is and which version of the layout.
pub const DOMAIN: &str = "fh1/clearance";
/// The layout's version.
pub const VERSION: u8 = 3;

/// Everything an approval binds, in its canonical bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClearanceRecord {
    story: StoryId,
    version: u32,
    bytes: Vec<u8>,
}

impl ClearanceRecord {
    /// Builds the record of a story version.
    ///
    /// # Errors
    /// [`Refusal::UnknownDerivative`] when the story shows something that has no known hash.
    pub fn new(story: &Story, derivatives: &[DerivativeFacts]) -> Result<Self, Refusal> {
        Self::laid_out(story, derivatives, VERSION)
    }

    /// Whether what was decided under this hash is this story version, byte for byte; in this layout, or in an earlier
    /// one that could say all that the version says.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn was_decided(
        story: &Story,
        derivatives: &[DerivativeFacts],
        clearance: &Digest,
    ) -> Result<bool, Refusal> {
        if Self::new(story, derivatives)?.hash() == *clearance {
            return Ok(true);
        }
        let draft = &story.draft;
        if draft.renditions.is_some() {
            return Ok(false);
        }
        let says_no_more = *draft.settings.telling == Telling::default();
        let layouts = [(2, true), (1, says_no_more)];
        for (version, _) in layouts.into_iter().filter(|(_, says_all)| *says_all) {
            if Self::laid_out(story, derivatives, version)?.hash() == *clearance {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn laid_out(
        story: &Story,
        derivatives: &[DerivativeFacts],
        version: u8,
    ) -> Result<Self, Refusal> {
        let mut out = Encoder::default();
        out.text(DOMAIN);
        out.raw(&[version]);
        out.raw(story.id.as_bytes());
        out.raw(&story.version.to_be_bytes());
        for Text { title, body } in [&story.draft.en, &story.draft.ar] {
            out.text(title);
            out.text(body);
        }
        out.count(story.draft.media.len());
        for placed in &story.draft.media {
            let facts = find(derivatives, placed.derivative)?;
            out.raw(placed.derivative.as_bytes());
            out.raw(facts.sha256.as_bytes());
            out.raw(&facts.bytes.to_be_bytes());
            out.text(&facts.mime);
            out.raw(&[u8::from(facts.poster.is_some())]);
            out.raw(&facts.poster.map_or([0; 32], |poster| poster.0));
            out.text(&placed.alt_en);
            out.text(&placed.alt_ar);
        }
        let settings = &story.draft.settings;
        out.text(&settings.slug);
        out.text(settings.grade.code());
        out.raw(&[
            u8::from(settings.graphic),
            u8::from(settings.not_before.is_some()),
        ]);
        out.raw(&settings.not_before.map_or(0, |at| at.0).to_be_bytes());
        if version > 1 {
            out.telling(&settings.telling);
        }
        if version > 2 {
            out.renditions(story.draft.renditions.as_deref());
        }
        Ok(Self {
            story: story.id,
            version: story.version,
            bytes: out.0,
        })
    }

    /// The story.
    #[must_use]
    pub const fn story(&self) -> StoryId {
        self.story
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The canonical bytes: what an authenticator signs once passkeys exist.
    #[must_use]
    pub fn canonical_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the canonical bytes: what an approval names.
    #[must_use]
    pub fn hash(&self) -> Digest {
        sha256(&self.bytes)
    }
}

fn find(derivatives: &[DerivativeFacts], id: DerivativeId) -> Result<&DerivativeFacts, Refusal> {
    derivatives
        .iter()
        .find(|facts| facts.id == id)
        .ok_or(Refusal::UnknownDerivative)
}

/// The evidence kept beside an approval until passkeys exist: SHA-256 that binds the approver's signed-in session
/// (by the hash of its token) to the clearance. Weaker than a signature of their own: the desk could compute it.
#[must_use]
pub fn session_evidence(session_hash: &Digest, clearance: &Digest) -> Digest {
    let mut out = Encoder::default();
    out.text("fh1/approval-session");
    out.raw(session_hash.as_bytes());
    out.raw(clearance.as_bytes());
    sha256(&out.0)
}

/// Length-prefixed fields one after another: two different records never have the same bytes.
#[derive(Default)]
pub(crate) struct Encoder(pub(crate) Vec<u8>);

impl Encoder {
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Lengths are eight bytes: no text is long enough to be cut, on any machine.
    pub(crate) fn count(&mut self, n: usize) {
        self.raw(&(n as u64).to_be_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.raw(text.as_bytes());
    }

    fn telling(&mut self, telling: &Telling) {
        self.count(telling.topics.len());
        for topic in &telling.topics {
            self.label(topic);
        }
        self.raw(&[u8::from(telling.place.is_some())]);
        if let Some(place) = &telling.place {
            self.label(&place.label);
            self.raw(&[u8::from(place.point.is_some())]);
            let (north, east) = place.point.unwrap_or_default();
            self.raw(&north.to_be_bytes());
            self.raw(&east.to_be_bytes());
        }
        self.text(&telling.when);
        for note in [&telling.correction, &telling.withdrawn] {
            self.raw(&[u8::from(note.is_some())]);
            if let Some(note) = note {
                self.note(note);
            }
        }
    }

    fn renditions(&mut self, fixed: Option<&[Rendition]>) {
        self.raw(&[u8::from(fixed.is_some())]);
        let fixed = fixed.unwrap_or_default();
        self.count(fixed.len());
        for one in fixed {
            self.raw(one.channel.as_bytes());
            self.raw(&[u8::from(one.corrected)]);
            self.raw(sha256(one.posts.as_bytes()).as_bytes());
        }
    }

    fn label(&mut self, label: &Label) {
        self.text(&label.slug);
        self.note(&label.name);
    }

    fn note(&mut self, note: &Note) {
        self.text(&note.en);
        self.text(&note.ar);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::Draft;
    use crate::ids::EditorId;
    use crate::time::Micros;

    #[test]
    fn what_was_decided_under_an_earlier_layout_stays_if_it_said_all() {
        let id = StoryId::from_bytes([3; 16]);
        let mut story = Story {
            id,
            version: 2,
            draft: Draft::empty(id),
            author: EditorId::from_bytes([1; 16]),
            saved_at: Micros(5),
        };
        let hash = |story: &Story, version| {
            ClearanceRecord::laid_out(story, &[], version)
                .unwrap()
                .hash()
        };
        let decided =
            |story: &Story, hash: Digest| ClearanceRecord::was_decided(story, &[], &hash).unwrap();
        let [first, second, now] = [1, 2, VERSION].map(|version| hash(&story, version));
        assert!(first != second && second != now);
        let all = |story: &Story| [first, second, now].map(|hash| decided(story, hash));
        assert_eq!(all(&story), [true; 3]);
        story.draft.en.title.push('.');
        assert_eq!(all(&story), [false; 3]);
        story.draft.en.title.clear();
        story.draft.settings.telling.when = "2026".into();
        let says_nothing_of_it = hash(&story, 1) == first;
        assert!(says_nothing_of_it, "the first layout");
        assert!(!decided(&story, first), "and so binds nothing of it");
        assert!(decided(&story, hash(&story, 2)), "the second binds it");
        // Nor does an earlier layout bind what channels are told.
        story.draft.renditions = Some(Vec::new());
        assert!(!decided(&story, hash(&story, 2)));
        assert!(decided(&story, hash(&story, VERSION)));
    }
}
