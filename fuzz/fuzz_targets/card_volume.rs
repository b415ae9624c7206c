//! `cargo +nightly fuzz run card_volume`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::card_volume(data));
