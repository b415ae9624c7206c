//! `fh-desk reach read`: servers' logs become counts that wait for the desk.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use anyhow::{Context, bail};
use rand_core::OsRng;

use super::{ReachRead, terminal};
use crate::clock;
use crate::config::{DeskConfig, DeskFolder};
use crate::reach::{Countries, DAY, Reading, Shelf};
use crate::web::text::{Tongue, t};

/// Reads the logs, whether or not the desk runs.
pub(super) fn read(args: &ReachRead, tongue: Tongue) -> anyhow::Result<()> {
    let folder = DeskFolder::new(&args.dir);
    DeskConfig::load(&folder)?;
    let shelf = Shelf::of(&folder);
    let Some(_alone) = shelf.alone()? else {
        bail!("{}", t!(tongue, "cli-reach-busy"));
    };
    let countries = match &args.country_db {
        Some(path) => Some(countries(path, tongue)?),
        None => None,
    };
    let today = clock::now().0.div_euclid(DAY);
    let mut rng = OsRng;
    let mut reading = Reading::new(shelf, countries, today, &mut rng);
    for path in &args.logs {
        let unreadable = || terminal::cannot_read(tongue, path);
        if path == Path::new("-") {
            reading.log(&mut io::stdin().lock(), true)?;
            continue;
        }
        let file = File::open(path).with_context(unreadable)?;
        let live = file
            .metadata()
            .with_context(unreadable)?
            .file_type()
            .is_fifo();
        let mut input = BufReader::with_capacity(1 << 16, file);
        reading.log(&mut input, live).with_context(unreadable)?;
    }
    let seen = reading.finish()?;
    terminal::say(&t!(tongue, "cli-reach-read", requests = seen.requests))?;
    terminal::say(&t!(tongue, "cli-reach-left-out", lines = seen.left_out))?;
    if seen.unreadable > 0 {
        terminal::say(&t!(tongue, "cli-reach-unreadable", lines = seen.unreadable))?;
    }
    Ok(())
}

fn countries(path: &Path, tongue: Tongue) -> anyhow::Result<Countries> {
    let unreadable = || terminal::cannot_read(tongue, path);
    let bytes = fs::read(path).with_context(unreadable)?;
    Countries::read(bytes).with_context(unreadable)
}
