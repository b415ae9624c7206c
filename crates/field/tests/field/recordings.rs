//! Recordings: sealed while they are made, cut at every step, and what the newsroom makes of what is left.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::Duration;

use field::{About, Field, FieldError, Heard, Live, Recorded};
use formats::{
    Assembler, AuthenticPiece, CELL, Cell, CellHeader, DispatchId, PIECE_PLAIN_MAX, PieceKey,
    PieceNo, SHARD,
};
use keys::EpochKeys;

use crate::doubles::{
    Desk, Drops, NOW, Platter, Waits, chain, kit, noise, pieces_here, reopen, rng, set_up,
    set_up_small, wish,
};

/// A stream whose bytes come at set times.
struct Script {
    now: Duration,
    coming: VecDeque<(Duration, Vec<u8>)>,
    /// When how many bytes had been heard.
    heard: Vec<(Duration, usize)>,
    breaks: bool,
}

impl Script {
    /// `length` bytes of noise, `burst` of them every `apart`.
    fn new(length: usize, burst: usize, apart: Duration) -> Self {
        let bytes = noise(3, length);
        let times = (0_u32..).map(|n| apart * n);
        Self {
            now: Duration::ZERO,
            coming: times.zip(bytes.chunks(burst).map(<[u8]>::to_vec)).collect(),
            heard: Vec::new(),
            breaks: false,
        }
    }

    /// Bytes heard at least `ago` before the stream's present.
    fn heard_before(&self, ago: Duration) -> usize {
        let until = self.now.saturating_sub(ago);
        let sum = self.heard.iter().filter(|(at, _)| *at < until);
        sum.map(|(_, bytes)| bytes).sum()
    }
}

impl Live for Script {
    fn now(&mut self) -> Duration {
        self.now
    }

    fn hear(&mut self, room: &mut [u8], wait: Duration) -> io::Result<Heard> {
        let Some((at, bytes)) = self.coming.front_mut() else {
            return match self.breaks {
                true => Err(io::Error::other("unplugged")),
                false => Ok(Heard::End),
            };
        };
        if *at > self.now + wait {
            self.now += wait;
            return Ok(Heard::Nothing);
        }
        self.now = self.now.max(*at);
        let got = bytes.len().min(room.len());
        room[..got].copy_from_slice(&bytes[..got]);
        bytes.drain(..got);
        if bytes.is_empty() {
            self.coming.pop_front();
        }
        self.heard.push((self.now, got));
        Ok(Heard::Bytes(got))
    }
}

fn about() -> About {
    About {
        name: "roof.mp4".to_owned(),
        kind: "video/mp4".to_owned(),
        note: "from the roof".to_owned(),
    }
}

fn record(field: &mut Field<Platter>, script: &mut Script) -> Result<Recorded, FieldError> {
    field.add_live(script, &about(), NOW, &mut rng(5), &mut |_| {})
}

