//! The locked desk, hosts and origins, CSRF tokens, headers: what stands before any page.

use crate::rig::{EDITORS, Engine, Newsroom, Setting, Visitor};

const PATHS: [&str; 10] = [
    "/",
    "/items/00000000000000000000000000000000",
    "/items/x/preview",
    "/stories",
    "/stories/x",
    "/derivatives/x",
    "/sign-in",
    "/enrol/abc",
    "/events",
    "/nowhere",
];

fn strict_headers(reply: &crate::rig::Reply, path: &str) {
    let csp = reply.header("content-security-policy");
    assert!(csp.contains("default-src 'none'"), "{path}: {csp}");
    assert!(
        csp.contains("frame-ancestors 'none'") && !csp.contains("unsafe"),
        "{path}"
    );
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
    assert_eq!(reply.header("cache-control"), "no-store", "{path}");
    assert_eq!(reply.header("x-frame-options"), "DENY", "{path}");
}

#[test]
fn a_locked_desk_answers_with_its_unlock_page_alone() {
    let newsroom = Newsroom::locked(&Setting::new(Engine::Sqlcipher));
    let visitor = newsroom.visitor();
    for path in PATHS {
        let reply = visitor.page(path);
        assert_eq!(reply.status, 503, "{path}");
        assert!(reply.body.contains("name=\"passphrase\""), "{path}");
        assert!(!reply.body.contains("name=\"password\""), "{path}");
        strict_headers(&reply, path);
        let data = visitor.data(path);
        assert_eq!(
            (data.status, data.json()["state"].as_str()),
            (503, Some("locked")),
            "{path}"
        );
    }
    let unlock = visitor.data("/unlock");
    assert_eq!(unlock.status, 200);
    assert_eq!(unlock.json()["threshold"], 2);
    let posted = visitor.send("/sign-in", &[("name", "Hala"), ("password", "x")], &[]);
    assert_eq!(posted.status, 503);
    assert_eq!(visitor.page("/assets/desk.css").status, 200);
}

#[test]
fn two_custodians_open_the_desk_and_guessers_wait() {
    let newsroom = Newsroom::locked(&Setting::new(Engine::Sqlcipher));
    let visitor = newsroom.visitor();
    let enter = |name: &str, passphrase: &str| {
        visitor.post(
            "/unlock",
            "/unlock",
            &[("custodian", name), ("passphrase", passphrase)],
        )
    };
    let wrong = enter("Amal", "not it");
    assert_eq!(
        (wrong.status, wrong.json()["refusal"].as_str()),
        (409, Some("wrong-passphrase"))
    );
    let nobody = enter("<script>", "not it");
    assert_eq!(nobody.json()["refusal"], "unknown-custodian");
    let given: Vec<(String, String)> = newsroom
        .handover
        .passphrases
        .iter()
        .map(|(name, passphrase)| (name.clone(), passphrase.expose().to_owned()))
        .collect();
    let first = enter(&given[0].0, &given[0].1);
    assert_eq!(
        (
            first.status,
            first.json()["entered"].as_array().unwrap().len()
        ),
        (200, 1)
    );
    let again = enter(&given[0].0, &given[0].1);
    assert_eq!(again.json()["refusal"], "already-entered");
    for _ in 0..5 {
        assert_eq!(enter("Dima", "guess").status, 409);
    }
    let early = enter("Dima", "guess");
    assert_eq!((early.status, early.header("retry-after")), (429, "10"));
    let second = enter(&given[1].0, &given[1].1);
    assert_eq!(second.json()["state"], "open");
    assert_eq!(visitor.page("/").status, 303);
}

#[test]
fn every_reply_is_strict_and_errors_say_nothing_of_the_inside() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let visitor = newsroom.signed_in(EDITORS[0]);
    for path in [
        "/",
        "/stories",
        "/unlock",
        "/sign-in",
        "/assets/desk.js",
        "/nowhere",
        "/items/nonsense",
        "/items/00000000000000000000000000000000",
        "/stories/00000000000000000000000000000000",
        "/items/00000000000000000000000000000000/preview",
        "/lang/en",
        "/lang/xx",
        "/assets/..%2fCargo.toml",
        "/items/..%2f..%2fetc%2fpasswd/preview",
        "/assets/%00",
        "/items/%ff",
        "/derivatives/..%2f..%2f",
    ] {
        let reply = visitor.page(path);
        strict_headers(&reply, path);
        assert!(reply.status < 500, "{path}: {}", reply.status);
        for inside in ["panicked", "sqlx", "src/", "SELECT", "Error("] {
            assert!(
                !reply.body.contains(inside) || path.contains("assets/desk"),
                "{path}: {inside}"
            );
        }
    }
    let missing = visitor.data("/stories/00000000000000000000000000000000");
    assert_eq!(
        (missing.status, missing.code().as_str()),
        (404, "not-found")
    );
    assert_eq!(visitor.send("/", &[], &[]).status, 405);
    let outside = newsroom.visitor();
    assert_eq!(outside.data("/").code(), "sign-in-first");
    let sent_away = outside.page("/stories?x=1");
    assert_eq!(
        (sent_away.status, sent_away.header("location")),
        (303, "/sign-in?back=%2Fstories%3Fx%3D1")
    );
}

