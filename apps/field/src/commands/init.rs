//! `init`: a kit becomes a vault that can seal, and the kit's file goes.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use field::{Field, FieldError, FileDisk, Setup};
use keys::Cost;
use rand_core::{OsRng, RngCore};
use serde_json::json;

use super::kit_words::kit_by_words;
use super::{disk_error, read_kit, vault_path};
use crate::args::{Args, InitArgs};
use crate::passphrase::{self, Manner};
use crate::show::{answer, bar, note};
use crate::words::{Words, say};

pub(super) fn init(args: &Args, words: &Words, wish: &InitArgs) -> Result<ExitCode> {
    let path = vault_path(args, words)?;
    if path.exists() && !wish.replace {
        return Err(FieldError::AlreadySetUp.into());
    }
    let kit = match &wish.kit {
        Some(file) => read_kit(words, file)?,
        None => match kit_by_words(args, words, &wish.by_words)? {
            Some(kit) => kit,
            None => return Ok(ExitCode::SUCCESS),
        },
    };
    let manner = Manner {
        own: wish.own,
        no_duress: wish.no_duress,
    };
    let chosen = passphrase::choose(words, args.passphrase_file.as_deref(), manner)?;
    let drops = kit.drops.len();
    let disk =
        FileDisk::create(path, wish.size, wish.replace).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => FieldError::AlreadySetUp.into(),
            _ => disk_error(words, &error),
        })?;
    let setup = Setup {
        kit,
        everyday: &chosen.everyday,
        duress: chosen.duress.as_ref(),
        keep_nothing: wish.keep_nothing,
        cost: Cost::FIELD,
    };
    let bar = bar(Some(wish.size), true, args.json);
    let made = Field::init(disk, setup, &mut OsRng, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    if made.is_err() && !wish.replace {
        // Half a vault opens for nobody and only takes the room that was lacking.
        let _ = std::fs::remove_file(path);
    }
    drop(made?);
    let file = wish.kit.as_deref().filter(|_| !wish.keep_kit);
    if let Some(file) = file {
        erase(file).with_context(|| say!(words, "error-kit-erase"))?;
    }
    if args.json {
        let said = json!({"drops": drops, "bytes": wish.size, "kit_erased": file.is_some()});
        answer(&said.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    answer(&say!(words, "init-done"));
    if wish.keep_kit {
        note(&say!(words, "init-kit-kept"));
    } else if file.is_some() {
        answer(&say!(words, "init-kit-erased"));
    }
    if chosen.duress.is_some() {
        answer(&say!(words, "init-duress"));
    }
    answer(&say!(words, "init-mark"));
    Ok(ExitCode::SUCCESS)
}

/// Overwrites a file, empties it and removes its name. On flash storage old blocks may outlive all three.
fn erase(path: &Path) -> std::io::Result<()> {
    let length = usize::try_from(path.metadata()?.len()).unwrap_or(0);
    let mut noise = vec![0; length];
    OsRng.fill_bytes(&mut noise);
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(&noise)?;
    file.sync_all()?;
    file.set_len(0)?;
    file.sync_all()?;
    std::fs::remove_file(path)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
