//! Sealing into cells against Debian's `age` encrypting alone: same file, same file system, both cores.

use super::{Figure, program};
use crate::shell::{must, output, say, target_dir};
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const MIB: u64 = 1024 * 1024;
const MOST_RATIO: f64 = 2.0;
const MOST_RESIDENT_MIB: f64 = 64.0;

/// One run of a program: wall time in seconds and the most it had resident, in MiB.
struct Run {
    seconds: f64,
    resident: f64,
}

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
        memory(format!("resident at {mib} MiB (MiB)"), resident),
        memory(format!("resident at {} MiB (MiB)", mib * 8), large.resident),
    ]
}

fn memory(name: String, resident: f64) -> Figure {
    Figure {
        name,
        ours: resident,
        peer: MOST_RESIDENT_MIB,
        ok: resident <= MOST_RESIDENT_MIB,
        target: format!("at most {MOST_RESIDENT_MIB} MiB"),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A reporter's kit made the ordinary way, by a newsroom.
struct Field {
    kit: PathBuf,
    out: PathBuf,
}

impl Field {
    fn new(dir: &Path) -> Result<Self> {
        let desk = dir.join("desk");
        let secrets = dir.join("secrets");
        let kit = dir.join("kit");
        let made = Command::new(program("fh-desk"))
            .args(["init", "--organisation", "Bench", "--threshold", "2"])
            .args(["--custodian", "a", "--custodian", "b", "--custodian", "c"])
            .args(["--editor", "e:editor", "--editor", "s:safety"])
            .arg("--dir")
            .arg(&desk)
            .arg("--passphrase-dir")
            .arg(&secrets)
            .stdout(Stdio::null())
            .status()
            .context("starting fh-desk init")?;
        anyhow::ensure!(made.success(), "fh-desk init failed");
        // A kit names a drop; nothing is ever sent to this one, and nobody needs to listen there.
        let token = dir.join("drop.token");
        must(
            Command::new(program("fh-drop"))
                .args(["token", "--out"])
                .arg(&token)
                .stdout(Stdio::null()),
        )?;
        must(
            Command::new(program("fh-desk"))
                .args(["drop", "add", "--url", "http://127.0.0.1:9"])
                .arg("--dir")
                .arg(&desk)
                .arg("--token-file")
                .arg(&token)
                .stdout(Stdio::null()),
        )?;
        let custodian = |name: &str| {
            format!(
                "{name}={}",
                secrets.join(format!("{name}.passphrase")).display()
            )
        };
        must(
            Command::new(program("fh-desk"))
                .args(["kit", "new", "bench"])
                .arg("--dir")
                .arg(&desk)
                .arg("--out")
                .arg(&kit)
                .args(["--custodian-passphrase", &custodian("a")])
                .args(["--custodian-passphrase", &custodian("b")])
                .stdout(Stdio::null()),
        )?;
        Ok(Self {
            kit,
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

/// Uses memory and frees it. A virtual machine takes memory from its host when it is first used and gives it back when it lies
/// free; without this one run of a pair pays seconds for pages that the other finds at hand.
fn touch_memory(bytes: u64) {
    let bytes = usize::try_from(bytes).unwrap_or(0);
    drop(std::hint::black_box(vec![1_u8; bytes]));
}

/// Runs under `time`, which alone reports the peak of resident memory.
fn timed(command: &Command) -> Result<Run> {
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
fn noise(path: &Path, size: u64) -> Result<PathBuf> {
    let mut source = File::open("/dev/urandom")?.take(size);
    let mut file = File::create(path)?;
    std::io::copy(&mut source, &mut file)?;
    file.flush()?;
    file.sync_all()?;
    Ok(path.to_path_buf())
}
