//! A kit by twelve words: it reaches the device that asked, no other, and everything looks like noise on the way.

use formats::kit_words::{
    CELLS, decode_question, open_answer, open_question, seal_answer, seal_question,
};
use formats::{Cell, DecodeError, ReplyError};
use keys::{KitWordsSeed, ReplyIdentity};

use crate::make;

fn seed() -> KitWordsSeed {
    KitWordsSeed::from_bytes([4; 32])
}

#[test]
fn a_question_names_its_device_and_only_these_words_open_it() {
    let device = ReplyIdentity::from_bytes([9; 32]);
    let cell = seal_question(&seed(), &device.recipient(), &mut make::rng(1)).unwrap();
    let again = seal_question(&seed(), &device.recipient(), &mut make::rng(1)).unwrap();
    assert!(cell == again, "asking again is the same cell");
    assert_eq!(open_question(&seed(), &cell), Some(device.recipient()));
    assert_eq!(
        open_question(&KitWordsSeed::from_bytes([5; 32]), &cell),
        None
    );
    for at in [30, 100, 60_000] {
        let mut bytes = *cell.as_bytes();
        bytes[at] ^= 1;
        let altered = Cell::from_slice(&bytes).unwrap();
        assert_eq!(open_question(&seed(), &altered), None);
    }
}

#[test]
fn questions_are_read_strictly() {
    let key = *ReplyIdentity::from_bytes([9; 32]).recipient().as_bytes();
    let good = [&[1], key.as_slice()].concat();
    assert_eq!(decode_question(&good).unwrap().as_bytes(), &key);
    let mut other = good.clone();
    other[0] = 2;
    assert!(matches!(
        decode_question(&other),
        Err(DecodeError::Version { .. })
    ));
    assert!(matches!(
        decode_question(&good[..32]),
        Err(DecodeError::Truncated { .. })
    ));
    let long = [good.as_slice(), &[0]].concat();
    assert!(matches!(
        decode_question(&long),
        Err(DecodeError::Trailing { .. })
    ));
    let low_order = [&[1], [0; 32].as_slice()].concat();
    assert!(matches!(
        decode_question(&low_order),
        Err(DecodeError::Invalid { .. })
    ));
}

#[test]
fn an_answer_opens_for_the_device_that_asked_and_for_no_other() {
    let device = ReplyIdentity::from_bytes([9; 32]);
    let kit = make::kit().encode().unwrap();
    let answer = seal_answer(&kit, &device.recipient(), &seed(), &mut make::rng(2)).unwrap();
    assert_eq!(answer.len(), CELLS);
    let mut boxes: Vec<_> = answer.iter().map(|(address, _)| *address).collect();
    boxes.sort();
    boxes.dedup();
    assert_eq!(boxes.len(), CELLS);
    let cells: Vec<Cell> = answer.into_iter().map(|(_, cell)| cell).collect();
    let opened = open_answer(&cells, &device, &seed()).unwrap();
    assert_eq!(*opened.encode().unwrap(), *kit);

    let thief = ReplyIdentity::from_bytes([8; 32]);
    assert!(matches!(
        open_answer(&cells, &thief, &seed()),
        Err(ReplyError::Sealed(_))
    ));
    let other = KitWordsSeed::from_bytes([5; 32]);
    assert!(matches!(
        open_answer(&cells, &device, &other),
        Err(ReplyError::NotForThisPair)
    ));
    let mut part = cells.clone();
    part[2] = Cell::from_slice(&make::noise(3, formats::CELL)).unwrap();
    assert!(matches!(
        open_answer(&part, &device, &seed()),
        Err(ReplyError::NotForThisPair)
    ));
    let mut swapped = cells.clone();
    swapped.swap(0, 1);
    assert!(open_answer(&swapped, &device, &seed()).is_err());
    assert!(open_answer(&cells[..3], &device, &seed()).is_err());
}

#[test]
fn every_answer_has_one_size_and_a_kit_beyond_it_is_refused() {
    let device = ReplyIdentity::from_bytes([9; 32]).recipient();
    for length in [0, 10, formats::kit_words::KIT_MAX] {
        let kit = vec![7; length];
        let answer = seal_answer(&kit, &device, &seed(), &mut make::rng(2)).unwrap();
        assert_eq!(answer.len(), CELLS);
    }
    let kit = vec![7; formats::kit_words::KIT_MAX + 1];
    assert!(seal_answer(&kit, &device, &seed(), &mut make::rng(2)).is_err());
}
