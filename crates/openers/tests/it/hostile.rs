//! The fuzz targets of `keys` and `openers`, replayed by a plain test: every seed as it is, cut, bent, grown and mixed, in
//! the same way each time.

use keys::ReplyIdentity;
use openers::IntakeIdentity;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

#[expect(unreachable_pub, reason = "public in the fuzz crate, a module here")]
#[path = "../../../../fuzz/src/keys_and_openers.rs"]
mod targets;

/// How often each seed is bent for each target.
const ROUNDS: usize = 400;

/// Good input of every kind; each target gets all of it.
fn seeds() -> Vec<Vec<u8>> {
    let identity = IntakeIdentity::from_bytes([42; 32]);
    let reply = ReplyIdentity::from_bytes([2; 32]);
    let mut share = vec![1; openers::shares::SHARE_LEN];
    share[17..20].copy_from_slice(&[2, 3, 1]);
    vec![
        identity.recipient().to_string().into_bytes(),
        reply.recipient().to_string().into_bytes(),
        identity.recipient().as_bytes().to_vec(),
        identity.expose_text().as_bytes().to_vec(),
        identity.recipient().seal(&[7; 3000]).unwrap(),
        reply.recipient().seal(b"complete").unwrap(),
        include_bytes!("../../vectors/keyring-v1.json").to_vec(),
        share,
        signing_key(),
        "أرنب Apple ٣٤ \u{200b}x\u{0301}".as_bytes().to_vec(),
        Vec::new(),
    ]
}

/// The vector's locked signing key, a file.
fn signing_key() -> Vec<u8> {
    let vectors = include_str!("../../vectors/openers.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    let file = vectors["locked_signing_key"]["file"].as_str();
    file.unwrap().as_bytes().to_vec()
}

fn bend(seed: &[u8], others: &[Vec<u8>], rng: &mut ChaCha20Rng) -> Vec<u8> {
    let below = |rng: &mut ChaCha20Rng, limit: usize| (rng.next_u64() as usize) % limit.max(1);
    let mut data = seed.to_vec();
    for _ in 0..=below(rng, 3) {
        let at = below(rng, data.len());
        match below(rng, 6) {
            0 => data.truncate(at),
            1 => data.insert(at, rng.next_u32() as u8),
            2 if !data.is_empty() => data[at] ^= 1 << below(rng, 8),
            3 if !data.is_empty() => drop(data.remove(at)),
            4 if !data.is_empty() => data[at] = b"\0\n\"{}[]-10 "[below(rng, 11)],
            _ => {
                let other = &others[below(rng, others.len())];
                data.extend_from_slice(&other[..below(rng, other.len())]);
            }
        }
    }
    data
}

#[test]
fn no_bent_input_breaks_a_decoder() {
    let seeds = seeds();
    for (number, (name, target)) in targets::ALL.iter().enumerate() {
        let mut rng = ChaCha20Rng::seed_from_u64(number as u64);
        for (at, seed) in seeds.iter().enumerate() {
            target(seed);
            for round in 0..ROUNDS {
                let data = bend(seed, &seeds, &mut rng);
                let ran = std::panic::catch_unwind(|| target(&data));
                assert!(
                    ran.is_ok(),
                    "{name}, seed {at}, round {round}: {}",
                    hex::encode(&data)
                );
            }
        }
    }
}
