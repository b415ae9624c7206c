//! The desk's one reading of the clock; everything below takes the time as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

use newsroom::Micros;

/// Microseconds since 1970 UTC, now. A clock before 1970 reads as 1970.
#[must_use]
pub fn now() -> Micros {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
