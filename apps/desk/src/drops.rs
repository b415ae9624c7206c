//! The desk's side of the drop's protocol: reading the log, filling mailboxes, registering tokens.
//!
//! Blocking, because every caller runs on a blocking thread anyway. Nothing from a drop is trusted:
//! lengths are checked before memory is used, and what comes back is cells that open or do not.

use std::io::Read;
use std::time::Duration;

use ledger::LogVerifier;
use wire::{
    Confirmation, LogPosition, LogQuery, MailboxAddress, Registered, TokenHash, TokenRegistration,
    WireError,
};
use zeroize::Zeroizing;

use crate::config::DropEntry;

/// Cells asked for at once: 8 MiB, held once in memory while being written to the spool.
const FETCH_CELLS: u32 = 128;

/// A drop that does not answer within this time is tried again later.
const CONNECT: Duration = Duration::from_secs(20);
/// No single read or write may stall longer than this; the whole may take as long as it takes.
const STALL: Duration = Duration::from_secs(60);

/// Why a drop could not be used. Never contains a token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DropError {
    /// No connection, or it broke.
    #[error("the drop {url} cannot be reached: {reason}")]
    Unreachable {
        /// The drop's address.
        url: String,
        /// What the client said.
        reason: String,
    },
    /// It answered with an error status.
    #[error("the drop {url} answered {status}{hint}")]
    Status {
        /// The drop's address.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What to do about it.
        hint: &'static str,
    },
    /// The cells asked for were removed.
    #[error("the drop {url} removed cells that the desk has not read; it begins at {first} now")]
    Gone {
        /// The drop's address.
        url: String,
        /// The first offset that it still holds.
        first: u64,
    },
    /// The log is shorter than what was read of it.
    #[error("the log of the drop {url} is shorter than what the desk has read of it")]
    Shortened {
        /// The drop's address.
        url: String,
    },
    /// Its answer breaks the protocol.
    #[error("the drop {url} answered against the protocol: {what}")]
    Protocol {
        /// The drop's address.
        url: String,
        /// What is wrong.
        what: String,
    },
}

/// A stretch of a drop's log.
pub(crate) struct Stretch {
    /// Whole cells, one after another.
    pub(crate) cells: Vec<u8>,
    /// Where to go on reading, and how long the log is.
    pub(crate) position: LogPosition,
}

/// One drop, over HTTP.
#[derive(Clone)]
pub(crate) struct DropClient {
    entry: DropEntry,
    agent: ureq::Agent,
}

