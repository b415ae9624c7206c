//! Counts come in once, and of each post the last word of its platform is kept.

use crate::outbox::{fill, opened};
use crate::world::World;
use newsroom::Micros;
use newsroom::accounts::Roles;
use store::{ReachCount, ToldCount};

fn count(day: i64, page: &str, country: &str, requests: u64) -> ReachCount {
    ReachCount {
        day,
        page: page.to_owned(),
        country: country.to_owned(),
        requests,
    }
}

pub(crate) async fn counts_are_added_once_for_each_batch(mut world: World) {
    let first = [
        count(20_000, "en/index.html", "DE", 20),
        count(20_001, "en/index.html", "other", 10),
    ];
    let second = [count(20_000, "en/index.html", "DE", 30)];
    for (batch, counts) in [(1, &first[..]), (2, &second[..]), (1, &first[..])] {
        world.store.add_reach([batch; 16], counts).await.unwrap();
    }
    world.reopen().await;
    world.store.add_reach([2; 16], &second).await.unwrap();
    let kept = world.store.reach_since(20_000).await.unwrap();
    assert_eq!(
        kept,
        [count(20_000, "en/index.html", "DE", 50), first[1].clone()]
    );
    assert_eq!(world.store.reach_since(20_001).await.unwrap(), first[1..]);
}

pub(crate) async fn platforms_are_asked_after_what_stands_once_a_day(world: World) {
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let sami = world.editor("Sami", Roles::SAFETY).await;
    let channel = opened(&world, noor, sami).await;
    let story = world.story(noor).await;
    for by in [noor, sami] {
        world.approve(story, by).await.unwrap();
    }
    let store = &world.store;
    store.publish_story(story, noor, world.now()).await.unwrap();
    assert!(
        store
            .reach_to_ask(Micros(0), 1, 9)
            .await
            .unwrap()
            .is_empty()
    );
    fill(&world, channel, story, noor).await;
    assert!(
        store
            .reach_to_ask(Micros(0), 1, 9)
            .await
            .unwrap()
            .is_empty(),
        "the channel is stopped"
    );
    store.retry_channel(channel, noor).await.unwrap();
    let due = store.reach_to_ask(Micros(0), 1, 9).await.unwrap();
    assert_eq!(due.len(), 1);
    assert!(due[0].remotes.expose().contains("there.example"));
    assert_eq!((due[0].channel, due[0].story), (channel, story));
    assert!(
        store
            .reach_to_ask(world.now(), 1, 9)
            .await
            .unwrap()
            .is_empty(),
        "long ago"
    );
    let mut told = ToldCount {
        channel,
        story,
        day: 1,
        counts: [Some(3), Some(0), None, None],
    };
    store.keep_told(&told).await.unwrap();
    assert!(
        store
            .reach_to_ask(Micros(0), 1, 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.reach_to_ask(Micros(0), 2, 9).await.unwrap().len(), 1);
    told.day = 2;
    told.counts = [Some(5), Some(1), Some(2), Some(90)];
    store.keep_told(&told).await.unwrap();
    store.keep_told(&told).await.unwrap();
    assert_eq!(store.reach_told(0).await.unwrap(), [told]);
    assert!(store.reach_told(3).await.unwrap().is_empty());
}
