//! The rules of publishing, held against a model; and the bytes that an approval binds, held against vectors.
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests are tests too, which clippy does not see"
)]

use ledger::{Digest, sha256};
use newsroom::accounts::Roles;
use newsroom::clearance::ClearanceRecord;
use newsroom::refusal::Lack;
use newsroom::stories::{
    Approval, Change, Command, DerivativeFacts, Draft, EditorFacts, Grade, Placed, Story,
    StoryStage, StoryState, decide, stage,
};
use newsroom::{DerivativeId, EditorId, ItemId, Micros, PublicationId, Refusal, StoryId};
use proptest::prelude::*;
use std::collections::BTreeSet;

const STORY: StoryId = StoryId::from_bytes([1; 16]);

/// Who works here: two plain editors, two safety editors (one of them both), and one whose account will close.
const PEOPLE: [Roles; 5] = [
    Roles::EDITOR,
    Roles::EDITOR,
    Roles::SAFETY,
    Roles::BOTH,
    Roles::SAFETY,
];

fn person(n: usize) -> EditorId {
    EditorId::from_bytes([u8::try_from(n + 10).unwrap_or(255); 16])
}

fn derivative(n: u8) -> DerivativeFacts {
    DerivativeFacts {
        id: DerivativeId::from_bytes([n; 16]),
        item: ItemId::from_bytes([n; 16]),
        sha256: sha256(&[n]),
        bytes: 1000,
        mime: "image/jpeg".into(),
        poster: None,
    }
}

fn draft() -> Draft {
    let mut draft = Draft::empty(STORY);
    draft.en.title = "Title".into();
    draft.en.body = "Body".into();
    draft.ar.title = "عنوان".into();
    draft.ar.body = "نص".into();
    let placed = |n| Placed {
        derivative: DerivativeId::from_bytes([n; 16]),
        alt_en: "a gate".into(),
        alt_ar: "بوابة".into(),
    };
    draft.media = vec![placed(1), placed(2)];
    draft
}

fn state() -> StoryState {
    let story = Story {
        id: STORY,
        version: 1,
        draft: draft(),
        author: person(0),
        saved_at: Micros(0),
    };
    let editors = (0..PEOPLE.len())
        .map(|n| EditorFacts {
            id: person(n),
            roles: PEOPLE[n],
            active: true,
        })
        .collect();
    let derivatives = (1..=3).map(derivative).collect();
    StoryState {
        story: Some(story),
        derivatives,
        editors,
        ..StoryState::default()
    }
}

fn clearance(state: &StoryState) -> Digest {
    ClearanceRecord::new(state.story.as_ref().unwrap(), &state.derivatives)
        .unwrap()
        .hash()
}

/// Makes a good draft a bad one.
type Spoil = fn(&mut Draft);

/// Does to the state what the store does to its rows: nothing but what the changes say.
fn apply(state: &mut StoryState, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Saved { story, .. } => {
                state.story = Some(story.clone());
                state
                    .approvals
                    .retain(|approval| approval.version == story.version);
            }
            Change::Approved(approval) => state.approvals.push(approval.clone()),
            Change::Withdrawn { editor, version } => {
                state
                    .approvals
                    .retain(|a| a.editor != *editor || a.version != *version);
            }
            Change::Acknowledged(given) => state.acknowledgements.push(given.clone()),
            Change::Scheduled(schedule) => state.schedule = Some(*schedule),
            Change::Unscheduled { .. } => state.schedule = None,
            Change::Published(publication) => state.publications.push(publication.clone()),
            Change::WentLive { id, at } => {
                for publication in state.publications.iter_mut().filter(|p| p.id == *id) {
                    publication.live_at = Some(*at);
                }
            }
            Change::Enqueue(_) => {}
        }
    }
}

/// One step of someone who may be careless or hostile.
#[derive(Clone, Debug)]
enum Step {
    Edit { by: usize, what: Edit, stale: bool },
    Approve { by: usize, shown: Shown },
    Withdraw { by: usize },
    Publish { by: usize },
    Close { who: usize },
    Demote { who: usize },
}

