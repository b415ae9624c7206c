//! What is held back: announced once, chosen by several at once, told to the field once, and never mistaken for missing.

use crate::world::{World, cell};
use formats::{ChoiceKind, PieceKey, PieceNo};
use keys::{ReplyKeys, ReplyPair};
use ledger::sha256;
use newsroom::accounts::Roles;
use newsroom::arrival::{DispatchKey, DispatchState};
use newsroom::audit::{Act, Chain};
use newsroom::held::{Command, Wish};
use newsroom::work::Work;
use newsroom::{BlobId, Private, Refusal};
use store::testing::entropy;
use store::{NewHeld, StoreError};

pub(crate) const FILM: (PieceNo, PieceNo) = (PieceNo(1), PieceNo(1));
const PHOTO: (PieceNo, PieceNo) = (PieceNo(2), PieceNo(2));

pub(crate) fn held(ordinal: u32, pieces: (PieceNo, PieceNo), name: &str) -> NewHeld {
    NewHeld {
        ordinal,
        pieces,
        name: Private::from(name),
        kind: Private::from("video/mp4"),
        bytes: 9_000,
        millis: Some(21_000),
        sha256: Some(sha256(name.as_bytes())),
    }
}

/// A piece of the dispatch becomes authentic.
async fn complete(world: &World, key: &DispatchKey, no: u32, last: bool) {
    let at = 1_000 + u64::from(world.number());
    let cell = cell(key, no, 0, 1, last, at);
    let (store, now) = (&world.store, world.now());
    let read_to = store::SpoolPosition(at + 1);
    store
        .record_cells(&[cell], read_to, &|_, _| false, now)
        .await
        .unwrap();
    let blob = BlobId::from_bytes([world.number(); 16]);
    let piece = PieceKey::of(&cell.header);
    store
        .piece_complete(&piece, sha256(&no.to_be_bytes()), blob, now)
        .await
        .unwrap();
}

async fn next_job(world: &World) -> Option<Work> {
    let job = world.store.claim_job(1_000, world.now()).await.unwrap()?;
    world.store.finish_job(&job).await.unwrap();
    Some(job.work)
}

/// A dispatch of which the contact piece and the manifest (piece 3) are here, with so many reply pairs.
async fn described(world: &World, pairs: u64) -> DispatchKey {
    let kit = world.kit(&format!("held {}", world.number())).await;
    let key = world.dispatch(kit).await;
    complete(world, &key, 0, false).await;
    assert_eq!(
        next_job(world).await,
        None,
        "nothing to open without a manifest"
    );
    complete(world, &key, 3, true).await;
    let part = Work::OpenPart {
        kit,
        dispatch: key.dispatch,
    };
    assert_eq!(next_job(world).await, Some(part));
    let made: Vec<ReplyPair> = (0..pairs)
        .map(|n| ReplyKeys::generate(&mut entropy(n)).pair())
        .collect();
    world
        .store
        .add_reply_pairs(&key, &made, world.now())
        .await
        .unwrap();
    let both = [held(0, FILM, "square.mp4"), held(1, PHOTO, "square.jpg")];
    for _ in 0..2 {
        world.store.enter_held(&key, &both).await.unwrap();
    }
    key
}

pub(crate) async fn what_is_announced_is_chosen_and_told_once(world: World) {
    let key = described(&world, 4).await;
    let (noor, sami) = (
        world.editor("Noor", Roles::EDITOR).await,
        world.editor("Sami", Roles::SAFETY).await,
    );
    let store = &world.store;
    let lines = store.held_of(&key).await.unwrap();
    assert_eq!(lines.len(), 2);
    assert!(
        lines
            .iter()
            .all(|one| one.told && one.wish == Wish::Open && one.item.is_none())
    );
    assert_eq!(lines[0].said.name.expose(), "square.mp4");
    assert!(
        store
            .untold(None, 9, world.now())
            .await
            .unwrap()
            .0
            .is_empty()
    );

    // Two editors press at once, and one of them twice.
    for by in [noor, sami, noor] {
        store
            .choose(lines[0].id, Command::Ask, by, world.now())
            .await
            .unwrap();
    }
    store
        .choose(lines[1].id, Command::Decline, sami, world.now())
        .await
        .unwrap();
    let chain = store.audit(Chain::Dispatch(key)).await.unwrap();
    let count = |act| {
        chain
            .iter()
            .filter(|one| one.event.entry.act == act)
            .count()
    };
    assert_eq!((count(Act::ItemAsked), count(Act::ItemDeclined)), (1, 1));

    let (untold, _) = store.untold(None, 9, world.now()).await.unwrap();
    let [one] = untold.as_slice() else {
        panic!("{untold:?}")
    };
    assert_eq!((one.number, one.fresh_pairs), (1, 4));
    assert_eq!(one.manifest, sha256(&3_u32.to_be_bytes()));
    assert_eq!((&one.wanted, &one.declined), (&vec![FILM], &vec![PHOTO]));
    for (number, kind, items) in [
        (1, ChoiceKind::Want, [FILM]),
        (2, ChoiceKind::Decline, [PHOTO]),
    ] {
        let pair = store
            .next_reply_pair(&key, world.now())
            .await
            .unwrap()
            .unwrap();
        let queue = store.queue_choice(&key, kind, number, &items, &pair.pair, &[], world.now());
        assert!(queue.await.unwrap());
        // Another process that read the same wishes comes too late, and spends nothing.
        let pair = store
            .next_reply_pair(&key, world.now())
            .await
            .unwrap()
            .unwrap();
        let queue = store.queue_choice(&key, kind, number, &items, &pair.pair, &[], world.now());
        assert!(!queue.await.unwrap());
    }
    assert!(
        store
            .untold(None, 9, world.now())
            .await
            .unwrap()
            .0
            .is_empty()
    );
    assert!(
        store.receipts_of(&key).await.unwrap().is_empty(),
        "a choice is no receipt"
    );

    // A decline is taken back by an ask, and told again.
    store
        .choose(lines[1].id, Command::Ask, noor, world.now())
        .await
        .unwrap();
    let (untold, _) = store.untold(None, 9, world.now()).await.unwrap();
    assert_eq!((untold[0].number, &untold[0].wanted), (3, &vec![PHOTO]));
    assert_eq!(untold[0].fresh_pairs, 2);
}

