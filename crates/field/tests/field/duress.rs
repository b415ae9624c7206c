//! Under duress: the duress passphrase shows an empty vault and ends the other, killed at any write or not; wiping ends both; and neither
//! can be told from an ordinary opening by what is asked of the disk.

use field::{Field, FieldError, Setup, Status};
use formats::CellHeader;
use keys::{Cost, Passphrase};

use crate::doubles::{
    Drops, NOW, Platter, Step, Waits, chain, duress, kit, marked, noise, open, passphrase,
    pieces_here, rng, set_up_in, source, wish,
};
use crate::power::at_every_step;

/// A vault with a duress passphrase and this many dispatches.
fn vault(dispatches: u64) -> (Platter, Field<Platter>) {
    let (platter, mut field) = set_up_in(52, kit(1, 8), Some(&duress()));
    for seed in 0..dispatches {
        let mut sources = [source("a", &noise(seed, 70_000))];
        field
            .add(&mut sources, "n", NOW, &mut rng(seed), &mut |_| {})
            .unwrap();
    }
    (platter, field)
}

fn wipe(platter: &Platter, passphrase: &Passphrase, seed: u64) -> Result<(), FieldError> {
    Field::wipe(platter.clone(), passphrase, Cost::FOR_TESTS, &mut rng(seed))
}

fn opens(platter: &Platter, passphrase: &Passphrase) -> bool {
    // On a copy: an opening writes, and that of the duress passphrase destroys.
    let outcome = open(&Platter::with(platter.bytes()), passphrase, 5);
    let locked = matches!(outcome, Err(FieldError::Locked));
    assert!(outcome.is_ok() || locked, "{outcome:?}");
    !locked
}

#[test]
fn g02_the_duress_passphrase_shows_a_first_day_and_ends_the_other() {
    let (platter, field) = vault(2);
    let first_day = set_up_in(52, kit(1, 4), None).1.status();
    drop(field);
    let shown = open(&platter, &duress(), 3).unwrap();
    assert_eq!(shown.status(), first_day);
    assert!(!shown.forced());
    assert_eq!(pieces_here(&shown), 0);
    drop(shown);
    assert!(!opens(&platter, &passphrase()));
    assert!(opens(&platter, &duress()));
    // What is seen afterwards is a vault to work with.
    let mut field = open(&platter, &duress(), 4).unwrap();
    field
        .add(&mut [], "under duress", NOW, &mut rng(9), &mut |_| {})
        .unwrap();
    let mut drops = Drops::default();
    let clock = &mut Waits::default();
    let sent = field.send(&mut drops, clock, &wish(), &mut rng(9), &mut |_| {});
    assert_eq!(sent.unwrap().cells_left, 0);
    assert_eq!(
        open(&platter, &duress(), 4)
            .unwrap()
            .status()
            .dispatches
            .len(),
        1
    );
}

