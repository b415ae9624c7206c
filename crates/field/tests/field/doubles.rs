//! Doubles of the borders: a disk that forgets what was not synced, a drop that remembers and misbehaves, a clock that
//! does not wait, and a newsroom that opens what arrives.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use field::{
    Clock, Disk, Field, FieldError, Road, RoadError, SendWish, Sent, Session, Setup, Source,
};
use formats::vault::{BLOCK, BLOCK_TEXT};
use formats::{
    Assembler, AuthenticPiece, CELL, Cell, CellHeader, Contact, DispatchId, DropUrl, Kit, KitDrop,
    KitId, Manifest, PieceKey, PieceNo, Receipt, ReceiptKind, ReceiptPiece, ReplyPair, SHARD,
    SessionToken, seal_reply,
};
use keys::{ChainKey, Cost, EpochKeys, Passphrase};
use openers::IntakeIdentity;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use wire::{CellHash, MailboxAddress, ProblemKind};

pub(crate) const NOW: i64 = 1_790_000_000_000_000;

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng(seed).fill_bytes(&mut bytes);
    bytes
}

pub(crate) fn passphrase() -> Passphrase {
    Passphrase::new("quiet river stone lantern copper meadow")
}

pub(crate) fn url(n: u8) -> DropUrl {
    format!("http://127.0.0.{n}:80").parse().unwrap()
}

pub(crate) fn chain() -> ChainKey {
    ChainKey::from_bytes([3; 32])
}

pub(crate) fn kit(drops: u8, tokens: u8) -> Kit {
    let drop = |n: u8| KitDrop {
        url: url(n),
        log_key: None,
        tokens: (0..tokens)
            .map(|t| SessionToken::from_bytes([n * 16 + t; 32]))
            .collect(),
    };
    Kit {
        newsroom: "Example".to_owned(),
        id: KitId(*b"kit-0001"),
        issued_at: NOW,
        intake: newsroom().recipient(),
        intake_epoch: 0,
        chain: chain(),
        drops: (1..=drops).map(drop).collect(),
        custodians: Vec::new(),
        threshold: 0,
        bulletin: 0,
    }
}

pub(crate) fn newsroom() -> IntakeIdentity {
    IntakeIdentity::from_bytes([7; 32])
}

pub(crate) fn wish() -> SendWish {
    SendWish {
        drops: Vec::new(),
        recovery: (0, 1),
        again: false,
        today: 20_000,
    }
}

pub(crate) fn source(name: &str, bytes: &[u8]) -> Source<'static> {
    Source {
        name: name.to_owned(),
        kind: "image/jpeg".to_owned(),
        captured_at: None,
        reader: Box::new(io::Cursor::new(bytes.to_vec())),
    }
}

/// What a disk was asked to do: read, written or synced, where, and how many bytes.
pub(crate) type Step = (char, u64, usize);

/// A disk in memory that tells what is durable from what is only written, and can lose power at any step.
#[derive(Default, Clone)]
pub(crate) struct Platter {
    inner: Rc<RefCell<Surface>>,
}

#[derive(Default)]
struct Surface {
    bytes: Vec<u8>,
    /// What is written and not synced: where, what stood there, how long it is.
    unsynced: Vec<(usize, Vec<u8>)>,
    /// Writes and syncs until the power fails.
    fuse: Option<u64>,
    steps: u64,
    log: Vec<Step>,
}

/// What a hard disk writes at once.
const SECTOR: usize = 512;

impl Platter {
    pub(crate) fn of(blocks: usize) -> Self {
        Self::with(vec![0; blocks * BLOCK])
    }

    pub(crate) fn with(bytes: Vec<u8>) -> Self {
        Self {
            inner: Rc::new(RefCell::new(Surface {
                bytes,
                ..Surface::default()
            })),
        }
    }

    /// Power fails before step `steps` from now; to the program this looks like a disk that refuses.
    pub(crate) fn cut_after(&self, steps: u64) {
        self.inner.borrow_mut().fuse = Some(steps);
    }

