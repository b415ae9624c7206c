//! The outbox: what a decision leaves behind, what a crash makes of it, and what people decide.

mod seen;

pub(crate) use self::seen::{
    a_thread_that_was_seen_to_stand_goes_on_from_there,
    new_credentials_and_another_try_end_a_pause, what_a_platform_asks_for_is_kept_to,
};
use crate::world::World;
use ledger::sha256;
use newsroom::accounts::Roles;
use newsroom::outbox::{ChannelStage, Deed, Ended, Stage, Verdict};
use newsroom::stories::Rendition;
use newsroom::time::{MINUTE, SECOND};
use newsroom::{ChannelId, EditorId, StoryId};
use store::{Attempt, StoreError};

const REMOTES: &[u8] = br#"[{"id":"1","url":"https://there.example/1"}]"#;

fn code<T>(result: Result<T, StoreError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(StoreError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("{error}"),
    }
}

/// A channel that one person entered and another confirmed.
pub(crate) async fn opened(world: &World, noor: EditorId, sami: EditorId) -> ChannelId {
    let (store, now) = (&world.store, world.now());
    let entered = store.enter_channel(None, ("bluesky", "ar"), (b"{}", "news"), noor, now);
    let channel = entered.await.unwrap();
    let shown = store.channels().await.unwrap()[0].pending.unwrap();
    store
        .confirm_channel(channel, shown, sami, now)
        .await
        .unwrap();
    channel
}

/// A delivery of a published story, and every sealed word that a channel and a delivery can have.
pub(crate) async fn fill(world: &World, channel: ChannelId, story: StoryId, by: EditorId) {
    let store = &world.store;
    let publication = store.story(story).await.unwrap().publications[0].id;
    store
        .publication_live(publication, world.now())
        .await
        .unwrap();
    world.pass(MINUTE);
    let now = world.now();
    let attempt = store.claim_delivery(&[], now).await.unwrap().unwrap();
    store.fix_posts(&attempt, b"[]", true).await.unwrap();
    store.keep_remotes(&attempt, REMOTES).await.unwrap();
    store
        .settle_delivery(&attempt, Ended::Confirmed, "so", now)
        .await
        .unwrap();
    store.name_channel(channel, "an account").await.unwrap();
    let reader = [newsroom::Private::from("reader@there.example")];
    let added = store.add_subscribers(channel, &reader, by, now);
    added.await.unwrap();
    let entered = store.enter_channel(
        Some(channel),
        ("bluesky", "ar"),
        (b"{}", "an account"),
        by,
        now,
    );
    entered.await.unwrap();
    store
        .stop_channel(channel, "not let in", now)
        .await
        .unwrap();
}

struct Desk {
    world: World,
    noor: EditorId,
    sami: EditorId,
    channel: ChannelId,
}

impl Desk {
    async fn new(world: World) -> Self {
        let noor = world.editor("Noor", Roles::EDITOR).await;
        let sami = world.editor("Sami", Roles::SAFETY).await;
        let store = &world.store;
        let entered = store.enter_channel(
            None,
            ("bluesky", "ar"),
            (b"{\"secret\":\"one\"}", "news"),
            noor,
            world.now(),
        );
        let channel = entered.await.unwrap();
        let record = store.channels().await.unwrap().remove(0);
        assert_eq!(
            (record.stage, record.pending.is_some()),
            (ChannelStage::Proposed, true)
        );
        let shown = record.pending.unwrap();
        assert_eq!(
            code(
                store
                    .confirm_channel(channel, sha256(b"another"), sami, world.now())
                    .await
            ),
            "channel-changed"
        );
        assert_eq!(
            code(
                store
                    .confirm_channel(channel, shown, noor, world.now())
                    .await
            ),
            "same-editor-twice"
        );
        store
            .confirm_channel(channel, shown, sami, world.now())
            .await
            .unwrap();
        assert_eq!(
            code(
                store
                    .confirm_channel(channel, shown, sami, world.now())
                    .await
            ),
            "channel-settled"
        );
        Self {
            world,
            noor,
            sami,
            channel,
        }
    }