#[test]
fn g02_everyday_work_keeps_the_duress_vault_as_on_its_first_day() {
    let (platter, mut field) = vault(1);
    // Until the vault is full, and beyond.
    let mut refused = 0;
    for seed in 0..20 {
        match field.add(&mut [], "n", NOW, &mut rng(seed), &mut |_| {}) {
            Ok(_) => {}
            Err(FieldError::Full) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(refused > 0);
    drop(field);
    for seed in 0..5 {
        open(&platter, &passphrase(), seed).unwrap();
    }
    let status = open(&platter, &duress(), 3).unwrap().status();
    assert_eq!((status.dispatches.len(), status.sessions_left), (0, 4));
}

#[test]
fn the_two_vaults_share_no_session_token() {
    let (platter, field) = vault(0);
    let tokens = |field: &Field<Platter>| -> Vec<[u8; 32]> {
        let tokens = field.kit().drops[0].tokens.iter();
        tokens.map(|token| *token.expose_bytes()).collect()
    };
    let mut all = tokens(&field);
    all.extend(tokens(&open(&platter, &duress(), 3).unwrap()));
    assert_eq!(all.len(), 8);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 8);
}

/// Negative test 9.
#[test]
fn negative_09_killed_at_each_write_of_a_duress_opening() {
    let mut destroyed_unseen = 0;
    let steps = at_every_step(|step, torn| {
        let (platter, field) = vault(1);
        drop(field);
        platter.cut_after(step);
        let shown = open(&platter, &duress(), 3).is_ok();
        let after = platter.after_power_cut(torn);
        let (everyday, other) = (opens(&after, &passphrase()), opens(&after, &duress()));
        assert!(other, "the duress vault never suffers; step {step}");
        assert!(
            !(shown && everyday),
            "shown, and the other still opens; step {step}"
        );
        destroyed_unseen += u64::from(!shown && !everyday);
        if everyday {
            let field = open(&after, &passphrase(), 4).unwrap();
            assert_eq!(pieces_here(&field), 3, "whole; step {step}");
        }
        shown
    });
    // A snapshot of four blocks, two copies, two headers, three syncs.
    assert_eq!(steps, 11);
    assert!(
        destroyed_unseen > 0,
        "some cut came between the last write and the answer"
    );
}

/// An everyday opening killed at each write loses neither vault.
#[test]
fn g10_killed_at_each_write_of_an_everyday_opening_loses_neither() {
    at_every_step(|step, torn| {
        let (platter, field) = vault(1);
        drop(field);
        platter.cut_after(step);
        let shown = open(&platter, &passphrase(), 3).is_ok();
        let after = platter.after_power_cut(torn);
        assert!(
            opens(&after, &passphrase()) && opens(&after, &duress()),
            "step {step}"
        );
        let field = open(&after, &passphrase(), 4).unwrap();
        assert_eq!(pieces_here(&field), 3);
        shown
    });
}

#[test]
fn g02_wiped_with_either_passphrase_nothing_opens() {
    for by in [passphrase(), duress(), marked(&duress())] {
        let (platter, field) = vault(1);
        drop(field);
        let size = platter.bytes().len();
        wipe(&platter, &by, 3).unwrap();
        assert!(!opens(&platter, &passphrase()) && !opens(&platter, &duress()));
        assert!(matches!(wipe(&platter, &by, 4), Err(FieldError::Locked)));
        assert_eq!(platter.bytes().len(), size);
    }
}

#[test]
fn a_wipe_that_was_killed_can_be_repeated_until_nothing_opens() {
    at_every_step(|step, torn| {
        let (platter, field) = vault(1);
        drop(field);
        platter.cut_after(step);
        let done = wipe(&platter, &passphrase(), 3).is_ok();
        let after = platter.after_power_cut(torn);
        for by in [passphrase(), duress()] {
            match wipe(&after, &by, 4) {
                Ok(()) | Err(FieldError::Locked) => {}
                Err(other) => panic!("step {step}: {other}"),
            }
        }
        assert!(!opens(&after, &passphrase()) && !opens(&after, &duress()));
        done
    });
}

/// What is asked of the disk, in order.
fn asked(platter: &Platter, act: impl FnOnce(&Platter)) -> Vec<Step> {
    let copy = Platter::with(platter.bytes());
    act(&copy);
    copy.take_log()
}

/// Steps with the area of the snapshot left out, which is random in every vault.
fn shape(steps: &[Step]) -> Vec<(char, usize)> {
    steps
        .iter()
        .map(|(what, _, count)| (*what, *count))
        .collect()
}

#[test]
fn g02_duress_everyday_and_wipe_ask_the_same_of_the_disk() {
    let ordinary = set_up_in(52, kit(1, 4), None).0;
    let empty = vault(0).0;
    let full = vault(3).0;
    let open_with = |platter: &Platter, by: Passphrase| {
        asked(platter, |disk| drop(open(disk, &by, 3).unwrap()))
    };
    let wipe_with =
        |platter: &Platter, by: Passphrase| asked(platter, |disk| wipe(disk, &by, 3).unwrap());
    let all = [
        open_with(&ordinary, passphrase()),
        open_with(&empty, passphrase()),
        open_with(&empty, duress()),
        open_with(&full, duress()),
        wipe_with(&ordinary, passphrase()),
        wipe_with(&empty, passphrase()),
        wipe_with(&empty, duress()),
        wipe_with(&full, passphrase()),
        wipe_with(&full, duress()),
    ];
    let first = shape(&all[0]);
    for (at, steps) in all.iter().enumerate() {
        assert_eq!(shape(steps), first, "case {at}");
    }
    // Beyond the area, the places are the same too: headers and journal.
    let layout = formats::vault::Layout::of(52 * 65_536).unwrap();
    let areas = u64::from(layout.area(0)) * 65_536..u64::from(layout.slots().start) * 65_536;
    let fixed = |steps: &[Step]| -> Vec<Step> {
        let outside = |(_, at, _): &&Step| !areas.contains(at);
        steps.iter().filter(outside).copied().collect()
    };
    assert!(all.iter().all(|steps| fixed(steps) == fixed(&all[0])));
    // Nothing outside headers, journal and areas is touched.
    assert!(all.iter().flatten().all(|(_, at, _)| *at < areas.end));
}

#[test]
fn a_wrong_passphrase_asks_for_the_headers_and_writes_nothing() {
    let (platter, _) = vault(1);
    let steps = asked(&platter, |disk| {
        assert!(matches!(
            open(disk, &Passphrase::new("x y"), 3),
            Err(FieldError::Locked)
        ));
    });
    assert_eq!(steps, [('r', 0, 5 * 65_536)]);
}

/// Flags of the cells that this opening sends.
fn marks(platter: &Platter, by: &Passphrase) -> (Vec<bool>, Status) {
    let mut field = open(platter, by, 7).unwrap();
    let status = field.status();
    field
        .add(&mut [], "words", NOW, &mut rng(8), &mut |_| {})
        .unwrap();
    let mut drops = Drops::default();
    let clock = &mut Waits::default();
    field
        .send(&mut drops, clock, &wish(), &mut rng(9), &mut |_| {})
        .unwrap();
    let veil = chain().epoch_keys().veil;
    // What does not open is noise, with which a session's count is rounded.
    let forced = drops.cells().into_iter().filter_map(|cell| {
        let header = veil.open_header(cell.as_bytes()).ok()?;
        Some(CellHeader::decode(&header).unwrap().forced)
    });
    (forced.collect(), status)
}

#[test]
fn g02_the_duress_mark_is_on_every_cell_and_changes_nothing_else() {
    let (everyday, other) = (passphrase(), duress());
    let (platter, _) = vault(1);
    for by in [&everyday, &other] {
        let copies = [(); 2].map(|()| Platter::with(platter.bytes()));
        let (plain, seen) = marks(&copies[0], by);
        let (forced, also_seen) = marks(&copies[1], &marked(by));
        assert!(plain.iter().all(|mark| !mark) && forced.iter().all(|mark| *mark));
        assert_eq!(plain.len(), forced.len());
        assert_eq!(seen, also_seen);
        assert_eq!(shape(&copies[0].take_log()), shape(&copies[1].take_log()));
    }
}

#[test]
fn passphrases_that_protect_nothing_are_refused() {
    let refused = |everyday: &str, duress: Option<&str>| {
        let platter = Platter::of(40);
        let (everyday, duress) = (Passphrase::new(everyday), duress.map(Passphrase::new));
        let setup = Setup {
            kit: kit(1, 2),
            everyday: &everyday,
            duress: duress.as_ref(),
            keep_nothing: false,
            cost: Cost::FOR_TESTS,
        };
        let made = Field::init(platter.clone(), setup, &mut rng(1), &mut |_| {});
        assert!(platter.take_log().is_empty() || made.is_ok());
        matches!(made, Err(FieldError::Passphrase(_)))
    };
    let good = "quiet river stone lantern copper meadow";
    assert!(refused("short", None));
    assert!(refused("1234 5678 9012 3456 7890", None));
    assert!(refused("oneverylongwordwithoutanyspaces", None));
    assert!(refused(
        "river river stone lantern copper meadow quiet",
        None
    ));
    assert!(refused(good, Some("short")));
    assert!(refused(good, Some(good)));
    assert!(refused(
        good,
        Some("river quiet stone lantern copper meadow")
    ));
    assert!(refused(good, Some("quiet river stone apple brave hammer")));
    assert!(!refused(
        good,
        Some("quiet river apple brave hammer desert")
    ));
}
