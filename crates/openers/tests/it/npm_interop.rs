//! npm's `age-encryption` and we open each other's hybrid files and agree on recipients.
//!
//! The package is installed by `cargo xtask test`; without it these tests fail and say so.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use keys::IntakeRecipient;
use openers::IntakeIdentity;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/age-npm");
    assert!(
        folder
            .join("node_modules/age-encryption/package.json")
            .exists(),
        "npm's age-encryption is not installed: run `cargo xtask test`, which sets it up"
    );
    folder
}

/// Sends one request to the other implementation.
fn ask(request: &Value) -> Value {
    let mut child = Command::new("node")
        .arg("interop.mjs")
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program `node` is missing: install Node 20 or later");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(request.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{} failed", request["action"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

/// Empty, small, one chunk exactly, and several chunks.
fn plaintexts() -> Vec<Vec<u8>> {
    let of = |length: usize| (0..=u8::MAX).cycle().take(length).collect();
    [0, 1000, 65_536, 200_001].map(of).to_vec()
}

#[test]
fn it_opens_what_we_seal() {
    let identity = IntakeIdentity::from_bytes([42; 32]);
    let spelt = identity.expose_text();
    let recipient = ask(&json!({"action": "recipient", "identity": &*spelt}));
    assert_eq!(recipient["recipient"], identity.recipient().to_string());
    for text in plaintexts() {
        let sealed = identity.recipient().seal(&text).unwrap();
        let file = BASE64.encode(&sealed);
        let opened = ask(&json!({"action": "open", "identity": &*spelt, "file": file}));
        assert_eq!(bytes(&opened["file"]), text);
    }
}

#[test]
fn we_open_what_it_seals() {
    let made = ask(&json!({"action": "generate"}));
    let identity: IntakeIdentity = made["identity"].as_str().unwrap().parse().unwrap();
    let recipient: IntakeRecipient = made["recipient"].as_str().unwrap().parse().unwrap();
    assert_eq!(identity.recipient(), recipient);
    for text in plaintexts() {
        let file = BASE64.encode(&text);
        let sealed = ask(&json!({
            "action": "seal", "recipient": recipient.to_string(), "file": file,
        }));
        assert_eq!(
            identity.open(&bytes(&sealed["file"])).unwrap().as_slice(),
            text
        );
    }
}
