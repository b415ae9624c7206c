//! A program that is ended by a signal that leaves a core dump leaves none.

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::stage::Stage;

/// A shell line, with core dumps of any size allowed.
fn with_cores(line: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -c unlimited && {line}")]);
    command.current_dir(folder).stdin(Stdio::piped());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Whether ending it by Ctrl and backslash left a core dump.
fn dumps(mut child: Child) -> bool {
    let quit = Command::new("kill")
        .args(["-QUIT", &child.id().to_string()])
        .status();
    assert!(quit.unwrap().success());
    let ended = child.wait().unwrap();
    assert_eq!(ended.signal(), Some(3), "{ended}");
    ended.core_dumped()
}

#[test]
fn g01_a_crash_while_recording_leaves_no_core_dump() {
    let stage = Stage::set_up(3);
    let folder = stage.folder.path();
    // What this machine does with any other program.
    let other = with_cores("exec sleep 600", folder).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while !fs::read_to_string(format!("/proc/{}/comm", other.id()))
        .unwrap()
        .starts_with("sleep")
    {
        assert!(Instant::now() < end);
        std::thread::yield_now();
    }
    if !dumps(other) {
        let mut out = std::io::stderr();
        let _ = writeln!(out, "skipped: this machine makes no core dumps at all");
        return;
    }
    let program = env!("CARGO_BIN_EXE_fh-field");
    let line = format!("exec {program} --vault vault add --stdin --passphrase-file passphrase");
    let mut child = with_cores(&line, folder).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // It reads on until its buffers are full: opened, and with words of the recording in memory.
    let film = b"the cellar of the mill on thursday ".repeat(120_000);
    pipe.write_all(&film).unwrap();
    let before = fs::read_dir(folder).unwrap().count();
    assert!(!dumps(child));
    assert_eq!(fs::read_dir(folder).unwrap().count(), before);
}
