//! What goes first, what a session shows, and what a day may cost.

use std::collections::{HashMap, VecDeque};

use field::{Between, SendWish, Urgent};
use formats::{CELL, DispatchId};

use crate::doubles::{
    Desk, Drops, Mood, NOW, Waits, kit, noise, reopen, rng, send, set_up, source, wish,
};

/// Says each thing after so many questions.
#[derive(Default)]
struct Says {
    after: VecDeque<u32>,
    asked: u32,
    sealed: Vec<DispatchId>,
    stored: Vec<DispatchId>,
}

impl Between for Says {
    fn next(&mut self, idle: bool) -> Option<Urgent> {
        self.asked += 1;
        let due = self.after.front().is_some_and(|at| *at <= self.asked);
        let anything = !self.after.is_empty();
        if !(due || idle && anything) {
            return None;
        }
        self.after.pop_front();
        Some(Urgent {
            note: format!("said at {}", self.asked).into(),
            sources: Vec::new(),
            now: NOW,
        })
    }

    fn sealed(&mut self, dispatch: DispatchId) {
        self.sealed.push(dispatch);
    }

    fn stored(&mut self, dispatch: DispatchId) {
        self.stored.push(dispatch);
    }
}

fn of_kind(kind: &str, bytes: &[u8]) -> field::Source<'static> {
    field::Source {
        kind: kind.to_owned(),
        ..source("a", bytes)
    }
}

#[test]
fn what_is_said_overtakes_a_film_on_its_way() {
    for drops in [1, 3] {
        let (_, mut field) = set_up(kit(drops, 2));
        let film = noise(1, 30_000_000);
        let mut sources = [of_kind("video/mp4", &film)];
        let film_sent = field
            .add(&mut sources, "", NOW, &mut rng(2), &mut |_| {})
            .unwrap();
        let mut road = Drops::default();
        let mut says = Says {
            after: [5, 7].into(),
            ..Says::default()
        };
        let (clock, rng) = (&mut Waits::default(), &mut rng(3));
        let sent = field
            .send_listening(&mut road, clock, &wish(), &mut says, rng, &mut |_| {})
            .unwrap();
        assert_eq!((sent.cells_left, says.sealed.len()), (0, 2));
        assert_eq!(says.stored, says.sealed, "told of each when it is stored");
        let whole = Desk::read(&road.cells());
        assert_eq!(whole.item(film_sent.dispatch, 0), film);
        // Said after the fifth and the seventh request, which grow to 64 cells, of 460 cells in all: there long before the film.
        let early = Desk::read(&road.cells()[..road.log.len() / 2]);
        for said in &says.sealed {
            assert!(early.manifest(*said).note.starts_with("said at"));
            assert_eq!(early.pairs(*said).len(), 8);
        }
    }
}

#[test]
fn words_said_with_nothing_to_send_keep_a_sending_open() {
    let (_, mut field) = set_up(kit(1, 2));
    let mut road = Drops::default();
    let mut says = Says {
        after: [1, 1_000, 2_000].into(),
        ..Says::default()
    };
    let (clock, rng) = (&mut Waits::default(), &mut rng(3));
    field
        .send_listening(&mut road, clock, &wish(), &mut says, rng, &mut |_| {})
        .unwrap();
    assert_eq!(says.stored.len(), 3);
    assert_eq!(road.tokens_seen.len(), 1, "all in one session");
    assert_eq!(road.log.len(), 6);
}

#[test]
fn words_go_first_then_stills_then_film() {
    let (platter, mut field) = set_up(kit(1, 2));
    let (film, still) = (noise(1, 1_000_000), noise(2, 1_000_000));
    let mut add = |kind: &str, bytes: &[u8], note: &str, seed| {
        let mut sources = [of_kind(kind, bytes)];
        let sources = if bytes.is_empty() {
            &mut [][..]
        } else {
            &mut sources[..]
        };
        let added = field.add(sources, note, NOW, &mut rng(seed), &mut |_| {});
        added.unwrap().dispatch
    };
    let film = add("video/mp4", &film, "", 2);
    let still = add("image/jpeg", &still, "", 3);
    let sound = add("audio/mpeg", &noise(4, 300_000), "", 4);
    let words = add("", &[], "words", 5);
    drop(field);
    // The order outlives the program that sealed.
    let mut field = reopen(&platter, 6);
    let mut road = Drops::default();
    send(&mut field, &mut road, &wish(), 7).unwrap();
    let cells = road.cells();
    // Eight cells of words: a manifest and a contact piece each.
    let first = Desk::read(&cells[..8]);
    for dispatch in [film, still, sound, words] {
        first.manifest(dispatch);
        assert_eq!(first.pairs(dispatch).len(), 8);
    }
    let stills = Desk::read(&cells[..8 + 16 + 5]);
    stills.item(still, 0);
    stills.item(sound, 0);
    assert!(!stills.pieces.contains_key(&(film, formats::PieceNo(1))));
    Desk::read(&cells).item(film, 0);
}

