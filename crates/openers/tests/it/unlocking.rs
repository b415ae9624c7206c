//! Nobody opens the newsroom alone: shares and keyrings, with what must be refused and who must be named.

use keys::{Cost, Passphrase};
use openers::{
    Custodian, Kek, KeyringError, KeyringFile, LockedShareError, NewKeyring, OpenKeyring, Share,
    SharesError, UnlockError, combine, split,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const NAMES: [&str; 3] = ["Amal", "Basim", "Dunya"];

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn passphrase(name: &str) -> Passphrase {
    Passphrase::new(&format!("the words of {name}"))
}

fn keyring(seed: u64) -> (KeyringFile, OpenKeyring) {
    let custodians = NAMES.map(|name| Custodian {
        name: name.to_owned(),
        passphrase: passphrase(name),
    });
    let new = NewKeyring {
        organisation: "Sharq Press",
        custodians: &custodians,
        threshold: 2,
        cost: Cost::FOR_TESTS,
    };
    KeyringFile::create(&new, &mut rng(seed)).unwrap()
}

fn everything(open: &OpenKeyring) -> Vec<[u8; 32]> {
    let intake = open
        .intake_identities()
        .iter()
        .map(|(_, identity)| *identity.expose_bytes());
    let rest = [
        open.archive_identity().expose_bytes(),
        open.database_key().expose_bytes(),
        open.column_key().expose_bytes(),
        open.index_key().expose_bytes(),
        open.statement_log_key().expose_bytes(),
    ];
    intake.chain(rest.map(|key| *key)).collect()
}

#[test]
fn g06_any_two_of_three_open_it_and_find_the_same_keys() {
    let (file, made) = keyring(1);
    let stored = KeyringFile::from_json(&file.to_json().unwrap()).unwrap();
    assert_eq!(stored, file);
    assert_eq!(stored.custodians().collect::<Vec<_>>(), NAMES);
    for pair in [[0, 1], [1, 0], [0, 2], [1, 2]] {
        let given = pair.map(|at| (NAMES[at], passphrase(NAMES[at])));
        let open = stored.unlock(&given).unwrap();
        assert_eq!(everything(&open), everything(&made));
        assert_eq!(open.current_intake().unwrap().0, 1);
    }
    let keys = everything(&made);
    assert_eq!(keys.len(), 6);
    assert!(
        keys.iter()
            .enumerate()
            .all(|(i, key)| !keys[i + 1..].contains(key))
    );
}

#[test]
fn g06_too_few_wrong_and_unknown_are_named() {
    let (file, _) = keyring(1);
    let refused = |given: &[(&str, Passphrase)]| file.unlock(given).unwrap_err();
    assert_eq!(refused(&[]), UnlockError::TooFew { have: 0, need: 2 });
    let one = [("Amal", passphrase("Amal"))];
    assert_eq!(refused(&one), UnlockError::TooFew { have: 1, need: 2 });
    let twice = [("Amal", passphrase("Amal")), ("Amal", passphrase("Amal"))];
    assert_eq!(refused(&twice), UnlockError::TooFew { have: 1, need: 2 });
    let wrong = [("Amal", passphrase("Amal")), ("Basim", passphrase("Amal"))];
    let source = LockedShareError::WrongPassphrase;
    assert_eq!(
        refused(&wrong),
        UnlockError::Custodian {
            name: "Basim".to_owned(),
            source
        }
    );
    let unknown = [("Amal", passphrase("Amal")), ("Ziad", passphrase("Ziad"))];
    assert_eq!(
        refused(&unknown),
        UnlockError::UnknownCustodian {
            name: "Ziad".to_owned()
        }
    );
}

#[test]
fn negative_04_old_shares_never_open_new_wraps_and_sets_never_mix() {
    let (old, _) = keyring(1);
    let (new, _) = keyring(2);
    let share = |file: &KeyringFile, name: &str| file.open_share(name, &passphrase(name)).unwrap();
    let both_old = [share(&old, "Amal"), share(&old, "Basim")];
    let source = SharesError::Foreign { x: 1 };
    let expected = UnlockError::BadShare {
        name: "Amal".to_owned(),
        source,
    };
    assert_eq!(new.unlock_with(&both_old).unwrap_err(), expected);
    let mixed = [share(&new, "Amal"), share(&old, "Basim")];
    let source = SharesError::Foreign { x: 2 };
    let expected = UnlockError::BadShare {
        name: "Basim".to_owned(),
        source,
    };
    assert_eq!(new.unlock_with(&mixed).unwrap_err(), expected);
}

/// Replaces a top-level member of a keyring's JSON with the other keyring's.
fn transplant(into: &KeyringFile, from: &KeyringFile, members: &[&str]) -> KeyringFile {
    let value = |file: &KeyringFile| -> serde_json::Value {
        serde_json::from_slice(&file.to_json().unwrap()).unwrap()
    };
    let (mut mixed, other) = (value(into), value(from));
    for member in members {
        mixed[*member] = other[*member].clone();
    }
    KeyringFile::from_json(mixed.to_string().as_bytes()).unwrap()
}

#[test]
fn parts_of_two_keyrings_do_not_make_one() {
    let (one, _) = keyring(1);
    let (two, _) = keyring(2);
    let given = || [("Amal", passphrase("Amal")), ("Dunya", passphrase("Dunya"))];
    let refused = |members: &[&str]| {
        transplant(&one, &two, members)
            .unlock(&given())
            .unwrap_err()
    };
    let source = LockedShareError::WrongPassphrase;
    let shut = UnlockError::Custodian {
        name: "Amal".to_owned(),
        source,
    };
    assert_eq!(refused(&["set"]), shut);
    assert_eq!(refused(&["custodians"]), shut);
    assert_eq!(refused(&["check"]), UnlockError::Altered);
    assert_eq!(refused(&["set", "custodians"]), UnlockError::Altered);
    let wrap = refused(&["keys"]);
    assert!(
        matches!(&wrap, UnlockError::Wrap(error) if error.name == "intake/1"),
        "{wrap:?}"
    );
    let all_but_keys = refused(&["set", "custodians", "check"]);
    assert!(
        matches!(all_but_keys, UnlockError::Wrap(_)),
        "{all_but_keys:?}"
    );
}

#[test]
fn a_changed_public_part_is_noticed() {
    let (file, _) = keyring(1);
    let json: serde_json::Value = serde_json::from_slice(&file.to_json().unwrap()).unwrap();
    let try_with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut changed = json.clone();
        change(&mut changed);
        let file = KeyringFile::from_json(changed.to_string().as_bytes()).unwrap();
        file.unlock(&[("Amal", passphrase("Amal")), ("Basim", passphrase("Basim"))])
    };
    assert!(try_with(&|_| ()).is_ok());
    let altered = |change: &dyn Fn(&mut serde_json::Value)| try_with(change).unwrap_err();
    assert_eq!(
        altered(&|j| j["organisation"] = "Other".into()),
        UnlockError::Altered
    );
    assert_eq!(
        altered(&|j| j["generation"] = 2.into()),
        UnlockError::Altered
    );
    assert_eq!(
        altered(&|j| j["threshold"] = 1.into()),
        UnlockError::Altered
    );
    let dropped = |j: &mut serde_json::Value| {
        j["keys"].as_array_mut().unwrap().pop();
    };
    assert_eq!(altered(&dropped), UnlockError::Altered);
    let renamed = |j: &mut serde_json::Value| j["custodians"][0]["custodian"] = "Amala".into();
    let unknown = UnlockError::UnknownCustodian {
        name: "Amal".to_owned(),
    };
    assert_eq!(altered(&renamed), unknown);
    let swapped = |j: &mut serde_json::Value| {
        let first = j["custodians"][0]["custodian"].clone();
        j["custodians"][0]["custodian"] = j["custodians"][1]["custodian"].clone();
        j["custodians"][1]["custodian"] = first;
    };
    assert!(matches!(altered(&swapped), UnlockError::Custodian { .. }));
    let lied = |j: &mut serde_json::Value| j["custodians"][1]["hash"] = "00".repeat(32).into();
    let source = SharesError::Altered { x: 2 };
    let named = UnlockError::BadShare {
        name: "Basim".to_owned(),
        source,
    };
    assert_eq!(altered(&lied), named);
}

