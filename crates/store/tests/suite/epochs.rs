//! Chains and epochs: the fresh chain beside the kit's own, closing on a settled word, captures.

use crate::world::World;
use formats::{EPOCH, KitId, SessionsLeft, Standing};
use keys::{ChainKey, ReplyKeys};
use newsroom::audit::{Act, Actor, Chain};
use newsroom::kits::SETTLING;
use newsroom::vaults::Link;
use newsroom::{Micros, Refusal};
use store::StoreError;
use store::testing::entropy;

fn key(n: u8, epoch: u32) -> ChainKey {
    (0..epoch).fold(ChainKey::from_bytes([n; 32]), |key, _| key.advance())
}

pub(crate) fn standing(epoch: u32, epoch_from: u32) -> Standing {
    Standing {
        bulletin: 0,
        epoch,
        epoch_from,
        intake: 1,
        intake_from: 1,
        sessions: vec![SessionsLeft {
            drop: "http://a.example".parse().unwrap(),
            left: 5,
        }],
    }
}

/// A contact piece of a new dispatch says this.
pub(crate) async fn say(world: &World, kit: KitId, standing: &Standing, next: Option<&ChainKey>) {
    let epoch = standing.epoch;
    say_under(world, kit, Link { chain: 0, epoch }, standing, next).await;
}

/// A contact piece of a new dispatch comes under this link and says this.
async fn say_under(
    world: &World,
    kit: KitId,
    from: Link,
    standing: &Standing,
    next: Option<&ChainKey>,
) {
    let about = world.dispatch(kit).await;
    let entered = world
        .store
        .enter_standing(&about, from, standing, next, world.now());
    entered.await.unwrap();
}

async fn acts(world: &World) -> Vec<Act> {
    let audit = world.store.audit(Chain::Desk).await.unwrap();
    audit.iter().map(|line| line.event.entry.act).collect()
}

pub(crate) async fn a_fresh_chain_is_kept_beside_the_kits_own(world: World) {
    let kit = world.kit("Jasmine").await;
    // Contact pieces of epochs 3 and 2 arrive in this order and bring links of one chain.
    say(&world, kit, &standing(3, 0), Some(&key(9, 3))).await;
    say(&world, kit, &standing(2, 0), Some(&key(9, 2))).await;
    say(&world, kit, &standing(4, 0), Some(&key(9, 4))).await;
    let found = world.store.kit(kit).await.unwrap();
    assert_eq!(found.epoch, 0);
    assert_eq!(found.fresh.len(), 1);
    assert_eq!(found.fresh[0].epoch, 2);
    assert_eq!(found.fresh[0].key.expose_bytes(), key(9, 2).expose_bytes());
    // Another chain means another device with this kit: both are read, and it is told.
    assert!(!acts(&world).await.contains(&Act::KitForked));
    say(&world, kit, &standing(4, 0), Some(&key(8, 4))).await;
    assert_eq!(world.store.kit(kit).await.unwrap().fresh.len(), 2);
    assert!(acts(&world).await.contains(&Act::KitForked));
}

pub(crate) async fn epochs_close_on_a_settled_word(mut world: World) {
    let kit = world.kit("Jasmine").await;
    let issued = world.now();
    say(&world, kit, &standing(1, 0), Some(&key(9, 1))).await;
    let about = world.dispatch(kit).await;
    let link = Link { chain: 1, epoch: 3 };
    let now = world.now();
    world.store.confirm_epoch(&about, link, now).await.unwrap();
    let hers = |epoch| Link { chain: 1, epoch };
    say_under(&world, kit, hers(5), &standing(5, 3), None).await;
    let closed = world.store.close_epochs(world.now()).await.unwrap();
    assert_eq!(closed, 0, "a word waits");
    world.pass(SETTLING);
    assert_eq!(world.store.close_epochs(world.now()).await.unwrap(), 1);
    world.reopen().await;
    let found = world.store.kit(kit).await.unwrap();
    // Nothing before epoch 3 is wanted; the fresh chain was first seen in 3, so that the kit's own may be needed there.
    assert_eq!((found.epoch, found.fresh[0].epoch), (3, 3));
    let own = key(kit.0[0], 3);
    assert_eq!(found.chain_key.expose_bytes(), own.expose_bytes());
    // A contact piece that was sealed before and comes late opens nothing that is closed.
    say(&world, kit, &standing(2, 0), Some(&key(9, 2))).await;
    assert_eq!(world.store.kit(kit).await.unwrap().fresh[0].epoch, 3);

    // From here on everything hers is under the fresh chain, and the first one is kept for what she is forced to send.
    say_under(&world, kit, hers(9), &standing(9, 8), None).await;
    world.pass(2 * SETTLING);
    world.store.close_epochs(world.now()).await.unwrap();
    let found = world.store.kit(kit).await.unwrap();
    assert_eq!(found.fresh[0].epoch, 8);
    assert_eq!(found.fresh[0].key.expose_bytes(), key(9, 8).expose_bytes());
    assert_eq!(found.epoch, 4);
    let own = key(kit.0[0], 4);
    assert_eq!(found.chain_key.expose_bytes(), own.expose_bytes());
    say(&world, kit, &standing(2, 0), Some(&key(9, 2))).await;
    assert_eq!(world.store.kit(kit).await.unwrap().fresh.len(), 1);
    // It moves on with the calendar, a year behind, as far as a vault that nobody answered can come.
    for (weeks, kept) in [(55, 4), (58, 6), (90, 38), (112, 60), (900, 60)] {
        let now = issued.plus(weeks * EPOCH + 1);
        world.store.close_epochs(now).await.unwrap();
        let found = world.store.kit(kit).await.unwrap();
        assert_eq!(found.epoch, kept, "week {weeks}");
        let own = key(kit.0[0], kept);
        assert_eq!(found.chain_key.expose_bytes(), own.expose_bytes());
    }
}

