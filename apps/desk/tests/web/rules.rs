//! Nobody publishes alone: the rules of approval as they hold over HTTP, on both databases.

use std::sync::Barrier;

use serde_json::Value;

use crate::rig::{EDITORS, Engine, Newsroom, Reply, Setting, Visitor};

const TEXTS: [(&str, &str); 4] = [
    ("title_en", "What was filmed this morning"),
    ("body_en", "First.\n\nSecond."),
    ("title_ar", "ما صُوِّر هذا الصباح"),
    ("body_ar", "أولًا.\n\nثانيًا."),
];

fn begin(visitor: &Visitor) -> String {
    let reply = visitor.post("/stories", "/stories/new", &[]);
    assert_eq!(reply.status, 303, "{}", reply.body);
    reply.header("location").to_owned()
}

fn write(visitor: &Visitor) -> String {
    let story = begin(visitor);
    let saved = visitor.post(&story, &story, &TEXTS);
    assert_eq!(saved.status, 303, "{}", saved.body);
    story
}

fn see(visitor: &Visitor, story: &str) -> Value {
    visitor.data(story).json()
}

fn clearance(visitor: &Visitor, story: &str) -> String {
    see(visitor, story)["clearance"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn approve(visitor: &Visitor, story: &str, clearance: &str) -> Reply {
    visitor.post(
        story,
        &format!("{story}/approve"),
        &[("clearance", clearance)],
    )
}

fn publish(visitor: &Visitor, story: &str) -> Reply {
    visitor.post(story, &format!("{story}/publish"), &[])
}

fn refused(reply: &Reply, code: &str) {
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (409, code),
        "{}",
        reply.body
    );
}

fn nobody_publishes_alone(engine: Engine) {
    let newsroom = Newsroom::open(&Setting::new(engine));
    let [hala, omar, salma] = EDITORS.map(|name| newsroom.signed_in(name));
    let story = write(&hala);
    refused(&publish(&hala, &story), "not-cleared");
    let shown = clearance(&hala, &story);
    assert_eq!(approve(&hala, &story, &shown).status, 200);
    refused(&approve(&hala, &story, &shown), "same-editor-twice");
    refused(&publish(&hala, &story), "not-cleared");
    // Two editors, and no safety editor among them.
    assert_eq!(approve(&omar, &story, &shown).status, 200);
    refused(&publish(&omar, &story), "safety-missing");
    assert_eq!(see(&hala, &story)["state"], "draft");
    assert_eq!(approve(&salma, &story, &shown).status, 200);
    assert_eq!(see(&hala, &story)["state"], "cleared");
    let published = publish(&omar, &story);
    assert_eq!(published.status, 200, "{}", published.body);
    assert!(!published.json()["url_path"].as_str().unwrap().is_empty());
    assert_eq!(
        see(&hala, &story)["publication"]["url_path"],
        published.json()["url_path"]
    );
}

fn an_edit_voids_approvals(engine: Engine) {
    let newsroom = Newsroom::open(&Setting::new(engine));
    let [hala, _, salma] = EDITORS.map(|name| newsroom.signed_in(name));
    let story = write(&hala);
    let first = clearance(&hala, &story);
    assert_eq!(approve(&hala, &story, &first).status, 200);
    assert_eq!(approve(&salma, &story, &first).status, 200);
    let mut changed = TEXTS;
    changed[3].1 = "أولًا.\n\nثانيًا، بكلمة زائدة.";
    assert_eq!(hala.post(&story, &story, &changed).status, 303);
    let now = see(&hala, &story);
    assert_ne!(now["clearance"].as_str().unwrap(), first);
    assert_eq!(now["approvals"].as_array().unwrap().len(), 0);
    refused(&publish(&hala, &story), "not-cleared");
    // Somebody still has the old page open.
    refused(&approve(&salma, &story, &first), "stale-approval");
    refused(&approve(&salma, &story, &"0".repeat(64)), "stale-approval");
    for nonsense in ["", "x", "../../etc/passwd", "<script>"] {
        let reply = approve(&salma, &story, nonsense);
        assert!(
            (400..500).contains(&reply.status),
            "{nonsense}: {}",
            reply.status
        );
    }
    // A setting is bound as well as a text.
    let second = clearance(&hala, &story);
    assert_eq!(approve(&salma, &story, &second).status, 200);
    let mut settings = changed.to_vec();
    settings.extend([
        ("slug", "this-morning"),
        ("grade", "confirmed"),
        ("graphic", "1"),
    ]);
    assert_eq!(hala.post(&story, &story, &settings).status, 303);
    assert_eq!(see(&hala, &story)["approvals"].as_array().unwrap().len(), 0);
    refused(&approve(&salma, &story, &second), "stale-approval");
}

fn of_two_at_once_one_wins(engine: Engine) {
    let newsroom = Newsroom::open(&Setting::new(engine));
    let [hala, omar, salma] = EDITORS.map(|name| newsroom.signed_in(name));
    for _ in 0..3 {
        let story = write(&hala);
        let shown = clearance(&hala, &story);
        // The same person from two tabs.
        let twice = both(
            || approve(&hala, &story, &shown),
            || approve(&hala, &story, &shown),
        );
        one_wins(&twice, 200, "same-editor-twice");
        // Two people.
        let two = both(
            || approve(&omar, &story, &shown),
            || approve(&salma, &story, &shown),
        );
        assert_eq!(
            (two[0].status, two[1].status),
            (200, 200),
            "{} {}",
            two[0].body,
            two[1].body
        );
        assert_eq!(see(&hala, &story)["approvals"].as_array().unwrap().len(), 3);
        // An edit against a publication of what stood before: never both for one version.
        let version = see(&hala, &story)["version"].to_string();
        let edit = |text: &'static str| {
            let mut fields = TEXTS.to_vec();
            fields[1].1 = text;
            fields.push(("version", &version));
            hala.post(&story, &story, &fields)
        };
        let edits = both(|| edit("One."), || edit("Two."));
        one_wins(&edits, 303, "edit-conflict");
        assert_eq!(see(&hala, &story)["approvals"].as_array().unwrap().len(), 0);
    }
}

