//! What a person sees: answers on standard output, progress and complaints on standard error.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

/// An answer.
pub(crate) fn answer(text: &str) {
    // A reader that went away is no reason to fail: the work is done.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A remark beside the answer.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// An error, in words.
pub(crate) fn complain(text: &str) {
    note(text);
}

/// Progress in bytes or in steps; nothing at all when nobody watches a terminal.
pub(crate) fn bar(total: Option<u64>, bytes: bool, json: bool) -> ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = match (total.is_some(), bytes) {
        (true, true) => "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        (true, false) => "{bar:30} {pos}/{len}",
        (false, true) => "{spinner} {bytes} {bytes_per_sec}",
        (false, false) => "{spinner} {pos}",
    };
    let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
