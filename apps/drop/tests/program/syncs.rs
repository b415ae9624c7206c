//! Watched with strace: no answer leaves before what it says is stored has been synced.

use std::collections::HashSet;
use std::process::{Command, Stdio};

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::running::{Place, Running, Session, cells};

const CALLS: &str = "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync";

/// What a trace says, in order.
#[derive(Debug, PartialEq)]
enum Event {
    Wrote(String),
    Synced(String),
    Answered,
}

#[test]
fn no_answer_before_its_sync() {
    let place = Place::new();
    let trace = place.path("trace");
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-s", "512", "-e", CALLS, "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_fh-drop"));
    place.serve(&mut command);
    let mut running = Running::spawn(command.stderr(Stdio::null()));
    let mut random = ChaCha20Rng::seed_from_u64(1);
    let sizes = [1, 3, 64, 2];
    for number in 0..2 {
        let session = Session::new(number);
        session.register(&running.url, &place.desk);
        for count in sizes {
            let stored = session
                .upload(&running.url, &cells(&mut random, count))
                .unwrap();
            assert_eq!(stored, count);
        }
    }
    let strace = running.child.id();
    let children =
        std::fs::read_to_string(format!("/proc/{strace}/task/{strace}/children")).unwrap();
    let traced = children.trim().parse().expect("one process under strace");
    assert_eq!(running.terminate(traced), Some(0));

    let events = read(&std::fs::read_to_string(&trace).unwrap());
    let answers = events
        .iter()
        .filter(|event| **event == Event::Answered)
        .count();
    assert_eq!(answers, 2 * sizes.len());
    let (mut unsynced, mut synced) = (HashSet::new(), HashSet::new());
    for event in &events {
        match event {
            Event::Wrote(file) => {
                unsynced.insert(kind(file));
            }
            Event::Synced(file) => {
                unsynced.remove(kind(file));
                synced.insert(kind(file));
            }
            Event::Answered => {
                assert!(
                    unsynced.is_empty(),
                    "an answer left before {unsynced:?} was synced"
                );
                assert_eq!(
                    synced,
                    HashSet::from(["pack", "idx"]),
                    "an answer without its own syncs"
                );
                synced.clear();
            }
        }
    }
}

fn kind(file: &str) -> &str {
    file.rsplit('.').next().unwrap()
}

/// Reads a trace. A sync counts when it returns, a write when it begins.
fn read(trace: &str) -> Vec<Event> {
    let mut events = Vec::new();
    // Syncs under way, by thread.
    let mut syncing: Vec<(&str, String)> = Vec::new();
    for line in trace.lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        let file = call
            .split(['<', '>'])
            .nth(1)
            .filter(|file| file.ends_with(".pack") || file.ends_with(".idx"));
        if call.starts_with("<... f") && call.contains("sync resumed") {
            let place = syncing.iter().position(|(waiting, _)| *waiting == thread);
            if let Some((_, file)) = place.map(|place| syncing.remove(place)) {
                assert!(call.ends_with("= 0"), "{line}");
                events.push(Event::Synced(file));
            }
        } else if call.starts_with("fsync") || call.starts_with("fdatasync") {
            let Some(file) = file else { continue };
            if call.ends_with("<unfinished ...>") {
                syncing.push((thread, file.to_owned()));
            } else {
                assert!(call.ends_with("= 0"), "{line}");
                events.push(Event::Synced(file.to_owned()));
            }
        } else if let Some(file) = file {
            events.push(Event::Wrote(file.to_owned()));
        } else if call.contains(r#"{\"stored\":"#) {
            events.push(Event::Answered);
        }
    }
    events
}

#[test]
fn the_reader_of_traces_sees_an_early_answer() {
    let early = r#"7 writev(4</d/packs/0.pack>, [...], 2) = 5
7 fdatasync(4</d/packs/0.pack> <unfinished ...>
8 sendto(9<socket:[1]>, "HTTP/1.1 200 OK{\"stored\":1}", 9, 0, NULL, 0) = 9
7 <... fdatasync resumed>) = 0"#;
    let wrote = Event::Wrote("/d/packs/0.pack".to_owned());
    let synced = Event::Synced("/d/packs/0.pack".to_owned());
    assert_eq!(read(early), [wrote, Event::Answered, synced]);
}
