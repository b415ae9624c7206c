//! `status`: how far each dispatch is.

use std::process::ExitCode;

use anyhow::Result;
use field::DispatchState;
use serde_json::json;

use super::open;
use crate::args::Args;
use crate::show::answer;
use crate::words::{Words, say};

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
                })
            })
            .collect();
        let said = json!({
            "dispatches": dispatches,
            "sessions_left": status.sessions_left,
            "messages": status.messages,
            "replies_left": status.replies_left,
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
    }
    answer(&say!(words, "status-sessions", left = status.sessions_left));
    if status.messages > 0 {
        answer(&say!(words, "status-messages", count = status.messages));
    }
    super::receive::warn_of_few_replies(words, status.replies_left);
    Ok(ExitCode::SUCCESS)
}
