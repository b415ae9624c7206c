//! Which cells a session has stored: the index behind "which are missing?" and "repeats are harmless".
//!
//! An entry is a hash keyed with the session's secret, which the drop does not keep: whoever takes the
//! disk cannot match entries with cells. Sessions that began in the same quarter of an hour share one
//! segment file, which is removed when the last of them is 24 hours old.
//!
//! Segments are synced together with the cells they speak of, in no order; so each batch names the range
//! of the log that it belongs to, and counts after a crash only if that range is there and whole.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wire::{CellHash, SESSION_MICROS, SecretHash, SessionSecret, TokenHash};

use crate::disk::{Disk, DiskFile, join};

const DIR: &str = "sessions";
const MAGIC: &[u8; 8] = b"FHSESS\x00\x01";
const WINDOW_MICROS: i64 = 15 * 60 * 1_000_000;
const CHECK: usize = 8;
const MAX_PAYLOAD: usize = 1 << 20;
const KIND_BIND: u8 = 1;
const KIND_BATCH: u8 = 2;
const ENTRY_BYTES: usize = 16;
/// Entries in one frame at most.
const BATCH_ENTRIES: usize = 8_192;

/// What the index keeps of one cell of one session.
pub(crate) type Entry = [u8; ENTRY_BYTES];

/// The entry of a cell in the session with this secret.
pub(crate) fn entry(secret: &SessionSecret, cell: &CellHash) -> Entry {
    let mut hash = Sha256::new();
    hash.update(b"fh-drop/entry/1");
    hash.update(secret.expose_bytes());
    hash.update(cell.as_bytes());
    let mut out = [0; ENTRY_BYTES];
    out.copy_from_slice(&hash.finalize()[..ENTRY_BYTES]);
    out
}

/// A token's first use.
#[derive(Clone, Copy)]
pub(crate) struct Bind {
    pub(crate) token: TokenHash,
    pub(crate) secret: SecretHash,
    pub(crate) at: i64,
}

/// One session of the last 24 hours.
pub(crate) struct Session {
    pub(crate) secret: SecretHash,
    pub(crate) entries: HashSet<Entry>,
    bound_at: i64,
    number: u32,
}

/// All sessions of the last 24 hours, in memory and in their segments.
pub(crate) struct Sessions {
    by_token: HashMap<TokenHash, Session>,
    segments: BTreeMap<i64, Segment>,
}

struct Segment {
    file: Arc<dyn DiskFile>,
    length: u64,
    binds: u32,
}

/// What one group adds to the index: decided, then written, then synced, then applied.
#[derive(Default)]
pub(crate) struct Additions {
    pub(crate) binds: Vec<Bind>,
    pub(crate) entries: HashMap<TokenHash, HashSet<Entry>>,
}

/// What of the additions goes to one segment.
#[derive(Default)]
struct Share {
    binds: Vec<Bind>,
    entries: Vec<(u32, Entry)>,
}

/// A segment with frames to append.
struct Written {
    window: i64,
    frames: Vec<u8>,
    binds: u32,
}

impl Session {
    fn expired(&self, now: i64) -> bool {
        now.abs_diff(self.bound_at) >= SESSION_MICROS.unsigned_abs()
    }
}

