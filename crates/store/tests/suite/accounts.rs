//! Enrolment and sign-in.

use crate::world::World;
use ledger::sha256;
use newsroom::accounts::{FREE_ATTEMPTS, Roles, SESSION_LIFE};
use newsroom::audit::{Act, Chain};
use newsroom::{Private, Refusal};
use store::StoreError;

pub(crate) async fn an_editor_enrols_once_and_signs_in(mut world: World) {
    let code = sha256(b"code");
    let id = world
        .store
        .add_editor("Noor", Roles::SAFETY, code, world.now())
        .await
        .unwrap();
    assert!(
        world
            .store
            .begin_sign_in("Noor", world.now())
            .await
            .unwrap()
            .is_none(),
        "no password yet"
    );
    let expected = world.store.enrolment(code, world.now()).await.unwrap();
    assert_eq!(
        (expected.id, expected.name.as_str(), expected.enrolled),
        (id, "Noor", false)
    );
    let password = Private::from("$argon2id$x");
    assert_eq!(
        world
            .store
            .enrol(code, &password, world.now())
            .await
            .unwrap(),
        id
    );
    let again = world.store.enrol(code, &password, world.now()).await;
    assert!(
        matches!(again, Err(StoreError::Refused(Refusal::EnrolmentSpent))),
        "{again:?}"
    );

    world.reopen().await;
    let attempt = world
        .store
        .begin_sign_in("noor", world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (attempt.editor, attempt.password.expose()),
        (id, "$argon2id$x")
    );
    let token = sha256(b"token");
    let session = world
        .store
        .sign_in(id, token, &[9; 32], world.now())
        .await
        .unwrap();
    assert_eq!(
        (session.name.as_str(), session.roles),
        ("Noor", Roles::SAFETY)
    );
    let found = world
        .store
        .web_session(token, world.now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.editor, *found.csrf), (id, [9; 32]));
    assert!(
        world
            .store
            .web_session(sha256(b"other"), world.now())
            .await
            .unwrap()
            .is_none()
    );
    world.store.sign_out(token, world.now()).await.unwrap();
    assert!(
        world
            .store
            .web_session(token, world.now())
            .await
            .unwrap()
            .is_none()
    );

    let late = sha256(b"late");
    world
        .store
        .begin_sign_in("Noor", world.now())
        .await
        .unwrap()
        .unwrap();
    world
        .store
        .sign_in(id, late, &[9; 32], world.now())
        .await
        .unwrap();
    world.pass(SESSION_LIFE);
    assert!(
        world
            .store
            .web_session(late, world.now())
            .await
            .unwrap()
            .is_none(),
        "a session ends by itself"
    );
    let acts: Vec<Act> = world
        .store
        .audit(Chain::Desk)
        .await
        .unwrap()
        .iter()
        .map(|r| r.event.entry.act)
        .collect();
    let expected = [
        Act::EditorAdded,
        Act::EditorEnrolled,
        Act::EditorSignedIn,
        Act::EditorSignedOut,
        Act::EditorSignedIn,
    ];
    assert_eq!(acts, expected);
}

pub(crate) async fn guessing_is_slowed_down_across_restarts(mut world: World) {
    world.editor("Noor", Roles::EDITOR).await;
    for _ in 0..FREE_ATTEMPTS {
        assert!(
            world
                .store
                .begin_sign_in("Noor", world.now())
                .await
                .unwrap()
                .is_some()
        );
    }
    world.reopen().await;
    let refused = world.store.begin_sign_in("Noor", world.now()).await;
    let Err(StoreError::Refused(Refusal::TooManyAttempts { retry_at })) = refused else {
        panic!("{refused:?}")
    };
    world.pass(retry_at.0 - world.now().0);
    let attempt = world
        .store
        .begin_sign_in("Noor", world.now())
        .await
        .unwrap()
        .unwrap();
    world
        .store
        .sign_in(attempt.editor, sha256(b"t"), &[0; 32], world.now())
        .await
        .unwrap();
    for _ in 0..FREE_ATTEMPTS {
        assert!(
            world
                .store
                .begin_sign_in("Noor", world.now())
                .await
                .unwrap()
                .is_some(),
            "the counter is zero again"
        );
    }
    assert!(
        world
            .store
            .begin_sign_in("Nobody", world.now())
            .await
            .unwrap()
            .is_none()
    );
}

pub(crate) async fn closing_an_account_ends_its_sessions(world: World) {
    let noor = world.editor("Noor", Roles::EDITOR).await;
    let sami = world.editor("Sami", Roles::BOTH).await;
    let (first, second) = (world.session("Noor").await, world.session("Sami").await);
    world.store.close_editor(noor, world.now()).await.unwrap();
    assert!(
        world
            .store
            .web_session(first, world.now())
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        world
            .store
            .web_session(second, world.now())
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        world
            .store
            .begin_sign_in("Noor", world.now())
            .await
            .unwrap()
            .is_none()
    );
    let again = world.store.close_editor(noor, world.now()).await;
    assert!(matches!(
        again,
        Err(StoreError::Refused(Refusal::NotAnEditor))
    ));

    world
        .store
        .reissue_enrolment(sami, sha256(b"new"), world.now())
        .await
        .unwrap();
    assert!(
        world
            .store
            .web_session(second, world.now())
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        world
            .store
            .begin_sign_in("Sami", world.now())
            .await
            .unwrap()
            .is_none(),
        "the old password is gone"
    );
    world
        .store
        .enrol(sha256(b"new"), &Private::from("$argon2id$new"), world.now())
        .await
        .unwrap();
    world.session("Sami").await;
    assert_eq!(world.store.end_sessions().await.unwrap(), 1);
    let editors = world.store.editors().await.unwrap();
    let states: Vec<_> = editors
        .iter()
        .map(|e| (e.name.as_str(), e.enrolled, e.closed))
        .collect();
    assert_eq!(states, [("Noor", false, true), ("Sami", true, false)]);
}

pub(crate) async fn names_are_unique_whatever_their_case(world: World) {
    world.editor("Noor", Roles::EDITOR).await;
    let taken = world
        .store
        .add_editor("NOOR", Roles::EDITOR, sha256(b"x"), world.now())
        .await;
    assert!(matches!(
        taken,
        Err(StoreError::Refused(Refusal::NameTaken))
    ));
    let invalid = world
        .store
        .add_editor("", Roles::EDITOR, sha256(b"x"), world.now())
        .await;
    assert!(matches!(
        invalid,
        Err(StoreError::Refused(Refusal::NameInvalid))
    ));
    assert_eq!(world.store.editors().await.unwrap().len(), 1);
}
