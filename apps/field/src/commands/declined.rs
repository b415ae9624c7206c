//! `forget-declined`: what the newsroom does not want goes, if its owner says so too.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Result;
use rand_core::OsRng;
use serde_json::json;

use super::open;
use crate::args::Args;
use crate::show::{answer, note};
use crate::words::{Words, say};

pub(super) fn forget(
    args: &Args,
    words: &Words,
    dispatch: Option<&str>,
    yes: bool,
) -> Result<ExitCode> {
    let mut field = open(args, words)?;
    let dispatch = dispatch.map(|text| super::dispatch(words, &field, text));
    let dispatch = dispatch.transpose()?;
    let declined = field.declined(dispatch)?;
    let (pieces, kib) = (declined.pieces, declined.bytes.div_ceil(1 << 10));
    if pieces > 0 && !args.json && !yes {
        answer(&say!(words, "declined-here", pieces = pieces, kib = kib));
    }
    let agreed = yes || pieces > 0 && !args.json && asked(words)?;
    if agreed {
        field.forget_declined(dispatch, &mut OsRng)?;
    }
    if args.json {
        let said = json!({ "pieces": pieces, "bytes": declined.bytes, "forgotten": yes });
        answer(&said.to_string());
    } else if pieces == 0 {
        answer(&say!(words, "declined-nothing"));
    } else if agreed {
        answer(&say!(words, "declined-forgotten", pieces = pieces));
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks whoever sits at a terminal. Where nobody does, it says how to agree beforehand, and that counts as no.
fn asked(words: &Words) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        note(&say!(words, "declined-how"));
        return Ok(false);
    }
    note(&say!(words, "declined-ask"));
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let agreed = matches!(line.trim().to_lowercase().as_str(), "yes" | "نعم");
    if !agreed {
        note(&say!(words, "declined-kept"));
    }
    Ok(agreed)
}