pub(crate) async fn a_word_out_of_reach_closes_nothing(mut world: World) {
    const FAR: u32 = 2_000_000_000;
    let kit = world.kit("Jasmine").await;
    say(&world, kit, &standing(1, 0), Some(&key(9, 1))).await;
    let hers = |epoch| Link { chain: 1, epoch };
    // Sealed after it was veiled: no field's word, and neither its chain nor anything else of it is entered.
    for epoch in [6, FAR, u32::MAX] {
        let word = standing(epoch, epoch);
        say_under(&world, kit, hers(5), &word, Some(&key(7, 5))).await;
    }
    world.pass(2 * SETTLING);
    assert_eq!(world.store.close_epochs(world.now()).await.unwrap(), 0);
    let found = world.store.kit(kit).await.unwrap();
    assert_eq!((found.epoch, found.fresh.len()), (0, 1));
    // Even where the link fits, the walk has an end; the word is dropped, and her next one counts.
    say_under(&world, kit, hers(FAR), &standing(FAR, FAR), None).await;
    world.pass(2 * SETTLING);
    assert_eq!(world.store.close_epochs(world.now()).await.unwrap(), 0);
    say_under(&world, kit, hers(4), &standing(4, 3), None).await;
    world.pass(2 * SETTLING);
    assert_eq!(world.store.close_epochs(world.now()).await.unwrap(), 1);
    world.reopen().await;
    assert_eq!(world.store.kit(kit).await.unwrap().fresh[0].epoch, 3);
}

pub(crate) async fn a_captured_kit_is_cut_off(world: World) {
    let kit = world.kit("Jasmine").await;
    let about = world.dispatch(kit).await;
    let pairs = [ReplyKeys::generate(&mut entropy(1)).pair()];
    let store = &world.store;
    store
        .add_reply_pairs(&about, &pairs, world.now())
        .await
        .unwrap();
    say(&world, kit, &standing(4, 4), None).await;
    let issued = store.kit(kit).await.unwrap().issued_at;
    assert_eq!(store.kit_named("JASMINE").await.unwrap(), kit);
    let missing = store.kit_named("Nobody").await;
    assert!(matches!(
        missing,
        Err(StoreError::Refused(Refusal::UnknownKit))
    ));
    world.pass(9 * EPOCH);
    let capture = |weeks: i64| {
        let at = Micros(issued.0 + weeks * EPOCH + 1);
        store.capture_kit(kit, at, Actor::Custodians, world.now())
    };
    let ahead = capture(10).await;
    assert!(matches!(
        ahead,
        Err(StoreError::Refused(Refusal::CaptureAhead))
    ));
    assert_eq!(capture(6).await.unwrap(), 6);
    let later = capture(7).await;
    assert!(matches!(
        later,
        Err(StoreError::Refused(Refusal::AlreadyCaptured))
    ));
    assert_eq!(capture(5).await.unwrap(), 5);
    assert_eq!(store.kit(kit).await.unwrap().captured_from, Some(5));
    // Nothing is sent there any more, and its word closes nothing.
    let pair = store.next_reply_pair(&about, world.now()).await.unwrap();
    assert!(pair.is_none());
    let more = [ReplyKeys::generate(&mut entropy(2)).pair()];
    let other = world.dispatch(kit).await;
    store
        .add_reply_pairs(&other, &more, world.now())
        .await
        .unwrap();
    let pair = store.next_reply_pair(&other, world.now()).await.unwrap();
    assert!(pair.is_none());
    world.pass(2 * SETTLING);
    assert_eq!(store.close_epochs(world.now()).await.unwrap(), 0);
    assert_eq!(store.kit(kit).await.unwrap().epoch, 0);
    let captures = acts(&world).await;
    let captures = captures.iter().filter(|act| **act == Act::KitCaptured);
    assert_eq!(captures.count(), 2);
}
