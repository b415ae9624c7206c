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
            let kit = newsroom.kit("swallow-of-barada")?;
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

    /// Sealed pieces lying on her device.
    fn pieces_here(&self) -> Result<u64> {
        let said = self
            .programs
            .run_json(self.command("status").arg("--json"))?;
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
            let said = self
                .programs
                .run_json(self.command("send").args(["--road", "loopback", "--json"]))?;
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
            let mut receipts = 0;
            let mut forgotten = 0;
            for _ in 0..60 {
                let said = self.programs.run_json(
                    self.command("receive")
                        .args(["--road", "loopback", "--json"]),
                )?;
                receipts += number(&said, "receipts")?;
                forgotten += number(&said, "forgotten")?;
                if forgotten > 0 && self.pieces_here()? == 0 {
                    break;
                }
                // The desk writes receipts on its own ticks; asking again is what a person would do.
                std::thread::sleep(std::time::Duration::from_secs(1));
            }
            let left = self.pieces_here()?;
            anyhow::ensure!(
                left == 0,
                "{left} pieces are still on the device after {receipts} receipts"
            );
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

fn number(said: &Value, key: &str) -> Result<u64> {
    said[key]
        .as_u64()
        .with_context(|| format!("fh-field did not say `{key}`: {said}"))
}
