//! `cargo +nightly fuzz run drop_url`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::drop_url(data));
