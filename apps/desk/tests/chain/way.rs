//! The whole way: photograph, cells, drop, desk, scrub, two approvals, site, proof; and what was logged meanwhile.

use std::fs;
use std::io::Read;
use std::time::Duration;

use desk::clock;
use desk::desk::{
    Desk, DispatchState, EditorId, ItemId, Published, StoryDraft, StoryMedia, WorkState,
};
use desk::founding::enrolment_digest;
use ledger::{LogVerifier, sha256};
use newsroom::Private;

use crate::world::{NOTE, PSEUDONYM, World, until};
use crate::{capture, photo};

pub(crate) const FILE_NAME: &str = "IMG_from_the_roof.jpg";

#[test]
fn a_photograph_goes_the_whole_way_and_the_logs_stay_silent() {
    let logs = capture::start();
    let world = World::new(11);
    let original = photo::jpeg(1);
    {
        let mut reporter = world.reporter();
        reporter.add(&[(FILE_NAME.into(), original.clone())], NOTE);
        reporter.send();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let item = arrived(&desk).await;
        proven(&desk).await;
        let (noor, sami) = enrol(&desk, &world).await;
        examined(&desk, item).await;
        let story = cleared(&desk, item, noor, sami).await;
        let Published::Out(published) = desk.publish(noor, story).await.unwrap() else {
            panic!("it was to go out at once");
        };
        assert_eq!(published.files.len(), 1);
        // Pressing twice changes nothing.
        let again = desk.publish(noor, story).await.unwrap();
        assert_eq!(again, Published::Out(published.clone()));
        check_site(&world, &original, &published);
        let custody = desk.item(item).await.unwrap().custody;
        let acts: Vec<&str> = custody.iter().map(|line| line.what.as_str()).collect();
        for act in [
            "item.entered",
            "item.examined",
            "item.scrubbed",
            "item.published",
        ] {
            assert!(acts.contains(&act), "{act} is missing in {acts:?}");
        }
        desk.stop().await;
    });
    let mut reporter = world.reporter();
    let (receipts, forgotten) = reporter.receive();
    assert!(
        receipts >= 1 && forgotten >= 3,
        "{receipts} receipts, {forgotten} forgotten"
    );
    silent(&logs.text(), &world);
}

/// The drop's checkpoints come to name every cell that the desk was handed, and nothing is wrong with it.
async fn proven(desk: &Desk) {
    let mut events = desk.events();
    for _ in 0..120 {
        let drops = desk.drops().await.unwrap();
        assert_eq!(drops.len(), 1);
        assert_eq!(drops[0].alarms, []);
        if drops[0].cells > 0 && drops[0].proven == drops[0].cells {
            assert!(drops[0].log_key.as_ref().unwrap().starts_with("drop/"));
            return;
        }
        let _ = tokio::time::timeout(std::time::Duration::from_millis(500), events.recv()).await;
    }
    panic!("the drop's checkpoints never named what it handed out");
}

pub(crate) async fn arrived(desk: &Desk) -> ItemId {
    let view = until(desk, |inbox| {
        inbox
            .dispatches
            .iter()
            .any(|one| one.state == DispatchState::Complete)
    })
    .await;
    let dispatch = &view.dispatches[0];
    assert_eq!(dispatch.note.as_deref(), Some(NOTE));
    assert_eq!(dispatch.items.len(), 1);
    assert_eq!(dispatch.items[0].name, FILE_NAME);
    dispatch.items[0].id
}

pub(crate) async fn enrol(desk: &Desk, world: &World) -> (EditorId, EditorId) {
    let store = desk.store().unwrap();
    let mut ids = Vec::new();
    for (_, code) in &world.handover.enrolments {
        let password = Private::new("$argon2id$not-used-here");
        ids.push(
            store
                .enrol(enrolment_digest(code), &password, clock::now())
                .await
                .unwrap(),
        );
    }
    (ids[0], ids[1])
}

pub(crate) async fn examined(desk: &Desk, item: ItemId) {
    wait(desk, item, |view| view.preview == WorkState::Done).await;
    let view = desk.item(item).await.unwrap();
    assert_eq!(view.kind, "jpeg");
    assert!(
        view.findings
            .iter()
            .any(|found| found.value.contains(photo::CANARY)),
        "the comment must be found: {:?}",
        view.findings
    );
    let mut poster = desk.open_poster(item).await.unwrap();
    let mut bytes = Vec::new();
    poster.reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, poster.len);
    assert!(bytes.starts_with(&[0xFF, 0xD8]));
}