impl Sessions {
    /// Reads the segments. `holds` says whether a range of the log is there and whole.
    pub(crate) fn open(disk: &dyn Disk, holds: &dyn Fn(Range<u64>) -> bool) -> io::Result<Self> {
        disk.make_dir(DIR)?;
        disk.sync_dir("")?;
        let mut sessions = Self {
            by_token: HashMap::new(),
            segments: BTreeMap::new(),
        };
        for name in disk.list(DIR)? {
            let window = name
                .strip_suffix(".idx")
                .and_then(|digits| digits.parse::<i64>().ok());
            let window = window.ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("unknown file {name} among the sessions"),
                )
            })?;
            let file = disk.open(&segment_path(window))?;
            sessions.load(window, file, holds)?;
        }
        // A name that a killed process left behind counts only once it is on the disk.
        disk.sync_dir(DIR)?;
        Ok(sessions)
    }

    fn load(
        &mut self,
        window: i64,
        file: Arc<dyn DiskFile>,
        holds: &dyn Fn(Range<u64>) -> bool,
    ) -> io::Result<()> {
        let mut bytes = vec![0; usize::try_from(file.length()?).map_err(io::Error::other)?];
        file.read_at(0, &mut bytes)?;
        let mut binds = Vec::new();
        let mut good = 0;
        if bytes.starts_with(MAGIC) {
            good = MAGIC.len();
            while let Some((record, next)) = decode_frame(&bytes, good) {
                match record {
                    Record::Bind(bind) => {
                        self.insert(&bind, u32::try_from(binds.len()).unwrap_or(u32::MAX));
                        binds.push(bind.token);
                    }
                    Record::Batch(range, entries) if holds(range.clone()) => {
                        self.insert_entries(&binds, &entries);
                    }
                    Record::Batch(..) => {}
                }
                good = next;
            }
        }
        if good < bytes.len() {
            file.truncate(good as u64)?;
        }
        if good == 0 {
            file.append(&[MAGIC])?;
            good = MAGIC.len();
        }
        file.sync()?;
        let binds = u32::try_from(binds.len()).unwrap_or(u32::MAX);
        self.segments.insert(
            window,
            Segment {
                file,
                length: good as u64,
                binds,
            },
        );
        Ok(())
    }

    fn insert(&mut self, bind: &Bind, number: u32) {
        let session = Session {
            secret: bind.secret,
            entries: HashSet::new(),
            bound_at: bind.at,
            number,
        };
        self.by_token.insert(bind.token, session);
    }

    fn insert_entries(&mut self, binds: &[TokenHash], entries: &[(u32, Entry)]) {
        for (number, entry) in entries {
            let token = usize::try_from(*number)
                .ok()
                .and_then(|number| binds.get(number));
            if let Some(session) = token.and_then(|token| self.by_token.get_mut(token)) {
                session.entries.insert(*entry);
            }
        }
    }

    /// The session of a token: `None` when it never began, `Some(None)` when it has ended.
    pub(crate) fn find(&self, token: &TokenHash, now: i64) -> Option<Option<&Session>> {
        self.by_token
            .get(token)
            .map(|session| (!session.expired(now)).then_some(session))
    }

    /// Makes sure that every segment the additions need is there, synced, by name.
    pub(crate) fn prepare(&mut self, disk: &dyn Disk, additions: &Additions) -> io::Result<()> {
        for bind in &additions.binds {
            let window = window_of(bind.at);
            if self.segments.contains_key(&window) {
                continue;
            }
            let file = disk.create(&segment_path(window))?;
            file.append(&[MAGIC])?;
            file.sync()?;
            disk.sync_dir(DIR)?;
            self.segments.insert(
                window,
                Segment {
                    file,
                    length: MAGIC.len() as u64,
                    binds: 0,
                },
            );
        }
        Ok(())
    }

    /// Appends the additions to their segments, unsynced. `pending` says what to sync, or to take back.
    pub(crate) fn write(
        &self,
        additions: &Additions,
        range: Range<u64>,
        pending: &mut PendingIndex,
    ) -> io::Result<()> {
        for written in self.frames(additions, range)? {
            let segment = self
                .segments
                .get(&written.window)
                .ok_or(io::ErrorKind::NotFound)?;
            pending
                .files
                .push((Arc::clone(&segment.file), segment.length));
            segment.file.append(&[&written.frames])?;
            pending.written.push(written);
        }
        Ok(())
    }

    fn frames(&self, additions: &Additions, range: Range<u64>) -> io::Result<Vec<Written>> {
        let shares = self.shares(additions)?.into_iter();
        let written = shares.map(|(window, share)| {
            let mut position = self
                .segments
                .get(&window)
                .map_or(0, |segment| segment.length);
            let mut frames = Vec::new();
            for bind in &share.binds {
                push_frame(&mut frames, &mut position, &bind_payload(bind));
            }
            // Sorted, so that the order says nothing about which entry is which cell.
            let mut entries = share.entries;
            entries.sort_unstable();
            // Batches of bounded size, so that a reader never allocates more than that.
            for chunk in entries.chunks(BATCH_ENTRIES) {
                push_frame(&mut frames, &mut position, &batch_payload(&range, chunk));
            }
            let binds = u32::try_from(share.binds.len()).map_err(io::Error::other)?;
            Ok(Written {
                window,
                frames,
                binds,
            })
        });
        written.collect()
    }

    /// The additions, by the segments that they go to.
    fn shares(&self, additions: &Additions) -> io::Result<BTreeMap<i64, Share>> {
        let mut shares: BTreeMap<i64, Share> = BTreeMap::new();
        let mut fresh = HashMap::new();
        for bind in &additions.binds {
            let window = window_of(bind.at);
            let before = self
                .segments
                .get(&window)
                .map_or(0, |segment| segment.binds);
            let share = shares.entry(window).or_default();
            let index = u32::try_from(share.binds.len()).map_err(io::Error::other)?;
            fresh.insert(bind.token, (window, before.saturating_add(index)));
            share.binds.push(*bind);
        }
        for (token, entries) in &additions.entries {
            let known = || {
                self.by_token
                    .get(token)
                    .map(|s| (window_of(s.bound_at), s.number))
            };
            let place = fresh.get(token).copied().or_else(known);
            let (window, number) = place.ok_or(io::ErrorKind::NotFound)?;
            let share = shares.entry(window).or_default();
            share
                .entries
                .extend(entries.iter().map(|entry| (number, *entry)));
        }
        Ok(shares)
    }

    /// After the sync: the additions are part of the index.
    pub(crate) fn apply(&mut self, additions: Additions, pending: PendingIndex) {
        let mut numbers: HashMap<i64, u32> = HashMap::new();
        for bind in &additions.binds {
            let window = window_of(bind.at);
            let before = self
                .segments
                .get(&window)
                .map_or(0, |segment| segment.binds);
            let index = numbers.entry(window).or_insert(before);
            let number = *index;
            *index = index.saturating_add(1);
            self.insert(bind, number);
        }
        for (token, entries) in additions.entries {
            if let Some(session) = self.by_token.get_mut(&token) {
                session.entries.extend(entries);
            }
        }
        for written in pending.written {
            if let Some(segment) = self.segments.get_mut(&written.window) {
                segment.length += written.frames.len() as u64;
                segment.binds = segment.binds.saturating_add(written.binds);
            }
        }
    }

    /// Tokens whose sessions have ended.
    pub(crate) fn expired(&self, now: i64) -> Vec<TokenHash> {
        let ended = self
            .by_token
            .iter()
            .filter(|(_, session)| session.expired(now));
        ended.map(|(token, _)| *token).collect()
    }

    /// Forgets sessions that have ended, and removes the segments that hold no other.
    /// Only after their tokens are gone from the disk, or a token could be used twice.
    pub(crate) fn forget(&mut self, disk: &dyn Disk, now: i64) -> io::Result<()> {
        self.by_token.retain(|_, session| !session.expired(now));
        let over = |window: i64| {
            let ended = now.saturating_sub(SESSION_MICROS).div_euclid(WINDOW_MICROS) > window;
            ended || window > window_of(now.saturating_add(SESSION_MICROS))
        };
        let gone: Vec<i64> = self
            .segments
            .keys()
            .copied()
            .filter(|window| over(*window))
            .collect();
        for window in &gone {
            disk.remove(&segment_path(*window))?;
            self.segments.remove(window);
        }
        if gone.is_empty() {
            Ok(())
        } else {
            disk.sync_dir(DIR)
        }
    }
}