    /// The disk works again, and kept what was written.
    pub(crate) fn mend(&self) {
        self.inner.borrow_mut().fuse = None;
    }

    pub(crate) fn steps(&self) -> u64 {
        self.inner.borrow().steps
    }

    /// Everything asked of it since the last time.
    pub(crate) fn take_log(&self) -> Vec<Step> {
        std::mem::take(&mut self.inner.borrow_mut().log)
    }

    /// What is there after the power came back. With `torn`, unsynced writes survive as a disk pleases: some whole, some in either
    /// half, some not at all, and not in their order; without, nothing unsynced survives.
    pub(crate) fn after_power_cut(&self, torn: bool) -> Platter {
        let surface = self.inner.borrow();
        let mut bytes = surface.bytes.clone();
        let mut whim = rng(surface.steps);
        for (at, before) in surface.unsynced.iter().rev() {
            let now = &mut bytes[*at..*at + before.len()];
            let half = before.len() / 2 / SECTOR * SECTOR;
            match whim.next_u32() % 4 {
                _ if !torn => now.copy_from_slice(before),
                0 => now[..half].copy_from_slice(&before[..half]),
                1 => now[half..].copy_from_slice(&before[half..]),
                2 => now.copy_from_slice(before),
                _ => {}
            }
        }
        Self::with(bytes)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.inner.borrow().bytes.clone()
    }

    fn step(&self, step: Step) -> io::Result<std::cell::RefMut<'_, Surface>> {
        let mut surface = self.inner.borrow_mut();
        surface.steps += 1;
        surface.log.push(step);
        match surface.fuse {
            Some(0) => return Err(io::ErrorKind::StorageFull.into()),
            Some(left) => surface.fuse = Some(left - 1),
            None => {}
        }
        Ok(surface)
    }
}

impl Disk for Platter {
    fn length(&self) -> u64 {
        self.inner.borrow().bytes.len() as u64
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let mut surface = self.inner.borrow_mut();
        surface.log.push(('r', at, into.len()));
        into.copy_from_slice(&surface.bytes[at as usize..][..into.len()]);
        Ok(())
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut surface = self.step(('w', at, bytes.len()))?;
        let place = at as usize..at as usize + bytes.len();
        let before = surface.bytes[place.clone()].to_vec();
        surface.unsynced.push((place.start, before));
        surface.bytes[place].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.step(('s', 0, 0))?.unsynced.clear();
        Ok(())
    }
}

pub(crate) fn duress() -> Passphrase {
    Passphrase::new("violin tunnel apple brave hammer desert")
}

/// The same words, the first two exchanged.
pub(crate) fn marked(passphrase: &Passphrase) -> Passphrase {
    let mut words: Vec<&str> = passphrase.expose().split(' ').collect();
    words.swap(0, 1);
    Passphrase::new(&words.join(" "))
}

/// Room for forty megabytes of pieces.
const BLOCKS: usize = 700;

pub(crate) fn set_up(kit: Kit) -> (Platter, Field<Platter>) {
    set_up_in(BLOCKS, kit, None)
}

/// A vault just large enough for a few small pieces, for what is done many times over.
pub(crate) fn set_up_small(kit: Kit) -> (Platter, Field<Platter>) {
    set_up_in(52, kit, None)
}

pub(crate) fn set_up_in(
    blocks: usize,
    mut kit: Kit,
    duress: Option<&Passphrase>,
) -> (Platter, Field<Platter>) {
    let platter = Platter::of(blocks);
    if duress.is_none() {
        keep_for_the_other(&mut kit);
    }
    let setup = Setup {
        kit,
        everyday: &passphrase(),
        duress,
        keep_nothing: false,
        cost: Cost::FOR_TESTS,
    };
    let field = Field::init(platter.clone(), setup, &mut rng(1), &mut |_| {}).unwrap();
    (platter, field)
}

/// Half of a kit's tokens are kept for a duress vault, whether there is one or not. Most tests count those of the everyday
/// vault, so as many again are added here, behind them.
fn keep_for_the_other(kit: &mut Kit) {
    for drop in &mut kit.drops {
        let count = u8::try_from(drop.tokens.len()).unwrap();
        let others =
            (0..count).map(|t| SessionToken::from_bytes([200, t].repeat(16).try_into().unwrap()));
        drop.tokens.extend(others);
    }
}

