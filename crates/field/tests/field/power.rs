//! Power cuts: at every single step of adding, sending and receiving, in two versions of what a disk keeps, the folder
//! opens again and nothing acknowledged is lost.

use field::{DispatchState, Field, FieldError};
use formats::{DispatchId, ReceiptKind};
use keys::{Cost, Passphrase};

use crate::doubles::{
    Desk, Drops, NOW, Platter, Waits, kit, noise, passphrase, post, reopen, rng, set_up, source,
    wish,
};

fn add(field: &mut Field<Platter>, seed: u64) -> Result<DispatchId, FieldError> {
    let mut sources = [source("a", &noise(seed, 150_000))];
    field
        .add(&mut sources, "note", NOW, &mut rng(seed), &mut |_| {})
        .map(|added| added.dispatch)
}

fn send(field: &mut Field<Platter>, drops: &mut Drops, seed: u64) -> Result<u64, FieldError> {
    let sent = field.send(
        drops,
        &mut Waits::default(),
        &wish(),
        &mut rng(seed),
        &mut |_| {},
    )?;
    Ok(sent.cells_left)
}

/// Runs `scene` with power failing before step 0, 1, 2 and so on, until it runs through.
fn at_every_step(mut scene: impl FnMut(u64, bool) -> bool) -> u64 {
    let mut steps = 0;
    for torn in [false, true] {
        steps = 0;
        while !scene(steps, torn) {
            steps += 1;
            assert!(steps < 2_000, "the scene never ends");
        }
    }
    steps
}

#[test]
fn a_dispatch_exists_whole_or_not_at_all() {
    let steps = at_every_step(|step, torn| {
        let (platter, mut field) = set_up(kit(1, 9));
        let first = add(&mut field, 1).unwrap();
        platter.cut_after(step);
        let outcome = add(&mut field, 2);
        let after = platter.after_power_cut(torn);
        let mut field = reopen(&after, 3);
        let there = field.status().dispatches.len();
        assert!(
            there == 2 || (there == 1 && outcome.is_err()),
            "step {step}"
        );
        assert_eq!(after.pieces(), 3 * there, "strays are swept; step {step}");
        let mut drops = Drops::default();
        assert_eq!(send(&mut field, &mut drops, 4).unwrap(), 0);
        assert_eq!(Desk::read(&drops.cells()).item(first, 0), noise(1, 150_000));
        outcome.is_ok()
    });
    assert!(steps > 15, "{steps}");
}

#[test]
fn sending_goes_on_where_it_stopped() {
    at_every_step(|step, torn| {
        let (platter, mut field) = set_up(kit(2, 9));
        let mut sources = [source("a", &noise(1, 6_000_000))];
        let added = field
            .add(&mut sources, "", NOW, &mut rng(1), &mut |_| {})
            .unwrap();
        let mut drops = Drops::default();
        platter.cut_after(step);
        let outcome = send(&mut field, &mut drops, 2);
        let after = platter.after_power_cut(torn);
        let mut field = reopen(&after, 3);
        let before = drops.log.len();
        assert_eq!(send(&mut field, &mut drops, 4).unwrap(), 0, "step {step}");
        let desk = Desk::read(&drops.cells());
        assert_eq!(
            desk.item(added.dispatch, 0),
            noise(1, 6_000_000),
            "step {step}"
        );
        let needed = 6_000_000 / formats::SHARD + 3;
        assert!(
            desk.cells <= needed + 64,
            "{} cells for {needed}; step {step}",
            desk.cells
        );
        assert!(before <= needed);
        // No token ever serves two sessions.
        let mut tokens: Vec<_> = drops
            .tokens_seen
            .iter()
            .map(|(drop, t, _)| (drop, t))
            .collect();
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), drops.tokens_seen.len(), "step {step}");
        outcome.is_ok()
    });
}

#[test]
fn forgetting_is_whole_or_not_at_all() {
    at_every_step(|step, torn| {
        let (platter, mut field) = set_up(kit(1, 9));
        let dispatch = add(&mut field, 1).unwrap();
        let mut drops = Drops::default();
        send(&mut field, &mut drops, 2).unwrap();
        let desk = Desk::read(&drops.cells());
        post(
            &mut drops,
            &desk.receipt(ReceiptKind::Complete, dispatch),
            &desk.pairs(dispatch)[0],
        );
        platter.cut_after(step);
        let outcome = field.receive(&mut drops, &[], NOW, &mut rng(5), &mut |_| {});
        let after = platter.after_power_cut(torn);
        let mut field = reopen(&after, 3);
        let state = field.status().dispatches[0].state;
        let kept = if state == DispatchState::Received {
            0
        } else {
            3
        };
        assert_eq!(after.pieces(), kept, "step {step}");
        field
            .receive(&mut drops, &[], NOW, &mut rng(6), &mut |_| {})
            .unwrap();
        assert_eq!(
            field.status().dispatches[0].state,
            DispatchState::Received,
            "step {step}"
        );
        assert_eq!(after.pieces(), 0, "step {step}");
        outcome.is_ok()
    });
}