fn one_wins(replies: &[Reply; 2], won: u16, lost: &str) {
    let winners = replies.iter().filter(|reply| reply.status == won).count();
    assert_eq!(winners, 1, "{} / {}", replies[0].body, replies[1].body);
    let loser = replies.iter().find(|reply| reply.status != won).unwrap();
    refused(loser, lost);
}

fn both(a: impl FnOnce() -> Reply + Send, b: impl FnOnce() -> Reply + Send) -> [Reply; 2] {
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            start.wait();
            a()
        });
        start.wait();
        let second = b();
        [first.join().unwrap(), second]
    })
}

/// Two people approve what stands there, and it goes out; what the site then shows at a path.
fn send_out(newsroom: &Newsroom, people: [&Visitor; 2], story: &str) -> Value {
    let shown = clearance(people[0], story);
    for person in people {
        assert_eq!(approve(person, story, &shown).status, 200);
    }
    let published = publish(people[0], story);
    assert_eq!(published.status, 200, "{}", published.body);
    assert!(newsroom.site().join("manifest").is_file());
    published.json()
}

fn what_goes_out_beside_the_words_is_approved_corrected_and_withdrawn(engine: Engine) {
    let newsroom = Newsroom::open(&Setting::new(engine));
    let [hala, _, salma] = EDITORS.map(|name| newsroom.signed_in(name));
    let story = begin(&hala);
    let page = |lang: &str, name: &str| {
        std::fs::read_to_string(newsroom.site().join(lang).join(name)).unwrap_or_default()
    };
    // What was never published cannot be withdrawn.
    let reasons = [("reason_en", "Not so."), ("reason_ar", "ليس كذلك.")];
    refused(
        &hala.post(&story, &format!("{story}/withdraw"), &reasons),
        "nothing-to-withdraw",
    );
    let mut fields = TEXTS.to_vec();
    fields.extend([
        ("slug", "this-morning"),
        ("grade", "probable"),
        ("topic_0_slug", "bread"),
        ("topic_0_en", "Bread"),
        ("topic_0_ar", "الخبز"),
        ("place_slug", "old-town"),
        ("place_en", "The old town"),
        ("place_ar", "البلدة القديمة"),
        ("place_north", "35.95281"),
        ("place_east", "39.00712"),
        ("when", "2026-11-22"),
    ]);
    for (field, value, code) in [
        ("when", "yesterday", "bad-date"),
        ("place_north", "95", "nowhere"),
        ("topic_0_slug", "B", "slug-invalid"),
    ] {
        let mut bad = fields.clone();
        bad.iter_mut()
            .filter(|(name, _)| *name == field)
            .for_each(|one| one.1 = value);
        refused(&hala.post(&story, &story, &bad), code);
    }
    assert_eq!(hala.post(&story, &story, &fields).status, 303);
    let said = &see(&hala, &story)["settings"]["telling"];
    assert_eq!(
        said["place"]["point"],
        serde_json::json!([3595, 3901]),
        "made coarse"
    );
    send_out(&newsroom, [&hala, &salma], &story);
    assert!(page("en", "topics/bread.html").contains("this-morning.html"));
    assert!(page("ar", "places/old-town.html").contains("البلدة القديمة"));
    assert!(page("en", "timeline/2026-11.html").contains("this-morning.html"));

    // A correction: bound by approvals like the words, shown with the story.
    fields[1].1 = "First, corrected.";
    fields.extend([
        ("correction_en", "It was two."),
        ("correction_ar", "كانا اثنين."),
    ]);
    assert_eq!(hala.post(&story, &story, &fields).status, 303);
    refused(&publish(&hala, &story), "not-cleared");
    send_out(&newsroom, [&hala, &salma], &story);
    assert!(page("ar", "stories/this-morning.html").contains("كانا اثنين."));
    assert!(page("en", "corrections.html").contains("It was two."));

    // Withdrawn by two people: the address stays, words and lists forget it.
    let gone = hala.post(&story, &format!("{story}/withdraw"), &reasons[..1]);
    assert_eq!(gone.status, 303, "{}", gone.body);
    refused(
        &approve(&hala, &story, &clearance(&hala, &story)),
        "incomplete",
    );
    assert_eq!(
        hala.post(&story, &format!("{story}/withdraw"), &reasons)
            .status,
        303
    );
    refused(&publish(&hala, &story), "not-cleared");
    assert!(page("en", "stories/this-morning.html").contains("First, corrected."));
    send_out(&newsroom, [&hala, &salma], &story);
    let tombstone = page("en", "stories/this-morning.html");
    assert!(tombstone.contains("Not so.") && !tombstone.contains("corrected."));
    assert!(!tombstone.contains("What was filmed this morning"));
    assert!(page("en", "atom.xml").contains("Not so."));
    assert_eq!(
        page("en", "topics/bread.html"),
        "",
        "no story has the topic any more"
    );
}