pub(crate) fn open(
    platter: &Platter,
    passphrase: &Passphrase,
    seed: u64,
) -> Result<Field<Platter>, FieldError> {
    let cost = Cost::FOR_TESTS;
    Field::open(platter.clone(), passphrase, cost, NOW, &mut rng(seed))
}

pub(crate) fn reopen(platter: &Platter, seed: u64) -> Field<Platter> {
    open(platter, &passphrase(), seed).unwrap()
}

/// Pieces that lie in the vault. No slot may be taken that none of them needs.
pub(crate) fn pieces_here(field: &Field<Platter>) -> usize {
    let status = field.status();
    let used = (status.room.total - status.room.free).div_ceil(BLOCK_TEXT as u64);
    let here = status
        .dispatches
        .iter()
        .filter(|one| one.received < one.pieces);
    let (mut pieces, mut slots) = (0, 0);
    for one in here {
        pieces += one.pieces - one.received;
        slots += one.bytes_here.div_ceil(BLOCK_TEXT as u64);
    }
    assert!(
        used >= slots && used <= slots + pieces as u64,
        "{used} {slots}"
    );
    pieces
}

/// Counts what it was asked to wait.
#[derive(Default)]
pub(crate) struct Waits(pub(crate) Vec<Duration>);

impl Clock for Waits {
    fn wait(&mut self, time: Duration) {
        self.0.push(time);
    }

    fn elapsed(&mut self) -> Duration {
        self.0.iter().sum()
    }
}

/// How a drop treats the next request to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Stores and answers.
    Well,
    /// Stores this many cells; the answer is lost.
    CutAfter(usize),
    /// Refuses.
    Refuse(ProblemKind),
    /// The proxy is gone.
    NoProxy,
    /// Does not answer anything any more.
    Dead,
}

/// Several drops in memory.
#[derive(Default)]
pub(crate) struct Drops {
    /// Everything every drop stored, in order.
    pub(crate) log: Vec<(DropUrl, [u8; 32], Vec<u8>)>,
    /// What each request to store meets, first to last; then all is well.
    pub(crate) moods: Vec<Mood>,
    /// Drops that are dead altogether.
    pub(crate) dead: Vec<DropUrl>,
    pub(crate) mail: HashMap<[u8; 32], Cell>,
    /// The checkpoint that each shows; a drop without one knows no such path.
    pub(crate) notes: BTreeMap<DropUrl, Vec<u8>>,
    pub(crate) tokens_seen: Vec<(DropUrl, [u8; 32], [u8; 32])>,
    pub(crate) asked: u64,
    pub(crate) requests: u64,
}

impl Drops {
    pub(crate) fn with_moods(moods: &[Mood]) -> Self {
        Self {
            moods: moods.to_vec(),
            ..Self::default()
        }
    }

    pub(crate) fn cells(&self) -> Vec<Cell> {
        self.log
            .iter()
            .map(|(_, _, cell)| Cell::from_slice(cell).unwrap())
            .collect()
    }

    fn line() -> RoadError {
        RoadError::Line(Box::new(io::Error::other("cut")))
    }

    fn keep(&mut self, session: &Session, cells: &[u8]) {
        let secret = *session.secret.hash().as_bytes();
        for cell in cells.chunks(CELL) {
            let known = self.log.iter().any(|(_, s, c)| *s == secret && c == cell);
            if !known {
                self.log.push((session.drop.clone(), secret, cell.to_vec()));
            }
        }
    }
}

