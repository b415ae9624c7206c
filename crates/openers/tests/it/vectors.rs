//! Code and vectors agree. The vectors were computed by other people's primitives (`tests/interop/age-npm/vectors.mjs`).

use openers::{
    IntakeIdentity, Kek, KeyringFile, LockedSigningKey, SetFacts, SetId, Share, Wrapped, combine,
};
use serde_json::{Value, json};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../vectors/openers.json")).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn array<const N: usize>(value: &Value, name: &str) -> [u8; N] {
    hex::decode(text(value, name)).unwrap().try_into().unwrap()
}

#[test]
fn identities_and_recipients() {
    for vector in vectors()["identities"].as_array().unwrap() {
        let identity = IntakeIdentity::from_bytes(array(vector, "seed"));
        assert_eq!(identity.expose_text().as_str(), text(vector, "identity"));
        assert_eq!(identity.recipient().to_string(), text(vector, "recipient"));
    }
}

#[test]
fn shares_combine_to_the_key() {
    let vector = &vectors()["shares"];
    let listed = vector["shares"].as_array().unwrap();
    let hashes: Vec<[u8; 32]> = listed.iter().map(|share| array(share, "hash")).collect();
    let facts = SetFacts {
        id: SetId(array(vector, "set")),
        k: 2,
        n: 3,
        hashes,
    };
    let share = |at: usize| {
        let encoded = hex::decode(text(&listed[at], "encoded")).unwrap();
        let share = Share::decode(&encoded).unwrap();
        assert_eq!(share.hash(), facts.hashes[at]);
        assert_eq!(share.expose_encoded().as_slice(), encoded);
        share
    };
    for pair in [[0, 1], [0, 2], [2, 1]] {
        let kek = combine(&pair.map(share), &facts).unwrap();
        assert_eq!(kek.expose_bytes(), &array::<32>(vector, "kek"));
    }
}

#[test]
fn wrapped_keys_open() {
    let vector = &vectors()["wrapped"];
    let stored = json!({
        "name": vector["name"], "generation": vector["generation"],
        "nonce": vector["nonce"], "sealed": vector["sealed"],
    });
    let wrapped: Wrapped = serde_json::from_value(stored).unwrap();
    let kek = Kek::from_bytes(array(vector, "kek"));
    let key = wrapped.unwrap(&kek, SetId(array(vector, "set"))).unwrap();
    assert_eq!(*key, array(vector, "key"));
    assert!(wrapped.unwrap(&kek, SetId([0; 16])).is_err());
    assert!(
        wrapped
            .unwrap(&Kek::from_bytes([0; 32]), SetId(array(vector, "set")))
            .is_err()
    );
}

/// A locked signing key: its file byte for byte, and the key in it.
#[test]
fn a_locked_signing_key_opens() {
    let vector = &vectors()["locked_signing_key"];
    let file = text(vector, "file").as_bytes();
    let locked = LockedSigningKey::from_json(file).unwrap();
    assert_eq!(locked.to_json().unwrap(), file);
    let words = keys::Passphrase::new(text(vector, "typed"));
    let key = locked.open(&words).unwrap();
    assert_eq!(key.expose_bytes(), &array::<32>(vector, "seed"));
    assert!(locked.open(&keys::Passphrase::new("other words")).is_err());
}

/// A keyring made by the first version stays readable by every later one.
#[test]
fn the_first_keyring_still_opens() {
    let stored = include_bytes!("../../vectors/keyring-v1.json");
    let file = KeyringFile::from_json(stored).unwrap();
    assert_eq!(file.to_json().unwrap(), stored);
    let words = |name: &str| keys::Passphrase::new(&format!("the words of {name}"));
    let open = file
        .unlock(&[("Dunya", words("Dunya")), ("Amal", words("Amal"))])
        .unwrap();
    let (epoch, intake) = open.current_intake().unwrap();
    let found = json!({
        "epoch": epoch,
        "intake": hex::encode(intake.expose_bytes()),
        "archive": hex::encode(open.archive_identity().expose_bytes()),
        "database": hex::encode(open.database_key().expose_bytes()),
        "column": hex::encode(open.column_key().expose_bytes()),
        "index": hex::encode(open.index_key().expose_bytes()),
        "statement_log": hex::encode(open.statement_log_key().expose_bytes()),
    });
    let expected = include_str!("../../vectors/keyring-v1.keys.json");
    assert_eq!(found, serde_json::from_str::<Value>(expected).unwrap());
}
