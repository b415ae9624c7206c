//! Starts `fh-drop serve` and talks to it as others do.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use wire::{
    CELL_BYTES, CellHash, DeskToken, LogPosition, LogQuery, Missing, MissingRequest, SessionSecret,
    SessionToken, Stored, TokenRegistration,
};

/// A folder with a desk token and a drop's folder in it.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) desk: DeskToken,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("desk-token");
        let made = program()
            .arg("token")
            .arg("--out")
            .arg(&file)
            .status()
            .unwrap();
        assert!(made.success());
        let desk = DeskToken::from_hex(std::fs::read(&file).unwrap().trim_ascii()).unwrap();
        Self { folder, desk }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds what `serve` needs to a command line.
    pub(crate) fn serve(&self, command: &mut Command) {
        command.arg("serve").arg("--dir").arg(self.path("drop"));
        command.args(["--listen", "127.0.0.1:0"]);
        command
            .arg("--desk-token-file")
            .arg(self.path("desk-token"));
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fh-drop"))
}

/// A running drop; killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Running {
    pub(crate) fn start(place: &Place) -> Self {
        let mut command = program();
        place.serve(&mut command);
        Self::spawn(command.stderr(Stdio::null()))
    }

    /// Starts a command and waits for the line that says where it listens.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim_end()
            .strip_prefix("listening ")
            .expect(&line)
            .to_owned();
        Self { child, url }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM to a process, and the exit code of what was started.
    pub(crate) fn terminate(&mut self, process: u32) -> Option<i32> {
        let pid = Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A session and the way to the drop. Every call may fail, for the drop may be dead.
pub(crate) struct Session {
    agent: ureq::Agent,
    pub(crate) token: SessionToken,
    pub(crate) secret: SessionSecret,
}

impl Session {
    pub(crate) fn new(number: u64) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(number);
        let mut bytes = || {
            let mut bytes = [0; 32];
            random.fill_bytes(&mut bytes);
            bytes
        };
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        Self {
            agent,
            token: SessionToken::from_bytes(bytes()),
            secret: SessionSecret::from_bytes(bytes()),
        }
    }

    fn post(&self, url: &str, path: &str, body: &[u8]) -> Result<Vec<u8>, ureq::Error> {
        let request = self
            .agent
            .post(format!("{url}{path}"))
            .header(wire::HEADER_AUTHORIZATION, self.token.bearer().as_str())
            .header(wire::HEADER_SESSION, self.secret.expose_hex().as_str());
        request.send(body)?.body_mut().read_to_vec()
    }

    pub(crate) fn upload(&self, url: &str, cells: &[Vec<u8>]) -> Result<usize, ureq::Error> {
        let answer = self.post(url, wire::CELLS, &cells.concat())?;
        Ok(Stored::decode(&answer, cells.len()).unwrap().stored as usize)
    }

    pub(crate) fn missing(&self, url: &str, cells: &[Vec<u8>]) -> Vec<usize> {
        let asked =
            MissingRequest::new(cells.iter().map(|cell| CellHash::of(cell)).collect()).unwrap();
        let answer = self.post(url, wire::MISSING, &asked.encode()).unwrap();
        let missing = Missing::decode(&answer, cells.len()).unwrap().missing;
        missing
            .into_iter()
            .map(|position| position as usize)
            .collect()
    }

    pub(crate) fn register(&self, url: &str, desk: &DeskToken) {
        let body = TokenRegistration::new(vec![self.token.hash()])
            .unwrap()
            .encode();
        let request = self.agent.post(format!("{url}{}", wire::TOKENS));
        request
            .header(wire::HEADER_AUTHORIZATION, desk.bearer().as_str())
            .send(&body)
            .unwrap();
    }

    /// All cells of the drop, the way a desk reads them.
    pub(crate) fn log(&self, url: &str, desk: &DeskToken) -> Vec<CellHash> {
        let mut hashes = Vec::new();
        loop {
            let asked = LogQuery {
                from: hashes.len() as u64,
                limit: 256,
            };
            let request = self
                .agent
                .get(format!("{url}{}", wire::log_path(asked.from, asked.limit)));
            let mut answer = request
                .header(wire::HEADER_AUTHORIZATION, desk.bearer().as_str())
                .call()
                .unwrap();
            let header = |name: &str| {
                answer
                    .headers()
                    .get(name)
                    .map(|value| value.to_str().unwrap().to_owned())
            };
            let (next, size) = (header(wire::HEADER_NEXT), header(wire::HEADER_SIZE));
            let mut body = Vec::new();
            answer
                .body_mut()
                .as_reader()
                .read_to_end(&mut body)
                .unwrap();
            hashes.extend(body.chunks(CELL_BYTES).map(CellHash::of));
            let position =
                LogPosition::decode(next.as_deref(), size.as_deref(), asked, body.len()).unwrap();
            if position.next == position.size {
                return hashes;
            }
        }
    }
}

/// Cells from a seeded source.
pub(crate) fn cells(random: &mut ChaCha20Rng, count: usize) -> Vec<Vec<u8>> {
    let mut cells = vec![vec![0; CELL_BYTES]; count];
    cells.iter_mut().for_each(|cell| random.fill_bytes(cell));
    cells
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