#[test]
fn malformed_keyrings_are_refused_with_a_reason() {
    let (file, _) = keyring(1);
    let json: serde_json::Value = serde_json::from_slice(&file.to_json().unwrap()).unwrap();
    let read = |path: &str, value: serde_json::Value| {
        let mut changed = json.clone();
        *changed.pointer_mut(path).unwrap() = value;
        KeyringFile::from_json(changed.to_string().as_bytes()).unwrap_err()
    };
    assert!(matches!(
        read("/format", "other".into()),
        KeyringError::Version { .. }
    ));
    assert!(matches!(
        read("/version", 2.into()),
        KeyringError::Version { version: 2, .. }
    ));
    assert!(matches!(
        read("/threshold", 4.into()),
        KeyringError::Shares(_)
    ));
    assert!(matches!(
        read("/threshold", 0.into()),
        KeyringError::Shares(_)
    ));
    assert!(matches!(read("/set", "00".into()), KeyringError::Json(_)));
    assert!(matches!(
        read("/check", "AA".repeat(32).into()),
        KeyringError::Json(_)
    ));
    assert!(matches!(
        read("/custodians/0/x", 2.into()),
        KeyringError::Shares(_)
    ));
    assert!(matches!(
        read("/custodians/0/custodian", "".into()),
        KeyringError::Name { .. }
    ));
    assert!(matches!(
        read("/custodians/0/custodian", "Basim".into()),
        KeyringError::Name { .. }
    ));
    let greedy = read("/custodians/1/memory_kib", u32::MAX.into());
    assert!(matches!(&greedy, KeyringError::Locked { name, .. } if name == "Basim"));
    let mut more = json.clone();
    more["extra"] = 1.into();
    let more = KeyringFile::from_json(more.to_string().as_bytes());
    assert!(matches!(more, Err(KeyringError::Json(_))));
    let large = vec![b' '; 300_000];
    assert!(matches!(
        KeyringFile::from_json(&large),
        Err(KeyringError::TooLarge { .. })
    ));
    for length in (0..json.to_string().len()).step_by(97) {
        assert!(KeyringFile::from_json(&json.to_string().as_bytes()[..length]).is_err());
    }
}

