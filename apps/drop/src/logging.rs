//! What the drop says about itself: on standard error, and never anything about a client.

use std::io::{IsTerminal as _, Write as _};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts the log. Only our own lines are let through, at any level: what libraries say when asked to
/// say everything may hold parts of requests.
pub(crate) fn start(level: LevelFilter) {
    let ours = Targets::new()
        .with_target("drop", level)
        .with_target("fh_drop", level);
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(colours)
        .with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines).with(ours).init();
}

/// Tells a person what went wrong, with its causes.
pub(crate) fn complain(error: &anyhow::Error) {
    // With standard error gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "fh-drop: {error:#}");
}
