//! What is fuzzed of `keys` and `openers`. A module of its own, so that cargo-fuzz and the plain test of `crates/openers` run the
//! same code without either crate's tests needing the other decoders.

use keys::{Passphrase, ReplyIdentity, StateKey};
use openers::{IntakeIdentity, KeyringFile, LockedSigningKey, Share};

/// Takes any bytes and panics when something that must hold does not.
pub type Target = fn(&[u8]);

/// Every target by name.
pub const ALL: &[(&str, Target)] = &[
    ("keys_recipient", keys_recipient),
    ("keys_locked", keys_locked),
    ("openers_identity", openers_identity),
    ("openers_keyring", openers_keyring),
    ("openers_signing_key", openers_signing_key),
];

/// Recipients, hybrid and plain: any text is one key in its one spelling, or an error.
pub fn keys_recipient(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(key) = text.parse::<keys::IntakeRecipient>() {
            assert!(key.to_string().eq_ignore_ascii_case(text));
        }
        if let Ok(key) = text.parse::<keys::X25519Recipient>() {
            assert!(key.to_string().eq_ignore_ascii_case(text));
        }
    }
    if let Ok(bytes) = data.try_into() {
        let _ = keys::ArchiveRecipient::from_bytes(bytes);
    }
}

/// Whatever lies on a device or comes by a mailbox: sealed boxes, replies and passphrases never panic.
pub fn keys_locked(data: &[u8]) {
    let key = StateKey::from_bytes([1; 32]);
    assert!(key.open(b"place", &mut data.to_vec()).is_err());
    if let Ok(text) = ReplyIdentity::from_bytes([2; 32]).open(data, 1000) {
        assert!(text.len() <= 1000);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let passphrase = Passphrase::new(text);
        let _ = passphrase.weakness();
        let once = passphrase.canonical();
        assert_eq!(*Passphrase::new(&once).canonical(), *once);
        let (ordered, _) = passphrase.ordered();
        assert!(!Passphrase::new(&ordered).ordered().1);
    }
}

/// Identities as text, and sealed files as bytes: a hostile file gives an error, never a panic.
pub fn openers_identity(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(identity) = text.parse::<IntakeIdentity>()
    {
        assert!(identity.expose_text().eq_ignore_ascii_case(text));
    }
    let _ = IntakeIdentity::from_bytes([42; 32]).open(data);
}

/// Keyring files and shares: what is read is written back the same.
pub fn openers_keyring(data: &[u8]) {
    if let Ok(file) = KeyringFile::from_json(data) {
        let stored = file.to_json().expect("what was read can be written");
        assert_eq!(
            KeyringFile::from_json(&stored).expect("and read again"),
            file
        );
        assert!(file.facts().validate().is_ok());
    }
    if let Ok(share) = Share::decode(data) {
        assert_eq!(share.expose_encoded().as_slice(), data);
    }
}

/// A custodian's locked signing key: what is read is written back the same, and says whose it is. Nothing is stretched.
pub fn openers_signing_key(data: &[u8]) {
    if let Ok(locked) = LockedSigningKey::from_json(data) {
        locked.public().expect("checked when it was read");
        let stored = locked.to_json().expect("what was read can be written");
        assert_eq!(
            LockedSigningKey::from_json(&stored).expect("and read again"),
            locked
        );
    }
}