impl DropClient {
    /// A client for one configured drop; connects when used.
    pub(crate) fn new(entry: DropEntry) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_send_request(Some(STALL))
            .timeout_recv_response(Some(STALL))
            .max_redirects(0)
            .build();
        Self {
            entry,
            agent: config.into(),
        }
    }

    /// The drop's address.
    pub(crate) fn url(&self) -> &str {
        self.entry.url.as_str()
    }

    /// Reads a stretch of the log from `from` on; empty when there is nothing new.
    pub(crate) fn read_log(&self, from: u64) -> Result<Stretch, DropError> {
        self.read_some(from, FETCH_CELLS)
    }

    /// The first offset that the drop still holds, by its own word.
    pub(crate) fn first_held(&self) -> Result<u64, DropError> {
        match self.read_some(0, 1) {
            Ok(_) => Ok(0),
            Err(DropError::Gone { first, .. }) => Ok(first),
            Err(error) => Err(error),
        }
    }

    fn read_some(&self, from: u64, limit: u32) -> Result<Stretch, DropError> {
        let asked = LogQuery { from, limit };
        let mut response = self
            .agent
            .get(self.address(&wire::log_path(asked.from, asked.limit)))
            .header(wire::HEADER_AUTHORIZATION, self.bearer().as_str())
            .call()
            .map_err(|e| self.unreachable(&e))?;
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let first = || header(wire::HEADER_FIRST)?.parse::<u64>().ok();
        match (response.status().as_u16(), first()) {
            (410, Some(first)) if first > from => {
                return Err(DropError::Gone {
                    url: self.entry.url.to_string(),
                    first,
                });
            }
            (416, _) => {
                return Err(DropError::Shortened {
                    url: self.entry.url.to_string(),
                });
            }
            (status, _) => self.expect_success(status)?,
        }
        let (next, size) = (header(wire::HEADER_NEXT), header(wire::HEADER_SIZE));
        let limit = u64::from(limit) * wire::CELL_BYTES as u64;
        let mut cells = Vec::new();
        response
            .body_mut()
            .as_reader()
            .take(limit + 1)
            .read_to_end(&mut cells)
            .map_err(|e| self.unreachable(&e))?;
        let position = LogPosition::decode(next.as_deref(), size.as_deref(), asked, cells.len())
            .map_err(|e| self.protocol(&e))?;
        Ok(Stretch { cells, position })
    }

    /// The key of its log, when the owner gave it.
    pub(crate) fn log_key(&self) -> Option<&str> {
        self.entry.log_key.as_deref()
    }

    /// Whether this desk alone reads the drop, so that the drop may be told what it can remove.
    pub(crate) fn confirms(&self) -> bool {
        self.entry.confirm
    }

    /// What each session may store, when the owner said so.
    pub(crate) fn quota(&self) -> Option<u64> {
        self.entry.quota_bytes
    }

    /// Asks the drop for the key of its log.
    pub(crate) fn fetch_log_key(&self) -> Result<LogVerifier, DropError> {
        let text = self.get_small(wire::LOG_KEY, wire::MAX_CHECKPOINT_BYTES)?;
        let text = String::from_utf8_lossy(&text);
        text.trim_end().parse().map_err(|_| DropError::Protocol {
            url: self.entry.url.to_string(),
            what: "its log key cannot be understood".to_owned(),
        })
    }

    /// Its newest checkpoint, unchecked.
    pub(crate) fn fetch_checkpoint(&self) -> Result<Vec<u8>, DropError> {
        self.get_small(wire::CHECKPOINT, wire::MAX_CHECKPOINT_BYTES)
    }

    /// A tile of its tree, by C2SP name, unchecked.
    pub(crate) fn fetch_tile(&self, name: &str) -> Result<Vec<u8>, DropError> {
        let name = name.strip_prefix("tile/").unwrap_or(name);
        self.get_small(&format!("{}/{name}", wire::TILE), wire::MAX_TILE_BYTES)
    }

    fn get_small(&self, path: &str, most: usize) -> Result<Vec<u8>, DropError> {
        let mut response = self
            .agent
            .get(self.address(path))
            .header(wire::HEADER_AUTHORIZATION, self.bearer().as_str())
            .call()
            .map_err(|e| self.unreachable(&e))?;
        self.expect_success(response.status().as_u16())?;
        let mut body = Vec::new();
        response
            .body_mut()
            .as_reader()
            .take(most as u64)
            .read_to_end(&mut body)
            .map_err(|e| self.unreachable(&e))?;
        Ok(body)
    }

    /// Tells the drop that everything below an offset is safe here.
    pub(crate) fn confirm(&self, below: u64) -> Result<(), DropError> {
        let response = self
            .agent
            .post(self.address(wire::CONFIRM))
            .header(wire::HEADER_AUTHORIZATION, self.bearer().as_str())
            .content_type("application/json")
            .send(Confirmation { below }.encode())
            .map_err(|e| self.unreachable(&e))?;
        self.expect_success(response.status().as_u16())
    }

    /// Puts one cell into a mailbox, replacing what is there.
    pub(crate) fn put_mailbox(
        &self,
        address: &MailboxAddress,
        cell: &[u8],
    ) -> Result<(), DropError> {
        let response = self
            .agent
            .put(self.address(&wire::mailbox_path(address)))
            .header(wire::HEADER_AUTHORIZATION, self.bearer().as_str())
            .content_type(wire::OCTET_STREAM)
            .send(cell)
            .map_err(|e| self.unreachable(&e))?;
        self.expect_success(response.status().as_u16())
    }

    /// Tells the drop which session tokens to let in, by their hashes.
    pub(crate) fn register_tokens(&self, hashes: Vec<TokenHash>) -> Result<(), DropError> {
        self.tell_tokens(wire::TOKENS, hashes)
    }

    /// Tells the drop which session tokens it must not let in any more.
    pub(crate) fn revoke_tokens(&self, hashes: Vec<TokenHash>) -> Result<(), DropError> {
        self.tell_tokens(wire::REVOKE, hashes)
    }

    fn tell_tokens(&self, path: &str, hashes: Vec<TokenHash>) -> Result<(), DropError> {
        let sent = hashes.len();
        let body = TokenRegistration::new(hashes);
        let body = match self.quota() {
            Some(bytes) => body.and_then(|body| body.with_quota(bytes)),
            None => body,
        };
        let body = body.map_err(|e| self.protocol(&e))?;
        let mut response = self
            .agent
            .post(self.address(path))
            .header(wire::HEADER_AUTHORIZATION, self.bearer().as_str())
            .content_type("application/json")
            .send(body.encode())
            .map_err(|e| self.unreachable(&e))?;
        self.expect_success(response.status().as_u16())?;
        let mut answer = Vec::new();
        response
            .body_mut()
            .as_reader()
            .take(wire::MAX_JSON_BYTES as u64)
            .read_to_end(&mut answer)
            .map_err(|e| self.unreachable(&e))?;
        Registered::decode(&answer, sent).map_err(|e| self.protocol(&e))?;
        Ok(())
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.entry.url)
    }

    fn bearer(&self) -> Zeroizing<String> {
        wire::bearer_value(self.entry.token.expose())
    }

    fn unreachable(&self, error: &dyn std::error::Error) -> DropError {
        DropError::Unreachable {
            url: self.entry.url.to_string(),
            reason: error.to_string(),
        }
    }

    fn protocol(&self, source: &WireError) -> DropError {
        DropError::Protocol {
            url: self.entry.url.to_string(),
            what: source.to_string(),
        }
    }

    fn expect_success(&self, status: u16) -> Result<(), DropError> {
        if (200..300).contains(&status) {
            return Ok(());
        }
        let hint = match status {
            401 | 403 => "; check the token with `fh-desk drop add`",
            404 => "; is this the address of a drop?",
            507 => "; the drop is full",
            500..=599 => "; the drop has a fault of its own, the desk tries again",
            _ => "",
        };
        Err(DropError::Status {
            url: self.entry.url.to_string(),
            status,
            hint,
        })
    }
}
