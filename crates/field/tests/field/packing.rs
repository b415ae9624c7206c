//! Packing: a file of cells holds the whole dispatch, and survives the loss of what its recovery covers.

use field::{FieldError, Source, pack};
use formats::{CELL, Cell, Standing};

use crate::doubles::{Desk, NOW, kit, noise, rng, source};

fn cells(out: &[u8]) -> Vec<Cell> {
    out.chunks(CELL)
        .map(|cell| Cell::from_slice(cell).unwrap())
        .collect()
}

#[test]
fn a_packed_file_opens_with_a_fifth_of_it_lost() {
    let film = noise(1, 40_000_000);
    let mut sources = [source("film", &film), source("photo", &noise(2, 5))];
    let (mut out, mut told) = (Vec::new(), 0);
    let packed = pack(
        &kit(1, 1),
        false,
        Standing::of_kit(&kit(1, 1)),
        &mut sources,
        "note",
        NOW,
        (1, 4),
        &mut out,
        &mut rng(3),
        &mut |done| told = done,
    )
    .unwrap();
    assert_eq!((packed.bytes_in, packed.pieces), (40_000_005, 8));
    assert_eq!(
        (packed.cells as usize * CELL, told),
        (out.len(), out.len() as u64)
    );
    let kept: Vec<Cell> = cells(&out)
        .into_iter()
        .enumerate()
        .filter(|(n, _)| n % 5 != 4)
        .map(|(_, cell)| cell)
        .collect();
    let desk = Desk::read(&kept);
    assert_eq!(desk.item(packed.dispatch, 0), film);
    assert_eq!(desk.item(packed.dispatch, 1), noise(2, 5));
    assert_eq!(desk.manifest(packed.dispatch).note, "note");
}

#[test]
fn a_full_disk_and_a_broken_file_end_both_threads() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let film = noise(1, 40_000_000);
    for room in [0, 3_000_000, 30_000_000] {
        let mut sources = [source("film", &film)];
        let (kit, mut out) = (kit(1, 1), Full(room));
        let outcome = pack(
            &kit,
            false,
            Standing::of_kit(&kit),
            &mut sources,
            "",
            NOW,
            (1, 4),
            &mut out,
            &mut rng(3),
            &mut |_| {},
        );
        assert!(
            matches!(outcome, Err(FieldError::Disk { .. })),
            "{outcome:?}"
        );
    }
    struct Broken(usize);
    impl std::io::Read for Broken {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(into.len())
                .ok_or_else(|| std::io::Error::other("bad sector"))?;
            Ok(into.len())
        }
    }
    let broken = Source {
        reader: Box::new(Broken(20_000_000)),
        ..source("film", b"")
    };
    let outcome = pack(
        &kit(1, 1),
        false,
        Standing::of_kit(&kit(1, 1)),
        &mut [broken],
        "",
        NOW,
        (1, 4),
        &mut Vec::new(),
        &mut rng(3),
        &mut |_| {},
    );
    assert!(
        matches!(outcome, Err(FieldError::Source(0, _))),
        "{outcome:?}"
    );
}

#[test]
fn impossible_recovery_is_refused() {
    let outcome = pack(
        &kit(1, 1),
        false,
        Standing::of_kit(&kit(1, 1)),
        &mut [],
        "n",
        NOW,
        (1, 0),
        &mut Vec::new(),
        &mut rng(3),
        &mut |_| {},
    );
    assert!(matches!(outcome, Err(FieldError::Recovery)));
    let mut out = Vec::new();
    let all = pack(
        &kit(1, 1),
        false,
        Standing::of_kit(&kit(1, 1)),
        &mut [],
        "n",
        NOW,
        (u16::MAX, 1),
        &mut out,
        &mut rng(3),
        &mut |_| {},
    );
    let pieces = ["contact", "manifest"];
    assert_eq!(
        all.unwrap().cells,
        1_024 * pieces.len() as u64,
        "as much as the code has"
    );
}