#[derive(Clone, Debug)]
enum Edit {
    Nothing,
    TextEn(String),
    TextAr(String),
    Alt(String),
    Swap,
    Replace,
    Graphic,
    Grade(usize),
    HoldUntil(i64),
}

/// Which page the approver had before them.
#[derive(Clone, Debug)]
enum Shown {
    Current,
    Earlier(usize),
    Forged,
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..PEOPLE.len();
    let edit = prop_oneof![
        Just(Edit::Nothing),
        "[ab]{1,2}".prop_map(Edit::TextEn),
        "[ab]{1,2}".prop_map(Edit::TextAr),
        "[ab]{1,2}".prop_map(Edit::Alt),
        Just(Edit::Swap),
        Just(Edit::Replace),
        Just(Edit::Graphic),
        (0..4_usize).prop_map(Edit::Grade),
        (0..40_i64).prop_map(Edit::HoldUntil),
    ];
    let shown = prop_oneof![6 => Just(Shown::Current), 2 => (0..8_usize).prop_map(Shown::Earlier), 1 => Just(Shown::Forged)];
    prop_oneof![
        3 => (who.clone(), edit, prop::bool::weighted(0.1)).prop_map(|(by, what, stale)| Step::Edit { by, what, stale }),
        8 => (who.clone(), shown).prop_map(|(by, shown)| Step::Approve { by, shown }),
        1 => who.clone().prop_map(|by| Step::Withdraw { by }),
        4 => who.clone().prop_map(|by| Step::Publish { by }),
        1 => who.clone().prop_map(|who| Step::Close { who }),
        1 => who.prop_map(|who| Step::Demote { who }),
    ]
}

fn edited(old: &Draft, what: &Edit) -> Draft {
    let mut draft = old.clone();
    match what {
        Edit::Nothing => {}
        Edit::TextEn(text) => draft.en.body.clone_from(text),
        Edit::TextAr(text) => draft.ar.title.clone_from(text),
        Edit::Alt(text) => draft.media[0].alt_ar.clone_from(text),
        Edit::Swap => draft.media.swap(0, 1),
        Edit::Replace => {
            let used: Vec<_> = draft.media.iter().map(|m| m.derivative).collect();
            let free = (1..=3)
                .map(|n| derivative(n).id)
                .find(|id| !used.contains(id))
                .unwrap();
            draft.media[0].derivative = free;
        }
        Edit::Graphic => draft.settings.graphic ^= true,
        Edit::Grade(n) => draft.settings.grade = Grade::ALL[*n],
        Edit::HoldUntil(at) => draft.settings.not_before = Some(Micros(*at)),
    }
    draft
}

/// The model: what must be true, said in the plainest way there is, without versions, hashes or the rules' own code.
struct Model {
    /// Who has said yes to exactly what stands there now, and as what.
    yes: BTreeSet<(usize, bool)>,
    closed: BTreeSet<usize>,
    safety: Vec<bool>,
}

