//! Sources: seen by safety editors alone, answered one pair at a time, and missed when they fall silent.

use crate::world::World;
use formats::{Cell, MessageId, ReceiptKind};
use keys::{MailboxAddress, ReplyKeys};
use newsroom::accounts::Roles;
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Chain};
use newsroom::sources::{Contact, Watch};
use newsroom::time::DAY;
use newsroom::{EditorId, Private, Refusal};
use store::testing::entropy;
use store::{NewMessage, ReplyKind, SealedReply, StoreError};

struct Case {
    key: DispatchKey,
    safety: EditorId,
    editor: EditorId,
}

async fn case(world: &World, pairs: u64) -> Case {
    let kit = world.kit("Jasmine").await;
    let key = world.dispatch(kit).await;
    let pairs: Vec<_> = (0..pairs)
        .map(|n| ReplyKeys::generate(&mut entropy(n)).pair())
        .collect();
    let now = world.now();
    world
        .store
        .add_reply_pairs(&key, &pairs, now)
        .await
        .unwrap();
    Case {
        key,
        safety: world.editor("Sana", Roles::SAFETY).await,
        editor: world.editor("Edith", Roles::EDITOR).await,
    }
}

impl Case {
    async fn write(
        &self,
        world: &World,
        id: u8,
        by: EditorId,
        last_pair_meant: bool,
    ) -> Result<(), StoreError> {
        let now = world.now();
        let found = world
            .store
            .message_pair(self.key.kit, Some(self.key.dispatch), by, now)
            .await?;
        let pair = found.ok_or(Refusal::NoReplyPair)?;
        let mut cells = Vec::new();
        for drop in world.store.drops().await? {
            cells.push(SealedReply {
                drop: drop.id,
                mailbox: MailboxAddress([id; 32]),
                cell: Cell::from_slice(&[id; formats::CELL]).unwrap(),
            });
        }
        let message = NewMessage {
            id: MessageId([id; 16]),
            kit: self.key.kit,
            answers: Some(self.key.dispatch),
            by,
            text: &Private::from("keep away from the bridge"),
            last_pair_meant,
        };
        let store = &world.store;
        store.queue_message(&message, &pair.pair, &cells, now).await
    }
}

fn refused(outcome: Result<(), StoreError>) -> Refusal {
    match outcome {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn messages_use_one_pair_each_and_never_the_last_unasked(mut world: World) {
    let url = Private::from("t");
    let now = world.now();
    let drop = world
        .store
        .add_drop("http://a.example", &url, now)
        .await
        .unwrap();
    let case = case(&world, 3).await;
    let plain = refused(case.write(&world, 9, case.editor, false).await);
    assert_eq!(plain, Refusal::SourcesNotYours);
    case.write(&world, 1, case.safety, false).await.unwrap();
    case.write(&world, 2, case.safety, false).await.unwrap();
    let last = refused(case.write(&world, 3, case.safety, false).await);
    assert_eq!(last, Refusal::LastReplyPair);
    case.write(&world, 3, case.safety, true).await.unwrap();
    let none = refused(case.write(&world, 4, case.safety, true).await);
    assert_eq!(none, Refusal::NoReplyPair);

    let due = world.store.puts_due(10, world.now()).await.unwrap();
    assert_eq!(due.len(), 3);
    world
        .store
        .put_done(due[0].receipt, drop, world.now())
        .await
        .unwrap();
    world.reopen().await;
    let now = world.now();
    let thread = world
        .store
        .thread(case.key.kit, case.safety, now)
        .await
        .unwrap();
    assert_eq!(thread.source.fresh_pairs, 0);
    assert_eq!(thread.dispatches.len(), 1);
    let texts: Vec<_> = thread.messages.iter().map(|m| m.text.expose()).collect();
    assert_eq!(texts, ["keep away from the bridge"; 3]);
    let taken = thread.messages.iter().flat_map(|m| &m.puts);
    assert_eq!(taken.filter(|put| put.put_at.is_some()).count(), 1);
    assert_eq!(thread.messages[0].editor_name, "Sana");
    assert_eq!(thread.messages[0].answers, Some(case.key.dispatch));
}

pub(crate) async fn receipts_and_messages_share_the_outbox_and_not_the_list(world: World) {
    let case = case(&world, 3).await;
    case.write(&world, 1, case.safety, false).await.unwrap();
    let now = world.now();
    let pair = world
        .store
        .next_reply_pair(&case.key, now)
        .await
        .unwrap()
        .unwrap();
    let kind = ReplyKind::Receipt(ReceiptKind::Complete);
    world
        .store
        .queue_reply(&case.key, kind, &pair.pair, &[], now)
        .await
        .unwrap();
    let receipts = world.store.receipts_of(&case.key).await.unwrap();
    assert_eq!(receipts.len(), 1, "a message is no receipt");
    let audit = world.store.audit(Chain::Dispatch(case.key)).await.unwrap();
    let acts: Vec<Act> = audit.iter().map(|r| r.event.entry.act).collect();
    assert_eq!(
        acts,
        [Act::DispatchSeen, Act::ReplyQueued, Act::ReceiptQueued]
    );
}

pub(crate) async fn sources_are_apart_and_looks_are_entered(world: World) {
    let case = case(&world, 1).await;
    let now = world.now();
    for refused in [
        world.store.sources(case.editor, now).await.err(),
        world
            .store
            .thread(case.key.kit, case.editor, now)
            .await
            .err(),
    ] {
        assert!(matches!(
            refused,
            Some(StoreError::Refused(Refusal::SourcesNotYours))
        ));
    }
    let before = world.store.audit(Chain::Desk).await.unwrap().len();
    let sources = world.store.sources(case.safety, now).await.unwrap();
    assert_eq!(sources[0].pseudonym.expose(), "Jasmine");
    assert_eq!((sources[0].dispatches, sources[0].fresh_pairs), (1, 1));
    world
        .store
        .thread(case.key.kit, case.safety, now)
        .await
        .unwrap();
    let audit = world.store.audit(Chain::Desk).await.unwrap();
    let acts: Vec<Act> = audit[before..].iter().map(|r| r.event.entry.act).collect();
    assert_eq!(acts, [Act::SourceViewed; 2], "refused looks change nothing");
}

pub(crate) async fn silence_is_noticed(world: World) {
    let case = case(&world, 1).await;
    let watch = Watch {
        interval: 3 * DAY,
        plan: "ask the cousin".to_owned(),
    };
    let set = world
        .store
        .watch_source(case.key.kit, case.editor, Some(&watch), world.now());
    assert_eq!(refused(set.await), Refusal::SourcesNotYours);
    let set = world
        .store
        .watch_source(case.key.kit, case.safety, Some(&watch), world.now());
    set.await.unwrap();
    assert!(
        world
            .store
            .missed_contacts(world.now())
            .await
            .unwrap()
            .is_empty()
    );
    world.pass(3 * DAY);
    let missed = world.store.missed_contacts(world.now()).await.unwrap();
    assert_eq!(missed.len(), 1);
    assert_eq!(missed[0].watch.as_ref().unwrap().plan, "ask the cousin");
    world.dispatch(case.key.kit).await;
    let sources = world.store.sources(case.safety, world.now()).await.unwrap();
    assert!(matches!(
        sources[0].contact(world.now()),
        Contact::Expected { .. }
    ));
    let off = world
        .store
        .watch_source(case.key.kit, case.safety, None, world.now());
    off.await.unwrap();
    world.pass(30 * DAY);
    assert!(
        world
            .store
            .missed_contacts(world.now())
            .await
            .unwrap()
            .is_empty()
    );
}
