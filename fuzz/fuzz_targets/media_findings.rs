//! `cargo +nightly fuzz run media_findings`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| media::fuzz::findings(data));
