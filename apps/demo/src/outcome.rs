//! Telling the person at the terminal how far it is; the only place of the demo that prints.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Prints one line.
#[expect(clippy::print_stdout, reason = "the demo is a command line tool")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// A moving line for work whose length is not known; it hides itself where there is no terminal.
pub(crate) fn waiting(what: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
