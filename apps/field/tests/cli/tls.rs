//! The TLS road against a real server that is not ours (OpenSSL, by socat) in front of the drop: the certificate that was pinned
//! passes, and no other does.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::stage::{INIT, Newsroom, Stage, text};

/// What OpenSSL needs to be told to give a certificate its dates.
const AUTHORITY: &str = "
[ca]
default_ca = here
[here]
database = index
new_certs_dir = .
default_md = sha256
rand_serial = yes
policy = any
x509_extensions = host
[any]
commonName = supplied
[host]
subjectAltName = IP:127.0.0.1
basicConstraints = critical, CA:FALSE
";

fn openssl(folder: &Path, line: &str) {
    let mut command = Command::new("openssl");
    let done = command.args(line.split(' ')).current_dir(folder).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{line}: {}", text(&done.stderr));
}

/// Makes `NAME.pem`, signed by itself and good until the end of this year, and `NAME.key`.
fn certificate(folder: &Path, name: &str, until: u16) {
    fs::write(folder.join("authority"), AUTHORITY).unwrap();
    fs::write(folder.join("index"), "").unwrap();
    openssl(
        folder,
        &format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN=host"
        ),
    );
    openssl(
        folder,
        &format!(
            "ca -batch -selfsign -config authority -keyfile {name}.key -in {name}.csr -out {name}.pem -notext -startdate 20200101000000Z -enddate {until}1231000000Z"
        ),
    );
}

/// OpenSSL in front of a drop; gone when dropped.
struct Front(Child);

impl Front {
    fn start(stage: &Stage, port: u16, name: &str) -> Self {
        let file = |ending: &str| {
            stage
                .path(&format!("{name}.{ending}"))
                .display()
                .to_string()
        };
        let listen = format!(
            "OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,verify=0,cert={},key={}",
            file("pem"),
            file("key")
        );
        let mut socat = Command::new("socat");
        socat.arg(listen).arg(format!("TCP:{}", stage.address));
        let front = Self(socat.stderr(Stdio::null()).spawn().unwrap());
        let end = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "socat does not listen");
            std::thread::yield_now();
        }
        front
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn the_pinned_certificate_passes_and_no_other() {
    let mut stage = Stage::start(4);
    let port = free_port();
    stage.know_as(&format!("https://127.0.0.1:{port}"));
    let init = stage.run(&INIT);
    assert!(init.status.success(), "{}", text(&init.stderr));
    for (name, until) in [("right", 2099), ("wrong", 2099), ("expired", 2020)] {
        certificate(stage.folder.path(), name, until);
    }
    stage.json(&["add", "--note", "over an ordinary line"]);
    let refused = |arguments: &[&str], word: &str| {
        let output = stage.run(&[&["send", "--road", "tls"], arguments].concat());
        let said = text(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {said}");
        assert_eq!(stage.store.size(), 0, "{arguments:?}: something was sent");
    };
    {
        let _front = Front::start(&stage, port, "expired");
        refused(&["--pin", "expired.pem"], "certificate expired");
    }
    let _front = Front::start(&stage, port, "right");
    // Nobody in the browsers' list signed it.
    refused(&[], "does not show the certificate");
    refused(&["--pin", "wrong.pem"], "does not show the certificate");
    // What cannot be read, and what is no certificate, are told apart.
    refused(&["--pin", "absent.pem"], "absent.pem cannot be opened");
    refused(&["--pin", "right.key"], "BEGIN CERTIFICATE");

    let sent = stage.json(&["send", "--road", "tls", "--pin", "right.pem"]);
    assert_eq!(sent["cells_left"], 0, "{sent}");
    let newsroom = Newsroom::read(&stage.log());
    assert_eq!(newsroom.manifest().note, "over an ordinary line");
}