#[test]
fn g05_a_session_shows_a_rounded_count() {
    for (bytes, drops, shown) in [
        (0, 1, vec![4]),
        (100, 1, vec![4]),
        (65_000 * 7, 1, vec![10]),
        (65_000 * 31, 1, vec![36]),
        (65_000 * 31, 2, vec![16, 18]),
    ] {
        let (_, mut field) = set_up(kit(drops, 2));
        let media = noise(1, bytes);
        let mut sources = [source("a", &media)];
        let sources = if bytes == 0 {
            &mut [][..]
        } else {
            &mut sources[..]
        };
        field
            .add(sources, "n", NOW, &mut rng(2), &mut |_| {})
            .unwrap();
        let mut road = Drops::default();
        let sent = send(&mut field, &mut road, &wish(), 3).unwrap();
        let mut counts: HashMap<[u8; 32], usize> = HashMap::new();
        for (_, secret, _) in &road.log {
            *counts.entry(*secret).or_default() += 1;
        }
        let mut counts: Vec<usize> = counts.into_values().collect();
        counts.sort_unstable();
        assert_eq!(counts, shown, "{bytes} bytes to {drops} drops");
        let opened = Desk::read(&road.cells()).cells as u64;
        assert_eq!(
            (sent.cells_sent, sent.noise),
            (opened, road.log.len() as u64 - opened)
        );
    }
}

#[test]
fn a_session_that_broke_is_not_covered_and_another_is() {
    let (_, mut field) = set_up(kit(2, 2));
    let media = noise(1, 65_000 * 10);
    field
        .add(
            &mut [source("a", &media)],
            "n",
            NOW,
            &mut rng(2),
            &mut |_| {},
        )
        .unwrap();
    let mut road = Drops::with_moods(&[Mood::Well, Mood::Dead]);
    let sent = send(&mut field, &mut road, &wish(), 3).unwrap();
    assert_eq!((sent.cells_left, sent.failures.len()), (0, 1));
    // One cell went before the line broke; the eleven others are rounded to twelve.
    assert_eq!((sent.cells_sent, sent.noise, road.log.len()), (12, 1, 13));
}

fn on_day(today: i32) -> SendWish {
    SendWish { today, ..wish() }
}

#[test]
fn a_day_s_bytes_are_kept_to_and_what_is_urgent_goes_first() {
    let (platter, mut field) = set_up(kit(1, 9));
    field
        .set_daily_budget(Some(20 * CELL as u64), &mut rng(9))
        .unwrap();
    let film = noise(1, 65_000 * 40);
    let mut sources = [of_kind("video/mp4", &film)];
    let added = field
        .add(&mut sources, "", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    let mut road = Drops::default();
    let mut days = 0;
    for day in 20_000_i32.. {
        let before = road.log.len();
        let seed = u64::from(day.unsigned_abs());
        let sent = field
            .send(
                &mut road,
                &mut Waits::default(),
                &on_day(day),
                &mut rng(seed),
                &mut |_| {},
            )
            .unwrap();
        assert_eq!(sent.bytes, (road.log.len() - before) as u64 * CELL as u64);
        assert!(sent.bytes <= 20 * CELL as u64, "day {day}: {}", sent.bytes);
        days += 1;
        if sent.cells_left == 0 {
            break;
        }
        assert!(sent.held && sent.cells_sent >= 16, "{sent:?}");
        // The same day again, in another program: nothing is left of it for a film, and words wait too.
        drop(field);
        field = reopen(&platter, seed);
        let again = field
            .send(
                &mut road,
                &mut Waits::default(),
                &on_day(day),
                &mut rng(seed + 1),
                &mut |_| {},
            )
            .unwrap();
        assert!(
            again.held && again.bytes <= 20 * CELL as u64 - sent.bytes,
            "{again:?}"
        );
    }
    assert_eq!(days, 3, "42 cells at 20 a day");
    assert_eq!(Desk::read(&road.cells()).item(added.dispatch, 0), film);
    field.set_daily_budget(None, &mut rng(9)).unwrap();
    assert_eq!(field.daily_budget(), None);
}

#[test]
fn repetitions_count_to_the_day() {
    let (_, mut field) = set_up(kit(1, 9));
    field
        .set_daily_budget(Some(12 * CELL as u64), &mut rng(9))
        .unwrap();
    let film = noise(1, 65_000 * 30);
    field
        .add(&mut [source("a", &film)], "", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    // Every request is cut before its first cell is whole.
    let mut road = Drops::with_moods(&[Mood::CutAfter(0); 40]);
    let sent = send(&mut field, &mut road, &wish(), 3).unwrap();
    assert!(sent.bytes <= 12 * CELL as u64, "{sent:?}");
    let next = send(&mut field, &mut road, &wish(), 4).unwrap();
    assert!(sent.bytes + next.bytes <= 12 * CELL as u64, "{next:?}");
}

#[test]
fn a_line_cut_again_and_again_is_no_reason_to_give_a_session_up() {
    let (_, mut field) = set_up(kit(1, 1));
    let film = noise(1, 65_000 * 200);
    let added = field
        .add(&mut [source("a", &film)], "", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    // Never more than three cells in one go, for the whole of it: far more failures than there is patience for in a row.
    let mut road = Drops::with_moods(&[Mood::CutAfter(3); 500]);
    let sent = send(&mut field, &mut road, &wish(), 3).unwrap();
    assert_eq!((sent.cells_left, road.tokens_seen.len()), (0, 1));
    assert!(sent.cells_resent <= 64 * road.asked, "{sent:?}");
    assert_eq!(Desk::read(&road.cells()).item(added.dispatch, 0), film);
}
