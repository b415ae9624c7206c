//! Replies in their cells: one pair opens one cell, and everything else is noise or an error. Then each kind's encoding.

use formats::{
    Cell, Choice, ChoiceKind, DispatchId, Message, MessageId, PieceNo, ReceiptKind, ReceiptPiece,
    Reply, ReplyError, open_reply, seal_reply,
};
use formats::{choice, message::TEXT_MAX, receipt::PIECES_MAX};
use ledger::sha256;
use proptest::prelude::*;

use crate::make;
use crate::vectors::{cut_and_grown, replay};

#[test]
fn a_receipt_reaches_its_pair_alone() {
    let keys = make::reply_keys(1);
    let receipt = Reply::from(make::receipt(ReceiptKind::Complete));
    let (address, cell) = seal_reply(&receipt, &keys.pair(), &mut make::rng(1)).unwrap();
    assert_eq!(address, keys.secret.mailbox());
    assert_eq!(
        open_reply(&cell, &keys.identity, &keys.secret).unwrap(),
        receipt
    );
    let other = make::reply_keys(2);
    let outcome = open_reply(&cell, &other.identity, &other.secret);
    assert!(matches!(outcome, Err(ReplyError::NotForThisPair)));
    // The secret without the identity unveils and does not open.
    let outcome = open_reply(&cell, &other.identity, &keys.secret);
    assert!(matches!(outcome, Err(ReplyError::Sealed(_))));
}

#[test]
fn negative_02_forged_without_the_secret_is_noise() {
    let keys = make::reply_keys(1);
    // The forger knows the recipient and every byte of the format, and not the secret.
    let forger = keys::ReplyPair {
        recipient: keys.identity.recipient(),
        secret: keys::ReplySecret::from_bytes([9; 32]),
    };
    let receipt = Reply::from(make::receipt(ReceiptKind::Wipe));
    let (_, cell) = seal_reply(&receipt, &forger, &mut make::rng(1)).unwrap();
    let outcome = open_reply(&cell, &keys.identity, &keys.secret);
    assert!(matches!(outcome, Err(ReplyError::NotForThisPair)));
    let noise = Cell::from_slice(&make::noise(3, formats::CELL)).unwrap();
    let outcome = open_reply(&noise, &keys.identity, &keys.secret);
    assert!(matches!(outcome, Err(ReplyError::NotForThisPair)));
}

