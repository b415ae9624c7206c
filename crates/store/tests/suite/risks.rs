//! What holds a story back for a source's sake: the duress mark, and the capture drill.

use crate::world::{World, cell};
use formats::KitId;
use keys::ChainKey;
use keys::ReplyKeys;
use ledger::{Digest, sha256};
use newsroom::accounts::Roles;
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain};
use newsroom::stories::StoryStage;
use newsroom::time::DAY;
use newsroom::{EditorId, Private, StoryId};
use store::testing::entropy;
use store::{NewKit, SpoolPosition, StoreError};

fn code<T>(result: Result<T, StoreError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(StoreError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("{error}"),
    }
}

pub(crate) struct Case {
    pub(crate) noor: EditorId,
    pub(crate) sami: EditorId,
    pub(crate) story: StoryId,
    pub(crate) key: DispatchKey,
}

/// A story that two people cleared, and the dispatch behind it.
pub(crate) async fn cleared(world: &World) -> Case {
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let sami = world.editor("Sami", Roles::SAFETY).await;
    let story = world.story(noor).await;
    for by in [noor, sami] {
        assert_eq!(code(world.approve(story, by).await), "ok");
    }
    let record = world.store.story(story).await.unwrap();
    assert_eq!(record.stage, StoryStage::Cleared);
    let item = world.store.item(record.derivatives[0].item).await.unwrap();
    Case {
        noor,
        sami,
        story,
        key: item.dispatch,
    }
}

impl Case {
    async fn clearance(&self, world: &World) -> Digest {
        world.store.story(self.story).await.unwrap().clearance
    }

    pub(crate) async fn publish(&self, world: &World) -> &'static str {
        code(
            world
                .store
                .publish_story(self.story, self.noor, world.now())
                .await,
        )
    }

    pub(crate) async fn acknowledge(&self, world: &World, by: EditorId) -> &'static str {
        let clearance = self.clearance(world).await;
        let answered = world
            .store
            .acknowledge_risks(self.story, by, clearance, world.now());
        code(answered.await)
    }
}

pub(crate) async fn forced_cell(world: &World, key: &DispatchKey) {
    let mut marked = cell(key, 1, 1, 2, false, 900);
    marked.header.forced = true;
    let now = world.now();
    world
        .store
        .record_cells(&[marked], SpoolPosition(901), &|_, _| false, now)
        .await
        .unwrap();
}

pub(crate) async fn a_mark_stays_and_holds_its_stories(mut world: World) {
    let case = cleared(&world).await;
    assert!(!world.store.dispatch(&case.key).await.unwrap().forced);
    assert_eq!(
        case.acknowledge(&world, case.sami).await,
        "nothing-to-acknowledge"
    );
    forced_cell(&world, &case.key).await;
    let later = cell(&case.key, 1, 0, 2, false, 901);
    let now = world.now();
    world
        .store
        .record_cells(&[later], SpoolPosition(902), &|_, _| false, now)
        .await
        .unwrap();
    world.reopen().await;
    assert!(
        world.store.dispatch(&case.key).await.unwrap().forced,
        "for good"
    );
    let record = world.store.story(case.story).await.unwrap();
    assert!(record.held && record.risks.forced && record.stage == StoryStage::Awaiting);
    assert_eq!(case.publish(&world).await, "risk-not-acknowledged");
    assert_eq!(
        case.acknowledge(&world, case.noor).await,
        "sources-not-yours"
    );
    let stale = world
        .store
        .acknowledge_risks(case.story, case.sami, sha256(b"x"), world.now());
    assert_eq!(code(stale.await), "stale-approval");
    assert_eq!(case.acknowledge(&world, case.sami).await, "ok");
    assert!(!world.store.story(case.story).await.unwrap().held);
    assert_eq!(case.publish(&world).await, "ok");
    // The chain's acts say nothing of the mark; the sealed details do.
    let audit = world.store.audit(Chain::Dispatch(case.key)).await.unwrap();
    let noted = audit
        .iter()
        .filter(|r| r.event.entry.act == Act::DispatchNoted);
    assert_eq!(noted.count(), 1, "once, however many cells carry it");
    let sources = world.store.sources(case.sami, world.now()).await.unwrap();
    let marked: Vec<_> = sources
        .iter()
        .filter(|s| s.forced == 1)
        .map(|s| s.kit)
        .collect();
    assert_eq!(marked, [case.key.kit]);
}

/// Tokens, a reply pair and something waiting for a mailbox, so that there is something to cut off.
pub(crate) async fn equip(world: &World, case: &Case) -> newsroom::DropId {
    let (store, token) = (&world.store, Private::from("t"));
    let drop = store
        .add_drop("http://a.example", &token, world.now())
        .await
        .unwrap();
    let pair = ReplyKeys::generate(&mut entropy(3)).pair();
    store
        .add_reply_pairs(&case.key, &[pair], world.now())
        .await
        .unwrap();
    let other = NewKit {
        id: KitId([77; 8]),
        pseudonym: Private::from("Another"),
        chain_key: ChainKey::from_bytes([77; 32]),
        tokens: (0..3_u8).map(|n| (drop, sha256(&[n, 77]))).collect(),
    };
    store.issue_kit(&other, world.now()).await.unwrap();
    drop
}

