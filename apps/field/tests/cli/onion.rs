//! Through Tor itself: a private network on loopback (three authorities, relays, Debian's own program) carries a dispatch to
//! an onion drop and its receipt back. Then Tor is killed in the middle of a film, and nothing else leaves.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::stage::{INIT, Newsroom, Stage, text, write_noise};

/// Authorities, which are relays too, and relays that are nothing else.
const AUTHORITIES: usize = 3;
const RELAYS: usize = 4;
/// How long a fresh network may take until an onion address answers.
const PATIENCE: Duration = Duration::from_secs(240);

/// A whole Tor network on 127.0.0.1, with one more that has the onion service and one that is the reporter's; all killed when
/// dropped.
struct Network {
    folder: PathBuf,
    nodes: Vec<Child>,
    reporter: Child,
    socks: String,
    onion: String,
}

/// A port that was free a moment ago.
fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn tor(folder: &Path) -> Child {
    let mut command = Command::new("tor");
    command
        .arg("-f")
        .arg(folder.join("torrc"))
        .arg("--defaults-torrc")
        .arg("/dev/null");
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

impl Network {
    fn start(folder: PathBuf, drop_port: u16) -> Self {
        let mut shared = String::from(
            "TestingTorNetwork 1\nAssumeReachable 1\nPathsNeededToBuildCircuits 0.25\nTestingDirAuthVoteExit *\n\
             TestingDirAuthVoteHSDir *\nTestingDirAuthVoteGuard *\nV3AuthNIntervalsValid 2\n\
             TestingV3AuthInitialVotingInterval 20\nTestingV3AuthInitialVoteDelay 4\nTestingV3AuthInitialDistDelay 4\n\
             V3AuthVotingInterval 20\nV3AuthVoteDelay 4\nV3AuthDistDelay 4\nDisableDebuggerAttachment 0\n",
        );
        let mut own = Vec::new();
        for number in 0..AUTHORITIES {
            let home = home(&folder, &format!("authority{number}"));
            let (or, dir) = (port(), port());
            let (line, settings) = authority(&home, number, or, dir);
            shared.push_str(&line);
            own.push((home, settings));
        }
        for number in 0..RELAYS {
            let home = home(&folder, &format!("relay{number}"));
            let or = port();
            let settings = format!(
                "Nickname relay{number}\nAddress 127.0.0.1\nORPort 127.0.0.1:{or}\nSocksPort 0\nExitRelay 1\nExitPolicy accept *:*\n"
            );
            own.push((home, settings));
        }
        let service = home(&folder, "service");
        let hidden = home(&service, "onion");
        let settings = format!(
            "SocksPort 0\nHiddenServiceDir {}\nHiddenServicePort 80 127.0.0.1:{drop_port}\n",
            hidden.display()
        );
        own.push((service, settings));
        let reporter = home(&folder, "reporter");
        let socks = format!("127.0.0.1:{}", port());
        own.push((reporter.clone(), tor_config(&socks)));
        for (home, settings) in &own {
            let torrc = format!("DataDirectory {}\n{shared}{settings}", home.display());
            fs::write(home.join("torrc"), torrc).unwrap();
        }
        let mut nodes: Vec<Child> = own.iter().map(|(home, _)| tor(home)).collect();
        let client = nodes.pop().unwrap();
        let onion = read_when_there(&hidden.join("hostname"));
        Self {
            folder: reporter,
            nodes,
            reporter: client,
            socks,
            onion: format!("http://{}", onion.trim()),
        }
    }

    /// Until the onion address answers through the reporter's Tor.
    fn wait(&self) {
        let end = Instant::now() + PATIENCE;
        let host = self.onion.trim_start_matches("http://");
        while !greets(&self.socks, host) {
            assert!(Instant::now() < end, "the onion address does not answer");
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    fn kill_reporters(&mut self) {
        self.reporter.kill().unwrap();
        self.reporter.wait().unwrap();
    }

    fn restart_reporters(&mut self) {
        self.reporter = tor(&self.folder);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for node in self.nodes.iter_mut().chain([&mut self.reporter]) {
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

fn home(folder: &Path, name: &str) -> PathBuf {
    let home = folder.join(name);
    fs::create_dir_all(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    home
}

/// What `fh-field tor-config` prints: that this very configuration works is part of the test.
fn tor_config(socks: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fh-field"));
    let output = command
        .args(["tor-config", "--socks5", socks])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Makes an authority's keys. The line by which all others know it, and its own settings.
fn authority(home: &Path, number: usize, or: u16, dir: u16) -> (String, String) {
    let keys = self::home(home, "keys");
    let mut command = Command::new("tor-gencert");
    command.args([
        "--create-identity-key",
        "-m",
        "12",
        "--passphrase-fd",
        "0",
        "-a",
    ]);
    command.arg(format!("127.0.0.1:{dir}")).current_dir(&keys);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut making = command.spawn().unwrap();
    making
        .stdin
        .take()
        .unwrap()
        .write_all(b"a passphrase\n")
        .unwrap();
    assert!(making.wait().unwrap().success(), "tor-gencert failed");
    let certificate = fs::read_to_string(keys.join("authority_certificate")).unwrap();
    let identity = certificate
        .lines()
        .find_map(|line| line.strip_prefix("fingerprint "))
        .unwrap()
        .to_owned();
    let settings = format!(
        "Nickname authority{number}\nAddress 127.0.0.1\nORPort 127.0.0.1:{or}\nDirPort 127.0.0.1:{dir}\nSocksPort 0\n\
         AuthoritativeDirectory 1\nV3AuthoritativeDirectory 1\nContactInfo test@invalid\nExitPolicy reject *:*\n"
    );
    // The relay's own fingerprint is made by running it once without a network.
    let torrc = format!(
        "DataDirectory {}\nTestingTorNetwork 1\n{settings}DirAuthority x orport=1 v3ident={identity} 127.0.0.1:1 {}\n",
        home.display(),
        "0".repeat(40)
    );
    fs::write(home.join("torrc"), torrc).unwrap();
    let mut command = Command::new("tor");
    command.arg("-f").arg(home.join("torrc")).args([
        "--defaults-torrc",
        "/dev/null",
        "--list-fingerprint",
    ]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stdout));
    let print = fs::read_to_string(home.join("fingerprint")).unwrap();
    let print = print.split_whitespace().last().unwrap();
    let line = format!(
        "DirAuthority authority{number} orport={or} v3ident={identity} 127.0.0.1:{dir} {print}\n"
    );
    (line, settings)
}

fn read_when_there(file: &Path) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        match fs::read_to_string(file) {
            Ok(content) if content.ends_with('\n') => return content,
            _ => assert!(Instant::now() < end, "{} does not appear", file.display()),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether a name answers behind a SOCKS5 port.
fn greets(socks: &str, host: &str) -> bool {
    let attempt = || -> std::io::Result<bool> {
        let mut line = TcpStream::connect(socks)?;
        line.set_read_timeout(Some(Duration::from_secs(30)))?;
        line.write_all(&[5, 1, 0])?;
        line.read_exact(&mut [0; 2])?;
        let length = u8::try_from(host.len()).map_err(std::io::Error::other)?;
        let request = [&[5, 1, 0, 3, length], host.as_bytes(), &[0, 80]].concat();
        line.write_all(&request)?;
        let mut answer = [0; 10];
        line.read_exact(&mut answer)?;
        Ok(answer[1] == 0)
    };
    attempt().unwrap_or(false)
}

/// Cells at the drop, once none has come for two seconds.
fn settled(stage: &Stage) -> u64 {
    let (mut size, mut since) = (stage.store.size(), Instant::now());
    while since.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(50));
        if stage.store.size() != size {
            (size, since) = (stage.store.size(), Instant::now());
        }
    }
    size
}

#[test]
fn peer_tor_carries_a_dispatch_to_an_onion_drop_and_its_receipt_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::at("127.0.0.1:0", 6, None);
    let mut network = Network::start(folder.path().to_path_buf(), stage.address.port());
    stage.know_as(&network.onion);
    let init = stage.run(&INIT);
    assert!(init.status.success(), "{}", text(&init.stderr));
    network.wait();
    let socks = network.socks.clone();
    let road = |verb: &'static str| [verb, "--road", "tor", "--socks5", socks.as_str()];

    let film = write_noise(&stage.path("film.mp4"), 1, 1_500_000);
    stage.json(&["add", "film.mp4", "--note", "through Tor"]);
    assert_eq!(stage.json(&road("send"))["cells_left"], 0);
    let newsroom = Newsroom::read(&stage.log());
    assert_eq!(newsroom.item(), film);
    assert_eq!(newsroom.manifest().note, "through Tor");
    newsroom.acknowledge(&stage);
    assert_eq!(stage.json(&road("receive"))["receipts"], 1);
    assert_eq!(stage.pieces_here(), 0);

    // Tor dies in the middle of the next one.
    write_noise(&stage.path("film.mp4"), 2, 30_000_000);
    stage.json(&["add", "film.mp4"]);
    let before = stage.store.size();
    let mut command = stage.command(&road("send"));
    let sending = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + PATIENCE;
    while stage.store.size() < before + 12 {
        assert!(Instant::now() < end, "nothing arrives");
        std::thread::sleep(Duration::from_millis(20));
    }
    network.kill_reporters();
    let output = sending.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("nothing goes out another way"),
        "{}",
        text(&output.stderr)
    );
    // What was in the network already may still come out of it.
    let stopped = settled(&stage);
    let refused = stage.run(&road("send"));
    assert!(text(&refused.stderr).contains("Tor does not answer"));
    assert_eq!(settled(&stage), stopped, "nothing came another way");
    // With Tor back it goes on.
    network.restart_reporters();
    network.wait();
    stage.json(&["say", "I am back"]);
    let mut command = stage.command(&road("send"));
    let mut sending = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + PATIENCE;
    while stage.store.size() < stopped + 4 {
        assert!(Instant::now() < end, "it does not go on");
        std::thread::sleep(Duration::from_millis(20));
    }
    sending.kill().unwrap();
    sending.wait().unwrap();
}