    /// A story that is out on the newsroom's own site, or only decided.
    async fn publish(&self, story: StoryId, live: bool) {
        let store = &self.world.store;
        for by in [self.noor, self.sami] {
            self.world.approve(story, by).await.unwrap();
        }
        let id = store
            .publish_story(story, self.noor, self.world.now())
            .await
            .unwrap();
        if live {
            store.publication_live(id, self.world.now()).await.unwrap();
        }
    }

    async fn edit(&self, story: StoryId, title: &str) {
        let current = self.world.store.story(story).await.unwrap().story;
        let mut draft = current.draft;
        draft.en.title = title.to_owned();
        let store = &self.world.store;
        store
            .save_story(story, self.noor, current.version, &draft, self.world.now())
            .await
            .unwrap();
    }

    async fn claim(&self) -> Option<Attempt> {
        self.world.pass(MINUTE);
        self.world
            .store
            .claim_delivery(&[], self.world.now())
            .await
            .unwrap()
    }

    /// Where it is, and what, in a channel where nothing is at work.
    async fn claim_beside(&self, busy: &[ChannelId]) -> Option<(ChannelId, Attempt)> {
        self.world.pass(MINUTE);
        let claimed = self.world.store.claim_delivery(busy, self.world.now());
        claimed
            .await
            .unwrap()
            .map(|attempt| (attempt.channel, attempt))
    }

    /// Fixes, keeps and settles an attempt.
    async fn carry(&self, attempt: &Attempt, ended: Ended) -> Stage {
        let store = &self.world.store;
        store.fix_posts(attempt, b"[]", true).await.unwrap();
        store.keep_remotes(attempt, REMOTES).await.unwrap();
        store
            .settle_delivery(attempt, ended, "so", self.world.now())
            .await
            .unwrap()
    }

    async fn stages(&self) -> Vec<(Deed, Stage)> {
        let mut rows = self.world.store.deliveries(None, 100).await.unwrap();
        rows.sort_by_key(|row| row.deed.code());
        rows.iter().map(|row| (row.deed, row.stage)).collect()
    }
}

pub(crate) async fn g11_a_story_is_told_once_in_each_channel(world: World) {
    let desk = Desk::new(world).await;
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, false).await;
    assert_eq!(desk.stages().await, [(Deed::Post, Stage::Ready)]);
    assert!(
        desk.claim().await.is_none(),
        "not before our own site shows it"
    );
    let id = desk.world.store.story(story).await.unwrap().publications[0].id;
    desk.world
        .store
        .publication_live(id, desk.world.now())
        .await
        .unwrap();
    let first = desk.claim().await.unwrap();
    assert_eq!(
        (first.number, first.doubtful, first.deed),
        (1, false, Deed::Post)
    );
    assert!(desk.claim().await.is_none(), "it is being sent");
    let ended = Ended::Unknown {
        repeats: true,
        after: None,
    };
    assert_eq!(desk.carry(&first, ended).await, Stage::Unknown);
    let second = desk.claim().await.unwrap();
    assert!(second.doubtful, "the first may stand");
    assert_eq!(
        second.posts.as_deref().map(Vec::as_slice),
        Some(&b"[]"[..]),
        "what is sent is fixed"
    );
    assert_eq!(second.done.as_deref().map(Vec::as_slice), Some(REMOTES));
    // Whoever still holds the first attempt can no longer change anything.
    let store = &desk.world.store;
    assert!(store.keep_remotes(&first, b"[]").await.is_err());
    assert!(
        store
            .settle_delivery(&first, Ended::Refused, "", desk.world.now())
            .await
            .is_err()
    );
    assert_eq!(
        desk.carry(&second, Ended::Confirmed).await,
        Stage::Confirmed
    );
    assert!(desk.claim().await.is_none());
    assert_eq!(store.deliveries(Some(story), 9).await.unwrap().len(), 1);
}

pub(crate) async fn g08_what_nobody_approved_for_a_channel_is_not_told_there(world: World) {
    let desk = Desk::new(world).await;
    let fixed = |channel| Rendition {
        channel,
        corrected: false,
        posts: "[]".to_owned(),
    };
    let other = ChannelId::from_bytes([9; 16]);
    for (renditions, rows) in [
        (vec![], 0),
        (vec![fixed(other)], 0),
        (vec![fixed(other), fixed(desk.channel)], 1),
    ] {
        let story = desk.world.story(desk.noor).await;
        let current = desk.world.store.story(story).await.unwrap().story;
        let mut draft = current.draft;
        draft.renditions = Some(renditions);
        let store = &desk.world.store;
        store
            .save_story(story, desk.noor, current.version, &draft, desk.world.now())
            .await
            .unwrap();
        desk.publish(story, true).await;
        assert_eq!(store.deliveries(Some(story), 9).await.unwrap().len(), rows);
    }
}