/// Frames that are written but not synced.
#[derive(Default)]
pub(crate) struct PendingIndex {
    files: Vec<(Arc<dyn DiskFile>, u64)>,
    written: Vec<Written>,
}

impl PendingIndex {
    /// The files to sync.
    pub(crate) fn files(&self) -> impl Iterator<Item = Arc<dyn DiskFile>> {
        self.files.iter().map(|(file, _)| Arc::clone(file))
    }

    pub(crate) fn take_back(&self) -> io::Result<()> {
        self.files
            .iter()
            .try_for_each(|(file, length)| file.truncate(*length))
    }
}

enum Record {
    Bind(Bind),
    Batch(Range<u64>, Vec<(u32, Entry)>),
}

fn window_of(at: i64) -> i64 {
    at.div_euclid(WINDOW_MICROS)
}

fn segment_path(window: i64) -> String {
    join(DIR, &format!("{window}.idx"))
}

fn bind_payload(bind: &Bind) -> Vec<u8> {
    let mut out = vec![KIND_BIND];
    out.extend_from_slice(bind.token.as_bytes());
    out.extend_from_slice(bind.secret.as_bytes());
    out.extend_from_slice(&bind.at.to_be_bytes());
    out
}

fn batch_payload(range: &Range<u64>, entries: &[(u32, Entry)]) -> Vec<u8> {
    let mut out = vec![KIND_BATCH];
    out.extend_from_slice(&range.start.to_be_bytes());
    out.extend_from_slice(&range.end.to_be_bytes());
    for (number, entry) in entries {
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(entry);
    }
    out
}

