//! What the disk shows: nothing.

use crate::world::{Engine, World, alter, draft};
use formats::{KitId, MessageId};
use keys::{ChainKey, ColumnKey, DatabaseKey, IndexKey, ReplyKeys};
use ledger::sha256;
use newsroom::accounts::Roles;
use newsroom::arrival::DispatchKey;
use newsroom::sources::Watch;
use newsroom::{EditorId, Private, Refusal};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use store::testing::{entropy, keys};
use store::{NewKit, NewMessage, Store, StoreError, StoreKeys};

const CANARIES: [&str; 14] = [
    "canary-pseudonym",
    "canary-file-name",
    "canary-note",
    "canary-password",
    "canary-drop-url",
    "canary-token",
    "canary-editor",
    "canary-title",
    "canary-body",
    "canary-probe",
    "canary-report",
    "canary-reason",
    "canary-message",
    "canary-plan",
];

async fn open(world: &World, database: u8, keys: StoreKeys) -> Result<Store, StoreError> {
    match &world.engine {
        Engine::Sqlcipher(folder) => {
            let key = DatabaseKey::from_bytes([database; 32]);
            Store::open_sqlite(&folder.join("desk.db"), &key, keys, entropy(1)).await
        }
        Engine::Postgres { url, .. } => Store::open_postgres(url, keys, entropy(1)).await,
    }
}

pub(crate) async fn sealed_columns_open_only_with_the_right_keys(world: World) {
    world.kit("Jasmine").await;
    world.store.close().await;
    assert!(world.store.kits().await.is_err(), "closed is closed");
    assert!(matches!(
        open(&world, 1, keys(2)).await,
        Err(StoreError::WrongKey)
    ));
    let wrong_index = StoreKeys {
        column: ColumnKey::from_bytes([1; 32]),
        index: IndexKey::from_bytes([3; 32]),
    };
    assert!(matches!(
        open(&world, 1, wrong_index).await,
        Err(StoreError::WrongKey)
    ));
    if matches!(world.engine, Engine::Sqlcipher(_)) {
        assert!(matches!(
            open(&world, 9, keys(1)).await,
            Err(StoreError::WrongKey)
        ));
    }
    let right = open(&world, 1, keys(1)).await.unwrap();
    assert_eq!(right.kits().await.unwrap()[0].pseudonym.expose(), "Jasmine");
    assert!(matches!(
        right.kit(KitId([99; 8])).await,
        Err(StoreError::Refused(Refusal::UnknownKit))
    ));
}

pub(crate) async fn no_canary_is_on_the_disk(world: World) {
    let canaries = CANARIES;
    let chain = [0xC7; 32];
    let original = sha256(b"canary original");
    plant(&world, chain, original).await;
    let folder = match &world.engine {
        Engine::Sqlcipher(folder) => {
            let file = std::fs::read(folder.join("desk.db")).unwrap();
            assert!(
                !file.starts_with(b"SQLite format 3"),
                "a file without a plain header"
            );
            assert!(
                folder.join("desk.db-wal").exists(),
                "the log is searched while it is there"
            );
            folder.clone()
        }
        Engine::Postgres { folder, .. } => folder.clone(),
    };
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|b| format!("\\x{b:02x}"))
            .collect::<String>()
    };
    let mut patterns = canaries.map(str::to_owned).to_vec();
    patterns.extend([hex(&chain), hex(original.as_bytes()), original.to_string()]);
    let canary = regex::bytes::RegexBuilder::new(&patterns.join("|"))
        .unicode(false)
        .build()
        .unwrap();
    assert!(
        canary.is_match(&[b"...".as_slice(), &chain].concat()),
        "the search itself works"
    );
    for moment in ["in use", "closed"] {
        let mut searched = 0;
        for path in all_files(&folder) {
            let Ok(bytes) = std::fs::read(&path) else {
                continue;
            };
            searched += bytes.len();
            let found = canary
                .find(&bytes)
                .map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned());
            assert_eq!(found, None, "in {} while {moment}", path.display());
        }
        assert!(searched > 100_000, "searched {searched} bytes");
        world.store.close().await;
    }
}

/// Everything that was logged in this process, at TRACE.
fn log() -> &'static Mutex<Vec<u8>> {
    static LOG: OnceLock<&'static Mutex<Vec<u8>>> = OnceLock::new();
    LOG.get_or_init(|| {
        let log: &'static Mutex<Vec<u8>> = Box::leak(Box::default());
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || Writer(log));
        tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
        log
    })
}

struct Writer(&'static Mutex<Vec<u8>>);

impl std::io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) async fn nothing_secret_is_logged(mut world: World) {
    let log = log();
    world.reopen().await;
    plant(&world, [0xC7; 32], sha256(b"canary original")).await;
    let refused = world.store.issue_kit(&kit([0xC7; 32]), world.now()).await;
    let shown = format!(
        "{refused:?} {:?} {:?}",
        world.store,
        world.store.editors().await.map(|e| e.len())
    );
    let text = String::from_utf8_lossy(&log.lock().unwrap().clone()).into_owned() + &shown;
    assert!(
        text.contains("enter items") && text.contains("settled"),
        "transactions are logged by name: {text}"
    );
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} is in the log");
    }
    for secret in [
        hex::encode([1; 32]),
        hex::encode([0xC7; 32]),
        sha256(b"canary original").to_string(),
    ] {
        assert!(
            !text.to_lowercase().contains(&secret[..32]),
            "a key or a hash is in the log"
        );
    }
    assert!(
        !text.contains("PRAGMA key"),
        "sqlx logs its own statements unless told not to"
    );
}

