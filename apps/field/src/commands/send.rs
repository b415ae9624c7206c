//! `send`: what the newsroom does not have yet goes out.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use field::SendWish;
use rand_core::OsRng;
use serde_json::json;

use super::road::road;
use super::{SystemClock, open};
use crate::args::{Args, RoadArgs};
use crate::explain::road_error;
use crate::show::{answer, bar, note};
use crate::words::{Words, say};

pub(super) fn send(
    args: &Args,
    words: &Words,
    road_args: &RoadArgs,
    recovery: (u16, u16),
    again: bool,
) -> Result<ExitCode> {
    let mut field = open(args, words)?;
    let (mut road, drops) = road(words, road_args, field.kit())?;
    let wish = SendWish {
        drops,
        recovery,
        again,
    };
    let left = field.bytes_left(&wish);
    let bar = bar(Some(left), true, args.json);
    let sent = field.send(
        &mut road,
        &mut SystemClock(Instant::now()),
        &wish,
        &mut OsRng,
        &mut |done| {
            bar.set_position(done);
        },
    )?;
    bar.finish_and_clear();
    if args.json {
        let said = json!({
            "cells_sent": sent.cells_sent,
            "cells_resent": sent.cells_resent,
            "bytes": sent.bytes,
            "drops": sent.drops,
            "cells_left": sent.cells_left,
        });
        answer(&said.to_string());
    } else if sent.cells_sent == 0 && sent.cells_left == 0 {
        answer(&say!(words, "send-nothing"));
    } else {
        answer(&say!(
            words,
            "send-done",
            cells = sent.cells_sent,
            drops = sent.drops
        ));
    }
    for failure in &sent.failures {
        let why = road_error(words, &failure.error);
        note(&say!(
            words,
            "drop-failed",
            url = failure.drop.to_string(),
            why = why
        ));
    }
    if sent.cells_left == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    note(&say!(words, "send-left", cells = sent.cells_left));
    Ok(ExitCode::FAILURE)
}