#[test]
fn setting_up_is_whole_or_not_at_all() {
    at_every_step(|step, torn| {
        let platter = Platter::default();
        platter.cut_after(step);
        let made = Field::init(
            platter.clone(),
            kit(1, 1),
            &passphrase(),
            Cost::FOR_TESTS,
            &mut rng(1),
        );
        let after = platter.after_power_cut(torn);
        match Field::open(after.clone(), &passphrase(), &mut rng(2)) {
            Ok(_) => {}
            Err(FieldError::NotSetUp) => {
                assert!(made.is_err(), "step {step}");
                Field::init(
                    after,
                    kit(1, 1),
                    &passphrase(),
                    Cost::FOR_TESTS,
                    &mut rng(3),
                )
                .unwrap();
            }
            Err(other) => panic!("step {step}: {other}"),
        }
        made.is_ok()
    });
}

#[test]
fn a_second_cut_while_recovering_is_survived_too() {
    let (platter, mut field) = set_up(kit(1, 9));
    let dispatch = add(&mut field, 1).unwrap();
    let mut drops = Drops::default();
    platter.cut_after(4);
    assert!(send(&mut field, &mut drops, 2).is_err());
    for step in 0..12 {
        let after = platter.after_power_cut(true);
        after.cut_after(step);
        let _ = Field::open(after.clone(), &passphrase(), &mut rng(3));
        let again = after.after_power_cut(true);
        let mut field = reopen(&again, 4);
        let mut fresh = Drops::default();
        let wish = field::SendWish {
            again: true,
            ..wish()
        };
        field
            .send(
                &mut fresh,
                &mut Waits::default(),
                &wish,
                &mut rng(5),
                &mut |_| {},
            )
            .unwrap();
        assert_eq!(
            Desk::read(&fresh.cells()).item(dispatch, 0),
            noise(1, 150_000),
            "step {step}"
        );
    }
    assert!(platter.steps() > 4);
}

#[test]
fn only_the_right_passphrase_opens() {
    let (platter, field) = set_up(kit(1, 1));
    drop(field);
    let outcome = Field::open(platter.clone(), &Passphrase::new("another"), &mut rng(2));
    assert!(matches!(outcome, Err(FieldError::Locked)));
    let twice = Field::init(
        platter.clone(),
        kit(1, 1),
        &passphrase(),
        Cost::FOR_TESTS,
        &mut rng(2),
    );
    assert!(matches!(twice, Err(FieldError::AlreadySetUp)));
    let nothing = Field::open(Platter::default(), &passphrase(), &mut rng(2));
    assert!(matches!(nothing, Err(FieldError::NotSetUp)));
}

#[test]
fn altered_state_is_refused_and_never_panics() {
    use field::Disk;
    let (platter, mut field) = set_up(kit(1, 1));
    add(&mut field, 1).unwrap();
    drop(field);
    let state = platter.files()["state.fh"].clone();
    for at in (0..state.len()).step_by(97).chain(0..40) {
        let mut hurt = state.clone();
        hurt[at] ^= 0x41;
        let mut disk = platter.after_power_cut(false);
        disk.write("state.fh", &hurt).unwrap();
        assert!(
            Field::open(disk, &passphrase(), &mut rng(2)).is_err(),
            "byte {at}"
        );
    }
    for length in [0, 1, 28, 29, 30, 60, state.len() - 1] {
        let mut disk = platter.after_power_cut(false);
        disk.write("state.fh", &state[..length]).unwrap();
        assert!(
            Field::open(disk, &passphrase(), &mut rng(2)).is_err(),
            "length {length}"
        );
    }
}

#[test]
fn g01_nothing_stored_can_be_opened_or_read_here() {
    let (platter, mut field) = set_up(kit(1, 1));
    let secret = b"the quick brown fox of Raqqa";
    let mut sources = [source("fox-of-raqqa.jpg", &secret.repeat(9_000))];
    field
        .add(&mut sources, "note of raqqa", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    let all: Vec<u8> = platter.files().into_values().flatten().collect();
    for needle in [
        &b"brown fox"[..],
        b"raqqa",
        b"Raqqa",
        b"Example",
        b"fh-kit",
        b"127.0.0",
    ] {
        assert!(
            !all.windows(needle.len()).any(|w| w == needle),
            "{}",
            String::from_utf8_lossy(needle)
        );
    }
}
