//! What can be done from inside the sandbox: nothing.

use std::{
    io::{Cursor, empty},
    time::{Duration, Instant},
};

use media::{MediaError, RefusalCode};

use crate::{workshop, workshop_with};

fn said(line: &str) -> String {
    let words = workshop().shell(line, &mut empty()).unwrap();
    String::from_utf8(words).unwrap().trim().to_owned()
}

fn refused(line: &str) -> RefusalCode {
    let workshop = workshop_with(|config| {
        config.limits.memory = 256 << 20;
        config.limits.cpu_seconds = 1;
        config.limits.stall = Duration::from_secs(4);
        config.limits.scratch = 32 << 20;
        config.limits.output = 1 << 20;
        config.limits.processes = 24;
    });
    match workshop.shell(line, &mut empty()) {
        Err(MediaError::Refused(refusal)) => refusal.code,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn g07_the_workshop_proves_its_walls() {
    workshop().self_check().unwrap();
}

#[test]
fn no_network() {
    // A listener on this machine's own loopback is as far away as the rest of the world.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let line = format!(
        "bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected' 2>&1; bash -c 'exec 3<>/dev/tcp/1.1.1.1/53 && echo connected' 2>&1"
    );
    let words = said(&line);
    assert!(!words.contains("connected"), "{words}");
    assert_eq!(
        words.matches("Permission denied").count() + words.matches("unreachable").count(),
        4,
        "{words}"
    );
    assert_eq!(
        said(
            "python3 -c 'import socket; s=socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen(); print(\"listens\")' 2>&1 | tail -1"
        ),
        "PermissionError: [Errno 13] Permission denied"
    );
}

#[test]
fn g07_nothing_outside_can_be_read_or_written() {
    for place in [
        "/root",
        "/work",
        "/etc/passwd",
        "/etc/shadow",
        "/var",
        "/sys",
        "/mnt",
        "/boot",
    ] {
        let words = said(&format!("cat {place} 2>&1; ls {place} 2>&1"));
        assert_eq!(words.matches("No such file").count(), 2, "{place}: {words}");
    }
    for place in [
        "/", "/usr", "/usr/bin", "/etc", "/dev", "/dev/shm", "/home", "/fh", "/proc",
    ] {
        let words = said(&format!("echo x > {place}/planted && echo written; true"));
        assert_eq!(words, "", "{place}");
    }
    assert_eq!(
        said("ls -A /tmp; ls -A /home 2>&1"),
        "ls: cannot open directory '/home': Permission denied"
    );
    // What is written in private memory cannot be run.
    assert_eq!(
        said("cp /usr/bin/id /tmp/id && /tmp/id || echo refused"),
        "refused"
    );
}

#[test]
fn g07_no_other_process_and_no_rights() {
    let words = said(
        "ls -d /proc/[0-9]* | wc -l; id -u; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status; unshare -U true 2>/dev/null && echo nested; true",
    );
    let lines: Vec<&str> = words.lines().collect();
    assert!(lines[0].trim().parse::<u32>().unwrap() < 8, "{words}");
    assert_eq!(
        lines[1..],
        ["65534", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"]
    );
    // The worker, which holds the line to the workshop, cannot be looked into by its tools.
    assert_eq!(
        said(
            "cat /proc/$PPID/mem 2>&1 | head -c 200 | grep -c 'denied'; ls /proc/$PPID/fd 2>&1 | grep -c denied"
        ),
        "1\n1"
    );
}

#[test]
fn hunger_for_memory_ends() {
    assert_eq!(
        refused("python3 -c 'x = bytearray(1 << 30)'; kill -9 $$"),
        RefusalCode::ToolMemory
    );
    assert_eq!(
        said("python3 -c 'x = bytearray(1 << 33)' 2>&1 | tail -1"),
        "MemoryError"
    );
    assert_eq!(
        said(
            "head -c 2000000000 /dev/zero > /tmp/big; stat -c %s /tmp/big | awk '{print ($1 <= 805306368)}'"
        ),
        "1"
    );
}

#[test]
fn endless_work_ends() {
    let started = Instant::now();
    assert_eq!(
        refused("exec perl -e 'while (1) {}'"),
        RefusalCode::ToolStalled
    );
    assert!(started.elapsed() < Duration::from_secs(4));
    // Asleep: no processor time is used, and nothing is said either.
    let started = Instant::now();
    assert_eq!(refused("sleep 600"), RefusalCode::ToolStalled);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn endless_output_ends() {
    assert_eq!(refused("cat /dev/zero"), RefusalCode::ToolOutput);
}

#[test]
fn a_crash_is_told_from_an_end() {
    assert_eq!(refused("kill -SEGV $$"), RefusalCode::ToolCrashed);
}

#[test]
fn processes_are_counted() {
    let line = "python3 -c 'import os,time\nn=0\ntry:\n  while n<500:\n    if os.fork()==0: time.sleep(9); os._exit(0)\n    n+=1\nexcept BlockingIOError: pass\nprint(n)'";
    let count: u32 = said(line).parse().unwrap();
    assert!((10..100).contains(&count), "{count}");
}

#[test]
fn a_source_that_fails_is_the_sources_fault() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the age file was changed"))
        }
    }
    impl std::io::Seek for Broken {
        fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
            Ok(100)
        }
    }
    assert!(matches!(
        workshop().scrub(&mut Broken),
        Err(MediaError::Source(_))
    ));
    assert!(
        matches!(workshop().scrub(&mut Cursor::new(Vec::new())), Err(MediaError::Refused(refusal)) if refusal.code == RefusalCode::Empty)
    );
}
