//! The store: groups of deposits made durable together, and everything that is read back.
//!
//! Synchronous and without a clock. One writer at a time; readers never wait for a sync.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::{Bytes, BytesMut};
use thiserror::Error;
use wire::{CellHash, MailboxAddress, SecretHash, SessionSecret, TokenHash};
use zeroize::Zeroizing;

use crate::confirmed::Confirmed;
use crate::disk::{Disk, read_whole, replace};
use crate::limits::Limits;
use crate::mailbox::{MailboxError, Mailboxes};
use crate::metrics::Metrics;
use crate::pack::{Floor, Log, NewCell, Tail};
use crate::sessions::{self, Additions, Bind, Entry, PendingIndex, Session, Sessions};
use crate::tokens::Tokens;
use crate::tree::Tree;

const SECRET: &str = "secret";

/// Why a drop does not store, or does not answer a session.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The token was never registered, or its session has ended.
    #[error("the token is not known")]
    UnknownToken,
    /// The token is bound to another secret.
    #[error("the token belongs to another session")]
    OtherSession,
    /// The session has stored as much as it may.
    #[error("the session is full")]
    SessionFull,
    /// The drop has stored as much as it may, or its disk is full.
    #[error("the drop is full")]
    StorageFull,
    /// The disk failed.
    #[error("the drop cannot store")]
    Unavailable,
}

/// Why tokens were not registered.
#[derive(Debug, Error)]
pub enum RegisterError {
    /// More tokens than a drop keeps.
    #[error("the drop keeps no more than {0} tokens")]
    TooMany(usize),
    /// The disk failed.
    #[error("the tokens could not be written")]
    Disk(#[from] io::Error),
}

/// Why a store could not be opened.
#[derive(Debug, Error)]
#[error("the drop's {part} cannot be opened: {source}")]
pub struct OpenError {
    part: &'static str,
    source: io::Error,
}

/// One whole cell that came in a session.
pub struct Arrived {
    bytes: Bytes,
    hash: CellHash,
    entry: Entry,
}

impl Arrived {
    /// Takes a cell in; hashes it. `None` unless it has the size of a cell.
    #[must_use]
    pub fn new(bytes: Bytes, secret: &SessionSecret) -> Option<Self> {
        if bytes.len() != wire::CELL_BYTES {
            return None;
        }
        let hash = CellHash::of(&bytes);
        Some(Self {
            bytes,
            hash,
            entry: sessions::entry(secret, &hash),
        })
    }

    /// Its memory, emptied, unless somebody else holds the cell too.
    pub(crate) fn into_memory(self) -> Option<BytesMut> {
        let mut memory = self.bytes.try_into_mut().ok()?;
        memory.clear();
        Some(memory)
    }
}

/// Some whole cells of one request.
pub struct Deposit {
    /// The session's token.
    pub token: TokenHash,
    /// The session's secret, hashed.
    pub secret: SecretHash,
    /// The cells, in order.
    pub cells: Vec<Arrived>,
}

/// What became of a deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Cells from its beginning that are on the disk.
    pub stored: u32,
    /// Why the next one is not.
    pub refusal: Option<Refusal>,
}

/// What opening found and repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Cells in the log.
    pub cells: u64,
    /// Bytes cut from a torn end.
    pub cut_bytes: u64,
    /// Cells in the last pack that are damaged. They keep their place.
    pub damaged: usize,
}

/// A drop's store.
pub struct Store {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) limits: Limits,
    metrics: Arc<Metrics>,
    pub(crate) log: Log,
    pub(crate) tree: Tree,
    pub(crate) confirmed: Mutex<Confirmed>,
    /// Who reads this log.
    pub(crate) desks: Mutex<Vec<wire::TokenHash>>,
    mail: Mailboxes,
    tokens: RwLock<Tokens>,
    sessions: RwLock<Sessions>,
    pub(crate) writer: Mutex<Writer>,
}

pub(crate) struct Writer {
    tail: Tail,
    /// A sync failed: nothing on this disk can be relied on until it is opened anew.
    broken: bool,
}

/// A group, decided but not yet written.
#[derive(Default)]
struct Plan<'a> {
    cells: Vec<NewCell<'a>>,
    additions: Additions,
    outcomes: Vec<Outcome>,
    repeated: usize,
}

