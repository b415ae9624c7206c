//! The state on the disk: one sealed file replaced whole, and beside it a log of sealed records for what happens often.
//!
//! `state.fh`: `version 1 | Argon2id memory, passes, lanes (3 x u32) | salt 16 | locked state`. `journal.fh`: records of
//! `length u32 | locked entry`, each bound to the state's generation and its own number, so that a stale, moved or torn
//! record simply does not open and reading stops there. Opening folds the log into a new state.

use formats::{DispatchId, Kit, PieceNo};
use keys::{Cost, HeaderKeys, LockError, Passphrase, Salt, StateKey, lock};
use rand_core::{CryptoRng, RngCore};

use crate::disk::Disk;
use crate::epochs::Epochs;
use crate::error::FieldError;
use crate::messages::Messages;
use crate::record::{Reader, Writer};
use crate::shelf;
use crate::state::{State, piece_file};

const STATE: &str = "state.fh";
const JOURNAL: &str = "journal.fh";
const VERSION: u8 = 1;
/// Version, cost and salt.
const HEAD: usize = 1 + 12 + 16;
/// The largest state or journal accepted.
const STATE_MAX: usize = 256 * 1024 * 1024;

/// One shard that a drop acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Acked {
    pub(crate) dispatch: DispatchId,
    pub(crate) piece: PieceNo,
    pub(crate) index: u16,
}

/// What happens often enough that replacing the whole state for it would be slow.
pub(crate) enum Entry {
    /// The last token of this drop (by its position in the kit) is spent.
    TokenSpent(u16),
    /// A drop acknowledged these.
    Acked(Vec<Acked>),
}

const TOKEN_SPENT: u8 = 1;
const ACKED: u8 = 2;

/// A reporter's folder, opened.
pub struct Field<D> {
    pub(crate) disk: D,
    pub(crate) state: State,
    /// Opened the way that says "I am being forced": what leaves in this opening carries the duress mark.
    pub(crate) forced: bool,
    key: StateKey,
    head: [u8; HEAD],
    logged: u32,
}

impl<D> std::fmt::Debug for Field<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Field(..)")
    }
}

