//! The real servers: installed by `cargo xtask test --peers` into a folder that it names, started on loopback, and ended
//! with the test.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::Value;

/// Where the servers are installed.
pub(crate) fn installed(name: &str) -> PathBuf {
    // `cargo xtask test --peers` installs them and names the folder.
    let folder = std::env::var_os("FH_PEERS").map(PathBuf::from).unwrap();
    folder.join(name)
}

/// Two ports in a row that were free a moment ago.
pub(crate) fn ports() -> u16 {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        if TcpListener::bind(("127.0.0.1", port.saturating_add(1))).is_ok() {
            return port;
        }
    }
}

/// A program that prints its address when it is ready, and ends when its input does.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    input: Option<ChildStdin>,
}

impl Server {
    /// Starts one of the servers that Python runs, in a folder of its own.
    pub(crate) fn python(peer: &str, program: &str, folder: &Path) -> (Self, Value) {
        let mut command = Command::new("python3");
        command
            .arg(installed(peer).join(program))
            .arg(folder)
            .arg(ports().to_string());
        Self::start(&mut command)
    }

    /// Starts it and waits for its address; gives back what it printed on its first line.
    pub(crate) fn start(command: &mut Command) -> (Self, Value) {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told: Value = loop {
            // A server that ends before it is ready fails the test here.
            let line = lines.next().unwrap().unwrap();
            if let Ok(value) = serde_json::from_str::<Value>(&line)
                && value.is_object()
            {
                break value;
            }
        };
        // What it prints later must not stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let address = told["address"].as_str().unwrap().parse().unwrap();
        let server = Self {
            address,
            child,
            input,
        };
        (server, told)
    }
}

impl Drop for Server {
    /// A server ends with its input, and ends what it started itself; one that does not is killed.
    fn drop(&mut self) {
        drop(self.input.take());
        for _ in 0..100 {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a server over a line that loses nothing.
pub(crate) fn ask(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Value {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut answer = match body {
        Some(body) => {
            let request = request.header("content-type", "application/json");
            agent.run(request.body(body.to_string()).unwrap()).unwrap()
        }
        None => agent.run(request.body(()).unwrap()).unwrap(),
    };
    let text = answer.body_mut().read_to_string().unwrap();
    assert!(
        answer.status().is_success(),
        "{url}: {} {text}",
        answer.status()
    );
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Writes one line for whoever reads the run's figures.
pub(crate) fn figure(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
