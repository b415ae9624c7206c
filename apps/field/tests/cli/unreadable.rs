//! Input that cannot be read: every command that takes a file says so in words of the language asked for, fails, and changes
//! nothing.

use std::process::Output;

use crate::stage::{Stage, text, write_noise};

/// A name that is in no text, so that it is found where it is repeated.
const MISSING: &str = "no-such-file-7f3a";
const NOISE: &str = "noise-7f3a";
const FOLDER: &str = "folder-7f3a";

/// Commands that take a file, with this one.
fn commands(file: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["add", file],
        vec!["bulletin", file],
        vec!["read-card", file],
        vec!["pack", "--out", "packed", "--kit", file, "passphrase"],
        vec!["init", "--replace", "--vault", "another", "--kit", file],
        vec![
            "init",
            "--vault",
            "another",
            "--words",
            "--words-file",
            file,
            "--road",
            "loopback",
            "--drop",
            "http://127.0.0.1:9",
        ],
        vec!["send", "--road", "tls", "--pin", file],
    ]
}

fn run(stage: &Stage, lang: &str, arguments: &[&str]) -> Output {
    stage
        .command(arguments)
        .args(["--lang", lang])
        .output()
        .unwrap()
}

fn is_arabic(said: &str) -> bool {
    said.contains(|c| ('\u{621}'..='\u{64A}').contains(&c))
}

/// Says what is wrong in the language asked for, without a trace of the program's insides.
fn complains(stage: &Stage, lang: &str, arguments: &[&str]) {
    let output = run(stage, lang, arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert!(said.trim().len() > 15, "{arguments:?}: {said}");
    assert_eq!(is_arabic(&said), lang == "ar", "{arguments:?}: {said}");
    for inside in ["panicked", "src/", "Error {"] {
        assert!(!said.contains(inside), "{arguments:?}: {said}");
    }
}

#[test]
fn a_file_that_is_not_there_or_is_none_is_said_so_in_both_languages() {
    let stage = Stage::set_up(3);
    std::fs::create_dir(stage.path(FOLDER)).unwrap();
    let before = stage.json(&["status"]);
    for lang in ["en", "ar"] {
        for file in [MISSING, FOLDER] {
            for arguments in commands(file) {
                // A folder of cards is no card, but a folder is not something to add either.
                complains(&stage, lang, &arguments);
            }
        }
        complains(&stage, lang, &["import", MISSING]);
    }
    assert_eq!(stage.json(&["status"]), before);
    assert!(!stage.path("packed").exists() && !stage.path("another").exists());
}

#[test]
fn noise_in_place_of_a_kit_a_bulletin_or_a_certificate_is_refused_in_both_languages() {
    let stage = Stage::set_up(3);
    let before = stage.json(&["status"]);
    for length in [0, 100, 300_000] {
        write_noise(&stage.path(NOISE), 9, length);
        for lang in ["en", "ar"] {
            for arguments in commands(NOISE) {
                // Anything may be sealed, and a card may hold nothing for her.
                if !["add", "read-card"].contains(&arguments[0]) {
                    complains(&stage, lang, &arguments);
                }
            }
        }
    }
    assert_eq!(stage.json(&["status"]), before);
    assert!(!stage.path("packed").exists() && !stage.path("another").exists());
}

#[test]
fn a_vault_that_is_none_opens_nothing_and_is_left_as_it_is() {
    let stage = Stage::start(3);
    let verbs = [
        vec!["status"],
        vec!["read"],
        vec!["forget-declined"],
        vec!["say", "words"],
        vec!["set", "previews", "on"],
        vec!["send", "--road", "loopback"],
        vec!["receive", "--road", "loopback"],
    ];
    for length in [0, 100, 300_000] {
        let bytes = write_noise(&stage.path("vault"), 9, length);
        for lang in ["en", "ar"] {
            for arguments in &verbs {
                complains(&stage, lang, arguments);
            }
        }
        assert_eq!(
            std::fs::read(stage.path("vault")).unwrap(),
            bytes,
            "{length}"
        );
    }
}