pub(crate) async fn g11_a_crash_while_sending_is_never_ready(world: World) {
    let (mut world, noor) = {
        let desk = Desk::new(world).await;
        let story = desk.world.story(desk.noor).await;
        desk.publish(story, true).await;
        let attempt = desk.claim().await.unwrap();
        // Nothing is fixed: nothing was sent.
        assert_eq!(
            desk.world
                .store
                .recover_deliveries(desk.world.now(), desk.world.now())
                .await
                .unwrap(),
            1
        );
        assert_eq!(desk.stages().await, [(Deed::Post, Stage::Ready)]);
        assert!(
            desk.world
                .store
                .fix_posts(&attempt, b"[]", false)
                .await
                .is_err()
        );
        let again = desk.claim().await.unwrap();
        desk.world
            .store
            .fix_posts(&again, b"[]", false)
            .await
            .unwrap();
        (desk.world, desk.noor)
    };
    world.reopen().await;
    let store = &world.store;
    assert_eq!(
        store
            .recover_deliveries(world.now(), world.now())
            .await
            .unwrap(),
        1
    );
    let row = store.deliveries(None, 9).await.unwrap().remove(0);
    assert_eq!((row.stage, row.due_at), (Stage::Unknown, None));
    world.pass(MINUTE * 60 * 24 * 365);
    assert!(
        store
            .claim_delivery(&[], world.now())
            .await
            .unwrap()
            .is_none(),
        "never by itself"
    );
    store
        .decide_delivery(row.id, Verdict::Again, noor, world.now())
        .await
        .unwrap();
    let again = store
        .claim_delivery(&[], world.now())
        .await
        .unwrap()
        .unwrap();
    assert!(!again.doubtful, "a person looked");
    store
        .settle_delivery(
            &again,
            Ended::Unknown {
                repeats: false,
                after: None,
            },
            "",
            world.now(),
        )
        .await
        .unwrap();
    store
        .decide_delivery(row.id, Verdict::Stands, noor, world.now())
        .await
        .unwrap();
    assert_eq!(
        code(
            store
                .decide_delivery(row.id, Verdict::Leave, noor, world.now())
                .await
        ),
        "delivery-settled"
    );
}

pub(crate) async fn a_correction_and_a_withdrawal_follow_what_stands(world: World) {
    let desk = Desk::new(world).await;
    let store = &desk.world.store;
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, true).await;
    let first = desk.claim().await.unwrap();
    desk.edit(story, "Second").await;
    desk.publish(story, true).await;
    assert!(
        desk.claim().await.is_none(),
        "a correction waits for what it corrects"
    );
    desk.carry(&first, Ended::Confirmed).await;
    let second = desk.claim().await.unwrap();
    assert_eq!(second.deed, Deed::Correct);
    assert_eq!(
        second.before.first().map(|one| one.as_slice()),
        Some(REMOTES)
    );
    desk.carry(&second, Ended::Confirmed).await;
    assert_eq!(
        store
            .withdraw_deliveries(story, desk.noor, desk.world.now())
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        store
            .withdraw_deliveries(story, desk.noor, desk.world.now())
            .await
            .unwrap(),
        0,
        "once"
    );
    let third = desk.claim().await.unwrap();
    assert_eq!(third.deed, Deed::Withdraw);
    assert_eq!(third.before.len(), 2, "of the story and of its correction");
    desk.carry(&third, Ended::Confirmed).await;
    // Nothing stands: the next version is told anew, and the one after corrects that.
    desk.edit(story, "Third").await;
    desk.publish(story, true).await;
    let told = desk.claim().await.unwrap();
    assert_eq!((told.deed, !told.before.is_empty()), (Deed::Post, false));
    desk.carry(&told, Ended::Confirmed).await;
    desk.edit(story, "Fourth").await;
    desk.publish(story, true).await;
    let corrected = desk.claim().await.unwrap();
    assert_eq!(corrected.deed, Deed::Correct);
    desk.carry(&corrected, Ended::Confirmed).await;
    // What never went anywhere gives way to the next version before it is tried.
    let other = desk.world.story(desk.noor).await;
    desk.publish(other, false).await;
    desk.edit(other, "Next").await;
    desk.publish(other, true).await;
    let rows = store.deliveries(Some(other), 9).await.unwrap();
    let mut stages: Vec<_> = rows.iter().map(|row| row.stage.code()).collect();
    stages.sort_unstable();
    assert_eq!(stages, ["ready", "rejected"]);
    assert!(rows.iter().all(|row| row.deed == Deed::Post));
}

