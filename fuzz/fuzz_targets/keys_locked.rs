//! Whatever lies on a device or comes by a mailbox: locked state, replies and passphrases never panic.
#![no_main]

use keys::{Passphrase, ReplyIdentity, StateKey, lock};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    assert!(lock::open(&StateKey::from_bytes([1; 32]), b"state", data).is_err());
    assert!(
        ReplyIdentity::from_bytes([2; 32])
            .open(data, 65_536)
            .is_err()
    );
    if let Ok(text) = std::str::from_utf8(data) {
        let passphrase = Passphrase::new(text);
        let _ = passphrase.weakness();
        let once = passphrase.canonical();
        assert_eq!(*Passphrase::new(&once).canonical(), *once);
    }
});
