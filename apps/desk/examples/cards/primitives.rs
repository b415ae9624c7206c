//! The primitives of which spreading and gathering are made, each on both cores at once and on real pieces: bytes of ciphertext
//! a second, in MiB, or of what is written.
//!
//! A ceiling is the time in which the machine does nothing but these, one after the other.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use field::{CardFile, CardStore};
use formats::card::{Deal, may_be_cell};
use formats::coding::{CodingError, Encoder, decode};
use formats::{CELL, SHARD};
use keys::{ChainKey, SlotGeneration, VaultKey, VeilKeys};
use ledger::sha256;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};

/// Source shards of the largest piece.
const K: u16 = 256;
const THREADS: usize = 2;
const DEAL: Deal = Deal {
    cards: 8,
    need: 5,
    spare: 2,
};
const MIB: f64 = 1024.0 * 1024.0;

/// What one thread works on.
struct Bench {
    path: PathBuf,
    pieces: usize,
    piece: Vec<u8>,
    rng: ChaCha20Rng,
}

type Work = fn(&mut Bench) -> Result<u64>;

pub(crate) fn run(dir: &Path, pieces: usize) -> Result<Value> {
    let mut benches = Vec::new();
    for n in 0..THREADS {
        let mut rng = ChaCha20Rng::seed_from_u64(n as u64);
        let mut piece = vec![0; usize::from(K) * SHARD];
        rng.fill_bytes(&mut piece);
        benches.push(Bench {
            path: dir.join(format!("primitive-{n}")),
            // A power of two, so that an odd step meets every place once.
            pieces: pieces.next_power_of_two(),
            piece,
            rng,
        });
    }
    let works: [(&str, Work); 10] = [
        // First, so that reading finds what was written.
        ("write", write),
        ("read", read),
        ("slots", slots),
        ("sha256", hash),
        ("encode", encode),
        ("decode", decoding),
        ("veil", veil),
        ("noise", noise),
        ("windows", windows),
        ("open", open_bodies),
    ];
    let mut found = serde_json::Map::new();
    for (name, work) in works {
        found.insert(name.to_owned(), json!(on_both(&mut benches, work)?));
    }
    for bench in &benches {
        std::fs::remove_file(&bench.path)?;
    }
    Ok(Value::Object(found))
}

/// MiB a second of all threads together.
fn on_both(benches: &mut [Bench], work: impl Fn(&mut Bench) -> Result<u64> + Sync) -> Result<f64> {
    let start = Instant::now();
    let done: Result<u64> = thread::scope(|scope| {
        let threads: Vec<_> = benches
            .iter_mut()
            .map(|bench| scope.spawn(|| work(bench)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(anyhow!("a thread is gone")))
            })
            .sum()
    });
    Ok(done? as f64 / MIB / start.elapsed().as_secs_f64())
}

/// Writes cells to mixed places of a card file, and syncs.
fn write(bench: &mut Bench) -> Result<u64> {
    let places = (bench.pieces * usize::from(K)) as u64;
    let card = CardFile::create(&bench.path, places * CELL as u64)?;
    let step = (places / 3) | 1;
    let cell = &bench.piece[..CELL];
    for n in 0..places {
        card.write_at(n * step % places * CELL as u64, cell)?;
    }
    card.sync()?;
    card.finish()?;
    Ok(places * CELL as u64)
}

fn read(bench: &mut Bench) -> Result<u64> {
    let file = File::open(&bench.path)?;
    let mut cell = Box::new([0; CELL]);
    let places = (bench.pieces * usize::from(K)) as u64;
    for place in 0..places {
        file.read_exact_at(cell.as_mut(), place * CELL as u64)?;
    }
    Ok(places * CELL as u64)
}

/// Opens a vault's boxes.
fn slots(bench: &mut Bench) -> Result<u64> {
    let generation = SlotGeneration::generate(&mut bench.rng);
    let key = VaultKey::from_bytes([1; 32]).slot_key(&generation);
    let mut sealed = vec![0; CELL];
    key.seal(b"place", &[1; 24], &mut sealed);
    repeat(bench, |_| {
        let mut slot = sealed.clone();
        key.open(b"place", &mut slot)?;
        Ok(())
    })
}

