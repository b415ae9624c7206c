//! The kit: the one file a reporter is given, holding the newsroom's public key and what makes their cells theirs.
//!
//! Two lines of text: `fh-kit/1` with a checksum, so that a damaged copy is told from a wrong file, then canonical JSON.
//! It has no pseudonym in it. It is secret as a whole: who holds it can send as this kit.

use std::fmt;
use std::str::FromStr;

use keys::{ChainKey, CustodianVerifyingKey, IntakeRecipient};
use ledger::{LogVerifier, sha256};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::canonical::read_json;
use crate::error::{DecodeError, at_most, version};
use crate::id::KitId;
use crate::secret::{SecretHex, to_wiped_vec};

const WHAT: &str = "kit";
const MAGIC: &[u8] = b"fh-kit/";
/// The version this program writes and reads.
pub const VERSION: u32 = 1;
/// The longest file accepted.
pub const ENCODED_MAX: usize = 1024 * 1024;
/// The most drops a kit names.
pub const DROPS_MAX: usize = 16;
/// The most session tokens for one drop.
pub const TOKENS_MAX: usize = 4_096;
/// The most custodian keys a kit pins.
pub const CUSTODIANS_MAX: usize = 32;
/// The longest newsroom or custodian name, in bytes.
pub const NAME_MAX: usize = 200;
/// The longest drop URL, in bytes.
pub const URL_MAX: usize = 255;

/// Where a drop is: `http` or `https`, a host, perhaps a port, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DropUrl(String);

impl DropUrl {
    /// The URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the line to it is protected by TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The host, without brackets if it is an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.authority();
        match authority
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            Some((host, _)) => host,
            None => authority.split(':').next().unwrap_or(authority),
        }
    }

    fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, rest)| rest)
    }
}

impl FromStr for DropUrl {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        const RULE: &str = "a drop's URL is http:// or https:// with a host and perhaps a port";
        let bad = || DecodeError::invalid("drop URL", RULE);
        at_most("drop URL", URL_MAX, text.len())?;
        let authority = text
            .strip_prefix("http://")
            .or_else(|| text.strip_prefix("https://"))
            .ok_or_else(bad)?;
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or_else(bad)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| bad())?;
                (host, port)
            }
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let letters = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b".-:".contains(&c);
        let port_fits = match port.strip_prefix(':') {
            Some(digits) => digits
                .parse::<u16>()
                .is_ok_and(|p| p > 0 && p.to_string() == digits),
            None => port.is_empty(),
        };
        if host.is_empty() || !host.bytes().all(letters) || !port_fits {
            return Err(bad());
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for DropUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for DropUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DropUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// One session at one drop, spent on use.
pub struct SessionToken(SecretHex);

impl SessionToken {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretHex(bytes))
    }

    /// The bytes, for showing them to the drop and for storing them sealed.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

impl Clone for SessionToken {
    fn clone(&self) -> Self {
        Self::from_bytes(self.0.0)
    }
}

impl PartialEq for SessionToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.0 == other.0.0
    }
}

impl Eq for SessionToken {}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

/// A drop that this kit may use.
#[derive(Debug)]
pub struct KitDrop {
    /// Where it is.
    pub url: DropUrl,
    /// What its checkpoints are signed with, if the desk knew when it made the kit.
    pub log_key: Option<LogVerifier>,
    /// One token per session, used once.
    pub tokens: Vec<SessionToken>,
}

/// A custodian whose signature a later bulletin may carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custodian {
    /// Their name, as the newsroom calls them.
    pub name: String,
    /// Their key.
    pub key: CustodianVerifyingKey,
}

/// What a reporter is given.
#[derive(Debug)]
pub struct Kit {
    /// What the newsroom calls itself.
    pub newsroom: String,
    /// Whose kit, known to the desk alone.
    pub id: KitId,
    /// When it was made, in microseconds since 1970 UTC: the beginning of epoch 0.
    pub issued_at: i64,
    /// What everything is sealed to.
    pub intake: IntakeRecipient,
    /// Which intake identity that is.
    pub intake_epoch: u32,
    /// CK(0).
    pub chain: ChainKey,
    /// Where to send.
    pub drops: Vec<KitDrop>,
    /// Who may sign bulletins.
    pub custodians: Vec<Custodian>,
    /// How many different custodians' signatures a bulletin needs; 0 only where no custodian is pinned, and then none counts.
    pub threshold: u8,
    /// Number of the newsroom's last bulletin when the kit was made: only later ones count.
    pub bulletin: u32,
}

