//! `cargo +nightly fuzz run media_fragments`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| media::fuzz::fragments(data));
