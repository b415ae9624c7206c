//! New keys for the record: all of it goes over, none of it opens under the old ones, and files are replaced as one.

use crate::double::{Double, Survives};
use crate::world::{Engine, World, alter, draft};
use crate::{epochs, held, offers, outbox, risks, secrecy};
use formats::{Cell, ReceiptKind};
use keys::{ChainKey, DatabaseKey, MailboxAddress, ReplyIdentity, ReplyKeys};
use ledger::{Digest, sha256};
use newsroom::accounts::Roles;
use newsroom::audit::{Act, Chain};
use newsroom::{EditorId, Private, Refusal};
use std::collections::BTreeSet;
use std::path::Path;
use store::testing::{Opened, entropy, everything_sealed, keys, sealed_columns};
use store::{
    Disk as _, DiskFile as _, RekeyFacts, ReplyKind, SealedReply, Store, StoreError, Switch,
    SwitchState,
};

fn facts() -> RekeyFacts {
    RekeyFacts {
        mark: sha256(b"the new keyring"),
        generation: 2,
        removed: 1,
        added: 0,
        threshold: (2, 2),
    }
}

/// Puts a value into every sealed column there is.
async fn plant_everything(world: &World) -> EditorId {
    let case = risks::cleared(world).await;
    let drop = risks::equip(world, &case).await;
    risks::forced_cell(world, &case.key).await;
    assert_eq!(case.acknowledge(world, case.sami).await, "ok");
    let channel = outbox::opened(world, case.noor, case.sami).await;
    assert_eq!(case.publish(world).await, "ok");
    outbox::fill(world, channel, case.story, case.noor).await;
    let (store, now) = (&world.store, world.now());
    secrecy::plant(world, [0xC7; 32], sha256(b"an original")).await;
    let offered = offers::offered(world).await;
    let device = ReplyIdentity::from_bytes([1; 32]).recipient();
    let code = Private::from("four words of code");
    store
        .offer_asked(offers::ID, &device, &code, now)
        .await
        .unwrap();
    let next = ChainKey::from_bytes([9; 32]);
    epochs::say(world, offered, &epochs::standing(0, 0), Some(&next)).await;
    store.publish_bulletin(1, b"a bulletin", now).await.unwrap();
    let pairs = [ReplyKeys::generate(&mut entropy(5)).pair()];
    let key = world.dispatch(offered).await;
    let film = held::held(1, held::FILM, "a film");
    store.enter_held(&key, &[film]).await.unwrap();
    store.add_reply_pairs(&key, &pairs, now).await.unwrap();
    let pair = store.next_reply_pair(&key, now).await.unwrap().unwrap();
    let reply = SealedReply {
        drop,
        mailbox: MailboxAddress([7; 32]),
        cell: Cell::from_slice(&[7; formats::CELL]).unwrap(),
    };
    let kind = ReplyKind::Receipt(ReceiptKind::Have);
    store
        .queue_reply(&key, kind, &pair.pair, &[reply], now)
        .await
        .unwrap();
    let kit = case.key.kit;
    let plan = store.capture_plan(kit, now, case.sami, now).await.unwrap();
    let reason = Private::from("taken");
    store
        .capture(kit, now, plan.plan.hash(), &reason, false, case.sami, now)
        .await
        .unwrap();
    let sealed = everything_sealed(store).await.unwrap();
    let filled: BTreeSet<_> = sealed.iter().map(|one| (one.0, one.1)).collect();
    for column in sealed_columns() {
        assert!(filled.contains(&column), "{column:?} has no value to move");
    }
    case.noor
}

async fn open(world: &World, file: &str, n: u8) -> Result<Store, StoreError> {
    match &world.engine {
        Engine::Sqlcipher(folder) => {
            let key = DatabaseKey::from_bytes([if file == "desk.db" { 1 } else { 2 }; 32]);
            Store::open_sqlite(&folder.join(file), &key, keys(n), entropy(4)).await
        }
        Engine::Postgres { url, .. } => Store::open_postgres(url, keys(n), entropy(4)).await,
    }
}

/// Where the record is after it: a copy on SQLCipher, the same database on PostgreSQL.
const NEXT: &str = "desk.db.next";

/// Re-keys the world's record from keys 1 to keys 2.
async fn rekey(world: &World) {
    match &world.engine {
        Engine::Sqlcipher(folder) => {
            world.store.close().await;
            let [old, new] = [1, 2].map(|n| DatabaseKey::from_bytes([n; 32]));
            store::export_sqlite(&folder.join("desk.db"), &old, &folder.join(NEXT), &new)
                .await
                .unwrap();
        }
        Engine::Postgres { url, .. } => {
            assert_eq!(store::postgres_mark(url).await.unwrap(), None);
            let second = open(world, NEXT, 1).await.unwrap();
            let refused = second.rekey(keys(2), &facts(), world.now()).await;
            assert!(
                matches!(refused, Err(StoreError::InUse)),
                "another desk is connected: {refused:?}"
            );
            world.store.close().await;
        }
    }
    let store = open(world, NEXT, 1).await.unwrap();
    store
        .clone()
        .rekey(keys(2), &facts(), world.now())
        .await
        .unwrap();
    assert!(
        store.kits().await.is_err(),
        "closed, for it has the old keys"
    );
}