pub(crate) async fn an_edited_or_unknown_migration_is_refused(world: World) {
    world.store.close().await;
    alter(
        &world,
        "INSERT INTO migrations (version, sha256) SELECT 99, sha256 FROM migrations WHERE version = 1".into(),
    )
    .await;
    let newer = open(&world, 1, keys(1)).await;
    assert!(
        matches!(newer, Err(StoreError::UnknownMigration { version: 99 })),
        "{newer:?}"
    );
    alter(&world, "DELETE FROM migrations WHERE version = 99".into()).await;
    open(&world, 1, keys(1)).await.unwrap().close().await;
    let other = hex::encode([5; 32]);
    let (open_quote, close_quote) = match world.engine {
        Engine::Sqlcipher(_) => ("x'", "'"),
        Engine::Postgres { .. } => ("'\\x", "'::bytea"),
    };
    alter(
        &world,
        format!("UPDATE migrations SET sha256 = {open_quote}{other}{close_quote}"),
    )
    .await;
    let edited = open(&world, 1, keys(1)).await;
    assert!(
        matches!(edited, Err(StoreError::UnknownMigration { version: 1 })),
        "{edited:?}"
    );
}

pub(crate) async fn desks_that_start_together_migrate_once(world: World) {
    let Engine::Postgres { url, .. } = &world.engine else {
        return;
    };
    alter(
        &world,
        "CREATE DATABASE untouched TEMPLATE template0".into(),
    )
    .await;
    let (server, _) = url.rsplit_once('/').unwrap();
    let url = format!("{server}/untouched");
    let all = [(); 4].map(|()| {
        let url = url.clone();
        tokio::spawn(async move { store::testing::postgres(&url).await.map(|_| ()) })
    });
    for one in all {
        one.await.unwrap().unwrap();
    }
}

fn kit(chain: [u8; 32]) -> NewKit {
    NewKit {
        id: KitId([66; 8]),
        pseudonym: Private::from("canary-pseudonym"),
        chain_key: ChainKey::from_bytes(chain),
        tokens: vec![],
    }
}

pub(crate) async fn plant(world: &World, chain: [u8; 32], original: ledger::Digest) {
    let store = &world.store;
    let noor = store
        .add_editor("canary-editor", Roles::BOTH, sha256(b"c"), world.now())
        .await
        .unwrap();
    store
        .enrol(sha256(b"c"), &Private::from("canary-password"), world.now())
        .await
        .unwrap();
    let token = Private::from("canary-token");
    store
        .add_drop("http://canary-drop-url", &token, world.now())
        .await
        .unwrap();
    let kit = kit(chain);
    store.issue_kit(&kit, world.now()).await.unwrap();
    let key = world.dispatch(kit.id).await;
    plant_words(world, &key, noor).await;
    let mut item = world.new_item("canary-file-name");
    item.sha256 = original;
    let other = world.new_item("canary-file-name-2");
    let note = Private::from("canary-note");
    let ids = store
        .enter_items(&key, &[item, other], Some(&note), world.now())
        .await
        .unwrap();
    for id in &ids {
        let preview = store::PreviewRecord {
            probe: Private::from("canary-probe"),
            poster: None,
            proxy: None,
            pages: vec![],
        };
        let found = store::Examined {
            kind: None,
            showable: true,
            preview,
        };
        store.item_examined(*id, &found, world.now()).await.unwrap();
        store.ask_scrub(*id, noor, world.now()).await.unwrap();
    }
    let mut derivative = world.new_derivative();
    derivative.report = Private::from("canary-report");
    store
        .item_scrubbed(ids[0], &derivative, world.now())
        .await
        .unwrap();
    store
        .item_scrub_refused(ids[1], "code", "canary-reason", world.now())
        .await
        .unwrap();
    let story = store.create_story(noor, None, world.now()).await.unwrap();
    let mut text = draft(story, &[]);
    text.en.title = "canary-title".into();
    text.ar.body = "canary-body".into();
    store
        .save_story(story, noor, 1, &text, world.now())
        .await
        .unwrap();
}

/// Words to a source, and what to do when she falls silent.
async fn plant_words(world: &World, key: &DispatchKey, by: EditorId) {
    let store = &world.store;
    let pair = ReplyKeys::generate(&mut entropy(3)).pair();
    store
        .add_reply_pairs(key, &[pair], world.now())
        .await
        .unwrap();
    let pair = store
        .message_pair(key.kit, None, by, world.now())
        .await
        .unwrap();
    let message = NewMessage {
        id: MessageId([9; 16]),
        kit: key.kit,
        answers: None,
        by,
        text: &Private::from("canary-message"),
        last_pair_meant: true,
    };
    store
        .queue_message(&message, &pair.unwrap().pair, &[], world.now())
        .await
        .unwrap();
    let watch = Watch {
        interval: newsroom::time::DAY,
        plan: "canary-plan".to_owned(),
    };
    store
        .watch_source(key.kit, by, Some(&watch), world.now())
        .await
        .unwrap();
}

fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found
}
