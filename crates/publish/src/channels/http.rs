//! One line to one server: JSON and files over HTTP, directly or through a SOCKS5 port such as Tor's.
//!
//! With a port given, the connector chain holds no plain connector and no resolver that could ask a name server: when
//! the port is gone nothing is sent. Connections are not kept, because a kept one that the server has closed makes the
//! next request's fate unknown for nothing.

use std::fmt;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use thiserror::Error;
use ureq::config::Config;
use ureq::http::header::RETRY_AFTER;
use ureq::http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Connector, NextTimeout, RustlsConnector, SocksConnector, TcpConnector,
};
use ureq::{Agent, Body, ProxyProtocol, SendBody, Timeout};

use super::Fault;

/// The most bytes of an answer.
const ANSWER: u64 = 4 * 1024 * 1024;
/// Longest wait for a connection; a fresh Tor circuit can take most of a minute.
pub(crate) const CONNECT: Duration = Duration::from_secs(60);
/// Longest standstill while sending or receiving; progress, however slow, is never cut off.
pub(crate) const STANDSTILL: Duration = Duration::from_secs(60);
/// The longest wait that a server can ask for.
const WAIT_MOST: u64 = 24 * 3600;

/// Why a server's address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected https://host or, on this machine and over Tor alone, http://host")]
pub struct LineError;

/// A way to one server.
#[derive(Clone)]
pub struct Line {
    agent: Agent,
    base: String,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({})", self.base)
    }
}

impl Line {
    /// A line to the server at `base`, through the SOCKS5 port `proxy` if there is one. `circle` keeps Tor from
    /// carrying two channels over one circuit.
    ///
    /// # Errors
    /// [`LineError`] when the address is none, or would carry credentials in the clear.
    pub fn new(base: &str, proxy: Option<SocketAddr>, circle: &str) -> Result<Self, LineError> {
        Self::with(base, proxy, circle, 0)
    }

    /// A line that keeps up to `kept` connections, for thousands of requests each of which may be asked twice.
    ///
    /// # Errors
    /// As [`Line::new`].
    pub(crate) fn kept(
        base: &str,
        proxy: Option<SocketAddr>,
        circle: &str,
        kept: usize,
    ) -> Result<Self, LineError> {
        Self::with(base, proxy, circle, kept)
    }

    fn with(
        base: &str,
        proxy: Option<SocketAddr>,
        circle: &str,
        kept: usize,
    ) -> Result<Self, LineError> {
        let base = base.trim_end_matches('/');
        let uri: Uri = base.parse().map_err(|_| LineError)?;
        let host = uri
            .host()
            .ok_or(LineError)?
            .trim_matches(['[', ']'])
            .to_owned();
        let here = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let onion = host.ends_with(".onion") && proxy.is_some();
        let fine = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => here || onion,
            _ => false,
        };
        if !fine || uri.query().is_some() || base.contains(['@', '#']) {
            return Err(LineError);
        }
        // What runs on this machine is not reached through a proxy.
        let proxy = if here { None } else { proxy };
        Ok(Self {
            agent: agent(proxy, circle, kept)?,
            base: base.to_owned(),
        })
    }

    /// The server's address.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// How this line connects.
    pub(crate) const fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Asks; nothing changes by it, so that a lost answer is no danger.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, Fault> {
        self.call(Method::GET, path, headers, Send::Nothing)
            .map_err(Fault::harmless)
    }

    /// Sends JSON.
    pub(crate) fn json(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, Fault> {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        self.call(
            method,
            path,
            &headers,
            Send::Bytes(body.to_string().into_bytes()),
        )
    }

    /// Sends bytes as they are.
    pub(crate) fn bytes(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, Fault> {
        self.call(method, path, headers, Send::Bytes(body))
    }

    /// Sends what a reader gives, `size` bytes of it.
    pub(crate) fn stream(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        size: u64,
        reader: &mut dyn Read,
    ) -> Result<Answer, Fault> {
        let size = size.to_string();
        let mut headers = headers.to_vec();
        headers.push(("content-length", &size));
        self.call(Method::POST, path, &headers, Send::Reader(reader))
    }

    /// Puts what a reader gives, `size` bytes of it, under a name: asked again, the same stands there.
    pub(crate) fn put(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        size: u64,
        reader: &mut dyn Read,
    ) -> Result<Answer, Fault> {
        let size = size.to_string();
        let mut headers = headers.to_vec();
        headers.push(("content-length", &size));
        self.call(Method::PUT, path, &headers, Send::Reader(reader))
            .map_err(Fault::harmless)
    }

    /// Asks for something to be removed.
    pub(crate) fn delete(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, Fault> {
        self.call(Method::DELETE, path, headers, Send::Nothing)
    }

    fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Send<'_>,
    ) -> Result<Answer, Fault> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let unsendable = |_| Fault::refused("the request cannot be written");
        let sent = match body {
            Send::Nothing => self.agent.run(request.body(()).map_err(unsendable)?),
            Send::Bytes(bytes) => self.agent.run(request.body(bytes).map_err(unsendable)?),
            Send::Reader(reader) => {
                let reader: &mut dyn Read = reader;
                let body = SendBody::from_reader(reader);
                self.agent.run(request.body(body).map_err(unsendable)?)
            }
        };
        sent.map_err(|error| lost(&error)).and_then(Answer::read)
    }
}

