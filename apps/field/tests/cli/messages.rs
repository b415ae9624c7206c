//! Words both ways: `say`, `receive`, `read`.

use std::io::Write;
use std::process::Stdio;

use crate::stage::{Newsroom, Stage, text};

const WORDS: &str = "Stay inside tomorrow.\nابقي في البيت";

#[test]
fn a_message_is_shown_once_and_then_gone() {
    let stage = Stage::set_up(3);
    let said = stage.json(&["say", "are you there?"]);
    assert_eq!(said["pieces"], 2, "contact and manifest, a cell each");
    let sent = stage.json(&["send", "--road", "loopback"]);
    assert_eq!(sent["cells_sent"], 2);
    let newsroom = Newsroom::read(&stage.log());
    assert_eq!(newsroom.manifest().note, "are you there?");
    newsroom.write(&stage, WORDS);
    let nothing = stage.run(&["read"]);
    assert!(text(&nothing.stdout).contains("No message waits"));
    assert_eq!(
        stage.json(&["receive", "--road", "loopback"])["messages"],
        1
    );
    assert_eq!(stage.json(&["status"])["messages"], 1);
    let status = text(&stage.run(&["status"]).stdout);
    assert!(status.contains("One message waits") && !status.contains("inside"));
    let shown = text(&stage.run(&["read"]).stdout);
    assert!(
        shown.contains(WORDS) && !shown.contains("may have seen"),
        "{shown}"
    );
    assert_eq!(
        stage.json(&["read"])["messages"].as_array().unwrap().len(),
        0
    );
    assert_eq!(stage.json(&["status"])["messages"], 0);
}

#[test]
fn a_terminal_that_goes_away_costs_no_message() {
    let stage = Stage::set_up(3);
    stage.json(&["say", "hello"]);
    stage.json(&["send", "--road", "loopback"]);
    Newsroom::read(&stage.log()).write(&stage, WORDS);
    stage.json(&["receive", "--road", "loopback"]);
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = stage.command(&["read"]).stdout(full).output().unwrap();
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("They are kept"),
        "{}",
        text(&output.stderr)
    );
    let shown = text(&stage.run(&["read"]).stdout);
    assert!(
        shown.contains(WORDS) && shown.contains("may have seen"),
        "{shown}"
    );
}

#[test]
fn words_come_from_standard_input_too() {
    let stage = Stage::set_up(3);
    let mut command = stage.command(&["say", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(WORDS.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
    stage.json(&["send", "--road", "loopback"]);
    assert_eq!(Newsroom::read(&stage.log()).manifest().note, WORDS);
}

#[test]
fn whoever_can_hardly_be_answered_is_told() {
    let stage = Stage::set_up(3);
    let status = stage.run(&["status"]);
    assert!(text(&status.stderr).contains("can hardly answer"));
    stage.json(&["say", "a few words"]);
    let status = stage.run(&["status"]);
    assert!(!text(&status.stderr).contains("can hardly answer"));
    assert_eq!(stage.json(&["status"])["replies_left"], 8);
}
