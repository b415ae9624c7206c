//! Reach without tracking: from a server's log to counts for a day, a page and a country, and to nothing else.
//!
//! A line is read once ([`read_line`]); its address, if the server could not leave it out, lives as long as it takes to look up a
//! country. Counts leave the [`Tally`] in whole tens only, so that whatever is added, subtracted or compared afterwards,
//! between days, pages, countries or two looks at the same chart, never shows fewer than ten requests.

mod line;
mod tally;

pub use line::{Line, LineError, LogName, Origin, Request, read_line};
pub use tally::{Cell, OTHER, QUANTUM, Tally};
