//! Power cuts: at every single step of setting up, adding, sending, receiving and recovering, in two versions of what a disk keeps,
//! the vault opens again and nothing acknowledged is lost.

use field::{DispatchState, Field, FieldError, Setup};
use formats::{DispatchId, ReceiptKind};
use keys::{Cost, Passphrase};

use crate::doubles::{
    Desk, Drops, NOW, Platter, Waits, duress, kit, noise, open, passphrase, pieces_here, post,
    reopen, rng, set_up_in, set_up_small, source, wish,
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
pub(crate) fn at_every_step(mut scene: impl FnMut(u64, bool) -> bool) -> u64 {
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
fn g10_a_dispatch_exists_whole_or_not_at_all() {
    let steps = at_every_step(|step, torn| {
        let (platter, mut field) = set_up_small(kit(1, 9));
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
        assert_eq!(pieces_here(&field), 3 * there, "step {step}");
        let mut drops = Drops::default();
        assert_eq!(send(&mut field, &mut drops, 4).unwrap(), 0);
        assert_eq!(Desk::read(&drops.cells()).item(first, 0), noise(1, 150_000));
        outcome.is_ok()
    });
    assert!(steps > 15, "{steps}");
}

#[test]
fn g10_sending_goes_on_where_it_stopped() {
    at_every_step(|step, torn| {
        let (platter, mut field) = set_up_in(130, kit(2, 9), None);
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
        // Two sessions, each rounded up.
        assert!(before <= needed + 4, "{before}");
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
fn g10_forgetting_is_whole_or_not_at_all() {
    at_every_step(|step, torn| {
        let (platter, mut field) = set_up_small(kit(1, 9));
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
        assert_eq!(pieces_here(&field), kept, "step {step}");
        field
            .receive(&mut drops, &[], NOW, &mut rng(6), &mut |_| {})
            .unwrap();
        assert_eq!(
            field.status().dispatches[0].state,
            DispatchState::Received,
            "step {step}"
        );
        assert_eq!(pieces_here(&field), 0, "step {step}");
        outcome.is_ok()
    });
}

fn init(platter: &Platter, seed: u64) -> Result<Field<Platter>, FieldError> {
    let setup = Setup {
        kit: kit(1, 2),
        everyday: &passphrase(),
        duress: Some(&duress()),
        keep_nothing: false,
        cost: Cost::FOR_TESTS,
    };
    Field::init(platter.clone(), setup, &mut rng(seed), &mut |_| {})
}

#[test]
fn setting_up_is_whole_or_begun_again() {
    let steps = at_every_step(|step, torn| {
        let platter = Platter::of(40);
        platter.cut_after(step);
        let made = init(&platter, 1);
        let after = platter.after_power_cut(torn);
        for passphrase in [passphrase(), duress()] {
            let copy = Platter::with(after.bytes());
            match open(&copy, &passphrase, 2) {
                Ok(_) => {}
                Err(FieldError::Locked) => assert!(made.is_err(), "step {step}"),
                Err(other) => panic!("step {step}: {other}"),
            }
        }
        init(&after, 3).unwrap();
        reopen(&after, 4);
        made.is_ok()
    });
    assert!(steps > 15, "{steps}");
}

#[test]
fn g10_a_second_cut_while_recovering_is_survived_too() {
    let (platter, mut field) = set_up_small(kit(1, 9));
    let dispatch = add(&mut field, 1).unwrap();
    let mut drops = Drops::default();
    platter.cut_after(3);
    assert!(send(&mut field, &mut drops, 2).is_err());
    for step in 0..14 {
        let after = platter.after_power_cut(true);
        after.cut_after(step);
        let _ = open(&after, &passphrase(), 3);
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
    assert!(platter.steps() > 3);
}

/// A disk that refuses at any step (full, broken, pulled out) and is well again afterwards, without a power cut.
#[test]
fn g10_a_disk_that_refuses_for_a_while_loses_nothing() {
    let mut step = 0;
    loop {
        let (platter, mut field) = set_up_small(kit(1, 9));
        let first = add(&mut field, 1).unwrap();
        platter.cut_after(step);
        let refused = add(&mut field, 2).is_err();
        platter.mend();
        // In the same opening it goes on, or says that it cannot; it never says so and does not.
        let third = add(&mut field, 3);
        drop(field);
        let mut field = reopen(&platter, 4);
        let mut drops = Drops::default();
        assert_eq!(send(&mut field, &mut drops, 5).unwrap(), 0, "step {step}");
        let desk = Desk::read(&drops.cells());
        assert_eq!(desk.item(first, 0), noise(1, 150_000), "step {step}");
        if let Ok(third) = third {
            assert_eq!(desk.item(third, 0), noise(3, 150_000), "step {step}");
        }
        if !refused {
            break;
        }
        step += 1;
    }
    assert!(step > 15, "{step}");
}

#[test]
fn only_the_right_passphrase_opens() {
    let (platter, field) = set_up_small(kit(1, 1));
    drop(field);
    let before = platter.bytes();
    let outcome = open(&platter, &Passphrase::new("another"), 2);
    assert!(matches!(outcome, Err(FieldError::Locked)));
    assert!(platter.bytes() == before, "a wrong guess changes nothing");
    let nothing = open(&Platter::of(40), &passphrase(), 2);
    assert!(matches!(nothing, Err(FieldError::Locked)));
    for blocks in [0, 1, 39] {
        let small = open(&Platter::of(blocks), &passphrase(), 2);
        assert!(matches!(small, Err(FieldError::Size(_))), "{blocks}");
    }
}

#[test]
fn altered_vaults_open_or_say_so_and_never_panic() {
    let (platter, mut field) = set_up_small(kit(1, 1));
    add(&mut field, 1).unwrap();
    drop(field);
    let whole = platter.bytes();
    let mut outcomes = [0; 3];
    for at in (0..whole.len()).step_by(9_973).chain(0..40) {
        let mut hurt = whole.clone();
        hurt[at] ^= 0x41;
        match open(&Platter::with(hurt), &passphrase(), 2) {
            Ok(field) => {
                assert_eq!(field.status().dispatches.len(), 1, "byte {at}");
                outcomes[0] += 1;
            }
            Err(FieldError::Locked) => outcomes[1] += 1,
            Err(FieldError::DamagedState) => outcomes[2] += 1,
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    // Salt and snapshot have no second copy; each header has one.
    assert!(
        outcomes[0] > 200 && outcomes[1] >= 16 && outcomes[2] > 0,
        "{outcomes:?}"
    );
}

#[test]
fn g01_nothing_stored_can_be_opened_or_read_here() {
    let (platter, mut field) = set_up_small(kit(1, 1));
    let secret = b"the quick brown fox of Raqqa";
    let mut sources = [source("fox-of-raqqa.jpg", &secret.repeat(9_000))];
    field
        .add(&mut sources, "note of raqqa", NOW, &mut rng(2), &mut |_| {})
        .unwrap();
    let all = platter.bytes();
    for needle in [
        &b"brown fox"[..],
        b"raqqa",
        b"Raqqa",
        b"Example",
        b"fh-kit",
        b"127.0.0",
        b"age-enc",
    ] {
        assert!(
            !all.windows(needle.len()).any(|w| w == needle),
            "{}",
            String::from_utf8_lossy(needle)
        );
    }
}
