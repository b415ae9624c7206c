//! Keyring files and shares: what is read is written back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openers::{KeyringFile, Share};

fuzz_target!(|data: &[u8]| {
    if let Ok(file) = KeyringFile::from_json(data) {
        let stored = file
            .to_json()
            .expect("a keyring that was read can be written");
        assert_eq!(
            KeyringFile::from_json(&stored).expect("and read again"),
            file
        );
        assert!(file.facts().validate().is_ok());
    }
    if let Ok(share) = Share::decode(data) {
        assert_eq!(share.expose_encoded().as_slice(), data);
    }
});
