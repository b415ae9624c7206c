//! Recipients, hybrid and plain: any text is one key in its one spelling, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
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
});
