//! A recording whose program was killed: its pieces at the desk before anybody has said that no more will come, and the whole of
//! it when the device has.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use desk::config::DeskConfig;
use desk::desk::{CutOff, DispatchState};
use field::{About, Heard, Live};
use ledger::sha256;
use rand_core::OsRng;

use crate::way::enrol;
use crate::world::{World, until};

/// Gives five seconds at a time, and is killed after the third.
struct Killed {
    parts: Vec<Vec<u8>>,
    at: usize,
    looks: u64,
}

impl Live for Killed {
    fn now(&mut self) -> Duration {
        // A piece's time is up with each look at the clock, so that every part is a piece.
        self.looks += 1;
        Duration::from_secs(5 * self.looks)
    }

    fn hear(&mut self, room: &mut [u8], _: Duration) -> std::io::Result<Heard> {
        assert!(self.at < self.parts.len(), "the program is killed here");
        let part = &self.parts[self.at];
        room[..part.len()].copy_from_slice(part);
        self.at += 1;
        Ok(Heard::Bytes(part.len()))
    }
}

/// A stream that begins like a Matroska file.
fn parts() -> Vec<Vec<u8>> {
    let begin = [b"\x1a\x45\xdf\xa3".as_slice(), &[1; 500]].concat();
    vec![begin, vec![2; 600], vec![3; 700]]
}

fn recorded_and_killed(world: &World) {
    let mut reporter = world.reporter();
    let mut live = Killed {
        parts: parts(),
        at: 0,
        looks: 0,
    };
    let about = About {
        name: "square.webm".to_owned(),
        kind: "video/webm".to_owned(),
        note: "never said".to_owned(),
    };
    let now = desk::clock::now().0;
    let record = || {
        reporter
            .field
            .add_live(&mut live, &about, now, &mut OsRng, &mut |_| {})
    };
    assert!(catch_unwind(AssertUnwindSafe(record)).is_err());
}

#[test]
fn negative_07_a_killed_recording_is_cut_off_first_in_pieces_and_then_as_a_whole() {
    let world = World::new(43);
    // Nothing more for no hours at all: whatever is still arriving is cut off at once.
    let mut config = DeskConfig::load(&world.folder()).unwrap();
    assert_eq!(config.cut_off_hours, 24);
    config.cut_off_hours = 0;
    config.save(&world.folder()).unwrap();
    recorded_and_killed(&world);
    world.reporter().send();
    let whole = parts().concat();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let view = until(&desk, |inbox| {
            let first = inbox.dispatches.first();
            first.is_some_and(|one| one.state == DispatchState::CutOff && one.pieces_complete == 4)
        });
        let line = view.await.dispatches[0].clone();
        assert_eq!(
            (line.pieces_total, line.items.len()),
            (None, 0),
            "nobody knows the end"
        );
        let (noor, sami) = enrol(&desk, &world).await;
        for editor in [noor, sami, noor] {
            desk.open_loose(line.id.parse().unwrap(), editor)
                .await
                .unwrap();
        }
        let view = until(&desk, |inbox| {
            let first = &inbox.dispatches[0];
            !first.items.is_empty() && !first.opening
        });
        let items = view.await.dispatches[0].items.clone();
        assert_eq!((items.len(), items[0].name.as_str()), (1, "pieces-1-3"));
        let loose = desk.item(items[0].id).await.unwrap();
        assert_eq!(loose.cut, Some(CutOff::Loose { first: 1, last: 3 }));
        let record = desk.store().unwrap().item(items[0].id).await.unwrap();
        assert_eq!(record.sha256, sha256(&whole), "joined in their order");

        // The device is opened again and says that no more will come.
        let mut reporter = world.reporter();
        assert_eq!(
            reporter.field.end_cut_recordings(&mut OsRng).unwrap().len(),
            1
        );
        reporter.send();
        let view = until(&desk, |inbox| {
            inbox.dispatches[0].state == DispatchState::Complete
        });
        let items = view.await.dispatches[0].items.clone();
        assert_eq!((items.len(), items[0].name.as_str()), (1, "recording.webm"));
        assert!(items[0].cut_off);
        let item = desk.item(items[0].id).await.unwrap();
        assert_eq!(item.cut, Some(CutOff::Recording));
        let record = desk.store().unwrap().item(items[0].id).await.unwrap();
        assert_eq!(record.sha256, sha256(&whole));
        assert!(
            desk.open_loose(line.id.parse().unwrap(), noor)
                .await
                .is_err()
        );
        desk.stop().await;
    });
}
