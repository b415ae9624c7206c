//! `cargo +nightly fuzz run vault_header`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::vault_header(data));
