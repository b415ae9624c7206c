//! Kits by twelve words: the first device that asks is who the kit is for, and a second one is seen.

use crate::world::World;
use formats::KitId;
use keys::{KitWordsSeed, ReplyIdentity, Words};
use newsroom::Private;
use newsroom::audit::{Act, Chain};
use newsroom::time::DAY;
use store::{NewOffer, Question};

pub(crate) const ID: KitId = KitId([0x77; 8]);

pub(crate) async fn offered(world: &World) -> KitId {
    let kit = world.kit("Jasmine").await;
    let url = "http://drop.example";
    let token = Private::from("token");
    let drop = world
        .store
        .add_drop(url, &token, world.now())
        .await
        .unwrap();
    let offer = NewOffer {
        id: ID,
        kit,
        drop,
        seed: KitWordsSeed::from_bytes([5; 32]),
        file: b"the kit's file".to_vec().into(),
        words: Words::Arabic,
    };
    world.store.offer_kit(&offer, world.now()).await.unwrap();
    kit
}

pub(crate) async fn the_first_device_gets_the_kit_and_a_second_is_seen(mut world: World) {
    let kit = offered(&world).await;
    world.reopen().await;
    let (store, now) = (&world.store, world.now());
    let device = |n| ReplyIdentity::from_bytes([n; 32]).recipient();
    let code = Private::from("four words of code");
    let ask = |n| {
        let (device, code) = (device(n), code.clone());
        async move { store.offer_asked(ID, &device, &code, now).await.unwrap() }
    };
    let waiting = store.offer_of(kit).await.unwrap().unwrap();
    assert!(waiting.code.is_none() && waiting.device.is_none());
    assert_eq!(waiting.words, Words::Arabic);
    assert_eq!(waiting.seed.expose_bytes(), &[5; 32]);

    assert_eq!(ask(1).await, Question::First);
    assert_eq!(ask(1).await, Question::Again);
    assert_eq!(ask(2).await, Question::Rival);
    let asked = store.offer_of(kit).await.unwrap().unwrap();
    assert_eq!(asked.device, Some(device(1)), "the first one stays");
    assert_eq!(asked.code.unwrap().expose(), "four words of code");
    assert_eq!(asked.rivals, 1);

    let file = store.offer_file(ID).await.unwrap().unwrap();
    assert_eq!(file.as_slice(), b"the kit's file");
    store.offer_answered(ID, now).await.unwrap();
    store.offer_answered(ID, now).await.unwrap();
    assert!(store.offer_file(ID).await.unwrap().is_none(), "it is gone");
    assert_eq!(ask(3).await, Question::Rival, "seen after the answer too");

    let later = now.plus(31 * DAY);
    assert!(store.open_offers(later).await.unwrap().is_empty());
    let late = store.offer_asked(ID, &device(4), &code, later).await;
    assert_eq!(late.unwrap(), Question::Late);
    let acts: Vec<Act> = store
        .audit(Chain::Desk)
        .await
        .unwrap()
        .iter()
        .map(|record| record.event.entry.act)
        .collect();
    for (act, times) in [
        (Act::KitOffered, 1),
        (Act::KitAsked, 1),
        (Act::KitContested, 2),
        (Act::KitHandedOver, 1),
    ] {
        assert_eq!(
            acts.iter().filter(|one| **one == act).count(),
            times,
            "{act:?}"
        );
    }
}
