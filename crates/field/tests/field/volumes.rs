//! Memory cards with pictures on them: real file systems, made and checked by Debian's own tools. What is written goes into
//! unused space alone, and cells are found again after the card was used.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use field::{CardFile, SpreadWish, prepare_card};
use formats::CELL;
use formats::card::{Image, Kind, Space, VolumeError, Windows, find_volume};
use keys::EpochKeys;

use crate::doubles::{NOW, chain, kit, noise, rng, set_up, source};

/// How a card is made: kilobytes, the maker and its options.
struct Make {
    kind: Kind,
    kib: u64,
    program: &'static str,
    options: &'static [&'static str],
}

const CARDS: [Make; 5] = [
    Make {
        kind: Kind::Fat12,
        kib: 8_000,
        program: "mkfs.fat",
        options: &["-F", "12", "-s", "8"],
    },
    Make {
        kind: Kind::Fat16,
        kib: 40_000,
        program: "mkfs.fat",
        options: &["-F", "16", "-s", "4"],
    },
    Make {
        kind: Kind::Fat32,
        kib: 70_000,
        program: "mkfs.fat",
        options: &["-F", "32", "-s", "1"],
    },
    Make {
        kind: Kind::Fat12,
        kib: 60_000,
        program: "mkfs.fat",
        options: &["-F", "12", "-s", "64", "-f", "1"],
    },
    Make {
        kind: Kind::Exfat,
        kib: 40_000,
        program: "mkfs.exfat",
        options: &["-c", "32K"],
    },
];

fn run(program: &str, arguments: &[&str], path: &Path) {
    let done = Command::new(program)
        .args(arguments)
        .arg(path)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{program}: {}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

impl Make {
    fn card(&self, folder: &Path) -> PathBuf {
        let path = folder.join("card");
        File::create(&path)
            .unwrap()
            .set_len(self.kib * 1024)
            .unwrap();
        run(self.program, self.options, &path);
        if self.kind == Kind::Exfat {
            exfat_file(&path, "a.jpg", &noise(1, 900_000), 40);
        } else {
            put(&path, "a.jpg", &noise(1, 900_000));
            put(&path, "b.jpg", &noise(2, 50_000));
            run(
                "mdel",
                &["-i", path.to_str().unwrap()],
                Path::new("::a.jpg"),
            );
            put(&path, "c.jpg", &noise(3, 1_200_000));
        }
        path
    }

    fn check(&self, path: &Path) {
        let checker = if self.kind == Kind::Exfat {
            "fsck.exfat"
        } else {
            "fsck.fat"
        };
        run(checker, &["-n"], path);
    }
}

/// Copies a file onto a FAT card.
fn put(card: &Path, name: &str, bytes: &[u8]) {
    let file = card.with_file_name(name);
    fs::write(&file, bytes).unwrap();
    let target = format!("::{name}");
    run(
        "mcopy",
        &["-o", "-i", card.to_str().unwrap(), file.to_str().unwrap()],
        Path::new(&target),
    );
}

fn get(card: &Path, name: &str) -> Vec<u8> {
    let file = card.with_file_name("out");
    let source = format!("::{name}");
    run(
        "mcopy",
        &["-n", "-o", "-i", card.to_str().unwrap(), &source],
        &file,
    );
    fs::read(file).unwrap()
}

fn number(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Puts a file of consecutive clusters onto an exFAT card by hand, for no tool here does it without mounting; the checker
/// then says whether it was done rightly. The bitmap is small and lies at the beginning of the first cluster.
fn exfat_file(card: &Path, name: &str, content: &[u8], first: usize) {
    let mut bytes = fs::read(card).unwrap();
    let cluster = 1 << (bytes[108] + bytes[109]);
    let heap = number(&bytes, 88) << bytes[108];
    let root = heap + (number(&bytes, 96) - 2) * cluster;
    bytes[heap + (first - 2) * cluster..][..content.len()].copy_from_slice(content);
    for one in first - 2..first - 2 + content.len().div_ceil(cluster) {
        bytes[heap + one / 8] |= 1 << (one % 8);
    }
    let wide: Vec<u16> = name.encode_utf16().collect();
    let mut set = vec![0_u8; 96];
    (set[0], set[1], set[4]) = (0x85, 2, 0x20);
    // A date of 2020: the checker wants a valid one.
    for at in [8, 12, 16] {
        set[at..at + 4].copy_from_slice(&(0x5021_0000_u32).to_le_bytes());
    }
    (set[32], set[33], set[35]) = (0xc0, 3, name.len() as u8);
    let hash = wide.iter().flat_map(|c| {
        let upper = if (97..123).contains(c) { c - 32 } else { *c };
        upper.to_le_bytes()
    });
    let hash = hash.fold(0_u16, |sum, byte| {
        sum.rotate_right(1).wrapping_add(byte.into())
    });
    set[36..38].copy_from_slice(&hash.to_le_bytes());
    set[40..48].copy_from_slice(&(content.len() as u64).to_le_bytes());
    set[52..56].copy_from_slice(&(first as u32).to_le_bytes());
    set[56..64].copy_from_slice(&(content.len() as u64).to_le_bytes());
    set[64] = 0xc1;
    for (at, c) in wide.iter().enumerate() {
        set[66 + 2 * at..68 + 2 * at].copy_from_slice(&c.to_le_bytes());
    }
    let sum = set
        .iter()
        .enumerate()
        .filter(|(at, _)| !matches!(at, 2 | 3));
    let sum = sum.fold(0_u16, |sum, (_, byte)| {
        sum.rotate_right(1).wrapping_add((*byte).into())
    });
    set[2..4].copy_from_slice(&sum.to_le_bytes());
    let free = (0..cluster / 32)
        .find(|entry| bytes[root + entry * 32] == 0)
        .unwrap();
    bytes[root + free * 32..][..96].copy_from_slice(&set);
    fs::write(card, bytes).unwrap();
}

fn cells(card: &Path, epoch: &EpochKeys) -> usize {
    let (mut found, mut bytes) = (0, Vec::new());
    File::open(card).unwrap().read_to_end(&mut bytes).unwrap();
    let counted: Result<(), VolumeError> = Windows::new().push(&bytes, |window| {
        found += usize::from(epoch.veil.open_header(window).is_ok());
        Ok(())
    });
    counted.unwrap();
    found
}

/// Whether two images are the same outside of the space.
fn same_outside(before: &[u8], after: &[u8], space: &Space) -> bool {
    let (mut before, mut after) = (before.to_vec(), after.to_vec());
    let places = (0..space.places()).filter_map(|n| Some((space.place(n)?, CELL as u64)));
    for (at, length) in places.chain(space.gaps().map(|gap| (gap.at, gap.length))) {
        before[at as usize..(at + length) as usize].fill(0);
        after[at as usize..(at + length) as usize].fill(0);
    }
    before == after
}

/// A card with one byte changed.
struct Hurt<'a> {
    card: &'a [u8],
    at: u64,
    value: u8,
}

impl Image for Hurt<'_> {
    fn length(&self) -> u64 {
        self.card.length()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.card.read_at(at, into)?;
        if let Some(byte) = self
            .at
            .checked_sub(at)
            .and_then(|n| into.get_mut(n as usize))
        {
            *byte = self.value;
        }
        Ok(())
    }
}

