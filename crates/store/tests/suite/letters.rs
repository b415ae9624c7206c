//! A newsletter: who gets each letter, once, across crashes; and who left stays away.

use crate::outbox::opened;
use crate::world::World;
use newsroom::accounts::Roles;
use newsroom::outbox::{Ended, Stage, Verdict};
use newsroom::time::HOUR;
use newsroom::{ChannelId, EditorId, Private, StoryId};
use store::{Attempt, LetterCounts, LetterEnd, Subscribed};

fn list(names: &[&str]) -> Vec<Private> {
    names.iter().map(|name| Private::from(*name)).collect()
}

struct Desk {
    world: World,
    noor: EditorId,
    channel: ChannelId,
    story: StoryId,
}

impl Desk {
    async fn new(world: World, names: &[&str]) -> Self {
        let noor = world.editor("Noor", Roles::EDITOR).await;
        let sami = world.editor("Sami", Roles::SAFETY).await;
        let channel = opened(&world, noor, sami).await;
        let (names, now) = (list(names), world.now());
        let added = world.store.add_subscribers(channel, &names, noor, now);
        added.await.unwrap();
        let story = world.story(noor).await;
        for by in [noor, sami] {
            world.approve(story, by).await.unwrap();
        }
        let store = &world.store;
        let publication = store.publish_story(story, noor, world.now()).await;
        let live = store.publication_live(publication.unwrap(), world.now());
        live.await.unwrap();
        Self {
            world,
            noor,
            channel,
            story,
        }
    }

    async fn claim(&self) -> Attempt {
        self.world.pass(HOUR);
        let claimed = self.world.store.claim_delivery(&[], self.world.now()).await;
        let attempt = claimed.unwrap().unwrap();
        let store = &self.world.store;
        store.fix_posts(&attempt, b"[]", true).await.unwrap();
        store.begin_letters(&attempt).await.unwrap();
        attempt
    }

    /// The address that is next, with its row.
    async fn next(&self, attempt: &Attempt) -> Option<(String, [u8; 16])> {
        let next = self.world.store.next_letter(attempt).await.unwrap()?;
        Some((next.address.expose().to_owned(), next.subscriber))
    }

    async fn settle(&self, attempt: &Attempt, row: &[u8; 16], end: LetterEnd) {
        let settled = self.world.store.settle_letter(attempt, row, end).await;
        settled.unwrap();
    }

    async fn counts(&self, attempt: &Attempt) -> LetterCounts {
        let counts = self.world.store.letter_counts(Some(attempt.id)).await;
        counts
            .unwrap()
            .get(&attempt.id)
            .copied()
            .unwrap_or_default()
    }

    async fn end(&self, attempt: &Attempt, ended: Ended) -> Stage {
        let settled = self
            .world
            .store
            .settle_delivery(attempt, ended, "so", self.world.now());
        settled.await.unwrap()
    }
}

pub(crate) async fn a_mailing_goes_on_after_a_crash_and_sends_nothing_twice(world: World) {
    let mut desk = Desk::new(world, &["a@x.example", "b@x.example", "c@x.example"]).await;
    let first = desk.claim().await;
    let (taken, row) = desk.next(&first).await.unwrap();
    desk.settle(&first, &row, LetterEnd::Taken).await;
    let (cut, row) = desk.next(&first).await.unwrap();
    // Killed while the second letter was on its way.
    desk.world.reopen().await;
    let store = &desk.world.store;
    let now = desk.world.now();
    assert_eq!(store.recover_deliveries(now, now).await.unwrap(), 1);
    let second = desk.claim().await;
    assert!(
        store
            .settle_letter(&first, &row, LetterEnd::Taken)
            .await
            .is_err()
    );
    assert!(
        store.next_letter(&first).await.is_err(),
        "the first was given up"
    );
    let (put_off, row) = desk.next(&second).await.unwrap();
    assert!(put_off != taken && put_off != cut);
    desk.settle(&second, &row, LetterEnd::Later).await;
    assert!(desk.next(&second).await.is_none(), "once in an attempt");
    assert_eq!(desk.end(&second, Ended::Later(None)).await, Stage::Unknown);
    let third = desk.claim().await;
    let (again, row) = desk.next(&third).await.unwrap();
    assert_eq!(again, put_off);
    desk.settle(&third, &row, LetterEnd::Taken).await;
    assert!(desk.next(&third).await.is_none());
    let wanted = LetterCounts {
        taken: 2,
        unknown: 1,
        ..LetterCounts::default()
    };
    assert_eq!(desk.counts(&third).await, wanted);
    let doubt = Ended::Unknown {
        repeats: false,
        after: None,
    };
    assert_eq!(desk.end(&third, doubt).await, Stage::Unknown);
    desk.world.pass(HOUR);
    let now = desk.world.now();
    assert!(
        store.claim_delivery(&[], now).await.unwrap().is_none(),
        "a person decides"
    );
    let decided = store.decide_delivery(third.id, Verdict::Again, desk.noor, now);
    decided.await.unwrap();
    let fourth = desk.claim().await;
    let (only, row) = desk.next(&fourth).await.unwrap();
    assert_eq!(only, cut);
    desk.settle(&fourth, &row, LetterEnd::Taken).await;
    assert!(desk.next(&fourth).await.is_none());
    assert_eq!(desk.end(&fourth, Ended::Confirmed).await, Stage::Confirmed);
}

pub(crate) async fn who_left_is_never_written_to_again(world: World) {
    let mut desk = Desk::new(world, &["a@x.example", "B@x.example", "c@x.example"]).await;
    let (channel, noor) = (desk.channel, desk.noor);
    let now = desk.world.now();
    let first = desk.claim().await;
    let mut rows = Vec::new();
    while let Some((address, row)) = desk.next(&first).await {
        let end = match address.as_str() {
            "c@x.example" => LetterEnd::Refused,
            _ => LetterEnd::Taken,
        };
        desk.settle(&first, &row, end).await;
        rows.push((address, row));
    }
    assert_eq!(rows.len(), 3);
    assert_eq!(desk.end(&first, Ended::Confirmed).await, Stage::Confirmed);
    let word = rows.iter().find(|(address, _)| address == "a@x.example");
    let words = [word.unwrap().1, [9; 16]];
    let store = &desk.world.store;
    assert_eq!(store.subscribers_left(&words, now).await.unwrap(), 1);
    assert_eq!(store.subscribers_left(&words, now).await.unwrap(), 0);
    desk.world.reopen().await;
    let store = &desk.world.store;
    let names = list(&["A@x.example", "b@x.example", "new@x.example"]);
    let again = store.add_subscribers(channel, &names, noor, now);
    let wanted = Subscribed {
        added: 1,
        known: 1,
        left: 1,
    };
    assert_eq!(again.await.unwrap(), wanted);
    let names = list(&["new@x.example"]);
    let removed = store.remove_subscribers(channel, &names, noor, now);
    assert_eq!(removed.await.unwrap(), 1);
    assert_eq!(store.subscriber_counts(channel).await.unwrap(), (2, 2));
    // The withdrawal goes to whoever has the story and stayed.
    let withdrawn = store.withdraw_deliveries(desk.story, noor, desk.world.now());
    assert_eq!(withdrawn.await.unwrap(), 1);
    let last = desk.claim().await;
    assert_eq!(desk.next(&last).await.unwrap().0, "B@x.example");
    assert!(desk.next(&last).await.is_none());
}
