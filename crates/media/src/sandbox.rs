//! The outer wall: bubblewrap. (The inner one, Landlock and resource limits, the worker puts up itself before it reads a byte.)
//!
//! Inside there is no network, no other process, no home; the system is read-only, `/tmp` is private memory of a fixed size,
//! the environment is empty. Run by root, the whole sandbox runs as nobody, so that limits on processes count and an escape
//! lands on an account that owns nothing.

use std::{
    fs::{self, Permissions},
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt, net::UnixStream},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::{Limits, WorkshopError, worker};

/// Where the worker program appears inside.
const WORKER_INSIDE: &str = "/fh/worker";
const NOBODY: &str = "65534";

/// Starts workers inside walls.
pub(crate) struct Sandbox {
    worker: PathBuf,
    as_root: bool,
    /// Holds the copy of the worker that nobody may read, when root runs us.
    _copy: Option<TempDir>,
}

impl Sandbox {
    /// Finds the worker; when root runs us and nobody could not start it where it lies, makes a copy that can be started.
    pub(crate) fn new(worker: Option<PathBuf>, folder: &Path) -> Result<Self, WorkshopError> {
        let worker = worker
            .or_else(worker::locate)
            .ok_or(WorkshopError::NoWorker)?;
        let as_root = rustix::process::geteuid().is_root();
        if !as_root || reachable_by_all(&worker) {
            return Ok(Self {
                worker,
                as_root,
                _copy: None,
            });
        }
        let copy = tempfile::Builder::new()
            .prefix("fh-worker")
            .tempdir_in(folder)
            .map_err(WorkshopError::Scratch)?;
        let path = copy.path().join("worker");
        let placed = fs::copy(&worker, &path)
            .and_then(|_| fs::set_permissions(&path, Permissions::from_mode(0o755)))
            .and_then(|()| fs::set_permissions(copy.path(), Permissions::from_mode(0o755)));
        placed.map_err(WorkshopError::Scratch)?;
        Ok(Self {
            worker: path,
            as_root: true,
            _copy: Some(copy),
        })
    }

    /// Starts a worker; its standard input is the other end of `talk`.
    pub(crate) fn start(&self, limits: &Limits, talk: UnixStream) -> Result<Child, WorkshopError> {
        let mut command = self.command();
        walls(&mut command, limits);
        command
            .arg("--ro-bind")
            .arg(&self.worker)
            .arg(WORKER_INSIDE);
        command.args([
            "--remount-ro",
            "/",
            "--chdir",
            "/tmp",
            "--",
            WORKER_INSIDE,
            worker::ARGUMENT,
        ]);
        command.env_clear();
        command
            .stdin(Stdio::from(OwnedFd::from(talk)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command.spawn().map_err(WorkshopError::NoSandbox)
    }

    fn command(&self) -> Command {
        if !self.as_root {
            return Command::new("/usr/bin/bwrap");
        }
        let mut command = Command::new("/usr/bin/setpriv");
        command.args([
            "--reuid",
            NOBODY,
            "--regid",
            NOBODY,
            "--clear-groups",
            "--",
            "/usr/bin/bwrap",
        ]);
        command
    }
}

/// Whether any account may run the program: it and every folder above it are open to all.
fn reachable_by_all(program: &Path) -> bool {
    let open = |path: &Path, mode: u32| {
        fs::metadata(path).is_ok_and(|facts| facts.permissions().mode() & mode == mode)
    };
    fs::canonicalize(program).is_ok_and(|path| {
        open(&path, 0o005) && path.ancestors().skip(1).all(|folder| open(folder, 0o001))
    })
}

fn walls(command: &mut Command, limits: &Limits) {
    command.args([
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--die-with-parent",
        "--new-session",
    ]);
    command.args([
        "--uid",
        NOBODY,
        "--gid",
        NOBODY,
        "--hostname",
        "sealed",
        "--cap-drop",
        "ALL",
        "--clearenv",
    ]);
    for (name, value) in [
        ("PATH", "/usr/bin"),
        ("LC_ALL", "C.UTF-8"),
        ("HOME", "/home"),
        ("TMPDIR", "/tmp"),
        ("TZ", "UTC"),
    ] {
        command.args(["--setenv", name, value]);
    }
    command.args(["--ro-bind", "/usr", "/usr"]);
    for name in ["bin", "sbin", "lib", "lib32", "lib64"] {
        command.args(["--symlink", &format!("usr/{name}"), &format!("/{name}")]);
    }
    // Alternatives hold the linear algebra that ffmpeg links; fonts are for documents that embed none.
    for path in ["/etc/alternatives", "/etc/ld.so.cache", "/etc/fonts"] {
        command.args(["--ro-bind-try", path, path]);
    }
    command.args([
        "--dir",
        "/home",
        "--size",
        &limits.scratch.to_string(),
        "--tmpfs",
        "/tmp",
    ]);
    command.args(["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]);
}
