//! Counts of what a drop did. Sums only: no address, no token, no session, no time.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $kind:literal, $help:literal;)*) => {
        /// Counters and gauges of one drop.
        #[derive(Debug, Default)]
        pub struct Metrics {
            $($(#[$doc])* pub $name: AtomicU64,)*
        }

        impl Metrics {
            /// All of them as Prometheus text.
            #[must_use]
            pub fn render(&self) -> String {
                let mut text = String::new();
                $(
                    // Writing to a String cannot fail.
                    let _ = write!(
                        text,
                        "# HELP fh_drop_{name} {help}\n# TYPE fh_drop_{name} {kind}\nfh_drop_{name} {value}\n",
                        name = stringify!($name),
                        help = $help,
                        kind = $kind,
                        value = self.$name.load(Ordering::Relaxed),
                    );
                )*
                text
            }
        }
    };
}

metrics! {
    /// Cells written and synced since the start.
    cells_stored: "counter", "Cells written and synced since the start.";
    /// Cells that came again in their session.
    cells_repeated: "counter", "Cells that came again in their session and were not stored twice.";
    /// Groups of cells that shared one sync.
    groups: "counter", "Groups of cells that shared one sync.";
    /// Cells that a desk read.
    cells_read: "counter", "Cells read by desks.";
    /// Requests answered with a problem document.
    requests_refused: "counter", "Requests answered with a problem document.";
    /// Mailboxes filled by a desk.
    mailboxes_filled: "counter", "Replies put into mailboxes.";
    /// Mailboxes asked for, known and unknown alike.
    mailboxes_asked: "counter", "Mailboxes asked for, known and unknown alike.";
    /// Groups that could not be written or synced.
    disk_failures: "counter", "Groups that could not be written or synced.";
    /// Connections open now.
    connections: "gauge", "Connections open now.";
    /// Cells in the log.
    log_cells: "gauge", "Cells in the log.";
}

impl Metrics {
    pub(crate) fn add(counter: &AtomicU64, by: usize) {
        counter.fetch_add(by as u64, Ordering::Relaxed);
    }
}
