//! Whole pieces: sealed, cut, veiled, opened again by the newsroom; and every way to cheat with them.

use formats::cell::shards_for;
use formats::coding::{Encoder, decode, recovery_for};
use formats::{
    Assembler, AuthenticPiece, Cell, CellHeader, PIECE_PLAIN_MAX, PIECE_SEALED_MAX, PieceError,
    PieceKey, PiecePlace, PieceSealer, SHARD, SealedPiece, seal_piece,
};
use keys::{ChainKey, EpochKeys};

use crate::make;

/// What a desk does with cells under one epoch's keys.
pub(crate) fn open_cells<'a>(
    epoch: &EpochKeys,
    cells: impl IntoIterator<Item = &'a Cell>,
) -> Vec<(CellHeader, Box<[u8; SHARD]>)> {
    let mut opened = Vec::new();
    for cell in cells {
        let Ok(header) = epoch.veil.open_header(cell.as_bytes()) else {
            continue;
        };
        let mut shard = Box::new([0; SHARD]);
        if epoch.veil.open_body(cell.as_bytes(), &mut shard).is_ok() {
            opened.push((CellHeader::decode(&header).unwrap(), shard));
        }
    }
    opened
}

pub(crate) fn assemble(epoch: &EpochKeys, cells: &[Cell]) -> Option<AuthenticPiece> {
    let opened = open_cells(epoch, cells);
    let mut assembler = Assembler::new(PieceKey::of(&opened.first()?.0));
    for (header, shard) in &opened {
        assembler.add(header, shard.as_slice()).ok()?;
    }
    assembler.finish(&epoch.mac, 64).ok()
}

#[test]
fn a_piece_crosses_and_opens() {
    let plain = make::noise(1, 300_000);
    let piece = seal_piece(&make::intake().recipient(), &plain).unwrap();
    let epoch = make::chain().epoch_keys();
    let cells = piece
        .cells(&epoch, &make::place(1, false), 3, &mut make::rng(1))
        .unwrap();
    assert_eq!(cells.len(), usize::from(piece.k()) + 3);
    let whole = assemble(&epoch, &cells[3..]).unwrap();
    assert_eq!(whole.digest, piece.digest());
    assert_eq!(whole.place, make::place(1, false));
    assert_eq!(*make::intake().open(&whole.ciphertext).unwrap(), plain);
}

#[test]
fn negative_08_the_largest_piece_fits_256_shards() {
    let plain = vec![0x5a; PIECE_PLAIN_MAX];
    let mut sealer = PieceSealer::new(&make::intake().recipient(), Vec::new()).unwrap();
    sealer.write(&plain).unwrap();
    assert_eq!(sealer.room(), 0);
    assert!(matches!(sealer.write(&[1]), Err(PieceError::TooLong)));
    let piece = sealer.finish().unwrap();
    assert_eq!(piece.k(), 256);
    assert!(piece.ciphertext().len() <= PIECE_SEALED_MAX);
    let epoch = make::chain().epoch_keys();
    let cells = piece
        .cells(&epoch, &make::place(1, false), 64, &mut make::rng(1))
        .unwrap();
    let whole = assemble(&epoch, &cells[64..]).unwrap();
    assert_eq!(
        make::intake().open(&whole.ciphertext).unwrap().len(),
        PIECE_PLAIN_MAX
    );
    assert!(seal_piece(&make::intake().recipient(), &vec![0; PIECE_PLAIN_MAX + 1]).is_err());
}

#[test]
fn an_empty_piece_is_a_piece() {
    let piece = seal_piece(&make::intake().recipient(), &[]).unwrap();
    assert_eq!(piece.k(), 1);
    let epoch = make::chain().epoch_keys();
    let cells = piece
        .cells(&epoch, &make::place(1, false), 0, &mut make::rng(1))
        .unwrap();
    let whole = assemble(&epoch, &cells).unwrap();
    assert!(make::intake().open(&whole.ciphertext).unwrap().is_empty());
}