#[test]
fn forms_need_the_token_of_this_very_session() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let hala = newsroom.signed_in(EDITORS[0]);
    let omar = newsroom.signed_in(EDITORS[1]);
    let own = hala.csrf("/stories");
    let foreign = omar.csrf("/stories");
    let outside = newsroom.visitor().csrf("/sign-in");
    for wrong in ["", "x", &own[..63], &foreign, &outside, &own.to_uppercase()] {
        let reply = hala.send("/stories/new", &[("csrf", wrong)], &[]);
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (403, "csrf"),
            "{wrong}"
        );
    }
    assert_eq!(hala.send("/stories/new", &[], &[]).code(), "csrf");
    let token = [("csrf", own.as_str())];
    for headers in [
        [("origin", "https://evil.example")],
        [("origin", "null")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        let reply = hala.send("/stories/new", &token, &headers);
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (403, "origin"),
            "{headers:?}"
        );
    }
    assert_eq!(
        hala.data("/stories").json()["stories"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    let origin = newsroom.url.clone();
    let good = hala.send(
        "/stories/new",
        &token,
        &[("origin", &origin), ("sec-fetch-site", "same-origin")],
    );
    assert_eq!(good.status, 303);
    // A browser's own form under no-referrer.
    let good = hala.send(
        "/stories/new",
        &token,
        &[("origin", "null"), ("sec-fetch-site", "same-origin")],
    );
    assert_eq!(good.status, 303);
}

#[test]
fn foreign_hosts_foreign_bodies_and_huge_forms_are_refused() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let visitor = newsroom.signed_in(EDITORS[0]);
    let rebound = visitor.get(
        "/",
        &[("host", "evil.example"), ("accept", "application/json")],
    );
    assert_eq!((rebound.status, rebound.code().as_str()), (421, "host"));
    let csrf = visitor.csrf("/stories");
    let json = visitor.send(
        "/stories/new",
        &[("csrf", &csrf)],
        &[("content-type", "application/json")],
    );
    assert_eq!((json.status, json.code().as_str()), (415, "not-a-form"));
    let huge = "x".repeat(2 << 20);
    let reply = visitor.send("/stories/new", &[("csrf", &csrf), ("body_en", &huge)], &[]);
    assert_eq!((reply.status, reply.code().as_str()), (413, "too-large"));
}

#[test]
fn cookies_are_strict_and_bound_to_the_host_under_tls() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    newsroom.enrol(EDITORS[0]);
    let plain = newsroom.visitor();
    let reply = plain.sign_in(EDITORS[0], crate::rig::PASSWORD);
    let cookies = set_cookies(&reply);
    let session = cookies
        .iter()
        .find(|c| c.starts_with("fh-session="))
        .unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(session.contains(attribute), "{session}");
    }
    assert!(!session.contains("Max-Age") && !session.contains("Domain"));

    let mut setting = Setting::new(Engine::Sqlcipher);
    setting.public_origin = Some("https://desk.example");
    let newsroom = Newsroom::locked(&setting);
    let visitor = Visitor::new(&newsroom.url);
    let reply = visitor.get("/unlock", &[("host", "desk.example")]);
    assert_eq!(reply.status, 200);
    let cookies = set_cookies(&reply);
    assert_eq!(cookies.len(), 1);
    assert!(
        cookies[0].starts_with("__Host-fh-visitor="),
        "{}",
        cookies[0]
    );
    for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookies[0].contains(attribute), "{}", cookies[0]);
    }
}

fn set_cookies(reply: &crate::rig::Reply) -> Vec<String> {
    let all = reply.headers.get_all("set-cookie").iter();
    all.map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_language_is_remembered_and_leads_nowhere_else() {
    let newsroom = Newsroom::locked(&Setting::new(Engine::Sqlcipher));
    let visitor = newsroom.visitor();
    for (back, expected) in [
        ("%2Funlock", "/unlock"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%2Fevil.example", "/"),
        ("javascript%3Aalert(1)", "/"),
        ("%2F%5Cevil", "/"),
        ("%2Fa%0d%0aSet-Cookie%3Ax", "/"),
    ] {
        let reply = visitor.page(&format!("/lang/ar?back={back}"));
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, expected),
            "{back}"
        );
    }
    let page = visitor.page("/unlock");
    assert!(page.body.contains("<html lang=\"ar\" dir=\"rtl\">"));
}
