//! `fh-drop bench`: holds the drop against writing the same bytes to the same disk directly.
//!
//! Pairs of runs alternate, so that whatever else the machine does hits both alike; medians are printed.

mod client;
mod direct;
mod figure;
mod http;
mod slow;
mod storing;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use figure::Figure;

/// Options of `fh-drop bench`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Print one JSON object instead of lines for people.
    #[arg(long)]
    json: bool,
    /// A short run, to see that everything works. Its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Folder on the disk to measure; everything made in it is removed again.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Measure only this.
    #[arg(long, value_enum)]
    only: Option<Part>,
}

/// What can be measured alone.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Storing,
    Http,
    Slow,
}

/// How much is measured.
struct Scale {
    pairs: usize,
    groups: usize,
    clients: u32,
    seconds: u32,
}

const FULL: Scale = Scale {
    pairs: 7,
    groups: 32,
    clients: 1_000,
    seconds: 60,
};
const QUICK: Scale = Scale {
    pairs: 5,
    groups: 16,
    clients: 100,
    seconds: 3,
};

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let scale = if arguments.quick { &QUICK } else { &FULL };
    let parent = arguments.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = direct::Scratch::new(&parent)?;
    let wanted = |part| arguments.only.is_none_or(|only| only == part);
    let mut figures = Vec::new();
    if wanted(Part::Storing) {
        figures.push(storing::measure(scale, &dir)?);
    }
    if wanted(Part::Http) {
        figures.push(http::measure(scale, &dir)?);
    }
    if wanted(Part::Slow) {
        figures.extend(slow::measure(scale, &dir)?);
    }
    print(&figures, arguments.json)
}

fn print(figures: &[Figure], json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let text = if json {
        figure::as_json(figures)
    } else {
        figure::as_lines(figures)
    };
    out.write_all(text.as_bytes())
        .context("cannot write to standard output")
}