impl Store {
    /// Opens a store, or makes one. `fresh` becomes the drop's secret when there is none yet.
    ///
    /// # Errors
    /// [`OpenError`] when the disk fails, or holds something that cannot be a torn write.
    pub fn open(
        disk: Arc<dyn Disk>,
        limits: Limits,
        fresh: Zeroizing<[u8; 32]>,
        now: i64,
    ) -> Result<(Self, Recovery), OpenError> {
        let part = |part| move |source| OpenError { part, source };
        let secret = load_secret(disk.as_ref(), fresh).map_err(part("secret"))?;
        let tree = Tree::open(Arc::clone(&disk), &secret, &limits, now).map_err(part("tree"))?;
        let confirmed =
            Confirmed::open(disk.as_ref()).map_err(part("list of confirmed offsets"))?;
        let floor = Floor {
            removed: confirmed.below(),
            signed: tree.head().size(),
        };
        let opened =
            Log::open(Arc::clone(&disk), limits.pack_cells, floor).map_err(part("log of cells"))?;
        tree.mend(&opened.log).map_err(part("tree"))?;
        let (log, damaged) = (opened.log, opened.damaged);
        let holds = |range: std::ops::Range<u64>| {
            range.end <= log.size() && !damaged.iter().any(|offset| range.contains(offset))
        };
        let sessions = Sessions::open(disk.as_ref(), &holds).map_err(part("index of sessions"))?;
        let tokens = Tokens::open(disk.as_ref()).map_err(part("list of tokens"))?;
        let mail = Mailboxes::open(Arc::clone(&disk), secret, limits.mailboxes)
            .map_err(part("mailboxes"))?;
        let recovery = Recovery {
            cells: log.size(),
            cut_bytes: opened.cut_bytes,
            damaged: damaged.len(),
        };
        let store = Self {
            disk,
            limits,
            metrics: Arc::new(Metrics::default()),
            log,
            tree,
            confirmed: Mutex::new(confirmed),
            desks: Mutex::default(),
            mail,
            tokens: RwLock::new(tokens),
            sessions: RwLock::new(sessions),
            writer: Mutex::new(Writer {
                tail: opened.tail,
                broken: false,
            }),
        };
        store.show_size();
        store.sweep(now).map_err(part("index of sessions"))?;
        Ok((store, recovery))
    }

