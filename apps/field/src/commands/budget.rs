//! `set daily-budget`: how much may go out in one day.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use rand_core::OsRng;
use serde_json::json;

use super::open;
use crate::args::Args;
use crate::show::answer;
use crate::words::{Words, say};

pub(super) fn daily_budget(args: &Args, words: &Words, text: &str) -> Result<ExitCode> {
    let limit = match text {
        "off" => None,
        _ => Some(bytes(text).ok_or_else(|| anyhow!(say!(words, "error-bad-budget")))?),
    };
    let mut field = open(args, words)?;
    field.set_daily_budget(limit, &mut OsRng)?;
    if args.json {
        answer(&json!({"daily_budget": limit}).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    answer(&match limit {
        Some(_) => say!(words, "budget-set", limit = text),
        None => say!(words, "budget-off"),
    });
    Ok(ExitCode::SUCCESS)
}

/// Reads `200MB` and the like: decimal, as networks bill. Less than one session of four cells would send nothing at all.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" => 1_000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        _ => return None,
    };
    let bytes = digits.trim().parse::<u64>().ok()?.checked_mul(unit)?;
    (bytes >= 4 * formats::CELL as u64).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(bytes("200MB"), Some(200_000_000));
        assert_eq!(bytes("300kb"), Some(300_000));
        assert_eq!(bytes("1G"), Some(1_000_000_000));
        assert_eq!(bytes("5000000"), Some(5_000_000));
        for bad in ["", "MB", "-5MB", "1TB", "1.5MB", "200000", "99999999999GB"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