#[test]
fn what_goes_out_beside_the_words_on_sqlcipher() {
    what_goes_out_beside_the_words_is_approved_corrected_and_withdrawn(Engine::Sqlcipher);
}

#[test]
fn what_goes_out_beside_the_words_on_postgres() {
    what_goes_out_beside_the_words_is_approved_corrected_and_withdrawn(Engine::Postgres);
}

#[test]
fn nobody_publishes_alone_on_sqlcipher() {
    nobody_publishes_alone(Engine::Sqlcipher);
}

#[test]
fn nobody_publishes_alone_on_postgres() {
    nobody_publishes_alone(Engine::Postgres);
}

#[test]
fn an_edit_voids_approvals_on_sqlcipher() {
    an_edit_voids_approvals(Engine::Sqlcipher);
}

#[test]
fn an_edit_voids_approvals_on_postgres() {
    an_edit_voids_approvals(Engine::Postgres);
}

#[test]
fn of_two_at_once_one_wins_on_sqlcipher() {
    of_two_at_once_one_wins(Engine::Sqlcipher);
}

#[test]
fn of_two_at_once_one_wins_on_postgres() {
    of_two_at_once_one_wins(Engine::Postgres);
}

#[test]
fn a_story_that_is_not_whole_is_not_approved() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let hala = newsroom.signed_in(EDITORS[0]);
    let story = begin(&hala);
    let empty = clearance(&hala, &story);
    refused(&approve(&hala, &story, &empty), "incomplete");
    assert_eq!(hala.post(&story, &story, &TEXTS[..2]).status, 303);
    let half = clearance(&hala, &story);
    refused(&approve(&hala, &story, &half), "incomplete");
    let unknown = [("derivative", "00000000000000000000000000000000")];
    assert!((400..500).contains(&hala.post(&story, &story, &unknown).status));
}

#[test]
fn the_approval_page_shows_what_is_bound() {
    let newsroom = Newsroom::open(&Setting::new(Engine::Sqlcipher));
    let hala = newsroom.signed_in(EDITORS[0]);
    let story = write(&hala);
    let page = hala.page(&format!("{story}/approve"));
    assert_eq!(page.status, 200);
    for (_, text) in TEXTS {
        for paragraph in text.split("\n\n") {
            assert!(page.body.contains(paragraph), "{paragraph}");
        }
    }
    let shown = clearance(&hala, &story);
    assert_eq!(
        page.body.matches(&shown).count(),
        2,
        "once to read, once in the form"
    );
}
