//! The real road: HTTP over exactly one way that was chosen by name, built so that there is no other.
//!
//! On the way through Tor the connector chain holds no plain TCP connector at all, and no resolver that could ask a name
//! server, so a missing proxy can only be an error. On the loopback way the resolver knows loopback addresses and nothing
//! else. On the TLS way the chain refuses whatever is not https. Redirects are never followed, environment proxies never
//! read, and nothing names this program.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use formats::{Cell, DropUrl};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use ureq::config::Config;
use ureq::http::{self, Uri};
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Connector, NextTimeout, RustlsConnector, SocksConnector, TcpConnector,
};
use ureq::{Agent, Body, ProxyProtocol};
use wire::{
    CELL_BYTES, CELLS, CHECKPOINT, CellHash, HEADER_AUTHORIZATION, HEADER_SESSION,
    MAX_CHECKPOINT_BYTES, MAX_JSON_BYTES, MISSING, MailboxAddress, Missing, MissingRequest,
    OCTET_STREAM, Problem, SecretHash, Stored, mailbox_path,
};

use crate::road::{Road, RoadError, Session};
use crate::way::{Way, probe};

/// Longest wait for a connection: a fresh Tor circuit to an onion address can take most of a minute.
const CONNECT: Duration = Duration::from_secs(120);
/// Longest standstill while sending or receiving. Progress, however slow, is never cut off.
const STANDSTILL: Duration = Duration::from_secs(120);

/// HTTP to drops over one chosen way.
pub struct HttpRoad {
    way: Way,
    /// Makes the names that keep Tor from sharing circuits between sessions.
    isolation: ChaCha20Rng,
    /// The agent of the session spoken to last of each drop, so that its connection is used again.
    open: Vec<(SecretHash, Agent)>,
}

impl std::fmt::Debug for HttpRoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpRoad(..)")
    }
}

impl HttpRoad {
    /// A road over `way`. From the random `seed` come the names that tell Tor which connections must not share a circuit.
    #[must_use]
    pub fn new(way: Way, seed: [u8; 32]) -> Self {
        Self {
            way,
            isolation: ChaCha20Rng::from_seed(seed),
            open: Vec::new(),
        }
    }

    /// Checks before anything is sent that this drop may be reached this way, and that Tor is there if it is the way.
    ///
    /// # Errors
    /// [`RoadError::NotHere`], [`RoadError::Clear`], [`RoadError::OnlyTor`] or [`RoadError::NoProxy`].
    pub fn check(&self, drop: &DropUrl) -> Result<(), RoadError> {
        self.way.allows(drop)?;
        match self.way {
            Way::Tor { proxy, .. } => probe(proxy),
            Way::Tls(_) | Way::Loopback => Ok(()),
        }
    }

