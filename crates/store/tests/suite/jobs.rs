//! Background work.

use crate::world::World;
use newsroom::ItemId;
use newsroom::accounts::Roles;
use newsroom::audit::{Act, Chain};
use newsroom::items::Protection;
use newsroom::time::{HOUR, MINUTE};
use newsroom::work::Work;
use std::collections::HashSet;
use std::sync::Arc;
use store::{JOB_ATTEMPTS, JobCounts};

fn work(n: u8) -> Work {
    Work::Examine {
        item: ItemId::from_bytes([n; 16]),
    }
}

pub(crate) async fn a_job_is_claimed_once_and_survives_its_worker(mut world: World) {
    world.store.enqueue(&work(1), world.now()).await.unwrap();
    world.store.enqueue(&work(1), world.now()).await.unwrap();
    let first = world
        .store
        .claim_job(MINUTE, world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((first.work.clone(), first.attempt), (work(1), 1));
    assert!(
        world
            .store
            .claim_job(MINUTE, world.now())
            .await
            .unwrap()
            .is_none(),
        "queued once, claimed once"
    );
    // The worker dies; after its lease someone else takes over, and the dead one can no longer settle it.
    world.reopen().await;
    world.pass(MINUTE);
    let second = world
        .store
        .claim_job(MINUTE, world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((second.id, second.attempt), (first.id, 2));
    assert!(!world.store.finish_job(&first).await.unwrap());
    assert!(
        !world
            .store
            .renew_job(&first, HOUR, world.now())
            .await
            .unwrap()
    );
    assert!(
        world
            .store
            .renew_job(&second, HOUR, world.now())
            .await
            .unwrap()
    );
    world.pass(2 * MINUTE);
    assert!(
        world
            .store
            .claim_job(MINUTE, world.now())
            .await
            .unwrap()
            .is_none(),
        "the renewed lease holds"
    );
    assert!(world.store.finish_job(&second).await.unwrap());
    world.store.enqueue(&work(1), world.now()).await.unwrap();
    let third = world
        .store
        .claim_job(MINUTE, world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(third.attempt, 1, "done work can be wanted again");
    world.store.release_job(&third, world.now()).await.unwrap();
    let fourth = world
        .store
        .claim_job(MINUTE, world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (fourth.id, fourth.attempt),
        (third.id, 1),
        "giving back is no attempt"
    );
    assert!(
        !world.store.finish_job(&third).await.unwrap(),
        "the older lease is over"
    );
}

pub(crate) async fn a_job_that_keeps_failing_is_given_up(world: World) {
    world.store.enqueue(&work(1), world.now()).await.unwrap();
    for attempt in 1..=JOB_ATTEMPTS {
        let job = world
            .store
            .claim_job(MINUTE, world.now())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(job.attempt, attempt);
        world
            .store
            .fail_job(&job, "tool-died", world.now())
            .await
            .unwrap();
        assert!(
            world
                .store
                .claim_job(MINUTE, world.now())
                .await
                .unwrap()
                .is_none(),
            "not at once"
        );
        world.pass(HOUR);
    }
    assert!(
        world
            .store
            .claim_job(MINUTE, world.now())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        world.store.job_counts().await.unwrap(),
        JobCounts {
            ready: 0,
            running: 0,
            dead: 1
        }
    );
    assert_eq!(
        world.store.dead_jobs(10).await.unwrap(),
        [(work(1), "tool-died".to_owned())]
    );
    // Workers that die without a word use up attempts too.
    world.store.enqueue(&work(2), world.now()).await.unwrap();
    for _ in 0..JOB_ATTEMPTS {
        assert!(
            world
                .store
                .claim_job(MINUTE, world.now())
                .await
                .unwrap()
                .is_some()
        );
        world.pass(HOUR);
    }
    assert!(
        world
            .store
            .claim_job(MINUTE, world.now())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(world.store.job_counts().await.unwrap().dead, 2);
}

pub(crate) async fn a_given_up_scrub_leaves_nobody_waiting(mut world: World) {
    let by = world.editor("Noor", Roles::EDITOR).await;
    for dies_without_a_word in [false, true] {
        let item = world.item().await;
        while let Some(job) = world.store.claim_job(HOUR, world.now()).await.unwrap() {
            world.store.finish_job(&job).await.unwrap();
        }
        world.store.ask_scrub(item, by, world.now()).await.unwrap();
        for _ in 0..JOB_ATTEMPTS {
            let job = world
                .store
                .claim_job(MINUTE, world.now())
                .await
                .unwrap()
                .unwrap();
            if !dies_without_a_word {
                world
                    .store
                    .fail_job(&job, "tool-died", world.now())
                    .await
                    .unwrap();
            }
            world.pass(HOUR);
        }
        assert!(
            world
                .store
                .claim_job(MINUTE, world.now())
                .await
                .unwrap()
                .is_none()
        );
        let code = if dies_without_a_word {
            "lease-ended"
        } else {
            "tool-died"
        };
        let found = world.store.item(item).await.unwrap().protection;
        assert_eq!(found, Protection::Refused { code: code.into() });
        let custody = world.store.audit(Chain::Item(item)).await.unwrap();
        assert_eq!(
            custody.last().unwrap().event.entry.act,
            Act::ItemScrubRefused
        );
    }
    // A desk that was stopped takes its work up again at once, and its death is no attempt.
    world.store.enqueue(&work(1), world.now()).await.unwrap();
    let before = world
        .store
        .claim_job(HOUR, world.now())
        .await
        .unwrap()
        .unwrap();
    world.reopen().await;
    assert_eq!(world.store.reclaim_jobs(world.now()).await.unwrap(), 1);
    let after = world
        .store
        .claim_job(HOUR, world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((after.id, after.attempt), (before.id, 1));
    assert!(!world.store.finish_job(&before).await.unwrap());
}

pub(crate) async fn many_workers_claim_every_job_once(world: World) {
    const JOBS: u8 = 120;
    for n in 0..JOBS {
        world.store.enqueue(&work(n), world.now()).await.unwrap();
    }
    let now = world.now();
    let store = Arc::new(world.store.clone());
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while let Some(job) = store.claim_job(HOUR, now).await.unwrap() {
                    assert!(store.finish_job(&job).await.unwrap());
                    mine.push(job.id);
                }
                mine
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), usize::from(JOBS));
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), usize::from(JOBS));
}
