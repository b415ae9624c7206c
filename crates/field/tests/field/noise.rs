//! Whether noise tells: statistics over many samples of two kinds, and how well they tell one kind from the other.
//!
//! Used for vaults here and for whatever else must look like nothing. Each sample is what stands at the beginning of every block,
//! where nonces, headers and texts of all kinds lie.

use std::io::Write;
use std::thread;

use field::Field;
use formats::vault::BLOCK;
use keys::Cost;
use rand_chacha::rand_core::RngCore;

use crate::doubles::{NOW, Platter, duress, kit, open, passphrase, rng};

/// Bytes taken of each block.
const TAKEN: usize = 1_024;
/// How far from a coin's toss a judge may be.
const CHANCE: f64 = 0.03;

/// What is measured of one sample.
pub(crate) struct Sample {
    /// How far the bytes are from being equally frequent.
    spread: f64,
    /// How much a byte says about the next.
    neighbours: f64,
    /// What a compressor makes of it.
    squeezed: f64,
    /// How often each byte occurs.
    histogram: Vec<f64>,
}

impl Sample {
    /// Measures a file of blocks.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let taken: Vec<u8> = bytes
            .chunks(BLOCK)
            .flat_map(|block| &block[..TAKEN.min(block.len())])
            .copied()
            .collect();
        let mut histogram = vec![0.0; 256];
        for byte in &taken {
            histogram[usize::from(*byte)] += 1.0;
        }
        let even = taken.len() as f64 / 256.0;
        let spread = histogram.iter().map(|n| (n - even).powi(2) / even).sum();
        let centred = |byte: u8| f64::from(byte) - 127.5;
        let neighbours = taken
            .windows(2)
            .map(|pair| centred(pair[0]) * centred(pair[1]))
            .sum();
        let mut packer =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&taken).unwrap();
        Self {
            spread,
            neighbours,
            squeezed: packer.finish().unwrap().len() as f64,
            histogram,
        }
    }
}

/// The chance that a judge who goes by this number ranks one of the second kind above one of the first.
pub(crate) fn auc(first: &[f64], second: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = first.iter().map(|x| (*x, false)).collect();
    all.extend(second.iter().map(|x| (*x, true)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Ties share their mean rank.
    let (mut ranks, mut at) = (0.0, 0);
    while at < all.len() {
        let end = at + all[at..].iter().take_while(|x| x.0 == all[at].0).count();
        let mean = (at + 1 + end) as f64 / 2.0;
        ranks += mean * all[at..end].iter().filter(|x| x.1).count() as f64;
        at = end;
    }
    let (n, m) = (first.len() as f64, second.len() as f64);
    (ranks - m * (m + 1.0) / 2.0) / (n * m)
}

/// A judge that learnt from one half of both kinds how their bytes differ, and judges the other half.
fn learnt(first: &[Sample], second: &[Sample]) -> f64 {
    let mean = |half: &[Sample]| -> Vec<f64> {
        let sum = |byte: usize| half.iter().map(|s| s.histogram[byte]).sum::<f64>();
        (0..256).map(|byte| sum(byte) / half.len() as f64).collect()
    };
    let (learn_a, judge_a) = first.split_at(first.len() / 2);
    let (learn_b, judge_b) = second.split_at(second.len() / 2);
    let (a, b) = (mean(learn_a), mean(learn_b));
    let score = |sample: &Sample| -> f64 {
        let parts = sample.histogram.iter().zip(&a).zip(&b);
        parts.map(|((n, a), b)| n * (b - a)).sum()
    };
    let scores = |half: &[Sample]| half.iter().map(score).collect::<Vec<_>>();
    auc(&scores(judge_a), &scores(judge_b))
}

/// No judge does better than a coin. `learnt` has half of the samples, hence a little more leave.
pub(crate) fn assert_alike(what: &str, first: &[Sample], second: &[Sample]) {
    let by = |number: fn(&Sample) -> f64| {
        let of = |samples: &[Sample]| samples.iter().map(number).collect::<Vec<_>>();
        auc(&of(first), &of(second))
    };
    let judges = [
        ("byte frequencies", by(|s| s.spread), CHANCE),
        ("neighbouring bytes", by(|s| s.neighbours), CHANCE),
        ("a compressor", by(|s| s.squeezed), CHANCE),
        ("a learnt judge", learnt(first, second), CHANCE * 1.5),
    ];
    for (judge, auc, leave) in judges {
        assert!((auc - 0.5).abs() <= leave, "{what}: {judge}: AUC {auc:.3}");
    }
}

/// Runs `make` for every seed, on two threads.
pub(crate) fn samples(count: u64, make: impl Fn(u64) -> Vec<u8> + Sync) -> Vec<Sample> {
    let measure = |seeds: std::ops::Range<u64>| -> Vec<Sample> {
        seeds.map(|seed| Sample::of(&make(seed))).collect()
    };
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(|| measure(count / 2..count));
        (measure(0..count / 2), other.join().unwrap())
    });
    one.into_iter().chain(other).collect()
}

