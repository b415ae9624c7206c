//! `bulletin`: news of the newsroom that came as a file.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use rand_core::OsRng;
use serde_json::json;

use super::{now, open};
use crate::args::Args;
use crate::show::answer;
use crate::words::{Words, say};

pub(super) fn bulletin(args: &Args, words: &Words, file: &Path) -> Result<ExitCode> {
    let bytes = std::fs::read(file).with_context(|| say!(words, "error-bulletin-file"))?;
    let taken = open(args, words)?.take_bulletin(&bytes, now(), &mut OsRng)?;
    if args.json {
        let said = json!({
            "bulletin": taken.number,
            "new_intake": taken.new_intake,
            "drops_added": taken.drops_added,
            "drops_removed": taken.drops_removed,
        });
        answer(&said.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    answer(&say!(words, "bulletin-done", number = taken.number));
    if taken.new_intake {
        answer(&say!(words, "bulletin-new-intake"));
    }
    if taken.drops_added + taken.drops_removed > 0 {
        answer(&say!(
            words,
            "bulletin-drops",
            added = taken.drops_added,
            removed = taken.drops_removed
        ));
    }
    Ok(ExitCode::SUCCESS)
}
