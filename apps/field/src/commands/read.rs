//! `read`: shows the newsroom's messages, once each, and erases them.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use field::ShownMessage;
use rand_core::OsRng;
use serde_json::json;
use zeroize::Zeroizing;

use super::open;
use crate::args::Args;
use crate::show::{answer, note};
use crate::words::{Words, say};

pub(super) fn read(args: &Args, words: &Words) -> Result<ExitCode> {
    let mut field = open(args, words)?;
    let shown = field.show_messages(&mut OsRng)?;
    if shown.is_empty() && !args.json {
        answer(&say!(words, "read-nothing"));
        return Ok(ExitCode::SUCCESS);
    }
    let text = if args.json {
        as_json(&shown)
    } else {
        as_words(words, &shown)
    };
    // Only what is really out is erased: a closed terminal must not cost a message.
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|_| anyhow!(say!(words, "read-not-shown")))?;
    let ids: Vec<_> = shown.iter().map(|one| one.message.id).collect();
    field.shown(&ids, &mut OsRng)?;
    if !args.json {
        note(&say!(words, "read-erased"));
    }
    Ok(ExitCode::SUCCESS)
}

fn as_words(words: &Words, shown: &[ShownMessage]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    for (number, one) in (1_usize..).zip(shown) {
        let head = say!(words, "read-head", number = number, count = shown.len());
        text.push_str(&format!("--- {head} ---\n"));
        if let Some(dispatch) = one.message.dispatch {
            let answers = say!(words, "read-answers", dispatch = dispatch.short());
            text.push_str(&format!("{answers}\n"));
        }
        if one.maybe_seen {
            text.push_str(&format!("{}\n", say!(words, "read-maybe-seen")));
        }
        text.push_str(&one.message.text);
        text.push('\n');
    }
    text
}

fn as_json(shown: &[ShownMessage]) -> Zeroizing<String> {
    let messages: Vec<_> = shown
        .iter()
        .map(|one| {
            json!({
                "id": one.message.id.to_string(),
                "dispatch": one.message.dispatch.map(|dispatch| dispatch.to_string()),
                "sent_at": one.message.sent_at,
                "received_at": one.received_at,
                "maybe_seen": one.maybe_seen,
                "text": one.message.text.as_str(),
            })
        })
        .collect();
    Zeroizing::new(format!("{}\n", json!({ "messages": messages })))
}
