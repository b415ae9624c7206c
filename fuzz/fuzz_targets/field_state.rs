//! `cargo +nightly fuzz run field_state`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| field::fuzz::state(data));
