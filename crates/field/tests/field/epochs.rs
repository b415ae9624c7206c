//! Epochs: clocks that are wrong by years, the change to the fresh chain, and what a taken device still recognises.

use std::collections::HashMap;

use field::{BulletinTaken, Field, FieldError, Refusal};
use formats::bulletin::KEPT_AT_LEAST;
use formats::{
    Assembler, Bulletin, BulletinRefusal, CellHeader, Contact, Custodian, DispatchId, EPOCH, Kit,
    NewDrop, PieceKey, PieceNo, Reply, ReplyPair, Retired, SHARD, SessionToken, SignedBulletin,
    Standing, Supply, seal_reply,
};
use formats::{Cell, Receipt, ReceiptKind, ReceiptPiece};
use keys::chain::EPOCHS_AHEAD;
use keys::{ChainKey, CustodianSigningKey, EpochKeys};
use openers::IntakeIdentity;

use crate::doubles::{
    Drops, NOW, Platter, Waits, chain, kit, newsroom, reopen, rng, set_up, url, wish,
};

/// 1 January 2035, and of 2020.
const FAR: i64 = 2_051_222_400_000_000;
const PAST: i64 = 1_577_836_800_000_000;

fn walk(key: &ChainKey, links: u32) -> ChainKey {
    let start = ChainKey::from_bytes(*key.expose_bytes());
    (0..links).fold(start, |key, _| key.advance())
}

/// A newsroom as the rules have it: the chains it knows, each from its epoch on, and how far the field is confirmed.
struct Newsroom {
    chains: Vec<(u32, ChainKey)>,
    confirmed: u32,
    /// Cells of the drop's log that were read.
    read: usize,
}

/// What the newsroom made of a dispatch.
struct Read {
    epochs: Vec<u32>,
    fresh: bool,
    pairs: Vec<ReplyPair>,
    standing: Standing,
    receipt: Receipt,
}

impl Newsroom {
    fn new() -> Self {
        Self {
            chains: vec![(0, chain())],
            confirmed: 0,
            read: 0,
        }
    }

    fn keys(&self) -> Vec<(usize, u32, EpochKeys)> {
        let mut all = Vec::new();
        for (place, (from, key)) in self.chains.iter().enumerate() {
            for epoch in *from..=self.confirmed + EPOCHS_AHEAD {
                all.push((place, epoch, walk(key, epoch - from).epoch_keys()));
            }
        }
        all
    }

    /// Reads every cell that is new in the log: each must open, and everything must be authentic.
    fn read(&mut self, drops: &Drops) -> Read {
        let keys = self.keys();
        let cells = drops.cells();
        let mut pieces: HashMap<PieceKey, (Assembler, usize)> = HashMap::new();
        for cell in &cells[self.read..] {
            let found = keys.iter().enumerate().find_map(|(at, (_, _, keys))| {
                Some((at, keys.veil.open_header(cell.as_bytes()).ok()?))
            });
            // Noise, with which a session's count is rounded.
            let Some((at, header)) = found else {
                continue;
            };
            let header = CellHeader::decode(&header).unwrap();
            let mut shard = Box::new([0; SHARD]);
            keys[at]
                .2
                .veil
                .open_body(cell.as_bytes(), &mut shard)
                .unwrap();
            let key = PieceKey::of(&header);
            let piece = pieces
                .entry(key)
                .or_insert_with(|| (Assembler::new(key), at));
            piece.0.add(&header, shard.as_slice()).unwrap();
        }
        self.read = cells.len();
        let mut epochs = Vec::new();
        let mut fresh = false;
        let (mut contact, mut named) = (None, Vec::new());
        for (assembler, at) in pieces.values() {
            let (place, epoch, keys) = &keys[*at];
            let piece = assembler.finish(&keys.mac, 4).unwrap();
            self.confirmed = self.confirmed.max(*epoch);
            epochs.push(*epoch);
            fresh |= *place > 0;
            named.push(ReceiptPiece {
                piece: piece.place.piece,
                digest: piece.digest,
            });
            if piece.place.piece == PieceNo::CONTACT {
                let plain = open_any(&piece.ciphertext);
                contact = Some((piece.place.dispatch, Contact::decode(&plain).unwrap()));
            }
        }
        let (dispatch, contact) = contact.unwrap();
        if let Some(next) = contact.next_chain {
            let from = contact.standing.epoch;
            let known = self.chains[1..]
                .iter()
                .any(|(start, key)| walk(key, from - start).expose_bytes() == next.expose_bytes());
            if !known {
                self.chains.push((from, next));
            }
        }
        named.sort_by_key(|one| one.piece);
        Read {
            epochs,
            fresh,
            pairs: contact.replies,
            standing: contact.standing,
            receipt: Receipt {
                kind: ReceiptKind::Complete,
                dispatch,
                pieces: named,
            },
        }
    }
}

