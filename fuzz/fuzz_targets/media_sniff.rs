//! `cargo +nightly fuzz run media_sniff`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| media::fuzz::sniff(data));
