//! A model of a drop that does everything wrong: it drops cells, acknowledges without storing, replays, reorders,
//! duplicates, flips bits, cuts, refuses, lies about what is missing, forks and rolls back its log, hides cells, and answers
//! mailboxes with old, foreign and damaged cells. Against the real field and the desk's own assembling and judging:
//! whatever it does is named or harmless. Nothing is forgotten that the newsroom did not acknowledge, nothing wrong opens,
//! an honest log is never accused, and through an honest drop everything arrives in the end.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use field::{DispatchState, Field, Road, RoadError, SendWish, Session};
use formats::{CELL, Cell, Contact, DispatchId, DropUrl, PieceNo, ReceiptKind, seal_reply};
use keys::{ChainKey, EpochKeys};
use ledger::{Digest, EMPTY_ROOT, LogSigner, SignedCheckpoint, leaf_hash, stored};
use newsroom::conduct::{self, Conduct, Judgement, OwnTree};
use proptest::prelude::*;
use wire::{CellHash, MailboxAddress, ProblemKind};

use crate::doubles::{
    Desk as Pieces, NOW, Platter, Waits, chain, kit, newsroom, noise, rng, set_up, source, url,
    wish,
};

const SECONDS: u64 = 1_790_000_000;

/// How cells are treated that come to be stored. All but the last two are acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Storing {
    Well,
    Discard,
    EverySecond,
    Twice,
    Backwards,
    FlipBits,
    ReplayOld,
    Cut,
    Refuse,
}

/// What "which are missing?" is answered.
#[derive(Debug, Clone, Copy)]
enum Missing {
    Truth,
    Nothing,
    Everything,
}

/// What a mailbox shows.
#[derive(Debug, Clone, Copy)]
enum Mail {
    Truth,
    Noise,
    Foreign,
    First,
    Damaged,
}

/// What is signed at the next tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signing {
    Honest,
    /// Reporters are shown another root.
    ForkForReporters,
    /// The desk is shown another root.
    ForkForDesk,
    /// Half the log.
    RollBack,
    /// Reporters are shown all of the log, the desk what it has read already.
    Hide,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Report,
    Send(Storing, Missing),
    Sign(Signing),
    Pull,
    Answer,
    Receive(Mail),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Signing as S;
    let storing = prop::sample::select(vec![
        Storing::Well,
        Storing::Discard,
        Storing::EverySecond,
        Storing::Twice,
        Storing::Backwards,
        Storing::FlipBits,
        Storing::ReplayOld,
        Storing::Cut,
        Storing::Refuse,
    ]);
    let missing = prop::sample::select(vec![Missing::Truth, Missing::Nothing, Missing::Everything]);
    let mail = prop::sample::select(vec![
        Mail::Truth,
        Mail::Noise,
        Mail::Foreign,
        Mail::First,
        Mail::Damaged,
    ]);
    let signing = prop::sample::select(vec![
        S::Honest,
        S::ForkForReporters,
        S::ForkForDesk,
        S::RollBack,
        S::Hide,
    ]);
    let step = prop_oneof![
        2 => Just(Step::Report),
        4 => (storing, missing).prop_map(|(storing, missing)| Step::Send(storing, missing)),
        2 => Just(Step::Sign(S::Honest)),
        1 => signing.prop_map(Step::Sign),
        3 => Just(Step::Pull),
        2 => Just(Step::Answer),
        2 => mail.prop_map(Step::Receive),
    ];
    prop::collection::vec(step, 4..24)
}

fn signer(n: u8) -> LogSigner {
    LogSigner::named_by_key("drop", &[n; 32]).unwrap()
}

fn leaf(cell: &[u8]) -> Digest {
    leaf_hash(CellHash::of(cell).as_bytes())
}

fn note(n: u8, leaves: &[Digest], tick: u64) -> SignedCheckpoint {
    let hashes = stored::grow(0, leaves, [].as_slice()).unwrap();
    let size = leaves.len() as u64;
    let root = match size {
        0 => EMPTY_ROOT,
        size => stored::root(size, hashes.as_slice()).unwrap(),
    };
    signer(n)
        .sign_checkpoint(size, root, SECONDS + tick)
        .unwrap()
}