fn next_intake() -> IntakeIdentity {
    IntakeIdentity::from_bytes([8; 32])
}

fn open_any(ciphertext: &[u8]) -> Vec<u8> {
    let opened = newsroom()
        .open(ciphertext)
        .or_else(|_| next_intake().open(ciphertext));
    opened.unwrap().to_vec()
}

fn say(field: &mut Field<Platter>, drops: &mut Drops, now: i64) -> DispatchId {
    let seed = field.status().dispatches.len() as u64 + 100;
    field.turn_epoch(now, &mut rng(seed)).unwrap();
    let added = field
        .add(&mut [], "words", now, &mut rng(seed + 1), &mut |_| {})
        .unwrap();
    let (clock, rng) = (&mut Waits::default(), &mut rng(seed + 2));
    field.send(drops, clock, &wish(), rng, &mut |_| {}).unwrap();
    added.dispatch
}

fn answer(drops: &mut Drops, reply: &Reply, pair: &ReplyPair) {
    let (address, cell) = seal_reply(reply, pair, &mut rng(7)).unwrap();
    drops.mail.insert(address.0, cell);
}

fn receive(field: &mut Field<Platter>, drops: &mut Drops, now: i64) -> field::Received {
    field
        .receive(drops, &[], now, &mut rng(9), &mut |_| {})
        .unwrap()
}

/// Everything that the device's state can derive: the current link and all after it.
fn recognises(field: &Field<Platter>, cell: &Cell) -> bool {
    let start = ChainKey::from_bytes(*field.kit().chain.expose_bytes());
    let links = std::iter::successors(Some(start), |key| Some(key.advance()));
    links
        .take(700)
        .any(|key| key.epoch_keys().veil.open_header(cell.as_bytes()).is_ok())
}

#[test]
fn negative_05_whatever_the_clock_says_every_cell_opens() {
    let (platter, mut field) = set_up(kit(1, 40));
    let (mut drops, mut desk) = (Drops::default(), Newsroom::new());
    let right = NOW + 4 * EPOCH;
    let moments = [NOW, NOW + EPOCH, FAR, FAR, PAST, right, NOW + 300 * EPOCH];
    let mut last = 0;
    for (step, now) in moments.into_iter().enumerate() {
        say(&mut field, &mut drops, now);
        let read = desk.read(&drops);
        let epoch = field.epoch();
        assert!(read.epochs.iter().all(|one| *one == epoch), "step {step}");
        assert!(epoch >= last, "never backwards; step {step}");
        assert!(epoch <= last + EPOCHS_AHEAD, "within reach; step {step}");
        last = epoch;
        // Only some steps are answered: the others leave the field where it was confirmed last.
        if step % 2 == 1 {
            answer(&mut drops, &read.receipt.clone().into(), &read.pairs[3]);
            assert_eq!(receive(&mut field, &mut drops, now).forgotten, 2);
        }
        field = reopen(&platter, step as u64);
        assert_eq!(field.epoch(), last);
    }
    assert_eq!(last, 1 + 2 * EPOCHS_AHEAD);
}

#[test]
fn negative_05_the_whole_state_recognises_no_earlier_epochs_cell() {
    let (platter, mut field) = set_up(kit(1, 40));
    let (mut drops, mut desk) = (Drops::default(), Newsroom::new());
    let mut seen: Vec<(u32, Cell)> = Vec::new();
    for week in 0..8 {
        let now = NOW + week * EPOCH;
        let before = drops.log.len();
        say(&mut field, &mut drops, now);
        let read = desk.read(&drops);
        let cells = drops.cells();
        // What this very state does not recognise is noise, with which a session's count is rounded.
        let fresh: Vec<&Cell> = cells[before..]
            .iter()
            .filter(|cell| recognises(&field, cell))
            .collect();
        assert!(fresh.len() >= 2, "a manifest and a contact piece");
        seen.extend(fresh.into_iter().map(|cell| (field.epoch(), cell.clone())));
        let taken = reopen(&platter, 50);
        for (epoch, cell) in &seen {
            // The epoch of the taking is the captor's; those before are not.
            assert_eq!(recognises(&taken, cell), *epoch == field.epoch(), "{epoch}");
        }
        if week == 3 {
            answer(&mut drops, &read.receipt.into(), &read.pairs[0]);
            receive(&mut field, &mut drops, now);
            assert!(field.on_fresh_chain());
            // What went out under the kit's own chain is beyond reach at once, in the same week too.
            let taken = reopen(&platter, 51);
            assert!(seen.iter().all(|(_, cell)| !recognises(&taken, cell)));
        }
    }
}

