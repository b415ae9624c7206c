//! The other ways through the newsroom, each a station of its own: cards, a word back, previews, a flash, a forced sender.
//!
//! They come after the dispatch by net and share its newsroom and its reporter. Each says what was seen at its end.

mod cards;
mod flash;
mod forced;
mod message;
mod previews;

use crate::newsroom::Newsroom;
use crate::programs::Programs;
use crate::report::Report;
use crate::reporter::Reporter;
use anyhow::Result;
use serde_json::Value;
use std::path::Path;

/// All of them. The forced sender comes last: her vault is not to be trusted afterwards.
pub(crate) fn all(
    programs: &Programs,
    newsroom: &Newsroom<'_>,
    reporter: &Reporter<'_>,
    site: &Path,
    report: &mut Report,
) -> Result<()> {
    cards::walk(programs, newsroom, reporter, report)?;
    message::walk(newsroom, reporter, report)?;
    previews::walk(programs, newsroom, reporter, report)?;
    flash::walk(newsroom, site, report)?;
    forced::walk(newsroom, reporter, report)
}

/// The dispatch with this note, in what an inbox shows.
fn noted<'a>(inbox: &'a Value, note: &str) -> Option<&'a Value> {
    let mut dispatches = inbox["dispatches"].as_array()?.iter();
    dispatches.find(|one| one["note"] == note)
}

/// The members of a dispatch's list.
fn list<'a>(dispatch: &'a Value, name: &str) -> &'a [Value] {
    dispatch[name].as_array().map_or(&[], Vec::as_slice)
}
