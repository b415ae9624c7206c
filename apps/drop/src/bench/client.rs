//! A small HTTP/1.1 client that costs next to nothing, so that the server is what is measured.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, ensure};
use rand_core::{OsRng, RngCore as _};
use wire::{DeskToken, SessionSecret, SessionToken, Stored, TokenHash, TokenRegistration};

/// A session of the measurement.
pub(crate) struct Session {
    token: SessionToken,
    secret: SessionSecret,
}

impl Session {
    /// A random one.
    pub(crate) fn random() -> Self {
        let (mut token, mut secret) = ([0; 32], [0; 32]);
        OsRng.fill_bytes(&mut token);
        OsRng.fill_bytes(&mut secret);
        let (token, secret) = (
            SessionToken::from_bytes(token),
            SessionSecret::from_bytes(secret),
        );
        Self { token, secret }
    }

    /// What the drop has to know before.
    pub(crate) fn token_hash(&self) -> TokenHash {
        self.token.hash()
    }

    /// The head of an upload.
    pub(crate) fn head(&self, bytes: usize) -> String {
        format!(
            "POST {} HTTP/1.1\r\nhost: drop\r\n{}: {}\r\n{}: {}\r\ncontent-length: {bytes}\r\n\r\n",
            wire::CELLS,
            wire::HEADER_AUTHORIZATION,
            *self.token.bearer(),
            wire::HEADER_SESSION,
            *self.secret.expose_hex(),
        )
    }
}

/// A connection that is used again and again.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).context("cannot connect to the drop")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Sends one request and returns the body of its answer, which must be a 200.
    pub(crate) fn exchange(&mut self, head: &str, body: &[u8]) -> anyhow::Result<Vec<u8>> {
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        ensure!(
            line.starts_with("HTTP/1.1 200"),
            "the drop answered {line:?}"
        );
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse()?,
                Some(_) => {}
                None => break,
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok(answer)
    }

    /// Uploads cells that must all be stored.
    pub(crate) fn upload(&mut self, session: &Session, cells: &[u8]) -> anyhow::Result<()> {
        let count = cells.len() / wire::CELL_BYTES;
        let answer = self.exchange(&session.head(cells.len()), cells)?;
        let stored = Stored::decode(&answer, count)?.stored;
        ensure!(
            usize::try_from(stored)? == count,
            "only {stored} of {count} cells were stored"
        );
        Ok(())
    }

    /// Registers the tokens of sessions.
    pub(crate) fn register(
        &mut self,
        desk: &DeskToken,
        sessions: &[Session],
    ) -> anyhow::Result<()> {
        let hashes = sessions.iter().map(Session::token_hash).collect();
        let body = TokenRegistration::new(hashes)?.encode();
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: drop\r\n{}: {}\r\ncontent-length: {}\r\n\r\n",
            wire::TOKENS,
            wire::HEADER_AUTHORIZATION,
            *desk.bearer(),
            body.len(),
        );
        self.exchange(&head, &body).map(|_| ())
    }
}