#[test]
fn the_fresh_chain_is_used_once_the_newsroom_has_it() {
    let (platter, mut field) = set_up(kit(1, 40));
    let (mut drops, mut desk) = (Drops::default(), Newsroom::new());
    say(&mut field, &mut drops, NOW);
    let first = desk.read(&drops);
    say(&mut field, &mut drops, NOW + 2 * EPOCH);
    let second = desk.read(&drops);
    assert!(!first.fresh && !second.fresh);
    assert_eq!(desk.chains.len(), 2, "both bring links of one fresh chain");
    assert!(!field.on_fresh_chain());
    // The answer to the second overtakes that to the first.
    answer(&mut drops, &second.receipt.into(), &second.pairs[0]);
    receive(&mut field, &mut drops, NOW + 2 * EPOCH);
    assert!(reopen(&platter, 3).on_fresh_chain());
    say(&mut field, &mut drops, NOW + 3 * EPOCH);
    let third = desk.read(&drops);
    assert!(third.fresh);
    assert_eq!(third.standing.epoch, 3);
    assert_eq!(third.standing.epoch_from, 0, "the first waits still");
    // Sent again, the first goes out under the fresh chain as well.
    let again = field::SendWish {
        again: true,
        ..wish()
    };
    let (clock, rng) = (&mut Waits::default(), &mut rng(77));
    field
        .send(&mut drops, clock, &again, rng, &mut |_| {})
        .unwrap();
    assert_eq!(desk.chains.len(), 2);
    for cell in &drops.cells()[desk.read..] {
        let known = desk.keys();
        assert!(
            known
                .iter()
                .any(|(place, _, keys)| *place == 1
                    && keys.veil.open_header(cell.as_bytes()).is_ok())
        );
    }
}

/// Nobody ever asks for what is held back: it keeps the last year of epochs open and no older one, and is still there to go.
#[test]
fn what_is_held_back_keeps_no_epoch_open_for_ever() {
    let (_, mut field) = set_up(kit(1, 40));
    let (mut drops, mut desk) = (Drops::default(), Newsroom::new());
    let mut film = [field::Source {
        kind: "video/mp4".to_owned(),
        ..crate::doubles::source("film.mp4", &crate::doubles::noise(5, 400_000))
    }];
    let added = field.add_previewed(&mut film, "", NOW, &mut rng(2), &mut |_| {});
    added.unwrap();
    let mut answered = |field: &mut Field<Platter>, read: Read, now| {
        let receipt = Receipt {
            kind: ReceiptKind::Have,
            ..read.receipt
        };
        answer(&mut drops, &receipt.into(), &read.pairs[0]);
        assert_eq!(receive(field, &mut drops, now).forgotten, 2);
    };
    let (clock, seed) = (&mut Waits::default(), &mut rng(4));
    let mut first = Drops::default();
    field
        .send(&mut first, clock, &wish(), seed, &mut |_| {})
        .unwrap();
    answered(&mut field, desk.read(&first), NOW);
    let held = field.status().dispatches[0].clone();
    assert_eq!(held.held.pieces, 1);
    let days = |days: i64| held.held_days(NOW + days * 86_400_000_000);
    assert_eq!((days(27), days(28)), (Some(27), Some(28)));
    assert_eq!(field::HELD_LONG_DAYS, 28);

    for (week, from) in [(10, 0), (52, 0), (53, 1), (60, 8)] {
        let now = NOW + week * EPOCH;
        let mut line = Drops::default();
        say(&mut field, &mut line, now);
        desk.read = 0;
        let read = desk.read(&line);
        assert_eq!(read.standing.epoch_from, from, "week {week}");
        answered(&mut field, read, now);
    }
    // It goes when its owner says so, under the keys of that day.
    field.release(None, &mut rng(5)).unwrap();
    let mut last = Drops::default();
    let (clock, seed) = (&mut Waits::default(), &mut rng(6));
    field
        .send(&mut last, clock, &wish(), seed, &mut |_| {})
        .unwrap();
    let known = desk.keys();
    let cells = last.cells();
    let opened = cells.iter().filter_map(|cell| {
        let open = |keys: &EpochKeys| keys.veil.open_header(cell.as_bytes()).is_ok();
        known
            .iter()
            .find(|(_, _, keys)| open(keys))
            .map(|one| one.1)
    });
    let epochs: Vec<u32> = opened.collect();
    assert!(epochs.len() >= 7 && epochs.iter().all(|epoch| *epoch == 60));
}