fn send(field: &mut Field<Platter>, drops: &mut Drops) {
    let sent = field.send(
        drops,
        &mut Waits::default(),
        &wish(),
        &mut rng(6),
        &mut |_| {},
    );
    assert_eq!(sent.unwrap().cells_left, 0);
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_slow_stream_is_sealed_every_few_seconds() {
    let (_, mut field) = set_up(kit(1, 9));
    let mut script = Script::new(40_000, 1_000, SECOND);
    let recorded = record(&mut field, &mut script).unwrap();
    assert!(recorded.broke.is_none());
    // Each piece holds the seconds 0 to 4 after its first byte; the contact piece and the manifest besides.
    assert_eq!(recorded.added.pieces, 8 + 2);
    assert_eq!(pieces_here(&field), 10);
    let mut drops = Drops::default();
    send(&mut field, &mut drops);
    let desk = Desk::read(&drops.cells());
    let manifest = desk.manifest(recorded.added.dispatch);
    assert_eq!(manifest.version, formats::dispatch::VERSION);
    assert_eq!(
        (manifest.items[0].name.as_str(), manifest.note.as_str()),
        ("roof.mp4", "from the roof")
    );
    assert_eq!(manifest.sealed_at, NOW + 39_000_000);
    assert_eq!(desk.item(recorded.added.dispatch, 0), noise(3, 40_000));
}

#[test]
fn a_silent_stream_does_not_keep_what_it_said_before_waiting() {
    let (_, mut field) = set_up(kit(1, 9));
    let mut script = Script::new(2_000, 1_000, Duration::from_secs(3_600));
    script.breaks = true;
    let recorded = record(&mut field, &mut script).unwrap();
    assert!(recorded.broke.is_some(), "and it is said why it ended");
    assert_eq!((recorded.added.pieces, pieces_here(&field)), (4, 4));
    let mut drops = Drops::default();
    send(&mut field, &mut drops);
    let desk = Desk::read(&drops.cells());
    assert_eq!(desk.item(recorded.added.dispatch, 0), noise(3, 2_000));
}

#[test]
fn a_fast_stream_fills_its_pieces() {
    let (_, mut field) = set_up(kit(1, 9));
    let length = PIECE_PLAIN_MAX * 2 + 5;
    let mut script = Script::new(length, 100_000, Duration::ZERO);
    let recorded = record(&mut field, &mut script).unwrap();
    assert_eq!(recorded.added.pieces, 3 + 2);
    assert_eq!(recorded.added.bytes_in, length as u64);
    let mut drops = Drops::default();
    send(&mut field, &mut drops);
    let desk = Desk::read(&drops.cells());
    assert!(desk.item(recorded.added.dispatch, 0) == noise(3, length));
}

#[test]
fn a_stream_that_says_nothing_is_nothing_or_its_note() {
    let (_, mut field) = set_up(kit(1, 9));
    let recorded = record(&mut field, &mut Script::new(0, 1, SECOND)).unwrap();
    assert_eq!((recorded.added.items, recorded.added.pieces), (0, 2));
    let silent = About {
        note: String::new(),
        ..about()
    };
    let mut script = Script::new(0, 1, SECOND);
    let outcome = field.add_live(&mut script, &silent, NOW, &mut rng(5), &mut |_| {});
    assert!(matches!(outcome, Err(FieldError::Nothing)));
    assert_eq!(field.status().dispatches.len(), 1);
}

/// Power fails before step 0, 1, 2 and so on of a recording, in two versions of what a disk keeps.
#[test]
fn negative_07_killed_while_recording_costs_five_seconds_and_nothing_else() {
    let mut most_pieces = 0;
    for torn in [false, true] {
        for step in 0.. {
            let (platter, mut field) = set_up_small(kit(1, 9));
            let mut script = Script::new(20_000, 500, SECOND / 2);
            platter.cut_after(step);
            let outcome = record(&mut field, &mut script);
            let after = platter.after_power_cut(torn);
            let mut field = reopen(&after, 3);
            most_pieces = most_pieces.max(check_cut(&mut field, &script, outcome.is_ok(), step));
            if outcome.is_ok() {
                break;
            }
            assert!(step < 2_000, "the recording never ends");
        }
    }
    assert!(most_pieces >= 4, "{most_pieces}");
}

/// The disk is full from step 0, 1, 2 and so on of a recording, and has room again afterwards.
#[test]
fn g10_a_full_disk_while_recording_keeps_what_was_sealed() {
    let mut most_pieces = 0;
    for step in 0.. {
        let (platter, mut field) = set_up_small(kit(1, 9));
        let mut script = Script::new(20_000, 500, SECOND / 2);
        platter.cut_after(step);
        let outcome = record(&mut field, &mut script);
        platter.mend();
        drop(field);
        let mut field = reopen(&platter, 3);
        most_pieces = most_pieces.max(check_cut(&mut field, &script, outcome.is_ok(), step));
        if outcome.is_ok() {
            break;
        }
        assert!(step < 2_000, "the recording never ends");
    }
    assert!(most_pieces >= 4, "{most_pieces}");
}

/// What is left is sent before it is described, is authentic and long enough; then it is described. Returns its pieces.
fn check_cut(field: &mut Field<Platter>, script: &Script, ended: bool, step: u64) -> usize {
    let safe = script.heard_before(5 * SECOND);
    let mut drops = Drops::default();
    let status = field.status().dispatches;
    let Some(here) = status.first() else {
        assert_eq!((safe, ended), (0, false), "step {step}");
        return 0;
    };
    send(field, &mut drops);
    let before = Desk::read(&drops.cells());
    assert_eq!(before.pieces.len(), here.pieces, "each is authentic alone");
    let cut = field.end_cut_recordings(&mut rng(8)).unwrap();
    let described = before.pieces.values().any(|piece| piece.place.last);
    assert_eq!(cut.is_empty(), described, "step {step}");
    send(field, &mut drops);
    let desk = Desk::read(&drops.cells());
    let got = desk.item(here.dispatch, 0);
    assert!(
        got.len() >= safe,
        "{} of {safe} bytes; step {step}",
        got.len()
    );
    assert!(noise(3, 20_000).starts_with(&got));
    let manifest = desk.manifest(here.dispatch);
    assert_eq!(
        manifest.items[0].is_cut(),
        manifest.items[0].name == "recording.mp4"
    );
    assert!(field.end_cut_recordings(&mut rng(9)).unwrap().is_empty());
    here.pieces
}

/// Everything authentic that a desk can make of cells, whatever else is among them.
fn authentic(epoch: &EpochKeys, cells: &[Cell]) -> Vec<AuthenticPiece> {
    let mut assemblers: HashMap<PieceKey, Assembler> = HashMap::new();
    for cell in cells {
        let Some((header, shard)) = open(epoch, cell) else {
            continue;
        };
        let key = PieceKey::of(&header);
        let assembler = assemblers.entry(key).or_insert_with(|| Assembler::new(key));
        let _ = assembler.add(&header, shard.as_slice());
    }
    let whole = assemblers.values();
    whole
        .filter_map(|a| a.finish(&epoch.mac, 64).ok())
        .collect()
}

fn open(epoch: &EpochKeys, cell: &Cell) -> Option<(CellHeader, Box<[u8; SHARD]>)> {
    let header = epoch.veil.open_header(cell.as_bytes()).ok()?;
    let mut shard = Box::new([0; SHARD]);
    epoch.veil.open_body(cell.as_bytes(), &mut shard).ok()?;
    Some((CellHeader::decode(&header).ok()?, shard))
}

/// The recording's cells veiled anew with other headers: what a thief of the veil's keys could put on a road.
fn forged(
    from: &EpochKeys,
    to: &EpochKeys,
    cells: &[Cell],
    change: impl Fn(&mut CellHeader),
) -> Vec<Cell> {
    let mut out = Vec::new();
    for (n, cell) in cells.iter().enumerate() {
        // Noise rounds a session; a thief cannot tell it from other newsrooms' cells.
        let Some((mut header, shard)) = open(from, cell) else {
            continue;
        };
        change(&mut header);
        let mut bytes = [0; CELL];
        to.veil
            .seal(&[n as u8; 24], &header.encode(), &shard, &mut bytes);
        out.push(Cell::from_slice(&bytes).unwrap());
    }
    out
}

#[test]
fn negative_07_pieces_of_a_cut_recording_cannot_be_swapped_cut_moved_or_backdated() {
    let (platter, mut field) = set_up(kit(1, 9));
    let mut script = Script::new(PIECE_PLAIN_MAX / 40, 20_000, SECOND);
    platter.cut_after(40);
    assert!(record(&mut field, &mut script).is_err());
    let mut field = reopen(&platter.after_power_cut(false), 3);
    let mut drops = Drops::default();
    send(&mut field, &mut drops);
    let (cells, epoch) = (drops.cells(), chain().epoch_keys());
    let honest = authentic(&epoch, &cells);
    let numbers = honest.iter().map(|p| p.place.piece.0).max().unwrap();
    assert!(numbers >= 2 && honest.iter().all(|piece| !piece.place.last));

    let next = chain().advance().epoch_keys();
    let other = |change: &dyn Fn(&mut CellHeader)| {
        authentic(&epoch, &forged(&epoch, &epoch, &cells, change))
    };
    // Swapped: two pieces change places. Reordered: all move up by one.
    let swapped = other(&|header| {
        if (1..=2).contains(&header.piece.0) {
            header.piece = PieceNo(3 - header.piece.0);
        }
    });
    assert!(swapped.iter().all(|p| !(1..=2).contains(&p.place.piece.0)));
    assert!(other(&|header| header.piece = PieceNo(header.piece.0 + 1)).is_empty());
    // Moved to another dispatch, or passed off as the manifest.
    assert!(other(&|header| header.dispatch = DispatchId([9; 16])).is_empty());
    let ends = other(&|header| header.last = header.piece.0 > 0);
    assert!(ends.iter().all(|piece| piece.place.piece.0 == 0));
    // Truncated: the same tag over fewer bytes.
    assert!(other(&|header| header.length -= 1).is_empty());
    // Backdated, or dated forward: another epoch's veil with this one's tag.
    let moved = forged(&epoch, &next, &cells, |_| ());
    assert!(authentic(&next, &moved).is_empty());
    assert!(authentic(&epoch, &moved).is_empty());
    // And beside the honest cells it changes nothing.
    let renumbered = forged(&epoch, &epoch, &cells, |h| {
        h.piece = PieceNo(h.piece.0 + 1);
    });
    let beside = [cells.clone(), renumbered].concat();
    assert_eq!(authentic(&epoch, &beside).len(), honest.len());
}