/// Both drops: the first does what it is told to, the second is honest.
struct Line {
    storing: Storing,
    missing: Missing,
    mail_mood: Mail,
    logs: [Vec<Vec<u8>>; 2],
    /// Cells that the second drop has by session, so that it can say which are missing.
    held: HashSet<([u8; 32], [u8; 32])>,
    /// What desk and reporters are shown of the first drop, and how much of its log the desk is handed.
    for_desk: SignedCheckpoint,
    for_reporters: SignedCheckpoint,
    visible: Option<usize>,
    /// Every mailbox ever filled, in order.
    mail: Vec<([u8; 32], Cell)>,
    tick: u64,
}

impl Line {
    fn keep(&mut self, session: &Session, cells: &[&[u8]]) {
        let secret = *session.secret.hash().as_bytes();
        let at = usize::from(session.drop != url(1));
        for cell in cells {
            let hash = *CellHash::of(cell).as_bytes();
            // The same cell twice within a session is stored once, unless the drop means harm.
            if self.held.insert((secret, hash)) || self.storing == Storing::Twice && at == 0 {
                self.logs[at].push(cell.to_vec());
            }
        }
    }

    fn sign(&mut self, signing: Signing, read: usize) {
        self.tick += 600;
        let leaves: Vec<Digest> = self.logs[0].iter().map(|cell| leaf(cell)).collect();
        let mut forked = leaves.clone();
        if let Some(last) = forked.last_mut() {
            *last = leaf(b"another cell");
        }
        let honest = note(1, &leaves, self.tick);
        let (desk, reporters) = match signing {
            Signing::Honest => (honest.clone(), honest),
            Signing::ForkForReporters => (honest, note(1, &forked, self.tick)),
            Signing::ForkForDesk => (note(1, &forked, self.tick), honest),
            Signing::RollBack => {
                let back = note(1, &leaves[..leaves.len() / 2], self.tick);
                (back.clone(), back)
            }
            Signing::Hide => (note(1, &leaves[..read], self.tick + 1), honest),
        };
        self.visible = (signing == Signing::Hide).then_some(read);
        (self.for_desk, self.for_reporters) = (desk, reporters);
    }
}

impl Road for Line {
    fn store(&mut self, session: &Session, cells: &[u8]) -> Result<u32, RoadError> {
        let all: Vec<&[u8]> = cells.chunks(CELL).collect();
        let count = all.len() as u32;
        if session.drop != url(1) {
            self.keep(session, &all);
            return Ok(count);
        }
        match self.storing {
            Storing::Well => self.keep(session, &all),
            Storing::Discard => {}
            Storing::EverySecond => {
                let some: Vec<&[u8]> = all.iter().copied().step_by(2).collect();
                self.keep(session, &some);
            }
            Storing::Twice => {
                self.keep(session, &all);
                self.keep(session, &all);
            }
            Storing::Backwards => {
                let back: Vec<&[u8]> = all.iter().copied().rev().collect();
                self.keep(session, &back);
            }
            Storing::FlipBits => {
                for (at, cell) in all.iter().enumerate() {
                    let mut bad = cell.to_vec();
                    // In the nonce, the header, the shard, the tag: somewhere else each time.
                    let place = (at * 7_919 + self.logs[0].len() * 104_729) % CELL;
                    bad[place] ^= 1 << (at % 8);
                    self.logs[0].push(bad);
                }
            }
            Storing::ReplayOld => {
                self.keep(session, &all);
                let old: Vec<Vec<u8>> = self.logs[0].iter().take(5).cloned().collect();
                self.logs[0].extend(old);
            }
            Storing::Cut => {
                self.keep(session, &all[..all.len() / 2]);
                return Err(RoadError::Line(Box::new(std::io::Error::other("cut"))));
            }
            Storing::Refuse => {
                return Err(RoadError::Refused {
                    kind: ProblemKind::StorageFull,
                });
            }
        }
        Ok(count)
    }

    fn missing(&mut self, session: &Session, hashes: &[CellHash]) -> Result<Vec<u32>, RoadError> {
        let secret = *session.secret.hash().as_bytes();
        let mood = if session.drop == url(1) {
            self.missing
        } else {
            Missing::Truth
        };
        let lacks = |hash: &CellHash| match mood {
            Missing::Truth => !self.held.contains(&(secret, *hash.as_bytes())),
            Missing::Nothing => false,
            Missing::Everything => true,
        };
        Ok((0..)
            .zip(hashes)
            .filter(|(_, hash)| lacks(hash))
            .map(|(at, _)| at)
            .collect())
    }

