//! What a person says of a row, and pauses: that a part of it stands, that its channel may be tried again, or what its platform asks for.

use crate::world::World;
use newsroom::outbox::{Deed, Ended, Stage, Verdict};
use newsroom::time::{MINUTE, SECOND};

use super::{Desk, REMOTES};

pub(crate) async fn a_thread_that_was_seen_to_stand_goes_on_from_there(world: World) {
    let desk = Desk::new(world).await;
    let store = &desk.world.store;
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, true).await;
    let lost = Ended::Unknown {
        repeats: false,
        after: None,
    };
    // Three parts: the first is known to stand, the answer about the second was lost.
    let first = desk.claim().await.unwrap();
    store.fix_posts(&first, b"[1,2,3]", false).await.unwrap();
    store.keep_remotes(&first, REMOTES).await.unwrap();
    let now = desk.world.now();
    let settled = store.settle_delivery(&first, lost, "lost", now).await;
    assert_eq!(settled.unwrap(), Stage::Unknown);
    assert!(desk.claim().await.is_none(), "a person decides");
    let stands = |id| store.decide_delivery(id, Verdict::Stands, desk.noor, desk.world.now());
    stands(first.id).await.unwrap();
    let second = desk.claim().await.unwrap();
    assert_eq!(
        (second.id, second.seen, second.doubtful),
        (first.id, true, false)
    );
    // The platform asks to wait before anything is kept: what was seen stays known.
    let later = Ended::Later(None);
    store
        .settle_delivery(&second, later, "", desk.world.now())
        .await
        .unwrap();
    let third = desk.claim().await.unwrap();
    assert!(third.seen);
    let two = br#"[{"id":"1","url":"https://there.example/1"},{"id":"","url":""}]"#;
    store.keep_remotes(&third, two).await.unwrap();
    store
        .settle_delivery(&third, later, "", desk.world.now())
        .await
        .unwrap();
    let fourth = desk.claim().await.unwrap();
    assert!(!fourth.seen, "it is among what stands now");
    // The last part is in doubt and seen: nothing is left to send, and a withdrawal knows that one has no name.
    let now = desk.world.now();
    store
        .settle_delivery(&fourth, lost, "lost", now)
        .await
        .unwrap();
    stands(first.id).await.unwrap();
    assert_eq!(desk.stages().await, [(Deed::Post, Stage::Confirmed)]);
    let now = desk.world.now();
    store
        .withdraw_deliveries(story, desk.noor, now)
        .await
        .unwrap();
    let withdrawal = desk.claim().await.unwrap();
    assert_eq!(
        (withdrawal.deed, withdrawal.astray.len()),
        (Deed::Withdraw, 1)
    );
}

pub(crate) async fn new_credentials_and_another_try_end_a_pause(world: World) {
    let desk = Desk::new(world).await;
    let store = &desk.world.store;
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, true).await;
    let hours = Ended::Later(Some(5 * 60 * MINUTE));
    let attempt = desk.claim().await.unwrap();
    desk.carry(&attempt, hours).await;
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, true).await;
    assert!(
        desk.claim().await.is_none(),
        "the platform asked for a pause"
    );
    let now = desk.world.now();
    store
        .stop_channel(desk.channel, "words", now)
        .await
        .unwrap();
    store.retry_channel(desk.channel, desk.noor).await.unwrap();
    let attempt = desk.claim().await.unwrap();
    desk.carry(&attempt, hours).await;
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, true).await;
    assert!(desk.claim().await.is_none());
    let now = desk.world.now();
    let entered = store.enter_channel(
        Some(desk.channel),
        ("", ""),
        (b"new", "news"),
        desk.noor,
        now,
    );
    entered.await.unwrap();
    let record = store.channels().await.unwrap().remove(0);
    assert_eq!(
        record.name.unwrap().expose(),
        "news",
        "kept with what was entered"
    );
    let shown = record.pending.unwrap();
    let confirmed = store.confirm_channel(desk.channel, shown, desk.sami, desk.world.now());
    confirmed.await.unwrap();
    assert!(
        desk.claim().await.is_some(),
        "an account of which nothing was asked"
    );
}

pub(crate) async fn what_a_platform_asks_for_is_kept_to(world: World) {
    let desk = Desk::new(world).await;
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, true).await;
    let attempt = desk.claim().await.unwrap();
    desk.carry(&attempt, Ended::Later(Some(300 * SECOND))).await;
    assert!(desk.claim().await.is_none());
    desk.world.pass(239 * SECOND);
    assert!(
        desk.world
            .store
            .claim_delivery(&[], desk.world.now())
            .await
            .unwrap()
            .is_none()
    );
    desk.world.pass(SECOND);
    assert!(
        desk.world
            .store
            .claim_delivery(&[], desk.world.now())
            .await
            .unwrap()
            .is_some()
    );
}
