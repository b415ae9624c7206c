//! The reporter inside: imports her kit, seals what she filmed, sends it, reads the newsroom's receipts.

use crate::newsroom::Newsroom;
use crate::programs::Programs;
use crate::report::{Flow, Report};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

const NOTE: &str = "Filmed from a roof this morning. Do not show the minaret on the left. \
                    صُوِّر من سطح هذا الصباح.";
const PASSPHRASE: &str = "quiet river stone lantern copper meadow velvet anchor";
/// The same words with the first two exchanged: opens the same vault, and marks what is sealed as forced.
const MARKED: &str = "river quiet stone lantern copper meadow velvet anchor";
/// What the newsroom calls her.
pub(crate) const PSEUDONYM: &str = "swallow-of-barada";
/// How often she asks the drop before something is wrong; once a second, as the desk looks and writes on its own ticks.
const ASKED: u32 = 90;

/// Her device: a vault and a passphrase.
pub(crate) struct Reporter<'a> {
    programs: &'a Programs,
    vault: PathBuf,
    passphrase: PathBuf,
}

impl<'a> Reporter<'a> {
    /// A custodian-made kit is imported on her device.
    pub(crate) fn equip(
        programs: &'a Programs,
        newsroom: &Newsroom<'_>,
        inputs: &[PathBuf],
        report: &mut Report,
    ) -> Result<Self> {
        let reporter = Self {
            programs,
            vault: programs.path("vault"),
            passphrase: programs.path("reporter.passphrase"),
        };
        std::fs::write(&reporter.passphrase, format!("{PASSPHRASE}\n"))?;
        report.station("kit", || {
            let kit = newsroom.kit(PSEUDONYM)?;
            let bytes = kit.metadata()?.len();
            let size = vault_size(inputs)?.to_string();
            let mut init = reporter.command("init");
            programs.run(init.arg("--kit").arg(&kit).args(["--size", &size]))?;
            // What the device does not need any more must not lie about.
            anyhow::ensure!(!kit.exists(), "the kit outlived its import");
            let flow = Flow {
                input: "2 custodians".into(),
                out: "1 kit, imported".into(),
                bytes,
            };
            Ok(((), flow))
        })?;
        Ok(reporter)
    }

    /// The same device, opened with the words that mark what is sealed as forced.
    pub(crate) fn under_force(&self) -> Result<Self> {
        let forced = Self {
            programs: self.programs,
            vault: self.vault.clone(),
            passphrase: self.programs.path("forced.passphrase"),
        };
        std::fs::write(&forced.passphrase, format!("{MARKED}\n"))?;
        Ok(forced)
    }

    /// One command of hers, whose answer is an object.
    pub(crate) fn act(&self, verb: &str, args: &[&str]) -> Result<Value> {
        self.programs
            .run_json(self.command(verb).args(args).arg("--json"))
    }

    /// The same over the one road that this demo has.
    pub(crate) fn act_on_line(&self, verb: &str) -> Result<Value> {
        self.act(verb, &["--road", "loopback"])
    }

    /// Asks her mailboxes until what came is enough; it is asked of each answer.
    pub(crate) fn receive_until(
        &self,
        what: &str,
        mut enough: impl FnMut(&Value) -> Result<bool>,
    ) -> Result<()> {
        for _ in 0..ASKED {
            if enough(&self.act_on_line("receive")?)? {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        anyhow::bail!("asked {ASKED} times in vain: {what}")
    }

    /// Sealed pieces lying on her device.
    fn pieces_here(&self) -> Result<u64> {
        let said = self.act("status", &[])?;
        let dispatches = said["dispatches"]
            .as_array()
            .context("fh-field lists dispatches")?;
        let mut here = 0;
        for one in dispatches {
            here += number(one, "pieces")? - number(one, "received")?;
        }
        Ok(here)
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = self.programs.command("fh-field");
        command.arg("--vault").arg(&self.vault).arg(verb);
        command.arg("--passphrase-file").arg(&self.passphrase);
        command
    }

    /// One dispatch with all files and a note.
    pub(crate) fn seal(&self, inputs: &[PathBuf], report: &mut Report) -> Result<()> {
        report.station("seal", || {
            let said = self.programs.run_json(
                self.command("add")
                    .args(inputs)
                    .args(["--note", NOTE, "--json"]),
            )?;
            let flow = Flow {
                input: format!(
                    "{} files, {} bytes",
                    number(&said, "items")?,
                    number(&said, "bytes_in")?
                ),
                out: format!("{} sealed pieces", number(&said, "pieces")?),
                bytes: number(&said, "bytes_sealed")?,
            };
            Ok(((), flow))
        })
    }

    /// Over loopback to the one drop of the kit.
    pub(crate) fn send(&self, newsroom: &Newsroom<'_>, report: &mut Report) -> Result<()> {
        let before = self.pieces_here()?;
        let sent = report.station("send", || {
            let said = self.act_on_line("send")?;
            let cells = number(&said, "cells_sent")?;
            let flow = Flow {
                input: format!("{before} sealed pieces"),
                out: format!(
                    "{cells} cells, {} sent again",
                    number(&said, "cells_resent")?
                ),
                bytes: number(&said, "bytes")?,
            };
            Ok((cells, flow))
        })?;
        report.station("drop", || {
            let stored = newsroom.drop_cells()?;
            anyhow::ensure!(
                stored >= sent,
                "the drop holds {stored} cells of {sent} acknowledged"
            );
            let flow = Flow {
                input: format!("{sent} cells"),
                out: format!("{stored} cells on the disk"),
                bytes: stored * 65_536,
            };
            Ok(((), flow))
        })
    }

    /// Polls her mailboxes until everything is acknowledged; then the device has forgotten it.
    pub(crate) fn read_receipts(&self, report: &mut Report) -> Result<()> {
        report.station("receipt", || {
            let (mut receipts, mut forgotten) = (0, 0);
            self.receive_until("receipts for everything", |said| {
                receipts += number(said, "receipts")?;
                forgotten += number(said, "forgotten")?;
                Ok(forgotten > 0 && self.pieces_here()? == 0)
            })?;
            let flow = Flow {
                input: format!("{receipts} receipts"),
                out: format!("{forgotten} pieces forgotten, 0 left on the device"),
                bytes: 0,
            };
            Ok(((), flow))
        })
    }
}

/// The smallest vault that is offered and holds these files with room to spare.
fn vault_size(inputs: &[PathBuf]) -> Result<u64> {
    const SIZES: [u64; 6] = [64 << 20, 256 << 20, 1 << 30, 4 << 30, 16 << 30, 64 << 30];
    let mut total = 0;
    for input in inputs {
        total += input.metadata()?.len();
    }
    let fits = |size: &u64| *size > total + total / 8 + (16 << 20);
    let size = SIZES.into_iter().find(fits);
    size.context("the inputs are larger than any vault")
}

pub(crate) fn number(said: &Value, key: &str) -> Result<u64> {
    said[key]
        .as_u64()
        .with_context(|| format!("fh-field did not say `{key}`: {said}"))
}
