//! Every choice of so many cards restores every piece. Each choice is read, opened, decoded and hashed anew; what must come out are
//! the pieces that the desk opened to a film whose hash is right.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow, ensure};
use formats::{Assembler, CELL, Kit, PieceKey, SHARD};
use keys::EpochKeys;
use serde_json::{Value, json};

use crate::cards::{ReadCard, open_all};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    kit: PathBuf,
    /// What the desk found, one digest a line.
    #[arg(long)]
    digests: PathBuf,
    #[arg(long)]
    need: usize,
    cards: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Value> {
    let epoch = Kit::decode(&fs::read(&args.kit)?)?.chain.epoch_keys();
    let wanted: BTreeSet<String> = fs::read_to_string(&args.digests)?
        .lines()
        .map(str::to_owned)
        .collect();
    let cards = open_all(&args.cards, &epoch)?;
    let pieces: BTreeSet<PieceKey> = cards.iter().flat_map(ReadCard::pieces).collect();
    ensure!(pieces.len() == wanted.len(), "the desk found other pieces");
    let pieces: Vec<PieceKey> = pieces.into_iter().collect();
    let start = Instant::now();
    let (mut tried, mut restored) = (0, 0);
    for chosen in choices(cards.len(), args.need) {
        let some: Vec<&ReadCard> = chosen.iter().filter_map(|at| cards.get(*at)).collect();
        tried += 1;
        restored += usize::from(restore(&some, &pieces, &epoch)? == wanted);
    }
    Ok(json!({
        "tried": tried,
        "restored": restored,
        "seconds": start.elapsed().as_secs_f64(),
    }))
}

/// All ways to choose so many.
fn choices(cards: usize, need: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..1_u32 << cards)
        .filter(move |mask| mask.count_ones() as usize == need)
        .map(move |mask| (0..cards).filter(|card| mask >> card & 1 == 1).collect())
}

/// The digests of all pieces that these cards restore, on two threads.
fn restore(
    cards: &[&ReadCard],
    pieces: &[PieceKey],
    epoch: &EpochKeys,
) -> Result<BTreeSet<String>> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<String>> {
        let mut found = Vec::new();
        while let Some(key) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.extend(piece(cards, key, epoch)?);
        }
        Ok(found)
    };
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(work);
        let one = work();
        (
            one,
            other
                .join()
                .unwrap_or_else(|_| Err(anyhow!("a thread is gone"))),
        )
    });
    Ok(one?.into_iter().chain(other?).collect())
}

/// One piece from these cards alone: authentic, or none.
fn piece(cards: &[&ReadCard], key: &PieceKey, epoch: &EpochKeys) -> Result<Option<String>> {
    let mut assembler = Assembler::new(*key);
    let (mut cell, mut shard) = (Box::new([0; CELL]), Box::new([0; SHARD]));
    for card in cards {
        for (at, header) in card.cells(key) {
            card.read(*at, &mut cell)?;
            epoch.veil.open_body(&cell, &mut shard)?;
            assembler.add(header, shard.as_slice())?;
        }
    }
    Ok(assembler
        .finish(&epoch.mac, 1)
        .ok()
        .map(|whole| whole.digest.to_string()))
}