    fn mailbox(&mut self, drop: &DropUrl, address: &MailboxAddress) -> Result<Cell, RoadError> {
        let noise = || Cell::from_slice(&noise(u64::from(address.as_bytes()[0]), CELL)).unwrap();
        let own = |(place, _): &&([u8; 32], Cell)| place == address.as_bytes();
        let truth = self.mail.iter().rfind(own).map(|(_, cell)| cell.clone());
        let mood = if *drop == url(1) {
            self.mail_mood
        } else {
            Mail::Truth
        };
        let shown = match mood {
            Mail::Truth => truth,
            Mail::Noise => None,
            Mail::Foreign => self.mail.last().map(|(_, cell)| cell.clone()),
            Mail::First => self.mail.first().map(|(_, cell)| cell.clone()),
            Mail::Damaged => truth.map(|cell| {
                let mut bytes = cell.as_bytes().to_vec();
                bytes[30_000] ^= 4;
                Cell::from_slice(&bytes).unwrap()
            }),
        };
        Ok(shown.unwrap_or_else(noise))
    }

    fn checkpoint(&mut self, drop: &DropUrl) -> Result<Vec<u8>, RoadError> {
        let shown = if *drop == url(1) {
            self.for_reporters.clone()
        } else {
            let leaves: Vec<Digest> = self.logs[1].iter().map(|cell| leaf(cell)).collect();
            note(2, &leaves, self.tick)
        };
        Ok(shown.note().as_bytes().to_vec())
    }
}

/// The desk: it takes whatever it is handed, opens what is authentic, and judges the first drop.
#[derive(Default)]
struct Desk {
    cells: Vec<Cell>,
    hashes: Vec<Digest>,
    read: [usize; 2],
    last: Option<SignedCheckpoint>,
    brought: Vec<String>,
    /// The chains that contact pieces announced: the device goes over to its own once it was answered.
    fresh: BTreeSet<[u8; 32]>,
    alarms: Vec<Conduct>,
    /// Pieces that a receipt named, and pairs that are used up.
    acknowledged: HashMap<DispatchId, usize>,
    used: HashMap<DispatchId, usize>,
}

impl OwnTree for Desk {
    fn size(&self) -> u64 {
        self.read[0] as u64
    }

    fn root(&self, size: u64) -> Option<Digest> {
        match size {
            0 => Some(EMPTY_ROOT),
            size => stored::root(size, self.hashes.as_slice()).ok(),
        }
    }
}

impl Desk {
    fn pull(&mut self, line: &Line) {
        for at in 0..2 {
            let log = &line.logs[at];
            let end = if at == 0 {
                line.visible.unwrap_or(log.len()).max(self.read[0])
            } else {
                log.len()
            };
            let fresh = &log[self.read[at]..end];
            if at == 0 {
                let leaves: Vec<Digest> = fresh.iter().map(|cell| leaf(cell)).collect();
                let size = self.read[0] as u64;
                let more = stored::grow(size, &leaves, self.hashes.as_slice()).unwrap();
                self.hashes.extend(more);
            }
            let cells = fresh.iter().map(|cell| Cell::from_slice(cell).unwrap());
            self.cells.extend(cells);
            self.read[at] = end;
        }
        self.take_contacts();
        let (key, note) = (signer(1).verifier(), &line.for_desk);
        let now = SECONDS + line.tick;
        let shown = note.note().as_bytes();
        match conduct::shown_to_desk(&key, self.last.as_ref(), shown, now, self) {
            Judgement::Wrong(what, _) => self.alarms.push(what),
            Judgement::Ahead => unreachable!("the log was read to the end of what was signed"),
            Judgement::Fits => self.last = Some(note.clone()),
        }
        for brought in &self.brought {
            let brought = brought.as_bytes();
            match conduct::shown_to_reporter(&key, self.last.as_ref(), brought, self) {
                Judgement::Wrong(what, _) => self.alarms.push(what),
                Judgement::Fits | Judgement::Ahead => {}
            }
        }
    }

    /// As intake does it: what does not open is passed over, what contradicts itself is set apart.
    fn pieces(&self) -> Pieces {
        let fresh = self.fresh.iter().map(|key| ChainKey::from_bytes(*key));
        let chains: Vec<EpochKeys> = std::iter::once(chain())
            .chain(fresh)
            .map(|chain| chain.epoch_keys())
            .collect();
        Pieces::under(&chains, &self.cells)
    }

