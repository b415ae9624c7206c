//! One run of the demo over small media with planted canaries, with everything it left kept for searching.

use crate::evidence::Needle;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const OWNER: &str = "Canary Owner Qasioun";
const SERIAL: &str = "R58T30CANARY";
const PSEUDONYM: &str = "swallow-of-barada";
/// Words of the note that the demo's reporter writes.
const NOTE: [&str; 2] = ["Do not show the minaret", "صُوِّر من سطح"];

/// The run and where it worked.
pub(crate) struct Run {
    folder: tempfile::TempDir,
    /// What was reported.
    pub(crate) inputs: Vec<PathBuf>,
}

impl Run {
    /// A photograph, a picture, a video, a recording, and a file that only claims to be a photograph.
    pub(crate) fn of_small_media() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let camera = folder.path().join("camera");
        fs::create_dir(&camera).unwrap();
        let inputs = vec![
            photo(&camera),
            picture(&camera),
            video(&camera),
            voice(&camera),
            broken(&camera),
        ];
        let run = Self { folder, inputs };
        run.demo();
        run
    }

    fn demo(&self) {
        let tmp = self.work().join("tmp");
        fs::create_dir_all(&tmp).unwrap();
        let out = Command::new(program("fh-demo"))
            .arg("--bin-dir")
            .arg(programs())
            .args(["--once", "--out"])
            .arg(self.out())
            .arg("--keep")
            .arg(self.work())
            .args(&self.inputs)
            .env("FH_LOG", "trace")
            .env("RUST_LOG", "trace")
            .env("TMPDIR", &tmp)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "the demo failed:\n{}\n{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }

    /// Where the programs kept their folders and logs.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Where the results are.
    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// `report.json`.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_slice(&fs::read(self.out().join("report.json")).unwrap()).unwrap()
    }

    /// What each program logged.
    pub(crate) fn logs(&self) -> Vec<PathBuf> {
        let logs: Vec<_> = fs::read_dir(self.work())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
            .collect();
        assert!(logs.len() >= 3, "logs of drop, desk and commands: {logs:?}");
        logs
    }

    /// Whether `fh-verify` accepts a file.
    pub(crate) fn verifies(&self, file: &Path, proof: &Path) -> bool {
        Command::new(program("fh-verify"))
            .arg(file)
            .arg("--proof")
            .arg(proof)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    /// What would name a person: metadata, the note, the pseudonym, file names.
    pub(crate) fn identifying(&self) -> Vec<Needle> {
        let mut needles = vec![
            Needle::new("the owner's name", OWNER),
            Needle::new("the camera's serial number", SERIAL),
            Needle::new("the pseudonym", PSEUDONYM),
        ];
        needles.extend(NOTE.map(|words| Needle::new("the note", words)));
        for input in &self.inputs {
            let name = input.file_stem().unwrap().to_str().unwrap();
            needles.push(Needle::new(format!("the file name {name}"), name));
        }
        needles
    }

    /// Runs of the originals' own bytes, from their middle.
    pub(crate) fn plaintext(&self) -> Vec<Needle> {
        let run = |input: &PathBuf| {
            let bytes = fs::read(input).unwrap();
            let middle = bytes.len() / 2;
            Needle::new(
                format!("plaintext of {}", input.display()),
                &bytes[middle..middle + 32],
            )
        };
        self.inputs.iter().map(run).collect()
    }

    /// The bare hashes of the originals, in hex.
    pub(crate) fn original_hashes(&self) -> Vec<Needle> {
        let hash = |input: &PathBuf| {
            let out = Command::new("sha256sum").arg(input).output().unwrap();
            let hex = String::from_utf8(out.stdout).unwrap();
            Needle::new(
                format!("the hash of {}", input.display()),
                &hex.as_bytes()[..64],
            )
        };
        self.inputs.iter().map(hash).collect()
    }

    /// Passphrases, enrolment codes, tokens and passwords of this run.
    pub(crate) fn secrets(&self) -> Vec<Needle> {
        let mut needles = vec![
            Needle::new("the reporter's passphrase", "quiet river stone lantern"),
            Needle::new("the editor's password", "lamp-harbour-violet"),
            Needle::new("the safety editor's password", "saffron-window"),
        ];
        let mut files: Vec<_> = fs::read_dir(self.work().join("secrets"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.push(self.work().join("drop.token"));
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            needles.push(Needle::new(
                format!("what is in {}", file.display()),
                text.trim(),
            ));
        }
        needles
    }
}

/// Where cargo puts programs: beside the folder of this test.
fn programs() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.ancestors().nth(2).unwrap().to_path_buf()
}

fn program(name: &str) -> PathBuf {
    let path = programs().join(name);
    assert!(
        path.is_file(),
        "{} is not built; run `cargo xtask test`",
        path.display()
    );
    path
}

fn photo(dir: &Path) -> PathBuf {
    let path = dir.join("IMG_canary_one.jpg");
    ffmpeg(
        &[
            "-f",
            "lavfi",
            "-i",
            "mandelbrot=size=640x480",
            "-frames:v",
            "1",
        ],
        &path,
    );
    let owner = format!("-Artist={OWNER}");
    let serial = format!("-SerialNumber={SERIAL}");
    exiftool(
        &path,
        &[&owner, &serial, "-GPSLatitude=35.9", "-GPSLatitudeRef=N"],
    );
    path
}

fn picture(dir: &Path) -> PathBuf {
    let path = dir.join("Screenshot_canary_two.png");
    ffmpeg(
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=320x240",
            "-frames:v",
            "1",
        ],
        &path,
    );
    exiftool(&path, &[&format!("-PNG:Author={OWNER}")]);
    path
}

fn video(dir: &Path) -> PathBuf {
    let path = dir.join("VID_canary_three.mp4");
    let owner = format!("artist={OWNER}");
    let mut args = vec!["-f", "lavfi", "-i", "testsrc2=size=320x240:duration=3"];
    args.extend([
        "-f",
        "lavfi",
        "-i",
        "sine=duration=3",
        "-pix_fmt",
        "yuv420p",
        "-metadata",
        &owner,
    ]);
    ffmpeg(&args, &path);
    path
}

fn voice(dir: &Path) -> PathBuf {
    let path = dir.join("Call_canary_four.mp3");
    let owner = format!("artist={OWNER}");
    ffmpeg(
        &["-f", "lavfi", "-i", "sine=duration=2", "-metadata", &owner],
        &path,
    );
    path
}

/// Starts as a JPEG does, and is none.
fn broken(dir: &Path) -> PathBuf {
    let path = dir.join("IMG_canary_broken.jpg");
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0];
    bytes.extend((0..20_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()));
    fs::write(&path, bytes).unwrap();
    path
}

fn ffmpeg(args: &[&str], out: &Path) {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(args)
        .arg(out)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "ffmpeg could not make {}", out.display());
}

fn exiftool(path: &Path, args: &[&str]) {
    let status = Command::new("exiftool")
        .args(["-q", "-m", "-overwrite_original"])
        .args(args)
        .arg(path)
        .status()
        .unwrap();
    assert!(status.success());
}
