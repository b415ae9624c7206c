//! `pack`: files straight into one file of cells, to be carried.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use formats::Standing;
use rand_core::OsRng;
use serde_json::json;

use super::sources::open_sources;
use super::{now, open, read_kit};
use crate::args::Args;
use crate::explain::disk_refused;
use crate::show::{answer, bar};
use crate::words::{Words, say};

/// What `pack` was asked.
pub(super) struct PackWish<'a> {
    pub(super) out: &'a Path,
    pub(super) kit: Option<&'a Path>,
    pub(super) recovery: (u16, u16),
    pub(super) note: &'a str,
    pub(super) files: &'a [PathBuf],
}

pub(super) fn pack(args: &Args, words: &Words, wish: &PackWish<'_>) -> Result<ExitCode> {
    let (mut sources, total) = open_sources(words, wish.files)?;
    let mut opened;
    let given;
    let (kit, forced, standing) = match wish.kit {
        Some(path) => {
            given = read_kit(words, path)?;
            (&given, false, Standing::of_kit(&given))
        }
        None => {
            opened = open(args, words)?;
            let standing = opened.standing_for_pack(now(), &mut OsRng)?;
            (opened.kit(), opened.forced(), standing)
        }
    };
    let unwritable = |error: std::io::Error| anyhow!(disk_refused(words, &error));
    let mut out = File::create_new(wish.out).map_err(unwritable)?;
    // The bar runs over cells: the plaintext and its recovery.
    let (n, d) = (u64::from(wish.recovery.0), u64::from(wish.recovery.1));
    let bar = bar(Some(total + total * n / d.max(1)), true, args.json);
    let packed = field::pack(
        kit,
        forced,
        standing,
        &mut sources,
        wish.note,
        now(),
        wish.recovery,
        &mut out,
        &mut OsRng,
        &mut |done| bar.set_position(done),
    );
    bar.finish_and_clear();
    if packed.is_err() {
        // Half a dispatch in a file that looks whole would be carried for nothing.
        let _ = std::fs::remove_file(wish.out);
    }
    let packed = packed?;
    if args.json {
        let said = json!({
            "dispatch": packed.dispatch.to_string(),
            "pieces": packed.pieces,
            "cells": packed.cells,
            "bytes_in": packed.bytes_in,
        });
        answer(&said.to_string());
    } else {
        answer(&say!(
            words,
            "pack-done",
            dispatch = packed.dispatch.short(),
            cells = packed.cells
        ));
    }
    Ok(ExitCode::SUCCESS)
}
