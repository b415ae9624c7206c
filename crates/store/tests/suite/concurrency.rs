//! Many at once: exactly one of two identical acts wins, nothing is lost, chains do not fork.

use crate::world::{World, draft};
use formats::KitId;
use futures_lite::join_all;
use keys::ChainKey;
use ledger::sha256;
use newsroom::accounts::Roles;
use newsroom::audit::{Act, Actor, Chain};
use newsroom::{Private, Refusal};
use store::{NewKit, StoreError};

mod futures_lite {
    /// Runs all futures on the runtime's threads at once.
    pub(crate) async fn join_all<T: Send + 'static>(
        futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
    ) -> Vec<T> {
        let handles: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
        let mut out = Vec::with_capacity(handles.len());
        for handle in handles {
            out.push(handle.await.unwrap());
        }
        out
    }
}

fn code<T>(result: &Result<T, StoreError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(StoreError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("{error}"),
    }
}

pub(crate) async fn of_identical_approvals_exactly_one_wins(world: World) {
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let sami = world.editor("Sami", Roles::SAFETY).await;
    for _ in 0..5 {
        let story = world.story(noor).await;
        let clearance = world.store.story(story).await.unwrap().clearance;
        let now = world.now();
        let approve = |who| {
            let store = world.store.clone();
            async move {
                store
                    .approve_story(story, who, clearance, sha256(b"session"), now)
                    .await
            }
        };
        let results = join_all([noor, noor, sami, sami, noor, sami].map(approve)).await;
        let codes: Vec<_> = results.iter().map(code).collect();
        assert_eq!(
            codes.iter().filter(|code| **code == "ok").count(),
            2,
            "{codes:?}"
        );
        assert_eq!(
            codes
                .iter()
                .filter(|code| **code == "same-editor-twice")
                .count(),
            4,
            "{codes:?}"
        );
        let approvals = world.store.story(story).await.unwrap().approvals;
        assert_eq!(
            approvals.len(),
            2,
            "neither of the two different ones is lost"
        );
        let chain = world.store.audit(Chain::Story(story)).await.unwrap();
        assert_eq!(
            chain
                .iter()
                .filter(|r| r.event.entry.act == Act::StoryApproved)
                .count(),
            2
        );
    }
}

pub(crate) async fn an_approval_never_survives_a_simultaneous_edit(world: World) {
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let sami = world.editor("Sami", Roles::SAFETY).await;
    for round in 0..8 {
        let story = world.story(noor).await;
        let before = world.store.story(story).await.unwrap();
        let mut edited = before.story.draft.clone();
        edited.en.body.push_str(&round.to_string());
        let (store, now, clearance) = (world.store.clone(), world.now(), before.clearance);
        let approve = tokio::spawn(async move {
            store
                .approve_story(story, sami, clearance, sha256(b"s"), now)
                .await
        });
        let (store, now) = (world.store.clone(), world.now());
        let edit =
            tokio::spawn(async move { store.save_story(story, noor, 2, &edited, now).await });
        let (approved, saved) = (approve.await.unwrap(), edit.await.unwrap());
        assert_eq!(code(&saved), "ok");
        assert!(
            matches!(code(&approved), "ok" | "stale-approval"),
            "{approved:?}"
        );
        let after = world.store.story(story).await.unwrap();
        assert_eq!(
            (after.story.version, after.approvals.len()),
            (3, 0),
            "the new version starts unapproved"
        );
        world
            .store
            .verify_audit(&[Chain::Story(story)])
            .await
            .unwrap();
    }
}

pub(crate) async fn simultaneous_edits_lose_nothing(world: World) {
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let story = world.story(noor).await;
    let start = world.store.story(story).await.unwrap().story;
    let edits = (0..6).map(|n| {
        let (store, now, mut edited) = (world.store.clone(), world.now(), start.draft.clone());
        edited.en.body = format!("edit {n}");
        async move { store.save_story(story, noor, 2, &edited, now).await }
    });
    let results = join_all(edits).await;
    let codes: Vec<_> = results.iter().map(code).collect();
    assert_eq!(
        codes.iter().filter(|code| **code == "ok").count(),
        1,
        "{codes:?}"
    );
    assert_eq!(
        codes
            .iter()
            .filter(|code| **code == "edit-conflict")
            .count(),
        5,
        "{codes:?}"
    );
    let winner = codes.iter().position(|code| *code == "ok").unwrap();
    let after = world.store.story(story).await.unwrap().story;
    assert_eq!(
        (after.version, after.draft.en.body),
        (3, format!("edit {winner}"))
    );
}

