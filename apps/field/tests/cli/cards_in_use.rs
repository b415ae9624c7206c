//! A memory card as a real block device: refused while the system has it in use, written when it is free. Needs root and loop
//! devices; where they are not given, the test says so and does nothing.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::stage::{Newsroom, Stage, chain, text};

/// A file as a block device; let go when dropped.
struct Device(String);

impl Device {
    fn of(image: &Path) -> Option<Self> {
        let done = Command::new("losetup")
            .args(["--find", "--show"])
            .arg(image)
            .output();
        match done {
            Ok(done) if done.status.success() => Some(Self(text(&done.stdout).trim().to_owned())),
            _ => {
                let word = "SKIPPED: a block device needs root and the program losetup";
                let _ = writeln!(std::io::stderr(), "{word}");
                None
            }
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = Command::new("losetup").args(["-d", &self.0]).output();
    }
}

/// A mounted file system; unmounted when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn at(device: &Device, folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        run("mount", &[&device.0, folder.to_str().unwrap()]);
        Self(folder)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).output().unwrap();
    assert!(
        done.status.success(),
        "{program} {arguments:?}: {}",
        text(&done.stderr)
    );
}

fn image(stage: &Stage, name: &str, maker: &str) -> PathBuf {
    let path = stage.path(name);
    File::create(&path).unwrap().set_len(20 << 20).unwrap();
    run(maker, &[path.to_str().unwrap()]);
    path
}

#[test]
fn a_card_that_the_system_uses_is_refused_and_a_free_one_is_written() {
    let stage = Stage::set_up(1);
    stage.json(&["add", "--note", "on a card"]);
    let card = image(&stage, "card", "mkfs.fat");
    let Some(device) = Device::of(&card) else {
        return;
    };
    let failed = |arguments: &[&str], words: &str| {
        let output = stage.run(arguments);
        let said = text(&output.stderr);
        assert!(
            !output.status.success() && said.contains(words),
            "{arguments:?}: {said}"
        );
    };
    // The image behind a device, while the device is there.
    failed(
        &["prepare-card", "--unused", card.to_str().unwrap()],
        "in use",
    );
    assert_eq!(
        stage.json(&["prepare-card", "--unused", &device.0])["cards"],
        1
    );
    let spread = stage.json(&["spread", "--unused", "--out", &device.0]);
    assert_eq!(spread["need"], 1);
    run("fsck.fat", &["-n", &device.0]);
    let epoch = chain().epoch_keys();
    let (mut windows, mut ours) = (formats::card::Windows::new(), Vec::new());
    let keep = |window: &[u8; formats::CELL]| -> Result<(), std::convert::Infallible> {
        if epoch.veil.open_header(window).is_ok() {
            ours.extend_from_slice(window);
        }
        Ok(())
    };
    windows.push(&fs::read(&device.0).unwrap(), keep).unwrap();
    assert_eq!(Newsroom::read(&ours).manifest().note, "on a card");

    // Whatever is on it: a device of which a part is mounted is not even looked at.
    let other = Device::of(&image(&stage, "other", "mkfs.ext4")).unwrap();
    let before = fs::read(&other.0).unwrap();
    let mounted = Mounted::at(&other, stage.path("mounted"));
    failed(&["prepare-card", "--unused", &other.0], "in use");
    failed(&["spread", "--unused", "--out", &other.0], "in use");
    drop(mounted);
    failed(
        &["prepare-card", "--unused", &other.0],
        "neither a FAT nor an exFAT card",
    );
    let differ = fs::read(&other.0)
        .unwrap()
        .iter()
        .zip(&before)
        .filter(|(a, b)| a != b)
        .count();
    assert!(
        differ < 10_000,
        "mounting alone changes a few bytes, noise would change all: {differ}"
    );
}
