//! `cargo +nightly fuzz run kit_question`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::kit_question(data));