#[test]
fn impossible_newsrooms_are_refused() {
    let make = |names: &[&str], threshold: u8, words: &str| {
        let custodians: Vec<Custodian> = names
            .iter()
            .map(|name| Custodian {
                name: (*name).to_owned(),
                passphrase: Passphrase::new(words),
            })
            .collect();
        let new = NewKeyring {
            organisation: "Sharq Press",
            custodians: &custodians,
            threshold,
            cost: Cost::FOR_TESTS,
        };
        KeyringFile::create(&new, &mut rng(1)).map(|_| ())
    };
    assert!(make(&["a"], 1, "w").is_ok());
    assert!(matches!(
        make(&["a", "b"], 3, "w"),
        Err(KeyringError::Shares(_))
    ));
    assert!(matches!(
        make(&["a", "b"], 0, "w"),
        Err(KeyringError::Shares(_))
    ));
    assert!(matches!(make(&[], 1, "w"), Err(KeyringError::Shares(_))));
    assert!(matches!(
        make(&["a", "a"], 1, "w"),
        Err(KeyringError::Name { .. })
    ));
    assert!(matches!(
        make(&[" a"], 1, "w"),
        Err(KeyringError::Name { .. })
    ));
    assert!(matches!(
        make(&["a\n"], 1, "w"),
        Err(KeyringError::Name { .. })
    ));
    let empty = make(&["a", "b"], 1, " ");
    assert!(matches!(empty, Err(KeyringError::EmptyPassphrase { name }) if name == "a"));
}

#[test]
fn a_flipped_byte_of_a_share_is_named_or_undecodable() {
    let (facts, shares) = split(&Kek::from_bytes([7; 32]), 2, 3, &mut rng(3)).unwrap();
    let good = Share::decode(shares[0].expose_encoded().as_ref()).unwrap();
    for at in 0..openers::shares::SHARE_LEN {
        let mut bytes = *shares[1].expose_encoded();
        bytes[at] ^= 1;
        let Ok(hurt) = Share::decode(&bytes) else {
            continue;
        };
        let x = hurt.x();
        let good = Share::decode(good.expose_encoded().as_ref()).unwrap();
        let error = combine(&[good, hurt], &facts).unwrap_err();
        let named = [SharesError::Foreign { x }, SharesError::Altered { x }];
        assert!(named.contains(&error), "byte {at}: {error:?}");
    }
}