fn one_card() -> SpreadWish {
    SpreadWish {
        dispatch: None,
        cards: 1,
        need: 1,
    }
}

#[test]
fn g02_unused_space_is_filled_and_nothing_else_is_touched() {
    let (_, mut field) = set_up(kit(1, 1));
    let mut sources = [source("photo", &noise(9, 2_000_000))];
    field
        .add(&mut sources, "words", NOW, &mut rng(3), &mut |_| {})
        .unwrap();
    let plan = field.plan_spread(&one_card()).unwrap();
    for make in CARDS {
        let folder = tempfile::tempdir().unwrap();
        let path = make.card(folder.path());
        make.check(&path);
        let before = fs::read(&path).unwrap();
        let card = CardFile::open(&path).unwrap();
        assert_eq!(find_volume(&card).unwrap().kind, make.kind);
        let space = card.unused().unwrap();
        let fit = plan.fit(space.places()).unwrap();
        prepare_card(&card.card(&space), &mut rng(4)).unwrap();
        let noise_only = fs::read(&path).unwrap();
        field
            .spread(&plan, &[card.card(&space)], &mut rng(5), &mut |_| {})
            .unwrap();
        let full = fs::read(&path).unwrap();
        make.check(&path);
        for after in [&noise_only, &full] {
            assert!(same_outside(&before, after, &space));
            // All of the unused space is overwritten: no byte string of it is left.
            for n in 0..space.places() {
                let at = space.place(n).unwrap() as usize;
                assert!(before[at..at + 16] != after[at..at + 16]);
            }
            for gap in space.gaps() {
                let at = gap.at as usize;
                assert!(before[at..at + 16] != after[at..at + 16]);
            }
        }
        let epoch = chain().epoch_keys();
        assert_eq!(cells(&path, &epoch), fit.cells as usize, "{:?}", make.kind);
        if make.kind != Kind::Exfat {
            assert_eq!(get(&path, "b.jpg"), noise(2, 50_000));
            assert_eq!(get(&path, "c.jpg"), noise(3, 1_200_000));
            // The courier takes another picture; only the cells that it lies on are gone.
            let picture = noise(4, 1_000_000);
            put(&path, "d.jpg", &picture);
            make.check(&path);
            let hit = picture.len().div_ceil(CELL) + 2;
            assert!(cells(&path, &epoch) >= fit.cells as usize - hit);
            assert_eq!(get(&path, "d.jpg"), picture);
        }
    }
}