    /// The limits it was opened with.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Its counters.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Whether it can store.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.writer.try_lock().map_or(true, |writer| !writer.broken)
    }

    /// Whether a session may go on, before its body is read.
    ///
    /// # Errors
    /// The [`Refusal`] that storing would meet.
    pub fn admit(&self, token: &TokenHash, secret: &SecretHash, now: i64) -> Result<(), Refusal> {
        let sessions = self.sessions();
        admit(&sessions, &self.tokens(), token, secret, now).map(|_| ())
    }

    /// Positions of those cells that this session has not stored.
    ///
    /// # Errors
    /// [`Refusal::UnknownToken`] and [`Refusal::OtherSession`].
    pub fn missing(
        &self,
        token: &TokenHash,
        secret: &SessionSecret,
        hashes: &[CellHash],
        now: i64,
    ) -> Result<Vec<u32>, Refusal> {
        let sessions = self.sessions();
        let session = admit(&sessions, &self.tokens(), token, &secret.hash(), now)?;
        let there = |hash: &CellHash| {
            let entry = sessions::entry(secret, hash);
            session.is_some_and(|session| session.entries.contains(&entry))
        };
        Ok((0..)
            .zip(hashes)
            .filter(|(_, hash)| !there(hash))
            .map(|(position, _)| position)
            .collect())
    }

    /// Stores a group of deposits with one sync. When it returns, what it says is on the disk is there.
    pub fn commit(&self, group: &[Deposit], now: i64) -> Vec<Outcome> {
        let mut writer = lock(&self.writer);
        if writer.broken {
            return refuse(group, Refusal::Unavailable);
        }
        let plan = self.plan(group, now);
        if plan.cells.is_empty() {
            Metrics::add(&self.metrics.cells_repeated, plan.repeated);
            return plan.outcomes;
        }
        match self.write(&mut writer, plan) {
            Ok(outcomes) => outcomes,
            Err(refusal) => {
                Metrics::add(&self.metrics.disk_failures, 1);
                refuse(group, refusal)
            }
        }
    }

    fn plan<'a>(&self, group: &'a [Deposit], now: i64) -> Plan<'a> {
        let sessions = self.sessions();
        let tokens = self.tokens();
        let mut plan = Plan::default();
        for deposit in group {
            let outcome = match self.plan_one(&sessions, &tokens, &mut plan, deposit, now) {
                Ok(stored) => Outcome {
                    stored,
                    refusal: None,
                },
                Err(outcome) => outcome,
            };
            plan.outcomes.push(outcome);
        }
        plan
    }

    fn plan_one<'a>(
        &self,
        sessions: &Sessions,
        tokens: &Tokens,
        plan: &mut Plan<'a>,
        deposit: &'a Deposit,
        now: i64,
    ) -> Result<u32, Outcome> {
        let refused = |stored, refusal| Outcome {
            stored,
            refusal: Some(refusal),
        };
        let Deposit { token, secret, .. } = deposit;
        let session =
            admit(sessions, tokens, token, secret, now).map_err(|refusal| refused(0, refusal))?;
        if session.is_none() {
            match plan
                .additions
                .binds
                .iter()
                .find(|bind| bind.token == *token)
            {
                Some(bind) if bind.secret != *secret => {
                    return Err(refused(0, Refusal::OtherSession));
                }
                Some(_) => {}
                None => plan.additions.binds.push(Bind {
                    token: *token,
                    secret: *secret,
                    at: now,
                }),
            }
        }
        let before = session.map(|session| &session.entries);
        let fresh: &mut HashSet<Entry> = plan.additions.entries.entry(*token).or_default();
        let mut stored = 0;
        for cell in &deposit.cells {
            let known = before.is_some_and(|before| before.contains(&cell.entry));
            if known || fresh.contains(&cell.entry) {
                plan.repeated += 1;
            } else {
                let count = before.map_or(0, HashSet::len) + fresh.len();
                if count as u64 >= tokens.quota(token).unwrap_or(self.limits.session_cells) {
                    return Err(refused(stored, Refusal::SessionFull));
                }
                let held = self.log.size() - self.log.first();
                if held + plan.cells.len() as u64 >= self.limits.total_cells {
                    return Err(refused(stored, Refusal::StorageFull));
                }
                fresh.insert(cell.entry);
                plan.cells.push(NewCell {
                    bytes: &cell.bytes,
                    hash: cell.hash,
                });
            }
            stored += 1;
        }
        Ok(stored)
    }

    /// Writes and syncs a plan. On error nothing of it counts; after a failed sync nothing ever will.
    fn write(&self, writer: &mut Writer, plan: Plan<'_>) -> Result<Vec<Outcome>, Refusal> {
        let Plan {
            cells,
            additions,
            outcomes,
            repeated,
        } = plan;
        let prepared = self.sessions_mut().prepare(self.disk.as_ref(), &additions);
        if let Err(error) = prepared {
            writer.broken = !out_of_space(&error);
            return Err(failed(&error));
        }
        let mut pending = PendingIndex::default();
        let appended = self.log.append(&mut writer.tail, &cells).and_then(|range| {
            self.sessions()
                .write(&additions, range.clone(), &mut pending)?;
            Ok(range)
        });
        let range = match appended {
            Ok(range) => range,
            Err(error) => {
                let back = pending
                    .take_back()
                    .and(self.log.take_back(&mut writer.tail));
                writer.broken = back.is_err() || !out_of_space(&error);
                return Err(failed(&error));
            }
        };
        let files: Vec<_> = std::iter::once(writer.tail.file())
            .chain(pending.files())
            .collect();
        if let Err(error) = self.disk.sync_together(&files) {
            writer.broken = true;
            return Err(failed(&error));
        }
        self.sessions_mut().apply(additions, pending);
        self.log.publish(range.end);
        self.show_size();
        Metrics::add(&self.metrics.groups, 1);
        Metrics::add(&self.metrics.cells_stored, cells.len());
        Metrics::add(&self.metrics.cells_repeated, repeated);
        Ok(outcomes)
    }

    /// Registers session tokens by hash. Known ones are fine.
    ///
    /// # Errors
    /// [`RegisterError`] when there are too many or the disk fails.
    pub fn register(&self, hashes: &[TokenHash]) -> Result<(), RegisterError> {
        self.register_with(hashes, None)
    }

    /// Registers session tokens that may store so many cells each, or as many as the drop allows.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub fn register_with(
        &self,
        hashes: &[TokenHash],
        quota: Option<u64>,
    ) -> Result<(), RegisterError> {
        let _writer = lock(&self.writer);
        let next = self.tokens().with(hashes, quota, &[]);
        if next.len() > self.limits.tokens {
            return Err(RegisterError::TooMany(self.limits.tokens));
        }
        if next.len() > self.tokens().len() {
            next.save(self.disk.as_ref())?;
            *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = next;
        }
        Ok(())
    }

    /// Takes session tokens back, by hash; sessions under way with them end. Unknown ones are fine.
    ///
    /// # Errors
    /// [`RegisterError`] when the disk fails.
    pub fn revoke(&self, hashes: &[TokenHash]) -> Result<(), RegisterError> {
        let _writer = lock(&self.writer);
        let next = self.tokens().with(&[], None, hashes);
        if next.len() < self.tokens().len() {
            next.save(self.disk.as_ref())?;
            *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = next;
        }
        Ok(())
    }

    /// Forgets sessions after their 24 hours and replies that nobody can read any more.
    ///
    /// # Errors
    /// What the disk answers; nothing is half forgotten, and the next sweep tries again.
    pub fn sweep(&self, now: i64) -> io::Result<()> {
        let _writer = lock(&self.writer);
        let ended = self.sessions().expired(now);
        if !ended.is_empty() {
            let next = self.tokens().with(&[], None, &ended);
            next.save(self.disk.as_ref())?;
            *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = next;
        }
        self.sessions_mut().forget(self.disk.as_ref(), now)?;
        self.mail.sweep(now)?;
        self.make_room(now).map(|_| ())
    }

    /// Synced cells in the log.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.log.size()
    }

    /// Appends cells from an offset to `out`; may stop early, and returns how many they were.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn read(&self, from: u64, most: u64, out: &mut Vec<u8>) -> io::Result<u64> {
        self.log.read(from, most, out)
    }

    /// Puts a reply into its mailbox.
    ///
    /// # Errors
    /// [`MailboxError`].
    pub fn put_mail(
        &self,
        address: &MailboxAddress,
        cell: &[u8],
        now: i64,
    ) -> Result<(), MailboxError> {
        self.mail.put(address, cell, now)
    }

    /// The reply at an address, or its noise: always one cell.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn mail(&self, address: &MailboxAddress) -> io::Result<Vec<u8>> {
        self.mail.get(address)
    }

    fn sessions(&self) -> RwLockReadGuard<'_, Sessions> {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn sessions_mut(&self) -> RwLockWriteGuard<'_, Sessions> {
        self.sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn tokens(&self) -> RwLockReadGuard<'_, Tokens> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn show_size(&self) {
        self.metrics
            .log_cells
            .store(self.log.size(), std::sync::atomic::Ordering::Relaxed);
    }
}

