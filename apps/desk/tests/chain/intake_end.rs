//! The end of an intake identity that nothing on its way can need: it is destroyed, and its wrap is nowhere any more.

use std::fs;
use std::process::{Command, Output};

use desk::config::{Database, DeskFolder};
use formats::Kit;
use openers::KeyringFile;
use serde_json::Value;

use crate::rekey_kills::Newsroom;
use crate::rekeying::nowhere;
use crate::world::DESK_EXE;

fn run(newsroom: &Newsroom, command: &[&str]) -> Output {
    let mut fh = Command::new(DESK_EXE);
    fh.args(["--lang", "en"]).args(command);
    fh.arg("--dir").arg(newsroom.path("desk"));
    if command[0] != "drop" {
        for name in ["Basim", "Dana"] {
            let value = format!("{name}={}", newsroom.path(name).display());
            fh.args(["--custodian-passphrase", &value]);
        }
    }
    fh.output().unwrap()
}

fn done(newsroom: &Newsroom, command: &[&str]) -> String {
    let done = run(newsroom, command);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {errors}");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn an_intake_identity_that_nothing_needs_is_destroyed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let newsroom = runtime.block_on(Newsroom::found(Database::Sqlcipher));
    let folder = DeskFolder::new(newsroom.path("desk"));
    let keyring = || KeyringFile::from_json(&fs::read(folder.keyring()).unwrap()).unwrap();
    assert_eq!(keyring().intake_epochs(), [1]);
    let before: Value = serde_json::from_slice(&fs::read(folder.keyring()).unwrap()).unwrap();
    let wrap = before["keys"].as_array().unwrap().iter();
    let wrap = wrap.clone().find(|key| key["name"] == "intake/1").unwrap();
    let sealed = wrap["sealed"].as_str().unwrap().to_owned();

    done(&newsroom, &["intake", "rotate"]);
    assert_eq!(keyring().intake_epochs(), [1, 2]);
    // A kit that was made since then was never sealed to the first.
    let token = newsroom.path("token");
    fs::write(&token, "7".repeat(64)).unwrap();
    let token = token.display().to_string();
    let url = "http://127.0.0.1:9";
    done(
        &newsroom,
        &["drop", "add", "--url", url, "--token-file", &token],
    );
    let out = newsroom.path("kit").display().to_string();
    done(&newsroom, &["kit", "new", "Jasmine", "--out", &out]);
    let kit = Kit::decode(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(kit.intake_epoch, 2);

    let said = done(&newsroom, &["intake", "destroy", "1"]);
    assert!(
        said.contains("destroyed") && said.contains("Backups"),
        "{said}"
    );
    assert_eq!(keyring().intake_epochs(), [2]);
    let bytes = hex::decode(&sealed).unwrap();
    nowhere(&[sealed.into_bytes(), bytes], folder.root());
    // What is left opens what the kit seals, and cannot be destroyed itself.
    let given = ["Amal", "Dana"].map(|name| (name, newsroom.passphrase(name)));
    let open = keyring().unlock(&given).unwrap();
    let (_, identity) = open.current_intake().unwrap();
    assert_eq!(identity.recipient(), kit.intake);
    for epoch in ["1", "2"] {
        assert!(
            !run(&newsroom, &["intake", "destroy", epoch])
                .status
                .success()
        );
    }
    assert_eq!(keyring().intake_epochs(), [2]);
    store::testing::connections_have_ended();
}
