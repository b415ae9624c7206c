//! After a custodian was captured: the remaining ones make new keys, and the captured share opens nothing of them.

use keys::{Cost, Passphrase};
use openers::{
    Custodian, Former, KeyChange, KeyringError, KeyringFile, NewKeyring, OpenKeyring, RekeyError,
    Rekeying, Share, SharesError, UnlockError,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;

const OLD: [&str; 3] = ["Amal", "Basim", "Dunya"];
/// When the keys were replaced.
const AT: i64 = 1_795_000_000_000_000;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn passphrase(name: &str) -> Passphrase {
    Passphrase::new(&format!("the words of {name}"))
}

fn custodians(names: &[&str]) -> Vec<Custodian> {
    let custodian = |name: &&str| Custodian {
        name: (*name).to_owned(),
        passphrase: passphrase(name),
    };
    names.iter().map(custodian).collect()
}

fn founded() -> (KeyringFile, OpenKeyring) {
    let custodians = custodians(&OLD);
    let new = NewKeyring {
        organisation: "Sharq Press",
        custodians: &custodians,
        threshold: 2,
        cost: Cost::FOR_TESTS,
    };
    KeyringFile::create(&new, &mut rng(1)).unwrap()
}

fn shares(file: &KeyringFile, names: &[&str]) -> Vec<Share> {
    let open = |name: &&str| file.open_share(name, &passphrase(name)).unwrap();
    names.iter().map(open).collect()
}

fn rekeyed(file: &KeyringFile, by: &[&str], to: &[&str], threshold: u8) -> KeyChange {
    let custodians = custodians(to);
    let to = Rekeying {
        custodians: &custodians,
        threshold,
        at: AT,
    };
    let change = file.rekey(&shares(file, by), &to, &mut rng(9)).unwrap();
    let stored = KeyringFile::from_json(&change.file.to_json().unwrap()).unwrap();
    assert_eq!(stored, change.file);
    change
}

#[test]
fn a_new_set_opens_new_keys_and_everything_that_has_to_outlive_the_old_ones() {
    let (file, made) = founded();
    let change = rekeyed(&file, &["Amal", "Dunya"], &["Amal", "Dunya", "Ziad"], 2);
    let new = &change.file;
    assert_eq!((new.generation(), new.threshold()), (2, 2));
    assert_ne!(new.facts().id, file.facts().id);
    for pair in [["Amal", "Dunya"], ["Ziad", "Amal"], ["Dunya", "Ziad"]] {
        let open = new.unlock_with(&shares(new, &pair)).unwrap();
        assert_eq!(open.current_intake().unwrap().0, 2);
        let [(1, old_intake), (2, new_intake)] = open.intake_identities() else {
            panic!("the old intake identity stays beside the new one");
        };
        let before = made.current_intake().unwrap().1;
        assert_eq!(old_intake.expose_bytes(), before.expose_bytes());
        assert_ne!(new_intake.expose_bytes(), before.expose_bytes());
        let retired: Vec<_> = open.retired_archives().collect();
        let old_archive = made.archive_identity().expose_bytes();
        assert_eq!(retired.len(), 1);
        assert_eq!(retired[0].expose_bytes(), old_archive);
        assert_ne!(open.archive_identity().expose_bytes(), old_archive);
        let differ = [
            open.database_key().expose_bytes() != made.database_key().expose_bytes(),
            open.column_key().expose_bytes() != made.column_key().expose_bytes(),
            open.index_key().expose_bytes() != made.index_key().expose_bytes(),
        ];
        assert_eq!(differ, [true; 3]);
        let log = made.statement_log_key().expose_bytes();
        assert_eq!(open.statement_log_key().expose_bytes(), log);
    }
    assert_eq!(
        change.old.database_key().expose_bytes(),
        made.database_key().expose_bytes()
    );
    // Sealed to the archive before, it opens after.
    let sealed = made.archive_identity().recipient().seal(b"before").unwrap();
    let found = change
        .new
        .retired_archives()
        .find_map(|one| one.open(&sealed).ok());
    assert_eq!(found.unwrap().as_slice(), b"before");
}

#[test]
fn negative_04_old_shares_against_new_wraps_and_mixed_sets_are_refused_by_name() {
    let (file, _) = founded();
    let new = rekeyed(&file, &["Amal", "Dunya"], &["Amal", "Dunya"], 2).file;
    let captured = UnlockError::Former {
        name: "Basim".to_owned(),
        generation: 1,
    };
    let given = new.open_share("Basim", &passphrase("Basim"));
    assert_eq!(given.unwrap_err(), captured);
    let refused = |x, name: &str| UnlockError::BadShare {
        name: name.to_owned(),
        source: SharesError::Foreign { x },
    };
    // Shares that were opened before, all of them and one among new ones.
    let old = new.unlock_with(&shares(&file, &["Amal", "Basim"]));
    assert_eq!(old.map(|_| ()), Err(refused(1, "Amal")));
    for (old, name) in [("Basim", "Dunya"), ("Dunya", "3"), ("Amal", "Amal")] {
        let mut mixed = shares(&new, &["Amal"]);
        mixed.extend(shares(&file, &[old]));
        let x = mixed[1].x();
        let found = new.unlock_with(&mixed);
        assert_eq!(found.map(|_| ()), Err(refused(x, name)), "{old}");
    }
    // New shares open nothing of an old backup either.
    let back = file.unlock_with(&shares(&new, &["Amal", "Dunya"]));
    assert!(matches!(back, Err(UnlockError::BadShare { .. })));
}

#[test]
fn nothing_of_the_old_file_is_in_the_new_one_but_names_and_costs() {
    let (file, _) = founded();
    let new = rekeyed(&file, &["Amal", "Dunya"], &["Amal", "Dunya"], 2).file;
    let text = String::from_utf8(new.to_json().unwrap()).unwrap();
    let old: Value = serde_json::from_slice(&file.to_json().unwrap()).unwrap();
    let mut secrets = vec![old["set"].clone(), old["check"].clone()];
    for list in ["custodians", "keys"] {
        for one in old[list].as_array().unwrap() {
            secrets.extend(["hash", "salt", "nonce", "sealed"].map(|member| one[member].clone()));
        }
    }
    let secrets: Vec<&str> = secrets.iter().filter_map(Value::as_str).collect();
    assert_eq!(secrets.len(), 2 + 3 * 4 + 6 * 2);
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} is still there");
    }
}