impl Model {
    fn may_go_out(&self) -> bool {
        let counting: Vec<_> = self
            .yes
            .iter()
            .filter(|(who, _)| !self.closed.contains(who))
            .collect();
        let safety = counting
            .iter()
            .any(|(who, was_safety)| *was_safety && self.safety[*who]);
        counting.len() >= 2 && safety
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariant 8: no sequence of commands publishes without two different people's current approvals, a safety
    /// editor's among them; and whenever the model says that it may go out, it does.
    #[test]
    fn g08_no_sequence_of_commands_publishes_alone(steps in proptest::collection::vec(step(), 1..50)) {
        let mut state = state();
        let safety = PEOPLE.iter().map(|roles| roles.safety).collect();
        let mut model = Model { yes: BTreeSet::new(), closed: BTreeSet::new(), safety };
        let mut pages = vec![clearance(&state)];
        let mut published_now = false;
        for (n, step) in steps.iter().enumerate() {
            let now = Micros(i64::try_from(n).unwrap());
            match step {
                Step::Edit { by, what, stale } => {
                    let story = state.story.clone().unwrap();
                    let expected = if *stale { story.version.wrapping_sub(1) } else { story.version };
                    let draft = edited(&story.draft, what);
                    let changed = draft != story.draft;
                    let result = decide(&state, Command::Edit { by: person(*by), expected, draft }, now);
                    let allowed = !stale && !model.closed.contains(by);
                    prop_assert_eq!(result.is_ok(), allowed, "{:?}", result);
                    if let (true, true, Ok(changes)) = (allowed, changed, &result) {
                        apply(&mut state, changes);
                        model.yes.clear();
                        published_now = false;
                        pages.push(clearance(&state));
                    }
                }
                Step::Approve { by, shown } => {
                    let current = *pages.last().unwrap();
                    let page = match shown {
                        Shown::Current => current,
                        Shown::Earlier(back) => pages[pages.len().saturating_sub(1 + back)],
                        Shown::Forged => sha256(b"forged"),
                    };
                    let command = Command::Approve { by: person(*by), clearance: page, evidence: sha256(b"session") };
                    let result = decide(&state, command, now);
                    let already = model.yes.iter().any(|(who, _)| who == by);
                    let allowed = page == current && !already && !model.closed.contains(by) && !published_now;
                    prop_assert_eq!(result.is_ok(), allowed, "{:?}", result);
                    if let Ok(changes) = result {
                        apply(&mut state, &changes);
                        model.yes.insert((*by, model.safety[*by]));
                    }
                }
                Step::Withdraw { by } => {
                    if let Ok(changes) = decide(&state, Command::Withdraw { by: person(*by) }, now) {
                        apply(&mut state, &changes);
                        model.yes.retain(|(who, _)| who != by);
                    }
                }
                Step::Publish { by } => {
                    let id = PublicationId::from_bytes([u8::try_from(n).unwrap(); 16]);
                    let result = decide(&state, Command::Publish { by: person(*by), id }, now);
                    let held = state.story.as_ref().unwrap().draft.settings.not_before.is_some_and(|until| now < until);
                    let allowed = model.may_go_out() && !held && !published_now && !model.closed.contains(by);
                    prop_assert_eq!(result.is_ok(), allowed, "{:?}", result);
                    if let Ok(changes) = result {
                        prop_assert!(matches!(&changes[0], Change::Published(p) if p.clearance == *pages.last().unwrap()));
                        apply(&mut state, &changes);
                        published_now = true;
                    }
                }
                Step::Close { who } => {
                    state.editors[*who].active = false;
                    model.closed.insert(*who);
                }
                Step::Demote { who } => {
                    state.editors[*who].roles = Roles::EDITOR;
                    model.safety[*who] = false;
                }
            }
            let cleared = matches!(stage(&state), StoryStage::Cleared);
            prop_assert_eq!(cleared, model.may_go_out() && !published_now);
        }
    }

    /// An approval row that does not bind what stands there now never counts, wherever it comes from.
    #[test]
    fn approvals_of_other_bytes_never_count(version in 0_u32..3, story in 0_u8..3, wrong in any::<bool>()) {
        let mut state = state();
        let current = clearance(&state);
        for who in [0, 2] {
            state.approvals.push(Approval {
                story: StoryId::from_bytes([story; 16]),
                version,
                clearance: if wrong { sha256(b"other") } else { current },
                editor: person(who),
                roles: PEOPLE[who],
                evidence: sha256(b"s"),
                at: Micros(0),
            });
        }
        let id = PublicationId::from_bytes([9; 16]);
        let result = decide(&state, Command::Publish { by: person(0), id }, Micros(1));
        prop_assert_eq!(result.is_ok(), version == 1 && story == 1 && !wrong);
    }

    /// However many rows name them, the same people are the same people.
    #[test]
    fn the_same_person_never_counts_twice(who in proptest::collection::vec(0..PEOPLE.len(), 0..6)) {
        let mut state = state();
        let current = clearance(&state);
        for who in &who {
            state.approvals.push(Approval {
                story: STORY,
                version: 1,
                clearance: current,
                editor: person(*who),
                roles: PEOPLE[*who],
                evidence: sha256(b"s"),
                at: Micros(0),
            });
        }
        let people: BTreeSet<_> = who.iter().collect();
        let allowed = people.len() >= 2 && people.iter().any(|who| PEOPLE[**who].safety);
        let publish = Command::Publish { by: person(0), id: PublicationId::from_bytes([9; 16]) };
        prop_assert_eq!(decide(&state, publish, Micros(1)).is_ok(), allowed);
    }

    /// Changing any part of what goes out changes the hash.
    #[test]
    fn every_part_is_bound(a in "[a-z]{0,6}", b in "[a-z]{0,6}", part in 0_usize..11) {
        prop_assume!(a != b);
        let record = |text: &str| {
            let mut state = state();
            let story = state.story.as_mut().unwrap();
            match part {
                0 => story.draft.en.title = text.into(),
                1 => story.draft.en.body = text.into(),
                2 => story.draft.ar.title = text.into(),
                3 => story.draft.ar.body = text.into(),
                4 => story.draft.media[1].alt_en = text.into(),
                5 => story.draft.media[1].alt_ar = text.into(),
                6 => story.draft.settings.slug = text.into(),
                7 => state.derivatives[1].sha256 = sha256(text.as_bytes()),
                8 => state.derivatives[0].mime = text.into(),
                9 => state.derivatives[0].poster = Some(sha256(text.as_bytes())),
                _ => story.draft.settings.not_before = Some(Micros(i64::try_from(text.len()).unwrap())),
            }
            clearance(&state)
        };
        prop_assume!(part != 10 || a.len() != b.len());
        prop_assert_ne!(record(&a), record(&b));
    }
}

#[test]
fn text_cannot_flow_from_one_field_into_the_next() {
    let hash = |title: &str, body: &str| {
        let mut state = state();
        let story = state.story.as_mut().unwrap();
        story.draft.en.title = title.into();
        story.draft.en.body = body.into();
        clearance(&state)
    };
    assert_ne!(hash("ab", "c"), hash("a", "bc"));
}

#[test]
fn a_draft_must_be_complete_and_well_formed() {
    let refused = |change: fn(&mut Draft)| {
        let state = state();
        let mut draft = draft();
        change(&mut draft);
        decide(
            &state,
            Command::Edit {
                by: person(0),
                expected: 1,
                draft,
            },
            Micros(1),
        )
        .err()
    };
    assert_eq!(
        refused(|d| d.en.title = "t".repeat(301)),
        Some(Refusal::TooLong {
            field: "title",
            limit: 300
        })
    );
    assert_eq!(
        refused(|d| d.en.title = "two\nlines".into()),
        Some(Refusal::ControlCharacter { field: "title" })
    );
    assert_eq!(
        refused(|d| d.ar.body = "a\u{202E}b".into()),
        Some(Refusal::ControlCharacter { field: "body" })
    );
    assert_eq!(refused(|d| d.ar.body = "one\n\ntwo".into()), None);
    assert_eq!(
        refused(|d| d.media.push(d.media[0].clone())),
        Some(Refusal::DerivativeTwice)
    );
    assert_eq!(
        refused(|d| d.media[0].derivative = derivative(9).id),
        Some(Refusal::UnknownDerivative)
    );
    for slug in [
        "ab",
        "-abc",
        "abc-",
        "a--b",
        "Abc",
        "a b",
        "ä-bc",
        &"a".repeat(61),
    ] {
        let mut state = state();
        let mut draft = draft();
        draft.settings.slug = slug.to_owned();
        let edit = Command::Edit {
            by: person(0),
            expected: 1,
            draft: draft.clone(),
        };
        assert_eq!(
            decide(&state, edit, Micros(1)),
            Err(Refusal::SlugInvalid),
            "{slug}"
        );
        draft.settings.slug = "market-closed".into();
        state.slug_taken = true;
        let edit = Command::Edit {
            by: person(0),
            expected: 1,
            draft,
        };
        assert_eq!(decide(&state, edit, Micros(1)), Err(Refusal::SlugTaken));
    }
    let lacking: [(Spoil, Lack); 6] = [
        (|d| d.en.title = " ".into(), Lack::TitleEn),
        (|d| d.en.body.clear(), Lack::BodyEn),
        (|d| d.ar.title.clear(), Lack::TitleAr),
        (|d| d.ar.body.clear(), Lack::BodyAr),
        (|d| d.media[1].alt_en.clear(), Lack::AltEn),
        (|d| d.media[0].alt_ar.clear(), Lack::AltAr),
    ];
    for (change, lack) in lacking {
        let mut state = state();
        change(&mut state.story.as_mut().unwrap().draft);
        let approve = Command::Approve {
            by: person(0),
            clearance: clearance(&state),
            evidence: sha256(b"s"),
        };
        assert_eq!(
            decide(&state, approve, Micros(1)),
            Err(Refusal::Incomplete(lack))
        );
    }
}

#[test]
fn refusal_codes_are_listed_once() {
    let mut codes = Refusal::CODES.to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Refusal::CODES.len());
    for refusal in [
        Refusal::SameEditorTwice,
        Refusal::SafetyMissing,
        Refusal::ReplyPairSpent,
        Refusal::NotAnEditor,
    ] {
        assert!(Refusal::CODES.contains(&refusal.code()));
    }
}

