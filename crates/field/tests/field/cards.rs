//! Cards: any five of eight restore everything, damage and loss are borne, nothing is ever written twice the same.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use field::{
    Card, CardStore, DispatchState, Field, FieldError, Source, SpreadPlan, SpreadWish, prepare_card,
};
use formats::card::{Deal, Space, Windows, may_be_cell};
use formats::{
    AssembleError, Assembler, AuthenticPiece, CELL, CellHeader, DispatchId, PieceKey, PieceNo,
    Receipt, ReceiptKind, SHARD, seal_reply,
};
use keys::EpochKeys;
use rand_chacha::rand_core::RngCore;

use crate::doubles::{
    Desk, Drops, NOW, Platter, Waits, chain, kit, noise, pieces_here, rng, set_up, set_up_small,
    source, wish,
};

/// A card in memory.
pub(crate) struct Memory(Mutex<Vec<u8>>);

impl Memory {
    pub(crate) fn of(places: u32) -> Self {
        Self(Mutex::new(vec![0; places as usize * CELL]))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl CardStore for Memory {
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let at = usize::try_from(at).unwrap();
        self.0.lock().unwrap()[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn add(field: &mut Field<Platter>, sources: &mut [Source<'_>], words: &str) -> DispatchId {
    let added = field.add(sources, words, NOW, &mut rng(3), &mut |_| {});
    added.unwrap().dispatch
}

fn desk(pieces: &Pieces) -> Desk {
    Desk {
        pieces: pieces.clone(),
        cells: 0,
    }
}

pub(crate) fn asked(cards: u16, need: u16) -> SpreadWish {
    SpreadWish {
        dispatch: None,
        cards,
        need,
    }
}

/// Spreads everything on cards of this many places.
pub(crate) fn spread(
    field: &mut Field<Platter>,
    plan: &SpreadPlan,
    cards: u16,
    places: u32,
    seed: u64,
) -> Vec<Vec<u8>> {
    let space = Space::file(places);
    let stores: Vec<Memory> = (0..cards).map(|_| Memory::of(places)).collect();
    let blank: Vec<Card<'_>> = stores
        .iter()
        .map(|store| Card {
            space: &space,
            store,
            reserved: true,
        })
        .collect();
    field
        .spread(plan, &blank, &mut rng(seed), &mut |_| {})
        .unwrap();
    stores.iter().map(Memory::bytes).collect()
}

/// A cell whose header opened, with its shard if that opened too.
type Opened = (CellHeader, Option<Box<[u8; SHARD]>>);

/// What the desk recognises on a card.
fn recognise(card: &[u8], epoch: &EpochKeys) -> Vec<Opened> {
    let mut found = Vec::new();
    let outcome: Result<(), io::Error> = Windows::new().push(card, |window| {
        if let Ok(header) = epoch.veil.open_header(window) {
            let mut shard = Box::new([0; SHARD]);
            let whole = epoch.veil.open_body(window, &mut shard).is_ok();
            found.push((CellHeader::decode(&header).unwrap(), whole.then_some(shard)));
        }
        Ok(())
    });
    outcome.unwrap();
    found
}

type Pieces = BTreeMap<(DispatchId, PieceNo), AuthenticPiece>;

/// What several cards restore together.
fn gather<'a>(cells: impl IntoIterator<Item = &'a Opened>, epoch: &EpochKeys) -> Pieces {
    let mut assemblers: HashMap<PieceKey, Assembler> = HashMap::new();
    for (header, shard) in cells {
        let Some(shard) = shard else { continue };
        let key = PieceKey::of(header);
        let assembler = assemblers.entry(key).or_insert_with(|| Assembler::new(key));
        assembler.add(header, shard.as_slice()).unwrap();
    }
    let whole = assemblers
        .values()
        .filter_map(|one| match one.finish(&epoch.mac, 1) {
            Ok(piece) => Some(((piece.place.dispatch, piece.place.piece), piece)),
            // No shard here is poisoned: what is not whole lacks shards.
            Err(other) => {
                assert!(matches!(other, AssembleError::Incomplete { .. }), "{other}");
                None
            }
        });
    whole.collect()
}

fn choices(cards: usize, need: u32) -> impl Iterator<Item = Vec<usize>> {
    (0..1_u32 << cards)
        .filter(move |mask| mask.count_ones() == need)
        .map(move |mask| (0..cards).filter(|card| mask >> card & 1 == 1).collect())
}

#[test]
fn g03_all_56_choices_of_five_cards_of_eight_restore_everything() {
    let (_, mut field) = set_up(kit(1, 1));
    let film = noise(1, 20_000_000);
    let mut sources = [source("film", &film), source("photo", &noise(2, 300_000))];
    let added = add(&mut field, &mut sources, "note");
    let plan = field.plan_spread(&asked(8, 5)).unwrap();
    let fit = plan.fit(128).unwrap();
    assert_eq!((fit.deal.need, fit.deal.spare), (5, 2));
    let epoch = chain().epoch_keys();
    let cards = spread(&mut field, &plan, 8, 128, 4);
    let opened: Vec<Vec<Opened>> = cards.iter().map(|card| recognise(card, &epoch)).collect();
    assert!(opened.iter().all(|cells| cells.len() == fit.cells as usize));
    let all = gather(opened.iter().flatten(), &epoch);
    let desk = desk(&all);
    assert_eq!(desk.item(added, 0), film);
    assert_eq!(desk.manifest(added).note, "note");
    let mut tried = 0;
    for chosen in choices(8, 5) {
        let some = gather(chosen.iter().flat_map(|card| &opened[*card]), &epoch);
        assert!(some == all, "cards {chosen:?}");
        tried += 1;
    }
    assert_eq!(tried, 56);
    let four = gather(opened[..4].iter().flatten(), &epoch);
    assert!(four.len() < all.len(), "four cards do not restore the film");
}

#[test]
fn what_fits_goes_on_every_card_whole() {
    let (_, mut field) = set_up(kit(1, 1));
    let photo = noise(1, 1_500_000);
    let added = add(&mut field, &mut [source("photo", &photo)], "words");
    let plan = field.plan_spread(&asked(8, 5)).unwrap();
    assert_eq!(plan.fit(64).unwrap().deal.need, 1);
    let epoch = chain().epoch_keys();
    let mut seen = HashSet::new();
    for card in spread(&mut field, &plan, 8, 64, 5) {
        let opened = recognise(&card, &epoch);
        let desk = desk(&gather(&opened, &epoch));
        assert_eq!(desk.item(added, 0), photo);
        assert_eq!(desk.manifest(added).note, "words");
        assert!(
            card.chunks(CELL).all(|cell| seen.insert(cell.to_vec())),
            "a cell twice"
        );
    }
    // Less room: the photo is dealt out, words and contact still go on each.
    let fewest = plan.fewest_places().unwrap();
    assert_eq!(fewest, 1 + 1 + 23_u32.div_ceil(5));
    let fit = plan.fit(fewest).unwrap();
    assert_eq!((fit.deal.need, fit.deal.spare, fit.cells), (5, 0, fewest));
    assert_eq!(plan.fit(fewest - 1), None);
    let cards = spread(&mut field, &plan, 8, fewest, 6);
    let one = gather(&recognise(&cards[7], &epoch), &epoch);
    assert_eq!(
        (one.len(), desk(&one).manifest(added).note.as_str()),
        (2, "words")
    );
}

/// The cells of a card by the place that they have on it.
fn by_place(card: &[u8], epoch: &EpochKeys) -> Vec<Option<Opened>> {
    let open = |cell: &[u8]| recognise(cell, epoch).pop();
    card.chunks(CELL).map(open).collect()
}

/// What is recognised on seven of the cards, with one cell in a hundred altered anywhere.
fn damaged_cards<'a>(
    cards: &[Vec<u8>],
    opened: &'a [Vec<Option<Opened>>],
    epoch: &EpochKeys,
    dice: &mut impl RngCore,
    altered: &mut Vec<Opened>,
) -> Vec<&'a Opened> {
    let absent = dice.next_u32() as usize % cards.len();
    let mut read = Vec::new();
    for card in (0..cards.len()).filter(|card| *card != absent) {
        for (place, cell) in cards[card].chunks(CELL).enumerate() {
            if dice.next_u32().is_multiple_of(100) {
                let mut hurt = cell.to_vec();
                let run = [0, 24, 112, CELL - 112][dice.next_u32() as usize % 4];
                hurt[run + dice.next_u32() as usize % 100] ^= 1 << (dice.next_u32() % 8);
                altered.extend(recognise(&hurt, epoch));
            } else {
                // What an unaltered cell opens to is known.
                read.extend(&opened[card][place]);
            }
        }
    }
    read
}

#[test]
fn seven_damaged_cards_restore_a_small_dispatch_999_times_of_1000() {
    let (_, mut field) = set_up(kit(1, 1));
    let photo = noise(1, 290_000);
    add(&mut field, &mut [source("photo", &photo)], "words");
    let plan = field.plan_spread(&asked(8, 5)).unwrap();
    let epoch = chain().epoch_keys();
    // Small dispatches are full copies: with two spare shards of each piece, with one, and with none.
    for (places, spare) in [(64, 2), (12, 1), (8, 0)] {
        let fit = plan.fit(places).unwrap();
        assert_eq!((fit.deal.need, fit.deal.spare), (1, spare));
        let cards = spread(&mut field, &plan, 8, places, 7);
        let opened: Vec<_> = cards.iter().map(|card| by_place(card, &epoch)).collect();
        let whole = gather(opened.iter().flatten().flatten(), &epoch);
        assert_eq!(whole.len(), 3);
        let (mut dice, mut recovered, mut damaged) = (rng(8), 0, 0);
        for _ in 0..1_000 {
            let mut altered = Vec::new();
            let read = damaged_cards(&cards, &opened, &epoch, &mut dice, &mut altered);
            assert!(altered.iter().all(|(_, shard)| shard.is_none()));
            damaged += altered.len();
            let found = gather(read.into_iter().chain(&altered), &epoch);
            assert!(
                found.iter().all(|(key, piece)| whole[key] == *piece),
                "a wrong piece"
            );
            recovered += usize::from(found.len() == whole.len());
        }
        assert!(
            recovered >= 999,
            "{recovered} of 1,000 with {places} places"
        );
        assert!(damaged > 100, "{damaged}");
    }
}

#[test]
fn a_dealt_film_survives_a_missing_card_and_damage_on_the_others() {
    // Counted on the dealing itself, for the largest piece there is, with one spare shard on each card.
    let deal = Deal {
        cards: 8,
        need: 5,
        spare: 1,
    };
    let (mut dice, mut recovered) = (rng(9), 0);
    for _ in 0..1_000 {
        let absent = dice.next_u32() as u16 % 8;
        let held = (0..8)
            .filter(|card| *card != absent)
            .flat_map(|card| deal.share(256, false, card).unwrap())
            .filter(|_| !dice.next_u32().is_multiple_of(100));
        recovered += usize::from(held.collect::<HashSet<u16>>().len() >= 256);
    }
    assert_eq!(recovered, 1_000);
}

#[test]
fn a_card_without_cells_is_filled_to_its_last_byte_like_one_with_cells() {
    let (_, mut field) = set_up(kit(1, 1));
    add(
        &mut field,
        &mut [source("photo", &noise(1, 1_000_000))],
        "words",
    );
    let plan = field.plan_spread(&asked(1, 1)).unwrap();
    let empty = Memory::of(64);
    let space = Space::file(64);
    let card = Card {
        space: &space,
        store: &empty,
        reserved: true,
    };
    prepare_card(&card, &mut rng(5)).unwrap();
    let full = spread(&mut field, &plan, 1, 64, 6).remove(0);
    assert_eq!(empty.bytes().len(), full.len());
    for card in [&empty.bytes(), &full] {
        assert!(
            card.chunks(CELL)
                .all(|cell| may_be_cell(cell.try_into().unwrap()))
        );
        assert!(card.chunks(16).all(|part| part != [0; 16]));
    }
    assert!(recognise(&empty.bytes(), &chain().epoch_keys()).is_empty());
}

#[test]
fn a_card_that_breaks_ends_all_threads() {
    struct Full(AtomicUsize);
    impl CardStore for Full {
        fn write_at(&self, _: u64, _: &[u8]) -> io::Result<()> {
            let left = self
                .0
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
            left.map(|_| ())
                .map_err(|_| io::ErrorKind::StorageFull.into())
        }
        fn sync(&self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let (_, mut field) = set_up(kit(1, 1));
    let mut sources: Vec<Source<'_>> = (0..9)
        .map(|n| source("photo", &noise(n, 900_000)))
        .collect();
    add(&mut field, &mut sources, "words");
    let plan = field.plan_spread(&asked(2, 1)).unwrap();
    let space = Space::file(256);
    for (writes, reserved) in [(0, true), (40, true), (100_000, true), (0, false)] {
        let store = Full(AtomicUsize::new(writes));
        let card = || Card {
            space: &space,
            store: &store,
            reserved,
        };
        let outcome = field.spread(&plan, &[card(), card()], &mut rng(1), &mut |_| {});
        assert!(
            matches!(outcome, Err(FieldError::Disk { .. })),
            "{outcome:?}"
        );
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let (_, mut field) = set_up(kit(1, 1));
    let nothing = field.plan_spread(&asked(8, 5)).unwrap();
    assert!(nothing.is_empty());
    add(&mut field, &mut [source("film", &noise(1, 16_000_000))], "");
    for (cards, need) in [(8, 0), (8, 9), (0, 0)] {
        assert!(matches!(
            field.plan_spread(&asked(cards, need)),
            Err(FieldError::Recovery)
        ));
    }
    let absent = SpreadWish {
        dispatch: Some(DispatchId([9; 16])),
        ..asked(8, 5)
    };
    assert!(matches!(
        field.plan_spread(&absent),
        Err(FieldError::UnknownDispatch(_))
    ));
    let many = field.plan_spread(&asked(40, 5)).unwrap();
    assert_eq!(many.fewest_places(), None, "the code has 1,024 shards");
    let plan = field.plan_spread(&asked(1, 1)).unwrap();
    let (space, store) = (Space::file(2), Memory::of(2));
    let small = Card {
        space: &space,
        store: &store,
        reserved: true,
    };
    let outcome = field.spread(&plan, &[small], &mut rng(1), &mut |_| {});
    assert!(
        matches!(
            outcome,
            Err(FieldError::CardTooSmall {
                places: Some(247..)
            })
        ),
        "{outcome:?}"
    );
}

/// Every string of 16 bytes in some bytes, at any place, as a number that differs when the string does (but for one chance
/// in 2^64 for each pair).
fn strings(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    bytes.windows(16).map(|window| {
        let half = |at: usize| u64::from_le_bytes(window[at..at + 8].try_into().unwrap());
        half(0) ^ half(8).rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

#[test]
fn negative_01_vault_cards_and_drop_logs_share_no_sixteen_bytes() {
    let (platter, mut field) = set_up_small(kit(2, 4));
    add(
        &mut field,
        &mut [source("photo", &noise(1, 200_000))],
        "words",
    );
    let plan = field.plan_spread(&asked(2, 1)).unwrap();
    let mut outputs = Vec::new();
    for seed in [11, 12] {
        outputs.extend(spread(&mut field, &plan, 2, 16, seed));
    }
    for seed in [13, 14] {
        let (mut drops, mut clock) = (Drops::default(), Waits::default());
        let again = field::SendWish {
            again: true,
            ..wish()
        };
        field
            .send(&mut drops, &mut clock, &again, &mut rng(seed), &mut |_| {})
            .unwrap();
        let log = drops.log.into_iter().flat_map(|(_, _, cell)| cell);
        outputs.push(log.collect());
    }
    outputs.push(platter.bytes());
    let mut seen: HashSet<u64> = HashSet::new();
    for output in &outputs {
        // A string may come twice within one output by chance alone, and does not among so few.
        let own: HashSet<u64> = strings(output).collect();
        assert_eq!(own.len(), output.len().saturating_sub(15));
        for string in own {
            assert!(seen.insert(string), "two outputs share sixteen bytes");
        }
    }
    assert!(seen.len() > 4_000_000);
}

#[test]
fn replies_come_back_on_a_card_in_any_order_among_noise() {
    let (_, mut field) = set_up(kit(1, 1));
    let added = add(
        &mut field,
        &mut [source("photo", &noise(1, 1_000))],
        "words",
    );
    let plan = field.plan_spread(&asked(1, 1)).unwrap();
    let card = spread(&mut field, &plan, 1, 16, 5).remove(0);
    let epoch = chain().epoch_keys();
    let desk = desk(&gather(&recognise(&card, &epoch), &epoch));
    let (have, complete) = (
        Receipt {
            pieces: desk.receipt(ReceiptKind::Have, added).pieces[..2].to_vec(),
            ..desk.receipt(ReceiptKind::Have, added)
        },
        Receipt {
            pieces: desk.receipt(ReceiptKind::Complete, added).pieces[2..].to_vec(),
            ..desk.receipt(ReceiptKind::Complete, added)
        },
    );
    let pairs = desk.pairs(added);
    let seal = |receipt: Receipt, pair: usize| {
        let (_, cell) = seal_reply(&receipt.into(), &pairs[pair], &mut rng(pair as u64)).unwrap();
        cell
    };
    // "Complete" lies before the "have" that it builds on, and one cell is there twice.
    let (complete, have) = (seal(complete, 0), seal(have, 1));
    let mut card = noise(6, 40 * CELL);
    for (place, cell) in [(3, &complete), (20, &have), (30, &have), (31, &complete)] {
        card[place * CELL..(place + 1) * CELL].copy_from_slice(cell.as_bytes());
    }
    // A card of another's, cut in the middle of a cell, changes nothing.
    let other = noise(7, 9 * CELL + 100);
    for (card, receipts) in [(other, 0), (card.clone(), 2), (card, 0)] {
        let mut told = 0;
        let received = field
            .read_card(&mut card.as_slice(), NOW, &mut rng(8), &mut |done| {
                told = done
            })
            .unwrap();
        assert_eq!((received.receipts, received.refused.len()), (receipts, 0));
        assert_eq!(told, card.len() as u64);
    }
    assert_eq!(field.status().dispatches[0].state, DispatchState::Received);
    assert_eq!(pieces_here(&field), 0);
    assert!(field.plan_spread(&asked(1, 1)).unwrap().is_empty());
}
