//! The real desk and real servers: delivering while it is killed, and how soon a correction and a withdrawal are seen.

mod servers;

use std::time::{Duration, Instant};

use desk::desk::{ChannelEntry, Desk, EditorId, Entered, Published, StoryDraft, StoryId};
use ledger::sha256;
use newsroom::outbox::{Deed, Stage};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use self::servers::peers::figure;
use self::servers::{Account, Servers};
use crate::running::Running;
use crate::way;
use crate::world::World;

/// How many stories each server is told when nobody says: `FH_DELIVERIES` does.
const STORIES: u32 = 4;
/// No row takes longer to settle, besides what pacing takes.
const PATIENCE: Duration = Duration::from_secs(240);

/// Enters each account and has somebody else confirm it; a line that loses answers is asked again.
async fn enter(desk: &Desk, accounts: &[Account], (noor, sami): (EditorId, EditorId)) {
    for account in accounts {
        for attempt in 0.. {
            let entry = ChannelEntry {
                known: None,
                kind: account.kind,
                language: "en".into(),
                server: format!("http://{}", account.address),
                account: account.name.clone(),
                secret: account.secret.clone().into(),
                proxy: None,
            };
            match desk.enter_channel(noor, entry).await.unwrap() {
                Entered::Waiting(_) => break,
                Entered::Useless(words) => assert!(attempt < 40, "{:?}: {words}", account.kind),
            }
        }
    }
    for view in desk.channels(sami).await.unwrap() {
        let shown = view.pending.unwrap();
        desk.confirm_channel(sami, view.id, shown).await.unwrap();
    }
}

/// Saves a version and has two people approve it.
async fn approved(desk: &Desk, story: StoryId, words: &str, (noor, sami): (EditorId, EditorId)) {
    let draft = StoryDraft {
        title_en: format!("Seen {words}"),
        body_en: "People were turned back.".into(),
        title_ar: format!("شوهد {words}"),
        body_ar: "أُعيد الناس.".into(),
        ..StoryDraft::default()
    };
    let saved = desk.save_story(noor, story, draft).await.unwrap();
    let session = sha256(b"a session");
    for editor in [noor, sami] {
        let approved = desk.approve(editor, story, &saved.clearance, &session);
        approved.await.unwrap();
    }
}

/// Waits until every row has settled, and gives how many of each stage.
async fn settled(desk: &Desk, rows: usize, patience: Duration) -> (usize, u32) {
    let (store, end) = (desk.store().unwrap(), Instant::now() + patience);
    loop {
        let all = store.deliveries(None, 100_000).await.unwrap();
        for row in &all {
            let ended = row.stage == Stage::Rejected;
            let stuck = row.stage == Stage::Unknown && row.due_at.is_none();
            let words = row.words.as_ref().map(|words| words.expose().to_owned());
            assert!(!ended && !stuck, "{row:?}: {words:?}");
        }
        let done = all.iter().filter(|row| row.stage == Stage::Confirmed);
        if done.clone().count() == rows {
            return (rows, all.iter().map(|row| row.attempts).sum());
        }
        let waiting: Vec<_> = all
            .iter()
            .filter(|row| row.stage != Stage::Confirmed)
            .collect();
        assert!(Instant::now() < end, "not settled: {waiting:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[test]
fn peer_a_desk_killed_while_delivering_doubles_and_loses_nothing() {
    let said = std::env::var("FH_DELIVERIES").ok();
    let stories: u32 = said.map_or(STORIES, |text| text.parse().unwrap());
    let servers = Servers::start();
    let (lines, accounts) = servers.behind_hostile_lines(51);
    let world = World::new(51);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let editors = way::enrol(&desk, &world).await;
        enter(&desk, &accounts, editors).await;
        let store = desk.store().unwrap();
        let mut decided = Vec::new();
        for number in 0..stories {
            let story = desk.new_story(editors.0).await.unwrap();
            approved(&desk, story, &marker(number), editors).await;
            decided.push(story);
        }
        // Decided and recorded; each desk that follows carries out what it finds.
        for story in decided {
            let now = desk::clock::now();
            store.publish_story(story, editors.0, now).await.unwrap();
        }
        desk.stop().await;
    });
    let (mut rng, kills) = (ChaCha20Rng::seed_from_u64(51), (stories / 4).max(3));
    for _ in 0..kills {
        let mut running = Running::start(&world);
        running.unlock(&world);
        let moment = 1_500 + u64::from(rng.next_u32() % 5_000);
        // The moment of the kill is the one thing here that is about time.
        std::thread::sleep(Duration::from_millis(moment));
        running.kill();
    }
    let rows = usize::try_from(stories).unwrap() * accounts.len();
    let (confirmed, attempts) = runtime.block_on(async {
        let desk = world.open_desk().await;
        let patience = PATIENCE + Duration::from_secs(6) * stories;
        let settled = settled(&desk, rows, patience).await;
        desk.stop().await;
        settled
    });
    for (kind, posts) in servers.posts() {
        for number in 0..stories {
            let telling = posts.iter().filter(|post| post.contains(&marker(number)));
            assert_eq!(telling.count(), 1, "story {number} on {kind:?}");
        }
    }
    assert!(lines.iter().all(|line| line.was_hostile()) || stories < 20);
    let servers = accounts.len();
    figure(&format!(
        "the desk killed while delivering: {servers} servers, {stories} stories each, {confirmed} rows confirmed in {attempts} attempts, {kills} kills; 0 duplicates, 0 losses"
    ));
}

/// Words that no other story has.
fn marker(number: u32) -> String {
    format!("report{number}end")
}

#[test]
fn peer_a_correction_and_a_withdrawal_are_seen_on_every_server_within_a_minute() {
    let servers = Servers::start();
    let accounts = servers.accounts();
    let world = World::new(52);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = world.open_desk().await;
        let editors = way::enrol(&desk, &world).await;
        enter(&desk, &accounts, editors).await;
        let story = desk.new_story(editors.0).await.unwrap();
        for (round, words) in ["firstwords", "otherwords"].into_iter().enumerate() {
            approved(&desk, story, words, editors).await;
            let begun = Instant::now();
            let out = desk.publish(editors.0, story).await.unwrap();
            assert!(matches!(out, Published::Out(_)));
            let name = if round == 0 { "told" } else { "corrected" };
            servers.await_each(name, begun, |_, posts| {
                posts.iter().any(|post| post.contains(words))
            });
        }
        // Changed where it stands: nobody shows the old words any more.
        servers.await_each("old words gone", Instant::now(), |account, posts| {
            account.keeps_versions() || posts.iter().all(|post| !post.contains("firstwords"))
        });
        let begun = Instant::now();
        desk.withdraw_from_channels(editors.0, story).await.unwrap();
        servers.await_each("withdrawn", begun, |account, posts| {
            account.refuses_to_delete() || posts.iter().all(|post| !post.contains("otherwords"))
        });
        // What a server refuses to take away is said, and not called gone.
        let store = desk.store().unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let rows = store.deliveries(Some(story), 100).await.unwrap();
            let withdrawals = rows.iter().filter(|row| row.deed == Deed::Withdraw);
            let ended = |stage| withdrawals.clone().filter(|row| row.stage == stage).count();
            if (ended(Stage::Confirmed), ended(Stage::Rejected)) == (3, 1) {
                break;
            }
            assert!(Instant::now() < end, "{rows:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        desk.stop().await;
    });
}