impl Road for Drops {
    fn store(&mut self, session: &Session, cells: &[u8]) -> Result<u32, RoadError> {
        self.requests += 1;
        assert!(cells.len().is_multiple_of(CELL) && cells.len() <= 64 * CELL && !cells.is_empty());
        let seen = (
            session.drop.clone(),
            *session.token.expose_bytes(),
            *session.secret.expose_bytes(),
        );
        if !self.tokens_seen.contains(&seen) {
            self.tokens_seen.push(seen);
        }
        if self.dead.contains(&session.drop) {
            return Err(Self::line());
        }
        let mood = if self.moods.is_empty() {
            Mood::Well
        } else {
            self.moods.remove(0)
        };
        match mood {
            Mood::Well => {
                self.keep(session, cells);
                Ok((cells.len() / CELL) as u32)
            }
            Mood::CutAfter(count) => {
                self.keep(session, &cells[..(count * CELL).min(cells.len())]);
                Err(Self::line())
            }
            Mood::Refuse(kind) => Err(RoadError::Refused { kind }),
            Mood::NoProxy => Err(RoadError::NoProxy {
                proxy: ([127, 0, 0, 1], 9050).into(),
            }),
            Mood::Dead => {
                self.dead.push(session.drop.clone());
                Err(Self::line())
            }
        }
    }

    fn missing(&mut self, session: &Session, hashes: &[CellHash]) -> Result<Vec<u32>, RoadError> {
        self.asked += 1;
        if self.dead.contains(&session.drop) {
            return Err(Self::line());
        }
        let secret = *session.secret.hash().as_bytes();
        let lacks = |hash: &CellHash| {
            !self
                .log
                .iter()
                .any(|(_, s, cell)| *s == secret && CellHash::of(cell) == *hash)
        };
        Ok((0..)
            .zip(hashes)
            .filter(|(_, hash)| lacks(hash))
            .map(|(at, _)| at)
            .collect())
    }

    fn mailbox(&mut self, drop: &DropUrl, address: &MailboxAddress) -> Result<Cell, RoadError> {
        if self.dead.contains(drop) {
            return Err(Self::line());
        }
        let noise = || Cell::from_slice(&noise(u64::from(address.as_bytes()[0]), CELL)).unwrap();
        Ok(self
            .mail
            .get(address.as_bytes())
            .cloned()
            .unwrap_or_else(noise))
    }

    fn checkpoint(&mut self, drop: &DropUrl) -> Result<Vec<u8>, RoadError> {
        let note = self.notes.get(drop).cloned();
        note.ok_or(RoadError::Refused {
            kind: ProblemKind::NotFound,
        })
    }
}

/// What the newsroom makes of cells: authentic pieces by dispatch and number.
pub(crate) struct Desk {
    pub(crate) pieces: BTreeMap<(DispatchId, PieceNo), AuthenticPiece>,
    /// Cells that opened.
    pub(crate) cells: usize,
}

impl Desk {
    pub(crate) fn read(cells: &[Cell]) -> Self {
        Self::read_under(&chain(), cells)
    }

    /// Reads what went out under a chain that a contact piece brought.
    pub(crate) fn read_under(chain: &ChainKey, cells: &[Cell]) -> Self {
        let epoch: EpochKeys = chain.epoch_keys();
        let mut assemblers: HashMap<PieceKey, Assembler> = HashMap::new();
        let mut count = 0;
        for cell in cells {
            // Noise, with which a session's count is rounded.
            let Ok(header) = epoch.veil.open_header(cell.as_bytes()) else {
                continue;
            };
            let header = CellHeader::decode(&header).unwrap();
            let mut shard = Box::new([0; SHARD]);
            epoch.veil.open_body(cell.as_bytes(), &mut shard).unwrap();
            let key = PieceKey::of(&header);
            let assembler = assemblers.entry(key).or_insert_with(|| Assembler::new(key));
            assembler.add(&header, shard.as_slice()).unwrap();
            count += 1;
        }
        let whole = assemblers
            .values()
            .filter_map(|a| a.finish(&epoch.mac, 64).ok());
        let pieces = whole.map(|piece| ((piece.place.dispatch, piece.place.piece), piece));
        Self {
            pieces: pieces.collect(),
            cells: count,
        }
    }

