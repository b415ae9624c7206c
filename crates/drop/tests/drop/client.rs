//! A client that can also misbehave: raw bytes over a socket, cut, slow, or wrong.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use wire::{CELL_BYTES, Problem, ProblemKind};

use crate::sample::Session;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The problem document it must be, with everything RFC 9457 asks of it.
    pub(crate) fn problem(&self) -> Problem {
        assert_eq!(
            self.header("content-type"),
            Some(wire::PROBLEM_JSON),
            "{}",
            self.head
        );
        let problem = Problem::decode(&self.body).unwrap();
        assert_eq!(problem.status, self.status);
        problem
    }

    pub(crate) fn is(&self, kind: ProblemKind) {
        assert_eq!(self.problem().kind(), Some(kind), "{}", self.text());
        assert_eq!(self.status, kind.status());
    }
}

/// One request on a connection of its own.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: drop\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut line = Line::open(address);
    line.send(head.as_bytes());
    line.send(body);
    line.answer()
}

/// A connection in the hands of a test.
pub(crate) struct Line(TcpStream);

impl Line {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Self(stream)
    }

    /// Begins an upload that promises so many bytes.
    pub(crate) fn upload(address: SocketAddr, session: &Session, promised: usize) -> Self {
        let mut line = Self::open(address);
        let head = format!(
            "POST /v1/cells HTTP/1.1\r\nhost: drop\r\nauthorization: {}\r\nfh-session: {}\r\ncontent-length: {promised}\r\nconnection: close\r\n\r\n",
            *session.token.bearer(),
            *session.secret.expose_hex(),
        );
        line.send(head.as_bytes());
        line
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        // The other side may have closed already; what it answered is what counts.
        let _ = self.0.write_all(bytes);
    }

    /// Sends nothing more, and still listens.
    pub(crate) fn finish_sending(&mut self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// Whatever comes until the other side closes.
    pub(crate) fn drain(&mut self, out: &mut Vec<u8>) {
        // A reset is as good as an end.
        let _ = self.0.read_to_end(out);
    }

    /// Reads an answer, until the other side closes.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut all = Vec::new();
        // A reset after the answer is as good as an end.
        let _ = self.0.read_to_end(&mut all);
        let split = all
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .expect("an answer with a head");
        let head = String::from_utf8(all[..split].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer {
            status,
            head,
            body: all[split + 4..].to_vec(),
        }
    }
}

/// Many cells as one body.
pub(crate) fn body(cells: &[bytes::Bytes]) -> Vec<u8> {
    let body = cells.concat();
    assert_eq!(body.len(), cells.len() * CELL_BYTES);
    body
}