/// The session that a token and a secret name; `None` when the token waits for its first use.
fn admit<'a>(
    sessions: &'a Sessions,
    tokens: &Tokens,
    token: &TokenHash,
    secret: &SecretHash,
    now: i64,
) -> Result<Option<&'a Session>, Refusal> {
    if !tokens.contains(token) {
        // Never registered, revoked, or swept after its session ended.
        return Err(Refusal::UnknownToken);
    }
    match sessions.find(token, now) {
        Some(Some(session)) if session.secret == *secret => Ok(Some(session)),
        Some(Some(_)) => Err(Refusal::OtherSession),
        Some(None) => Err(Refusal::UnknownToken),
        None => Ok(None),
    }
}

fn load_secret(disk: &dyn Disk, fresh: Zeroizing<[u8; 32]>) -> io::Result<Zeroizing<[u8; 32]>> {
    match read_whole(disk, SECRET)? {
        Some(bytes) => {
            let bytes = Zeroizing::new(bytes);
            let found = <[u8; 32]>::try_from(bytes.as_slice());
            found.map(Zeroizing::new).map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the secret is not 32 bytes long",
                )
            })
        }
        None => {
            replace(disk, "", SECRET, &[fresh.as_slice()])?;
            Ok(fresh)
        }
    }
}

fn refuse(group: &[Deposit], refusal: Refusal) -> Vec<Outcome> {
    group
        .iter()
        .map(|_| Outcome {
            stored: 0,
            refusal: Some(refusal),
        })
        .collect()
}

fn failed(error: &io::Error) -> Refusal {
    tracing::error!(kind = ?error.kind(), "a group of cells could not be stored");
    if out_of_space(error) {
        Refusal::StorageFull
    } else {
        Refusal::Unavailable
    }
}

/// The one failure after which a disk can still be relied on.
fn out_of_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

pub(crate) fn lock(writer: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}