#[test]
fn nothing_secret_is_printed_or_stored() {
    let (file, open) = keyring(1);
    let text = String::from_utf8(file.to_json().unwrap()).unwrap();
    let printed = format!("{open:?} {file:?}");
    for key in everything(&open) {
        let key = hex::encode(key);
        assert!(!text.contains(&key) && !printed.contains(&key));
    }
    let share = file.open_share("Amal", &passphrase("Amal")).unwrap();
    assert_eq!(format!("{share:?}"), "Share(1 of 3, ..)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn g06_any_k_of_n_give_the_key_and_fewer_do_not(
        seed: u64,
        n in 1u8..=32,
        k_of in 0.0f64..1.0,
        secret: [u8; 32],
    ) {
        let k = (f64::from(n) * k_of) as u8 + 1;
        let (facts, mut shares) = split(&Kek::from_bytes(secret), k, n, &mut rng(seed)).unwrap();
        let rotation = usize::try_from(seed % u64::from(n)).unwrap();
        shares.rotate_left(rotation);
        shares.truncate(usize::from(k));
        let kek = combine(&shares, &facts).unwrap();
        prop_assert_eq!(kek.expose_bytes(), &secret);
        shares.pop();
        let have = usize::from(k) - 1;
        let error = combine(&shares, &facts).unwrap_err();
        prop_assert_eq!(error, SharesError::TooFew { have, need: usize::from(k) });
    }

    #[test]
    fn share_decoding_never_panics_and_is_exact(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(share) = Share::decode(&bytes) {
            let again = share.expose_encoded();
            prop_assert_eq!(again.as_slice(), bytes.as_slice());
        }
    }

    #[test]
    fn keyring_reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(KeyringFile::from_json(&bytes).is_err());
    }
}

fn two_shares(file: &KeyringFile) -> Vec<Share> {
    let open = |name| file.open_share(name, &passphrase(name)).unwrap();
    ["Amal", "Dunya"].map(open).into_iter().collect()
}

#[test]
fn a_new_intake_identity_joins_the_old_ones_and_an_old_one_goes() {
    let (file, made) = keyring(1);
    let shares = two_shares(&file);
    let (rotated, epoch) = file.rotate_intake(&shares, &mut rng(7)).unwrap();
    assert_eq!((epoch, rotated.intake_epochs()), (2, vec![1, 2]));
    let stored = KeyringFile::from_json(&rotated.to_json().unwrap()).unwrap();
    // The same passphrases open it, and everything that was in it is in it still.
    let open = stored.unlock_with(&two_shares(&stored)).unwrap();
    assert_eq!(open.current_intake().unwrap().0, 2);
    for key in everything(&made) {
        assert!(everything(&open).contains(&key));
    }
    let left = stored.destroy_intake(&shares, 1).unwrap();
    let open = left.unlock_with(&two_shares(&left)).unwrap();
    assert_eq!(open.intake_identities().len(), 1);
    let gone = made.intake_identities()[0].1.expose_bytes();
    assert!(!everything(&open).contains(gone));
    let missing = Err(UnlockError::Missing { name: "intake/" });
    for epoch in [1, 2, 3] {
        assert_eq!(
            left.destroy_intake(&shares, epoch).map(|_| ()),
            missing,
            "{epoch}"
        );
    }
}

#[test]
fn a_keyring_changes_on_the_word_of_its_own_custodians_alone() {
    let (file, _) = keyring(1);
    let (other, _) = keyring(2);
    let one = file.open_share("Amal", &passphrase("Amal")).unwrap();
    let few = file.rotate_intake(&[one], &mut rng(7)).unwrap_err();
    assert_eq!(few, UnlockError::TooFew { have: 1, need: 2 });
    let foreign = file.rotate_intake(&two_shares(&other), &mut rng(7));
    assert!(matches!(foreign, Err(UnlockError::BadShare { .. })));
    let foreign = file.destroy_intake(&two_shares(&other), 1);
    assert!(matches!(foreign, Err(UnlockError::BadShare { .. })));
    // A wrap that was taken out by hand is noticed.
    let (rotated, _) = file.rotate_intake(&two_shares(&file), &mut rng(7)).unwrap();
    let text = String::from_utf8(rotated.to_json().unwrap()).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["keys"].as_array_mut().unwrap().remove(0);
    let cut = KeyringFile::from_json(json.to_string().as_bytes()).unwrap();
    let altered = cut.unlock_with(&two_shares(&cut)).map(|_| ());
    assert_eq!(altered, Err(UnlockError::Altered));
}
