//! The workshop: what the desk calls. Each call runs one or more jobs, each in a sandbox of its own.

use std::{
    io::{Read, Seek},
    path::PathBuf,
};

use rand_core::{CryptoRng, RngCore};

use crate::{
    Code, Finding, FindingCode, Kind, Limits, MediaError, Preview, Probe, Proxy, Refusal,
    RefusalCode, SNIFF_BYTES, ScrubReport, Scrubbed, Shape, Source, WorkshopError,
    host::{self, Finished},
    kind::sniff,
    sandbox::Sandbox,
    scratch::Scratch,
    talk::{Facts, Order, Task},
};

/// Settings of a [`Workshop`].
#[derive(Debug, Clone)]
pub struct WorkshopConfig {
    /// What one job may cost.
    pub limits: Limits,
    /// Where sealed scratch files live (any disk; what is written is noise). Default: the system's temporary folder.
    pub scratch_folder: PathBuf,
    /// The worker program; `None` finds it (see [`crate::worker`]).
    pub worker: Option<PathBuf>,
    /// Threads a video encoder uses; the output is the same bytes for the same number.
    pub threads: u32,
}

impl Default for WorkshopConfig {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            scratch_folder: std::env::temp_dir(),
            worker: None,
            threads: 2,
        }
    }
}

/// How often a film is encoded again because it turned out too large.
const TRIES: u32 = 3;

/// Examines, previews and scrubs hostile files. `Send + Sync`; every call blocks until its sandbox is done.
pub struct Workshop {
    config: WorkshopConfig,
    scratch: Scratch,
    sandbox: Sandbox,
}

