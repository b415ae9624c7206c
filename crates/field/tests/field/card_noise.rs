//! Whether a card tells what is on it: two thousand small cards with no item, one and many, and noise, before the same judges as
//! vaults.

use field::{Card, prepare_card};
use formats::CELL;
use formats::card::Space;
use rand_chacha::rand_core::RngCore;

use crate::cards::{Memory, asked, spread};
use crate::doubles::{NOW, noise, rng, source};
use crate::noise::{assert_alike, fill, samples, vault};

/// Places of each card: as many as six small items fill without a spare shard.
const PLACES: u32 = 14;
/// Cards of each kind.
const CARDS: u64 = 3_000;

fn empty(seed: u64) -> Vec<u8> {
    let (space, store) = (Space::file(PLACES), Memory::of(PLACES));
    let card = Card {
        space: &space,
        store: &store,
        // Both ways in which a card comes to its noise.
        reserved: seed.is_multiple_of(2),
    };
    prepare_card(&card, &mut rng(seed + 20_000_000)).unwrap();
    store.bytes()
}

/// Cards with one item, six items, or a photograph beside words; one of several cards, and one alone.
fn used(seed: u64) -> Vec<u8> {
    let seed = seed + 30_000_000;
    let (_, mut field) = vault(seed, true);
    match seed % 3 {
        0 => fill(&mut field, seed, 1),
        1 => fill(&mut field, seed, 6),
        _ => {
            // A picture of one colour: were it ever to stand there, everybody would see it.
            let photo = vec![0x55; 250_000];
            let mut sources = [source("photo", &photo)];
            let added = field.add(&mut sources, "words", NOW, &mut rng(seed), &mut |_| {});
            added.unwrap();
        }
    }
    let count = 1 + u16::try_from(seed % 2).unwrap();
    let plan = field.plan_spread(&asked(count, 1)).unwrap();
    let mut cards = spread(&mut field, &plan, count, PLACES, seed + 40_000_000);
    cards.pop().unwrap()
}

#[test]
fn g02_thousands_of_cards_look_alike_and_like_noise() {
    let without = samples(CARDS, empty);
    let with = samples(CARDS, used);
    assert_alike("cards without and with cells", &without, &with);
    let plain = samples(CARDS, |seed| {
        let mut bytes = vec![0; PLACES as usize * CELL];
        rng(seed + 50_000_000).fill_bytes(&mut bytes);
        bytes
    });
    assert_alike("cards with cells and noise", &with, &plain);
}

#[test]
fn g02_cards_of_one_size_are_equally_long_whatever_they_hold() {
    let lengths: Vec<usize> = (0..6)
        .flat_map(|n| [empty(n).len(), used(n).len()])
        .collect();
    assert_eq!(lengths, [PLACES as usize * CELL; 12]);
    assert_ne!(empty(1), empty(2));
    assert_ne!(noise(1, 100), noise(2, 100));
}
