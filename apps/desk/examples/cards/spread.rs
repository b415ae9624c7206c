//! Spreading on new card files, as `fh-field spread` does it, from the moment the vault is open.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use desk::clock;
use field::{Card, CardFile, Field, FileDisk, SpreadWish};
use formats::CELL;
use formats::card::Space;
use keys::{Cost, Passphrase};
use rand_core::OsRng;
use serde_json::{Value, json};

use crate::resident::{forget_peak, peak_mib};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    vault: PathBuf,
    #[arg(long)]
    passphrase_file: PathBuf,
    /// How many of the cards restore everything.
    #[arg(long)]
    need: u16,
    /// Bytes of each card.
    #[arg(long)]
    size: u64,
    /// New files.
    cards: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Value> {
    let text = fs::read_to_string(&args.passphrase_file)?;
    let passphrase = Passphrase::new(text.lines().next().context("no passphrase")?);
    let disk = FileDisk::open(&args.vault)?;
    let now = clock::now().0;
    let mut field = Field::open(disk, &passphrase, Cost::FIELD, now, &mut OsRng)?;
    forget_peak()?;
    let start = Instant::now();
    let plan = field.plan_spread(&SpreadWish {
        dispatch: None,
        cards: u16::try_from(args.cards.len())?,
        need: args.need,
    })?;
    let space = Space::file(u32::try_from(args.size / CELL as u64)?);
    let files: Vec<CardFile> = args
        .cards
        .iter()
        .map(|path| CardFile::create(path, args.size))
        .collect::<Result<_, _>>()?;
    let blank: Vec<Card<'_>> = files.iter().map(|file| file.card(&space)).collect();
    let spread = field.spread(&plan, &blank, &mut OsRng, &mut |_| {})?;
    files.into_iter().try_for_each(CardFile::finish)?;
    Ok(json!({
        "seconds": start.elapsed().as_secs_f64(),
        "resident": peak_mib()?,
        "need": spread.need,
        "pieces": spread.pieces,
        "cells": spread.cells,
    }))
}
