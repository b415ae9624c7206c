//! What the demo leaves: for each input what became of it, for each station what went in and came out.

use crate::outcome::say;
use anyhow::{Context, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// `report.json`.
#[derive(Serialize)]
pub(crate) struct Report {
    /// One entry per input file, in the order given.
    pub(crate) inputs: Vec<Input>,
    /// One entry per station, in the order of the data.
    stations: Vec<Station>,
    /// Why the chain stopped, when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<String>,
}

/// What became of one input.
#[derive(Serialize)]
pub(crate) struct Input {
    /// The file as it was named on the command line.
    pub(crate) input: PathBuf,
    /// What was published of it.
    pub(crate) published: Vec<Published>,
    /// Why it was refused, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
}

/// One published file with its proof, relative to the results' folder.
#[derive(Serialize)]
pub(crate) struct Published {
    /// The file.
    pub(crate) file: String,
    /// Its proof.
    pub(crate) proof: String,
}

/// What one station did.
#[derive(Serialize)]
pub(crate) struct Station {
    station: &'static str,
    #[serde(rename = "in")]
    input: String,
    out: String,
    bytes: u64,
    seconds: f64,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Report {
    /// Nothing has happened yet.
    pub(crate) fn new(inputs: &[PathBuf]) -> Self {
        let inputs = inputs
            .iter()
            .map(|input| Input {
                input: input.clone(),
                published: Vec::new(),
                refused: None,
            })
            .collect();
        Self {
            inputs,
            stations: Vec::new(),
            stopped: None,
        }
    }

    /// Runs one station and records what it says of itself.
    pub(crate) fn station<T>(
        &mut self,
        station: &'static str,
        work: impl FnOnce() -> Result<(T, Flow)>,
    ) -> Result<T> {
        let start = Instant::now();
        let result = work();
        let seconds = (start.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        let (value, flow, error) = match result {
            Ok((value, flow)) => (Ok(value), flow, None),
            Err(error) => {
                let words = format!("{error:#}");
                (Err(error), Flow::default(), Some(words))
            }
        };
        let entry = Station {
            station,
            input: flow.input,
            out: flow.out,
            bytes: flow.bytes,
            seconds,
            ok: error.is_none(),
            error,
        };
        say(&entry.line());
        self.stations.push(entry);
        value.with_context(|| format!("station `{station}`"))
    }

    /// Notes why the chain ended early.
    pub(crate) fn stopped(&mut self, error: &anyhow::Error) {
        self.stopped = Some(format!("{error:#}"));
    }

    /// Whether every station did its work and every input was either published or refused with a reason.
    pub(crate) fn all_well(&self) -> bool {
        let settled = |input: &Input| !input.published.is_empty() || input.refused.is_some();
        self.stopped.is_none()
            && self.stations.iter().all(|one| one.ok)
            && self.inputs.iter().all(settled)
    }

    /// Writes the report as JSON.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
    }

    /// Prints what became of each input.
    pub(crate) fn print(&self) {
        for one in &self.inputs {
            let name = one.input.display();
            match &one.refused {
                Some(reason) => say(&format!("  refused    {name}: {reason}")),
                None if one.published.is_empty() => say(&format!("  not published {name}")),
                None => {
                    for file in &one.published {
                        say(&format!(
                            "  published  {name} -> {} (proof {})",
                            file.file, file.proof
                        ));
                    }
                }
            }
        }
    }
}

/// What went into a station and what came out of it, in the station's own count.
#[derive(Default)]
pub(crate) struct Flow {
    /// In words.
    pub(crate) input: String,
    /// In words.
    pub(crate) out: String,
    /// Bytes that came out.
    pub(crate) bytes: u64,
}

impl Station {
    fn line(&self) -> String {
        let mark = if self.ok { "ok  " } else { "FAIL" };
        let tail = self
            .error
            .clone()
            .unwrap_or_else(|| format!("{} -> {}", self.input, self.out));
        format!(
            "{mark} {:<9} {:>8.2} s {:>12} bytes  {tail}",
            self.station, self.seconds, self.bytes
        )
    }
}
