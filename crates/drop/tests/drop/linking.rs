//! g06: whoever takes a drop's disk tries to tell which of its 1,000 sessions belong to the same of ten kits.
//!
//! The hardest case for the sender: every session of a kit brings the same shard of the same piece.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use drop::store::{Arrived, Deposit, Store};
use formats::{DispatchId, KitId, PieceNo, PiecePlace, SealedPiece};
use keys::{ChainKey, EpochKeys};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use wire::{SessionSecret, SessionToken};

use crate::forgetful::Forgetful;
use crate::sample::{START, whole_log};

const KITS: usize = 10;
const SESSIONS: usize = 1_000;
const PAIRS: usize = 2_000;

/// A kit with one piece to send, again and again.
struct Kit {
    keys: EpochKeys,
    place: PiecePlace,
    piece: SealedPiece,
}

impl Kit {
    fn new(number: u8) -> Self {
        Self {
            keys: ChainKey::from_bytes([number; 32]).epoch_keys(),
            place: PiecePlace {
                kit: KitId([number; 8]),
                dispatch: DispatchId([number; 16]),
                piece: PieceNo(1),
                last: true,
            },
            piece: SealedPiece::from_ciphertext(vec![number; 20_000]).unwrap(),
        }
    }

    fn cell(&self, random: &mut ChaCha20Rng) -> Bytes {
        let cells = self
            .piece
            .cells(&self.keys, &self.place, 0, random)
            .unwrap();
        Bytes::copy_from_slice(cells[0].as_bytes())
    }
}

/// The log after all sessions, and which kit each cell came from.
fn fill(random: &mut ChaCha20Rng, veil_anew: bool) -> (Vec<Bytes>, Vec<usize>) {
    let kits: Vec<Kit> = (0..10).map(Kit::new).collect();
    let fixed: Vec<Bytes> = kits.iter().map(|kit| kit.cell(random)).collect();
    let disk = Arc::new(Forgetful::new(None, 0));
    let (store, _) = Store::open(
        disk,
        drop::Limits::default(),
        zeroize::Zeroizing::new([5; 32]),
        START,
    )
    .unwrap();
    let mut owners = Vec::new();
    let mut group = Vec::new();
    for _ in 0..SESSIONS {
        let owner = random.next_u32() as usize % KITS;
        let mut bytes = || {
            let mut bytes = [0; 32];
            random.fill_bytes(&mut bytes);
            bytes
        };
        let (token, secret) = (
            SessionToken::from_bytes(bytes()).hash(),
            SessionSecret::from_bytes(bytes()),
        );
        let cell = if veil_anew {
            kits[owner].cell(random)
        } else {
            fixed[owner].clone()
        };
        let cells = vec![Arrived::new(cell, &secret).unwrap()];
        group.push(Deposit {
            token,
            secret: secret.hash(),
            cells,
        });
        owners.push(owner);
    }
    store
        .register(
            &group
                .iter()
                .map(|deposit| deposit.token)
                .collect::<Vec<_>>(),
        )
        .unwrap();
    for deposits in group.chunks(7) {
        assert!(
            store
                .commit(deposits, START)
                .iter()
                .all(|outcome| outcome.refusal.is_none())
        );
    }
    (whole_log(&store), owners)
}

/// How alike two cells are: bytes that agree in their first 4,096.
fn alike(one: &Bytes, other: &Bytes) -> usize {
    one[..4_096]
        .iter()
        .zip(&other[..4_096])
        .filter(|(a, b)| a == b)
        .count()
}

/// The chance that a pair of one kit looks more alike than a pair of two: one half when nothing links.
fn advantage(random: &mut ChaCha20Rng, log: &[Bytes], owners: &[usize]) -> f64 {
    let (mut same, mut different) = (Vec::new(), Vec::new());
    while same.len() < PAIRS || different.len() < PAIRS {
        let (one, other) = (
            random.next_u32() as usize % SESSIONS,
            random.next_u32() as usize % SESSIONS,
        );
        let pairs = if owners[one] == owners[other] {
            &mut same
        } else {
            &mut different
        };
        if one != other && pairs.len() < PAIRS {
            pairs.push(alike(&log[one], &log[other]));
        }
    }
    let wins: f64 = same
        .iter()
        .map(|score| {
            let below = different.iter().filter(|other| *other < score).count() as f64;
            let level = different.iter().filter(|other| *other == score).count() as f64;
            below + level / 2.0
        })
        .sum();
    wins / (PAIRS * PAIRS) as f64
}

#[test]
fn negative_06_linking_sessions_of_a_kit_is_at_chance() {
    let mut random = ChaCha20Rng::seed_from_u64(6);
    let (log, owners) = fill(&mut random, true);
    assert_eq!(log.len(), SESSIONS);
    let advantage = advantage(&mut random, &log, &owners);
    assert!((advantage - 0.5).abs() < 0.03, "{advantage}");
    // No 16 bytes occur twice: not in the headers at any place, nor in the bodies at multiples of 16.
    let mut seen = HashSet::with_capacity(SESSIONS * 4_300);
    for cell in &log {
        let head = cell[..128].windows(16);
        let body = cell[128..].chunks(16);
        for string in head.chain(body) {
            assert!(seen.insert(u128::from_be_bytes(string.try_into().unwrap())));
        }
    }
}

#[test]
fn negative_06_the_method_would_see_cells_that_are_not_veiled_anew() {
    let mut random = ChaCha20Rng::seed_from_u64(7);
    let (log, owners) = fill(&mut random, false);
    let advantage = advantage(&mut random, &log, &owners);
    assert!(advantage > 0.99, "{advantage}");
}