pub(crate) async fn wait(
    desk: &Desk,
    item: ItemId,
    wanted: impl Fn(&desk::desk::ItemView) -> bool,
) {
    let mut events = desk.events();
    let waiting = async {
        while !wanted(&desk.item(item).await.unwrap()) {
            let _ = tokio::time::timeout(Duration::from_secs(1), events.recv()).await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(90), waiting)
        .await
        .is_err()
    {
        panic!("waited too long: {:?}", desk.item(item).await.unwrap());
    }
}

/// Scrubs, writes, and has two people approve; holds the refusals on the way.
pub(crate) async fn cleared(
    desk: &Desk,
    item: ItemId,
    noor: EditorId,
    sami: EditorId,
) -> desk::desk::StoryId {
    desk.request_scrub(item, noor).await.unwrap();
    desk.request_scrub(item, noor).await.unwrap();
    wait(desk, item, |view| view.scrub == WorkState::Done).await;
    let derivatives = desk.item(item).await.unwrap().derivatives;
    assert_eq!(derivatives.len(), 1, "asking twice makes one");
    assert!(
        derivatives[0]
            .report
            .removed
            .iter()
            .any(|one| one.value.contains(photo::CANARY))
    );

    let story = desk.new_story(noor).await.unwrap();
    let mut draft = StoryDraft {
        title_en: "The gate is closed".into(),
        body_en: "People were turned back.\r\n\r\nNobody said why.".into(),
        title_ar: "البوابة مغلقة".into(),
        body_ar: "أُعيد الناس من حيث أتوا.".into(),
        media: vec![StoryMedia {
            derivative: derivatives[0].id,
            alt_en: "A closed gate".into(),
            alt_ar: "بوابة مغلقة".into(),
        }],
        ..StoryDraft::default()
    };
    let session = sha256(b"a session");
    let first = desk.save_story(noor, story, draft.clone()).await.unwrap();
    desk.approve(noor, story, &first.clearance, &session)
        .await
        .unwrap();
    let twice = desk
        .approve(noor, story, &first.clearance, &session)
        .await
        .unwrap_err();
    assert_eq!(twice.code(), "same-editor-twice");
    let early = desk.publish(noor, story).await.unwrap_err();
    assert_eq!(early.code(), "not-cleared");

    draft.title_en.push('.');
    let second = desk.save_story(noor, story, draft).await.unwrap();
    assert!(second.approvals.is_empty(), "an edit voids approvals");
    let stale = desk
        .approve(sami, story, &first.clearance, &session)
        .await
        .unwrap_err();
    assert_eq!(stale.code(), "stale-approval");
    for editor in [noor, sami] {
        desk.approve(editor, story, &second.clearance, &session)
            .await
            .unwrap();
    }
    story
}

pub(crate) fn check_site(world: &World, original: &[u8], published: &desk::desk::PublicationView) {
    let site = world.path("site");
    let file = fs::read(site.join(&published.files[0].file)).unwrap();
    let proof_file = fs::read(site.join(&published.files[0].proof)).unwrap();
    assert!(
        site.join(&published.url_path).exists(),
        "{}",
        published.url_path
    );
    let key: LogVerifier = fs::read_to_string(world.folder().log_key())
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let report = proof::check(
        &mut file.as_slice(),
        &proof_file,
        std::slice::from_ref(&key),
    )
    .unwrap();
    assert!(!report.fails(), "{report:?}");
    let mut flipped = file.clone();
    flipped[file.len() / 2] ^= 1;
    let report = proof::check(&mut flipped.as_slice(), &proof_file, &[key]).unwrap();
    assert!(report.fails(), "a flipped byte must fail");

    let hash = sha256(original).to_string();
    for entry in walkdir::WalkDir::new(&site) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            for needle in [photo::CANARY, hash.as_str(), PSEUDONYM, NOTE, FILE_NAME] {
                assert!(
                    !holds(&bytes, needle),
                    "{needle} is in {}",
                    entry.path().display()
                );
            }
        }
    }
}

fn silent(logs: &str, world: &World) {
    assert!(logs.contains("the desk is open"), "the logs were captured");
    let mut needles: Vec<String> = [PSEUDONYM, NOTE, FILE_NAME, photo::CANARY, "not-used-here"]
        .map(String::from)
        .to_vec();
    needles.push(world.drop_token.clone());
    needles.extend(
        world
            .handover
            .passphrases
            .iter()
            .map(|(_, p)| p.expose().to_owned()),
    );
    needles.extend(
        world
            .handover
            .enrolments
            .iter()
            .map(|(_, code)| code.to_string()),
    );
    let kit = formats::Kit::decode(&fs::read(world.path("kit")).unwrap()).unwrap();
    needles.push(hex::encode(kit.chain.expose_bytes()));
    needles.push(kit.id.to_string());
    for needle in needles {
        assert!(!logs.contains(&needle), "the logs hold {needle}");
    }
    let lower = logs.to_lowercase();
    for word in ["age-secret-key", "bearer ", "pragma key", "x'"] {
        assert!(!lower.contains(word), "the logs hold {word:?}");
    }
}

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}
