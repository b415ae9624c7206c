//! The assembler against poison: bounded work, quarantine, never a wrong piece.

use formats::{
    AssembleError, Assembler, CellHeader, PieceKey, PieceMemory, Progress, SHARD, SealedPiece,
};
use proptest::prelude::*;

use crate::make;
use crate::pieces::open_cells;

fn shards(k: usize, recovery: u16) -> (SealedPiece, Vec<(CellHeader, Box<[u8; SHARD]>)>) {
    let piece = SealedPiece::from_ciphertext(make::noise(7, k * SHARD)).unwrap();
    let epoch = make::chain().epoch_keys();
    let cells = piece
        .cells(&epoch, &make::place(1, false), recovery, &mut make::rng(1))
        .unwrap();
    let opened = open_cells(&epoch, &cells);
    (piece, opened)
}

#[test]
fn reports_progress_and_ignores_repeats() {
    let (piece, shards) = shards(3, 1);
    let mac = make::chain().epoch_keys().mac;
    let mut assembler = Assembler::new(PieceKey::of(&shards[0].0));
    assert_eq!(assembler.progress(), Progress::Waiting { have: 0, need: 1 });
    for _ in 0..2 {
        let progress = assembler.add(&shards[3].0, shards[3].1.as_slice()).unwrap();
        assert_eq!(progress, Progress::Waiting { have: 1, need: 3 });
    }
    assert_eq!(
        assembler.finish(&mac, 9),
        Err(AssembleError::Incomplete { need: 3, have: 1 })
    );
    assembler.add(&shards[0].0, shards[0].1.as_slice()).unwrap();
    assert_eq!(
        assembler.add(&shards[1].0, shards[1].1.as_slice()),
        Ok(Progress::Ready)
    );
    assert_eq!(
        assembler.finish(&mac, 1).unwrap().ciphertext,
        piece.ciphertext()
    );
}

#[test]
fn contradicting_cells_are_quarantined_for_good() {
    let (_, shards) = shards(3, 0);
    let mac = make::chain().epoch_keys().mac;
    let poisons: [fn(&mut CellHeader); 3] = [
        |h| h.last = true,
        |h| h.length -= 1,
        |h| (h.k, h.length) = (2, 2 * SHARD as u32),
    ];
    for poison in poisons {
        let mut assembler = Assembler::new(PieceKey::of(&shards[0].0));
        assembler.add(&shards[0].0, shards[0].1.as_slice()).unwrap();
        let mut header = shards[1].0;
        poison(&mut header);
        let outcome = assembler.add(&header, shards[1].1.as_slice());
        assert!(matches!(outcome, Err(AssembleError::Quarantined { .. })));
        for (header, shard) in &shards {
            assert!(assembler.add(header, shard.as_slice()).is_err());
        }
        assert!(matches!(
            assembler.finish(&mac, 99),
            Err(AssembleError::Quarantined { .. })
        ));
    }
}

#[test]
fn foreign_cells_and_wrong_sizes_are_refused() {
    let (_, shards) = shards(2, 0);
    let mut assembler = Assembler::new(PieceKey::of(&shards[0].0));
    let mut foreign = shards[0].0;
    foreign.piece.0 += 1;
    assert_eq!(
        assembler.add(&foreign, shards[0].1.as_slice()),
        Err(AssembleError::Foreign)
    );
    let short = assembler.add(&shards[0].0, &[0; 10]);
    assert_eq!(short, Err(AssembleError::ShardSize { got: 10 }));
}

#[test]
fn a_poison_shard_is_found_and_left_out() {
    let (piece, shards) = shards(40, 4);
    let mac = make::chain().epoch_keys().mac;
    for poisoned in [0, 17, 39, 42] {
        let mut assembler = Assembler::new(PieceKey::of(&shards[0].0));
        for (n, (header, shard)) in shards.iter().enumerate() {
            let mut shard = shard.clone();
            if n == poisoned {
                shard[1_000] ^= 1;
            }
            assembler.add(header, shard.as_slice()).unwrap();
        }
        let whole = assembler.finish(&mac, 64).unwrap();
        assert_eq!(whole.ciphertext, piece.ciphertext(), "poison at {poisoned}");
    }
}

#[test]
fn a_rival_of_a_good_shard_is_tried_too() {
    let (piece, shards) = shards(4, 0);
    let mac = make::chain().epoch_keys().mac;
    let mut assembler = Assembler::new(PieceKey::of(&shards[0].0));
    let mut poison = shards[2].1.clone();
    for n in 0..3 {
        poison[n] ^= 0xff;
        assembler.add(&shards[2].0, poison.as_slice()).unwrap();
    }
    for (header, shard) in &shards {
        assembler.add(header, shard.as_slice()).unwrap();
    }
    poison[9] ^= 1;
    let fifth = assembler.add(&shards[2].0, poison.as_slice());
    assert_eq!(fifth, Err(AssembleError::Rivals { index: 2 }));
    assert_eq!(
        assembler.finish(&mac, 8).unwrap().ciphertext,
        piece.ciphertext()
    );
}

