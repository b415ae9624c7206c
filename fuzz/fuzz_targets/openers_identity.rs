//! Identities as text, and sealed files as bytes: a hostile file gives an error, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openers::IntakeIdentity;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(identity) = text.parse::<IntakeIdentity>() {
            assert!(identity.expose_text().eq_ignore_ascii_case(text));
        }
    }
    let _ = IntakeIdentity::from_bytes([42; 32]).open(data);
});
