//! Another vault of a kit, as after a duress passphrase: recognised for good, shown as forced, and apart from the everyday one.

use crate::world::{World, cell};
use formats::{DispatchId, EPOCH, KitId, Standing};
use keys::{ChainKey, ReplyKeys, ReplyPair};
use newsroom::Private;
use newsroom::accounts::Roles;
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Chain};
use newsroom::kits::SETTLING;
use newsroom::vaults::Link;
use store::testing::entropy;
use store::{NewMessage, ReplyKind, SpoolPosition, StoreError};

const EVERYDAY: u8 = 9;
const FORCED: u8 = 8;

fn key(n: u8, epoch: u32) -> ChainKey {
    (0..epoch).fold(ChainKey::from_bytes([n; 32]), |key, _| key.advance())
}

fn standing(epoch: u32) -> Standing {
    Standing {
        bulletin: 0,
        epoch,
        epoch_from: epoch,
        intake: 1,
        intake_from: 1,
        sessions: Vec::new(),
    }
}

fn pair(n: u8) -> ReplyPair {
    ReplyKeys::generate(&mut entropy(n.into())).pair()
}

/// A dispatch that came under this link, with its contact piece: the fresh chain it brings, and one reply pair.
async fn comes(world: &World, kit: KitId, n: u8, from: Link, fresh: Option<u8>) -> DispatchKey {
    claims(world, kit, n, from, from.epoch, fresh).await
}

/// The same, with a contact piece that claims to have been sealed in another epoch.
async fn claims(
    world: &World,
    kit: KitId,
    n: u8,
    from: Link,
    sealed: u32,
    fresh: Option<u8>,
) -> DispatchKey {
    let key_of = DispatchKey {
        kit,
        dispatch: DispatchId([n; 16]),
    };
    let mut seen = cell(&key_of, 1, 0, 2, false, 100 + u64::from(n));
    seen.from = from;
    let (store, now) = (&world.store, world.now());
    let to = SpoolPosition(101 + u64::from(n));
    store
        .record_cells(&[seen], to, &|_, _| false, now)
        .await
        .unwrap();
    store.confirm_epoch(&key_of, from, now).await.unwrap();
    let next = fresh.map(|fresh| key(fresh, sealed));
    let word = standing(sealed);
    let entered = store.enter_standing(&key_of, from, &word, next.as_ref(), now);
    entered.await.unwrap();
    store
        .add_reply_pairs(&key_of, &[pair(n)], now)
        .await
        .unwrap();
    key_of
}

fn own(epoch: u32) -> Link {
    Link { chain: 0, epoch }
}

async fn marks(world: &World, key: &DispatchKey) -> (bool, bool) {
    let record = world.store.dispatch(key).await.unwrap();
    (record.forced, record.another_vault)
}

const PLAIN: (bool, bool) = (false, false);
const ANOTHER: (bool, bool) = (true, true);

/// What a pair's reply could be opened with.
async fn answered_through(world: &World, about: &DispatchKey) -> Option<DispatchId> {
    let found = world.store.next_reply_pair(about, world.now()).await;
    found.unwrap().map(|found| found.pair.source.dispatch)
}

pub(crate) async fn another_vault_is_recognised_for_good(mut world: World) {
    let kit = world.kit("Jasmine").await;
    let first = comes(&world, kit, 1, own(0), Some(EVERYDAY)).await;
    let gone = Link { chain: 1, epoch: 1 };
    let second = comes(&world, kit, 2, gone, None).await;
    world.pass(6 * EPOCH);
    world.store.close_epochs(world.now()).await.unwrap();
    comes(&world, kit, 3, Link { chain: 1, epoch: 6 }, None).await;
    world.pass(SETTLING);
    assert_eq!(world.store.close_epochs(world.now()).await.unwrap(), 1);
    world.pass(40 * EPOCH);
    world.store.close_epochs(world.now()).await.unwrap();
    world.reopen().await;
    let kept = world.store.kit(kit).await.unwrap();
    assert_eq!(kept.epoch, 2, "nothing hers is recognised under it");
    assert!(kept.first_chain && kept.fresh[0].epoch == 6);

    // Packed, hence without a fresh chain: the epoch alone tells. Then with one, and then under it.
    let packed = comes(&world, kit, 4, own(50), None).await;
    let sent = comes(&world, kit, 5, own(50), Some(FORCED)).await;
    let later = Link {
        chain: 2,
        epoch: 51,
    };
    let later = comes(&world, kit, 6, later, None).await;
    world.reopen().await;
    for forced in [&packed, &sent, &later] {
        assert_eq!(marks(&world, forced).await, ANOTHER);
    }
    for hers in [&first, &second] {
        assert_eq!(marks(&world, hers).await, PLAIN);
    }
    let noted = world.store.audit(Chain::Dispatch(sent)).await.unwrap();
    let noted = noted
        .iter()
        .filter(|r| r.event.entry.act == Act::DispatchNoted);
    assert_eq!(noted.count(), 1);

    // Its word closes nothing: not now, and not when it has settled.
    world.pass(2 * SETTLING);
    assert_eq!(world.store.close_epochs(world.now()).await.unwrap(), 0);
    let kept = world.store.kit(kit).await.unwrap();
    assert_eq!((kept.fresh[0].epoch, kept.confirmed), (6, 6));
    assert_eq!((kept.fresh[1].epoch, kept.fresh[1].newest), (50, 51));
    assert!(kept.epoch <= 60);
}

