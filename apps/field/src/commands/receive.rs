//! `receive`: the newsroom's receipts and messages come in, and what it has is forgotten.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use field::Received;
use rand_core::OsRng;
use serde_json::json;

use super::road::{road, show_failures};
use super::{now, open};
use crate::args::{Args, RoadArgs};
use crate::explain::refusal;
use crate::show::{answer, bar, note};
use crate::words::{Words, say};

pub(super) fn receive(args: &Args, words: &Words, road_args: &RoadArgs) -> Result<ExitCode> {
    let mut field = open(args, words)?;
    let (mut road, drops) = road(words, road_args, field.kit())?;
    let bar = bar(None, false, args.json);
    let received = field.receive(&mut road, &drops, now(), &mut OsRng, &mut |polled| {
        bar.set_position(polled)
    })?;
    bar.finish_and_clear();
    tell(args, words, &received);
    warn_of_few_replies(words, field.status().replies_left);
    let all_failed = received.polled == 0 && !received.failures.is_empty();
    Ok(if all_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The newsroom needs one of the keys that a dispatch brings for each word it sends.
pub(super) fn warn_of_few_replies(words: &Words, left: usize) {
    if left < field::REPLIES_FEW {
        note(&say!(words, "replies-few"));
    }
}

/// `read-card`: the same from a card that came back in.
pub(super) fn read_card(args: &Args, words: &Words, card: &Path) -> Result<ExitCode> {
    let mut field = open(args, words)?;
    let name = card.display().to_string();
    let unreadable = || say!(words, "error-file-unreadable", file = name.clone());
    let mut file = File::open(card).with_context(unreadable)?;
    let bar = bar(None, true, args.json);
    let received = field.read_card(&mut file, now(), &mut OsRng, &mut |done| {
        bar.set_position(done)
    })?;
    bar.finish_and_clear();
    tell(args, words, &received);
    warn_of_few_replies(words, field.status().replies_left);
    Ok(ExitCode::SUCCESS)
}

/// Says what came in.
fn tell(args: &Args, words: &Words, received: &Received) {
    if args.json {
        let said = json!({
            "polled": received.polled,
            "receipts": received.receipts,
            "forgotten": received.forgotten,
            "messages": received.messages,
            "bulletins": received.bulletins,
            "tokens": received.tokens,
            "wanted": received.wanted,
            "declined": received.declined,
            "newer": received.newer,
            "refused": received.refused.len(),
        });
        answer(&said.to_string());
    } else {
        answer(&say!(
            words,
            "receive-done",
            receipts = received.receipts,
            forgotten = received.forgotten
        ));
        if received.messages > 0 {
            answer(&say!(words, "receive-messages", count = received.messages));
        }
        if received.bulletins > 0 {
            answer(&say!(words, "receive-bulletins"));
        }
        if received.tokens > 0 {
            answer(&say!(words, "receive-tokens", count = received.tokens));
        }
        if received.wanted > 0 {
            answer(&say!(words, "receive-wanted", count = received.wanted));
        }
        if received.declined > 0 {
            answer(&say!(words, "receive-declined", count = received.declined));
        }
    }
    if received.newer > 0 {
        note(&say!(words, "receive-newer"));
    }
    for why in &received.refused {
        note(&refusal(words, *why));
    }
    show_failures(words, &received.failures);
}