#[derive(serde::Deserialize)]
struct Vector {
    name: String,
    story: StoryId,
    version: u32,
    draft: Draft,
    derivatives: Vec<VectorDerivative>,
    bytes: String,
    sha256: Digest,
}

#[derive(serde::Deserialize)]
struct VectorDerivative {
    id: DerivativeId,
    sha256: Digest,
    bytes: u64,
    mime: String,
    poster: Option<Digest>,
}

#[test]
fn clearance_records_equal_their_vectors() {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../vectors/clearance.json")).unwrap();
    assert!(vectors.len() >= 3);
    for vector in vectors {
        let Vector {
            name,
            story: id,
            version,
            draft,
            derivatives,
            bytes,
            sha256,
        } = vector;
        let story = Story {
            id,
            version,
            draft,
            author: person(0),
            saved_at: Micros(0),
        };
        let facts: Vec<_> = derivatives
            .into_iter()
            .map(
                |VectorDerivative {
                     id,
                     sha256,
                     bytes,
                     mime,
                     poster,
                 }| DerivativeFacts {
                    id,
                    item: ItemId::from_bytes([0; 16]),
                    sha256,
                    bytes,
                    mime,
                    poster,
                },
            )
            .collect();
        let record = ClearanceRecord::new(&story, &facts).unwrap();
        assert_eq!(hex::encode(record.canonical_bytes()), bytes, "{name}");
        assert_eq!(record.hash(), sha256, "{name}");
    }
}

