//! A newsroom with a reporter's kit, made the ordinary way, for benches that need one.

use super::program;
use crate::shell::must;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Custodians whose passphrases unlock it.
const UNLOCKING: [&str; 2] = ["a", "b"];

/// Where the parts lie.
pub(super) struct Newsroom {
    /// The desk's folder.
    pub(super) desk: PathBuf,
    /// A reporter's kit.
    pub(super) kit: PathBuf,
    secrets: PathBuf,
}

impl Newsroom {
    /// Founds one in a folder.
    pub(super) fn found(dir: &Path) -> Result<Self> {
        let one = Self {
            desk: dir.join("desk"),
            kit: dir.join("kit"),
            secrets: dir.join("secrets"),
        };
        one.init()?;
        one.add_drop(&dir.join("drop.token"))?;
        one.make_kit()?;
        Ok(one)
    }

    fn init(&self) -> Result<()> {
        must(
            Command::new(program("fh-desk"))
                .args(["init", "--organisation", "Bench", "--threshold", "2"])
                .args(["--custodian", "a", "--custodian", "b", "--custodian", "c"])
                .args(["--editor", "e:editor", "--editor", "s:safety"])
                .arg("--dir")
                .arg(&self.desk)
                .arg("--passphrase-dir")
                .arg(&self.secrets)
                .stdout(Stdio::null()),
        )
    }

    /// A kit names a drop; nothing is ever sent to this one, and nobody needs to listen there.
    fn add_drop(&self, token: &Path) -> Result<()> {
        must(
            Command::new(program("fh-drop"))
                .args(["token", "--out"])
                .arg(token)
                .stdout(Stdio::null()),
        )?;
        must(
            Command::new(program("fh-desk"))
                .args(["drop", "add", "--url", "http://127.0.0.1:9"])
                .arg("--dir")
                .arg(&self.desk)
                .arg("--token-file")
                .arg(token)
                .stdout(Stdio::null()),
        )
    }

    fn make_kit(&self) -> Result<()> {
        let mut making = Command::new(program("fh-desk"));
        making.args(["kit", "new", "bench"]).arg("--dir");
        making.arg(&self.desk).arg("--out").arg(&self.kit);
        for custodian in self.custodians() {
            making.args(["--custodian-passphrase", &custodian]);
        }
        must(making.stdout(Stdio::null()))
    }

    /// `NAME=FILE` of each custodian whom unlocking needs.
    pub(super) fn custodians(&self) -> [String; 2] {
        UNLOCKING.map(|name| {
            let file = self.secrets.join(format!("{name}.passphrase"));
            format!("{name}={}", file.display())
        })
    }
}
