//! How long the record takes to enter the cells of a gibibyte from cards, mixed as they lie there, on both databases.
//!
//! `cargo run --release --workspace --example record_cells --features store/testing -- [CELLS_AT_ONCE]`
#![allow(
    clippy::print_stdout,
    reason = "an example that prints what it measured"
)]

use formats::{CellHeader, DispatchId, KitId, PieceNo};
use keys::{ChainKey, PieceTag};
use newsroom::vaults::Link;
use newsroom::{Micros, Private};
use rand_core::RngCore;
use std::time::Instant;
use store::{NewKit, SpoolPosition, SpooledCell, Store, testing};

/// Pieces of a gibibyte, shards of each on five cards of eight, and shards that restore one.
const PIECES: u32 = 65;
const SHARDS: u16 = 270;
const K: u16 = 256;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let at_once = std::env::args()
        .nth(1)
        .map_or(Ok(512), |text| text.parse())?;
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = tempfile::tempdir()?;
    runtime.block_on(async {
        let store = testing::sqlcipher(folder.path()).await?;
        measure("SQLCipher", &store, at_once).await?;
        store.close().await;
        let cluster = testing::Postgres::start()?;
        let store = testing::postgres(&cluster.database().await?).await?;
        measure("PostgreSQL", &store, at_once).await?;
        store.close().await;
        Ok(())
    })
}

async fn measure(name: &str, store: &Store, at_once: usize) -> Result<(), Failure> {
    let now = Micros(1_800_000_000_000_000);
    let kit = NewKit {
        id: KitId([1; 8]),
        pseudonym: Private::from("Jasmine"),
        chain_key: ChainKey::from_bytes([1; 32]),
        tokens: Vec::new(),
    };
    store.issue_kit(&kit, now).await?;
    let cells = mixed();
    let (start, mut ready) = (Instant::now(), 0);
    for (stretch, first) in cells.chunks(at_once).zip((0_u64..).step_by(at_once)) {
        let read_to = SpoolPosition(first + stretch.len() as u64);
        ready += store
            .record_cells(stretch, read_to, &|_, _| false, now)
            .await?
            .ready
            .len();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{name}: {} cells, {at_once} at once, {seconds:.2} s ({ready} times a piece was ready)",
        cells.len()
    );
    Ok(())
}

/// Every shard of every piece, in an order that mixes them.
fn mixed() -> Vec<SpooledCell> {
    let mut all: Vec<(u64, u32, u16)> = Vec::new();
    let mut rng = testing::entropy(1);
    for piece in 0..PIECES {
        all.extend((0..SHARDS).map(|shard| (rng.next_u64(), piece, shard)));
    }
    all.sort_unstable();
    let at = (0..).map(SpoolPosition);
    all.iter()
        .zip(at)
        .map(|((_, piece, shard), at)| cell(*piece, *shard, at))
        .collect()
}

fn cell(piece: u32, index: u16, at: SpoolPosition) -> SpooledCell {
    let header = CellHeader {
        last: false,
        forced: false,
        index,
        k: K,
        piece: PieceNo(piece),
        length: 65_408 * u32::from(K),
        kit: KitId([1; 8]),
        dispatch: DispatchId([1; 16]),
        tag: PieceTag([u8::try_from(piece).unwrap_or_default(); 24]),
    };
    let from = Link { chain: 0, epoch: 0 };
    SpooledCell { header, at, from }
}