// Declared in sorted order: this is the canonical encoding.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    bulletin: u32,
    chain: SecretHex,
    custodians: Vec<CustodianJson>,
    drops: Vec<DropJson>,
    intake: IntakeJson,
    issued_at: i64,
    kit: KitId,
    newsroom: String,
    threshold: u8,
    version: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustodianJson {
    key: String,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DropJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_key: Option<String>,
    tokens: Vec<SecretHex>,
    url: DropUrl,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntakeJson {
    pub(crate) epoch: u32,
    pub(crate) recipient: String,
}

impl Kit {
    /// The one encoding: the file's bytes.
    ///
    /// # Errors
    /// When the kit breaks a rule that decoding would refuse.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        let json = self.to_json();
        json.check()?;
        let body = json.encode()?;
        let mut out = Zeroizing::new(Vec::with_capacity(body.len() + 80));
        out.extend_from_slice(head(&body).as_bytes());
        out.extend_from_slice(&body);
        out.push(b'\n');
        at_most(WHAT, ENCODED_MAX, out.len())?;
        Ok(out)
    }

    /// Reads a kit file.
    ///
    /// # Errors
    /// Not a kit, another version, damaged, not canonical, or against a rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        at_most(WHAT, ENCODED_MAX, bytes.len())?;
        let body = checked_body(bytes)?;
        let json: Json = read_json(WHAT, body)?;
        json.check()?;
        if json.encode()?.as_slice() != body {
            return Err(DecodeError::NotCanonical { what: WHAT });
        }
        json.open()
    }

    fn to_json(&self) -> Json {
        let drop_json = |drop: &KitDrop| DropJson {
            log_key: drop.log_key.as_ref().map(LogVerifier::to_string),
            tokens: drop
                .tokens
                .iter()
                .map(|t| SecretHex(*t.expose_bytes()))
                .collect(),
            url: drop.url.clone(),
        };
        Json {
            bulletin: self.bulletin,
            chain: SecretHex(*self.chain.expose_bytes()),
            custodians: self.custodians.iter().map(CustodianJson::of).collect(),
            drops: self.drops.iter().map(drop_json).collect(),
            intake: IntakeJson::of(self.intake_epoch, &self.intake),
            issued_at: self.issued_at,
            kit: self.id,
            newsroom: self.newsroom.clone(),
            threshold: self.threshold,
            version: VERSION,
        }
    }
}

/// The first line: magic, version, checksum of the body.
fn head(body: &[u8]) -> String {
    format!("fh-kit/{VERSION} {}\n", sha256(body))
}

/// Takes the first line and the last newline off, and checks magic, version and checksum.
fn checked_body(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or(DecodeError::Magic { what: WHAT })?;
    let cut = || DecodeError::Truncated {
        what: WHAT,
        need: bytes.len() + 1,
        got: bytes.len(),
    };
    let end = rest.iter().position(|b| *b == b'\n').ok_or_else(cut)?;
    let (line, body) = (&rest[..end], &rest[end + 1..]);
    let digits = line.iter().take_while(|b| b.is_ascii_digit()).count();
    let version = std::str::from_utf8(&line[..digits])
        .ok()
        .and_then(|v| v.parse().ok());
    match version {
        Some(VERSION) => {}
        Some(got) => {
            return Err(DecodeError::Version {
                what: WHAT,
                expected: VERSION,
                got,
            });
        }
        None => return Err(DecodeError::Magic { what: WHAT }),
    }
    let end = body.iter().position(|b| *b == b'\n').ok_or_else(cut)?;
    let (body, after) = (&body[..end], &body[end + 1..]);
    if !after.is_empty() {
        return Err(DecodeError::Trailing {
            what: WHAT,
            extra: after.len(),
        });
    }
    if &bytes[..bytes.len() - body.len() - 1] != head(body).as_bytes() {
        return Err(DecodeError::Checksum { what: WHAT });
    }
    Ok(body)
}