/// Blocks of each vault.
const BLOCKS: usize = 40;
/// Vaults of each kind. What seals takes randomness of its own, so that no two runs are alike: of a thousand of each, even
/// perfect noise fails a judge once in fifty runs; of three thousand, once in many thousands.
const VAULTS: u64 = 3_000;

pub(crate) fn vault(seed: u64, with_duress: bool) -> (Platter, Field<Platter>) {
    let second = with_duress.then(duress);
    let platter = Platter::of(BLOCKS);
    let setup = field::Setup {
        kit: kit(1, 4),
        everyday: &passphrase(),
        duress: second.as_ref(),
        keep_nothing: false,
        cost: Cost::FOR_TESTS,
    };
    let made = Field::init(platter.clone(), setup, &mut rng(seed), &mut |_| {}).unwrap();
    (platter, made)
}

pub(crate) fn fill(field: &mut Field<Platter>, seed: u64, items: u64) {
    // Text that compresses to nothing, were it ever to stand there.
    let words = "the same words again and again. ".repeat(400);
    for item in 0..items {
        let seed = seed * 16 + item;
        field
            .add(&mut [], &words, NOW, &mut rng(seed), &mut |_| {})
            .unwrap();
    }
}

/// Vaults that something was done with: one item, many, wiped, opened under duress, and without a duress passphrase.
fn used(seed: u64) -> Vec<u8> {
    let seed = seed + 1_000_000;
    let (platter, mut field) = vault(seed, seed % 5 != 4);
    fill(&mut field, seed, if seed.is_multiple_of(5) { 1 } else { 6 });
    drop(field);
    // Randomness of its own: real randomness never comes twice, and a compressor sees at once when it does.
    let later = seed + 9_000_000;
    match seed % 5 {
        2 => Field::wipe(
            platter.clone(),
            &passphrase(),
            Cost::FOR_TESTS,
            &mut rng(later),
        )
        .unwrap(),
        3 => drop(open(&platter, &duress(), later).unwrap()),
        _ => {}
    }
    platter.bytes()
}

#[test]
fn g02_thousands_of_vaults_look_alike_and_like_noise() {
    let empty = samples(VAULTS, |seed| vault(seed, true).0.bytes());
    let full = samples(VAULTS, used);
    assert_alike("empty and used vaults", &empty, &full);
    let noise = samples(VAULTS, |seed| {
        let mut bytes = vec![0; BLOCKS * BLOCK];
        rng(seed + 5_000_000).fill_bytes(&mut bytes);
        bytes
    });
    assert_alike("used vaults and noise", &full, &noise);
}

#[test]
fn the_judges_see_what_is_there_to_see() {
    let noise = |seed: u64| {
        let mut bytes = vec![0; 8 * BLOCK];
        rng(seed).fill_bytes(&mut bytes);
        bytes
    };
    let plain = samples(200, noise);
    // One byte in a hundred is a letter.
    let letters = samples(200, |seed| {
        let mut bytes = noise(seed + 1_000);
        bytes.iter_mut().step_by(100).for_each(|byte| *byte = b'e');
        bytes
    });
    let spread = |samples: &[Sample]| samples.iter().map(|s| s.spread).collect::<Vec<_>>();
    assert!(auc(&spread(&plain), &spread(&letters)) > 0.95);
    assert!(learnt(&plain, &letters) > 0.95);
    assert!((auc(&[1.0, 2.0], &[1.0, 2.0]) - 0.5).abs() < 1e-9);
    assert!((auc(&[1.0, 2.0], &[3.0, 4.0]) - 1.0).abs() < 1e-9);
}

#[test]
fn g02_no_two_vaults_and_no_two_blocks_share_sixteen_bytes() {
    let mut seen = std::collections::HashSet::new();
    for seed in 0..4 {
        let (platter, mut field) = vault(seed, true);
        fill(&mut field, seed, 4);
        for chunk in platter.bytes().chunks_exact(16) {
            assert!(seen.insert(chunk.to_vec()), "a string of 16 bytes twice");
        }
    }
}
