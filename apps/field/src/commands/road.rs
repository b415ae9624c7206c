//! The road that was chosen on the command line.

use std::path::Path;

use anyhow::{Result, anyhow};
use field::{Failure, HttpRoad, Trust, Way};
use formats::{DropUrl, Kit};
use rand_core::{OsRng, RngCore};

use crate::args::{RoadArgs, RoadName};
use crate::explain::road_error;
use crate::show::note;
use crate::words::{Words, say};

/// The chosen road, and the drops to use on it. Every drop is checked before anything is sent.
pub(super) fn road(words: &Words, args: &RoadArgs, kit: &Kit) -> Result<(HttpRoad, Vec<DropUrl>)> {
    let all: Vec<DropUrl> = kit.drops.iter().map(|drop| drop.url.clone()).collect();
    road_to(words, args, &all)
}

/// The chosen road to the drops that are named, or to all of these.
pub(super) fn road_to(
    words: &Words,
    args: &RoadArgs,
    all: &[DropUrl],
) -> Result<(HttpRoad, Vec<DropUrl>)> {
    let trust = match &args.pin {
        Some(file) => Trust::pinned(&read_pin(words, file)?)?,
        None => Trust::Web,
    };
    let way = match args.road {
        Some(RoadName::Tor) => Way::tor(&args.socks5, trust)?,
        Some(RoadName::Tls) => {
            note(&say!(words, "road-tls-weaker"));
            Way::Tls(trust)
        }
        Some(RoadName::Loopback) => Way::Loopback,
        None => return Err(anyhow!(say!(words, "error-no-road"))),
    };
    let mut drops = Vec::new();
    for text in &args.drops {
        let url = text.trim_end_matches('/').parse();
        drops.push(url.map_err(|_| anyhow!(say!(words, "error-bad-url", url = text.as_str())))?);
    }
    let mut seed = [0; 32];
    OsRng.fill_bytes(&mut seed);
    let road = HttpRoad::new(way, seed);
    for drop in if drops.is_empty() { all } else { &drops } {
        road.check(drop)?;
    }
    Ok((road, drops))
}

/// A file that is not there must not be taken for a certificate that is none: the one is a slip of the finger, the other may be
/// somebody's trick.
fn read_pin(words: &Words, file: &Path) -> Result<Vec<u8>> {
    let name = || file.display().to_string();
    std::fs::read(file).map_err(|_| anyhow!(say!(words, "error-file-unreadable", file = name())))
}

/// Says which drops failed, and why.
pub(super) fn show_failures(words: &Words, failures: &[Failure]) {
    for failure in failures {
        let why = road_error(words, &failure.error);
        note(&say!(
            words,
            "drop-failed",
            url = failure.drop.to_string(),
            why = why
        ));
    }
}
