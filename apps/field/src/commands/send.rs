//! `send`: what the newsroom does not have yet goes out.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use field::{Disk, Field, SendWish};
use rand_core::OsRng;
use serde_json::json;

use super::lines::Lines;
use super::road::{road, show_failures};
use super::{SystemClock, open, today};
use crate::args::{Args, RoadArgs};
use crate::show::{answer, bar, note};
use crate::words::{Words, say};

/// How to send.
pub(super) struct Wish<'a> {
    pub(super) recovery: (u16, u16),
    pub(super) again: bool,
    /// Let go what is held back.
    pub(super) all: bool,
    /// Of this dispatch alone.
    pub(super) whole: Option<&'a str>,
    /// Take up what is said on standard input meanwhile.
    pub(super) lines: bool,
}

pub(super) fn send(
    args: &Args,
    words: &Words,
    road_args: &RoadArgs,
    wish: &Wish<'_>,
) -> Result<ExitCode> {
    let mut field = open(args, words)?;
    release(words, &mut field, wish)?;
    let (mut road, drops) = road(words, road_args, field.kit())?;
    let lines = wish.lines.then(|| Lines::listen(words, args.json));
    let wish = SendWish {
        drops,
        recovery: wish.recovery,
        again: wish.again,
        today: today(),
    };
    let left = field.bytes_left(&wish);
    let bar = bar(Some(left), true, args.json);
    let mut clock = SystemClock(Instant::now());
    let mut progress = |done| bar.set_position(done);
    let (clock, rng) = (&mut clock, &mut OsRng);
    let sent = match lines {
        Some(mut lines) => {
            field.send_listening(&mut road, clock, &wish, &mut lines, rng, &mut progress)?
        }
        None => field.send(&mut road, clock, &wish, rng, &mut progress)?,
    };
    bar.finish_and_clear();
    if args.json {
        let said = json!({
            "cells_sent": sent.cells_sent,
            "cells_resent": sent.cells_resent,
            "bytes": sent.bytes,
            "drops": sent.drops,
            "noise": sent.noise,
            "held": sent.held,
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
    show_failures(words, &sent.failures);
    if sent.cells_left == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    note(&if sent.held {
        say!(words, "send-held", cells = sent.cells_left)
    } else {
        say!(words, "send-left", cells = sent.cells_left)
    });
    Ok(ExitCode::FAILURE)
}

/// Lets go what is held back, if that is wished. What was let go stays so, even if the road ends here.
fn release<D: Disk>(words: &Words, field: &mut Field<D>, wish: &Wish<'_>) -> Result<()> {
    let dispatch = match wish.whole {
        Some(text) => Some(super::dispatch(words, field, text)?),
        None if wish.all => None,
        None => return Ok(()),
    };
    field.release(dispatch, &mut OsRng)?;
    Ok(())
}
