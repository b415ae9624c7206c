//! A line that is cut every 0.5 to 3 MiB, and a drop that is killed without mercy besides: nothing is corrupt, and a cut
//! makes at most 64 cells go twice.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::stage::{DESK_TOKEN, INIT, Newsroom, SEND, Stage, runs, text, write_noise};

/// Random numbers for which moment.
struct Moments(u64);

impl Moments {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }
}

/// The built drop, in a process of its own that can be killed, always at the same address.
struct Killable {
    folder: PathBuf,
    address: SocketAddr,
    child: Child,
}

impl Killable {
    fn start(folder: PathBuf) -> Self {
        let (child, address) = Self::spawn(&folder, "127.0.0.1:0");
        Self {
            folder,
            address,
            child,
        }
    }

    fn spawn(folder: &std::path::Path, listen: &str) -> (Child, SocketAddr) {
        let program =
            std::path::Path::new(env!("CARGO_BIN_EXE_fh-field")).with_file_name("fh-drop");
        assert!(
            program.is_file(),
            "build the whole workspace first: {} is missing",
            program.display()
        );
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", listen, "--dir"])
            .arg(folder.join("killable"));
        command
            .arg("--desk-token-file")
            .arg(folder.join("desk-token"));
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening http://").unwrap();
        (child, address.parse().unwrap())
    }

    fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::spawn(&self.folder, &self.address.to_string()).0;
    }

    /// One request as the desk makes it.
    fn ask(&self, request: &str, body: &[u8]) -> Vec<u8> {
        let mut line = TcpStream::connect(self.address).unwrap();
        let token = hex(&DESK_TOKEN);
        let length = body.len();
        write!(
            line,
            "{request} HTTP/1.1\r\nhost: drop\r\nauthorization: Bearer {token}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        )
        .unwrap();
        line.write_all(body).unwrap();
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).unwrap();
        let split = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = text(&answer[..split]);
        assert!(head.starts_with("HTTP/1.1 200"), "{request}: {head}");
        answer.split_off(split + 4)
    }

    fn register(&self, tokens: u8) {
        let hashes: Vec<String> = (0..tokens)
            .map(|n| hex(wire::SessionToken::from_bytes([n; 32]).hash().as_bytes()))
            .collect();
        let body = serde_json::json!({ "hashes": hashes }).to_string();
        self.ask("POST /v1/tokens", body.as_bytes());
    }

    /// The log from an offset on.
    fn log(&self, from: usize) -> Vec<u8> {
        let mut cells = Vec::new();
        loop {
            let at = from + cells.len() / formats::CELL;
            let some = self.ask(&format!("GET /v1/log?from={at}&limit=256"), &[]);
            if some.is_empty() {
                return cells;
            }
            cells.extend_from_slice(&some);
        }
    }
}

impl Drop for Killable {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Forwards to the drop, and cuts each connection after its own number of bytes.
struct Cutter {
    address: SocketAddr,
    shared: Arc<Cutting>,
}

struct Cutting {
    to: SocketAddr,
    cuts: AtomicU64,
    /// Everything that was forwarded, for choosing a moment to kill.
    bytes: AtomicU64,
    over: AtomicBool,
}

impl Cutter {
    fn start(to: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Cutting {
            to,
            cuts: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            over: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut moments = Moments(seed);
            while let Ok((client, _)) = listener.accept() {
                if accepting.over.load(Ordering::SeqCst) {
                    return;
                }
                let after = 512 * 1_024 + moments.below(2_560 * 1_024);
                let cutting = Arc::clone(&accepting);
                std::thread::spawn(move || {
                    // A drop that is just being killed takes nobody.
                    let _ = cutting.forward(client, after);
                });
            }
        });
        Self { address, shared }
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

impl Cutting {
    fn forward(&self, mut client: TcpStream, after: u64) -> io::Result<()> {
        let mut server = TcpStream::connect(self.to)?;
        let (mut back, mut from) = (client.try_clone()?, server.try_clone()?);
        std::thread::spawn(move || {
            let _ = io::copy(&mut from, &mut back);
            let _ = back.shutdown(Shutdown::Both);
        });
        let (mut window, mut left) = ([0; 16_384], after);
        loop {
            let got = client.read(&mut window)?;
            if got == 0 || got as u64 > left {
                self.cuts.fetch_add(u64::from(got > 0), Ordering::SeqCst);
                let _ = server.shutdown(Shutdown::Both);
                let _ = client.shutdown(Shutdown::Both);
                return Ok(());
            }
            left -= got as u64;
            self.bytes.fetch_add(got as u64, Ordering::SeqCst);
            server.write_all(&window[..got])?;
        }
    }
}

#[test]
fn road_cut_lines_and_a_killed_drop_corrupt_nothing() {
    let runs = u8::try_from(runs(10).min(200)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("desk-token"),
        format!("{}\n", hex(&DESK_TOKEN)),
    )
    .unwrap();
    let mut drop = Killable::start(folder.path().to_path_buf());
    // A kit's tokens are spent from the last to the first; every run has a session of its own.
    let cutter = Cutter::start(drop.address, 5);
    drop.register(runs + 1);
    let stage = Stage::at(
        "127.0.0.1:0",
        runs + 1,
        Some(&format!("http://{}", cutter.address)),
    );
    let init = stage.run(&INIT);
    assert!(init.status.success(), "{}", text(&init.stderr));
    let film = write_noise(&stage.path("film.mp4"), 1, 7_000_000);
    stage.json(&["add", "film.mp4"]);
    let mut moments = Moments(9);
    let (mut all_cuts, mut all_again, mut from) = (0, 0, 0);
    for run in 0..runs {
        let (cuts, bytes) = (&cutter.shared.cuts, &cutter.shared.bytes);
        let before = cuts.load(Ordering::SeqCst);
        let moment = bytes.load(Ordering::SeqCst) + moments.below(6_000_000);
        let mut command = stage.command(&SEND);
        command
            .args(["--again", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut sending = command.spawn().unwrap();
        let mut kills = 0;
        while bytes.load(Ordering::SeqCst) < moment && sending.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        if sending.try_wait().unwrap().is_none() {
            drop.kill_and_restart();
            kills = 1;
        }
        let output = sending.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "run {run}: {}",
            text(&output.stderr)
        );
        let sent: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let cuts = cuts.load(Ordering::SeqCst) - before + kills;
        let again = sent["cells_resent"].as_u64().unwrap();
        assert!(
            again <= 64 * cuts,
            "run {run}: {again} cells again over {cuts} cuts"
        );
        let log = drop.log(from);
        assert_eq!(Newsroom::read(&log).item(), film, "run {run}");
        from += log.len() / formats::CELL;
        (all_cuts, all_again) = (all_cuts + cuts, all_again + again);
    }
    println!("{runs} runs, {all_cuts} cuts and kills, {all_again} cells sent again, 0 corrupt");
    assert!(all_cuts >= u64::from(runs), "only {all_cuts} cuts");
}
