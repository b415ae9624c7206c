//! Reading a log: lines as data, hostile ones, and counts of which nothing small can be found out.

use std::collections::BTreeMap;

use publish::reach::{Cell, Origin, QUANTUM, Tally, read_line};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::Value;

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../../vectors/reach-lines.json")).unwrap()
}

fn told(origin: Origin) -> String {
    match origin {
        Origin::Country(letters) => String::from_utf8(letters.to_vec()).unwrap(),
        Origin::Onion => "onion".to_owned(),
        Origin::Unknown => "-".to_owned(),
        Origin::Address(address) => address.to_string(),
    }
}

#[test]
fn lines_say_what_the_vectors_say() {
    for vector in vectors() {
        let line = vector["line"].as_str().unwrap();
        match read_line(line.as_bytes()) {
            Ok(read) => {
                assert_eq!(Some(read.day), vector["day"].as_i64(), "{line}");
                let (page, origin) = match read.request {
                    Some(request) => (Some(request.page), Some(told(request.origin))),
                    None => (None, None),
                };
                assert_eq!(page.as_deref(), vector["page"].as_str(), "{line}");
                assert_eq!(origin.as_deref(), vector["origin"].as_str(), "{line}");
            }
            Err(error) => assert_eq!(
                Some(error.to_string().as_str()),
                vector["error"].as_str(),
                "{line}"
            ),
        }
    }
    assert!(read_line(&vec![b'x'; 20_000]).is_err());
}

#[test]
fn hostile_lines_are_read_or_refused_and_pages_stay_small() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let seeds = vectors();
    for _ in 0..40_000 {
        let at = usize::try_from(rng.next_u32()).unwrap() % seeds.len();
        let mut line = seeds[at]["line"].as_str().unwrap().as_bytes().to_vec();
        for _ in 0..1 + rng.next_u32() % 4 {
            let place = usize::try_from(rng.next_u32()).unwrap() % (line.len() + 1);
            match rng.next_u32() % 3 {
                0 => line.insert(place, rng.next_u32().to_le_bytes()[0]),
                1 if place < line.len() => line[place] ^= 1 << (rng.next_u32() % 8),
                _ => line.truncate(place),
            }
        }
        if let Ok(read) = read_line(&line) {
            assert!(read.day >= 0);
            if let Some(request) = read.request {
                assert!(request.page.len() <= 200 && request.page.is_ascii());
                assert!(!request.page.contains([' ', '%', '?', ':']));
            }
        }
    }
}

/// Requests of a few days, many of them rare.
fn requests(rng: &mut ChaCha20Rng, count: usize) -> Vec<Cell> {
    let mut pick = |most: u32| {
        let skewed = rng.next_u32() % most;
        skewed.min(rng.next_u32() % most)
    };
    let one = |(): ()| Cell {
        day: 20_000 + i64::from(pick(3)),
        page: format!("en/stories/s{}.html", pick(30)),
        country: format!("C{}", pick(20)),
    };
    std::iter::repeat_n((), count).map(one).collect()
}

/// Whatever is added to or taken from each other, over days, pages, countries or two looks at the same counts, is a sum of
/// multiples of ten: nothing smaller can come out. And no cell holds more than was asked for.
#[test]
fn every_count_at_every_moment_is_whole_tens_and_none_is_made_up() {
    for seed in 0..40 {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let asked = requests(&mut rng, 4_000);
        let mut tally = Tally::default();
        let mut kept: BTreeMap<Cell, u64> = BTreeMap::new();
        let mut keep = |out: Vec<(Cell, u64)>| {
            for (cell, count) in out {
                assert!(count > 0 && count % QUANTUM == 0, "{cell:?} {count}");
                *kept.entry(cell).or_insert(0) += count;
            }
        };
        for cell in &asked {
            tally.add(cell.clone());
            if rng.next_u32() % 97 == 0 {
                keep(tally.take());
            }
        }
        keep(tally.close());
        assert_eq!(tally.cells(), 0);
        for day in 20_000..20_003 {
            let of_day = u64::try_from(asked.iter().filter(|c| c.day == day).count()).unwrap();
            let counted: u64 = kept
                .iter()
                .filter(|(c, _)| c.day == day)
                .map(|(_, n)| n)
                .sum();
            assert_eq!(
                counted,
                of_day - of_day % QUANTUM,
                "the rest is less than ten"
            );
        }
        for (cell, count) in kept.iter().filter(|(c, _)| c.country != "other") {
            let asked = asked.iter().filter(|c| *c == cell).count();
            assert_eq!(u64::try_from(asked).unwrap() / QUANTUM * QUANTUM, *count);
        }
    }
}