pub(crate) async fn those_that_cannot_be_told_do_not_stand_before_others(world: World) {
    let mut keys = Vec::new();
    for _ in 0..5 {
        keys.push(described(&world, 0).await);
    }
    keys.sort_unstable();
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let store = &world.store;
    for key in &keys {
        let film = store.held_of(key).await.unwrap()[0].id;
        let asked = store.choose(film, Command::Ask, noor, world.now());
        asked.await.unwrap();
    }
    // The first one's film comes and needs no word: it takes up no place.
    let film = [(0, world.new_item("square.mp4"))];
    let entered = store.enter_items_at(&keys[0], &film, None, false, world.now());
    entered.await.unwrap();
    // None of them has a reply pair, and nothing is told. Each is looked at all the same, and then the first ones again.
    let mut after = None;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let page = store.untold(after.as_ref(), 2, world.now());
        let (untold, last) = page.await.unwrap();
        seen.push(untold.iter().map(|one| one.dispatch).collect::<Vec<_>>());
        after = last;
    }
    let pages = [&keys[1..3], &keys[3..5], &[], &keys[1..3]];
    assert_eq!(seen, pages.map(<[DispatchKey]>::to_vec));
}

pub(crate) async fn what_is_held_back_is_entered_when_it_comes(world: World) {
    let key = described(&world, 2).await;
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let store = &world.store;
    let mut preview = world.new_item("square.preview.jpg");
    preview.preview_of = Some(1);
    let note = Private::from("at noon");
    for _ in 0..2 {
        let part = [(2, preview.clone())];
        let there = store
            .enter_items_at(&key, &part, Some(&note), false, world.now())
            .await
            .unwrap();
        assert_eq!(there.len(), 1, "entered once");
    }
    let record = store.dispatch(&key).await.unwrap();
    assert_eq!(
        (record.state, record.held),
        (DispatchState::Arriving, Some(2))
    );
    assert_eq!(record.note.unwrap().expose(), "at noon");
    let lines = store.held_of(&key).await.unwrap();
    assert_eq!((lines[0].preview, lines[1].preview.is_some()), (None, true));
    store
        .choose(lines[1].id, Command::Ask, noor, world.now())
        .await
        .unwrap();

    // The photograph comes, by whichever road. It needs no word any more, and none can be said.
    complete(&world, &key, 2, false).await;
    let photo = [(1, world.new_item("square.jpg"))];
    store
        .enter_items_at(&key, &photo, Some(&note), false, world.now())
        .await
        .unwrap();
    let lines = store.held_of(&key).await.unwrap();
    assert_eq!((lines[1].pieces_here, lines[1].item.is_some()), (1, true));
    assert!(
        store
            .untold(None, 9, world.now())
            .await
            .unwrap()
            .0
            .is_empty()
    );
    let refused = store
        .choose(lines[1].id, Command::Decline, noor, world.now())
        .await;
    assert!(matches!(
        refused,
        Err(StoreError::Refused(Refusal::ItemHere))
    ));

    // At the end the dispatch is opened once, and nothing is entered twice.
    let all = [
        (0, world.new_item("square.mp4")),
        (1, world.new_item("other")),
    ];
    let ids = store
        .enter_items_at(&key, &all, Some(&note), true, world.now())
        .await
        .unwrap();
    assert_eq!(ids.len(), 3);
    let items = store.items_of(&key).await.unwrap();
    let names: Vec<&str> = items.iter().map(|item| item.name.expose()).collect();
    assert_eq!(names, ["square.mp4", "square.jpg", "square.preview.jpg"]);
    assert_eq!(items[2].preview_of, Some(1));
    assert_eq!(
        store.dispatch(&key).await.unwrap().state,
        DispatchState::Opened
    );
}
