//! Time as the newsroom counts it: microseconds since 1970 UTC, always an argument, never read here.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// One minute in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// One hour in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// One day in microseconds.
pub const DAY: i64 = 24 * HOUR;

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// The moment `micros` later (or earlier, when negative); saturates at the ends of time.
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// RFC 3339 in UTC, to the second: what pages, feeds and statements print.
    #[must_use]
    pub fn rfc3339(self) -> String {
        match jiff::Timestamp::from_second(self.0.div_euclid(SECOND)) {
            Ok(stamp) => stamp.to_string(),
            // Beyond the year 9999 nothing real happens; still answer something that sorts and never panic.
            Err(_) => format!("@{}", self.0),
        }
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_utc_to_the_second() {
        assert_eq!(
            Micros(1_700_000_000_999_999).rfc3339(),
            "2023-11-14T22:13:20Z"
        );
        assert_eq!(Micros(-1).rfc3339(), "1969-12-31T23:59:59Z");
        assert_eq!(Micros(i64::MAX).rfc3339(), format!("@{}", i64::MAX));
    }

    #[test]
    fn saturates() {
        assert_eq!(Micros(i64::MAX).plus(1), Micros(i64::MAX));
        assert_eq!(Micros(5).plus(-7), Micros(-2));
    }
}