#[test]
fn too_much_poison_gives_nothing_and_ends() {
    let (_, shards) = shards(6, 2);
    let mac = make::chain().epoch_keys().mac;
    let mut assembler = Assembler::new(PieceKey::of(&shards[0].0));
    for (n, (header, shard)) in shards.iter().enumerate() {
        let mut shard = shard.clone();
        shard[n] ^= u8::from(n < 5);
        assembler.add(header, shard.as_slice()).unwrap();
    }
    let outcome = assembler.finish(&mac, 1_000);
    assert_eq!(outcome, Err(AssembleError::NotAuthentic { shards: 8 }));
}

#[test]
fn memory_of_a_former_piece_holds_nothing_of_it_that_counts() {
    let mac = make::chain().epoch_keys().mac;
    let (large, shards_of_large) = shards(40, 30);
    let mut assembler = Assembler::new(PieceKey::of(&shards_of_large[0].0));
    for (header, shard) in &shards_of_large[30..] {
        assembler.add(header, shard.as_slice()).unwrap();
    }
    let (found, mut memory) = assembler.finish_in_place(&mac);
    let found = found.unwrap();
    assert_eq!(found.ciphertext, large.ciphertext());
    memory.take_back(found.ciphertext);

    let (small, shards) = shards(7, 3);
    let mut assembler = Assembler::within(PieceKey::of(&shards[0].0), memory);
    // One that is damaged on the way leaves its place empty.
    let damaged = assembler.add_by(&shards[1].0, |place| {
        place.fill(9);
        false
    });
    assert_eq!(damaged, Ok(Progress::Waiting { have: 0, need: 7 }));
    for (header, shard) in &shards[2..] {
        assembler.add(header, shard.as_slice()).unwrap();
    }
    let (found, _) = assembler.finish_in_place(&mac);
    assert_eq!(found.unwrap().ciphertext, small.ciphertext());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// In whatever order they come, repeated or damaged on the way, the first K sound shards restore the piece where they lie,
    /// and in a copy.
    #[test]
    fn any_order_restores_in_place(
        k in 1_usize..9,
        recovery in 0_u16..9,
        order in prop::collection::vec((any::<prop::sample::Index>(), prop::bool::weighted(0.2)), 0..40),
    ) {
        let (piece, shards) = shards(k, recovery);
        let mac = make::chain().epoch_keys().mac;
        let key = PieceKey::of(&shards[0].0);
        let mut in_place = Assembler::within(key, PieceMemory::default());
        let mut copied = Assembler::new(key);
        for (at, damaged) in order {
            let (header, shard) = &shards[at.index(shards.len())];
            let opening = |place: &mut [u8; SHARD]| {
                place.copy_from_slice(shard.as_slice());
                place[0] ^= u8::from(damaged);
                !damaged
            };
            let progress = in_place.add_by(header, opening);
            prop_assert_eq!(copied.add_by(header, opening), progress.clone());
            if progress == Ok(Progress::Ready) {
                break;
            }
        }
        let expected = copied.finish(&mac, 1);
        let (found, _) = in_place.finish_in_place(&mac);
        prop_assert_eq!(&found, &expected);
        prop_assert!(found.is_err() || found.is_ok_and(|found| found.ciphertext == piece.ciphertext()));
    }
}

#[test]
fn poison_in_place_is_told_and_its_memory_serves_again() {
    let (piece, shards) = shards(5, 2);
    let mac = make::chain().epoch_keys().mac;
    let key = PieceKey::of(&shards[0].0);
    let mut assembler = Assembler::new(key);
    for (header, shard) in &shards[1..6] {
        let mut shard = shard.clone();
        shard[7] ^= u8::from(header.index == 3);
        assembler.add(header, shard.as_slice()).unwrap();
    }
    let (found, memory) = assembler.finish_in_place(&mac);
    assert_eq!(found, Err(AssembleError::NotAuthentic { shards: 5 }));
    let mut assembler = Assembler::within(key, memory);
    for (header, shard) in &shards[2..] {
        assembler.add(header, shard.as_slice()).unwrap();
    }
    let (found, _) = assembler.finish_in_place(&mac);
    assert_eq!(found.unwrap().ciphertext, piece.ciphertext());
}
