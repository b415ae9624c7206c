//! A word back: written at the desk, left in a mailbox, shown once on the reporter's device.

use desk::desk::{Desk, Letter, MessageState, ThreadEntry};
use formats::KitId;

use crate::way::enrol;
use crate::world::{PSEUDONYM, World, until};

fn states(thread: &[ThreadEntry]) -> Vec<MessageState> {
    let of = |entry: &ThreadEntry| match entry {
        ThreadEntry::Wrote(message) => Some(message.state),
        ThreadEntry::Came(_) => None,
    };
    thread.iter().filter_map(of).collect()
}

async fn left_in_the_mailbox(desk: &Desk, editor: desk::desk::EditorId, kit: KitId) {
    let looking = async {
        let left = MessageState::Left { drops: 1, of: 1 };
        while states(&desk.source(editor, kit).await.unwrap().thread) != [left] {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, looking).await.unwrap();
}

#[test]
fn a_message_reaches_the_reporter_and_is_shown_once() {
    let world = World::new(31);
    {
        let mut reporter = world.reporter();
        reporter.add(&[], "are you there?");
        reporter.send();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        until(&desk, |inbox| {
            inbox.dispatches.iter().any(|one| one.note.is_some())
        })
        .await;
        let (_, sami) = enrol(&desk, &world).await;
        let sources = desk.sources(sami).await.unwrap();
        assert_eq!(sources[0].pseudonym, PSEUDONYM);
        let kit: KitId = sources[0].kit.parse().unwrap();
        let letter = Letter {
            text: "We are. Stay inside tomorrow.\nنحن هنا".to_owned().into(),
            answers: None,
            last_pair_meant: false,
        };
        desk.write_to_source(sami, kit, letter).await.unwrap();
        left_in_the_mailbox(&desk, sami, kit).await;
        {
            let mut reporter = world.reporter();
            reporter.receive();
            assert_eq!(reporter.read(), ["We are. Stay inside tomorrow.\nنحن هنا"]);
            assert!(reporter.read().is_empty(), "once");
            reporter.add(&[], "thank you");
            reporter.send();
        }
        until(&desk, |inbox| inbox.dispatches.len() == 2).await;
        let thread = desk.source(sami, kit).await.unwrap().thread;
        assert_eq!(states(&thread), [MessageState::HeardSince]);
        desk.stop().await;
    });
}
