//! `cargo +nightly fuzz run proof_file`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::proof_file(data));
