//! `cargo +nightly fuzz run openers_signing_key`
#![no_main]

#[expect(dead_code, reason = "one of the targets")]
#[path = "../src/keys_and_openers.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::openers_signing_key(data));
