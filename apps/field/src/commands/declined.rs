//! `forget-declined`: what the newsroom does not want goes, if its owner says so too.

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
    let declined = if yes {
        field.forget_declined(dispatch, &mut OsRng)?
    } else {
        field.declined(dispatch)?
    };
    let (pieces, kib) = (declined.pieces, declined.bytes.div_ceil(1 << 10));
    if args.json {
        let said = json!({ "pieces": pieces, "bytes": declined.bytes, "forgotten": yes });
        answer(&said.to_string());
    } else if pieces == 0 {
        answer(&say!(words, "declined-nothing"));
    } else if yes {
        answer(&say!(words, "declined-forgotten", pieces = pieces));
    } else {
        answer(&say!(words, "declined-here", pieces = pieces, kib = kib));
        note(&say!(words, "declined-how"));
    }
    Ok(ExitCode::SUCCESS)
}
