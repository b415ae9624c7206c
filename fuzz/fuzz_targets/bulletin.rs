//! `cargo +nightly fuzz run bulletin`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::bulletin(data));