/// length 4 | payload | first 8 bytes of SHA-256(position 8, payload).
fn push_frame(out: &mut Vec<u8>, position: &mut u64, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(payload);
    out.extend_from_slice(&check(*position, payload));
    *position += (4 + payload.len() + CHECK) as u64;
}

fn check(position: u64, payload: &[u8]) -> [u8; CHECK] {
    let hash = Sha256::new()
        .chain_update(position.to_be_bytes())
        .chain_update(payload)
        .finalize();
    let mut out = [0; CHECK];
    out.copy_from_slice(&hash[..CHECK]);
    out
}

/// The record at a position and where the next one begins; `None` at the end or at the first damage.
fn decode_frame(bytes: &[u8], position: usize) -> Option<(Record, usize)> {
    let (length, rest) = bytes.get(position..)?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if length > MAX_PAYLOAD || rest.len() < length + CHECK {
        return None;
    }
    let (payload, rest) = rest.split_at(length);
    if !rest.starts_with(&check(position as u64, payload)) {
        return None;
    }
    Some((decode_payload(payload)?, position + 4 + length + CHECK))
}

fn decode_payload(payload: &[u8]) -> Option<Record> {
    let (kind, rest) = payload.split_first()?;
    match *kind {
        KIND_BIND => {
            let (token, rest) = rest.split_first_chunk::<32>()?;
            let (secret, rest) = rest.split_first_chunk::<32>()?;
            let at = i64::from_be_bytes(rest.try_into().ok()?);
            let (token, secret) = (
                TokenHash::from_bytes(*token),
                SecretHash::from_bytes(*secret),
            );
            Some(Record::Bind(Bind { token, secret, at }))
        }
        KIND_BATCH => {
            let (start, rest) = rest.split_first_chunk::<8>()?;
            let (end, rest) = rest.split_first_chunk::<8>()?;
            let (chunks, left) = rest.as_chunks::<{ 4 + ENTRY_BYTES }>();
            let entries = chunks.iter().map(|chunk| {
                let (number, entry) = chunk.split_first_chunk::<4>()?;
                Some((u32::from_be_bytes(*number), entry.try_into().ok()?))
            });
            let entries = entries
                .collect::<Option<Vec<_>>>()
                .filter(|_| left.is_empty())?;
            Some(Record::Batch(
                u64::from_be_bytes(*start)..u64::from_be_bytes(*end),
                entries,
            ))
        }
        _ => None,
    }
}
