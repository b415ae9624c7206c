//! Adding and sending: what arrives is what was recorded, whatever the road does on the way.

use std::collections::HashSet;

use field::{DispatchState, FieldError, RoadError};
use wire::ProblemKind;

use crate::doubles::{
    Desk, Drops, Mood, NOW, Waits, kit, noise, pieces_here, reopen, rng, send, set_up, source, url,
    wish,
};

#[test]
fn a_report_arrives_byte_for_byte() {
    let (_, mut field) = set_up(kit(1, 3));
    let (big, small) = (noise(1, 17_000_000), noise(2, 10));
    let mut sources = [
        source("big.mp4", &big),
        source("a/b\n.jpg", &small),
        source("empty", &[]),
    ];
    let mut seen = 0;
    let added = field
        .add(&mut sources, "a note", NOW, &mut rng(2), &mut |done| {
            seen = done
        })
        .unwrap();
    assert_eq!((added.items, added.pieces), (3, 6));
    assert_eq!((added.bytes_in, seen), (17_000_010, 17_000_010));
    assert_eq!(pieces_here(&field), 6);
    assert_eq!(field.status().dispatches[0].state, DispatchState::Sealed);

    let (mut drops, mut clock) = (Drops::default(), Waits::default());
    let sent = field
        .send(&mut drops, &mut clock, &wish(), &mut rng(3), &mut |_| {})
        .unwrap();
    assert_eq!((sent.cells_resent, sent.cells_left, sent.drops), (0, 0, 1));
    assert_eq!((sent.cells_sent + sent.noise) as usize, drops.log.len());
    assert_eq!(field.status().dispatches[0].state, DispatchState::Sent);

    let desk = Desk::read(&drops.cells());
    let manifest = desk.manifest(added.dispatch);
    assert_eq!(manifest.note, "a note");
    assert_eq!(manifest.items[1].name, "a_b_.jpg");
    assert_eq!(desk.item(added.dispatch, 0), big);
    assert_eq!(desk.item(added.dispatch, 1), small);
    assert_eq!(desk.item(added.dispatch, 2), b"");
    assert_eq!(desk.pairs(added.dispatch).len(), 8);

    let again = field
        .send(&mut drops, &mut clock, &wish(), &mut rng(4), &mut |_| {})
        .unwrap();
    assert_eq!(
        again.cells_sent, 0,
        "what is acknowledged is not sent again"
    );
}

