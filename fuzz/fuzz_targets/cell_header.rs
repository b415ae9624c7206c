//! `cargo +nightly fuzz run cell_header`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::cell_header(data));
