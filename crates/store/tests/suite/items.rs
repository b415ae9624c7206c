//! Items: entered once, examined, protected, their custody a chain.

use crate::world::{World, alter};
use ledger::{commitment, sha256};
use newsroom::accounts::Roles;
use newsroom::arrival::DispatchState;
use newsroom::audit::{Act, Chain};
use newsroom::items::{Examination, Protection};
use newsroom::work::Work;
use newsroom::{Private, Refusal};
use store::{Examined, PreviewRecord, StoreError};

pub(crate) async fn a_dispatch_is_entered_once(mut world: World) {
    let key = world.dispatch(world.kit("Jasmine").await).await;
    let new = [world.new_item("first.jpg"), world.new_item("second.mp4")];
    let note = Private::from("at the gate");
    let ids = world
        .store
        .enter_items(&key, &new, Some(&note), world.now())
        .await
        .unwrap();
    let again = [world.new_item("third.jpg")];
    assert_eq!(
        world
            .store
            .enter_items(&key, &again, None, world.now())
            .await
            .unwrap(),
        ids
    );
    world.reopen().await;
    let items = world.store.items_of(&key).await.unwrap();
    assert_eq!(items.iter().map(|i| i.id).collect::<Vec<_>>(), ids);
    let second = &items[1];
    assert_eq!(
        (second.name.expose(), second.sha256, second.blob),
        ("second.mp4", new[1].sha256, new[1].blob)
    );
    assert_eq!(
        second.note.as_ref().map(Private::expose),
        Some("at the gate")
    );
    assert_eq!(
        second.captured_at.as_ref().map(Private::expose),
        Some("2026-11-20T08:00:00Z")
    );
    assert_eq!(
        (second.examination, &second.protection),
        (Examination::Queued, &Protection::None)
    );
    assert_eq!(
        world.store.dispatch(&key).await.unwrap().state,
        DispatchState::Opened
    );
    let mut queued = Vec::new();
    while let Some(job) = world
        .store
        .claim_job(1_000_000_000, world.now())
        .await
        .unwrap()
    {
        queued.push(job.work);
    }
    assert!(
        ids.iter()
            .all(|id| queued.contains(&Work::Examine { item: *id }))
    );
    assert_eq!(queued.len(), 2);

    let mut copy = world.new_item("copy.jpg");
    copy.sha256 = new[0].sha256;
    let other = world.dispatch(world.kit("Cedar").await).await;
    let copies = world
        .store
        .enter_items(&other, &[copy], None, world.now())
        .await
        .unwrap();
    assert_eq!(world.store.same_content(copies[0]).await.unwrap(), [ids[0]]);
    assert!(world.store.same_content(ids[1]).await.unwrap().is_empty());
}

pub(crate) async fn examination_and_scrub_follow_the_rules(world: World) {
    let by = world.editor("Noor", Roles::EDITOR).await;
    let key = world.dispatch(world.kit("Jasmine").await).await;
    let ids = world
        .store
        .enter_items(
            &key,
            &[world.new_item("a"), world.new_item("b")],
            None,
            world.now(),
        )
        .await
        .unwrap();
    let early = world.store.ask_scrub(ids[0], by, world.now()).await;
    assert!(matches!(
        early,
        Err(StoreError::Refused(Refusal::NotExamined))
    ));
    world.examine(ids[0]).await;
    world
        .store
        .ask_scrub(ids[0], by, world.now())
        .await
        .unwrap();
    let twice = world.store.ask_scrub(ids[0], by, world.now()).await;
    assert!(matches!(
        twice,
        Err(StoreError::Refused(Refusal::AlreadyWorking))
    ));
    let what = world.new_derivative();
    let derivative = world
        .store
        .item_scrubbed(ids[0], &what, world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        world
            .store
            .item_scrubbed(ids[0], &world.new_derivative(), world.now())
            .await
            .unwrap(),
        None
    );
    let found = world.store.derivative(derivative).await.unwrap();
    assert_eq!(
        (found.item, found.what.sha256, found.what.blob),
        (ids[0], what.sha256, what.blob)
    );
    assert_eq!(found.what.report, what.report);
    assert_eq!(world.store.derivatives_of(ids[0]).await.unwrap().len(), 1);
    assert_eq!(world.store.derivatives(10).await.unwrap().len(), 1);

    let preview = PreviewRecord {
        probe: Private::from("{}"),
        poster: None,
        proxy: None,
        pages: vec![],
    };
    let found = Examined {
        kind: None,
        showable: false,
        preview,
    };
    world
        .store
        .item_examined(ids[1], &found, world.now())
        .await
        .unwrap();
    world
        .store
        .ask_scrub(ids[1], by, world.now())
        .await
        .unwrap();
    world
        .store
        .item_scrub_refused(ids[1], "unknown-kind", "no kind we know", world.now())
        .await
        .unwrap();
    let item = world.store.item(ids[1]).await.unwrap();
    assert_eq!(item.examination, Examination::Unreadable);
    assert_eq!(
        item.protection,
        Protection::Refused {
            code: "unknown-kind".into()
        }
    );
    assert_eq!(item.refusal_reason.as_deref(), Some("no kind we know"));
    let again = world.store.ask_scrub(ids[1], by, world.now()).await;
    assert!(matches!(
        again,
        Err(StoreError::Refused(Refusal::CannotProtect { .. }))
    ));
}

