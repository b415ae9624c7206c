//! Asking for a kit with twelve words: asked again without harm, taken once, and seen when somebody else was before.

use field::{Asked, FieldError, ask_for_kit};
use formats::kit_words::{open_question, seal_answer};
use keys::kit_words::Asker;
use keys::{Cost, KitWordsSeed, Passphrase, ReplyRecipient, Words};
use wire::ProblemKind;

use crate::doubles::{Drops, Mood, kit, rng, url};

fn seed() -> KitWordsSeed {
    KitWordsSeed::from_bytes([4; 32])
}

fn asker(passphrase: &str) -> Asker {
    let passphrase = Passphrase::new(passphrase);
    seed().asker(&passphrase, Cost::FOR_TESTS).unwrap()
}

fn ask(drops: &mut Drops, asker: &Asker) -> Result<Asked, FieldError> {
    ask_for_kit(drops, &[url(1)], &seed(), asker)
}

/// The newsroom answers the first question in the log, as it does.
fn answer(drops: &mut Drops) -> ReplyRecipient {
    let cell = drops.cells().remove(0);
    let device = open_question(&seed(), &cell).unwrap();
    let file = kit(1, 3).encode().unwrap();
    for (address, cell) in seal_answer(&file, &device, &seed(), &mut rng(1)).unwrap() {
        drops.mail.insert(address.0, cell);
    }
    device
}

fn code(device: &ReplyRecipient) -> String {
    seed()
        .code(device, Words::English, Cost::FOR_TESTS)
        .unwrap()
}

#[test]
fn a_kit_is_asked_for_answered_and_compared() {
    let mut drops = Drops::default();
    let mine = asker("mine");
    assert!(matches!(ask(&mut drops, &mine), Ok(Asked::Waiting(1))));
    assert!(matches!(
        ask(&mut drops, &asker("mine")),
        Ok(Asked::Waiting(1))
    ));
    assert_eq!(drops.log.len(), 1, "asking again stores nothing");
    let device = answer(&mut drops);
    let got = match ask(&mut drops, &mine).unwrap() {
        Asked::Kit(got) => got.encode().unwrap(),
        Asked::Waiting(_) => Vec::new().into(),
    };
    assert_eq!(*got, *kit(1, 3).encode().unwrap());
    assert_eq!(code(&device), code(&mine.identity.recipient()));
}

#[test]
fn a_thief_of_the_words_who_was_first_is_seen() {
    let mut drops = Drops::default();
    ask(&mut drops, &asker("the thief's")).unwrap();
    // The drop keeps the words' one session for the thief's secret.
    drops.moods = vec![Mood::Refuse(ProblemKind::OtherSession)];
    assert!(matches!(
        ask(&mut drops, &asker("mine")),
        Err(FieldError::WordsSpent)
    ));
    let device = answer(&mut drops);
    assert!(matches!(
        ask(&mut drops, &asker("mine")),
        Err(FieldError::WordsSpent)
    ));
    assert_ne!(code(&device), code(&asker("mine").identity.recipient()));
}

#[test]
fn half_an_answer_is_waited_for() {
    let mut drops = Drops::default();
    let mine = asker("mine");
    ask(&mut drops, &mine).unwrap();
    answer(&mut drops);
    let last = seed().reply_secrets(4).pop().unwrap().mailbox();
    let cell = drops.mail.remove(&last.0).unwrap();
    assert!(matches!(ask(&mut drops, &mine), Ok(Asked::Waiting(1))));
    drops.mail.insert(last.0, cell);
    assert!(matches!(ask(&mut drops, &mine), Ok(Asked::Kit(_))));
}
