//! `cargo +nightly fuzz run contact`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::contact(data));
