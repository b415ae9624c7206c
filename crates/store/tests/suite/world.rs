//! A newsroom to test in: a store, a clock that only tests move, and short ways to the usual things.

use formats::{CellHeader, DispatchId, KitId, PieceNo};
use keys::{ChainKey, PieceTag};
use ledger::{Digest, sha256};
use newsroom::accounts::Roles;
use newsroom::arrival::DispatchKey;
use newsroom::stories::{Draft, Placed};
use newsroom::vaults::Link;
use newsroom::{BlobId, DerivativeId, EditorId, ItemId, Micros, Private, StoryId};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use store::testing::Postgres;
use store::{
    Examined, NewDerivative, NewItem, NewKit, PreviewRecord, SpoolPosition, SpooledCell, Store,
    StoreError, VariantRecord, testing,
};

pub(crate) enum Engine {
    Sqlcipher(PathBuf),
    Postgres { url: String, folder: PathBuf },
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    clock: AtomicI64,
    next: AtomicU8,
    starts: u64,
}

impl World {
    pub(crate) async fn on_sqlcipher(folder: &Path) -> Self {
        let store = testing::sqlcipher(folder).await.unwrap();
        Self::new(store, Engine::Sqlcipher(folder.to_owned()))
    }

    pub(crate) async fn on_postgres(cluster: &Postgres) -> Self {
        let url = cluster.database().await.unwrap();
        let store = testing::postgres(&url).await.unwrap();
        Self::new(
            store,
            Engine::Postgres {
                url,
                folder: cluster.folder().to_owned(),
            },
        )
    }

    fn new(store: Store, engine: Engine) -> Self {
        Self {
            store,
            engine,
            clock: AtomicI64::new(1_800_000_000_000_000),
            next: AtomicU8::new(1),
            starts: 1,
        }
    }

    /// The desk is started anew on the same record.
    pub(crate) async fn reopen(&mut self) {
        self.store.close().await;
        self.starts += 1;
        let seed = self.starts;
        let opened = match &self.engine {
            Engine::Sqlcipher(folder) => testing::sqlcipher_again(folder, seed).await,
            Engine::Postgres { url, .. } => testing::postgres_again(url, seed).await,
        };
        self.store = opened.unwrap();
    }

    /// A moment later than every one before.
    pub(crate) fn now(&self) -> Micros {
        Micros(self.clock.fetch_add(1_000, Ordering::Relaxed))
    }

    pub(crate) fn pass(&self, micros: i64) {
        self.clock.fetch_add(micros, Ordering::Relaxed);
    }

