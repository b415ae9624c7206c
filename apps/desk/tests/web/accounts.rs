//! Enrolment, signing in and out, and guessing.

use crate::rig::{EDITORS, Engine, Newsroom, PASSWORD, Setting};

fn a_code_works_once(engine: Engine) {
    let newsroom = Newsroom::open(&Setting::new(engine));
    let page = format!("/enrol/{}", newsroom.code(EDITORS[0]));
    let visitor = newsroom.visitor();
    for (fields, code) in [
        (vec![("password", "short")], "too-short"),
        (
            vec![("password", PASSWORD), ("again", "another one entirely")],
            "differ",
        ),
        (vec![("password", "aaaaaaaaaaaaaaaa")], "guessable"),
    ] {
        let reply = visitor.post(&page, &page, &fields);
        assert_eq!((reply.status, reply.code().as_str()), (422, code));
    }
    let set = visitor.post(&page, &page, &[("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!((set.status, set.header("location")), (303, "/sign-in"));
    let again = visitor.post(&page, &page, &[("password", "somebody else's words")]);
    assert_eq!(
        (again.status, again.code().as_str()),
        (409, "enrolment-spent")
    );
    let unknown = visitor.post(
        "/enrol/nothing",
        "/enrol/nothing",
        &[("password", PASSWORD)],
    );
    assert_eq!(unknown.code(), "enrolment-spent");
    assert_eq!(
        visitor.sign_in(EDITORS[0], "somebody else's words").status,
        401
    );
    assert_eq!(visitor.sign_in(EDITORS[0], PASSWORD).status, 303);
    assert_eq!(visitor.page("/").status, 200);
}

#[test]
fn a_code_works_once_on_sqlcipher() {
    a_code_works_once(Engine::Sqlcipher);
}

#[test]
fn a_code_works_once_on_postgres() {
    a_code_works_once(Engine::Postgres);
}

#[test]
fn guessing_slows_down_alike_for_names_that_exist_and_names_that_do_not() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    newsroom.enrol(EDITORS[0]);
    let visitor = newsroom.visitor();
    let mut told = Vec::new();
    for name in [EDITORS[0], "Nobody", EDITORS[1]] {
        let mut replies = Vec::new();
        for _ in 0..6 {
            let reply = visitor.sign_in(name, "a wrong password");
            replies.push((
                reply.status,
                reply.code(),
                reply.header("retry-after").to_owned(),
            ));
        }
        told.push(replies);
    }
    assert_eq!(told[0][4], (401, "wrong-password".into(), String::new()));
    assert_eq!(told[0][5], (429, "wait".into(), "10".into()));
    assert!(told.iter().all(|replies| *replies == told[0]), "{told:?}");
    // The right password has to wait as well, and is taken afterwards.
    assert_eq!(visitor.sign_in(EDITORS[0], PASSWORD).status, 429);
    newsroom.later(11);
    assert_eq!(visitor.sign_in(EDITORS[0], PASSWORD).status, 303);
}

#[test]
fn guesses_sent_at_once_gain_nothing() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    newsroom.enrol(EDITORS[0]);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let guess = || {
            newsroom
                .visitor()
                .sign_in(EDITORS[0], "a wrong password")
                .status
        };
        let threads: Vec<_> = (0..12).map(|_| scope.spawn(guess)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let checked = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(checked, 5, "{statuses:?}");
}

#[test]
fn sessions_end() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let visitor = newsroom.signed_in(EDITORS[0]);
    assert_eq!(visitor.page("/").status, 200);
    assert_eq!(visitor.post("/", "/sign-out", &[]).status, 303);
    assert_eq!(visitor.data("/").status, 401);
    assert_eq!(visitor.sign_in(EDITORS[0], PASSWORD).status, 303);
    newsroom.later(12 * 3_600 + 1);
    assert_eq!(visitor.data("/").status, 401);
}

#[test]
fn any_editor_locks_the_desk_and_nobody_stays_inside() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let hala = newsroom.signed_in(EDITORS[0]);
    let omar = newsroom.signed_in(EDITORS[1]);
    assert_eq!(hala.post("/", "/lock", &[]).status, 303);
    assert_eq!(omar.data("/").status, 503);
    assert_eq!(hala.data("/stories").status, 503);
}
