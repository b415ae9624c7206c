//! Replays the fuzz functions over every vector and thousands of mutations of them, without any fuzzer installed.

use std::fs;
use std::path::PathBuf;

use rand_chacha::rand_core::RngCore;
use serde_json::Value;

use crate::make;

#[expect(unreachable_pub, reason = "public in the fuzz crate, a module here")]
#[path = "../../../../fuzz/src/targets.rs"]
mod targets;

fn corpus() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let file: Value =
            serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
        for list in ["accept", "reject"] {
            let cases = file[list].as_array().cloned().unwrap_or_default();
            inputs.extend(
                cases
                    .iter()
                    .map(|case| spelt(case["bytes"].as_str().unwrap())),
            );
        }
    }
    assert!(inputs.len() > 90, "{}", inputs.len());
    inputs
}

fn spelt(text: &str) -> Vec<u8> {
    match text.strip_prefix("hex:") {
        Some(digits) => hex::decode(digits).unwrap(),
        None => text.strip_prefix("text:").unwrap().as_bytes().to_vec(),
    }
}

#[test]
fn every_target_survives_vectors_and_their_mutations() {
    let mut rng = make::rng(11);
    for input in corpus() {
        for (_, target) in targets::ALL {
            target(&input);
        }
        for _ in 0..24 {
            let mut hurt = input.clone();
            for _ in 0..=rng.next_u32() % 4 {
                let at = rng.next_u32() as usize % hurt.len().max(1);
                match rng.next_u32() % 4 {
                    0 if !hurt.is_empty() => hurt[at] ^= 1 << (rng.next_u32() % 8),
                    1 if !hurt.is_empty() => drop(hurt.remove(at)),
                    2 => hurt.insert(at.min(hurt.len()), rng.next_u32().to_le_bytes()[0]),
                    _ => hurt.truncate(at),
                }
            }
            for (_, target) in targets::ALL {
                target(&hurt);
            }
        }
    }
}