#[test]
fn a_story_that_stands_on_force_waits_for_the_safety_editor() {
    let mut state = state();
    let shown = clearance(&state);
    for by in [person(0), person(2)] {
        let command = Command::Approve {
            by,
            clearance: shown,
            evidence: sha256(b"e"),
        };
        let changes = decide(&state, command, Micros(1)).unwrap();
        apply(&mut state, &changes);
    }
    assert_eq!(stage(&state), StoryStage::Cleared);
    state.risks.forced = true;
    assert_eq!(stage(&state), StoryStage::Awaiting);
    let publish = |state: &StoryState| {
        let id = PublicationId::from_bytes([9; 16]);
        let by = person(0);
        decide(state, Command::Publish { by, id }, Micros(2)).err()
    };
    assert_eq!(publish(&state), Some(Refusal::RiskNotAcknowledged));
    let acknowledge = |state: &StoryState, n, clearance| {
        let by = person(n);
        decide(state, Command::Acknowledge { by, clearance }, Micros(2))
    };
    let plain = acknowledge(&state, 1, shown);
    assert_eq!(plain, Err(Refusal::SourcesNotYours));
    let changes = acknowledge(&state, 4, shown).unwrap();
    apply(&mut state, &changes);
    assert_eq!(publish(&state), None);
    // Captured meanwhile: what was said about the mark does not answer for that.
    state.risks.captured = true;
    assert_eq!(publish(&state), Some(Refusal::StoryFrozen));
    // And an edit makes another clearance, for which nobody has answered.
    state.risks.captured = false;
    state.story.as_mut().unwrap().version = 2;
    let again = clearance(&state);
    assert_ne!(again, shown);
    assert!(matches!(
        acknowledge(&state, 4, shown),
        Err(Refusal::StaleApproval { .. })
    ));
}
