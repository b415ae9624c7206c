//! One line of a server's log. Two forms: our own for nginx, seven fields behind a mark, and Caddy's JSON.

use std::net::IpAddr;

use jiff::civil::Date;
use ledger::{Digest, sha256};
use serde_json::Value;
use thiserror::Error;

/// The longest line; whatever is longer was made to be.
const LONGEST: usize = 16 * 1024;
/// The longest address of a page.
const PAGE_MOST: usize = 200;
/// The mark of our own form.
const MARK: &str = "fh1";
/// What an agent calls itself that is no reader; the configurations in `docs/reach.md` have the same words.
const ROBOTS: [&str; 17] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "scan",
    "fetch",
    "monitor",
    "preview",
    "headless",
    "archiv",
    "curl",
    "wget",
    "python",
    "java/",
    "go-http-client",
    "libwww",
    "http-client",
];

/// Why a line counts for nothing and is looked at by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LineError {
    /// More than any server of ours writes.
    #[error("longer than {LONGEST} bytes")]
    Long,
    /// Neither of the two forms.
    #[error("neither our form nor Caddy's")]
    Form,
    /// A field is missing or is not what it should be.
    #[error("the field `{0}` is not what it should be")]
    Field(&'static str),
}

/// What names a log: a digest of its first line's random number, and of nothing that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogName(pub Digest);

/// Where a request came from, as the server tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A country that the server looked up: two capital letters.
    Country([u8; 2]),
    /// The onion service.
    Onion,
    /// The server does not say.
    Unknown,
    /// An address, to be looked up at once and dropped.
    Address(IpAddr),
}

/// A page that was shown to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its address from the site's root, without `/` at the beginning and without a question.
    pub page: String,
    /// From where.
    pub origin: Origin,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The day in UTC, in days since 1970.
    pub day: i64,
    /// What its log is called, if this is the first line.
    pub log: LogName,
    /// What counts; nothing for robots, failures, and files that are no page.
    pub request: Option<Request>,
}

/// Reads one line, without its end.
///
/// # Errors
/// [`LineError`], which says nothing of what the line holds.
pub fn read_line(line: &[u8]) -> Result<Line, LineError> {
    if line.len() > LONGEST {
        return Err(LineError::Long);
    }
    let text = std::str::from_utf8(line).map_err(|_| LineError::Form)?;
    match text.as_bytes().first() {
        Some(b'{') => caddy(text),
        _ => ours(text),
    }
}

/// What both forms tell, as text.
struct Fields<'a> {
    day: i64,
    nonce: &'a str,
    method: &'a str,
    status: &'a str,
    origin: Origin,
    agent: &'a str,
    path: &'a str,
}

impl Fields<'_> {
    fn line(&self) -> Line {
        let mut named = b"fh1/reach-log".to_vec();
        named.extend_from_slice(self.nonce.as_bytes());
        let shown = self.method == "GET" && matches!(self.status, "200" | "304");
        let page = (shown && is_reader(self.agent))
            .then(|| page(self.path))
            .flatten();
        Line {
            day: self.day,
            log: LogName(sha256(&named)),
            request: page.map(|page| Request {
                page,
                origin: self.origin,
            }),
        }
    }
}

/// `fh1 DAY NONCE METHOD STATUS ORIGIN AGENT PATH`, with tabs between.
fn ours(text: &str) -> Result<Line, LineError> {
    let fields: Vec<&str> = text.split('\t').collect();
    let [MARK, day, nonce, method, status, origin, agent, path] = fields[..] else {
        return Err(LineError::Form);
    };
    let random = nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_hexdigit());
    if !random {
        return Err(LineError::Field("nonce"));
    }
    let fields = Fields {
        day: day_of(day)?,
        nonce,
        method,
        status: number(status)?,
        origin: origin_of(origin)?,
        agent,
        path,
    };
    Ok(fields.line())
}

