//! The largest sizes, for the memory alone: what is resident must not grow with what is carried.

use super::super::Figure;
use super::super::runs::memory;
use super::stages::{CARDS, NEED, Stages};
use super::{MIB, MOST_RESIDENT_MIB, number};
use crate::shell::{say, target_dir};
use anyhow::Result;
use serde_json::Value;
use std::fs::{self, File};
use std::path::PathBuf;

/// A film that fills a vault of 16 GiB but for its headers and slots' edges, and one for a desk, which keeps what it
/// gathers three times before it removes the first two: what the disks of a laptop hold.
const SPREAD_MIB: u64 = 16_200;
const GATHER_MIB: u64 = 3_900;
/// Written at once: eight cards of 4 GiB and the vault do not fit on many disks, and the coding is what it is for eight.
const SPREAD_CARDS: u16 = 5;

pub(super) fn run() -> Result<Vec<Figure>> {
    let dir = target_dir().join("bench-cards-large");
    let figures = measured(&dir);
    let _ = fs::remove_dir_all(&dir);
    figures
}

fn measured(dir: &PathBuf) -> Result<Vec<Figure>> {
    say("gathering 3,900 MiB, for the memory");
    let stages = with_film(dir, GATHER_MIB)?;
    stages.spread()?;
    fs::remove_file(dir.join("vault"))?;
    let unneeded = (0..CARDS - NEED).map(|number| stages.cards().join(number.to_string()));
    unneeded.into_iter().try_for_each(fs::remove_file)?;
    let gathered = stages.gather()?;
    say(&gathered.to_string());
    say("spreading 16 GiB, for the memory");
    let stages = with_film(dir, SPREAD_MIB)?;
    let paths: Vec<PathBuf> = (0..SPREAD_CARDS)
        .map(|number| dir.join(format!("card-{number}")))
        .collect();
    let spread = stages.spread_on(SPREAD_CARDS, &paths)?;
    say(&spread.to_string());
    let figure = |what: &str, mib: u64, of: &Value| {
        memory(
            format!("resident, {what} {mib} MiB (MiB)"),
            number(of, "resident"),
            MOST_RESIDENT_MIB,
        )
    };
    Ok(vec![
        figure("gathering", GATHER_MIB, &gathered),
        figure("spreading", SPREAD_MIB, &spread),
    ])
}

/// A vault with a film of zeros: under its keys it is noise like any other.
fn with_film(dir: &PathBuf, mib: u64) -> Result<Stages> {
    let _ = fs::remove_dir_all(dir);
    fs::create_dir_all(dir)?;
    let stages = Stages::set_up(dir, mib)?;
    let film = dir.join("film");
    // It takes no room on the disk.
    File::create(&film)?.set_len(mib * MIB)?;
    stages.add(&film)?;
    fs::remove_file(&film)?;
    Ok(stages)
}
