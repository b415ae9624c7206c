//! A desk that is killed while it publishes: one set of statements, one site, whatever the moment.

use std::fs;
use std::time::Duration;

use desk::clock;
use desk::desk::{Published, StoryState};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::running::Running;
use crate::world::{NOTE, World};
use crate::{photo, way};

const KILLS: u32 = 8;

#[test]
fn a_publication_survives_kills_and_is_made_once() {
    let world = World::new(41);
    let original = photo::jpeg(4);
    {
        let mut reporter = world.reporter();
        reporter.add(&[(way::FILE_NAME.into(), original.clone())], NOTE);
        reporter.send();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (story, noor) = runtime.block_on(async {
        let desk = world.open_desk().await;
        let item = way::arrived(&desk).await;
        let (noor, sami) = way::enrol(&desk, &world).await;
        way::examined(&desk, item).await;
        let story = way::cleared(&desk, item, noor, sami).await;
        // Decided and recorded, and the desk goes away before it has carried it out.
        let store = desk.store().unwrap();
        store
            .publish_story(story, noor, clock::now())
            .await
            .unwrap();
        desk.stop().await;
        (story, noor)
    });
    let mut rng = ChaCha20Rng::seed_from_u64(41);
    for _ in 0..KILLS {
        let mut running = Running::start(&world);
        running.unlock(&world);
        let moment = u64::from(rng.next_u32() % 120);
        // The moment of the kill is the one thing here that is about time.
        std::thread::sleep(Duration::from_millis(moment));
        running.kill();
    }
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let Published::Out(published) = desk.publish(noor, story).await.unwrap() else {
            panic!("it was to go out at once");
        };
        assert_eq!(
            desk.story(story).await.unwrap().state,
            StoryState::Published
        );
        way::check_site(&world, &original, &published);
        desk.stop().await;
    });
    let checkpoint = fs::read_to_string(world.folder().statement_log().join("checkpoint")).unwrap();
    let size = checkpoint.lines().nth(1).unwrap();
    assert_eq!(
        size,
        proof::BATCH.to_string(),
        "one statement, logged once, in one batch"
    );
}