    fn agent(&mut self) -> Agent {
        let builder = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(STANDSTILL))
            .timeout_per_write(Some(STANDSTILL));
        match &self.way {
            Way::Loopback => {
                let config = builder.proxy(None).build();
                Agent::with_parts(
                    config,
                    ().chain(TcpConnector::default()),
                    Literal { loopback: true },
                )
            }
            Way::Tls(trust) => {
                let tls = TlsConfig::builder().root_certs(trust.roots()).build();
                let config = builder.proxy(None).https_only(true).tls_config(tls).build();
                let chain = ().chain(TcpConnector::default()).chain(RustlsConnector::default());
                Agent::with_parts(config, chain, DefaultResolver::default())
            }
            Way::Tor { proxy, trust } => {
                let [name, word] = [0; 2].map(|_: u8| self.isolation.next_u64());
                let proxy = ureq::Proxy::builder(ProxyProtocol::Socks5)
                    .host(&proxy.ip().to_string())
                    .port(proxy.port())
                    .username(&format!("{name:016x}"))
                    .password(&format!("{word:016x}"))
                    .resolve_target(false)
                    .build();
                let tls = TlsConfig::builder().root_certs(trust.roots()).build();
                // Should building fail there is no proxy in the config, and the chain below connects nowhere.
                let config = builder.proxy(proxy.ok()).tls_config(tls).build();
                let chain = ().chain(SocksConnector::default()).chain(RustlsConnector::default());
                Agent::with_parts(config, chain, Literal { loopback: false })
            }
        }
    }

    fn session_agent(&mut self, session: &Session) -> Agent {
        let key = session.secret.hash();
        if let Some((_, agent)) = self.open.iter().find(|(known, _)| *known == key) {
            return agent.clone();
        }
        let agent = self.agent();
        self.open.push((key, agent.clone()));
        agent
    }

    fn post(&mut self, session: &Session, path: &str, body: &[u8]) -> Result<Vec<u8>, RoadError> {
        self.check(&session.drop)?;
        let agent = self.session_agent(session);
        let answer = agent
            .post(format!("{}{path}", session.drop))
            .header(HEADER_AUTHORIZATION, session.token.bearer().as_str())
            .header(HEADER_SESSION, session.secret.expose_hex().as_str())
            .header("content-type", OCTET_STREAM)
            .send(body)
            .map_err(|error| self.line(error))?;
        self.read(answer, MAX_JSON_BYTES)
    }

    /// Asks over a connection of its own: two mailboxes asked for over one circuit would be linked to each other, and a
    /// drop that knew which session asks for a checkpoint could show it one made for it.
    fn get_alone(&mut self, drop: &DropUrl, path: &str, most: usize) -> Result<Vec<u8>, RoadError> {
        self.check(drop)?;
        let agent = self.agent();
        let answer = agent
            .get(format!("{drop}{path}"))
            .header("connection", "close")
            .call()
            .map_err(|error| self.line(error))?;
        self.read(answer, most)
    }

    /// Reads an answer of at most `limit` bytes, turning problem documents into errors.
    fn read(&self, answer: http::Response<Body>, limit: usize) -> Result<Vec<u8>, RoadError> {
        let status = answer.status();
        let most = u64::try_from(limit).unwrap_or(u64::MAX);
        let body = answer
            .into_body()
            .into_with_config()
            .limit(most)
            .read_to_vec()
            .map_err(|error| self.line(error))?;
        if status.is_success() {
            return Ok(body);
        }
        match Problem::decode(&body)
            .ok()
            .and_then(|problem| problem.kind())
        {
            Some(kind) => Err(RoadError::Refused { kind }),
            None => Err(RoadError::Strange {
                status: status.as_u16(),
            }),
        }
    }

    /// Tells "the proxy is gone" from "the drop is gone": the first must stop everything, the second may pass.
    fn line(&self, error: ureq::Error) -> RoadError {
        if let Way::Tor { proxy, .. } = self.way
            && let Err(gone) = probe(proxy)
        {
            return gone;
        }
        if is_about_certificate(&error) {
            return RoadError::NotBelieved(Box::new(error));
        }
        RoadError::Line(Box::new(error))
    }
}

impl Road for HttpRoad {
    fn store(&mut self, session: &Session, cells: &[u8]) -> Result<u32, RoadError> {
        let answer = self.post(session, CELLS, cells)?;
        let stored = Stored::decode(&answer, cells.len() / CELL_BYTES)
            .map_err(|error| RoadError::Line(Box::new(error)))?;
        Ok(stored.stored)
    }

    fn missing(&mut self, session: &Session, hashes: &[CellHash]) -> Result<Vec<u32>, RoadError> {
        let request = MissingRequest::new(hashes.to_vec())
            .map_err(|error| RoadError::Line(Box::new(error)))?;
        let answer = self.post(session, MISSING, &request.encode())?;
        let missing = Missing::decode(&answer, hashes.len())
            .map_err(|error| RoadError::Line(Box::new(error)))?;
        Ok(missing.missing)
    }

    fn mailbox(&mut self, drop: &DropUrl, address: &MailboxAddress) -> Result<Cell, RoadError> {
        let body = self.get_alone(drop, &mailbox_path(address), CELL_BYTES)?;
        Cell::from_slice(&body).map_err(|_| RoadError::Strange { status: 200 })
    }

    fn checkpoint(&mut self, drop: &DropUrl) -> Result<Vec<u8>, RoadError> {
        self.get_alone(drop, CHECKPOINT, MAX_CHECKPOINT_BYTES)
    }
}

/// Whether shaking hands ended because of the certificate that the host showed.
fn is_about_certificate(error: &ureq::Error) -> bool {
    let tls = match error {
        ureq::Error::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref()),
        ureq::Error::Rustls(error) => Some(error),
        _ => None,
    };
    matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
}

/// Resolves addresses spelt out as numbers and nothing else, so that no name is ever looked up from here.
#[derive(Debug)]
struct Literal {
    loopback: bool,
}

impl Resolver for Literal {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let ip: IpAddr = host.parse().map_err(|_| ureq::Error::HostNotFound)?;
        if self.loopback && !ip.is_loopback() {
            return Err(ureq::Error::HostNotFound);
        }
        let port = uri.port_u16().unwrap_or(80);
        let mut addresses = self.empty();
        addresses.push(SocketAddr::new(ip, port));
        Ok(addresses)
    }
}
