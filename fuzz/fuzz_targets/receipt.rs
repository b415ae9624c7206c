//! `cargo +nightly fuzz run receipt`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::receipt(data));
