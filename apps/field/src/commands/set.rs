//! `set`: what the owner chooses about her own device.

use std::process::ExitCode;

use anyhow::Result;
use rand_core::OsRng;
use serde_json::json;

use super::budget::daily_budget;
use super::open;
use crate::args::{Args, Setting, Switch};
use crate::show::answer;
use crate::words::{Words, say};

pub(super) fn set(args: &Args, words: &Words, setting: &Setting) -> Result<ExitCode> {
    match setting {
        Setting::KeepNothing { switch } => keep_nothing(args, words, *switch == Switch::On),
        Setting::Previews { switch } => previews(args, words, *switch == Switch::On),
        Setting::DailyBudget { limit } => daily_budget(args, words, limit),
    }
}

fn keep_nothing(args: &Args, words: &Words, on: bool) -> Result<ExitCode> {
    open(args, words)?.keep_nothing(on, &mut OsRng)?;
    if args.json {
        answer(&json!({"keep_nothing": on}).to_string());
    } else if on {
        answer(&say!(words, "set-keep-nothing-on"));
    } else {
        answer(&say!(words, "set-keep-nothing-off"));
    }
    Ok(ExitCode::SUCCESS)
}

fn previews(args: &Args, words: &Words, on: bool) -> Result<ExitCode> {
    open(args, words)?.previews_first(on, &mut OsRng)?;
    if args.json {
        answer(&json!({"previews": on}).to_string());
    } else if on {
        answer(&say!(words, "set-previews-on"));
    } else {
        answer(&say!(words, "set-previews-off"));
    }
    Ok(ExitCode::SUCCESS)
}