enum Send<'a> {
    Nothing,
    Bytes(Vec<u8>),
    Reader(&'a mut dyn Read),
}

fn agent(proxy: Option<SocketAddr>, circle: &str, kept: usize) -> Result<Agent, LineError> {
    let builder = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_idle_connections(kept)
        .max_idle_connections_per_host(kept)
        .user_agent("")
        .timeout_connect(Some(CONNECT))
        .timeout_per_read(Some(STANDSTILL))
        .timeout_per_write(Some(STANDSTILL));
    let Some(proxy) = proxy else {
        let chain = ().chain(TcpConnector::default()).chain(RustlsConnector::default());
        let config = builder.proxy(None).build();
        return Ok(Agent::with_parts(config, chain, DefaultResolver::default()));
    };
    let through = ureq::Proxy::builder(ProxyProtocol::Socks5)
        .host(&proxy.ip().to_string())
        .port(proxy.port())
        .username(circle)
        .password("channel")
        .resolve_target(false)
        .build()
        .map_err(|_| LineError)?;
    let chain = ().chain(SocksConnector::default()).chain(RustlsConnector::default());
    let config = builder.proxy(Some(through)).build();
    Ok(Agent::with_parts(config, chain, Literal))
}

/// Before a connection stands nothing can have been done; afterwards nobody knows.
fn lost(error: &ureq::Error) -> Fault {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    match error {
        ureq::Error::HostNotFound => Fault::later("the server's name is not known"),
        ureq::Error::ConnectionFailed => Fault::later("there is no connection"),
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Fault::later("the server does not answer")
        }
        ureq::Error::Io(error)
            if matches!(
                error.kind(),
                ConnectionRefused | HostUnreachable | NetworkUnreachable
            ) =>
        {
            Fault::later("there is no connection")
        }
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => {
            Fault::unknown("the connection is not secure, or broke")
        }
        _ => Fault::unknown("the connection broke before the answer came"),
    }
}

/// A server's answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) after: Option<Duration>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn read(response: Response<Body>) -> Result<Self, Fault> {
        let status = response.status();
        let after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.trim().parse::<u64>().ok())
            .map(|seconds| Duration::from_secs(seconds.min(WAIT_MOST)));
        let headers = response.headers().clone();
        let body = response
            .into_body()
            .into_with_config()
            .limit(ANSWER)
            .read_to_vec()
            .map_err(|_| Fault::unknown("the connection broke within the answer"))?;
        Ok(Self {
            status,
            after,
            headers,
            body,
        })
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; nothing when it is none.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body)
            .or_else(|_| serde_json::from_slice(&mended(&self.body)))
            .unwrap_or(Value::Null)
    }

    /// What the platform says about a refusal.
    pub(crate) fn words(&self) -> String {
        let value = self.value();
        let found = [
            "message",
            "detail",
            "error_description",
            "description",
            "error",
        ]
        .iter()
        .filter_map(|key| value.get(*key))
        .chain(value.pointer("/error/message"))
        .chain(value.pointer("/errors/0/message"))
        .find_map(Value::as_str)
        .map(str::to_owned);
        let text = found.unwrap_or_else(|| String::from_utf8_lossy(&self.body).into_owned());
        format!("{}: {text}", self.status.as_u16())
    }

    /// The JSON of a success, or what kind of failure it is.
    pub(crate) fn success(&self) -> Result<Value, Fault> {
        if self.status.is_success() {
            return Ok(self.value());
        }
        let words = self.words();
        match self.status.as_u16() {
            401 | 403 => Err(Fault::account(&words)),
            408 => Err(Fault::unknown(&words)),
            429 => Err(Fault::Later {
                after: self.after,
                words: Fault::later(&words).words().to_owned(),
            }),
            // A proxy says so too when the server behind it was slow: what was asked may have been done.
            503 => Err(Fault::Unknown {
                after: self.after,
                words: Fault::unknown(&words).words().to_owned(),
            }),
            300..=499 => Err(Fault::refused(&words)),
            _ => Err(Fault::unknown(&words)),
        }
    }
}