impl Json {
    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        to_wiped_vec(self, ENCODED_MAX).map_err(|e| DecodeError::json(WHAT, &e))
    }

    fn check(&self) -> Result<(), DecodeError> {
        version(WHAT, VERSION, self.version)?;
        at_most("drops of a kit", DROPS_MAX, self.drops.len())?;
        check_custodians(WHAT, &self.custodians, self.threshold)?;
        check_newsroom(WHAT, &self.newsroom)?;
        for (i, drop) in self.drops.iter().enumerate() {
            at_most("tokens of a drop", TOKENS_MAX, drop.tokens.len())?;
            if self.drops[..i].iter().any(|other| other.url == drop.url) {
                return Err(DecodeError::invalid(WHAT, "each drop is named once"));
            }
        }
        Ok(())
    }

    fn open(self) -> Result<Kit, DecodeError> {
        let intake = self.intake.open(WHAT)?;
        let custodians = self.custodians.into_iter().map(|one| one.open(WHAT));
        let drops = self.drops.into_iter().map(DropJson::open);
        Ok(Kit {
            newsroom: self.newsroom,
            id: self.kit,
            issued_at: self.issued_at,
            intake,
            intake_epoch: self.intake.epoch,
            chain: ChainKey::from_bytes(self.chain.0),
            drops: drops.collect::<Result<_, _>>()?,
            custodians: custodians.collect::<Result<_, _>>()?,
            threshold: self.threshold,
            bulletin: self.bulletin,
        })
    }
}

impl DropJson {
    fn open(self) -> Result<KitDrop, DecodeError> {
        let bad =
            |_| DecodeError::invalid(WHAT, "a drop's log key is a name, an id and an Ed25519 key");
        let log_key = self.log_key.map(|key| key.parse().map_err(bad));
        Ok(KitDrop {
            url: self.url,
            log_key: log_key.transpose()?,
            tokens: self.tokens.into_iter().map(SessionToken).collect(),
        })
    }
}

/// Holds a newsroom's name to one line, here and in bulletins.
pub(crate) fn check_newsroom(what: &'static str, name: &str) -> Result<(), DecodeError> {
    at_most("newsroom name", NAME_MAX, name.len())?;
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(DecodeError::invalid(
            what,
            "the newsroom has a one-line name",
        ));
    }
    Ok(())
}

/// Holds a custodian set to its rules, here and in bulletins: nobody twice, and a threshold that can be met.
pub(crate) fn check_custodians(
    what: &'static str,
    custodians: &[CustodianJson],
    threshold: u8,
) -> Result<(), DecodeError> {
    at_most("custodians", CUSTODIANS_MAX, custodians.len())?;
    for (i, custodian) in custodians.iter().enumerate() {
        at_most("custodian name", NAME_MAX, custodian.name.len())?;
        let twice =
            |other: &CustodianJson| other.key == custodian.key || other.name == custodian.name;
        if custodians[..i].iter().any(twice) {
            return Err(DecodeError::invalid(what, "each custodian is named once"));
        }
    }
    let fits =
        usize::from(threshold) <= custodians.len() && (threshold > 0 || custodians.is_empty());
    if !fits {
        return Err(DecodeError::invalid(
            what,
            "the threshold is between 1 and the number of custodians",
        ));
    }
    Ok(())
}

impl IntakeJson {
    pub(crate) fn of(epoch: u32, recipient: &IntakeRecipient) -> Self {
        Self {
            epoch,
            recipient: recipient.to_string(),
        }
    }

    /// Reads the recipient in its one spelling: the same key in capitals would be a second encoding.
    pub(crate) fn open(&self, what: &'static str) -> Result<IntakeRecipient, DecodeError> {
        let recipient: Option<IntakeRecipient> = self.recipient.parse().ok();
        recipient
            .filter(|one| one.to_string() == self.recipient)
            .ok_or_else(|| DecodeError::invalid(what, "the intake recipient is an age1pq1... key"))
    }
}

impl CustodianJson {
    pub(crate) fn of(custodian: &Custodian) -> Self {
        Self {
            key: hex::encode(custodian.key.as_bytes()),
            name: custodian.name.clone(),
        }
    }

    pub(crate) fn open(self, what: &'static str) -> Result<Custodian, DecodeError> {
        Ok(Custodian {
            name: self.name,
            key: custodian_key(what, &self.key)?,
        })
    }
}

/// Reads a custodian's verifying key.
pub(crate) fn custodian_key(
    what: &'static str,
    spelt: &str,
) -> Result<CustodianVerifyingKey, DecodeError> {
    let bad = || DecodeError::invalid(what, "a custodian's key is an Ed25519 key");
    let bytes: [u8; 32] = hex::decode(spelt)
        .ok()
        .filter(|_| !spelt.bytes().any(|b| b.is_ascii_uppercase()))
        .and_then(|key| key.try_into().ok())
        .ok_or_else(bad)?;
    CustodianVerifyingKey::from_bytes(&bytes).map_err(|_| bad())
}
