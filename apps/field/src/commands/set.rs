//! `set`: what the owner chooses about her own device.

use std::process::ExitCode;

use anyhow::Result;
use rand_core::OsRng;
use serde_json::json;

use super::open;
use crate::args::{Args, Setting, Switch};
use crate::show::answer;
use crate::words::{Words, say};

pub(super) fn set(args: &Args, words: &Words, setting: &Setting) -> Result<ExitCode> {
    let Setting::KeepNothing { switch } = setting;
    let on = *switch == Switch::On;
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
