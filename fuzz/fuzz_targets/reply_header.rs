//! `cargo +nightly fuzz run reply_header`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::reply_header(data));
