//! A real disk that is full: a small file system in memory, and a vault whose free places have no room of their own there, as
//! on flash and other storage that writes anew what is written over. A recording that meets it loses nothing that was
//! kept before, says what to do, and goes on once there is room.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::FallocateFlags;

use crate::stage::{INIT, Newsroom, RECEIVE, SEND, Stage, text, write_noise};

/// Bytes of the file system: a vault of 64 MiB and a little.
const DISK: u64 = 72 << 20;
/// The first block of a vault of 64 MiB that is a slot: everything before it is always written over in place.
const SLOTS: u64 = (9 + 4 * 16) * 65_536;
/// What is left for the recording: a piece and a half.
const ROOM: u64 = 24 << 20;

/// A file system in memory, gone with this.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where nothing may be mounted.
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let size = format!("size={DISK},mode=700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "fh-small-disk"])
            .arg(&at)
            .output();
        mounted
            .is_ok_and(|mounted| mounted.status.success())
            .then_some(Self(at))
    }

    /// Takes all the room but so many bytes.
    fn fill(&self, but: u64) {
        let free = rustix::fs::statvfs(&self.0).unwrap();
        let taken = (free.f_bavail * free.f_frsize).checked_sub(but).unwrap();
        let file = File::create(self.0.join("holiday.mp4")).unwrap();
        rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, taken).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whatever a failing test left open must not keep it.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Takes the room of the free slots away from the vault; what they hold is noise that nothing reads.
fn hollow(vault: &Path) {
    let file = File::options().write(true).open(vault).unwrap();
    let length = file.metadata().unwrap().len();
    let how = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(&file, how, SLOTS, length - SLOTS).unwrap();
    assert!(file.metadata().unwrap().blocks() * 512 <= SLOTS);
}

/// Records a stream; what the program said and whether it was content.
fn record(stage: &Stage, stream: &Path) -> (bool, String) {
    let mut command = stage.command(&["add", "--stdin", "--name", "roof.mp4"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let mut film = Vec::new();
    File::open(stream).unwrap().read_to_end(&mut film).unwrap();
    // The program may have given up; what it says about it is what counts.
    let _ = pipe.write_all(&film);
    drop(pipe);
    let done = child.wait_with_output().unwrap();
    (done.status.success(), text(&done.stderr))
}

/// A stage whose vault lies on a small disk.
fn stage_on_a_small_disk() -> Option<(Stage, SmallDisk)> {
    let stage = Stage::start(12);
    let disk = SmallDisk::mount(stage.path("small"))?;
    std::os::unix::fs::symlink("small/vault", stage.path("vault")).unwrap();
    Some((stage, disk))
}

fn skipped() {
    // The one line that says why this test looked at nothing.
    let mut out = std::io::stderr();
    let _ = writeln!(out, "skipped: this machine lets nobody mount a file system");
}

#[test]
fn g10_a_disk_that_is_full_in_the_middle_of_a_recording_loses_nothing_that_was_kept() {
    let Some((stage, disk)) = stage_on_a_small_disk() else {
        return skipped();
    };
    fs::remove_file(stage.path("vault")).unwrap();
    let set_up = stage
        .command(&INIT)
        .args(["--vault", "small/vault"])
        .output()
        .unwrap();
    assert!(set_up.status.success(), "{}", text(&set_up.stderr));
    std::os::unix::fs::symlink("small/vault", stage.path("vault")).unwrap();
    // Words are in it before; then the rest of the disk fills with something else.
    hollow(&disk.0.join("vault"));
    stage.json(&["add", "--note", "before"]);
    disk.fill(ROOM);
    let film = write_noise(&stage.path("film"), 5, 40_000_000);
    let (content, said) = record(&stage, &stage.path("film"));
    assert!(!content, "the disk was not full: {said}");
    assert!(said.contains("Free some space"), "{said}");
    assert!(
        said.contains("safe") && !said.contains("os error"),
        "{said}"
    );

    // It opens, with the words and the piece that was kept; and again, and there is nothing else beside it on the disk.
    for _ in 0..2 {
        let status = stage.json(&["status"]);
        let dispatches = status["dispatches"].as_array().unwrap();
        assert_eq!(dispatches.len(), 2, "{status}");
    }
    let names: Vec<_> = fs::read_dir(&disk.0).unwrap().collect();
    assert_eq!(names.len(), 2, "the vault and what filled the disk");
    let sent = stage.json(&SEND);
    assert_eq!(sent["cells_left"], 0);
    let newsroom = Newsroom::read(&stage.log());
    let kept = newsroom
        .0
        .iter()
        .filter(|piece| piece.ciphertext.len() > 1_000_000);
    assert_eq!(kept.count(), 1, "one whole piece of the recording");
    let whole = formats::PIECE_PLAIN_MAX;
    let found = newsroom.opened().into_iter().find(|one| one.len() == whole);
    assert!(found.is_some_and(|piece| piece == film[..whole]));

    // With room again, everything goes on as before.
    fs::remove_file(disk.0.join("holiday.mp4")).unwrap();
    let (content, said) = record(&stage, &stage.path("film"));
    assert!(content, "{said}");
    stage.json(&SEND);
    let status = stage.json(&["status"]);
    assert_eq!(status["dispatches"].as_array().unwrap().len(), 3);
    assert_eq!(stage.json(&RECEIVE)["receipts"], 0);
}

#[test]
fn a_disk_too_small_for_a_vault_is_said_and_left_as_it_was() {
    let Some((stage, disk)) = stage_on_a_small_disk() else {
        return skipped();
    };
    disk.fill(ROOM);
    fs::remove_file(stage.path("vault")).unwrap();
    for lang in ["en", "ar"] {
        let output = stage
            .command(&INIT)
            .args(["--vault", "small/vault", "--lang", lang])
            .output()
            .unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let advice = if lang == "en" {
            "Free some space"
        } else {
            "مساحة"
        };
        assert!(said.contains(advice), "{said}");
        assert!(!disk.0.join("vault").exists() && stage.path("kit").exists());
    }
}
