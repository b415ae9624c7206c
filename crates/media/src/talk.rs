//! What the workshop and its sandboxed worker say to each other, over one socket pair that is the worker's standard input.
//!
//! The workshop sends one order. The worker says hello once its walls stand, asks for ranges of the source, hands out bytes
//! of numbered outputs, and ends with one answer. The worker reads hostile files, so everything it says is taken as hostile:
//! lengths are capped, the answer is strict JSON, and the answer's text is cut and made printable again.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::{Code, Finding, Kind, Limits, Refusal, Shape};

/// Most bytes of one frame's payload.
pub(crate) const FRAME: usize = 1 << 20;
/// Most outputs of one job: a poster, a proxy, pages.
pub(crate) const OUTPUTS: usize = 64;

/// Frames the worker sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    /// The walls stand; the job may begin.
    Hello,
    /// Wants a range: offset u64, length u32.
    Range,
    /// Bytes of an output: number u8, bytes.
    Output,
    /// The end: JSON [`Answer`].
    Answer,
}

impl Say {
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Hello => b'H',
            Self::Range => b'R',
            Self::Output => b'O',
            Self::Answer => b'A',
        }
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Hello, Self::Range, Self::Output, Self::Answer]
            .into_iter()
            .find(|say| say.byte() == byte)
    }
}

/// What is to be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Facts and findings.
    Examine(Kind),
    /// Poster (output 0), proxy (1) or pages (2..).
    Preview(Kind),
    /// The new file (output 0), with this code burnt in.
    Scrub(Kind, Option<Code>),
    /// The same in less bytes and pixels (output 0).
    Vary(Kind, Shape),
    /// Rewrites our own encoder's fragments as a plain MP4 (output 0).
    Mux,
    /// Looks at a scrubbed file as a stranger would.
    Check(Kind),
    /// Runs a shell line; proves the walls from inside. Its standard output is output 0.
    Shell(String),
}

/// The order the worker gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) task: Task,
    /// Bytes of the source.
    pub(crate) length: u64,
    pub(crate) limits: Limits,
    /// Processor seconds of each process.
    pub(crate) cpu_seconds: u64,
    pub(crate) threads: u32,
    /// Known from an earlier job.
    pub(crate) duration_ms: Option<u64>,
}

/// What a job learnt. One shape for all tasks; most fields stay empty in most.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Facts {
    pub(crate) width: Option<u32>,
    pub(crate) height: Option<u32>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) pages: Option<u32>,
    pub(crate) streams: Vec<String>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) tools: Vec<String>,
    pub(crate) steps: Vec<String>,
}

impl Facts {
    pub(crate) fn step(&mut self, step: &str) {
        if !self.steps.iter().any(|known| known == step) {
            self.steps.push(step.to_owned());
        }
    }

    pub(crate) fn find(&mut self, code: crate::FindingCode, place: &str, value: &str) {
        self.findings.push(Finding::new(code, place, value));
    }
}

/// How a job ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    Done(Facts),
    Refused(Refusal),
    /// A tool is not installed.
    NoTool(String),
}

/// Writes one frame.
pub(crate) fn send(to: &mut impl Write, tag: u8, parts: &[&[u8]]) -> io::Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let short = u32::try_from(length).ok().filter(|_| length <= FRAME);
    let Some(short) = short else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "frame too long",
        ));
    };
    let mut frame = Vec::with_capacity(5 + length);
    frame.push(tag);
    frame.extend_from_slice(&short.to_be_bytes());
    for part in parts {
        frame.extend_from_slice(part);
    }
    to.write_all(&frame)
}

/// Reads one frame.
pub(crate) fn receive(from: &mut impl Read, payload: &mut Vec<u8>) -> io::Result<u8> {
    let mut head = [0_u8; 5];
    from.read_exact(&mut head)?;
    let [tag, a, b, c, d] = head;
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if length > FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame too long"));
    }
    payload.clear();
    payload.resize(length, 0);
    from.read_exact(payload)?;
    Ok(tag)
}
