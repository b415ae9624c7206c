//! `cargo +nightly fuzz run choice`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::choice(data));
