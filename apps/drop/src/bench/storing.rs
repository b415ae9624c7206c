//! Storing without HTTP, the way requests do it: two sessions hash their next cells while the committer
//! decides, writes and syncs those before. The groups that formed are then written directly.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::ensure;
use bytes::Bytes;
use drop::commit::{Committer, Handed, Queue};
use drop::store::{Arrived, Deposit, Store};
use rand_core::{OsRng, RngCore as _};
use tokio::runtime::{Builder, Runtime};
use wire::{MAX_CELLS_PER_REQUEST, SessionSecret, SessionToken};

use super::Scale;
use super::direct::{self, Scratch};
use super::figure::{Figure, at_least};

/// Deposits handed in and not yet answered: as many as a session may have requests under way.
const UNDER_WAY: usize = 4;
/// Sessions at once.
const SENDERS: usize = 2;

/// Alternating pairs: our store, and the same groups directly.
pub(crate) fn measure(scale: &Scale, dir: &Scratch) -> anyhow::Result<Figure> {
    let cells = direct::random_cells(scale.groups * MAX_CELLS_PER_REQUEST);
    let mut pairs = Vec::new();
    for _ in 0..scale.pairs {
        let (ours, groups) = store(dir, &cells)?;
        let peer = direct::write(&dir.at("direct"), &cells, &groups)?;
        pairs.push((ours, peer));
    }
    let target = "at least 0.60 of writing and syncing the same groups directly, MiB/s";
    Ok(at_least("storing", &pairs, 0.60, target))
}

fn store(dir: &Scratch, cells: &[Bytes]) -> anyhow::Result<(f64, Vec<usize>)> {
    let store = direct::open_store(&dir.at("storing"))?;
    let groups = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&groups);
    let observer = move |cells| {
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(cells)
    };
    let clock = Arc::new(|| 1);
    let (queue, committer) = Committer::start(Arc::clone(&store), clock, Some(Box::new(observer)))?;
    let share = cells
        .len()
        .div_ceil(SENDERS)
        .next_multiple_of(MAX_CELLS_PER_REQUEST);
    let begin = Instant::now();
    thread::scope(|scope| {
        let senders = cells
            .chunks(share)
            .map(|cells| scope.spawn(|| hand_in(&store, &queue, cells)));
        let senders: Vec<_> = senders.collect();
        let join = |sender: thread::ScopedJoinHandle<'_, anyhow::Result<()>>| {
            sender
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a sender ended badly")))
        };
        senders.into_iter().try_for_each(join)
    })?;
    let speed = direct::mib_per_second(cells.len(), begin);
    drop(queue);
    committer.finish();
    let groups = groups
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    Ok((speed, groups))
}

/// One session hashes its cells and hands them in, 64 at a time.
fn hand_in(store: &Store, queue: &Queue, cells: &[Bytes]) -> anyhow::Result<()> {
    let (mut token, mut secret) = ([0; 32], [0; 32]);
    OsRng.fill_bytes(&mut token);
    OsRng.fill_bytes(&mut secret);
    let token = SessionToken::from_bytes(token).hash();
    let secret = SessionSecret::from_bytes(secret);
    store.register(&[token])?;
    let runtime = Builder::new_current_thread().build()?;
    let mut under_way = VecDeque::new();
    for group in cells.chunks(MAX_CELLS_PER_REQUEST) {
        if under_way.len() >= UNDER_WAY {
            settle(&runtime, under_way.pop_front())?;
        }
        let cells = group
            .iter()
            .filter_map(|cell| Arrived::new(cell.clone(), &secret))
            .collect();
        under_way.push_back(queue.hand_in(Deposit {
            token,
            secret: secret.hash(),
            cells,
        }));
    }
    under_way
        .into_iter()
        .try_for_each(|handed| settle(&runtime, Some(handed)))
}

fn settle(runtime: &Runtime, handed: Option<Handed>) -> anyhow::Result<()> {
    let Some(handed) = handed else { return Ok(()) };
    let outcome = runtime.block_on(handed.outcome());
    ensure!(outcome.refusal.is_none(), "the store refused a group");
    Ok(())
}