/// Caddy's access log as JSON, whole or with fields removed and `fh_origin` appended.
fn caddy(text: &str) -> Result<Line, LineError> {
    let value: Value = serde_json::from_str(text).map_err(|_| LineError::Form)?;
    let word = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    let origin = match (word("/fh_origin"), address_of(&value)) {
        (Some(named), _) => origin_of(named)?,
        (None, Some(address)) => origin_of(address)?,
        (None, None) => Origin::Unknown,
    };
    let (day, moment) = moment(value.get("ts").ok_or(LineError::Field("ts"))?)?;
    let status = value.get("status").map(Value::to_string);
    let path = word("/request/uri").ok_or(LineError::Field("uri"))?;
    // Moments are finer than a millionth of a second: with the page they name a log's first line.
    let moment = format!("{moment} {path}");
    let fields = Fields {
        day,
        nonce: word("/fh_nonce").unwrap_or(&moment),
        method: word("/request/method").ok_or(LineError::Field("method"))?,
        status: number(status.as_deref().ok_or(LineError::Field("status"))?)?,
        origin,
        agent: word("/request/headers/User-Agent/0").unwrap_or_default(),
        path,
    };
    Ok(fields.line())
}

/// The address that the server believes, else the one that it sees.
fn address_of(value: &Value) -> Option<&str> {
    let named = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    named("/request/client_ip").or_else(|| named("/request/remote_ip"))
}

/// Seconds since 1970 or a date, as Caddy is told to write them; and the text itself.
fn moment(ts: &Value) -> Result<(i64, String), LineError> {
    if let Some(text) = ts.as_str() {
        let date = text.get(..10).ok_or(LineError::Field("ts"))?;
        return Ok((day_of(&date.replace('/', "-"))?, text.to_owned()));
    }
    let text = ts.to_string();
    let whole = text.split('.').next().unwrap_or_default();
    let seconds: i64 = whole.parse().map_err(|_| LineError::Field("ts"))?;
    // Not before 1970, and not so late that a day could not be written.
    if !(0..=253_402_300_799).contains(&seconds) {
        return Err(LineError::Field("ts"));
    }
    Ok((seconds.div_euclid(86_400), text))
}

fn day_of(text: &str) -> Result<i64, LineError> {
    let date: Date = text.parse().map_err(|_| LineError::Field("day"))?;
    let since = date.since((jiff::Unit::Day, Date::constant(1970, 1, 1)));
    let days = since.map_err(|_| LineError::Field("day"))?.get_days();
    if text.len() != 10 || days < 0 {
        return Err(LineError::Field("day"));
    }
    Ok(i64::from(days))
}

fn number(text: &str) -> Result<&str, LineError> {
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(LineError::Field("status"))
    }
}

fn origin_of(text: &str) -> Result<Origin, LineError> {
    match text.as_bytes() {
        b"-" | b"" => return Ok(Origin::Unknown),
        b"onion" => return Ok(Origin::Onion),
        [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => {
            return Ok(Origin::Country([*a, *b]));
        }
        _ => {}
    }
    let address = text.parse().map_err(|_| LineError::Field("origin"))?;
    Ok(Origin::Address(address))
}

/// Whether an agent is taken for a person's browser. `reader` and `bot` are what a server writes that decides itself.
fn is_reader(agent: &str) -> bool {
    if matches!(agent, "" | "-") {
        return false;
    }
    let agent = agent.to_ascii_lowercase();
    !ROBOTS.iter().any(|robot| agent.contains(robot))
}

/// The page behind a request's path: HTML and feeds, under names that a site of ours can have.
fn page(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next()?.strip_prefix('/')?;
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    if !path.bytes().all(fine) || path.contains("..") || path.contains("//") {
        return None;
    }
    let whole = if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    };
    let feed = whole.ends_with(".xml") && !whole.starts_with("sitemap");
    let counts = whole.ends_with(".html") || feed || whole.ends_with("/feed.json");
    (counts && whole.len() <= PAGE_MOST).then_some(whole)
}
