//! Starting the built programs: commands that end, and servers that say where they listen.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The longest a server may take to say that it listens.
const START: Duration = Duration::from_secs(60);

/// Where the programs are, and the folder in which the demo works.
pub(crate) struct Programs {
    bin: PathBuf,
    work: PathBuf,
}

impl Programs {
    /// Looks for all four programs at once, so that a missing one is named before anything starts.
    pub(crate) fn new(bin: &Path, work: &Path) -> Result<Self> {
        for name in ["fh-field", "fh-drop", "fh-desk", "fh-verify"] {
            if !bin.join(name).is_file() {
                bail!(
                    "{name} is not in {}; run `cargo build --workspace --bins`",
                    bin.display()
                );
            }
        }
        Ok(Self {
            bin: bin.to_path_buf(),
            work: work.to_path_buf(),
        })
    }

    /// A path in the working folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.work.join(name)
    }

    /// A program's command with English messages, whatever the machine speaks.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.env("FH_LANG", "en").stdin(Stdio::null());
        command
    }

    /// Starts a server whose first line is `listening URL`; its messages go to a file in the working folder.
    pub(crate) fn serve(&self, name: &str, command: &mut Command) -> Result<Server> {
        let log = self.path(&format!("{name}.log"));
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let stdout = child.stdout.take().context("the server's output")?;
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || listen(stdout, &tell));
        let Ok(url) = told.recv_timeout(START) else {
            let _ = child.kill();
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("{name} did not start: {}", tail(&said));
        };
        Ok(Server { child, url })
    }

    /// Runs a command to its end; what it printed on failure becomes the error.
    pub(crate) fn run(&self, command: &mut Command) -> Result<String> {
        let name = Path::new(command.get_program())
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let out = command
            .output()
            .with_context(|| format!("starting {name}"))?;
        let mut log = File::options()
            .create(true)
            .append(true)
            .open(self.path("commands.log"))?;
        log.write_all(&out.stderr)?;
        if !out.status.success() {
            let said = String::from_utf8_lossy(&out.stderr);
            bail!("{name} ended with {}: {}", out.status, tail(&said));
        }
        String::from_utf8(out.stdout)
            .with_context(|| format!("{name} printed bytes that are no text"))
    }

    /// Runs a command that prints one JSON object.
    pub(crate) fn run_json(&self, command: &mut Command) -> Result<Value> {
        let text = self.run(command)?;
        serde_json::from_str(text.trim())
            .with_context(|| format!("expected one JSON object, got: {}", tail(&text)))
    }
}

/// Reads on to the end, so that the server never blocks on a full pipe.
fn listen(stdout: impl Read, tell: &mpsc::Sender<String>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        if let Some(url) = line.strip_prefix("listening ") {
            let _ = tell.send(url.trim().to_owned());
        }
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

/// A running server, stopped when it goes out of use.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
