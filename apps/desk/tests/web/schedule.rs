//! Embargoes over HTTP: entered in the newsroom's zone, waited for, held back, kept to.

use std::time::{Duration, Instant};

use desk::clock;
use desk::desk::{StoryDraft, StorySettings};
use serde_json::Value;

use crate::rig::{EDITORS, Engine, Newsroom, Setting, Visitor};

const WORDS: [(&str, &str); 4] = [
    ("title_en", "For tomorrow"),
    ("body_en", "Words."),
    ("title_ar", "للغد"),
    ("body_ar", "كلام."),
];

/// A newsroom with an editor and a safety editor at work.
fn opened() -> (Newsroom, [Visitor; 2]) {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let editors = [EDITORS[0], EDITORS[2]].map(|name| newsroom.signed_in(name));
    (newsroom, editors)
}

fn begun(visitor: &Visitor) -> String {
    let begun = visitor.post("/stories", "/stories/new", &[]);
    begun.header("location").to_owned()
}

fn approved(editors: &[Visitor], story: &str) {
    let shown = editors[0].data(story).json();
    let clearance = shown["clearance"].as_str().unwrap().to_owned();
    for editor in editors {
        let fields = [("clearance", clearance.as_str())];
        let reply = editor.post(story, &format!("{story}/approve"), &fields);
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

fn settings(not_before: &str) -> Vec<(&str, &str)> {
    let fields = [
        ("slug", "for-tomorrow"),
        ("grade", "probable"),
        ("not_before", not_before),
    ];
    WORDS.into_iter().chain(fields).collect()
}

#[test]
fn an_embargo_is_entered_in_the_newsrooms_zone_and_waited_for() {
    let (newsroom, editors) = opened();
    let hala = &editors[0];
    let story = begun(hala);
    // The clocks skip this minute in Berlin, and bring that one twice.
    for unclear in ["2027-03-28T02:30", "2027-10-31T02:30"] {
        let refused = hala.post(&story, &story, &settings(unclear));
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (409, "moment-unclear")
        );
    }
    let saved = hala.post(&story, &story, &settings("2036-07-01T20:30"));
    assert_eq!(saved.status, 303, "{}", saved.body);
    let at = hala.data(&story).json()["settings"]["not_before"]
        .as_i64()
        .unwrap();
    let utc: jiff::Timestamp = "2036-07-01T18:30:00Z".parse().unwrap();
    assert_eq!(at, utc.as_microsecond());
    let early = hala.post(&story, &format!("{story}/publish"), &[]);
    assert_eq!(early.code(), "not-cleared", "a moment is no approval");
    approved(&editors, &story);
    let scheduled = hala.post(&story, &format!("{story}/publish"), &[]).json();
    assert_eq!(scheduled["scheduled_at"], at);
    let page = hala.page(&story).body;
    for words in [
        "It goes out by itself",
        "2036-07-01 20:30 Europe/Berlin",
        "2036-07-01 18:30 UTC",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let address = newsroom.site().join("en/stories/for-tomorrow.html");
    assert!(!address.exists());
    assert_eq!(
        hala.post(&story, &format!("{story}/unschedule"), &[])
            .status,
        303
    );
    assert_eq!(hala.data(&story).json()["schedule"], Value::Null);
    assert_eq!(
        hala.post(&story, &format!("{story}/unschedule"), &[])
            .code(),
        "not-scheduled"
    );
}

#[test]
fn a_scheduled_story_is_out_within_two_seconds_of_its_moment_and_not_before() {
    let (newsroom, editors) = opened();
    let hala = &editors[0];
    let story = begun(hala);
    assert_eq!(hala.post(&story, &story, &settings("")).status, 303);
    // Finer than a form can say.
    let id = story.rsplit('/').next().unwrap().parse().unwrap();
    let desk = &newsroom.desk;
    let view = newsroom.runtime.block_on(desk.story(id)).unwrap();
    let at = clock::now().0 + 4_000_000;
    let draft = StoryDraft {
        settings: view.draft.settings.clone().map(|settings| StorySettings {
            not_before: Some(at),
            ..settings
        }),
        ..view.draft
    };
    approved(&editors, &story);
    let given = &hala.data(&story).json()["approvals"][0];
    let hala_id = given["editor"].as_str().unwrap().parse().unwrap();
    newsroom
        .runtime
        .block_on(desk.save_story(hala_id, id, draft))
        .unwrap();
    approved(&editors, &story);
    let scheduled = hala.post(&story, &format!("{story}/publish"), &[]).json();
    assert_eq!(scheduled["scheduled_at"], at);
    let address = newsroom.site().join("en/stories/for-tomorrow.html");
    let end = Instant::now() + Duration::from_secs(60);
    while !address.exists() {
        assert!(Instant::now() < end, "it never went out");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    assert!(clock::now().0 >= at, "before its moment");
    let record = loop {
        let record = hala.data(&story).json();
        if record["state"] == "published" {
            break record;
        }
        assert!(Instant::now() < end);
        std::thread::park_timeout(Duration::from_millis(50));
    };
    let live = record["publication"]["at"].as_i64().unwrap();
    assert!((at..at + 2_000_000).contains(&live), "{} late", live - at);
}
