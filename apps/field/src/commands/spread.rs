//! `spread` and `prepare-card`: cards for couriers, with cells and without.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use field::{Card, CardFile, FieldError, SpreadPlan, SpreadWish, prepare_card};
use formats::CELL;
use formats::card::{SIZES, Space};
use rand_core::OsRng;
use serde_json::json;

use super::open;
use crate::args::{Args, PrepareArgs, SpreadArgs};
use crate::explain::disk_refused;
use crate::show::{answer, bar, note};
use crate::words::{Words, say};

/// What a card is made on.
struct Blank {
    file: CardFile,
    space: Space,
}

pub(super) fn spread(args: &Args, words: &Words, wish: &SpreadArgs) -> Result<ExitCode> {
    let cards = match &wish.plain {
        Some(_) => 1,
        None if wish.unused => u16::try_from(wish.out.len()).unwrap_or(u16::MAX),
        None => wish.cards,
    };
    let mut field = open(args, words)?;
    let mut plan = field.plan_spread(&SpreadWish {
        dispatch: wish
            .dispatch
            .as_deref()
            .map(|text| super::dispatch(words, &field, text))
            .transpose()?,
        cards,
        need: wish.need.unwrap_or_else(|| usual_need(cards)),
    })?;
    if wish.previews {
        plan.previews_alone();
    }
    if plan.is_empty() {
        answer(&say!(words, "spread-nothing"));
        return Ok(ExitCode::SUCCESS);
    }
    let blanks = match &wish.plain {
        Some(path) => vec![plain(words, &plan, path)?],
        None if wish.unused => memory_cards(words, &wish.out)?,
        None => card_files(words, &wish.out, cards, size_for(&plan, wish.size)?)?,
    };
    let on: Vec<Card<'_>> = blanks.iter().map(|one| one.file.card(&one.space)).collect();
    let bar = bar(None, true, args.json);
    let spread = field.spread(&plan, &on, &mut OsRng, &mut |done| bar.set_position(done))?;
    bar.finish_and_clear();
    for blank in blanks {
        blank.file.finish().map_err(|error| disk(words, &error))?;
    }
    let said = json!({
        "cards": cards,
        "need": spread.need,
        "pieces": spread.pieces,
        "cells": spread.cells,
    });
    match (args.json, &wish.plain) {
        (true, _) => answer(&said.to_string()),
        (false, Some(_)) => answer(&say!(words, "plain-done", cells = spread.cells)),
        (false, None) => {
            let (pieces, cells) = (spread.pieces, spread.cells);
            answer(&if spread.need == 1 {
                say!(
                    words,
                    "spread-copies",
                    cards = cards,
                    pieces = pieces,
                    cells = cells
                )
            } else {
                let need = spread.need;
                say!(
                    words,
                    "spread-dealt",
                    cards = cards,
                    need = need,
                    pieces = pieces,
                    cells = cells
                )
            });
            note(&say!(words, "spread-advice"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn prepare(args: &Args, words: &Words, wish: &PrepareArgs) -> Result<ExitCode> {
    let count = u16::try_from(wish.out.len()).unwrap_or(u16::MAX);
    let blanks = if wish.unused {
        memory_cards(words, &wish.out)?
    } else {
        let size = wish.size.unwrap_or(SIZES[0]);
        card_files(words, &wish.out, count, size)?
    };
    for blank in blanks {
        prepare_card(&blank.file.card(&blank.space), &mut OsRng)?;
        blank.file.finish().map_err(|error| disk(words, &error))?;
    }
    if args.json {
        answer(&json!({ "cards": count }).to_string());
    } else {
        answer(&say!(words, "prepare-done", cards = count));
    }
    Ok(ExitCode::SUCCESS)
}

/// Five of eight, and in that proportion.
fn usual_need(cards: u16) -> u16 {
    let need = (u32::from(cards) * 5).div_ceil(8);
    u16::try_from(need).unwrap_or(u16::MAX).max(1)
}

/// The size asked for, else the smallest that holds the plan with a spare shard for damage.
fn size_for(plan: &SpreadPlan, asked: Option<u64>) -> Result<u64> {
    let places = |size: u64| u32::try_from(size / CELL as u64).unwrap_or(u32::MAX);
    let holds = |size: &u64| {
        plan.fit(places(*size))
            .is_some_and(|fit| fit.deal.spare > 0)
    };
    let best = || {
        SIZES
            .into_iter()
            .find(holds)
            .unwrap_or(SIZES[SIZES.len() - 1])
    };
    let size = asked.unwrap_or_else(best);
    if plan.fit(places(size)).is_none() {
        // Said before any file is begun.
        bail!(FieldError::CardTooSmall {
            places: plan.fewest_places(),
        });
    }
    Ok(size)
}

/// New files: in a folder by number, or one for each name.
fn card_files(words: &Words, out: &[PathBuf], cards: u16, size: u64) -> Result<Vec<Blank>> {
    let paths: Vec<PathBuf> = match out {
        [folder] if folder.is_dir() => (1..=cards)
            .map(|number| folder.join(format!("{number}.bin")))
            .collect(),
        files if files.len() == usize::from(cards) => files.to_vec(),
        files => {
            let names = files.len();
            bail!(say!(words, "card-outs", cards = cards, names = names))
        }
    };
    paths
        .iter()
        .map(|path| new_file(words, path, size))
        .collect()
}

fn new_file(words: &Words, path: &Path, size: u64) -> Result<Blank> {
    let file = CardFile::create(path, size).map_err(|error| at(words, path, &error))?;
    let places = u32::try_from(size / CELL as u64)?;
    let space = Space::file(places);
    Ok(Blank { file, space })
}

/// A file of cells and nothing else.
fn plain(words: &Words, plan: &SpreadPlan, path: &Path) -> Result<Blank> {
    let fit = plan
        .fit(u32::MAX)
        .ok_or(FieldError::CardTooSmall { places: None })?;
    new_file(words, path, u64::from(fit.cells) * CELL as u64)
}

/// Memory cards or images of them, none of which the system has in use.
fn memory_cards(words: &Words, out: &[PathBuf]) -> Result<Vec<Blank>> {
    let open = |path: &PathBuf| {
        let file = CardFile::open(path).map_err(|error| at(words, path, &error))?;
        let space = file.unused().map_err(FieldError::Card)?;
        Ok(Blank { file, space })
    };
    out.iter().map(open).collect()
}

fn at(words: &Words, path: &Path, error: &io::Error) -> anyhow::Error {
    let file = path.display().to_string();
    match error.kind() {
        io::ErrorKind::AlreadyExists => anyhow!(say!(words, "card-exists", file = file)),
        io::ErrorKind::ResourceBusy => anyhow!(say!(words, "card-busy", file = file)),
        io::ErrorKind::NotFound => anyhow!(say!(words, "error-file-unreadable", file = file)),
        _ => disk(words, error),
    }
}

fn disk(words: &Words, error: &io::Error) -> anyhow::Error {
    anyhow!(disk_refused(words, error))
}
