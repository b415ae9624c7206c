//! Running something and measuring it.

use super::Figure;
use crate::shell::{must, target_dir};
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// One run of a program: wall time in seconds and the most it had resident, in MiB.
pub(super) struct Run {
    pub(super) seconds: f64,
    pub(super) resident: f64,
}

/// A figure of what was resident, in MiB.
pub(super) fn memory(name: String, resident: f64, most: f64) -> Figure {
    Figure {
        name,
        ours: resident,
        peer: most,
        ok: resident <= most,
        target: format!("at most {most} MiB"),
    }
}

/// The one in the middle.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Uses memory and frees it. A virtual machine takes memory from its host when it is first used and gives it back when it lies
/// free; without this one run of a pair pays seconds for pages that the other finds at hand.
pub(super) fn touch_memory(bytes: u64) {
    let bytes = usize::try_from(bytes).unwrap_or(0);
    drop(std::hint::black_box(vec![1_u8; bytes]));
}

/// Runs under `time`, which alone reports the peak of resident memory.
pub(super) fn timed(command: &Command) -> Result<Run> {
    let report = target_dir().join("bench-time");
    let mut wrapped = Command::new("/usr/bin/time");
    wrapped.args(["-f", "%M", "-o"]).arg(&report);
    wrapped
        .arg(command.get_program())
        .args(command.get_args())
        .stdout(Stdio::null());
    let start = Instant::now();
    must(&mut wrapped)?;
    let seconds = start.elapsed().as_secs_f64();
    let text = fs::read_to_string(&report)?;
    let kib: f64 = text.trim().parse().context("reading the memory figure")?;
    Ok(Run {
        seconds,
        resident: kib / 1024.0,
    })
}

/// A file that does not compress, synced, so that no pair pays for its writing.
pub(super) fn noise(path: &Path, size: u64) -> Result<PathBuf> {
    let mut source = File::open("/dev/urandom")?.take(size);
    let mut file = File::create(path)?;
    std::io::copy(&mut source, &mut file)?;
    file.flush()?;
    file.sync_all()?;
    Ok(path.to_path_buf())
}