pub(crate) async fn custody_is_a_chain_that_shows_tampering(world: World) {
    let by = world.editor("Noor", Roles::EDITOR).await;
    let item = world.item().await;
    world
        .store
        .item_viewed(item, by, world.now())
        .await
        .unwrap();
    world.store.ask_scrub(item, by, world.now()).await.unwrap();
    world
        .store
        .item_scrubbed(item, &world.new_derivative(), world.now())
        .await
        .unwrap();
    let custody = world.store.audit(Chain::Item(item)).await.unwrap();
    let seen: Vec<_> = custody
        .iter()
        .map(|r| (r.event.entry.act, r.editor_name.as_deref()))
        .collect();
    let expected = [
        (Act::ItemEntered, None),
        (Act::ItemExamined, None),
        (Act::ItemViewed, Some("Noor")),
        (Act::ItemScrubAsked, Some("Noor")),
        (Act::ItemScrubbed, None),
    ];
    assert_eq!(seen, expected);
    let record = world.store.item(item).await.unwrap();
    let committed = &custody[0].event.entry.details["commitment"];
    assert_eq!(committed, &record.custody_commitment.to_string());
    assert_ne!(committed, &record.sha256.to_string(), "never the bare hash");
    assert_ne!(
        committed,
        &commitment(store::CUSTODY_DOMAIN, &[0; 32], &record.sha256).to_string()
    );
    let desk = world.store.audit(Chain::Desk).await.unwrap();
    let anchor = desk
        .iter()
        .find(|r| r.event.entry.act == Act::ItemEntered)
        .unwrap();
    assert_eq!(
        anchor.event.entry.details["begins"],
        custody[0].event.hash.to_string()
    );

    let backdate = format!("UPDATE audit SET at = at - 1 WHERE chain = 'item/{item}' AND seq = 2");
    alter(&world, backdate).await;
    let broken = world.store.audit(Chain::Item(item)).await;
    assert!(
        matches!(broken, Err(StoreError::Audit { ref source, .. }) if source.seq == 2),
        "{broken:?}"
    );
    alter(
        &world,
        format!("DELETE FROM audit WHERE chain = 'item/{item}' AND seq = 2"),
    )
    .await;
    let broken = world.store.audit(Chain::Item(item)).await;
    assert!(
        matches!(broken, Err(StoreError::Audit { .. })),
        "{broken:?}"
    );
    assert!(
        world
            .store
            .verify_audit(&[Chain::Desk, Chain::Item(item)])
            .await
            .is_err()
    );
    assert!(world.store.verify_audit(&[Chain::Desk]).await.unwrap() > 0);
    assert_ne!(sha256(b""), record.sha256);
}

pub(crate) async fn loose_pieces_give_way_to_whole_items(mut world: World) {
    let kit = world.kit("Jasmine").await;
    let key = world.dispatch(kit).await;
    let enter = |piece, item| {
        let (store, now) = (&world.store, world.now());
        async move {
            store
                .enter_loose_item(&key, formats::PieceNo(piece), &item, now)
                .await
        }
    };
    let second = enter(2, world.new_item("piece-2")).await.unwrap().unwrap();
    let first = enter(1, world.new_item("piece-1")).await.unwrap().unwrap();
    let again = enter(1, world.new_item("piece-1")).await.unwrap();
    assert_eq!(again, None, "once");
    let noor = world
        .editor("Noor", newsroom::accounts::Roles::EDITOR)
        .await;
    let loosen = || world.store.ask_loose(&key, noor, world.now());
    let under_way = newsroom::work::Work::OpenLoose {
        kit,
        dispatch: key.dispatch,
    };
    assert!(!world.store.is_under_way(&under_way).await.unwrap());
    for _ in 0..3 {
        loosen().await.unwrap();
    }
    assert!(world.store.is_under_way(&under_way).await.unwrap());
    let chain = newsroom::audit::Chain::Dispatch(key);
    let asked = world.store.audit(chain).await.unwrap();
    let asked = asked
        .iter()
        .filter(|one| one.event.entry.act.code() == "dispatch.loosened");
    assert_eq!(asked.count(), 1, "three who press at once say one thing");
    let ids = |items: Vec<store::ItemRecord>| items.iter().map(|i| i.id).collect::<Vec<_>>();
    let listed = world.store.items_of(&key).await.unwrap();
    assert_eq!(ids(listed), [first, second]);
    let whole = [world.new_item("film.mp4")];
    let entered = world
        .store
        .enter_items(&key, &whole, None, world.now())
        .await
        .unwrap();
    assert_eq!(
        enter(3, world.new_item("piece-3")).await.unwrap(),
        None,
        "too late"
    );
    let listed = world.store.items_of(&key).await.unwrap();
    assert_eq!(ids(listed), entered, "whole items take their place");
    assert!(
        loosen().await.is_err(),
        "it is open: nothing is loose any more"
    );
    world.reopen().await;
    // Evidence is kept: the loose item and its custody are still there.
    let kept = world.store.item(first).await.unwrap();
    assert_eq!(kept.name.expose(), "piece-1");
    let custody = world
        .store
        .audit(newsroom::audit::Chain::Item(first))
        .await
        .unwrap();
    assert!(!custody.is_empty());
}
