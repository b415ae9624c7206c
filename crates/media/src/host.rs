//! The workshop's side of one job: start a sandbox, answer its questions, gather what it hands out, end it.

use std::{
    io::{self, Read, SeekFrom, Write},
    os::unix::{net::UnixStream, process::ExitStatusExt},
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

use crate::{
    MediaError, Output, Refusal, RefusalCode, Source, WorkshopError,
    finding::clean,
    sandbox::Sandbox,
    scratch::{Scratch, ScratchWriter},
    talk::{self, Answer, Facts, OUTPUTS, Order, Say},
};

/// What a job brought.
pub(crate) struct Finished {
    pub(crate) facts: Facts,
    outputs: Vec<Option<Output>>,
}

impl Finished {
    /// Output `number`, which the task must have made.
    pub(crate) fn take(&mut self, number: usize) -> Result<Output, WorkshopError> {
        let output = self.outputs.get_mut(number).and_then(Option::take);
        output.ok_or_else(|| WorkshopError::Protocol(format!("output {number} is missing")))
    }

    /// All outputs from `number` on.
    pub(crate) fn rest(&mut self, number: usize) -> Vec<Output> {
        self.outputs
            .drain(number.min(self.outputs.len())..)
            .flatten()
            .collect()
    }
}

/// Runs one job to its end.
pub(crate) fn run(
    sandbox: &Sandbox,
    scratch: &Scratch,
    order: &Order,
    source: &mut dyn Source,
) -> Result<Finished, MediaError> {
    let (ours, theirs) = UnixStream::pair().map_err(WorkshopError::NoSandbox)?;
    let child = sandbox.start(&order.limits, theirs)?;
    let mut session = Session {
        child: Ended(child),
        talk: Patient {
            stream: ours,
            stall: order.limits.stall,
            deadline: deadline(order),
        },
        outputs: Vec::new(),
        scratch,
        order,
        handed_out: 0,
        said_hello: false,
    };
    session.run(source)
}

/// A worker that keeps asking for ranges looks busy, so there is an end to it whatever it says. Twice the processor time,
/// because two processes may take turns, plus the patience of a stall.
fn deadline(order: &Order) -> Instant {
    Instant::now() + order.limits.stall + Duration::from_secs(order.cpu_seconds.saturating_mul(2))
}

struct Session<'a> {
    child: Ended,
    talk: Patient,
    outputs: Vec<Option<ScratchWriter>>,
    scratch: &'a Scratch,
    order: &'a Order,
    handed_out: u64,
    said_hello: bool,
}

