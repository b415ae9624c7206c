//! What this process has resident, counted from a moment of one's own choosing.

use std::fs;

use anyhow::{Context, Result};

/// Forgets the peak so far: unlocking takes its memory by design, and gives it back.
pub(crate) fn forget_peak() -> Result<()> {
    fs::write("/proc/self/clear_refs", "5").context("forgetting the peak of resident memory")
}

/// The most that was resident since, in MiB.
pub(crate) fn peak_mib() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .context("the system does not say what is resident")?;
    Ok(peak.trim().parse::<f64>()? / 1024.0)
}
