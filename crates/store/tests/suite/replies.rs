//! Reply pairs and receipts.

use crate::world::World;
use formats::{Cell, ReceiptKind};
use keys::{MailboxAddress, ReplyKeys};
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Chain};
use newsroom::{Private, Refusal};
use store::testing::entropy;
use store::{ReplyKind, SealedReply, StoreError};

fn cell(n: u8) -> Cell {
    Cell::from_slice(&[n; formats::CELL]).unwrap()
}

async fn with_pairs(world: &World) -> DispatchKey {
    let kit = world.kit("Jasmine").await;
    let key = world.dispatch(kit).await;
    let pairs: Vec<_> = (0..2)
        .map(|n| ReplyKeys::generate(&mut entropy(n)).pair())
        .collect();
    world
        .store
        .add_reply_pairs(&key, &pairs, world.now())
        .await
        .unwrap();
    world
        .store
        .add_reply_pairs(&key, &pairs, world.now())
        .await
        .unwrap();
    key
}

pub(crate) async fn a_pair_is_spent_once(mut world: World) {
    let key = with_pairs(&world).await;
    world.reopen().await;
    let first = world
        .store
        .next_reply_pair(&key, world.now())
        .await
        .unwrap()
        .unwrap();
    let made = ReplyKeys::generate(&mut entropy(0)).pair();
    assert_eq!(first.keys.secret.expose_bytes(), made.secret.expose_bytes());
    assert_eq!(first.keys.recipient.as_bytes(), made.recipient.as_bytes());
    world
        .store
        .queue_reply(
            &key,
            ReplyKind::Receipt(ReceiptKind::Have),
            &first.pair,
            &[],
            world.now(),
        )
        .await
        .unwrap();
    let again = world
        .store
        .queue_reply(
            &key,
            ReplyKind::Receipt(ReceiptKind::Complete),
            &first.pair,
            &[],
            world.now(),
        )
        .await;
    assert!(matches!(
        again,
        Err(StoreError::Refused(Refusal::ReplyPairSpent))
    ));
    let second = world
        .store
        .next_reply_pair(&key, world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(second.pair.ordinal, 1);
    world.pass(181 * newsroom::time::DAY);
    assert!(
        world
            .store
            .next_reply_pair(&key, world.now())
            .await
            .unwrap()
            .is_none(),
        "pairs age"
    );
    let sent: Vec<_> = world
        .store
        .receipts_of(&key)
        .await
        .unwrap()
        .into_iter()
        .map(|(_, kind)| kind)
        .collect();
    assert_eq!(sent, [ReceiptKind::Have]);
}

pub(crate) async fn puts_are_retried_until_taken(world: World) {
    let key = with_pairs(&world).await;
    let mut drops = Vec::new();
    for url in ["http://a.example", "http://b.example"] {
        drops.push(
            world
                .store
                .add_drop(url, &Private::from("t"), world.now())
                .await
                .unwrap(),
        );
    }
    let pair = world
        .store
        .next_reply_pair(&key, world.now())
        .await
        .unwrap()
        .unwrap();
    let cells: Vec<_> = (1_u8..)
        .zip(&drops)
        .map(|(n, drop)| SealedReply {
            drop: *drop,
            mailbox: MailboxAddress([n; 32]),
            cell: cell(n),
        })
        .collect();
    let id = world
        .store
        .queue_reply(
            &key,
            ReplyKind::Receipt(ReceiptKind::Complete),
            &pair.pair,
            &cells,
            world.now(),
        )
        .await
        .unwrap();
    let due = world.store.puts_due(10, world.now()).await.unwrap();
    assert_eq!(due.len(), 2);
    for put in &due {
        let n = put.to.cell.as_bytes()[0];
        assert_eq!((put.to.mailbox.0, put.receipt), ([n; 32], id));
    }
    world.store.put_failed(&due[0], world.now()).await.unwrap();
    world
        .store
        .put_done(id, due[1].to.drop, world.now())
        .await
        .unwrap();
    world
        .store
        .put_done(id, due[1].to.drop, world.now())
        .await
        .unwrap();
    assert!(
        world
            .store
            .puts_due(10, world.now())
            .await
            .unwrap()
            .is_empty()
    );
    world.pass(3 * newsroom::time::SECOND);
    let later = world.store.puts_due(10, world.now()).await.unwrap();
    assert_eq!(
        (later.len(), later[0].attempts, later[0].to.drop),
        (1, 1, due[0].to.drop)
    );
    let acts: Vec<Act> = world
        .store
        .audit(Chain::Dispatch(key))
        .await
        .unwrap()
        .iter()
        .map(|r| r.event.entry.act)
        .collect();
    assert_eq!(
        acts,
        [Act::DispatchSeen, Act::ReceiptQueued, Act::ReceiptPut]
    );
}
