//! `import`: a whole camera card becomes sealed dispatches, and is overwritten and filled again if its owner wishes.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use field::{CameraCard, FolderCard, ImportWish};
use rand_core::OsRng;
use serde_json::json;

use super::{now, open};
use crate::args::Args;
use crate::show::{answer, bar, note};
use crate::words::{Words, say};

pub(super) fn import(
    args: &Args,
    words: &Words,
    folder: &Path,
    refill: Option<&Path>,
    wish: &ImportWish,
) -> Result<ExitCode> {
    let mut card = FolderCard::new(folder, refill);
    let unreadable =
        |error: std::io::Error| anyhow!(say!(words, "error-camera", why = error.to_string()));
    let found = card.files().map_err(unreadable)?;
    let total = found.iter().map(|file| file.bytes).sum();
    let mut field = open(args, words)?;
    let bar = bar(Some(total), true, args.json);
    let imported = field.import(&mut card, wish, now(), &mut OsRng, &mut |done| {
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let imported = imported?;
    if args.json {
        let dispatches: Vec<String> = imported
            .dispatches
            .iter()
            .map(ToString::to_string)
            .collect();
        let said = json!({
            "dispatches": dispatches,
            "files": imported.files,
            "bytes": imported.bytes,
            "already": imported.already,
            "skipped": imported.skipped,
            "unreadable": imported.unreadable,
            "erased": imported.erased,
            "refilled": imported.refilled,
        });
        answer(&said.to_string());
    } else {
        answer(&say!(
            words,
            "import-done",
            files = imported.files,
            already = imported.already
        ));
        if wish.erase {
            answer(&say!(
                words,
                "import-erased",
                erased = imported.erased,
                refilled = imported.refilled
            ));
            note(&say!(words, "import-flash"));
        } else {
            answer(&say!(words, "import-left"));
        }
    }
    if imported.unreadable > 0 {
        note(&say!(
            words,
            "import-unreadable",
            files = imported.unreadable
        ));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
