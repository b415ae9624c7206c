//! `cargo +nightly fuzz run kit`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::kit(data));