pub(crate) async fn a_claimed_epoch_makes_no_vault_hers(mut world: World) {
    let kit = world.kit("Jasmine").await;
    let first = comes(&world, kit, 1, own(3), Some(EVERYDAY)).await;
    let gone = Link { chain: 1, epoch: 4 };
    let second = comes(&world, kit, 2, gone, None).await;
    // A copy of her kit, long after: it says the truth once, and then that it was there before her, in each way there is.
    let honest = comes(&world, kit, 3, own(50), Some(FORCED)).await;
    let before = claims(&world, kit, 4, own(50), 0, Some(FORCED)).await;
    let over = Link {
        chain: 2,
        epoch: 51,
    };
    let later = claims(&world, kit, 5, over, 0, Some(FORCED)).await;
    let another = claims(&world, kit, 6, own(51), 0, Some(7)).await;
    // Her own, sealed early and late on its way, is still hers.
    let late = claims(&world, kit, 7, own(4), 2, Some(EVERYDAY)).await;
    world.reopen().await;
    let kept = world.store.kit(kit).await.unwrap();
    let brought: Vec<u32> = kept.fresh.iter().map(|one| one.brought).collect();
    assert_eq!(brought, [2, 5, 5]);
    for forced in [&honest, &before, &later, &another] {
        assert_eq!(marks(&world, forced).await, ANOTHER);
    }
    for hers in [&first, &second, &late] {
        assert_eq!(marks(&world, hers).await, PLAIN);
    }
}

pub(crate) async fn vaults_are_answered_apart(world: World) {
    let kit = world.kit("Jasmine").await;
    let hers = comes(&world, kit, 1, own(0), Some(EVERYDAY)).await;
    let forced = comes(&world, kit, 2, own(3), Some(FORCED)).await;
    assert_eq!(marks(&world, &forced).await, ANOTHER);
    let through = answered_through(&world, &hers).await;
    assert_eq!(through, Some(hers.dispatch));
    assert_eq!(
        answered_through(&world, &forced).await,
        Some(forced.dispatch)
    );
    // The everyday vault is written to, whatever is newer, until an editor chooses the other one.
    let sami = world.editor("Sami", Roles::SAFETY).await;
    let (store, now) = (&world.store, world.now());
    for (answers, expected) in [
        (None, hers),
        (Some(hers.dispatch), hers),
        (Some(forced.dispatch), forced),
    ] {
        let found = store.message_pair(kit, answers, sami, now).await;
        assert_eq!(found.unwrap().unwrap().pair.source, expected);
    }
    assert_eq!(store.answerable(kit, now).await.unwrap(), Some(hers));
    let source = store.thread(kit, sami, now).await.unwrap().source;
    assert_eq!((source.fresh_pairs, source.other_pairs), (1, 1));
    assert_eq!((source.forced, source.another_vault), (1, 1));
    // A message for her is not queued through the other vault's pair, whoever asks for it.
    let text = Private::from("are you well?");
    let message = NewMessage {
        id: formats::MessageId([1; 16]),
        kit,
        answers: None,
        by: sami,
        text: &text,
        last_pair_meant: true,
    };
    let theirs = store.next_reply_pair(&forced, now).await.unwrap().unwrap();
    let refused = store.queue_message(&message, &theirs.pair, &[], now).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))));
    // When her pairs are used up the other vault's are not taken instead.
    let hers_only = store.next_reply_pair(&hers, now).await.unwrap().unwrap();
    let spent = store.queue_reply(&hers, ReplyKind::Supply, &hers_only.pair, &[], now);
    spent.await.unwrap();
    assert_eq!(answered_through(&world, &hers).await, None);
    assert_eq!(store.answerable(kit, now).await.unwrap(), None);
}

pub(crate) async fn the_vault_used_first_is_hers_whatever_came_first(world: World) {
    let kit = world.kit("Jasmine").await;
    // What she sent first travels on a card, and comes after what she was forced to send.
    let forced = comes(&world, kit, 1, own(5), Some(FORCED)).await;
    let answered = Link { chain: 1, epoch: 6 };
    let again = comes(&world, kit, 2, answered, None).await;
    assert_eq!(marks(&world, &forced).await, PLAIN, "nobody can know yet");
    let hers = comes(&world, kit, 3, own(2), Some(EVERYDAY)).await;
    assert_eq!(marks(&world, &hers).await, PLAIN);
    assert_eq!(marks(&world, &forced).await, ANOTHER);
    assert_eq!(marks(&world, &again).await, ANOTHER);
    // What was said from the other vault while it passed for hers is taken back.
    world.pass(2 * SETTLING);
    let closed = world.store.close_epochs(world.now()).await.unwrap();
    let kept = world.store.kit(kit).await.unwrap();
    assert_eq!((closed, kept.fresh[1].epoch), (1, 2), "her own word alone");
}