pub(crate) async fn the_record_goes_over_to_new_keys_whole(world: World) {
    let noor = plant_everything(&world).await;
    let session = sha256(b"a session");
    let attempt = world.store.begin_sign_in("noor", world.now()).await;
    assert!(attempt.unwrap().is_some());
    world
        .store
        .sign_in(noor, session, &[4; 32], world.now())
        .await
        .unwrap();
    assert!(signed_in(&world.store, session, &world).await);
    let before = everything_sealed(&world.store).await.unwrap();
    rekey(&world).await;
    let old = open(&world, NEXT, 1).await;
    assert!(matches!(old, Err(StoreError::WrongKey)), "{old:?}");
    let store = open(&world, NEXT, 2).await.unwrap();
    let after = everything_sealed(&store).await.unwrap();
    let not_new = |one: &&Opened| before.contains(one);
    let added: Vec<_> = after.iter().filter(|one| !not_new(one)).collect();
    assert_eq!(added.len(), 1, "one entry of the audit trail: {added:?}");
    assert_eq!(after.len(), before.len() + 1);
    assert!(!signed_in(&store, session, &world).await);
    let desk = store.audit(Chain::Desk).await.unwrap();
    assert_eq!(desk.last().unwrap().event.entry.act, Act::NewsroomRekeyed);
    assert_eq!(desk.last().unwrap().event.entry.details["generation"], "2");
    indexes_find(&store, &world).await;
    match &world.engine {
        Engine::Sqlcipher(folder) => {
            // The original is untouched until the copy takes its place.
            let original = open(&world, "desk.db", 1).await.unwrap();
            assert_eq!(everything_sealed(&original).await.unwrap(), before);
            original.close().await;
            let both = [folder.join("desk.db"), folder.join(NEXT)];
            let [old, new] = both.map(|path| std::fs::read(path).unwrap());
            let pages: BTreeSet<_> = old.chunks(64).collect();
            assert!(!new.chunks(64).any(|chunk| pages.contains(chunk)));
        }
        Engine::Postgres { url, .. } => {
            let mark = store::postgres_mark(url).await.unwrap();
            assert_eq!(mark, Some(facts().mark));
        }
    }
    store.close().await;
}

async fn signed_in(store: &Store, session: Digest, world: &World) -> bool {
    let found = store.web_session(session, world.now()).await;
    found.unwrap().is_some()
}

/// What is found by a sealed value is found under the new index key.
async fn indexes_find(store: &Store, world: &World) {
    let now = world.now();
    let twice = store.add_editor("NOOR", Roles::EDITOR, sha256(b"x"), now);
    assert!(matches!(
        twice.await,
        Err(StoreError::Refused(Refusal::NameTaken))
    ));
    store.kit_named("another").await.unwrap();
    let drops = store.drops().await.unwrap();
    let url = drops[0].url.expose().to_owned();
    let token = Private::from("t");
    let same = store.add_drop(&url, &token, now).await.unwrap();
    assert_eq!(same, drops[0].id);
    assert_eq!(store.drops().await.unwrap().len(), drops.len());
    let mut items = Vec::new();
    for dispatch in store.dispatches(100).await.unwrap() {
        items.extend(store.items_of(&dispatch.key).await.unwrap());
    }
    let item = items.first().unwrap();
    // The same bytes once more are noticed.
    let key = world.dispatch_in(store, item.dispatch.kit).await;
    let mut again = world.new_item("again.jpg");
    again.sha256 = item.sha256;
    let again = store.enter_items(&key, &[again], None, now).await.unwrap();
    let same = store.same_content(again[0]).await.unwrap();
    assert!(same.contains(&item.id), "{same:?}");
    let stories = store.stories(10).await.unwrap();
    let taken = store.story(stories[0].id).await.unwrap().story.draft;
    let by = store.editors().await.unwrap()[0].id;
    let story = store.create_story(by, None, now).await.unwrap();
    let mut text = draft(story, &[]);
    text.settings.slug = taken.settings.slug;
    let saved = store.save_story(story, by, 1, &text, now).await;
    assert!(
        matches!(saved, Err(StoreError::Refused(Refusal::SlugTaken))),
        "{saved:?}"
    );
}

