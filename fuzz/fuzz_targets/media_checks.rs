//! `cargo +nightly fuzz run media_checks`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| media::fuzz::checks(data));