pub(crate) async fn a_drill_shows_its_plan_and_then_cuts_off(world: World) {
    let case = cleared(&world).await;
    let drop = equip(&world, &case).await;
    let (kit, since) = (case.key.kit, world.now().plus(15 * DAY));
    world.pass(20 * DAY);
    let plan = |by| world.store.capture_plan(kit, since, by, world.now());
    assert_eq!(code(plan(case.noor).await), "sources-not-yours");
    let shown = plan(case.sami).await.unwrap();
    assert_eq!(shown.plan.from_epoch, 2);
    assert_eq!(
        (shown.plan.frozen.as_slice(), shown.plan.items.len()),
        (&[case.story][..], 1)
    );
    let hash = shown.plan.hash();
    let reason = Private::from("canary-reason of a capture");
    let act = |hash, reason, rehearse| {
        world
            .store
            .capture(kit, since, hash, reason, rehearse, case.sami, world.now())
    };
    let empty = Private::from(" ");
    assert_eq!(code(act(hash, &empty, false).await), "reason-missing");
    assert_eq!(code(act(sha256(b"x"), &reason, false).await), "stale-plan");
    let before = world.store.audit(Chain::Desk).await.unwrap().len();
    assert_eq!(code(act(hash, &reason, true).await), "ok");
    assert_eq!(world.store.audit(Chain::Desk).await.unwrap().len(), before);
    assert!(
        !world.store.story(case.story).await.unwrap().held,
        "a rehearsal"
    );
    assert_eq!(world.store.rotations_due().await.unwrap(), 0);

    assert_eq!(code(act(hash, &reason, false).await), "ok");
    assert_eq!(code(act(hash, &reason, false).await), "already-captured");
    let done = plan(case.sami).await.unwrap().done.unwrap();
    assert_eq!(done.1.expose(), reason.expose());
    assert_eq!(case.publish(&world).await, "story-frozen");
    let source = world
        .store
        .thread(kit, case.sami, world.now())
        .await
        .unwrap()
        .source;
    assert_eq!((source.fresh_pairs, source.captured_at), (0, Some(done.0)));
    let others = world.store.tokens_to_register(drop, 99).await.unwrap();
    assert_eq!(others.len(), 3, "other kits keep their tokens");
    assert_eq!(world.store.rotations_due().await.unwrap(), 1);
    // Only new keys answer a capture.
    let note = |act| world.store.note(Actor::Custodians, act, world.now());
    note(Act::NewsroomUnlocked).await.unwrap();
    assert_eq!(world.store.rotations_due().await.unwrap(), 1);
    note(Act::IntakeRotated).await.unwrap();
    assert_eq!(world.store.rotations_due().await.unwrap(), 0);
    let story = world.store.audit(Chain::Story(case.story)).await.unwrap();
    assert!(story.iter().any(|r| r.event.entry.act == Act::StoryFrozen));
    // Reviewed and answered for, it may go out after all.
    assert_eq!(case.acknowledge(&world, case.sami).await, "ok");
    assert_eq!(case.publish(&world).await, "ok");
    let after = plan(case.sami).await.unwrap().plan;
    assert_eq!((after.frozen.len(), after.published), (0, vec![case.story]));
}

pub(crate) async fn tokens_of_a_captured_kit_are_taken_back_once(world: World) {
    let sami = world.editor("Sami", Roles::SAFETY).await;
    let token = Private::from("t");
    let drop = world
        .store
        .add_drop("http://a.example", &token, world.now())
        .await
        .unwrap();
    let mut own = Vec::new();
    for n in [1_u8, 2] {
        let kit = NewKit {
            id: KitId([n; 8]),
            pseudonym: Private::from(format!("kit {n}")),
            chain_key: ChainKey::from_bytes([n; 32]),
            tokens: (0..4_u8).map(|t| (drop, sha256(&[n, t]))).collect(),
        };
        own = kit.tokens.iter().map(|(_, hash)| *hash).collect();
        world.store.issue_kit(&kit, world.now()).await.unwrap();
    }
    let (kit, now) = (KitId([2; 8]), world.now());
    let plan = world
        .store
        .capture_plan(kit, now, sami, now)
        .await
        .unwrap()
        .plan;
    assert_eq!(plan.tokens, 4);
    let reason = Private::from("taken");
    world
        .store
        .capture(kit, now, plan.hash(), &reason, false, sami, now)
        .await
        .unwrap();
    let mut revoked = world.store.tokens_to_revoke(drop, 99).await.unwrap();
    own.sort_by_key(|hash| hash.0);
    revoked.sort_by_key(|hash| hash.0);
    assert_eq!(revoked, own);
    let waiting = world.store.tokens_to_register(drop, 99).await.unwrap();
    assert_eq!(waiting.len(), 4, "a revoked token is never registered");
    world
        .store
        .tokens_revoked(drop, &revoked, now)
        .await
        .unwrap();
    assert!(
        world
            .store
            .tokens_to_revoke(drop, 99)
            .await
            .unwrap()
            .is_empty()
    );
}