impl<D: Disk> Field<D> {
    /// Sets a folder up with a kit.
    ///
    /// # Errors
    /// Already set up, not enough memory for the passphrase, or the disk failed.
    pub fn init(
        mut disk: D,
        kit: Kit,
        passphrase: &Passphrase,
        cost: Cost,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, FieldError> {
        if read(&mut disk, STATE)?.is_some() {
            return Err(FieldError::AlreadySetUp);
        }
        let salt = Salt::generate(rng);
        let key = HeaderKeys::derive(passphrase, &salt, cost)?.state_key();
        let mut head = [0; HEAD];
        head[0] = VERSION;
        head[1..5].copy_from_slice(&cost.memory_kib().to_be_bytes());
        head[5..9].copy_from_slice(&cost.passes().to_be_bytes());
        head[9..13].copy_from_slice(&cost.lanes().to_be_bytes());
        head[13..].copy_from_slice(&salt.0);
        let state = State {
            generation: 0,
            kit,
            dispatches: Vec::new(),
            awaited: Vec::new(),
            messages: Messages::default(),
            seen: crate::seen::Seen::default(),
            epochs: Epochs::default(),
            import: crate::import::Import::default(),
        };
        let mut field = Self {
            disk,
            state,
            forced: false,
            key,
            head,
            logged: 0,
        };
        field.commit(rng)?;
        Ok(field)
    }

    /// Opens a folder, and tidies up after whatever interrupted the last time.
    ///
    /// # Errors
    /// Not set up, wrong passphrase or altered state, or the disk failed.
    pub fn open(
        mut disk: D,
        passphrase: &Passphrase,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, FieldError> {
        let file = read(&mut disk, STATE)?.ok_or(FieldError::NotSetUp)?;
        let Some((head, locked)) = file.split_first_chunk::<HEAD>() else {
            return Err(FieldError::Locked);
        };
        let (cost, salt) = parse_head(head)?;
        let key = HeaderKeys::derive(passphrase, &salt, cost)?.state_key();
        let plain = lock::open(&key, &state_aad(head), locked).map_err(locked_error)?;
        let state = State::decode(&plain).map_err(FieldError::State)?;
        let mut field = Self {
            disk,
            state,
            forced: false,
            key,
            head: *head,
            logged: 0,
        };
        if field.replay_journal()? {
            field.commit(rng)?;
        }
        field.sweep()?;
        Ok(field)
    }

    /// Writes the whole state, as the next generation; the log begins anew.
    pub(crate) fn commit(
        &mut self,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        self.state.generation += 1;
        let plain = self.state.encode().map_err(FieldError::State)?;
        let nonce = fresh_nonce(rng);
        let locked = lock::seal(&self.key, &state_aad(&self.head), &plain.0, &nonce);
        let file = [self.head.as_slice(), &locked].concat();
        shelf::replace(&mut self.disk, STATE, &file)
            .map_err(FieldError::disk("saving the state"))?;
        self.logged = 0;
        Ok(())
    }

    /// Applies an entry and makes it durable, without writing the whole state.
    pub(crate) fn record(
        &mut self,
        entry: &Entry,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let aad = entry_aad(self.state.generation, self.logged);
        let locked = lock::seal(&self.key, &aad, &entry.encode().0, &fresh_nonce(rng));
        let mut frame = Writer::with_room(locked.len() + 4);
        frame.count(locked.len()).bytes(&locked);
        shelf::log(&mut self.disk, JOURNAL, &frame.0, self.logged == 0)
            .map_err(FieldError::disk("saving progress"))?;
        self.logged += 1;
        self.state.apply(entry);
        Ok(())
    }

    /// Reads the log up to the first record that is not of this generation, whole and in place.
    fn replay_journal(&mut self) -> Result<bool, FieldError> {
        let journal = read(&mut self.disk, JOURNAL)?.unwrap_or_default();
        let mut r = Reader(&journal);
        while let Some(entry) = self.next_entry(&mut r) {
            self.state.apply(&entry);
            self.logged += 1;
        }
        Ok(self.logged > 0)
    }

    fn next_entry(&self, r: &mut Reader<'_>) -> Option<Entry> {
        let length = r.u32().ok()? as usize;
        let locked = r.take(length).ok()?;
        let aad = entry_aad(self.state.generation, self.logged);
        Entry::decode(&lock::open(&self.key, &aad, locked).ok()?)
    }

    /// Removes what a crash left behind: half-written files, pieces of a dispatch that was never finished, pieces that
    /// were already forgotten, and a log of an older generation.
    pub(crate) fn sweep(&mut self) -> Result<(), FieldError> {
        let doing = "tidying up";
        let kept: std::collections::HashSet<String> = self
            .state
            .dispatches
            .iter()
            .flat_map(|dispatch| &dispatch.pieces)
            .filter(|piece| !piece.forgotten)
            .map(|piece| piece_file(&piece.file))
            .collect();
        let files = self.disk.list("pieces").map_err(FieldError::disk(doing))?;
        let stray = files
            .into_iter()
            .map(|name| format!("pieces/{name}"))
            .filter(|n| !kept.contains(n));
        let mut last = None;
        for name in stray.chain([format!("{STATE}{}", shelf::PART)]) {
            self.disk.remove(&name).map_err(FieldError::disk(doing))?;
            last = Some(name);
        }
        match last {
            Some(name) => self
                .disk
                .sync_folder(&name)
                .map_err(FieldError::disk(doing)),
            None => Ok(()),
        }
    }
}

fn read(disk: &mut impl Disk, name: &str) -> Result<Option<Vec<u8>>, FieldError> {
    let mut bytes = Vec::new();
    let there = disk
        .read(name, STATE_MAX, &mut bytes)
        .map_err(FieldError::disk("reading the state"))?;
    Ok(there.then_some(bytes))
}

fn parse_head(head: &[u8; HEAD]) -> Result<(Cost, Salt), FieldError> {
    let mut r = Reader(head);
    let parsed = (|| {
        r.version(VERSION)?;
        Ok((r.u32()?, r.u32()?, r.u32()?, r.array()?))
    })();
    let (memory, passes, lanes, salt) = parsed.map_err(FieldError::State)?;
    let cost = Cost::new(memory, passes, lanes).map_err(|_| FieldError::Locked)?;
    Ok((cost, Salt(salt)))
}

fn state_aad(head: &[u8; HEAD]) -> Vec<u8> {
    [b"fh1/field-state".as_slice(), head].concat()
}

fn entry_aad(generation: u64, number: u32) -> Vec<u8> {
    let place = [generation.to_be_bytes().as_slice(), &number.to_be_bytes()].concat();
    [b"fh1/field-journal".as_slice(), &place].concat()
}

fn fresh_nonce(rng: &mut (impl RngCore + CryptoRng)) -> [u8; 24] {
    let mut nonce = [0; 24];
    rng.fill_bytes(&mut nonce);
    nonce
}

fn locked_error(error: LockError) -> FieldError {
    match error {
        LockError::Version { found } => FieldError::State(formats::DecodeError::Version {
            what: "field state",
            expected: 1,
            got: found.into(),
        }),
        LockError::TooShort | LockError::WrongKeyOrAltered => FieldError::Locked,
    }
}

impl Entry {
    fn encode(&self) -> Writer {
        match self {
            Self::TokenSpent(drop) => {
                let mut w = Writer::with_room(3);
                w.byte(TOKEN_SPENT).u16(*drop);
                w
            }
            Self::Acked(list) => {
                let mut w = Writer::with_room(1 + 4 + list.len() * 22);
                w.byte(ACKED).count(list.len());
                for acked in list {
                    w.bytes(&acked.dispatch.0)
                        .u32(acked.piece.0)
                        .u16(acked.index);
                }
                w
            }
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        let entry = match r.byte().ok()? {
            TOKEN_SPENT => Self::TokenSpent(r.u16().ok()?),
            ACKED => Self::Acked(decode_acked(&mut r)?),
            _ => return None,
        };
        r.end().ok()?;
        Some(entry)
    }
}

fn decode_acked(r: &mut Reader<'_>) -> Option<Vec<Acked>> {
    let mut list = Vec::new();
    for _ in 0..r.count(22).ok()? {
        list.push(Acked {
            dispatch: DispatchId(r.array().ok()?),
            piece: PieceNo(r.u32().ok()?),
            index: r.u16().ok()?,
        });
    }
    Some(list)
}

impl State {
    fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::TokenSpent(drop) => {
                if let Some(drop) = self.kit.drops.get_mut(usize::from(*drop)) {
                    drop.tokens.pop();
                }
            }
            Entry::Acked(list) => {
                for acked in list {
                    let piece = self
                        .dispatch_mut(&acked.dispatch)
                        .and_then(|dispatch| dispatch.pieces.get_mut(acked.piece.0 as usize));
                    if let Some(piece) = piece {
                        piece.sent.add(acked.index);
                    }
                }
            }
        }
    }
}