impl Session<'_> {
    fn run(&mut self, source: &mut dyn Source) -> Result<Finished, MediaError> {
        let order = serde_json::to_vec(self.order)
            .map_err(|error| WorkshopError::Protocol(error.to_string()))?;
        if let Err(error) = talk::send(&mut self.talk, b'J', &[&order]) {
            return Err(self.lost(&error));
        }
        let mut payload = Zeroizing::new(Vec::new());
        loop {
            let tag = match talk::receive(&mut self.talk, &mut payload) {
                Ok(tag) => tag,
                Err(error) => return Err(self.lost(&error)),
            };
            match Say::from_byte(tag) {
                Some(Say::Hello) => self.said_hello = true,
                Some(Say::Range) => self.range(&payload, source)?,
                Some(Say::Output) => self.output(&payload)?,
                Some(Say::Answer) => return self.answer(&payload),
                None => return Err(WorkshopError::Protocol(format!("unknown frame {tag}")).into()),
            }
        }
    }

    fn range(&mut self, payload: &[u8], source: &mut dyn Source) -> Result<(), MediaError> {
        let asked = payload.first_chunk::<12>().filter(|_| payload.len() == 12);
        let asked = asked.ok_or_else(|| WorkshopError::Protocol("a bad range".into()))?;
        let (offset, length) = asked.split_at(8);
        let offset = offset
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let length = length
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let length = length
            .min(talk::FRAME as u64)
            .min(self.order.length.saturating_sub(offset));
        let mut bytes = Zeroizing::new(vec![0_u8; usize::try_from(length).unwrap_or_default()]);
        source
            .seek(SeekFrom::Start(offset))
            .map_err(MediaError::Source)?;
        source.read_exact(&mut bytes).map_err(MediaError::Source)?;
        match talk::send(&mut self.talk, b'B', &[&bytes]) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.lost(&error)),
        }
    }

    fn output(&mut self, payload: &[u8]) -> Result<(), MediaError> {
        let (number, bytes) = payload
            .split_first()
            .ok_or_else(|| WorkshopError::Protocol("an empty output".into()))?;
        let number = usize::from(*number);
        if number >= OUTPUTS {
            return Err(WorkshopError::Protocol(format!("output {number}")).into());
        }
        self.handed_out += bytes.len() as u64;
        if self.handed_out > self.order.limits.output {
            let detail = format!("more than {} bytes", self.order.limits.output);
            return Err(Refusal::new(RefusalCode::ToolOutput, detail).into());
        }
        if self.outputs.len() <= number {
            self.outputs.resize_with(number + 1, || None);
        }
        let slot = &mut self.outputs[number];
        if slot.is_none() {
            *slot = Some(self.scratch.create().map_err(WorkshopError::Scratch)?);
        }
        match slot {
            Some(writer) => Ok(writer.write_all(bytes).map_err(WorkshopError::Scratch)?),
            None => Ok(()),
        }
    }

    fn answer(&mut self, payload: &[u8]) -> Result<Finished, MediaError> {
        let answer: Answer = serde_json::from_slice(payload)
            .map_err(|error| WorkshopError::Protocol(error.to_string()))?;
        let mut facts = match answer {
            Answer::Done(facts) => facts,
            Answer::Refused(refusal) => {
                return Err(Refusal::new(refusal.code, clean(&refusal.detail)).into());
            }
            Answer::NoTool(tool) => return Err(WorkshopError::NoTool(clean(&tool)).into()),
        };
        for finding in &mut facts.findings {
            *finding = crate::Finding::new(finding.code, &finding.place, &finding.value);
        }
        for text in facts
            .streams
            .iter_mut()
            .chain(&mut facts.tools)
            .chain(&mut facts.steps)
        {
            *text = clean(text);
        }
        let outputs = std::mem::take(&mut self.outputs).into_iter();
        let outputs: io::Result<Vec<_>> = outputs
            .map(|writer| writer.map(ScratchWriter::finish).transpose())
            .collect();
        Ok(Finished {
            facts,
            outputs: outputs.map_err(WorkshopError::Scratch)?,
        })
    }

    /// The worker went silent or away: says why.
    fn lost(&mut self, error: &io::Error) -> MediaError {
        let timed_out = matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
        );
        let (status, words) = self.child.end();
        if !self.said_hello {
            let why = if timed_out {
                "it did not start in time".to_owned()
            } else {
                words
            };
            return WorkshopError::SandboxFailed(why).into();
        }
        if timed_out {
            return Refusal::new(RefusalCode::ToolStalled, "the sandbox made no progress").into();
        }
        if error.kind() == io::ErrorKind::InvalidData {
            return WorkshopError::Protocol(error.to_string()).into();
        }
        let code = if words.contains("memory allocation of") {
            RefusalCode::ToolMemory
        } else {
            code_of(status)
        };
        Refusal::new(
            code,
            format!("the sandbox ended early ({})", worded(status)),
        )
        .into()
    }
}

fn code_of(status: Option<ExitStatus>) -> RefusalCode {
    // bubblewrap reports its child's signal as 128 + number; 24 is SIGXCPU, 9 SIGKILL (the hard processor limit, or the
    // system's own shortage of memory).
    let signal = status.and_then(|status| {
        status
            .signal()
            .or_else(|| status.code().map(|code| code - 128))
    });
    match signal {
        Some(24) => RefusalCode::ToolStalled,
        Some(9) => RefusalCode::ToolMemory,
        _ => RefusalCode::ToolCrashed,
    }
}

fn worded(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "no status".to_owned(), |status| status.to_string())
}

/// A child that is always ended and reaped.
struct Ended(Child);

impl Ended {
    fn end(&mut self) -> (Option<ExitStatus>, String) {
        // A worker that went away by itself gets a moment to leave its status; one that hangs is killed.
        let patience = Instant::now() + Duration::from_millis(500);
        let mut status = None;
        while status.is_none() && Instant::now() < patience {
            status = self.0.try_wait().ok().flatten();
            if status.is_none() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = self.0.kill();
        let status = status.or_else(|| self.0.wait().ok());
        let mut words = Vec::new();
        if let Some(stderr) = self.0.stderr.take() {
            let _ = stderr.take(4096).read_to_end(&mut words);
        }
        (status, clean(&String::from_utf8_lossy(&words)))
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A socket that waits for the next byte no longer than a stall, and altogether not beyond the deadline.
struct Patient {
    stream: UnixStream,
    stall: Duration,
    deadline: Instant,
}

impl Patient {
    fn patience(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let patience = self.stall.min(left);
        if patience.is_zero() {
            Err(io::ErrorKind::TimedOut.into())
        } else {
            Ok(patience)
        }
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.patience()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.patience()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Bytes of a source.
pub(crate) fn length_of(source: &mut dyn Source) -> Result<u64, MediaError> {
    source.seek(SeekFrom::End(0)).map_err(MediaError::Source)
}
