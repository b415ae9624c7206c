//! Spreading on cards and gathering them, against a ceiling made of the primitives that were measured in the same run, and against
//! Debian's `par2` making as much redundancy of the same bytes.
//!
//! A ceiling is the time in which both cores do nothing but the primitives, one after another: for spreading, reading the vault
//! and opening its boxes, SHA-256, coding, veiling, noise for the rest of the cards, and writing and syncing them (pieces lie in
//! the vault sealed already, so that sealing with age is none of it); for gathering, reading the cards, trying headers and opening
//! bodies, decoding, SHA-256, and storing the pieces.

mod large;
mod stages;

use super::runs::{median, memory, noise, touch_memory};
use super::{Figure, Size};
use crate::shell::{must, say, target_dir};
use anyhow::Result;
use serde_json::Value;
use stages::{CARDS, NEED, Stages};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const MIB: u64 = 1024 * 1024;
/// At least so much of what the primitives allow.
const LEAST_OF_CEILING: f64 = 0.7;
/// At least so many times as fast as par2.
const LEAST_OVER_PAR2: f64 = 40.0;
const MOST_RESIDENT_MIB: f64 = 96.0;
/// What par2 is given: it would take minutes for a gibibyte.
const PAR2_MIB: u64 = 64;
/// Kits whose keys noise is tried with.
const KITS: u64 = 100;

/// What was measured round after round.
#[derive(Default)]
struct Rounds {
    spread: Vec<f64>,
    spread_ceiling: Vec<f64>,
    gather: Vec<f64>,
    gather_ceiling: Vec<f64>,
    resident: [f64; 2],
}

pub(super) fn run(size: Size) -> Result<Vec<Figure>> {
    let dir = target_dir().join("bench-cards");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir)?;
    let mib = if size == Size::Quick { 64 } else { 1_024 };
    let stages = Stages::set_up(&dir, mib)?;
    let film = noise(&dir.join("film"), mib * MIB)?;
    stages.add(&film)?;
    let mut rounds = Rounds::default();
    for round in 0..if size == Size::Quick { 1 } else { 3 } {
        say(&format!("cards, round {}", round + 1));
        rounds.one(&stages, mib)?;
    }
    let mut figures = rounds.figures(mib);
    figures.push(par2(
        &film,
        &dir,
        mib as f64 / median(rounds.spread.clone()),
    )?);
    if size == Size::Full {
        say("every choice of cards");
        figures.push(subsets(&stages)?);
    }
    fs::remove_dir_all(stages.cards())?;
    say("a card full of noise");
    figures.push(noise_figure(&stages, mib)?);
    fs::remove_dir_all(&dir)?;
    if size == Size::Full {
        figures.extend(large::run()?);
    }
    Ok(figures)
}

impl Rounds {
    fn one(&mut self, stages: &Stages, mib: u64) -> Result<()> {
        touch_memory(3 * mib * MIB);
        let before = stages.primitives()?;
        touch_memory(3 * mib * MIB);
        let spread = stages.spread()?;
        touch_memory(3 * mib * MIB);
        let gathered = stages.gather()?;
        touch_memory(3 * mib * MIB);
        let after = stages.primitives()?;
        say(&format!(
            "before {before}\nspread {spread}\ngather {gathered}\nafter {after}"
        ));
        let ceiling = |of: fn(&Value, f64, &Value) -> f64| {
            (of(&before, mib as f64, &spread) + of(&after, mib as f64, &spread)) / 2.0
        };
        self.spread.push(number(&spread, "seconds"));
        self.spread_ceiling.push(ceiling(spread_ceiling));
        self.gather.push(number(&gathered, "seconds"));
        self.gather_ceiling.push(ceiling(gather_ceiling));
        let [one, other] = &mut self.resident;
        *one = one.max(number(&spread, "resident"));
        *other = other.max(number(&gathered, "resident"));
        Ok(())
    }

