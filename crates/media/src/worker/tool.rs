//! Running one tool inside the sandbox, and saying in words how it ended.

use std::{
    io::{self, Read},
    os::unix::process::ExitStatusExt,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    thread::{self, JoinHandle},
};

use super::{Bench, Stop};
use crate::{RefusalCode, talk::Facts};

/// What a tool may say on its standard output when it is read whole.
const WORDS: u64 = 32 << 20;
/// What is kept of its complaints.
const COMPLAINTS: u64 = 16 << 10;

const SIGXCPU: i32 = 24;
const SIGXFSZ: i32 = 25;

/// A tool that is running; its standard output is read by the caller.
pub(super) struct Running {
    name: &'static str,
    child: Child,
    complaints: JoinHandle<Vec<u8>>,
    /// What it says.
    pub(super) output: ChildStdout,
}

/// How a tool ended.
pub(super) struct Ended {
    name: &'static str,
    status: ExitStatus,
    /// What it complained about.
    pub(super) complaints: String,
}

/// Starts a tool.
pub(super) fn start<S: AsRef<std::ffi::OsStr>>(
    name: &'static str,
    arguments: &[S],
) -> Result<Running, Stop> {
    let mut command = Command::new(name);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|_| Stop::NoTool(name.to_owned()))?;
    let (Some(output), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(Stop::Lost);
    };
    let complaints = thread::spawn(move || {
        let mut kept = Vec::new();
        let mut stderr = stderr;
        // Whatever is not kept is still read, or the tool would wait for ever to be heard.
        let _ = (&mut stderr).take(COMPLAINTS).read_to_end(&mut kept);
        let _ = io::copy(&mut stderr, &mut io::sink());
        kept
    });
    Ok(Running {
        name,
        child,
        complaints,
        output,
    })
}

impl Running {
    /// Waits for its end.
    pub(super) fn end(self) -> Result<Ended, Stop> {
        let Self {
            name,
            mut child,
            complaints,
            output,
        } = self;
        drop(output);
        let status = child.wait()?;
        let complaints = complaints.join().unwrap_or_default();
        Ok(Ended {
            name,
            status,
            complaints: String::from_utf8_lossy(&complaints).into_owned(),
        })
    }

    /// Stops it; what it made so far is enough.
    pub(super) fn stop(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Whether it ended well.
    pub(super) fn well(&self) -> bool {
        self.status.success()
    }

    /// Turns an end by a signal or for want of memory into a refusal; an ordinary failure stays for the caller to judge.
    pub(super) fn unless_killed(self) -> Result<Self, Stop> {
        let name = self.name;
        let memory = [
            "Cannot allocate memory",
            "Out of memory",
            "out of memory",
            "bad_alloc",
            "memory exhausted",
            "Memory allocation",
            "failed to map segment",
        ];
        match self.status.signal() {
            Some(SIGXCPU) => Err(Stop::refuse(
                RefusalCode::ToolStalled,
                format!("{name} used up its processor time"),
            )),
            Some(SIGXFSZ) => Err(Stop::refuse(
                RefusalCode::ToolOutput,
                format!("{name} wrote too much"),
            )),
            _ if !self.well() && memory.iter().any(|words| self.complaints.contains(words)) => Err(
                Stop::refuse(RefusalCode::ToolMemory, format!("{name} ran out of memory")),
            ),
            Some(9) => Err(Stop::refuse(
                RefusalCode::ToolMemory,
                format!("{name} was killed"),
            )),
            // ffmpeg catches the signal and ends tidily, with this code.
            None if name == "ffmpeg" && self.status.code() == Some(255) => Err(Stop::refuse(
                RefusalCode::ToolStalled,
                "ffmpeg used up its processor time",
            )),
            Some(signal) => Err(Stop::refuse(
                RefusalCode::ToolCrashed,
                format!("{name} died of signal {signal}"),
            )),
            None => Ok(self),
        }
    }

    /// Anything but a good end is a damaged file.
    pub(super) fn or_damaged(self) -> Result<Self, Stop> {
        let ended = self.unless_killed()?;
        if ended.well() {
            return Ok(ended);
        }
        Err(Stop::damaged(format!("{} could not read it", ended.name)))
    }
}

/// Runs a tool to its end and returns what it said.
pub(super) fn run<S: AsRef<std::ffi::OsStr>>(
    name: &'static str,
    arguments: &[S],
) -> Result<(Vec<u8>, Ended), Stop> {
    let mut running = start(name, arguments)?;
    let mut words = Vec::new();
    (&mut running.output)
        .take(WORDS + 1)
        .read_to_end(&mut words)?;
    if words.len() as u64 > WORDS {
        running.stop();
        return Err(Stop::refuse(
            RefusalCode::ToolOutput,
            format!("{name} said too much"),
        ));
    }
    Ok((words, running.end()?.unless_killed()?))
}

/// The first line a tool prints about its version.
pub(super) fn version(name: &'static str, argument: &str) -> String {
    let said = Command::new(name)
        .arg(argument)
        .stdin(Stdio::null())
        .output();
    let said = said
        .map(|output| [output.stdout, output.stderr].concat())
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&said);
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    let words = words.join(" ");
    if words.starts_with(name) {
        words
    } else {
        format!("{name} {words}")
    }
}

/// Runs a shell line and hands its standard output out; the walls are proved with it.
pub(super) fn shell(bench: &Bench, line: &str) -> Result<Facts, Stop> {
    let mut running = start("sh", &["-c", line])?;
    io::copy(&mut running.output, &mut bench.link.writer(0))?;
    let ended = running.end()?.unless_killed()?;
    let mut facts = Facts::default();
    facts.steps.push(ended.status.to_string());
    Ok(facts)
}