#[test]
fn a_lone_field_goes_no_further_than_sixty_epochs() {
    let (_, mut field) = set_up(kit(1, 4));
    field.turn_epoch(FAR, &mut rng(1)).unwrap();
    assert_eq!(field.epoch(), EPOCHS_AHEAD);
    field.turn_epoch(PAST, &mut rng(2)).unwrap();
    field.turn_epoch(i64::MAX, &mut rng(3)).unwrap();
    assert_eq!(field.epoch(), EPOCHS_AHEAD);
}

#[test]
fn a_power_cut_while_advancing_leaves_one_epoch_or_the_other() {
    for torn in [false, true] {
        for step in 0.. {
            let (platter, mut field) = set_up(kit(1, 4));
            platter.cut_after(step);
            let outcome = field.turn_epoch(NOW + 5 * EPOCH, &mut rng(1));
            let mut field = reopen(&platter.after_power_cut(torn), 2);
            assert!(matches!(field.epoch(), 0 | 5));
            let links = walk(&chain(), field.epoch());
            assert_eq!(field.kit().chain.expose_bytes(), links.expose_bytes());
            if outcome.is_ok() {
                assert_eq!(field.epoch(), 5, "acknowledged and lost; step {step}");
                break;
            }
            field.turn_epoch(NOW + 5 * EPOCH, &mut rng(3)).unwrap();
            assert_eq!(field.epoch(), 5);
        }
    }
}

fn signing_key(n: u8) -> CustodianSigningKey {
    CustodianSigningKey::from_bytes(&[n; 32])
}

fn custodian(n: u8) -> Custodian {
    Custodian {
        name: format!("Custodian {n}"),
        key: signing_key(n).verifying_key(),
    }
}

fn pinned() -> Kit {
    Kit {
        custodians: (1..=3).map(custodian).collect(),
        threshold: 2,
        ..kit(2, 40)
    }
}

fn bulletin(number: u32) -> Bulletin {
    Bulletin {
        newsroom: "Example".to_owned(),
        number,
        issued_at: NOW,
        valid_until: NOW + KEPT_AT_LEAST,
        intake: next_intake().recipient(),
        intake_epoch: 1,
        retired: vec![Retired {
            epoch: 0,
            until: NOW + KEPT_AT_LEAST,
        }],
        drops_add: vec![NewDrop {
            url: url(9),
            log_key: None,
        }],
        drops_remove: vec![url(2)],
        custodians: (2..=4).map(custodian).collect(),
        threshold: 2,
    }
}

fn signed(bulletin: &Bulletin, by: &[u8]) -> SignedBulletin {
    by.iter().fold(bulletin.draft().unwrap(), |draft, n| {
        draft.signed_by(&signing_key(*n))
    })
}

