//! What `cargo xtask bench cards` measures from within: how long spreading and gathering take once vault and desk are unlocked,
//! what they have resident then, and how fast the primitives are of which they are made, on the same machine in the same minutes.
//!
//! Each subcommand is a process of its own, so that what one had resident is not counted for another. Each prints one JSON object.
#![allow(
    clippy::print_stdout,
    reason = "an example that prints what it measured"
)]

mod cards;
mod gather;
mod noise;
mod primitives;
mod resident;
mod spread;
mod subsets;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Spread everything in a vault.
    Spread(spread::Args),
    /// Gather cards at the desk.
    Gather(gather::Args),
    /// Restore everything from every choice of cards.
    Subsets(subsets::Args),
    /// Try noise against many kits.
    Noise(noise::Args),
    /// The primitives, each on all cores.
    Primitives {
        /// Where to read and write.
        #[arg(long)]
        dir: PathBuf,
        /// Pieces that each thread works on.
        #[arg(long)]
        pieces: usize,
    },
}

fn main() -> anyhow::Result<()> {
    let measured = match Args::parse().what {
        What::Spread(args) => spread::run(&args)?,
        What::Gather(args) => gather::run(&args)?,
        What::Subsets(args) => subsets::run(&args)?,
        What::Noise(args) => noise::run(&args)?,
        What::Primitives { dir, pieces } => primitives::run(&dir, pieces)?,
    };
    println!("{measured}");
    Ok(())
}