    fn take_contacts(&mut self) {
        let pieces = self.pieces();
        for (_, piece) in pieces
            .pieces
            .iter()
            .filter(|((_, no), _)| *no == PieceNo::CONTACT)
        {
            let plain = newsroom().open(&piece.ciphertext).unwrap();
            let contact = Contact::decode(&plain).unwrap();
            let next = contact.next_chain.map(|key| *key.expose_bytes());
            self.fresh.extend(next);
            for seen in contact.checkpoints {
                if seen.drop == url(1) && !self.brought.contains(&seen.note) {
                    self.brought.push(seen.note);
                }
            }
        }
    }

    /// Puts a receipt for what is there into mailboxes, as far as there are pairs.
    fn answer(&mut self, line: &mut Line, reports: &Reports) {
        let pieces = self.pieces();
        for (dispatch, report) in reports {
            let there = |no: u32| pieces.pieces.contains_key(&(*dispatch, PieceNo(no)));
            let count = (0..report.pieces).filter(|no| there(*no)).count();
            let acknowledged = self.acknowledged.entry(*dispatch).or_default();
            let used = self.used.entry(*dispatch).or_default();
            if !there(0) || count <= *acknowledged || *used >= 8 {
                continue;
            }
            let kind = if count == report.pieces as usize {
                ReceiptKind::Complete
            } else {
                ReceiptKind::Have
            };
            let receipt = pieces.receipt(kind, *dispatch);
            let pair = &pieces.pairs(*dispatch)[*used];
            let (address, cell) =
                seal_reply(&receipt.into(), pair, &mut rng(line.tick + 5)).unwrap();
            line.mail.push((address.0, cell));
            *acknowledged = count;
            *used += 1;
        }
    }

    fn nothing_wrong_opens(&self, reports: &Reports) {
        let pieces = self.pieces();
        for (dispatch, _) in pieces.pieces.keys() {
            assert!(reports.contains_key(dispatch), "a dispatch out of nowhere");
        }
        for (dispatch, report) in reports {
            let whole =
                (0..report.pieces).all(|no| pieces.pieces.contains_key(&(*dispatch, PieceNo(no))));
            if whole {
                assert_eq!(pieces.item(*dispatch, 0), report.bytes);
            }
        }
    }
}

struct Report {
    pieces: u32,
    bytes: Vec<u8>,
}

type Reports = BTreeMap<DispatchId, Report>;

/// Everything together, and what must hold after each step.
struct World {
    field: Field<Platter>,
    line: Line,
    desk: Desk,
    reports: Reports,
    seed: u64,
    /// Steps after which honest judges must have something to say.
    forks_shown_to_desk: bool,
    crimes: usize,
}

impl World {
    fn new() -> Self {
        let mut kit = kit(2, 14);
        kit.drops[0].log_key = Some(signer(1).verifier());
        kit.drops[1].log_key = Some(signer(2).verifier());
        let (_, field) = set_up(kit);
        let empty = note(1, &[], 0);
        Self {
            field,
            line: Line {
                storing: Storing::Well,
                missing: Missing::Truth,
                mail_mood: Mail::Truth,
                logs: [Vec::new(), Vec::new()],
                held: HashSet::new(),
                for_desk: empty.clone(),
                for_reporters: empty,
                visible: None,
                mail: Vec::new(),
                tick: 0,
            },
            desk: Desk::default(),
            reports: BTreeMap::new(),
            seed: 100,
            forks_shown_to_desk: false,
            crimes: 0,
        }
    }

    fn seed(&mut self) -> u64 {
        self.seed += 1;
        self.seed
    }

    fn report(&mut self) {
        let seed = self.seed();
        let bytes = noise(seed, 300 + (seed as usize * 37) % 90_000);
        let added = self
            .field
            .add(
                &mut [source("x", &bytes)],
                "n",
                NOW,
                &mut rng(seed),
                &mut |_| {},
            )
            .unwrap();
        let pieces = added.pieces as u32;
        self.reports
            .insert(added.dispatch, Report { pieces, bytes });
    }

