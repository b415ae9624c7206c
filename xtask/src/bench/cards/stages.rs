//! The stages: a newsroom, a vault, cards, and the measuring program for each.

use super::super::newsroom::Newsroom;
use super::super::program;
use crate::shell::{must, output};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(super) const CARDS: u16 = 8;
pub(super) const NEED: u16 = 5;
/// Words of the list; a bench's vault holds nothing.
const PASSPHRASE: &str = "quiet river stone lantern copper meadow\n";
const MIB: u64 = 1024 * 1024;

pub(super) struct Stages {
    dir: PathBuf,
    newsroom: Newsroom,
    /// Bytes of each card.
    size: u64,
}

impl Stages {
    /// A newsroom, and a vault and cards that hold so many MiB.
    pub(super) fn set_up(dir: &Path, mib: u64) -> Result<Self> {
        let newsroom = Newsroom::found(dir)?;
        fs::write(dir.join("passphrase"), PASSPHRASE)?;
        let (vault, card) = match mib {
            ..=200 => ("256M", 16),
            201..=1_100 => ("4G", 256),
            1_101..=4_000 => ("4G", 1_024),
            _ => ("16G", 4_096),
        };
        let stages = Self {
            dir: dir.to_owned(),
            newsroom,
            size: card * MIB,
        };
        let mut init = stages.field("init");
        init.arg("--kit").arg(&stages.newsroom.kit);
        init.args(["--keep-kit", "--no-duress", "--size", vault]);
        must(init.stdout(Stdio::null()).stderr(Stdio::null()))?;
        // As they are on a desk on which nothing has arrived yet.
        stages.copy("desk", "desk-new")?;
        Ok(stages)
    }

    fn field(&self, command: &str) -> Command {
        let mut field = Command::new(program("fh-field"));
        field
            .arg(command)
            .arg("--vault")
            .arg(self.dir.join("vault"));
        field
            .arg("--passphrase-file")
            .arg(self.dir.join("passphrase"));
        field
    }

    fn copy(&self, from: &str, to: &str) -> Result<()> {
        let _ = fs::remove_dir_all(self.dir.join(to));
        must(
            Command::new("cp")
                .arg("-a")
                .arg(self.dir.join(from))
                .arg(self.dir.join(to)),
        )
    }

    /// Seals a file into the vault.
    pub(super) fn add(&self, file: &Path) -> Result<()> {
        must(
            self.field("add")
                .arg(file)
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )
    }

    /// The folder of the cards.
    pub(super) fn cards(&self) -> PathBuf {
        self.dir.join("cards")
    }

    fn card(&self, number: u16) -> PathBuf {
        self.cards().join(number.to_string())
    }

    /// The measuring program, built beside the others.
    fn measure(what: &str) -> Command {
        let mut command = Command::new(program("examples").join("cards"));
        command.arg(what);
        command
    }

    pub(super) fn primitives(&self) -> Result<Value> {
        let pieces = if self.size < 100 * MIB { "2" } else { "8" };
        let mut command = Self::measure("primitives");
        command
            .arg("--dir")
            .arg(&self.dir)
            .args(["--pieces", pieces]);
        read(&mut command)
    }

    /// Spreads on new cards.
    pub(super) fn spread(&self) -> Result<Value> {
        let paths: Vec<PathBuf> = (0..CARDS).map(|number| self.card(number)).collect();
        let _ = fs::remove_dir_all(self.cards());
        fs::create_dir(self.cards())?;
        self.spread_on(NEED, &paths)
    }

    /// Spreads on these cards, of which so many restore everything.
    pub(super) fn spread_on(&self, need: u16, cards: &[PathBuf]) -> Result<Value> {
        let mut command = Self::measure("spread");
        command.arg("--vault").arg(self.dir.join("vault"));
        command
            .arg("--passphrase-file")
            .arg(self.dir.join("passphrase"));
        command.args([
            "--need",
            &need.to_string(),
            "--size",
            &self.size.to_string(),
        ]);
        let mut found = read(command.args(cards))?;
        found["written"] = json!(self.size * cards.len() as u64);
        Ok(found)
    }

    /// Gathers the last five cards, which hold the fewest source shards, at a desk on which nothing has arrived yet.
    pub(super) fn gather(&self) -> Result<Value> {
        let cards: Vec<PathBuf> = (CARDS - NEED..CARDS)
            .map(|number| self.card(number))
            .collect();
        self.gather_from(&cards)
    }

    pub(super) fn gather_from(&self, cards: &[PathBuf]) -> Result<Value> {
        self.copy("desk-new", "desk")?;
        let mut command = self.at_desk("gather");
        command
            .arg("--digests")
            .arg(self.dir.join("digests"))
            .args(cards);
        read(&mut command)
    }

    fn at_desk(&self, what: &str) -> Command {
        let mut command = Self::measure(what);
        command.arg("--desk").arg(&self.newsroom.desk);
        for custodian in self.newsroom.custodians() {
            command.args(["--custodian", &custodian]);
        }
        command
    }

    pub(super) fn subsets(&self) -> Result<Value> {
        let mut command = Self::measure("subsets");
        command.arg("--kit").arg(&self.newsroom.kit);
        command.arg("--digests").arg(self.dir.join("digests"));
        command.args(["--need", &NEED.to_string()]);
        read(command.args((0..CARDS).map(|number| self.card(number))))
    }

    pub(super) fn noise(&self, kits: u64, bytes: u64) -> Result<Value> {
        self.copy("desk-new", "desk")?;
        let mut command = self.at_desk("noise");
        command.args(["--kits", &kits.to_string(), "--bytes", &bytes.to_string()]);
        read(&mut command)
    }
}

fn read(command: &mut Command) -> Result<Value> {
    let text = output(command)?;
    serde_json::from_str(&text).context("reading what was measured")
}