pub(crate) async fn an_audit_chain_cannot_fork(world: World) {
    let notes = (0..12).map(|_| {
        let (store, now) = (world.store.clone(), world.now());
        async move {
            store
                .note(Actor::Custodians, Act::NewsroomUnlocked, now)
                .await
        }
    });
    for result in join_all(notes).await {
        result.unwrap();
    }
    let item = world.item().await;
    let by = world.editor("Noor", Roles::EDITOR).await;
    let views = (0..12).map(|_| {
        let (store, now) = (world.store.clone(), world.now());
        async move { store.item_viewed(item, by, now).await }
    });
    for result in join_all(views).await {
        result.unwrap();
    }
    assert_eq!(
        world.store.audit(Chain::Item(item)).await.unwrap().len(),
        14,
        "entered, examined, viewed by twelve"
    );
    let desk = world.store.audit(Chain::Desk).await.unwrap();
    assert_eq!(
        desk.iter()
            .filter(|r| r.event.entry.act == Act::NewsroomUnlocked)
            .count(),
        12
    );
}

pub(crate) async fn a_publication_is_decided_once(world: World) {
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let sami = world.editor("Sami", Roles::SAFETY).await;
    let story = world.story(noor).await;
    world.approve(story, noor).await.unwrap();
    world.approve(story, sami).await.unwrap();
    let tries = [noor, sami, noor, sami].map(|who| {
        let (store, now) = (world.store.clone(), world.now());
        async move { store.publish_story(story, who, now).await }
    });
    let results = join_all(tries).await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    let refused = |r: &&Result<_, StoreError>| {
        matches!(r, Err(StoreError::Refused(Refusal::AlreadyPublished)))
    };
    assert_eq!(
        (won, results.iter().filter(refused).count()),
        (1, 3),
        "{results:?}"
    );
    assert_eq!(
        world.store.story(story).await.unwrap().publications.len(),
        1
    );
    let late = world
        .store
        .save_story(story, noor, 1, &draft(story, &[]), world.now())
        .await;
    assert_eq!(code(&late), "edit-conflict");
}

pub(crate) async fn of_identical_beginnings_one_wins_and_the_rest_are_refused(world: World) {
    let names = (0..6).map(|n: u8| {
        let (store, now) = (world.store.clone(), world.now());
        async move {
            store
                .add_editor("Noor", Roles::EDITOR, sha256(&[n]), now)
                .await
        }
    });
    let results = join_all(names).await;
    let codes: Vec<_> = results.iter().map(code).collect();
    assert_eq!(
        codes.iter().filter(|code| **code == "ok").count(),
        1,
        "{codes:?}"
    );
    assert_eq!(
        codes.iter().filter(|code| **code == "name-taken").count(),
        5,
        "{codes:?}"
    );
    let kits = (0..6_u8).map(|n| {
        let (store, now) = (world.store.clone(), world.now());
        let kit = NewKit {
            id: KitId([n; 8]),
            pseudonym: Private::from("Jasmine"),
            chain_key: ChainKey::from_bytes([n; 32]),
            tokens: vec![],
        };
        async move { store.issue_kit(&kit, now).await }
    });
    let results = join_all(kits).await;
    let codes: Vec<_> = results.iter().map(code).collect();
    assert_eq!(
        codes.iter().filter(|code| **code == "ok").count(),
        1,
        "{codes:?}"
    );
    assert_eq!(
        codes.iter().filter(|code| **code == "kit-taken").count(),
        5,
        "{codes:?}"
    );
    world.store.verify_audit(&[Chain::Desk]).await.unwrap();
}