pub(crate) async fn nothing_old_goes_out_after_its_withdrawal(world: World) {
    let desk = Desk::new(world).await;
    let store = &desk.world.store;
    // Tried once, and waiting for the platform: the withdrawal stops it.
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, true).await;
    let first = desk.claim().await.unwrap();
    let settle = store.settle_delivery(&first, Ended::Later(None), "429", desk.world.now());
    assert_eq!(settle.await.unwrap(), Stage::Ready);
    let withdraw = || store.withdraw_deliveries(story, desk.noor, desk.world.now());
    desk.world.pass(SECOND);
    assert_eq!(withdraw().await.unwrap(), 1);
    let both = [
        (Deed::Post, Stage::Rejected),
        (Deed::Withdraw, Stage::Ready),
    ];
    assert_eq!(desk.stages().await, both);
    assert_eq!(withdraw().await.unwrap(), 0);
    assert_eq!(desk.stages().await, both, "it does not give way to itself");
    let again = store.decide_delivery(first.id, Verdict::Again, desk.noor, desk.world.now());
    assert_eq!(code(again.await), "delivery-settled");
    let rows = store.deliveries(None, 9).await.unwrap();
    assert!(rows.iter().all(|row| row.followed == (row.id == first.id)));
    let second = desk.claim().await.unwrap();
    assert_eq!((second.deed, second.astray.len()), (Deed::Withdraw, 0));
    desk.carry(&second, Ended::Confirmed).await;
    assert_eq!(
        withdraw().await.unwrap(),
        1,
        "what is settled is withdrawn once more"
    );
    let third = desk.claim().await.unwrap();
    assert_eq!(third.id, second.id);
    desk.carry(&third, Ended::Confirmed).await;
    assert!(desk.claim().await.is_none());
}

pub(crate) async fn what_is_under_way_at_a_withdrawal_is_looked_for_and_not_sent(world: World) {
    let desk = Desk::new(world).await;
    let store = &desk.world.store;
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, true).await;
    let first = desk.claim().await.unwrap();
    store
        .withdraw_deliveries(story, desk.noor, desk.world.now())
        .await
        .unwrap();
    let unknown = Ended::Unknown {
        repeats: true,
        after: None,
    };
    store.fix_posts(&first, b"[]", true).await.unwrap();
    let settle = store.settle_delivery(&first, unknown, "", desk.world.now());
    assert_eq!(settle.await.unwrap(), Stage::Unknown);
    let look = desk.claim().await.unwrap();
    assert_eq!(
        (look.id, look.doubtful, look.overtaken),
        (first.id, true, true)
    );
    // A person who leaves it in doubt leaves the withdrawal in doubt.
    let stuck = Ended::Unknown {
        repeats: false,
        after: None,
    };
    let settle = store.settle_delivery(&look, stuck, "", desk.world.now());
    assert_eq!(settle.await.unwrap(), Stage::Unknown);
    store
        .decide_delivery(first.id, Verdict::Leave, desk.noor, desk.world.now())
        .await
        .unwrap();
    let withdrawal = desk.claim().await.unwrap();
    assert_eq!(withdrawal.deed, Deed::Withdraw);
    let [astray] = withdrawal.astray.as_slice() else {
        panic!("one is astray: {:?}", withdrawal.astray);
    };
    // All that its name is made of, so that it can be looked for.
    assert_eq!(
        (astray.clearance, astray.deed, astray.created_at),
        (first.clearance, Deed::Post, first.created_at)
    );
    assert_eq!(astray.posts.as_deref().map(Vec::as_slice), Some(&b"[]"[..]));
    // What turns out not to have been sent gives way, or the withdrawal would wait for ever.
    let other = desk.world.story(desk.noor).await;
    desk.publish(other, true).await;
    let late = desk.claim().await.unwrap();
    store
        .withdraw_deliveries(other, desk.noor, desk.world.now())
        .await
        .unwrap();
    let settle = store.settle_delivery(&late, Ended::Later(None), "", desk.world.now());
    assert_eq!(settle.await.unwrap(), Stage::Rejected);
    assert_eq!(desk.claim().await.unwrap().deed, Deed::Withdraw);
}