fn hash(bench: &mut Bench) -> Result<u64> {
    each_piece(bench, |piece| {
        std::hint::black_box(sha256(piece));
        Ok(())
    })
}

/// As many recovery shards as eight cards hold, of which any five restore everything.
fn encode(bench: &mut Bench) -> Result<u64> {
    let mut encoder = Encoder::new();
    let count = recovery();
    each_piece(bench, |piece| {
        encoder.recover(piece, count, |_, shard| {
            std::hint::black_box(shard);
            Ok::<_, CodingError>(())
        })?;
        Ok(())
    })
}

/// From the last five of the eight cards.
fn decoding(bench: &mut Bench) -> Result<u64> {
    let mut made: Vec<(u16, Vec<u8>)> = Vec::new();
    let shards = (0..K).zip(bench.piece.chunks(SHARD).map(<[u8]>::to_vec));
    made.extend(shards);
    Encoder::new().recover(&bench.piece, recovery(), |index, shard| {
        made.push((index, shard.to_vec()));
        Ok::<_, CodingError>(())
    })?;
    let first = DEAL.share(K, false, 3).context("no share")?.start;
    let held: Vec<(u16, &[u8])> = made
        .iter()
        .filter(|(index, _)| *index >= first)
        .map(|(index, shard)| (*index, shard.as_slice()))
        .take(usize::from(K))
        .collect();
    let length = u32::try_from(bench.piece.len())?;
    each_piece(bench, |piece| {
        ensure!(
            decode(length, held.iter().copied())? == piece,
            "decoded something else"
        );
        Ok(())
    })
}

fn veil(bench: &mut Bench) -> Result<u64> {
    let (keys, mut cell) = (veil_keys(), Box::new([0; CELL]));
    let shard = bench.piece.first_chunk().context("no shard")?.to_owned();
    repeat(bench, |rng| {
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        keys.seal(&nonce, &[2; 72], &shard, &mut cell);
        Ok(())
    })
}

fn noise(bench: &mut Bench) -> Result<u64> {
    let mut cell = vec![0; CELL];
    repeat(bench, |rng| {
        rng.fill_bytes(&mut cell);
        Ok(())
    })
}

/// Tells what may be a cell from pictures and emptiness.
fn windows(bench: &mut Bench) -> Result<u64> {
    let cell: [u8; CELL] = *bench.piece.first_chunk().context("no cell")?;
    repeat(bench, |_| {
        ensure!(
            may_be_cell(std::hint::black_box(&cell)),
            "noise is taken for something else"
        );
        Ok(())
    })
}

/// Tries a header with the right key and opens the body.
fn open_bodies(bench: &mut Bench) -> Result<u64> {
    let (keys, mut cell, mut shard) = (veil_keys(), Box::new([0; CELL]), Box::new([0; SHARD]));
    keys.seal(&[1; 24], &[2; 72], &shard, &mut cell);
    repeat(bench, |_| {
        keys.open_header(&cell)?;
        keys.open_body(&cell, &mut shard)?;
        Ok(())
    })
}

fn recovery() -> u16 {
    DEAL.per_card(K, false) * DEAL.cards - K
}

fn veil_keys() -> VeilKeys {
    ChainKey::from_bytes([1; 32]).epoch_keys().veil
}

/// Does something for every cell of the pieces.
fn repeat(bench: &mut Bench, mut each: impl FnMut(&mut ChaCha20Rng) -> Result<()>) -> Result<u64> {
    let cells = bench.pieces * usize::from(K);
    for _ in 0..cells {
        each(&mut bench.rng)?;
    }
    Ok((cells * CELL) as u64)
}

/// Does something with every piece.
fn each_piece(bench: &Bench, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<u64> {
    for _ in 0..bench.pieces {
        each(&bench.piece)?;
    }
    Ok((bench.pieces * bench.piece.len()) as u64)
}
