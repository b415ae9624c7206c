//! Bulletins: k different pinned custodians over exactly these bytes, newer, in time, this newsroom's; nothing less.

use formats::bulletin::KEPT_AT_LEAST;
use formats::{Bulletin, BulletinRefusal, Custodian, Pinned, SignedBulletin};
use keys::CustodianSigningKey;

use crate::make;

struct Kit {
    newsroom: String,
    custodians: Vec<Custodian>,
    number: u32,
}

impl Kit {
    fn new() -> Self {
        let kit = make::kit();
        Self {
            newsroom: kit.newsroom,
            custodians: kit.custodians,
            number: 0,
        }
    }

    fn pinned(&self) -> Pinned<'_> {
        Pinned {
            newsroom: &self.newsroom,
            custodians: &self.custodians,
            threshold: 2,
            number: self.number,
            intake_epoch: 0,
        }
    }

    fn judge(&self, bulletin: &SignedBulletin) -> Result<u32, BulletinRefusal> {
        let now = make::bulletin().issued_at;
        // Over the bytes, as it travels.
        let read = SignedBulletin::decode(&bulletin.encode()).unwrap();
        read.verify(&self.pinned(), now).map(|taken| taken.number)
    }
}

fn signed(bulletin: &Bulletin, by: &[u8]) -> SignedBulletin {
    by.iter().fold(bulletin.draft().unwrap(), |draft, n| {
        draft.signed_by(&make::signing_key(*n))
    })
}

#[test]
fn k_different_custodians_are_believed() {
    let bulletin = make::bulletin();
    for by in [&[1, 2][..], &[3, 1], &[1, 2, 3]] {
        assert_eq!(Kit::new().judge(&signed(&bulletin, by)), Ok(1));
    }
    let (one, other) = (signed(&bulletin, &[1]), signed(&bulletin, &[3]));
    let merged = one.merged(&other).unwrap();
    assert_eq!(merged.signers().count(), 2);
    assert_eq!(Kit::new().judge(&merged), Ok(1));
}

#[test]
fn negative_10_fewer_than_k_are_refused() {
    let bulletin = make::bulletin();
    for (by, have) in [(&[][..], 0), (&[2], 1)] {
        let refused = Kit::new().judge(&signed(&bulletin, by));
        assert_eq!(refused, Err(BulletinRefusal::TooFew { have, need: 2 }));
    }
}

#[test]
fn negative_10_one_custodian_twice_counts_once_and_cannot_be_spelt_twice() {
    let bulletin = make::bulletin();
    let twice = signed(&bulletin, &[2, 2]);
    let refused = Kit::new().judge(&twice);
    assert_eq!(refused, Err(BulletinRefusal::TooFew { have: 1, need: 2 }));
    let bytes = twice.encode();
    let line = bytes.split_inclusive(|b| *b == b'\n').next_back().unwrap();
    assert!(SignedBulletin::decode(&[bytes.as_slice(), line].concat()).is_err());
}

#[test]
fn negative_10_a_lower_or_equal_number_is_refused() {
    let mut bulletin = make::bulletin();
    bulletin.number = 4;
    let four = signed(&bulletin, &[1, 2]);
    let mut kit = Kit::new();
    for (known, taken) in [(3, true), (4, false), (5, false)] {
        kit.number = known;
        let refusal = BulletinRefusal::NotNewer { got: 4, known };
        assert_eq!(kit.judge(&four), if taken { Ok(4) } else { Err(refusal) });
    }
}

#[test]
fn negative_10_another_newsrooms_is_refused() {
    let mut bulletin = make::bulletin();
    bulletin.newsroom = "Another Newsroom".to_owned();
    let refused = Kit::new().judge(&signed(&bulletin, &[1, 2]));
    assert_eq!(refused, Err(BulletinRefusal::OtherNewsroom));
    // One that calls itself the same has other custodians.
    let refused = Kit::new().judge(&signed(&make::bulletin(), &[8, 9]));
    assert_eq!(refused, Err(BulletinRefusal::UnknownCustodian));
}

#[test]
fn negative_10_strangers_beside_k_custodians_are_refused() {
    let refused = Kit::new().judge(&signed(&make::bulletin(), &[1, 2, 9]));
    assert_eq!(refused, Err(BulletinRefusal::UnknownCustodian));
}

#[test]
fn negative_10_expired_backwards_and_unpinned_are_refused() {
    let bulletin = make::bulletin();
    let good = signed(&bulletin, &[1, 2]);
    let kit = Kit::new();
    let late = bulletin.valid_until + 1;
    let refusal = good.verify(&kit.pinned(), late).unwrap_err();
    assert_eq!(refusal, BulletinRefusal::Expired);
    assert!(good.verify(&kit.pinned(), bulletin.valid_until).is_ok());
    let ahead = Pinned {
        intake_epoch: 2,
        ..kit.pinned()
    };
    let refusal = good.verify(&ahead, bulletin.issued_at).unwrap_err();
    assert_eq!(refusal, BulletinRefusal::IntakeBackwards);
    let nobody = Pinned {
        custodians: &[],
        threshold: 0,
        ..kit.pinned()
    };
    let refusal = good.verify(&nobody, bulletin.issued_at).unwrap_err();
    assert_eq!(refusal, BulletinRefusal::NobodyPinned);
}

#[test]
fn negative_10_any_changed_byte_is_refused() {
    let kit = Kit::new();
    let bulletin = make::bulletin();
    let good = signed(&bulletin, &[1, 2]).encode();
    for at in 0..good.len() {
        let mut hurt = good.clone();
        hurt[at] ^= 1;
        if let Ok(read) = SignedBulletin::decode(&hurt) {
            assert!(
                read.verify(&kit.pinned(), bulletin.issued_at).is_err(),
                "byte {at}"
            );
        }
    }
}

#[test]
fn negative_10_a_custodians_signature_under_something_else_is_none_here() {
    let draft = make::bulletin().draft().unwrap();
    let bytes = draft.encode();
    let document = bytes.split(|b| *b == b'\n').nth(1).unwrap();
    let line = |key: &CustodianSigningKey| {
        let signature = key.sign(document);
        format!(
            "{} {}\n",
            hex::encode(key.verifying_key().as_bytes()),
            hex::encode(signature.0)
        )
    };
    let mut lines = [line(&make::signing_key(1)), line(&make::signing_key(2))];
    lines.sort();
    let forged = [bytes.as_slice(), lines.concat().as_bytes()].concat();
    let refused = Kit::new().judge(&SignedBulletin::decode(&forged).unwrap());
    assert_eq!(refused, Err(BulletinRefusal::Signature));
}

#[test]
fn the_longest_bulletin_is_bounded() {
    let mut bulletin = make::bulletin();
    bulletin.intake_epoch = 40;
    let until = bulletin.issued_at + KEPT_AT_LEAST;
    bulletin.retired = (0..33)
        .map(|epoch| formats::Retired { epoch, until })
        .collect();
    assert!(bulletin.draft().is_err());
    bulletin.retired.pop();
    bulletin.custodians = (1..=32).map(make::custodian).collect();
    bulletin.threshold = 32;
    let all: Vec<u8> = (1..=32).collect();
    assert!(signed(&bulletin, &all).encode().len() <= formats::bulletin::ENCODED_MAX);
}
