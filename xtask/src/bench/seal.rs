//! Sealing into cells against Debian's `age` encrypting alone: same file, same file system, both cores.

use super::newsroom::Newsroom;
use super::runs::{Run, median, memory, noise, timed, touch_memory};
use super::{Figure, program};
use crate::shell::{must, output, say, target_dir};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const MIB: u64 = 1024 * 1024;
const MOST_RATIO: f64 = 2.0;
const MOST_RESIDENT_MIB: f64 = 64.0;

/// Alternating pairs over the same file, then a file eight times as large for the memory.
pub(super) fn run(quick: bool) -> Result<Vec<Figure>> {
    let dir = target_dir().join("bench-seal");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir)?;
    let size = if quick { 64 * MIB } else { 1024 * MIB };
    let field = Field::new(&dir)?;
    let input = noise(&dir.join("one"), size)?;
    let recipient = age_recipient(&dir)?;
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for pair in 0..if quick { 1 } else { 5 } {
        say(&format!("sealing, pair {}", pair + 1));
        touch_memory(3 * size);
        peers.push(age(&recipient, &input, &dir)?);
        touch_memory(3 * size);
        ours.push(field.pack(&input)?);
    }
    let eight = noise(&dir.join("eight"), size * 8)?;
    say("sealing a file eight times as large");
    let large = field.pack(&eight)?;
    let figures = figures(&ours, &peers, &large, size);
    fs::remove_dir_all(&dir)?;
    Ok(figures)
}

fn figures(ours: &[Run], peers: &[Run], large: &Run, size: u64) -> Vec<Figure> {
    let seconds = |runs: &[Run]| median(runs.iter().map(|run| run.seconds).collect());
    let resident = median(ours.iter().map(|run| run.resident).collect());
    let (mine, theirs) = (seconds(ours), seconds(peers));
    let mib = size / MIB;
    vec![
        Figure {
            name: format!("seal {mib} MiB into cells, K/4 (s) / age"),
            ours: mine,
            peer: theirs,
            ok: mine <= MOST_RATIO * theirs,
            target: format!("ratio at most {MOST_RATIO}"),
        },
        memory(
            format!("resident at {mib} MiB (MiB)"),
            resident,
            MOST_RESIDENT_MIB,
        ),
        memory(
            format!("resident at {} MiB (MiB)", mib * 8),
            large.resident,
            MOST_RESIDENT_MIB,
        ),
    ]
}

/// A reporter who packs.
struct Field {
    kit: PathBuf,
    out: PathBuf,
}

impl Field {
    fn new(dir: &Path) -> Result<Self> {
        Ok(Self {
            kit: Newsroom::found(dir)?.kit,
            out: dir.join("cells"),
        })
    }

    fn pack(&self, input: &Path) -> Result<Run> {
        // With the kit itself: a folder's passphrase would be stretched first, for a second and 256 MiB by design.
        let mut command = Command::new(program("fh-field"));
        command
            .arg("pack")
            .arg("--kit")
            .arg(&self.kit)
            .args(["--recovery", "1/4"])
            .arg("--out")
            .arg(&self.out)
            .arg(input);
        let run = timed(&command)?;
        fs::remove_file(&self.out)?;
        Ok(run)
    }
}

fn age_recipient(dir: &Path) -> Result<String> {
    let identity = dir.join("age-identity");
    must(
        Command::new("age-keygen")
            .arg("-o")
            .arg(&identity)
            .stderr(Stdio::null()),
    )?;
    let text = output(Command::new("age-keygen").arg("-y").arg(&identity))?;
    Ok(text.trim().to_owned())
}

fn age(recipient: &str, input: &Path, dir: &Path) -> Result<Run> {
    let out = dir.join("aged");
    let mut command = Command::new("age");
    command.args(["-r", recipient, "-o"]).arg(&out).arg(input);
    let run = timed(&command)?;
    fs::remove_file(&out)?;
    Ok(run)
}
