//! The clock that embargoes go by: trusted once in each run of the machine, kept in the desk's folder, and counted on from there.

use std::fs;
use std::io;
use std::path::Path;

use newsroom::Micros;
use newsroom::steady::SteadyClock;

use crate::{clock, files};

/// Names this run of the machine.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// Seconds since the machine started, time asleep included.
const UPTIME: &str = "/proc/uptime";

/// How finely the running time is told, in microseconds.
const TICK: i64 = 10_000;

/// The steady clock of an open desk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steady(SteadyClock);

impl Steady {
    /// Goes on from what was trusted earlier in this run of the machine, or trusts the clock now and keeps that.
    pub(crate) fn open(kept_in: &Path) -> io::Result<Self> {
        let kept = match fs::read(kept_in) {
            // What cannot be read is as good as none: the clock is trusted anew.
            Ok(bytes) => serde_json::from_slice(&bytes).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        // The running time is told in whole ticks: counted from the end of this one, it is never ahead.
        let now = SteadyClock::at(boot()?, clock::now(), uptime()?.saturating_add(TICK));
        let clock = SteadyClock::resumed(kept, now);
        if kept != Some(clock) {
            files::replace(kept_in, &serde_json::to_vec(&clock)?)?;
        }
        Ok(Self(clock))
    }

    /// The time. Should the running time not be readable, it is that of the machine's start: then nothing more comes due.
    pub(crate) fn now(&self) -> Micros {
        self.0.now(clock::now(), uptime().unwrap_or(0))
    }

    /// How far the machine's clock runs ahead of the time that has passed, in microseconds.
    pub(crate) fn ahead(&self) -> i64 {
        uptime().map_or(0, |uptime| self.0.ahead(clock::now(), uptime))
    }
}

fn boot() -> io::Result<u128> {
    let text = fs::read_to_string(BOOT)?;
    let hex: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&hex, 16).map_err(|_| malformed(BOOT))
}

fn uptime() -> io::Result<i64> {
    micros(&fs::read_to_string(UPTIME)?).ok_or_else(|| malformed(UPTIME))
}

/// `12345.67 ...`, in hundredths of a second.
fn micros(text: &str) -> Option<i64> {
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    let parts: (i64, i64) = (seconds.parse().ok()?, hundredths.parse().ok()?);
    let whole = parts.0.checked_mul(1_000_000)?;
    (hundredths.len() == 2).then(|| whole + parts.1 * 10_000)
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{what} cannot be understood"),
    )
}

#[cfg(test)]
mod tests {
    use super::{Steady, TICK, micros};

    #[test]
    fn the_running_time_is_read_to_the_hundredth() {
        assert_eq!(micros("31337.42 60000.00\n"), Some(31_337_420_000));
        for bad in ["", "x.00", "12", "12.3 1", "-"] {
            assert_eq!(micros(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_was_trusted_is_kept_over_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock.json");
        let first = Steady::open(&file).unwrap();
        let again = Steady::open(&file).unwrap();
        assert_eq!(first.0, again.0);
        assert!(again.ahead() <= 3 * TICK, "{}", again.ahead());
        std::fs::write(&file, b"half a fi").unwrap();
        assert_ne!(Steady::open(&file).unwrap().now().0, 0);
    }
}
