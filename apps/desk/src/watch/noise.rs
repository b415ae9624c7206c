//! Which drops noise came from, kept over restarts. It is a sign and not a proof: a crash may lose a few counts, and never
//! counts a cell twice.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use store::SpoolPosition;

use crate::files;

/// Runs that wait to be looked at, at most. While a desk is locked for long, drops that bring cells by turns make one after
/// the other; every run is written anew with each stretch. Of those beyond it, the oldest, it is forgotten which drop they
/// came from: their noise is counted for none.
const RUNS: usize = 1_024;

/// Cells of the spool that one drop handed out, in one run.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    from: u64,
    to: u64,
    url: String,
}

impl Run {
    fn range(&self) -> Range<u64> {
        self.from..self.to
    }
}

/// What lies on the disk.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// Where in the spool the cells of which drop lie, until intake has looked at them.
    waiting: Vec<Run>,
    /// How many cells of each drop were nobody's.
    nobodys: BTreeMap<String, u64>,
}

/// Which drops noise came from.
pub(super) struct Noise {
    path: PathBuf,
    known: Known,
    /// The last run that came took the place of an older one: said once.
    forgetting: bool,
}

impl Noise {
    /// Reads what was counted; a file that says nothing sensible is an error, like every other of the watch.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let known = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Known::default(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            path,
            known,
            forgetting: false,
        })
    }

    /// Cells of a drop were put into the spool here.
    pub(super) fn spooled(&mut self, url: &str, range: Range<u64>) -> io::Result<()> {
        let waiting = &mut self.known.waiting;
        match waiting.last_mut() {
            // One entry for each run of a drop, however long the desk stays locked.
            Some(last) if last.url == url && last.to == range.start => last.to = range.end,
            _ => waiting.push(Run {
                from: range.start,
                to: range.end,
                url: url.to_owned(),
            }),
        }
        let over = waiting.len().saturating_sub(RUNS);
        if over > 0 && !self.forgetting {
            tracing::info!("of the oldest cells it is forgotten which drop they came from");
        }
        self.forgetting = over > 0;
        waiting.drain(..over);
        self.save()
    }

    /// Intake has looked at everything before `next`; these cells are nobody's.
    pub(super) fn looked(
        &mut self,
        places: &[SpoolPosition],
        next: SpoolPosition,
    ) -> io::Result<()> {
        let Known { waiting, nobodys } = &mut self.known;
        let before = waiting.len();
        for place in places {
            if let Some(run) = waiting.iter().find(|run| run.range().contains(&place.0)) {
                *nobodys.entry(run.url.clone()).or_default() += 1;
            }
        }
        waiting.retain(|run| run.to > next.0);
        // A stretch that is looked at again, after a crash or a failure, is nobody's stretch the second time.
        for run in waiting.iter_mut() {
            run.from = run.from.max(next.0);
        }
        if places.is_empty() && waiting.len() == before {
            return Ok(());
        }
        self.save()
    }

    /// How many cells of a drop were nobody's.
    pub(super) fn of(&self, url: &str) -> u64 {
        self.known.nobodys.get(url).copied().unwrap_or(0)
    }

    fn save(&self) -> io::Result<()> {
        let bytes = serde_json::to_vec(&self.known).map_err(io::Error::other)?;
        files::replace(&self.path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "http://one.onion";
    const OTHER: &str = "http://other.onion";

    #[test]
    fn what_was_counted_and_what_waits_outlive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("noise.json");
        let open = || Noise::open(path.clone()).unwrap();
        let mut noise = open();
        noise.spooled(ONE, 0..4).unwrap();
        noise.spooled(ONE, 4..6).unwrap();
        noise.spooled(OTHER, 6..9).unwrap();
        let at = |places: &[u64]| {
            places
                .iter()
                .copied()
                .map(SpoolPosition)
                .collect::<Vec<_>>()
        };
        let mut noise = open();
        noise.looked(&at(&[1, 5, 6]), SpoolPosition(7)).unwrap();
        // Locked, stopped, started: the rest of the stretch still has an owner, and nothing is counted twice.
        let mut noise = open();
        noise.looked(&at(&[8, 20]), SpoolPosition(21)).unwrap();
        let noise = open();
        assert_eq!((noise.of(ONE), noise.of(OTHER)), (2, 2));
        assert!(noise.known.waiting.is_empty());
        fs::write(&path, b"{").unwrap();
        assert!(Noise::open(path.clone()).is_err());
    }

    #[test]
    fn while_the_desk_is_locked_for_long_only_the_last_runs_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("noise.json");
        let mut noise = Noise::open(path.clone()).unwrap();
        let all = RUNS as u64 + 500;
        for at in 0..all {
            let url = if at % 2 == 0 { ONE } else { OTHER };
            noise.spooled(url, at..at + 1).unwrap();
        }
        assert_eq!(noise.known.waiting.len(), RUNS);
        assert!(fs::metadata(&path).unwrap().len() < RUNS as u64 * 100);
        // Of the first five hundred nobody knows; everything later is counted, and once.
        let mut noise = Noise::open(path).unwrap();
        let places: Vec<_> = (0..all).map(SpoolPosition).collect();
        noise.looked(&places, SpoolPosition(all)).unwrap();
        assert_eq!(noise.of(ONE) + noise.of(OTHER), RUNS as u64);
        assert!(noise.known.waiting.is_empty());
    }
}