#[test]
fn words_do_not_wait_behind_a_film() {
    let (_, mut field) = set_up(kit(1, 3));
    let film = noise(1, 9_000_000);
    field
        .add(
            &mut [source("film.mp4", &film)],
            "",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let later = field
        .add(&mut [], "urgent words", NOW, &mut rng(3), &mut |_| {})
        .unwrap();
    let mut drops = Drops::default();
    send(&mut field, &mut drops, &wish(), 4).unwrap();
    let desk = Desk::read(&drops.cells()[..4]);
    assert_eq!(desk.manifest(later.dispatch).note, "urgent words");
}

#[test]
fn nothing_to_seal_is_refused() {
    let (_, mut field) = set_up(kit(1, 1));
    let outcome = field.add(&mut [], "", NOW, &mut rng(2), &mut |_| {});
    assert!(matches!(outcome, Err(FieldError::Nothing)));
    let note = "x".repeat(70_000);
    let outcome = field.add(
        &mut [source("a", b"b")],
        &note,
        NOW,
        &mut rng(2),
        &mut |_| {},
    );
    assert!(matches!(outcome, Err(FieldError::Manifest(_))));
    assert_eq!(
        pieces_here(&field),
        0,
        "a refused dispatch leaves nothing behind"
    );
}

#[test]
fn a_broken_line_is_mended_by_asking() {
    for kept in [0, 1, 13, 64] {
        let (_, mut field) = set_up(kit(1, 3));
        let photo = noise(5, 5_000_000);
        let added = field
            .add(
                &mut [source("p.jpg", &photo)],
                "",
                NOW,
                &mut rng(2),
                &mut |_| {},
            )
            .unwrap();
        let mut drops = Drops::with_moods(&[Mood::CutAfter(kept), Mood::Well, Mood::CutAfter(2)]);
        let mut clock = Waits::default();
        let sent = field
            .send(&mut drops, &mut clock, &wish(), &mut rng(3), &mut |_| {})
            .unwrap();
        assert_eq!(
            (sent.cells_left, drops.tokens_seen.len()),
            (0, 1),
            "one session is enough"
        );
        let stored = (sent.cells_sent + sent.noise) as usize;
        assert_eq!(stored, drops.log.len(), "nothing twice");
        assert!(drops.asked >= 1 && !clock.0.is_empty());
        assert_eq!(Desk::read(&drops.cells()).item(added.dispatch, 0), photo);
    }
}

#[test]
fn a_dead_drop_leaves_its_cells_to_the_others() {
    let (_, mut field) = set_up(kit(3, 3));
    let photo = noise(5, 9_000_000);
    let added = field
        .add(
            &mut [source("p.jpg", &photo)],
            "",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let mut drops = Drops::with_moods(&[Mood::Well, Mood::CutAfter(7), Mood::Dead]);
    let sent = send(&mut field, &mut drops, &wish(), 3).unwrap();
    assert_eq!((sent.cells_left, sent.failures.len()), (0, 1));
    assert!(matches!(sent.failures[0].error, RoadError::Line(_)));
    assert_eq!(Desk::read(&drops.cells()).item(added.dispatch, 0), photo);
    // The cells that went to another drop were veiled anew.
    assert_eq!(
        drops
            .log
            .iter()
            .map(|(_, _, cell)| cell)
            .collect::<HashSet<_>>()
            .len(),
        drops.log.len()
    );
}

#[test]
fn all_drops_dead_loses_nothing_and_goes_on_later() {
    let (platter, mut field) = set_up(kit(1, 3));
    let photo = noise(5, 9_000_000);
    let added = field
        .add(
            &mut [source("p.jpg", &photo)],
            "",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let mut drops = Drops::with_moods(&[Mood::Well, Mood::Dead]);
    let sent = send(&mut field, &mut drops, &wish(), 3).unwrap();
    assert_eq!(sent.cells_sent, 1, "the first request tries the line");
    assert!(sent.cells_left > 0);
    assert_eq!(field.status().dispatches[0].state, DispatchState::Sending);
    drop(field);

    let mut field = reopen(&platter, 4);
    drops.dead.clear();
    let rest = send(&mut field, &mut drops, &wish(), 5).unwrap();
    assert_eq!(
        rest.cells_sent, sent.cells_left,
        "only what was not acknowledged"
    );
    assert_eq!(Desk::read(&drops.cells()).item(added.dispatch, 0), photo);
    let [first, second] = &drops.tokens_seen[..] else {
        panic!("two sessions")
    };
    assert_ne!(first.1, second.1, "a token serves one session");
    assert_ne!(first.2, second.2, "so does a secret");
}

#[test]
fn cells_are_dealt_out_so_that_one_of_two_drops_is_enough() {
    let (_, mut field) = set_up(kit(2, 1));
    let photo = noise(5, 900_000);
    let added = field
        .add(
            &mut [source("p.jpg", &photo)],
            "",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let mut drops = Drops::default();
    let wish = field::SendWish {
        recovery: (1, 1),
        ..wish()
    };
    field
        .send(
            &mut drops,
            &mut Waits::default(),
            &wish,
            &mut rng(3),
            &mut |_| {},
        )
        .unwrap();
    for n in [1, 2] {
        let mut one = Drops::default();
        one.log.extend(
            drops
                .log
                .iter()
                .filter(|(drop, _, _)| *drop == url(n))
                .cloned(),
        );
        assert_eq!(
            Desk::read(&one.cells()).item(added.dispatch, 0),
            photo,
            "drop {n} alone"
        );
    }
}

#[test]
fn a_full_session_goes_on_in_the_next() {
    let (_, mut field) = set_up(kit(1, 3));
    let photo = noise(5, 9_000_000);
    let added = field
        .add(
            &mut [source("p.jpg", &photo)],
            "",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let mut drops = Drops::with_moods(&[Mood::Well, Mood::Refuse(ProblemKind::SessionFull)]);
    let sent = send(&mut field, &mut drops, &wish(), 3).unwrap();
    assert_eq!((sent.cells_left, drops.tokens_seen.len()), (0, 2));
    assert_eq!(Desk::read(&drops.cells()).item(added.dispatch, 0), photo);
}

#[test]
fn refusals_end_the_session_at_once() {
    let (_, mut field) = set_up(kit(1, 1));
    field
        .add(&mut [], "note", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    let mut drops = Drops::with_moods(&[Mood::Refuse(ProblemKind::Unauthorised)]);
    let mut clock = Waits::default();
    let sent = field
        .send(&mut drops, &mut clock, &wish(), &mut rng(3), &mut |_| {})
        .unwrap();
    assert!(sent.cells_left > 0 && clock.0.is_empty() && drops.requests == 1);
    let outcome = field.send(&mut drops, &mut clock, &wish(), &mut rng(3), &mut |_| {});
    assert!(
        matches!(outcome, Err(FieldError::NoTokens(_))),
        "its only token is spent"
    );
}

#[test]
fn g04_a_proxy_that_dies_stops_everything() {
    let (_, mut field) = set_up(kit(3, 2));
    field
        .add(
            &mut [source("p", &noise(1, 9_000_000))],
            "",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let mut drops = Drops::with_moods(&[Mood::Well, Mood::NoProxy]);
    let outcome = send(&mut field, &mut drops, &wish(), 3);
    assert!(matches!(
        outcome,
        Err(FieldError::Road(RoadError::NoProxy { .. }))
    ));
    assert_eq!(drops.requests, 2, "not one request more, to any drop");
}

#[test]
fn negative_01_two_sendings_to_two_drops_share_no_16_bytes() {
    let (platter, mut field) = set_up(kit(2, 4));
    field
        .add(
            &mut [source("p", &vec![0; 600_000])],
            "n",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let mut all = Vec::new();
    for (n, drop) in [1, 2, 1, 2].into_iter().enumerate() {
        let mut drops = Drops::default();
        let wish = field::SendWish {
            drops: vec![url(drop)],
            again: true,
            ..wish()
        };
        let mut rng = rng(10 + n as u64);
        field
            .send(
                &mut drops,
                &mut Waits::default(),
                &wish,
                &mut rng,
                &mut |_| {},
            )
            .unwrap();
        all.push(
            drops
                .cells()
                .iter()
                .flat_map(|cell| cell.as_bytes().to_vec())
                .collect::<Vec<u8>>(),
        );
    }
    // The device itself is one more thing that a searcher could compare.
    all.push(platter.bytes());
    let mut seen: HashSet<&[u8]> = HashSet::new();
    for bytes in &all {
        assert!(bytes.windows(16).all(|window| !seen.contains(window)));
        seen.extend(bytes.chunks_exact(16));
    }
}

#[test]
fn a_damaged_piece_is_named_and_not_sent() {
    use field::Disk;
    let (mut platter, mut field) = set_up(kit(1, 1));
    field
        .add(
            &mut [source("p", &noise(1, 100_000))],
            "",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    // Whichever slots it lies in: a bit is flipped in every one.
    let first = formats::vault::Layout::of(platter.length())
        .unwrap()
        .slots()
        .start;
    for block in u64::from(first)..platter.length() / formats::vault::BLOCK as u64 {
        let (at, mut byte) = (block * formats::vault::BLOCK as u64 + 70, [0]);
        platter.read_at(at, &mut byte).unwrap();
        platter.write_at(at, &[byte[0] ^ 1]).unwrap();
    }
    let mut drops = Drops::default();
    let outcome = send(&mut field, &mut drops, &wish(), 3);
    assert!(matches!(outcome, Err(FieldError::DamagedPiece { .. })));
}

#[test]
fn unknown_drops_are_refused() {
    let (_, mut field) = set_up(kit(1, 1));
    field
        .add(&mut [], "n", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    let wish = field::SendWish {
        drops: vec![url(9)],
        ..wish()
    };
    let mut drops = Drops::default();
    let outcome = field.send(
        &mut drops,
        &mut Waits::default(),
        &wish,
        &mut rng(3),
        &mut |_| {},
    );
    assert!(matches!(outcome, Err(FieldError::UnknownDrop(_))));
    assert_eq!(drops.requests, 0);
}
