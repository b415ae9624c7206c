//! `wipe`: the vault ends, whichever of its passphrases was given.

use std::process::ExitCode;

use anyhow::Result;
use field::Field;
use keys::Cost;
use rand_core::OsRng;
use serde_json::json;

use super::take_vault;
use crate::args::Args;
use crate::passphrase;
use crate::show::answer;
use crate::words::{Words, say};

pub(super) fn wipe(args: &Args, words: &Words) -> Result<ExitCode> {
    let disk = take_vault(args, words)?;
    let passphrase = passphrase::ask(words, args.passphrase_file.as_deref())?;
    Field::wipe(disk, &passphrase, Cost::FIELD, &mut OsRng)?;
    if args.json {
        answer(&json!({"wiped": true}).to_string());
    } else {
        answer(&say!(words, "wipe-done"));
    }
    Ok(ExitCode::SUCCESS)
}
