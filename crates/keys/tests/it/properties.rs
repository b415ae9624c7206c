//! What holds for all inputs: decoders never panic and accept one spelling only, and what is sealed comes back.

use keys::{
    ArchiveRecipient, ChainKey, IntakeRecipient, Passphrase, PieceFacts, PieceMacKey,
    ReplyIdentity, StateKey, VeilKeys, X25519Recipient, vault,
};
use proptest::prelude::*;

/// A real hybrid recipient to bend.
const RECIPIENT: &str = include_str!("../data/recipient.txt");

fn facts() -> impl Strategy<Value = PieceFacts> {
    (
        any::<(u8, [u8; 8], [u8; 16], u32)>(),
        any::<(bool, u16, u32, [u8; 32])>(),
    )
        .prop_map(
            |((version, kit, dispatch, piece), (last, k, length, digest))| PieceFacts {
                version,
                kit,
                dispatch,
                piece,
                last,
                k,
                length,
                digest,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn recipients_have_one_spelling(at in 0usize..1959, put in "[a-z0-9]") {
        let text = RECIPIENT.trim();
        let mut bent = text.to_owned();
        bent.replace_range(at..=at, &put);
        match bent.parse::<IntakeRecipient>() {
            Ok(recipient) => {
                prop_assert_eq!(&bent, text);
                prop_assert_eq!(recipient.to_string(), text);
            }
            Err(_) => prop_assert_ne!(&bent, text),
        }
    }

    #[test]
    fn parsing_anything_never_panics(text in "\\PC{0,80}", cut in 0usize..1959) {
        prop_assert!(text.parse::<IntakeRecipient>().is_err());
        prop_assert!(text.parse::<ArchiveRecipient>().is_err());
        prop_assert!(text.parse::<X25519Recipient>().is_err());
        prop_assert!(RECIPIENT.trim()[..cut].parse::<IntakeRecipient>().is_err());
    }

    #[test]
    fn any_public_bytes_are_a_key_or_an_error(seed: u64) {
        use rand_chacha::rand_core::{RngCore, SeedableRng};
        let mut bytes = [0; keys::hybrid::PUBLIC_LEN];
        rand_chacha::ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        if let Ok(recipient) = IntakeRecipient::from_bytes(&bytes) {
            prop_assert_eq!(recipient.as_bytes(), &bytes);
            let spelt = recipient.to_string();
            prop_assert_eq!(spelt.parse::<IntakeRecipient>().ok(), Some(recipient));
        }
    }

    #[test]
    fn different_facts_have_different_encodings_and_tags(one in facts(), two in facts(), key: [u8; 32]) {
        let key = PieceMacKey::from_bytes(key);
        prop_assert_eq!(one == two, one.canonical() == two.canonical());
        prop_assert_eq!(one == two, key.tag(&one) == key.tag(&two));
        prop_assert!(key.verify(&one, &key.tag(&one)).is_ok());
    }

    #[test]
    fn boxes_come_back_and_junk_does_not(
        key: [u8; 32], nonce: [u8; 24], place: Vec<u8>, text: Vec<u8>, junk: Vec<u8>,
    ) {
        let key = StateKey::from_bytes(key);
        let mut sealed = vec![0; text.len() + vault::OVERHEAD];
        sealed[vault::TEXT_AT..][..text.len()].copy_from_slice(&text);
        key.seal(&place, &nonce, &mut sealed);
        key.open(&place, &mut sealed).unwrap();
        prop_assert_eq!(&sealed[vault::TEXT_AT..][..text.len()], text.as_slice());
        prop_assert!(key.open(&place, &mut junk.clone()).is_err());
    }

    #[test]
    fn passphrases_fold_to_a_fixed_point(text in "\\PC{0,60}") {
        let once = Passphrase::new(&text).canonical();
        let twice = Passphrase::new(&once).canonical();
        prop_assert_eq!(once.as_str(), twice.as_str());
        let passphrase = Passphrase::new(&text);
        let _ = passphrase.weakness();
        let (ordered, exchanged) = passphrase.ordered();
        let (same, again) = Passphrase::new(&ordered).ordered();
        prop_assert_eq!((same.as_str(), again), (ordered.as_str(), false));
        prop_assert!(!exchanged || passphrase.can_mark());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn cells_come_back_under_their_own_epoch_only(
        start: [u8; 32], nonce: [u8; 24], header in prop::array::uniform32(any::<u8>()), flip in 0usize..65_536,
    ) {
        let first = ChainKey::from_bytes(start);
        let (mine, next) = (first.epoch_keys().veil, first.advance().epoch_keys().veil);
        let mut full = [0; 72];
        full[..32].copy_from_slice(&header);
        let (shard, mut cell) = (Box::new([header[0]; 65_408]), Box::new([0; 65_536]));
        mine.seal(&nonce, &full, &shard, &mut cell);
        let mut opened = Box::new([0; 65_408]);
        prop_assert_eq!(mine.open_header(&cell), Ok(full));
        prop_assert!(mine.open_body(&cell, &mut opened).is_ok() && opened == shard);
        prop_assert!(next.open_header(&cell).is_err() && next.open_body(&cell, &mut opened).is_err());
        cell[flip] ^= 1;
        let refused = mine.open_header(&cell).is_err() || mine.open_body(&cell, &mut opened).is_err();
        prop_assert!(refused);
    }

    #[test]
    fn replies_come_back(identity: [u8; 32], text: Vec<u8>, junk: Vec<u8>) {
        let identity = ReplyIdentity::from_bytes(identity);
        let sealed = identity.recipient().seal(&text).unwrap();
        let opened = identity.open(&sealed, text.len()).unwrap();
        prop_assert_eq!(opened.as_slice(), text.as_slice());
        prop_assert!(identity.open(&junk, 1000).is_err());
    }

    #[test]
    fn any_veil_opens_noise_to_nothing(head: [u8; 32], body: [u8; 32], noise: u64) {
        use rand_chacha::rand_core::{RngCore, SeedableRng};
        let keys = VeilKeys::from_bytes(head, body);
        let mut cell = Box::new([0; 65_536]);
        rand_chacha::ChaCha20Rng::seed_from_u64(noise).fill_bytes(cell.as_mut_slice());
        prop_assert!(keys.open_header(&cell).is_err());
    }
}
