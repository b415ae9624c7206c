//! The command line: what it makes, what it refuses, how it stops, and what it never says.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::running::{Place, Running, Session, cells, files, program};

fn run(command: &mut Command) -> (Output, String) {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output, said)
}

#[test]
fn a_token_is_made_once_and_for_its_owner_alone() {
    let place = Place::new();
    let file = place.path("desk-token");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let before = std::fs::read(&file).unwrap();
    let (output, said) = run(program().arg("token").arg("--out").arg(&file));
    assert!(!output.status.success());
    assert!(said.contains("cannot make a new file"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

/// A drop that was given the hash alone serves its desk, and its machine holds nothing that reads it.
#[test]
fn a_hash_serves_in_the_tokens_place() {
    let place = Place::new();
    let (token, hash) = (place.path("other-token"), place.path("other-hash"));
    let mut command = program();
    command.arg("token").arg("--out").arg(&token);
    let (output, said) = run(command.arg("--hash-out").arg(&hash));
    assert!(output.status.success(), "{said}");
    let digits = std::fs::read_to_string(&token).unwrap();
    let text = std::fs::read_to_string(&hash).unwrap();
    assert!(text.starts_with("sha256:") && !text.contains(digits.trim()));
    let mut command = program();
    command.arg("serve").arg("--dir").arg(place.path("drop"));
    command
        .args(["--listen", "127.0.0.1:0", "--desk-token-file"])
        .arg(&hash);
    let running = Running::spawn(&mut command);
    let desk = wire::DeskToken::from_hex(digits.trim().as_bytes()).unwrap();
    Session::new(1).register(&running.url, &desk);
}

#[test]
fn the_onion_configuration_is_printed_and_an_open_address_refused() {
    let config = |listen: &str| run(program().args(["onion-config", "--listen", listen]));
    let (output, _) = config("127.0.0.1:8080");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("HiddenServicePort 80 127.0.0.1:8080"),
        "{text}"
    );
    let (output, said) = config("0.0.0.0:8080");
    assert!(
        !output.status.success() && said.contains("loopback"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_is_said_in_words() {
    let place = Place::new();
    let serve = |listen: &str, token: &str| {
        let mut command = program();
        command.arg("serve").arg("--dir").arg(place.path("drop"));
        command
            .args(["--listen", listen])
            .arg("--desk-token-file")
            .arg(place.path(token));
        run(&mut command)
    };
    let (output, said) = serve("127.0.0.1:0", "nothing-here");
    assert!(
        !output.status.success() && said.contains("cannot read the desk token"),
        "{said}"
    );
    std::fs::write(place.path("short"), "abc").unwrap();
    let (output, said) = serve("127.0.0.1:0", "short");
    assert!(
        !output.status.success() && said.contains("fh-drop token --out"),
        "{said}"
    );
    let (output, said) = serve("somewhere", "desk-token");
    assert!(
        !output.status.success() && said.contains("--listen"),
        "{said}"
    );
    // One token for two desks: neither could be waited for.
    let mut twice = program();
    place.serve(&mut twice);
    let (output, said) = run(twice.arg("--desk-token-file").arg(place.path("desk-token")));
    assert!(
        !output.status.success() && said.contains("make one for each desk"),
        "{said}"
    );
    let running = Running::start(&place);
    let (output, said) = serve("127.0.0.1:0", "desk-token");
    assert!(
        !output.status.success() && said.contains("another drop is running"),
        "{said}"
    );
    drop(running);
}

#[test]
fn help_explains_every_option() {
    let (output, _) = run(program().args(["serve", "--help"]));
    let text = String::from_utf8(output.stdout).unwrap();
    for option in [
        "--dir",
        "--listen",
        "--desk-token-file",
        "--total-gib",
        "--session-gib",
        "--stall-seconds",
        "--checkpoint-seconds",
        "--checkpoint-cells",
        "--keep-days",
        "--log",
    ] {
        assert!(text.contains(option), "{option} is not in\n{text}");
    }
}

#[test]
fn it_stops_on_sigterm_and_goes_on_where_it_was() {
    let place = Place::new();
    let session = Session::new(1);
    let cells = cells(&mut ChaCha20Rng::seed_from_u64(1), 5);
    let mut running = Running::start(&place);
    session.register(&running.url, &place.desk);
    assert_eq!(session.upload(&running.url, &cells[..3]).unwrap(), 3);
    let process = running.child.id();
    assert_eq!(running.terminate(process), Some(0));
    let running = Running::start(&place);
    assert_eq!(session.missing(&running.url, &cells), [3, 4]);
}

#[test]
fn the_log_at_trace_says_nothing_about_clients() {
    let place = Place::new();
    let session = Session::new(1);
    let cells = cells(&mut ChaCha20Rng::seed_from_u64(77), 2);
    let mut command = program();
    place.serve(&mut command);
    let log = std::fs::File::create(place.path("log")).unwrap();
    let mut running = Running::spawn(
        command
            .args(["--log", "trace"])
            .env("RUST_LOG", "trace")
            .stderr(Stdio::from(log)),
    );
    session.register(&running.url, &place.desk);
    session.upload(&running.url, &cells).unwrap();
    session.missing(&running.url, &cells);
    session.log(&running.url, &place.desk);
    let wrong = Session::new(2).upload(&running.url, &cells);
    assert!(wrong.is_err());
    let process = running.child.id();
    assert_eq!(running.terminate(process), Some(0));
    let said = std::fs::read_to_string(place.path("log")).unwrap();
    assert!(said.contains("the log is open"), "{said}");
    let hash = wire::CellHash::of(&cells[0]).to_string();
    for secret in [
        session.token.expose_hex().as_str(),
        session.secret.expose_hex().as_str(),
        &session.token.hash().to_string(),
        place.desk.expose_hex().as_str(),
        &hash,
        "127.0.0.1",
        "/v1/",
    ] {
        assert!(!said.contains(secret), "the log says {secret}:\n{said}");
    }
    // Nor does any file but the desk's own hold a token or a secret in plain or in hexadecimal.
    for file in files(&place.path("drop")) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in [
            session.token.expose_bytes(),
            session.secret.expose_bytes(),
            place.desk.expose_bytes(),
        ] {
            assert!(
                !bytes.windows(32).any(|window| window == secret),
                "{}",
                file.display()
            );
        }
    }
}

#[test]
fn the_measurement_prints_its_figures() {
    let folder = tempfile::TempDir::new().unwrap();
    let (output, said) = run(program()
        .args(["bench", "--quick", "--json", "--dir"])
        .arg(folder.path()));
    assert!(output.status.success(), "{said}");
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = [
        "storing",
        "through HTTP",
        "fast client beside slow ones",
        "memory with slow clients",
    ];
    assert_eq!(figures.as_object().unwrap().len(), names.len());
    for name in names {
        let figure = &figures[name];
        assert!(
            figure["ours"].as_f64().unwrap() > 0.0 && figure["ratio"].as_f64().unwrap() > 0.0,
            "{name}"
        );
        assert!(
            figure["target"].is_string() && figure["ok"].is_boolean(),
            "{name}"
        );
    }
    // A hundred slow lines: this holds whatever else the machine does.
    assert_eq!(figures["memory with slow clients"]["ok"], true, "{figures}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "the measurement left something behind"
    );
}
