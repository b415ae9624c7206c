//! What the desk logs, and what it never logs.
//!
//! Logs help an operator and would help whoever takes the machine. The written list:
//! - always: what failed, with codes and the drop's or the database's own words;
//! - at debug: shortened ids of dispatches and items, counts;
//! - never, at any level: keys, tokens, passphrases, pseudonyms, notes, file names, addresses.
//!
//! Types keep the last list (`Debug` of a secret prints `Name(..)`). Libraries that are not ours know
//! nothing of it: some print requests or statements at their lower levels. They are therefore held
//! at warnings whatever the operator asks for.

use tracing::Level;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, filter, fmt};

/// Crates of this workspace that run inside the desk.
const OURS: [&str; 13] = [
    "desk", "fh_desk", "keys", "openers", "ledger", "formats", "wire", "media", "newsroom",
    "store", "publish", "proof", "drop",
];

/// Whether an event of this target and level may be written at all.
fn may_pass(target: &str, level: Level) -> bool {
    let krate = target.split("::").next().unwrap_or(target);
    OURS.contains(&krate) || level <= Level::WARN
}

/// A subscriber that writes to `writer` what `wanted` asks for and the list allows.
pub fn subscriber<W>(wanted: &str, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    let asked = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    let allowed = filter::filter_fn(|meta| may_pass(meta.target(), *meta.level()));
    let lines = fmt::layer().with_ansi(false).with_writer(writer);
    Registry::default()
        .with(lines.with_filter(allowed))
        .with(asked)
}

/// Starts logging to standard error as `FH_LOG` asks (default `info`).
pub fn start() {
    let wanted = std::env::var("FH_LOG").unwrap_or_else(|_| "info".into());
    // A second start (tests) keeps the first subscriber; nothing is lost by that.
    let _ = tracing::subscriber::set_global_default(subscriber(&wanted, std::io::stderr));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_held_at_warnings() {
        assert!(may_pass("desk::pull", Level::TRACE));
        assert!(may_pass("store", Level::DEBUG));
        assert!(may_pass("sqlx::query", Level::WARN));
        for target in ["sqlx::query", "ureq", "hyper::proto", "desktop", "rustls"] {
            assert!(!may_pass(target, Level::INFO), "{target}");
            assert!(!may_pass(target, Level::TRACE), "{target}");
        }
    }
}
