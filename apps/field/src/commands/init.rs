//! `init`: a kit becomes a folder that can seal.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use field::Field;
use keys::Cost;
use rand_core::OsRng;
use serde_json::json;

use super::{read_kit, take_folder};
use crate::args::Args;
use crate::passphrase;
use crate::show::answer;
use crate::words::{Words, say};

pub(super) fn init(args: &Args, words: &Words, kit: &Path) -> Result<ExitCode> {
    let kit = read_kit(words, kit)?;
    let disk = take_folder(args, words)?;
    let passphrase = passphrase::choose(words, args.passphrase_file.as_deref())?;
    let drops = kit.drops.len();
    Field::init(disk, kit, &passphrase, Cost::FIELD, &mut OsRng)?;
    if args.json {
        answer(&json!({"drops": drops}).to_string());
    } else {
        answer(&say!(words, "init-done"));
    }
    Ok(ExitCode::SUCCESS)
}