    fn send(&mut self, drop: u8, again: bool) {
        let seed = self.seed();
        let wish = SendWish {
            drops: vec![url(drop)],
            again,
            ..wish()
        };
        // Running out of tokens is an answer too; the honest drop has enough.
        let sent = self.field.send(
            &mut self.line,
            &mut Waits::default(),
            &wish,
            &mut rng(seed),
            &mut |_| {},
        );
        assert!(drop == 1 || sent.is_ok(), "{sent:?}");
    }

    fn receive(&mut self, mood: Mail) {
        self.line.mail_mood = mood;
        let seed = self.seed();
        let drops = [url(1)];
        self.field
            .receive(&mut self.line, &drops, NOW + 1, &mut rng(seed), &mut |_| {})
            .unwrap();
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Report if self.reports.len() < 5 => self.report(),
            Step::Report => {}
            Step::Send(storing, missing) => {
                (self.line.storing, self.line.missing) = (storing, missing);
                self.send(1, true);
            }
            Step::Sign(signing) => {
                self.crimes += usize::from(signing != Signing::Honest);
                self.line.sign(signing, self.desk.read[0]);
                self.forks_shown_to_desk =
                    signing == Signing::ForkForDesk && !self.line.logs[0].is_empty();
            }
            Step::Pull => {
                self.desk.pull(&self.line);
                if self.forks_shown_to_desk {
                    assert!(
                        !self.desk.alarms.is_empty(),
                        "a fork before the desk's eyes"
                    );
                }
            }
            Step::Answer => self.desk.answer(&mut self.line, &self.reports),
            Step::Receive(mood) => self.receive(mood),
        }
        self.holds();
    }

    /// After every step, whatever it was.
    fn holds(&self) {
        self.desk.nothing_wrong_opens(&self.reports);
        for status in self.field.status().dispatches {
            let named = self.desk.acknowledged.get(&status.dispatch).copied();
            assert!(
                status.received <= named.unwrap_or(0),
                "forgotten without the newsroom's word"
            );
        }
        if self.crimes == 0 {
            assert_eq!(self.desk.alarms, [], "an honest log is accused");
        }
    }

    /// The honest drop brings everything home, and what reporters saw comes to light.
    fn come_home(&mut self) {
        self.line.visible = None;
        self.report();
        self.send(2, true);
        self.report();
        self.send(2, true);
        self.line.tick += 600;
        self.desk.pull(&self.line);
        self.desk.answer(&mut self.line, &self.reports);
        let seed = self.seed();
        self.field
            .receive(
                &mut self.line,
                &[url(2)],
                NOW + 1,
                &mut rng(seed),
                &mut |_| {},
            )
            .unwrap();
        self.holds();
        let pieces = self.desk.pieces();
        for (dispatch, report) in &self.reports {
            assert_eq!(pieces.item(*dispatch, 0), report.bytes, "it did not arrive");
        }
        for status in self.field.status().dispatches {
            assert_eq!(status.state, DispatchState::Received);
        }
        // Whatever a reporter brought that is not the log the desk was handed has been named.
        for brought in &self.desk.brought {
            let seen = signer(1).verifier().open(brought.as_bytes()).unwrap();
            let other = self.desk.root(seen.size()) != Some(seen.root());
            let fits = seen.size() <= self.desk.size() && !other;
            assert!(fits || !self.desk.alarms.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn g05_g10_a_malicious_drop_is_named_or_harmless(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.come_home();
    }
}

/// The model must be able to see what it claims to: each crime alone is named.
#[test]
fn every_crime_in_the_log_is_named() {
    for (signing, what) in [
        (Signing::ForkForDesk, Conduct::Forked),
        (Signing::RollBack, Conduct::RolledBack),
        (Signing::ForkForReporters, Conduct::Forked),
        (Signing::Hide, Conduct::Withheld),
    ] {
        let mut world = World::new();
        let well = Step::Send(Storing::Well, Missing::Truth);
        world.step(Step::Report);
        world.step(well);
        world.step(Step::Sign(Signing::Honest));
        world.step(Step::Pull);
        assert_eq!(world.desk.alarms, []);
        if signing == Signing::Hide {
            world.step(well);
        }
        world.step(Step::Sign(signing));
        world.step(well);
        // What was seen at the end of that session comes with the next report, by the honest way.
        world.report();
        world.send(2, true);
        world.step(Step::Pull);
        assert!(
            world.desk.alarms.contains(&what),
            "{signing:?}: {:?}",
            world.desk.alarms
        );
    }
}