pub(crate) async fn a_damaged_value_stops_a_re_keying_and_nothing_changes(world: World) {
    world.kit("Jasmine").await;
    let before = everything_sealed(&world.store).await.unwrap();
    let last = sealed_columns().last().copied();
    assert_eq!(
        last,
        Some(("audit", "details")),
        "the last one to be sealed anew"
    );
    let (open_quote, close_quote) = match world.engine {
        Engine::Sqlcipher(_) => ("x'", "'"),
        Engine::Postgres { .. } => ("'\\x", "'::bytea"),
    };
    let hurt = format!("{open_quote}0102{close_quote}");
    let spare = "INSERT INTO audit SELECT 'zzz', 0, prev_hash, hash, at, actor, act, ";
    let sql = format!("{spare}{hurt} FROM audit WHERE seq = 0 LIMIT 1");
    crate::world::alter(&world, sql).await;
    world.store.close().await;
    let store = open(&world, "desk.db", 1).await.unwrap();
    let stopped = store.rekey(keys(2), &facts(), world.now()).await;
    let damaged = StoreError::Damaged {
        table: "audit",
        column: "details",
    };
    assert_eq!(stopped.unwrap_err().to_string(), damaged.to_string());
    crate::world::alter(&world, "DELETE FROM audit WHERE chain = 'zzz'".into()).await;
    let store = open(&world, "desk.db", 1).await.unwrap();
    assert_eq!(everything_sealed(&store).await.unwrap(), before);
    store.close().await;
}

const FILES: &[&str] = &["keyring", "record"];

/// Two files as they were, and a switch to new ones begun and carried as far as it goes.
fn switched(disk: &Double, root: &Path) -> std::io::Result<()> {
    let switch = Switch::on(disk.clone(), root, FILES);
    for name in FILES {
        switch.stage(name, format!("new {name}").repeat(9000).as_bytes())?;
    }
    switch.decide()?;
    switch.finish()
}

fn content(disk: &Double, path: &Path) -> Option<Vec<u8>> {
    let file = disk.open(path, false).ok()?;
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    Some(bytes)
}

fn old_files(root: &Path) -> Double {
    let disk = Double::new(root);
    for name in FILES {
        let file = disk.create(&root.join(name)).unwrap();
        file.write_all_at(format!("old {name}").repeat(9000).as_bytes(), 0)
            .unwrap();
        file.sync().unwrap();
    }
    disk.sync_dir(root).unwrap();
    disk
}

#[test]
fn files_are_replaced_as_one_wherever_the_power_goes() {
    let root = Path::new("/desk");
    let whole = old_files(root);
    let start = whole.changes();
    switched(&whole, root).unwrap();
    let steps = whole.changes() - start;
    assert!(!whole.everything().windows(5).any(|part| part == b"old k"));
    assert_eq!(whole.files(root).unwrap().len(), FILES.len());
    let outcomes = [Survives::Nothing, Survives::Everything]
        .into_iter()
        .chain((0..12).map(Survives::Whatever));
    let (mut old, mut new) = (0, 0);
    for survives in outcomes {
        for first in 0..steps {
            // The power goes again while the first crash is being mended.
            for second in [None, Some(0), Some(3), Some(7)] {
                let disk = old_files(root);
                disk.dark_after(first);
                assert!(switched(&disk, root).is_err());
                disk.power_cycle(survives);
                if let Some(second) = second {
                    disk.dark_after(second);
                    let _ = settle(&disk, root);
                    disk.power_cycle(survives);
                }
                settle(&disk, root).unwrap();
                let found: Vec<Vec<u8>> = FILES
                    .iter()
                    .map(|name| content(&disk, &root.join(name)).unwrap())
                    .collect();
                let all = |age: &str| {
                    FILES.iter().zip(&found).all(|(name, bytes)| {
                        *bytes == format!("{age} {name}").repeat(9000).into_bytes()
                    })
                };
                assert!(all("old") != all("new"), "neither or a mix at {first}");
                old += usize::from(all("old"));
                new += usize::from(all("new"));
                let left = disk.files(root).unwrap();
                assert_eq!(left.len(), FILES.len(), "{left:?} at {first}");
            }
        }
    }
    assert!(old > 100 && new > 100, "{old} stayed, {new} went over");
}

/// What happens at the next start.
fn settle(disk: &Double, root: &Path) -> std::io::Result<()> {
    let switch = Switch::on(disk.clone(), root, FILES);
    match switch.state()? {
        SwitchState::Settled => Ok(()),
        SwitchState::Staged => switch.abandon(),
        SwitchState::Decided => switch.finish(),
    }
}

pub(crate) async fn a_desk_that_connects_again_goes_on_under_no_old_keys(world: World) {
    // The file of SQLCipher is replaced by one that the old key does not open.
    let Engine::Postgres { .. } = &world.engine else {
        return;
    };
    let noor = world.editor("Noor", Roles::EDITOR).await;
    // As after a night on which the network was away: the desk runs, and none of its connections is left.
    let end =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
               AND application_name LIKE 'fh-desk/%' AND pid <> pg_backend_pid()";
    alter(&world, end.to_owned()).await;
    let second = open(&world, NEXT, 1).await.unwrap();
    second.rekey(keys(2), &facts(), world.now()).await.unwrap();
    for _ in 0..2 {
        let refused = world.store.editors().await;
        assert!(
            matches!(refused, Err(StoreError::WrongKey)),
            "sealed under keys that are destroyed: {:?}",
            refused.err()
        );
    }
    let third = open(&world, NEXT, 2).await.unwrap();
    let editors = third.editors().await.unwrap();
    assert_eq!(editors.len(), 1, "{noor:?} as before");
    third.close().await;
}