#[test]
fn every_flipped_byte_is_noticed() {
    let keys = make::reply_keys(1);
    let receipt = Reply::from(make::receipt(ReceiptKind::Have));
    let (_, cell) = seal_reply(&receipt, &keys.pair(), &mut make::rng(1)).unwrap();
    for at in (0..formats::CELL)
        .step_by(1_021)
        .chain([24, 95, 96, 111, 112, 65_535])
    {
        let mut bytes = *cell.as_bytes();
        bytes[at] ^= 4;
        let hurt = Cell::from_slice(&bytes).unwrap();
        assert!(
            open_reply(&hurt, &keys.identity, &keys.secret).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn the_longest_receipt_fits_one_cell() {
    let keys = make::reply_keys(1);
    let mut receipt = make::receipt(ReceiptKind::Have);
    let numbers = 0..u32::try_from(PIECES_MAX).unwrap();
    let entry = |n: u32| ReceiptPiece {
        piece: PieceNo(n),
        digest: sha256(&n.to_be_bytes()),
    };
    receipt.pieces = numbers.map(entry).collect();
    let reply = Reply::from(receipt.clone());
    let (_, cell) = seal_reply(&reply, &keys.pair(), &mut make::rng(1)).unwrap();
    assert_eq!(
        open_reply(&cell, &keys.identity, &keys.secret).unwrap(),
        reply
    );
    receipt.pieces.push(entry(99_999));
    assert!(seal_reply(&receipt.into(), &keys.pair(), &mut make::rng(1)).is_err());
}

fn message(text: &str, dispatch: Option<DispatchId>) -> Message {
    Message {
        id: MessageId([0xa7; 16]),
        dispatch,
        sent_at: 1_790_000_000_000_004,
        text: text.to_owned().into(),
    }
}

#[test]
fn the_longest_message_fits_one_cell_like_the_shortest() {
    let keys = make::reply_keys(1);
    for text in ["a".to_owned(), "ن".repeat(TEXT_MAX / 2)] {
        let reply = Reply::from(message(&text, Some(make::place(0, false).dispatch)));
        let (_, cell) = seal_reply(&reply, &keys.pair(), &mut make::rng(1)).unwrap();
        assert_eq!(cell.as_bytes().len(), formats::CELL);
        let opened = open_reply(&cell, &keys.identity, &keys.secret).unwrap();
        assert_eq!(opened, reply);
    }
    let long = Reply::from(message(&"a".repeat(TEXT_MAX + 1), None));
    assert!(seal_reply(&long, &keys.pair(), &mut make::rng(1)).is_err());
}

#[test]
fn a_message_never_prints_its_words() {
    let shown = format!("{:?}", Reply::from(message("bridge", None)));
    assert!(!shown.contains("bridge"), "{shown}");
}

#[test]
fn kinds_of_a_newer_newsroom_ask_for_an_update() {
    for bytes in [[1, 200], [2, 5]] {
        let error = ReplyError::from(Reply::decode(&bytes).unwrap_err());
        assert!(error.wants_update(), "{error}");
    }
    let damaged = ReplyError::from(Reply::decode(&[1]).unwrap_err());
    assert!(!damaged.wants_update());
}

#[test]
fn replies_by_kind() {
    let mut good: Vec<_> = [ReceiptKind::Have, ReceiptKind::Wipe]
        .map(|kind| make::receipt(kind).encode().unwrap())
        .into();
    let letter = message("سلام\nwords", None).encode().unwrap().to_vec();
    good.push(letter.clone());
    good.push(make::choice(ChoiceKind::Want).encode().unwrap());
    let names = ["have", "wipe", "a message", "want"];
    let bad = vec![
        ("empty", Vec::new()),
        ("a version alone", vec![1]),
        ("version 2", [&[2], &letter[1..]].concat()),
        ("kind 0", [&[1, 0], &letter[2..]].concat()),
        ("kind 200", [&[1, 200], &letter[2..]].concat()),
        ("a message as a receipt", [&[1, 1], &letter[2..]].concat()),
        ("a message as a choice", [&[1, 8], &letter[2..]].concat()),
    ];
    replay(
        "reply",
        names.into_iter().zip(good).collect(),
        bad,
        |bytes| Ok(Reply::decode(bytes)?.encode()?.to_vec()),
    );
}

#[test]
fn messages() {
    let dispatch = Some(make::place(0, false).dispatch);
    let encoded = |message: Message| message.encode().unwrap().to_vec();
    let good = encoded(message("We have it.\nوصلنا.", dispatch));
    let short = encoded(message("x", None));
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let texts = |text: &[u8]| {
        let mut bytes = short[..48].to_vec();
        bytes[4..8].copy_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(text);
        bytes
    };
    let mut bad = cut_and_grown(&good);
    bad.extend([
        ("a head alone", good[..48].to_vec()),
        ("version 2", with(0, 2)),
        ("a receipt's kind", with(1, 4)),
        ("unknown flag", with(2, 3)),
        ("reserved", with(3, 1)),
        ("no words", texts(b"")),
        ("length over the limit", with(5, 1)),
        ("not UTF-8", texts(&[0xff])),
        ("a bell", texts(b"a\x07")),
        ("a carriage return", texts(b"a\r\n")),
        ("an escape of terminals", texts(b"\x1b[2J")),
        ("a C1 control", texts("\u{9b}2J".as_bytes())),
        ("before 1970", with(24, 0x80)),
        ("beyond 53 bits", with(24, 1)),
        ("a dispatch that is not answered", with(2, 0)),
    ]);
    let good = vec![("an answer", good), ("one letter", short)];
    replay("message", good, bad, |bytes| {
        Ok(Message::decode(bytes)?.encode()?.to_vec())
    });
}

#[test]
fn choices() {
    let want = make::choice(ChoiceKind::Want).encode().unwrap();
    let decline = make::choice(ChoiceKind::Decline).encode().unwrap();
    let with = |at: usize, value: u8| {
        let mut bytes = want.clone();
        bytes[at] = value;
        bytes
    };
    let listing = |items: &[(u32, u32)]| {
        let mut bytes = want[..choice::HEAD].to_vec();
        bytes[4..8].copy_from_slice(&u32::try_from(items.len()).unwrap().to_be_bytes());
        for (first, last) in items {
            bytes.extend_from_slice(&first.to_be_bytes());
            bytes.extend_from_slice(&last.to_be_bytes());
        }
        bytes
    };
    let mut nameless = want.clone();
    nameless[28..60].fill(0);
    let mut bad = cut_and_grown(&want);
    bad.extend([
        ("version 2", with(0, 2)),
        ("a supply's kind", with(1, 7)),
        ("kind 10", with(1, 10)),
        ("reserved", with(3, 1)),
        ("more items than a manifest has", with(5, 1)),
        ("number 0", with(11, 0)),
        ("no manifest", nameless),
        ("no item", listing(&[])),
        ("the contact piece", listing(&[(0, 1)])),
        ("backwards", listing(&[(3, 2)])),
        ("descending", listing(&[(5, 6), (1, 2)])),
        ("one piece in two items", listing(&[(1, 3), (3, 4)])),
        ("one item twice", listing(&[(1, 3), (1, 3)])),
    ]);
    let good = vec![
        ("want", want.clone()),
        ("decline", decline),
        ("one item to the end", listing(&[(1, u32::MAX)])),
    ];
    replay("choice", good, bad, |bytes| Choice::decode(bytes)?.encode());
}

#[test]
fn the_longest_choice_fits_one_cell() {
    let keys = make::reply_keys(1);
    let mut choice = make::choice(ChoiceKind::Decline);
    let item = |n: u32| (PieceNo(2 * n + 1), PieceNo(2 * n + 2));
    choice.items = (0..4_096).map(item).collect();
    let reply = Reply::from(choice.clone());
    let (_, cell) = seal_reply(&reply, &keys.pair(), &mut make::rng(1)).unwrap();
    let opened = open_reply(&cell, &keys.identity, &keys.secret).unwrap();
    assert_eq!(opened, reply);
    choice.items.push(item(4_096));
    assert!(choice.encode().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn messages_come_back(
        id: [u8; 16], dispatch in prop::option::of(any::<[u8; 16]>()), sent_at in 0_i64..1 << 53,
        text in "[\\PC\n]{1,400}",
    ) {
        let message = Message {
            id: MessageId(id), dispatch: dispatch.map(DispatchId), sent_at, text: text.into(),
        };
        let bytes = message.encode().unwrap();
        prop_assert_eq!(Reply::decode(&bytes), Ok(Reply::Message(message)));
    }

    #[test]
    fn a_flipped_bit_is_another_message_or_none(at in 0_usize..60, bit in 0_u8..8) {
        let message = message("twelve bytes", Some(DispatchId([9; 16])));
        let mut bytes = message.encode().unwrap().to_vec();
        bytes[at] ^= 1 << bit;
        let read = Message::decode(&bytes);
        prop_assert_ne!(read, Ok(message));
    }
}