pub(crate) async fn a_stopped_channel_waits_and_a_closed_one_forgets(world: World) {
    let desk = Desk::new(world).await;
    let store = &desk.world.store;
    let story = desk.world.story(desk.noor).await;
    desk.publish(story, true).await;
    let attempt = desk.claim().await.unwrap();
    store
        .stop_channel(desk.channel, "401", desk.world.now())
        .await
        .unwrap();
    desk.carry(&attempt, Ended::Account).await;
    assert_eq!(desk.stages().await, [(Deed::Post, Stage::Ready)]);
    assert!(desk.claim().await.is_none());
    // New credentials wait for a second person while the old ones stay.
    let entering = store.enter_channel(
        Some(desk.channel),
        ("", ""),
        (b"two", "news"),
        desk.sami,
        desk.world.now(),
    );
    entering.await.unwrap();
    let shown = store.channels().await.unwrap()[0].pending.unwrap();
    assert_eq!(
        store
            .channel_settings(desk.channel, false)
            .await
            .unwrap()
            .as_slice(),
        b"{\"secret\":\"one\"}"
    );
    assert_eq!(
        code(
            store
                .confirm_channel(desk.channel, shown, desk.sami, desk.world.now())
                .await
        ),
        "same-editor-twice"
    );
    store
        .confirm_channel(desk.channel, shown, desk.noor, desk.world.now())
        .await
        .unwrap();
    assert_eq!(
        store
            .channel_settings(desk.channel, false)
            .await
            .unwrap()
            .as_slice(),
        b"two"
    );
    assert!(desk.claim().await.is_some(), "nothing was lost meanwhile");
    store
        .close_channel(desk.channel, desk.noor, desk.world.now())
        .await
        .unwrap();
    assert_eq!(
        code(store.channel_settings(desk.channel, false).await),
        "unknown-channel"
    );
    assert_eq!(
        store.channels().await.unwrap()[0].stage,
        ChannelStage::Closed
    );
}

pub(crate) async fn one_channel_holds_up_no_other_and_has_one_attempt_at_a_time(world: World) {
    let desk = Desk::new(world).await;
    let store = &desk.world.store;
    let now = || desk.world.now();
    let entered = store.enter_channel(None, ("mastodon", "en"), (b"{}", "news"), desk.noor, now());
    let other = entered.await.unwrap();
    let records = store.channels().await.unwrap();
    let waiting = records.iter().find(|one| one.id == other);
    let shown = waiting.unwrap().pending.unwrap();
    store
        .confirm_channel(other, shown, desk.sami, now())
        .await
        .unwrap();
    for _ in 0..2 {
        let story = desk.world.story(desk.noor).await;
        desk.publish(story, true).await;
    }
    desk.world.pass(MINUTE);
    let (first, slow) = desk.claim_beside(&[]).await.unwrap();
    // A thread is still at work there, whatever became of its row: the desk was locked and opened again.
    store.recover_deliveries(now(), now()).await.unwrap();
    let (second, attempt) = desk.claim_beside(&[first]).await.unwrap();
    assert_ne!(second, first);
    assert!(desk.claim_beside(&[first, second]).await.is_none());
    // What a platform asks for holds for all that goes there, and for nothing else.
    desk.carry(&attempt, Ended::Later(Some(600 * SECOND))).await;
    assert!(
        desk.claim_beside(&[first]).await.is_none(),
        "its other row rests too"
    );
    let (third, again) = desk.claim_beside(&[]).await.unwrap();
    assert_eq!(third, first);
    assert!(again.number > 1 || again.id != slow.id);
    desk.world.pass(600 * SECOND);
    assert_eq!(desk.claim_beside(&[first]).await.unwrap().0, second);
}