    fn figures(&self, mib: u64) -> Vec<Figure> {
        let [spread, gather] = self.resident;
        vec![
            of_ceiling(
                format!("spread {mib} MiB, {NEED} of {CARDS} (s) / ceiling"),
                &self.spread,
                &self.spread_ceiling,
            ),
            of_ceiling(
                format!("gather {mib} MiB, {NEED} of {CARDS} (s) / ceiling"),
                &self.gather,
                &self.gather_ceiling,
            ),
            memory(
                format!("resident, spreading {mib} MiB (MiB)"),
                spread,
                MOST_RESIDENT_MIB,
            ),
            memory(
                format!("resident, gathering {mib} MiB (MiB)"),
                gather,
                MOST_RESIDENT_MIB,
            ),
        ]
    }
}

/// A time against the least that the primitives allow.
fn of_ceiling(name: String, ours: &[f64], ceilings: &[f64]) -> Figure {
    let (ours, ceiling) = (median(ours.to_vec()), median(ceilings.to_vec()));
    Figure {
        name,
        ours,
        peer: ceiling,
        ok: ceiling >= LEAST_OF_CEILING * ours,
        target: format!(
            "ratio at most {:.3}: 70 % of the ceiling",
            1.0 / LEAST_OF_CEILING
        ),
    }
}

/// Seconds that primitives take for so many MiB each.
fn seconds(rates: &Value, parts: &[(&str, f64)]) -> f64 {
    parts
        .iter()
        .map(|(name, mib)| mib / number(rates, name))
        .sum()
}

fn spread_ceiling(rates: &Value, film: f64, spread: &Value) -> f64 {
    let cells = number(spread, "cells") * f64::from(CARDS) / 16.0;
    let written = number(spread, "written") / MIB as f64;
    seconds(
        rates,
        &[
            ("read", film),
            ("slots", film),
            ("sha256", film),
            ("encode", film),
            ("veil", cells),
            ("noise", written - cells),
            ("write", written),
        ],
    )
}

fn gather_ceiling(rates: &Value, film: f64, spread: &Value) -> f64 {
    let cards = number(spread, "written") / MIB as f64 * f64::from(NEED) / f64::from(CARDS);
    seconds(
        rates,
        &[
            ("read", cards),
            ("open", film),
            ("decode", film),
            ("sha256", film),
            ("write", film),
        ],
    )
}

/// par2 makes as much redundancy of the first part of the same bytes, with its own choice of blocks.
fn par2(film: &Path, dir: &Path, ours: f64) -> Result<Figure> {
    let (slice, made) = (dir.join("slice"), dir.join("made.par2"));
    let mut part = File::open(film)?.take(PAR2_MIB * MIB);
    std::io::copy(&mut part, &mut File::create(&slice)?)?;
    say("par2");
    let start = Instant::now();
    must(
        Command::new("par2")
            .args(["create", "-q", "-q", "-r60"])
            .arg(&made)
            .arg(&slice)
            .stdout(Stdio::null()),
    )?;
    let peer = PAR2_MIB as f64 / start.elapsed().as_secs_f64();
    Ok(Figure {
        name: format!("spread (MiB/s) / par2 of {PAR2_MIB} MiB, 60 %"),
        ours,
        peer,
        ok: ours >= LEAST_OVER_PAR2 * peer,
        target: format!("ratio at least {LEAST_OVER_PAR2}"),
    })
}

fn subsets(stages: &Stages) -> Result<Figure> {
    let found = stages.subsets()?;
    say(&found.to_string());
    let (tried, restored) = (number(&found, "tried"), number(&found, "restored"));
    Ok(Figure {
        name: "choices of five cards that restore everything".to_owned(),
        ours: restored,
        peer: tried,
        ok: restored == tried && tried == 56.0,
        target: "56 of 56, byte-exact".to_owned(),
    })
}

fn noise_figure(stages: &Stages, mib: u64) -> Result<Figure> {
    let found = stages.noise(KITS, mib * MIB)?;
    say(&found.to_string());
    Ok(Figure {
        name: format!("{mib} MiB of noise against {KITS} kits (s) / handed in"),
        ours: number(&found, "seconds"),
        peer: number(&found, "handed"),
        ok: true,
        target: "a figure".to_owned(),
    })
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}