/// JSON in which halves of letters stand as the sign for what cannot be read: Ghost cuts its excerpts by UTF-16 units, through
/// the middle of an emoji.
fn mended(body: &[u8]) -> Vec<u8> {
    let unit = |at: usize| {
        let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (mut out, mut at) = (Vec::with_capacity(body.len()), 0);
    while let Some(byte) = body.get(at) {
        let second = |at| unit(at).is_some_and(|unit| (0xDC00..0xE000).contains(&unit));
        let length = match (byte, unit(at)) {
            (b'\\', Some(0xD800..0xDC00)) if second(at + 6) => 12,
            (b'\\', Some(0xD800..0xE000)) => {
                out.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            (b'\\', _) => 2,
            _ => 1,
        };
        let end = (at + length).min(body.len());
        out.extend_from_slice(&body[at..end]);
        at = end;
    }
    out
}

/// A field of an answer that must be text.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, Fault> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(Fault::strange)
}

/// What may stand in an address as it is; everything else by its bytes.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Resolves addresses spelt out as numbers and nothing else: names are the proxy's affair.
#[derive(Debug)]
pub(crate) struct Literal;

impl Resolver for Literal {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let ip: IpAddr = host.parse().map_err(|_| ureq::Error::HostNotFound)?;
        let mut addresses = self.empty();
        addresses.push(SocketAddr::new(ip, uri.port_u16().unwrap_or(443)));
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_never_travel_in_the_clear() {
        let port: SocketAddr = "127.0.0.1:9050".parse().unwrap();
        for (base, proxy, fine) in [
            ("https://social.example", None, true),
            ("http://social.example", None, false),
            ("http://social.example", Some(port), false),
            ("http://127.0.0.1:3000/", None, true),
            ("http://abc.onion", None, false),
            ("http://abc.onion", Some(port), true),
            ("https://user@social.example", None, false),
            ("https://social.example/?x=1", None, false),
            ("ftp://social.example", None, false),
            ("", None, false),
        ] {
            assert_eq!(Line::new(base, proxy, "x").is_ok(), fine, "{base}");
        }
    }

    #[test]
    fn what_was_never_connected_was_never_done() {
        // Nothing listens on a port that was just given back.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        let line = Line::new(&base, None, "x").unwrap();
        let sent = line.json(Method::POST, "/", &[], &Value::Null);
        assert!(matches!(sent, Err(Fault::Later { .. })), "{sent:?}");
        // Through a port that is gone nothing leaves either.
        let gone = base.trim_start_matches("http://").parse().unwrap();
        let line = Line::new("https://social.example", Some(gone), "x").unwrap();
        let sent = line.json(Method::POST, "/", &[], &Value::Null);
        assert!(
            matches!(sent, Err(Fault::Later { .. } | Fault::Unknown { .. })),
            "{sent:?}"
        );
    }

    #[test]
    fn half_a_letter_spoils_no_answer() {
        let text = br#"{"cut":"a\ud83d","low":"\udc4db","whole":"\ud83d\udc4d","back":"\\ud83d"}"#;
        let value: Value = serde_json::from_slice(&mended(text)).unwrap();
        assert_eq!(value["cut"], "a\u{FFFD}");
        assert_eq!(value["low"], "\u{FFFD}b");
        assert_eq!(value["whole"], "👍");
        assert_eq!(value["back"], "\\ud83d");
    }

    #[test]
    fn answers_are_told_apart() {
        let answer = |status: u16, after: Option<u64>| Answer {
            status: StatusCode::from_u16(status).unwrap(),
            after: after.map(Duration::from_secs),
            headers: HeaderMap::new(),
            body: br#"{"message":"so"}"#.to_vec(),
        };
        assert!(answer(200, None).success().is_ok());
        assert_eq!(answer(422, None).success(), Err(Fault::refused("422: so")));
        assert_eq!(answer(401, None).success(), Err(Fault::account("401: so")));
        let later = answer(429, Some(7)).success();
        assert!(
            matches!(later, Err(Fault::Later { after: Some(after), .. }) if after.as_secs() == 7)
        );
        assert!(matches!(
            answer(500, None).success(),
            Err(Fault::Unknown { .. })
        ));
        assert!(matches!(
            answer(503, Some(1)).success(),
            Err(Fault::Unknown { after: Some(_), .. })
        ));
        assert!(
            matches!(
                answer(503, Some(1)).success().map_err(Fault::harmless),
                Err(Fault::Later { after: Some(_), .. })
            ),
            "where nothing changes it is no danger"
        );
    }
}
