//! `status`: how far each dispatch is.

use std::process::ExitCode;

use anyhow::Result;
use field::{Counted, DispatchState, DispatchStatus};
use serde_json::json;

use super::{now, open};
use crate::args::Args;
use crate::show::{answer, note};
use crate::words::{Words, say};

/// A day in microseconds.
const DAY: i64 = 24 * 3_600 * 1_000_000;
/// From so many days on before the newsroom may give a key up, what is sealed to it is warned of.
const WARN_DAYS: i64 = 90;

pub(super) fn status(args: &Args, words: &Words) -> Result<ExitCode> {
    let status = open(args, words)?.status();
    if args.json {
        let dispatches: Vec<_> = status
            .dispatches
            .iter()
            .map(|one| {
                json!({
                    "dispatch": one.dispatch.to_string(),
                    "state": one.state.word(),
                    "pieces": one.pieces,
                    "received": one.received,
                    "bytes_here": one.bytes_here,
                    "held": one.held.pieces,
                    "held_bytes": one.held.bytes,
                    "held_days": one.held_days(now()),
                    "asked": one.asked.pieces,
                    "declined": one.declined.pieces,
                    "declined_bytes": one.declined.bytes,
                })
            })
            .collect();
        let said = json!({
            "dispatches": dispatches,
            "sessions_left": status.sessions_left,
            "messages": status.messages,
            "replies_left": status.replies_left,
            "bytes_total": status.room.total,
            "bytes_free": status.room.free,
            "keep_nothing": status.keep_nothing,
            "previews": status.previews,
        });
        answer(&said.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    if status.dispatches.is_empty() {
        answer(&say!(words, "status-empty"));
    }
    for one in &status.dispatches {
        let state = match one.state {
            DispatchState::Sealed => say!(words, "state-sealed"),
            DispatchState::Sending => say!(words, "state-sending"),
            DispatchState::Sent => say!(words, "state-sent"),
            DispatchState::Received => say!(words, "state-received"),
        };
        answer(&say!(
            words,
            "status-line",
            dispatch = one.dispatch.short(),
            state = state,
            received = one.received,
            pieces = one.pieces
        ));
        show_held(words, one);
    }
    answer(&say!(words, "status-sessions", left = status.sessions_left));
    let mib = |bytes: u64| bytes >> 20;
    answer(&say!(
        words,
        "status-room",
        free = mib(status.room.free),
        total = mib(status.room.total)
    ));
    if status.messages > 0 {
        answer(&say!(words, "status-messages", count = status.messages));
    }
    super::receive::warn_of_few_replies(words, status.replies_left);
    if let Some(retiring) = status.retiring {
        let days = retiring.until.saturating_sub(now()).max(0) / DAY;
        if days <= WARN_DAYS {
            let pieces = retiring.pieces;
            note(&say!(
                words,
                "status-retiring",
                pieces = pieces,
                days = days
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What of a dispatch waits for somebody's word.
fn show_held(words: &Words, one: &DispatchStatus) {
    let kib = |counted: Counted| counted.bytes.div_ceil(1 << 10);
    let (held, asked, declined) = (one.held, one.asked, one.declined);
    if held.pieces > 0 {
        answer(&say!(
            words,
            "status-held",
            pieces = held.pieces,
            kib = kib(held)
        ));
    }
    let days = one.held_days(now()).unwrap_or(0);
    if days >= field::HELD_LONG_DAYS {
        let dispatch = one.dispatch.short();
        note(&say!(
            words,
            "status-held-long",
            days = days,
            dispatch = dispatch
        ));
    }
    if asked.pieces > 0 {
        answer(&say!(
            words,
            "status-asked",
            pieces = asked.pieces,
            kib = kib(asked)
        ));
    }
    if declined.pieces > 0 {
        answer(&say!(
            words,
            "status-declined",
            pieces = declined.pieces,
            kib = kib(declined)
        ));
    }
}
