//! What the real program has resident while it makes previews of the largest stills that are looked at, beside a film.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::stage::{Newsroom, SEND, Stage, text, write_noise};

/// The field's bound once it is unlocked, KiB.
const MOST: u64 = 96 * 1_024;

/// A picture made by another program, of so many pixels, with so much grain.
fn picture(path: &Path, size: &str, grain: u32) {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i"])
        .arg(format!("testsrc2=size={size}:rate=1"))
        .args(["-frames:v", "1", "-q:v", "2", "-vf"])
        .arg(format!("noise=alls={grain}"))
        .arg(path)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
}

fn kib(pid: u32, which: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(which));
    line.map_or(0, |line| {
        line.trim().trim_end_matches(" kB").parse().unwrap()
    })
}

fn written(pid: u32) -> u64 {
    let counts = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let written = counts.lines().find_map(|line| line.strip_prefix("wchar: "));
    written.map_or(0, |bytes| bytes.parse().unwrap())
}

#[test]
fn previews_of_the_largest_stills_stay_within_the_bound() {
    let stage = Stage::set_up(9);
    write_noise(&stage.path("film.mp4"), 1, 18_000_000);
    picture(&stage.path("sixteen.jpg"), "4600x3600", 2);
    picture(&stage.path("sixteen.png"), "4600x3600", 0);
    picture(&stage.path("twelve.jpg"), "4000x3000", 25);
    picture(&stage.path("fifty.jpg"), "8160x6120", 0);
    let longest = fs::metadata(stage.path("twelve.jpg")).unwrap().len();
    assert!((4_000_000..12 << 20).contains(&longest), "{longest}");
    let mut command = stage.command(&["add", "--preview", "--json", "film.mp4"]);
    command.args(["twelve.jpg", "sixteen.jpg", "sixteen.png", "fifty.jpg"]);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let pid = child.id();
    let end = Instant::now() + Duration::from_secs(120);
    // Once opening has written, the 256 MiB that open it are gone: from there on the peak is counted anew.
    while written(pid) < 9 * 65_536 {
        assert!(Instant::now() < end, "it does not open");
        std::thread::yield_now();
    }
    fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(kib(pid, "VmHWM:"));
        assert!(Instant::now() < end, "it does not end");
        std::thread::yield_now();
    }
    assert!(child.wait().unwrap().success());
    let mut out = std::io::stderr();
    let _ = std::io::Write::write_fmt(&mut out, format_args!("resident: {peak} KiB of {MOST}\n"));
    assert!((20 * 1_024..=MOST).contains(&peak), "{peak} KiB");
    // They were made: of the still with more pixels than there is memory for there is none.
    stage.json(&SEND);
    let items = Newsroom::read(&stage.log()).manifest().items;
    let previews: Vec<_> = items
        .iter()
        .filter_map(|one| one.preview_of)
        .map(|of| items[of as usize].name.as_str())
        .collect();
    assert_eq!(previews, ["twelve.jpg", "sixteen.jpg", "sixteen.png"]);
}