    /// What is authentic under any of several chains, whatever else is among the cells.
    pub(crate) fn under(chains: &[EpochKeys], cells: &[Cell]) -> Self {
        let mut assemblers: HashMap<(usize, PieceKey), Assembler> = HashMap::new();
        for cell in cells {
            let opened = chains.iter().enumerate().find_map(|(at, keys)| {
                let header = keys.veil.open_header(cell.as_bytes()).ok()?;
                Some((at, keys, header))
            });
            let Some((at, keys, header)) = opened else {
                continue;
            };
            let Ok(header) = CellHeader::decode(&header) else {
                continue;
            };
            let mut shard = Box::new([0; SHARD]);
            if keys.veil.open_body(cell.as_bytes(), &mut shard).is_err() {
                continue;
            }
            let key = PieceKey::of(&header);
            let one = assemblers.entry((at, key));
            let assembler = one.or_insert_with(|| Assembler::new(key));
            // A refused shard is one that was there, or a rival that finishing tells apart.
            let _ = assembler.add(&header, shard.as_slice());
        }
        let whole = assemblers
            .iter()
            .filter_map(|((at, _), one)| one.finish(&chains[*at].mac, 64).ok());
        let pieces: BTreeMap<_, _> = whole
            .map(|piece| ((piece.place.dispatch, piece.place.piece), piece))
            .collect();
        Self { pieces, cells: 0 }
    }

    pub(crate) fn open(&self, dispatch: DispatchId, piece: u32) -> Vec<u8> {
        let piece = &self.pieces[&(dispatch, PieceNo(piece))];
        newsroom().open(&piece.ciphertext).unwrap().to_vec()
    }

    pub(crate) fn manifest(&self, dispatch: DispatchId) -> Manifest {
        let last = self
            .pieces
            .values()
            .find(|p| p.place.dispatch == dispatch && p.place.last);
        let manifest =
            Manifest::decode(&newsroom().open(&last.unwrap().ciphertext).unwrap()).unwrap();
        assert_eq!(manifest.own_number(), last.unwrap().place.piece);
        manifest
    }

    /// The bytes of an item, put together from its pieces and checked against the manifest.
    pub(crate) fn item(&self, dispatch: DispatchId, at: usize) -> Vec<u8> {
        let item = self.manifest(dispatch).items[at].clone();
        let numbers = item.pieces.0.0..=item.pieces.1.0;
        let bytes: Vec<u8> = numbers.flat_map(|no| self.open(dispatch, no)).collect();
        let mut hash = formats::Sha256Writer::new();
        hash.update(&bytes);
        assert!(item.sha256.is_none_or(|whole| hash.finish() == whole));
        assert_eq!(bytes.len() as u64, item.bytes);
        bytes
    }

    pub(crate) fn fresh_chain(&self, dispatch: DispatchId) -> ChainKey {
        let contact = Contact::decode(&self.open(dispatch, 0)).unwrap();
        contact.next_chain.unwrap()
    }

    pub(crate) fn pairs(&self, dispatch: DispatchId) -> Vec<ReplyPair> {
        Contact::decode(&self.open(dispatch, 0)).unwrap().replies
    }

    pub(crate) fn receipt(&self, kind: ReceiptKind, dispatch: DispatchId) -> Receipt {
        let of = self
            .pieces
            .values()
            .filter(|piece| piece.place.dispatch == dispatch);
        let named = |p: &AuthenticPiece| ReceiptPiece {
            piece: p.place.piece,
            digest: p.digest,
        };
        Receipt {
            kind,
            dispatch,
            pieces: of.map(named).collect(),
        }
    }
}

pub(crate) fn post(drops: &mut Drops, receipt: &Receipt, pair: &ReplyPair) {
    let (address, cell) = seal_reply(&receipt.clone().into(), pair, &mut rng(77)).unwrap();
    drops.mail.insert(address.0, cell);
}

/// Sends what is left, with randomness of this seed.
pub(crate) fn send(
    field: &mut Field<impl Disk>,
    road: &mut impl Road,
    wish: &SendWish,
    seed: u64,
) -> Result<Sent, FieldError> {
    field.send(
        road,
        &mut Waits::default(),
        wish,
        &mut rng(seed),
        &mut |_| {},
    )
}