#[test]
fn a_bulletin_changes_what_is_sealed_to_and_where_it_goes() {
    let (platter, mut field) = set_up(pinned());
    let (mut drops, mut desk) = (Drops::default(), Newsroom::new());
    say(&mut field, &mut drops, NOW);
    let read = desk.read(&drops);
    assert_eq!((read.standing.bulletin, read.standing.intake), (0, 0));
    answer(
        &mut drops,
        &signed(&bulletin(1), &[1, 3]).into(),
        &read.pairs[0],
    );
    let received = receive(&mut field, &mut drops, NOW);
    assert_eq!((received.bulletins, received.refused.len()), (1, 0));
    field = reopen(&platter, 4);
    let kit = field.kit();
    assert_eq!((kit.bulletin, kit.intake_epoch, kit.threshold), (1, 1, 2));
    let urls: Vec<_> = kit.drops.iter().map(|drop| drop.url.clone()).collect();
    assert_eq!(urls, [url(1), url(9)]);
    // What was sealed before waits, sealed to the old one.
    let retiring = field.status().retiring.unwrap();
    assert_eq!((retiring.pieces, retiring.until), (2, NOW + KEPT_AT_LEAST));
    // A supply brings tokens for the new drop; one for a drop that nobody told of is left aside.
    let supply = Supply {
        drops: vec![
            (url(9), vec![SessionToken::from_bytes([90; 32])]),
            (url(7), vec![SessionToken::from_bytes([91; 32])]),
        ],
    };
    for pair in [1, 2] {
        answer(&mut drops, &supply.clone().into(), &read.pairs[pair]);
    }
    let received = receive(&mut field, &mut drops, NOW);
    assert_eq!(received.tokens, 1, "the same token twice is one");
    assert_eq!(field.kit().drops[1].tokens.len(), 1);

    say(&mut field, &mut drops, NOW);
    let read = desk.read(&drops);
    let standing = &read.standing;
    assert_eq!((standing.bulletin, standing.intake), (1, 1));
    assert_eq!(standing.intake_from, 0, "something is still wanted of it");
    assert!(standing.sessions.iter().all(|one| one.drop != url(2)));
    // The next one is signed by the custodians that this one named.
    let next = bulletin(2);
    let by_old = field.take_bulletin(&signed(&next, &[1, 2]).encode(), NOW, &mut rng(5));
    let refusal = BulletinRefusal::UnknownCustodian;
    assert!(matches!(by_old, Err(FieldError::Bulletin(why)) if why == refusal));
    let taken = field.take_bulletin(&signed(&next, &[2, 4]).encode(), NOW, &mut rng(5));
    let expected = BulletinTaken {
        number: 2,
        new_intake: false,
        drops_added: 0,
        drops_removed: 0,
    };
    assert_eq!(taken.unwrap(), expected);
}

#[test]
fn negative_10_a_refused_bulletin_changes_nothing() {
    let cases: [(SignedBulletin, BulletinRefusal); 4] = [
        (
            signed(&bulletin(1), &[2]),
            BulletinRefusal::TooFew { have: 1, need: 2 },
        ),
        (
            signed(&bulletin(1), &[2, 2]),
            BulletinRefusal::TooFew { have: 1, need: 2 },
        ),
        (
            signed(&bulletin(1), &[2, 9]),
            BulletinRefusal::UnknownCustodian,
        ),
        (
            signed(
                &Bulletin {
                    newsroom: "Another".to_owned(),
                    ..bulletin(1)
                },
                &[1, 2],
            ),
            BulletinRefusal::OtherNewsroom,
        ),
    ];
    for (signed, why) in cases {
        let (platter, mut field) = set_up(pinned());
        let (mut drops, mut desk) = (Drops::default(), Newsroom::new());
        say(&mut field, &mut drops, NOW);
        let read = desk.read(&drops);
        let kit = field.kit().encode().unwrap();
        answer(&mut drops, &signed.clone().into(), &read.pairs[0]);
        let received = receive(&mut field, &mut drops, NOW);
        assert_eq!(received.refused, [Refusal::Bulletin(why)]);
        assert_eq!(received.bulletins, 0);
        let by_file = field.take_bulletin(&signed.encode(), NOW, &mut rng(5));
        assert!(matches!(by_file, Err(FieldError::Bulletin(found)) if found == why));
        let mut after = Kit::decode(&reopen(&platter, 4).kit().encode().unwrap()).unwrap();
        // An authentic reply has come all the same: the fresh chain is in use. Nothing else has changed.
        assert!(field.on_fresh_chain());
        after.chain = chain();
        assert_eq!(after.encode().unwrap(), kit);
    }
}

#[test]
fn negative_10_an_old_or_expired_bulletin_is_refused() {
    let (_, mut field) = set_up(pinned());
    let keep = Bulletin {
        custodians: (1..=3).map(custodian).collect(),
        ..bulletin(3)
    };
    let third = signed(&keep, &[1, 2]).encode();
    let late = keep.valid_until + 1;
    let refused = field.take_bulletin(&third, late, &mut rng(5));
    assert!(matches!(
        refused,
        Err(FieldError::Bulletin(BulletinRefusal::Expired))
    ));
    field.take_bulletin(&third, NOW, &mut rng(5)).unwrap();
    for number in [2, 3] {
        let old = Bulletin {
            number,
            ..keep.clone()
        };
        let refused = field.take_bulletin(&signed(&old, &[1, 2]).encode(), NOW, &mut rng(5));
        assert!(matches!(
            refused,
            Err(FieldError::Bulletin(BulletinRefusal::NotNewer { .. }))
        ));
    }
}