#[test]
fn a_card_with_a_partition_table_is_read_and_written_like_one_without() {
    let folder = tempfile::tempdir().unwrap();
    let volume = fs::read(CARDS[1].card(folder.path())).unwrap();
    let mut disk = vec![0; 2_048 * 512];
    disk[446 + 4] = 0x06;
    disk[446 + 8..446 + 12].copy_from_slice(&2_048_u32.to_le_bytes());
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    let alone = Space::unused(volume.as_slice()).unwrap();
    disk.extend(&volume);
    let space = Space::unused(disk.as_slice()).unwrap();
    assert_eq!(space.places(), alone.places());
    assert_eq!(space.place(0), Some(alone.place(0).unwrap() + 2_048 * 512));
    let path = folder.path().join("disk");
    fs::write(&path, &disk).unwrap();
    let (_, mut field) = set_up(kit(1, 1));
    field
        .add(&mut [], "words", NOW, &mut rng(3), &mut |_| {})
        .unwrap();
    let plan = field.plan_spread(&one_card()).unwrap();
    let card = CardFile::open(&path).unwrap();
    let spread = field.spread(&plan, &[card.card(&space)], &mut rng(5), &mut |_| {});
    assert_eq!(
        cells(&path, &chain().epoch_keys()),
        spread.unwrap().cells as usize
    );
    assert!(same_outside(&disk, &fs::read(&path).unwrap(), &space));
}

#[test]
fn hostile_and_unclean_cards_are_refused_and_never_written() {
    for make in CARDS {
        let folder = tempfile::tempdir().unwrap();
        let good = fs::read(make.card(folder.path())).unwrap();
        let volume = find_volume(good.as_slice()).unwrap();
        let short = &good[..(volume.heap + volume.heap_bytes()) as usize - 1];
        assert!(matches!(Space::unused(short), Err(VolumeError::Format(_))));
        let mut dirty = good.clone();
        match make.kind {
            Kind::Fat12 | Kind::Fat16 => dirty[37] |= 1,
            Kind::Fat32 => dirty[65] |= 1,
            Kind::Exfat => dirty[106] |= 2,
        }
        assert!(matches!(
            Space::unused(dirty.as_slice()),
            Err(VolumeError::Dirty)
        ));
        // Any byte of the boot sector changed: refused, or still within the card.
        for at in 0..120 {
            for value in [0, 1, 0x7f, 0xff] {
                let hurt = Hurt {
                    card: &good,
                    at,
                    value,
                };
                if let Ok(space) = Space::unused(&hurt) {
                    let end = space.places().checked_sub(1).and_then(|n| space.place(n));
                    assert!(end.is_none_or(|end| end as usize + CELL <= good.len()));
                    assert!(
                        space
                            .gaps()
                            .all(|gap| (gap.at + gap.length) as usize <= good.len())
                    );
                }
            }
        }
    }
    for nothing in [vec![], vec![0; 100], vec![0; 1 << 20], noise(1, 1 << 20)] {
        assert!(matches!(
            Space::unused(nothing.as_slice()),
            Err(VolumeError::Unknown)
        ));
    }
}

#[test]
fn an_unfinished_card_file_is_removed_and_an_existing_one_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holiday.bin");
    drop(CardFile::create(&path, 4 << 20).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let card = CardFile::create(&path, 4 << 20).unwrap();
    let space = Space::file(64);
    prepare_card(&card.card(&space), &mut rng(1)).unwrap();
    card.finish().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), 4 << 20);
    let again = CardFile::create(&path, 4 << 20).unwrap_err();
    assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