#[test]
fn lengths_and_shards() {
    assert_eq!(shards_for(0), None);
    assert_eq!(shards_for(1), Some(1));
    assert_eq!(shards_for(SHARD), Some(1));
    assert_eq!(shards_for(SHARD + 1), Some(2));
    assert_eq!(shards_for(PIECE_SEALED_MAX), Some(256));
    assert_eq!(shards_for(PIECE_SEALED_MAX + 1), None);
    assert_eq!(shards_for(usize::MAX), None);
    assert_eq!((recovery_for(1, 1, 4), recovery_for(256, 1, 4)), (1, 64));
    assert_eq!(
        (recovery_for(5, 0, 1), recovery_for(256, u16::MAX, 1)),
        (0, 768)
    );
}

#[test]
fn any_k_of_the_whole_code_restore() {
    // K = 5 and all 1,019 recovery shards: any five, however far apart, are enough.
    let ciphertext = make::noise(3, 5 * SHARD - 1);
    let mut all: Vec<(u16, Vec<u8>)> = Vec::new();
    for index in 0..5 {
        formats::coding::with_shard(&ciphertext, index, |s| all.push((index, s.to_vec())));
    }
    let each = |index: u16, shard: &[u8; SHARD]| -> Result<(), formats::coding::CodingError> {
        all.push((index, shard.to_vec()));
        Ok(())
    };
    Encoder::new().recover(&ciphertext, 1_019, each).unwrap();
    let length = u32::try_from(ciphertext.len()).unwrap();
    for pick in [
        [0, 1, 2, 3, 1_023],
        [1_019, 1_020, 1_021, 1_022, 1_023],
        [5, 100, 2, 700, 4],
    ] {
        let chosen = pick.iter().map(|i| (all[*i].0, all[*i].1.as_slice()));
        assert_eq!(
            decode(length, chosen.clone()).unwrap(),
            ciphertext,
            "{pick:?}"
        );
    }
    let there = all[..5].iter().map(|(i, s)| (*i, s.as_slice()));
    assert_eq!(
        decode(length, there).unwrap(),
        ciphertext,
        "nothing is missing"
    );
    let four = all[..4].iter().map(|(i, s)| (*i, s.as_slice()));
    assert!(decode(length, four).is_err());
    let twice = [0_usize, 0, 1, 2, 3].map(|i| (all[i].0, all[i].1.as_slice()));
    assert!(decode(length, twice).is_err());
}

#[test]
fn flipped_bits_are_erasures() {
    let piece = SealedPiece::from_ciphertext(make::noise(4, 6 * SHARD)).unwrap();
    let epoch = make::chain().epoch_keys();
    let mut cells = piece
        .cells(&epoch, &make::place(1, false), 4, &mut make::rng(1))
        .unwrap();
    for (n, at) in [0, 30, 100, 40_000].into_iter().enumerate() {
        let mut bytes = *cells[n].as_bytes();
        bytes[at] ^= 1 << n;
        cells[n] = Cell::from_slice(&bytes).unwrap();
    }
    assert_eq!(open_cells(&epoch, &cells).len(), 6);
    assert_eq!(
        assemble(&epoch, &cells).unwrap().ciphertext,
        piece.ciphertext()
    );
    let mut bytes = *cells[4].as_bytes();
    bytes[65_535] ^= 1;
    cells[4] = Cell::from_slice(&bytes).unwrap();
    assert_eq!(
        assemble(&epoch, &cells),
        None,
        "five of six must not decode"
    );
}

#[test]
fn no_two_sendings_share_sixteen_bytes() {
    let piece = SealedPiece::from_ciphertext(vec![0; 3 * SHARD]).unwrap();
    let epoch = make::chain().epoch_keys();
    let mut rng = make::rng(9);
    let first = piece
        .cells(&epoch, &make::place(1, false), 2, &mut rng)
        .unwrap();
    let second = piece
        .cells(&epoch, &make::place(1, false), 2, &mut rng)
        .unwrap();
    let mut seen = std::collections::HashSet::new();
    for cell in &first {
        seen.extend(
            cell.as_bytes()
                .windows(16)
                .map(|w| <[u8; 16]>::try_from(w).unwrap()),
        );
    }
    for cell in &second {
        assert!(cell.as_bytes().windows(16).all(|w| !seen.contains(w)));
    }
}