impl Workshop {
    /// A workshop; `rng` makes the key of its scratch space.
    ///
    /// # Errors
    /// When the worker program or the sandbox is missing.
    pub fn new(
        config: WorkshopConfig,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, WorkshopError> {
        let scratch = Scratch::new(&config.scratch_folder, rng);
        let sandbox = Sandbox::new(config.worker.clone(), &config.scratch_folder)?;
        Ok(Self {
            config,
            scratch,
            sandbox,
        })
    }

    /// Looks at a file without changing it. A file that is unknown, broken, locked or that kills a tool is still an `Ok`:
    /// [`Probe::trouble`] and the findings say what happened.
    ///
    /// # Errors
    /// When the source cannot be read or this machine is at fault; never because of what is in the file.
    pub fn probe(&self, source: &mut dyn Source) -> Result<Probe, MediaError> {
        let bytes = host::length_of(source)?;
        let (kind, examined) = match self.kind_of(source) {
            Ok(kind) => (
                Some(kind),
                self.run(Task::Examine(kind), None, source)
                    .map(|finished| finished.facts),
            ),
            Err(error) => (None, Err(error)),
        };
        let (facts, trouble) = match examined {
            Ok(facts) => (facts, None),
            Err(MediaError::Refused(refusal)) => (harm(&refusal), Some(refusal)),
            Err(error) => return Err(error),
        };
        let Facts {
            width,
            height,
            duration_ms,
            pages,
            streams,
            findings,
            ..
        } = facts;
        Ok(Probe {
            kind,
            bytes,
            width,
            height,
            duration_ms,
            pages,
            streams,
            findings,
            trouble,
        })
    }

    /// Makes what an editor looks at.
    ///
    /// # Errors
    /// [`MediaError::Refused`] when the file cannot be shown; else as [`Workshop::probe`].
    pub fn preview(&self, source: &mut dyn Source) -> Result<Preview, MediaError> {
        let kind = self.kind_of(source)?;
        let lasts = self.length_in_time(kind, source)?;
        let mut made = self.run(Task::Preview(kind), lasts, source)?;
        let poster = made.take(0)?;
        let proxy = match kind.published_as() {
            Kind::Mp4 => Some((
                Kind::Mp4,
                self.run(Task::Mux, lasts, &mut made.take(1)?)?.take(0)?,
            )),
            Kind::Mp3 => Some((Kind::Mp3, made.take(1)?)),
            _ => None,
        };
        let proxy = proxy.map(|(kind, output)| Proxy {
            kind,
            mime: kind.mime(),
            output,
        });
        Ok(Preview {
            poster,
            proxy,
            pages: made.rest(2),
        })
    }

    /// Makes a new file with the same picture and sound and nothing else, and checks it in a fresh sandbox.
    ///
    /// # Errors
    /// [`MediaError::Refused`] when the file cannot be made safe; else as [`Workshop::probe`].
    pub fn scrub(&self, source: &mut dyn Source) -> Result<Scrubbed, MediaError> {
        self.scrub_with(source, None)
    }

    /// As [`Workshop::scrub`], and burns a short code into the corner of a picture or of each frame of a film. Sounds and
    /// documents carry none.
    ///
    /// # Errors
    /// As [`Workshop::scrub`].
    pub fn scrub_with(
        &self,
        source: &mut dyn Source,
        code: Option<&Code>,
    ) -> Result<Scrubbed, MediaError> {
        let kind = self.kind_of(source)?;
        let before = self.run(Task::Examine(kind), None, source)?.facts;
        let lasts = before.duration_ms;
        let task = Task::Scrub(kind, code.cloned());
        self.made_anew(task, kind, before, source)
            .map(|made| Scrubbed {
                // What plays as long as it did is not measured again.
                duration_ms: made.duration_ms.or(lasts),
                ..made
            })
    }

    /// Makes a smaller or a blurred one of a file that was scrubbed before, and checks it in a fresh sandbox: a JPEG of a
    /// picture, an MP4 of a film.
    ///
    /// # Errors
    /// [`MediaError::Refused`] when there is none that fits the shape; else as [`Workshop::probe`].
    pub fn vary(&self, source: &mut dyn Source, shape: &Shape) -> Result<Scrubbed, MediaError> {
        let kind = self.kind_of(source)?;
        let mut shape = shape.clone();
        let most = shape.bytes;
        let before = Facts {
            duration_ms: self.length_in_time(kind, source)?,
            ..Facts::default()
        };
        // What an encoder makes of grain and of water it does not know before: a film may turn out larger than it was told.
        for _ in 0..TRIES {
            let task = Task::Vary(kind, shape.clone());
            let made = self.made_anew(task, kind, before.clone(), source)?;
            if made.output.length() <= most {
                return Ok(made);
            }
            shape.bytes = shape.bytes / 4 * 3;
        }
        Err(Refusal::new(
            RefusalCode::TooLarge,
            format!("not to be made of at most {most} bytes"),
        )
        .into())
    }

    /// One file made of another, checked in a fresh sandbox.
    fn made_anew(
        &self,
        task: Task,
        kind: Kind,
        before: Facts,
        source: &mut dyn Source,
    ) -> Result<Scrubbed, MediaError> {
        let lasts = before.duration_ms;
        let published = match task {
            Task::Vary(Kind::Png, _) => Kind::Jpeg,
            _ => kind.published_as(),
        };
        let mut made = self.run(task, lasts, source)?;
        let mut facts = std::mem::take(&mut made.facts);
        let mut output = made.take(0)?;
        if kind.is_video() {
            let mut muxed = self.run(Task::Mux, lasts, &mut output)?;
            output = muxed.take(0)?;
            let Facts {
                width,
                height,
                duration_ms,
                steps,
                ..
            } = muxed.facts;
            (facts.width, facts.height, facts.duration_ms) = (width, height, duration_ms);
            facts.steps.extend(steps);
        }
        let after = self.run(Task::Check(published), lasts, &mut output)?.facts;
        let report = report(before, &facts, after)?;
        output.rewind().map_err(WorkshopError::Scratch)?;
        let Facts {
            width,
            height,
            duration_ms,
            ..
        } = facts;
        Ok(Scrubbed {
            kind: published,
            mime: published.mime(),
            output,
            width,
            height,
            duration_ms,
            report,
        })
    }

    /// Proves from inside a sandbox that its walls stand: no network, no writing outside, nothing of this machine's own files.
    /// A desk calls it when it starts.
    ///
    /// # Errors
    /// [`WorkshopError::OpenWall`] names the wall.
    pub fn self_check(&self) -> Result<(), WorkshopError> {
        const LINE: &str = "for d in /root /work /var /srv /home /tmp; do [ -z \"$(ls -A $d 2>/dev/null)\" ] || echo \"can read $d\"; done; \
            for d in / /usr /etc /dev /dev/shm /fh /home; do (: > $d/.w) 2>/dev/null && echo \"can write $d\"; done; \
            for n in /sys/class/net/*; do [ -e \"$n\" ] && echo \"sees $n\"; done; \
            grep -v -e lo: -e '|' /proc/net/dev | grep -q . && echo 'sees a network'; \
            [ \"$(env | grep -v -E '^(PATH|LC_ALL|HOME|TMPDIR|TZ|PWD|SHLVL|OLDPWD|_)=')\" ] && echo 'sees the environment'; \
            echo done";
        let words = self
            .shell(LINE, &mut std::io::empty())
            .map_err(|error| match error {
                MediaError::Workshop(error) => error,
                other => WorkshopError::SandboxFailed(other.to_string()),
            })?;
        let words = String::from_utf8_lossy(&words).into_owned();
        if words.trim() == "done" {
            Ok(())
        } else {
            Err(WorkshopError::OpenWall(words.trim().replace('\n', ", ")))
        }
    }

    /// Runs a shell line in a sandbox and returns what it said; the walls are proved with it.
    #[doc(hidden)]
    pub fn shell(&self, line: &str, source: &mut dyn Source) -> Result<Vec<u8>, MediaError> {
        let mut finished = self.run(Task::Shell(line.to_owned()), None, source)?;
        let Ok(mut output) = finished.take(0) else {
            return Ok(Vec::new());
        };
        Ok(output.to_vec(1 << 20).map_err(WorkshopError::Scratch)?)
    }

    fn kind_of(&self, source: &mut dyn Source) -> Result<Kind, MediaError> {
        source.rewind().map_err(MediaError::Source)?;
        let mut head = Vec::new();
        source
            .take(SNIFF_BYTES as u64)
            .read_to_end(&mut head)
            .map_err(MediaError::Source)?;
        if head.is_empty() {
            return Err(Refusal::new(RefusalCode::Empty, "0 bytes").into());
        }
        sniff(&head).ok_or_else(|| {
            Refusal::new(
                RefusalCode::UnknownKind,
                "its content is of no kind we know",
            )
            .into()
        })
    }

    /// How long a recording plays, so that the processor time it gets can follow.
    fn length_in_time(
        &self,
        kind: Kind,
        source: &mut dyn Source,
    ) -> Result<Option<u64>, MediaError> {
        if kind.is_still() || kind == Kind::Pdf {
            return Ok(None);
        }
        Ok(self
            .run(Task::Examine(kind), None, source)?
            .facts
            .duration_ms)
    }

    fn run(
        &self,
        task: Task,
        duration_ms: Option<u64>,
        source: &mut dyn Source,
    ) -> Result<Finished, MediaError> {
        let length = host::length_of(source)?;
        let limits = &self.config.limits;
        let media_seconds = duration_ms
            .unwrap_or_default()
            .div_ceil(1000)
            .min(limits.media_seconds);
        let cpu_seconds = limits.cpu_seconds + limits.cpu_per_media_second * media_seconds;
        let order = Order {
            task,
            length,
            limits: limits.clone(),
            cpu_seconds,
            threads: self.config.threads,
            duration_ms,
        };
        host::run(&self.sandbox, &self.scratch, &order, source)
    }
}

/// What a refusal says about a file, as findings: only harm done to tools is one.
fn harm(refusal: &Refusal) -> Facts {
    let harms = matches!(
        refusal.code,
        RefusalCode::ToolCrashed
            | RefusalCode::ToolStalled
            | RefusalCode::ToolMemory
            | RefusalCode::ToolOutput
    );
    let mut facts = Facts::default();
    if harms {
        facts.find(FindingCode::HarmsTools, "file", &refusal.to_string());
    }
    facts
}

/// Sorts what was found before and after into removed and left; refuses when something left could identify.
fn report(before: Facts, made: &Facts, after: Facts) -> Result<ScrubReport, Refusal> {
    if let Some(unsafe_left) = after
        .findings
        .iter()
        .find(|finding| !finding.code.may_stay())
    {
        let detail = format!("{} in {}", unsafe_left.code.key(), unsafe_left.place);
        return Err(Refusal::new(RefusalCode::UnsafeLeft, detail));
    }
    let mut removed: Vec<Finding> = before
        .findings
        .into_iter()
        .chain(made.findings.iter().cloned())
        .collect();
    removed.retain(|finding| !after.findings.contains(finding));
    removed.sort();
    removed.dedup();
    let mut tools: Vec<String> = Vec::new();
    for tool in before
        .tools
        .into_iter()
        .chain(made.tools.iter().cloned())
        .chain(after.tools)
    {
        if !tools.contains(&tool) {
            tools.push(tool);
        }
    }
    let steps = made.steps.iter().cloned().chain(after.steps).collect();
    Ok(ScrubReport {
        removed,
        left: after.findings,
        tools,
        steps,
    })
}
