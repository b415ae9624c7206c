//! `cargo +nightly fuzz run keys_recipient`
#![no_main]

#[expect(dead_code, reason = "one of the targets")]
#[path = "../src/keys_and_openers.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::keys_recipient(data));
