//! `forget-declined`: asked at a terminal, refused without one unless it was said beforehand.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::stage::{Newsroom, RECEIVE, SEND, Stage, text, write_noise};

/// A film that is held back, which the newsroom does not want.
fn declined() -> Stage {
    let stage = Stage::set_up(3);
    write_noise(&stage.path("film.mp4"), 3, 400_000);
    stage.json(&["add", "--preview", "film.mp4"]);
    stage.json(&SEND);
    Newsroom::read(&stage.log()).decline(&stage);
    assert_eq!(stage.json(&RECEIVE)["declined"], 1);
    stage
}

fn declined_here(stage: &Stage) -> u64 {
    let status = stage.json(&["status"]);
    status["dispatches"][0]["declined"].as_u64().unwrap()
}

/// Runs it at a terminal of its own, at which this is typed.
fn at_a_terminal(stage: &Stage, lang: &str, typed: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_fh-field");
    let line = format!(
        "{program} --vault vault --lang {lang} forget-declined --passphrase-file passphrase"
    );
    let mut command = std::process::Command::new("script");
    command.args(["-qec", &line, "/dev/null"]);
    command.current_dir(stage.folder.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("{typed}\n").as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn nothing_declined_goes_without_a_yes() {
    let stage = declined();
    assert_eq!(declined_here(&stage), 1);
    // Nobody sits there: it says what it would be, and how to agree.
    let output = stage
        .command(&["forget-declined"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(
        text(&output.stdout).contains("one piece"),
        "{}",
        text(&output.stdout)
    );
    assert!(
        text(&output.stderr).contains("say --yes"),
        "{}",
        text(&output.stderr)
    );
    let said: Value = stage.json(&["forget-declined"]);
    assert_eq!(
        (&said["pieces"], &said["forgotten"]),
        (&1.into(), &false.into())
    );
    assert_eq!(declined_here(&stage), 1);
    // At a terminal it asks, and everything but a yes is a no.
    for no in ["no", "", "y"] {
        let output = at_a_terminal(&stage, "en", no);
        let said = text(&output.stdout);
        assert!(
            said.contains("type \"yes\"") && said.contains("Nothing was forgotten"),
            "{said}"
        );
        assert_eq!(declined_here(&stage), 1, "{no:?}");
    }
    let output = at_a_terminal(&stage, "ar", "نعم");
    let said = text(&output.stdout);
    assert!(
        output.status.success() && said.contains("نُسيت قطعة واحدة"),
        "{said}"
    );
    assert_eq!(declined_here(&stage), 0);
}
