//! `cargo +nightly fuzz run statement`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::statement(data));