/// Replaces a piece's place in its headers, keeping the tag: what a thief of the veil keys alone could do.
fn moved(epoch: &EpochKeys, cells: &[Cell], change: impl Fn(&mut CellHeader)) -> Vec<Cell> {
    let mut out = Vec::new();
    for (n, (mut header, shard)) in open_cells(epoch, cells).into_iter().enumerate() {
        change(&mut header);
        let mut bytes = [0; formats::CELL];
        let nonce = [u8::try_from(n).unwrap(); 24];
        epoch
            .veil
            .seal(&nonce, &header.encode(), &shard, &mut bytes);
        out.push(Cell::from_slice(&bytes).unwrap());
    }
    out
}

#[test]
fn negative_07_moved_and_altered_pieces_are_refused() {
    let piece = SealedPiece::from_ciphertext(make::noise(5, 3 * SHARD)).unwrap();
    let epoch = make::chain().epoch_keys();
    let cells = piece
        .cells(&epoch, &make::place(2, false), 0, &mut make::rng(1))
        .unwrap();
    assert!(assemble(&epoch, &moved(&epoch, &cells, |_| {})).is_some());
    let cheats: [(&str, fn(&mut CellHeader)); 6] = [
        ("reordered", |h| h.piece.0 = 3),
        ("moved to another dispatch", |h| h.dispatch.0[0] ^= 1),
        ("moved to another kit", |h| h.kit.0[0] ^= 1),
        ("made the manifest", |h| h.last = true),
        ("truncated", |h| h.length -= 1),
        ("other tag", |h| h.tag.0[23] ^= 1),
    ];
    for (name, change) in cheats {
        assert_eq!(
            assemble(&epoch, &moved(&epoch, &cells, change)),
            None,
            "{name}"
        );
    }
}

#[test]
fn negative_07_swapped_shards_and_backdated_pieces_are_refused() {
    let epoch = make::chain().epoch_keys();
    let one = SealedPiece::from_ciphertext(make::noise(6, 2 * SHARD)).unwrap();
    let cells = one
        .cells(&epoch, &make::place(1, false), 0, &mut make::rng(1))
        .unwrap();
    let swapped = moved(&epoch, &cells, |h| h.index = 1 - h.index);
    assert_eq!(assemble(&epoch, &swapped), None, "shards swapped");
    // A piece of a later epoch, veiled as one of an earlier epoch by who holds only the earlier veil keys.
    let later = make::chain().advance().epoch_keys();
    let cells = one
        .cells(&later, &make::place(1, false), 0, &mut make::rng(1))
        .unwrap();
    let backdated = open_cells(&later, &cells)
        .into_iter()
        .map(|(header, shard)| {
            let mut bytes = [0; formats::CELL];
            epoch
                .veil
                .seal(&[1; 24], &header.encode(), &shard, &mut bytes);
            Cell::from_slice(&bytes).unwrap()
        });
    assert_eq!(
        assemble(&epoch, &backdated.collect::<Vec<_>>()),
        None,
        "backdated"
    );
    // With the later keys the earlier epoch's cells are noise, and the other way round.
    let earlier = one
        .cells(&epoch, &make::place(1, false), 0, &mut make::rng(1))
        .unwrap();
    assert!(open_cells(&later, &earlier).is_empty());
    let stranger = ChainKey::from_bytes([4; 32]).epoch_keys();
    assert!(open_cells(&stranger, &earlier).is_empty());
}

#[test]
fn places_are_part_of_the_tag() {
    let facts = |place: PiecePlace| place.facts(1, 2, &ledger::sha256(b"x")).canonical();
    let base = facts(make::place(1, false));
    assert_ne!(base, facts(make::place(2, false)));
    assert_ne!(base, facts(make::place(1, true)));
}
