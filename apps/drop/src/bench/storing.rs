//! Storing without HTTP: hashing, deciding, writing and syncing groups of 64 cells.

use std::time::Instant;

use anyhow::ensure;
use bytes::Bytes;
use drop::store::{Arrived, Deposit};
use rand_core::{OsRng, RngCore as _};
use wire::{MAX_CELLS_PER_REQUEST, SessionSecret, SessionToken};

use super::Scale;
use super::direct::{self, Scratch};
use super::figure::{Figure, at_least};

/// Alternating pairs: our store, and the same groups directly.
pub(crate) fn measure(scale: &Scale, dir: &Scratch) -> anyhow::Result<Figure> {
    let cells = direct::random_cells(scale.groups * MAX_CELLS_PER_REQUEST);
    let groups = vec![MAX_CELLS_PER_REQUEST; scale.groups];
    let mut pairs = Vec::new();
    for _ in 0..scale.pairs {
        let ours = store(dir, &cells)?;
        let peer = direct::write(&dir.at("direct"), &cells, &groups)?;
        pairs.push((ours, peer));
    }
    let target = "at least 0.60 of writing and syncing the same groups directly, MiB/s";
    Ok(at_least("storing", &pairs, 0.60, target))
}

fn store(dir: &Scratch, cells: &[Bytes]) -> anyhow::Result<f64> {
    let store = direct::open_store(&dir.at("storing"))?;
    let mut random = [0; 64];
    OsRng.fill_bytes(&mut random);
    let (token, secret) = random.split_at(32);
    let token = SessionToken::from_bytes(token.try_into()?).hash();
    let secret = SessionSecret::from_bytes(secret.try_into()?);
    store.register(&[token])?;
    let begin = Instant::now();
    for group in cells.chunks(MAX_CELLS_PER_REQUEST) {
        let cells = group
            .iter()
            .filter_map(|cell| Arrived::new(cell.clone(), &secret))
            .collect();
        let outcomes = store.commit(
            &[Deposit {
                token,
                secret: secret.hash(),
                cells,
            }],
            1,
        );
        let stored = outcomes
            .first()
            .is_some_and(|outcome| outcome.refusal.is_none());
        ensure!(stored, "the store refused a group");
    }
    Ok(direct::mib_per_second(cells.len(), begin))
}
