//! A stranger's file and a stranger's proof: findings or refusal, never a panic, and no proof but a made one holds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (mut file, proof) = data.split_at(data.len() / 8);
    let report = proof::check(&mut file, proof, &[]).expect("memory can be read");
    assert!(!report.findings().is_empty());
});