    pub(crate) fn number(&self) -> u8 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) async fn editor(&self, name: &str, roles: Roles) -> EditorId {
        let code = sha256(name.as_bytes());
        let id = self
            .store
            .add_editor(name, roles, code, self.now())
            .await
            .unwrap();
        let password = Private::from(format!("$argon2id$of-{name}"));
        assert_eq!(
            self.store.enrol(code, &password, self.now()).await.unwrap(),
            id
        );
        id
    }

    /// Signs in and gives the hash of the session's token.
    pub(crate) async fn session(&self, name: &str) -> Digest {
        let token = sha256(format!("token of {name} {}", self.number()).as_bytes());
        let attempt = self
            .store
            .begin_sign_in(name, self.now())
            .await
            .unwrap()
            .unwrap();
        self.store
            .sign_in(attempt.editor, token, &[7; 32], self.now())
            .await
            .unwrap();
        token
    }

    pub(crate) async fn kit(&self, pseudonym: &str) -> KitId {
        let n = self.number();
        let kit = NewKit {
            id: KitId([n; 8]),
            pseudonym: Private::from(pseudonym),
            chain_key: ChainKey::from_bytes([n; 32]),
            tokens: Vec::new(),
        };
        self.store.issue_kit(&kit, self.now()).await.unwrap();
        kit.id
    }

    /// A dispatch of which one cell was seen.
    pub(crate) async fn dispatch(&self, kit: KitId) -> DispatchKey {
        self.dispatch_in(&self.store, kit).await
    }

    /// The same in another store.
    pub(crate) async fn dispatch_in(&self, store: &Store, kit: KitId) -> DispatchKey {
        let n = self.number();
        let key = DispatchKey {
            kit,
            dispatch: DispatchId([n; 16]),
        };
        let cell = cell(&key, 1, 0, 2, false, u64::from(n));
        store
            .record_cells(
                &[cell],
                SpoolPosition(u64::from(n) + 1),
                &|_, _| false,
                self.now(),
            )
            .await
            .unwrap();
        key
    }

    /// One opened dispatch with one examined item.
    pub(crate) async fn item(&self) -> ItemId {
        let kit = self.kit(&format!("kit {}", self.number())).await;
        let key = self.dispatch(kit).await;
        let ids = self
            .store
            .enter_items(&key, &[self.new_item("a.jpg")], None, self.now())
            .await
            .unwrap();
        self.examine(ids[0]).await;
        ids[0]
    }

    pub(crate) fn new_item(&self, name: &str) -> NewItem {
        let n = self.number();
        NewItem {
            blob: BlobId::from_bytes([n; 16]),
            bytes: 1000,
            sha256: sha256(&[n]),
            name: Private::from(name),
            captured_at: Some(Private::from("2026-11-20T08:00:00Z")),
            preview_of: None,
            cut: None,
        }
    }

    pub(crate) async fn examine(&self, item: ItemId) {
        let preview = PreviewRecord {
            probe: Private::from(r#"{"findings":[]}"#),
            poster: Some(BlobId::from_bytes([self.number(); 16])),
            proxy: None,
            pages: vec![],
        };
        let found = Examined {
            kind: Some("jpeg".into()),
            showable: true,
            preview,
        };
        self.store
            .item_examined(item, &found, self.now())
            .await
            .unwrap();
    }

    pub(crate) fn new_derivative(&self) -> NewDerivative {
        let n = self.number();
        NewDerivative {
            recipe: r#"{"scrub":1}"#.into(),
            tools: r#"["image 0.25"]"#.into(),
            blob: BlobId::from_bytes([n; 16]),
            sha256: sha256(&[n, n]),
            bytes: 900,
            kind: "jpeg".into(),
            mime: "image/jpeg".into(),
            poster: None,
            report: Private::from(r#"{"removed":["gps"]}"#),
            code: Some(format!("7K2M-{n:04}")),
            variants: vec![VariantRecord {
                rung: "small".into(),
                blob: BlobId::from_bytes([n ^ 0x80; 16]),
                sha256: sha256(&[n, n, n]),
                bytes: 90,
                mime: "image/jpeg".into(),
                dimensions: Some((640, 480)),
                lasts: None,
                steps: vec!["made-smaller".into()],
                tools: vec!["image 0.25".into()],
            }],
        }
    }

    pub(crate) async fn derivative(&self, by: EditorId) -> DerivativeId {
        let item = self.item().await;
        self.store.ask_scrub(item, by, self.now()).await.unwrap();
        self.store
            .item_scrubbed(item, &self.new_derivative(), self.now())
            .await
            .unwrap()
            .unwrap()
    }

    /// A complete story with one picture.
    pub(crate) async fn story(&self, by: EditorId) -> StoryId {
        let derivative = self.derivative(by).await;
        let id = self.store.create_story(by, None, self.now()).await.unwrap();
        self.store
            .save_story(id, by, 1, &draft(id, &[derivative]), self.now())
            .await
            .unwrap();
        id
    }

    /// Approves what the page shows right now.
    pub(crate) async fn approve(&self, story: StoryId, by: EditorId) -> Result<(), StoreError> {
        let shown = self.store.story(story).await?.clearance;
        self.store
            .approve_story(story, by, shown, sha256(by.as_bytes()), self.now())
            .await
    }
}

pub(crate) fn draft(story: StoryId, derivatives: &[DerivativeId]) -> Draft {
    let mut draft = Draft::empty(story);
    draft.en.title = "Market closed".into();
    draft.en.body = "The market was closed today.".into();
    draft.ar.title = "إغلاق السوق".into();
    draft.ar.body = "أُغلق السوق اليوم.".into();
    draft.media = derivatives
        .iter()
        .map(|derivative| Placed {
            derivative: *derivative,
            alt_en: "Closed stalls".into(),
            alt_ar: "أكشاك مغلقة".into(),
        })
        .collect();
    draft
}

pub(crate) fn tag(n: u8) -> PieceTag {
    PieceTag([n; 24])
}

pub(crate) fn cell(
    key: &DispatchKey,
    piece: u32,
    index: u16,
    k: u16,
    last: bool,
    at: u64,
) -> SpooledCell {
    let tag = tag(u8::try_from(piece).unwrap() + 1);
    let header = CellHeader {
        last,
        forced: false,
        index,
        k,
        piece: PieceNo(piece),
        length: 65_408 * u32::from(k),
        kit: key.kit,
        dispatch: key.dispatch,
        tag,
    };
    SpooledCell {
        header,
        at: SpoolPosition(at),
        from: Link { chain: 0, epoch: 0 },
    }
}

/// What an intruder with the database's key could do.
pub(crate) async fn alter(world: &World, sql: String) {
    use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
    match &world.engine {
        Engine::Sqlcipher(folder) => {
            let key = format!("\"x'{}'\"", "01".repeat(32));
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(folder.join("desk.db"))
                .pragma("key", key);
            options
                .connect()
                .await
                .unwrap()
                .execute(AssertSqlSafe(sql))
                .await
                .unwrap();
        }
        Engine::Postgres { url, .. } => {
            let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
            options
                .connect()
                .await
                .unwrap()
                .execute(AssertSqlSafe(sql))
                .await
                .unwrap();
        }
    }
}
