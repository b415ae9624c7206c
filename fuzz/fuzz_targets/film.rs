//! `cargo +nightly fuzz run film`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::film(data));
