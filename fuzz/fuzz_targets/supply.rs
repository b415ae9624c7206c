//! `cargo +nightly fuzz run supply`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::supply(data));
