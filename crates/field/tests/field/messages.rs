//! Messages: kept until they are shown, shown once, and never lost to a power cut.

use field::{Field, Refusal};
use formats::{Message, MessageId, ReplyPair, seal_reply};

use crate::doubles::{Desk, Drops, NOW, Platter, Waits, kit, reopen, rng, set_up_in, wish};

struct Case {
    platter: Platter,
    field: Field<Platter>,
    drops: Drops,
    pairs: Vec<ReplyPair>,
}

/// A note of one's own, sent, so that the newsroom can answer.
fn sent() -> Case {
    let (platter, mut field) = set_up_in(64, kit(1, 9), None);
    let mut drops = Drops::default();
    let mut pairs = Vec::new();
    for (seed, note) in (20..).zip(["first", "second", "third", "fourth", "fifth"]) {
        let added = field
            .add(&mut [], note, NOW, &mut rng(seed), &mut |_| {})
            .unwrap();
        let (clock, before) = (&mut Waits::default(), drops.log.len());
        field
            .send(&mut drops, clock, &wish(), &mut rng(seed + 10), &mut |_| {})
            .unwrap();
        pairs.extend(Desk::read(&drops.cells()[before..]).pairs(added.dispatch));
    }
    Case {
        platter,
        field,
        drops,
        pairs,
    }
}

fn message(id: u8, text: &str) -> Message {
    Message {
        id: MessageId([id; 16]),
        dispatch: None,
        sent_at: NOW + 5,
        text: text.to_owned().into(),
    }
}

impl Case {
    fn write(&mut self, pair: usize, message: Message) {
        let (address, cell) = seal_reply(&message.into(), &self.pairs[pair], &mut rng(7)).unwrap();
        self.drops.mail.insert(address.0, cell);
    }

    fn receive(&mut self) -> field::Received {
        self.field
            .receive(&mut self.drops, &[], NOW + 9, &mut rng(9), &mut |_| {})
            .unwrap()
    }
}

#[test]
fn a_message_is_shown_once() {
    let mut case = sent();
    case.write(0, message(1, "go home\nابقي في البيت"));
    let received = case.receive();
    assert_eq!((received.messages, received.receipts), (1, 0));
    let mut field = reopen(&case.platter, 8);
    assert_eq!(field.status().messages, 1);
    let shown = field.show_messages(&mut rng(1)).unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(&*shown[0].message.text, "go home\nابقي في البيت");
    assert_eq!(
        (shown[0].received_at, shown[0].maybe_seen),
        (NOW + 9, false)
    );
    field.shown(&[shown[0].message.id], &mut rng(2)).unwrap();
    assert_eq!(field.show_messages(&mut rng(3)).unwrap(), []);
    let mut again = reopen(&case.platter, 8);
    assert_eq!(again.show_messages(&mut rng(3)).unwrap(), []);
    assert_eq!(again.status().messages, 0);
}

#[test]
fn whoever_is_interrupted_finds_it_again_and_is_told() {
    let mut case = sent();
    case.write(0, message(1, "meet nobody"));
    case.receive();
    let first = case.field.show_messages(&mut rng(1)).unwrap();
    assert!(!first[0].maybe_seen);
    // Killed before the words were out, or after: nobody knows.
    let mut field = reopen(&case.platter, 8);
    let second = field.show_messages(&mut rng(2)).unwrap();
    assert_eq!(second[0].message, first[0].message);
    assert!(second[0].maybe_seen);
}

#[test]
fn power_cuts_neither_lose_a_message_nor_show_it_twice_in_silence() {
    let mut case = sent();
    case.write(0, message(1, "stay away"));
    case.receive();
    let before = case.platter.steps();
    let shown = case.field.show_messages(&mut rng(1)).unwrap();
    case.field
        .shown(&[shown[0].message.id], &mut rng(2))
        .unwrap();
    let steps = case.platter.steps() - before;
    assert!(steps > 4, "{steps}");
    for cut in 0..steps {
        for torn in [false, true] {
            let mut case = sent();
            case.write(0, message(1, "stay away"));
            case.receive();
            case.platter.cut_after(cut);
            let seen = case.field.show_messages(&mut rng(1));
            let erased = match &seen {
                Ok(shown) => case
                    .field
                    .shown(&[shown[0].message.id], &mut rng(2))
                    .is_ok(),
                Err(_) => false,
            };
            let mut after = reopen(&case.platter.after_power_cut(torn), 8);
            let left = after.show_messages(&mut rng(3)).unwrap();
            match (seen.is_ok(), left.first()) {
                (true, Some(again)) => assert!(again.maybe_seen, "shown twice in silence at {cut}"),
                (false, None) => panic!("lost at {cut}, torn {torn}"),
                _ => {}
            }
            assert!(
                !erased || left.is_empty(),
                "erased and still there at {cut}"
            );
        }
    }
}

#[test]
fn one_that_comes_twice_is_kept_once() {
    let mut case = sent();
    case.write(0, message(1, "once"));
    case.write(1, message(1, "once"));
    assert_eq!(case.receive().messages, 1);
    assert_eq!(case.field.status().messages, 1);
}

#[test]
fn more_than_the_device_keeps_wait_in_their_mailboxes() {
    let mut case = sent();
    for at in 0..34 {
        case.write(at, message(u8::try_from(at).unwrap(), "a word"));
    }
    let received = case.receive();
    assert_eq!(received.messages, 32);
    assert_eq!(received.refused, [Refusal::TooManyMessages; 2]);
    let shown = case.field.show_messages(&mut rng(1)).unwrap();
    let ids: Vec<_> = shown.iter().map(|one| one.message.id).collect();
    case.field.shown(&ids, &mut rng(2)).unwrap();
    assert_eq!(case.receive().messages, 2);
}

#[test]
fn what_a_newer_newsroom_says_is_kept_for_a_newer_program() {
    let mut case = sent();
    let pair = &case.pairs[0];
    let mut shard = Box::new([0; formats::SHARD]);
    let sealed = pair.recipient.seal(&[1, 200, 0, 0]).unwrap();
    shard[..sealed.len()].copy_from_slice(&sealed);
    let length = u32::try_from(sealed.len()).unwrap();
    let header = formats::cell::ReplyHeader { length }.encode();
    let mut bytes = [0; formats::CELL];
    let veil = pair.secret.veil();
    veil.seal(&[5; 24], &header, &shard, &mut bytes);
    let cell = formats::Cell::from_slice(&bytes).unwrap();
    case.drops.mail.insert(pair.secret.mailbox().0, cell);
    let polled = case.receive().polled;
    let again = case.receive();
    assert_eq!((again.newer, again.damaged, again.polled), (1, 0, polled));
}

#[test]
fn the_words_lie_nowhere_in_the_clear() {
    let mut case = sent();
    case.write(0, message(1, "the-cellar-of-the-mill"));
    case.receive();
    let bytes = case.platter.bytes();
    assert!(!bytes.windows(10).any(|w| w == b"the-cellar"));
}