#[test]
fn a_second_re_keying_remembers_and_a_custodian_may_come_back() {
    let (file, _) = founded();
    let second = rekeyed(&file, &["Amal", "Dunya"], &["Amal", "Dunya"], 2).file;
    let third = rekeyed(&second, &["Amal", "Dunya"], &["Dunya", "Basim", "Ziad"], 2);
    let former = Former {
        custodian: "Amal".to_owned(),
        generation: 2,
    };
    let said = third.file.rekeyed().unwrap();
    assert_eq!((said.at, &said.former), (AT, &vec![former]));
    let epochs: Vec<u32> = third.file.intake_epochs();
    assert_eq!(epochs, [1, 2, 3]);
    assert_eq!(third.new.retired_archives().count(), 2);
    let newest = third.new.retired_archives().next().unwrap();
    assert_eq!(
        newest.expose_bytes(),
        third.old.archive_identity().expose_bytes()
    );
    // Rotating and destroying intake identities works on as before.
    let by = shares(&third.file, &["Basim", "Ziad"]);
    let (rotated, epoch) = third.file.rotate_intake(&by, &mut rng(3)).unwrap();
    assert_eq!(epoch, 4);
    rotated.destroy_intake(&by, 1).unwrap();
}

#[test]
fn impossible_sets_and_too_few_are_refused_and_change_nothing() {
    let (file, _) = founded();
    let attempt = |by: &[&str], to: &[&str], threshold| {
        let custodians = custodians(to);
        let to = Rekeying {
            custodians: &custodians,
            threshold,
            at: AT,
        };
        file.rekey(&shares(&file, by), &to, &mut rng(9))
            .unwrap_err()
    };
    let few = attempt(&["Amal"], &["Amal", "Dunya"], 2);
    let expected = UnlockError::TooFew { have: 1, need: 2 };
    assert!(matches!(few, RekeyError::Unlock(error) if error == expected));
    let both = ["Amal", "Dunya"];
    for (to, threshold) in [(&["Amal"][..], 2), (&both[..], 0), (&[][..], 1)] {
        let impossible = attempt(&both, to, threshold);
        let refused = matches!(
            impossible,
            RekeyError::Keyring(KeyringError::Shares(SharesError::Threshold { .. }))
        );
        assert!(refused, "{to:?} {threshold}: {impossible}");
    }
    let twice = attempt(&both, &["Amal", "Amal"], 2);
    assert!(matches!(
        twice,
        RekeyError::Keyring(KeyringError::Name { .. })
    ));
}

#[test]
fn what_a_keyring_says_of_its_re_keying_cannot_be_altered() {
    let (file, _) = founded();
    let new = rekeyed(&file, &["Amal", "Dunya"], &["Amal", "Dunya"], 2).file;
    let json: Value = serde_json::from_slice(&new.to_json().unwrap()).unwrap();
    let read = |json: &Value| KeyringFile::from_json(json.to_string().as_bytes());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut json = json.clone();
        change(&mut json);
        read(&json)
    };
    let altered: [&dyn Fn(&mut Value); 4] = [
        &|json| json["rekeyed"] = Value::Null,
        &|json| json["rekeyed"]["at"] = 5.into(),
        &|json| json["rekeyed"]["former"] = Value::Array(Vec::new()),
        &|json| json["rekeyed"]["former"][0]["custodian"] = "Somebody".into(),
    ];
    for change in altered {
        let file = with(change).unwrap();
        let open = file.unlock_with(&shares(&file, &["Amal", "Dunya"]));
        assert_eq!(open.map(|_| ()), Err(UnlockError::Altered));
    }
    let contradictions: [&dyn Fn(&mut Value); 4] = [
        &|json| json["generation"] = 1.into(),
        &|json| json["rekeyed"]["former"][0]["generation"] = 2.into(),
        &|json| json["rekeyed"]["former"][0]["generation"] = 0.into(),
        &|json| json["rekeyed"]["former"][0]["custodian"] = "Amal".into(),
    ];
    for (number, change) in contradictions.into_iter().enumerate() {
        assert!(with(change).is_err(), "{number}");
    }
}
