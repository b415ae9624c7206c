//! Opening the record: keys, connections, migrations.

use crate::columns::{Columns, Place};
use crate::engine::{Engine, Rekeyed, Tx, args, transact};
use crate::error::{EngineError, StoreError};
use crate::migrate;
use crate::rekey::CHECK;
use newsroom::Private;
use openers::{ColumnKey, DatabaseKey, IndexKey};
use rand_core::{CryptoRng, RngCore};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// Connections that read beside the one that writes (SQLCipher), and connections in all (PostgreSQL).
const CONNECTIONS: u32 = 8;

/// What the record is checked with.
const WORD: &[u8] = b"firsthand";

/// Randomness that ids, salts and nonces come from; made by the application.
pub trait Entropy: RngCore + CryptoRng + Send {}
impl<T: RngCore + CryptoRng + Send> Entropy for T {}

/// The keys of the record.
pub struct StoreKeys {
    /// Seals named columns, on both engines.
    pub column: ColumnKey,
    /// Finds sealed values again.
    pub index: IndexKey,
}

/// The newsroom's record. Cloning is cheap; all clones are one store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    guard: Option<Arc<dyn Any + Send + Sync>>,
}

struct Inner {
    engine: Engine,
    columns: Columns,
    entropy: Mutex<Box<dyn Entropy>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.inner.engine {
            Engine::Lite { .. } => "Store(SQLCipher)",
            Engine::Pg(..) => "Store(PostgreSQL)",
        })
    }
}

impl Store {
    /// Opens (or creates) a SQLCipher database file under a raw key.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], [`StoreError::UnknownMigration`], or the engine's failure.
    pub async fn open_sqlite(
        path: &Path,
        database: &DatabaseKey,
        keys: StoreKeys,
        entropy: impl Entropy + 'static,
    ) -> Result<Self, StoreError> {
        let base = lite_options(path, database);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_secs(60))
            .connect_with(base.clone())
            .await
            .map_err(opening)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(60))
            .connect_lazy_with(base.pragma("query_only", "ON"));
        Self::start(Engine::Lite { writer, readers }, keys, entropy).await
    }

    /// Opens a PostgreSQL database (15 or later). Named columns are sealed; the disk below must be encrypted too.
    ///
    /// # Errors
    /// [`StoreError::Address`], [`StoreError::WrongKey`], [`StoreError::UnknownMigration`], or the engine's failure.
    pub async fn open_postgres(
        url: &str,
        keys: StoreKeys,
        mut entropy: impl Entropy + 'static,
    ) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse().map_err(|_| StoreError::Address)?;
        // All connections of one store share a name that no other store has: re-keying looks for others by it.
        let mut name = [0; 8];
        entropy.fill_bytes(&mut name);
        let rekeyed = Arc::new(Rekeyed::default());
        let looks = rekeyed.clone();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .after_connect(move |connection, _| {
                let looks = looks.clone();
                Box::pin(async move { looks.look(connection).await })
            })
            .acquire_timeout(Duration::from_secs(30))
            .connect_with(
                options
                    .application_name(&format!("fh-desk/{}", hex::encode(name)))
                    .disable_statement_logging(),
            )
            .await
            .map_err(opening)?;
        Self::start(Engine::Pg(pool, rekeyed), keys, entropy).await
    }

    async fn start(
        engine: Engine,
        keys: StoreKeys,
        entropy: impl Entropy + 'static,
    ) -> Result<Self, StoreError> {
        migrate::run(&engine).await.map_err(wrong_key)?;
        let columns = Columns::new(&keys.column, keys.index);
        let inner = Inner {
            engine,
            columns,
            entropy: Mutex::new(Box::new(entropy)),
        };
        let store = Self {
            inner: Arc::new(inner),
            guard: None,
        };
        store.check_keys().await?;
        if let Engine::Pg(_, rekeyed) = store.engine() {
            rekeyed.expect(&store.columns().index("meta", "value", WORD)?);
        }
        Ok(store)
    }

    /// A sealed word in the database tells whether these are the keys it was written with.
    async fn check_keys(&self) -> Result<(), StoreError> {
        transact!(self, "check keys", Work, |tx| {
            let found: Option<(Vec<u8>,)> = tx
                .one("SELECT value FROM meta WHERE name = $1", args!["check"])
                .await?;
            match found {
                Some((sealed,)) => {
                    let opened = self
                        .columns()
                        .open(CHECK, &sealed)
                        .map_err(|_| StoreError::WrongKey)?;
                    let index = self.columns().index("meta", "value", &opened)?;
                    let kept: Option<(Vec<u8>,)> = tx
                        .one(
                            "SELECT value FROM meta WHERE name = $1",
                            args!["check-index"],
                        )
                        .await?;
                    let fits =
                        opened.as_slice() == WORD && kept.is_some_and(|(kept,)| kept == index);
                    if fits {
                        Ok(())
                    } else {
                        Err(StoreError::WrongKey)
                    }
                }
                None => self.plant_check(tx, self.columns()).await,
            }
        })
    }

    /// Writes the word under these keys, in the place of an earlier one.
    pub(crate) async fn plant_check(
        &self,
        tx: &mut Tx,
        columns: &Columns,
    ) -> Result<(), StoreError> {
        let sealed = columns.seal(CHECK, self.random(), WORD)?;
        let index = columns.index("meta", "value", WORD)?;
        let put = "INSERT INTO meta (name, value) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.exec(put, args!["check", sealed]).await?;
        tx.exec(put, args!["check-index", index]).await?;
        Ok(())
    }

    /// Keeps something for as long as any clone of this store lives: the lock that it was opened under.
    #[must_use]
    pub fn with_guard(mut self, guard: impl Send + Sync + 'static) -> Self {
        self.guard = Some(Arc::new(guard));
        self
    }

    /// Closes all connections. Every later call on any clone fails; the desk does this when it is locked.
    pub async fn close(&self) {
        self.inner.engine.close().await;
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn columns(&self) -> &Columns {
        &self.inner.columns
    }

    /// Fresh random bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.inner
            .entropy
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(&mut bytes);
        bytes
    }

    /// Seals a value for its place under a fresh nonce.
    pub(crate) fn seal(&self, place: Place<'_>, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.columns().seal(place, self.random(), value)
    }

    /// Opens a sealed value.
    pub(crate) fn open(
        &self,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        self.columns().open(place, sealed)
    }

    /// Opens a sealed text.
    pub(crate) fn open_text(&self, place: Place<'_>, sealed: &[u8]) -> Result<Private, StoreError> {
        let opened = self.open(place, sealed)?;
        let text = std::str::from_utf8(&opened).map_err(|_| StoreError::Damaged {
            table: place.table,
            column: place.column,
        })?;
        Ok(Private::from(text))
    }
}

/// SQLCipher under a raw key: no key derivation, nothing logged, nothing temporary on the disk.
pub(crate) fn lite_options(path: &Path, key: &DatabaseKey) -> SqliteConnectOptions {
    let literal = Zeroizing::new(format!("\"x'{}'\"", hex::encode(key.expose_bytes())));
    // These options print the key in their Debug form: they never leave this module. They must keep a copy of it,
    // because a pool opens connections later; it lives as long as the store is unlocked.
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .pragma("key", literal.as_str().to_owned())
        .pragma("temp_store", "MEMORY")
        .pragma("secure_delete", "ON")
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(30))
        .disable_statement_logging()
}

pub(crate) fn opening(error: sqlx::Error) -> StoreError {
    wrong_key(StoreError::Database {
        during: "opening",
        source: EngineError::from(error),
    })
}

fn wrong_key(error: StoreError) -> StoreError {
    match &error {
        StoreError::Database { source, .. } if source.is_not_a_database() => StoreError::WrongKey,
        _ => error,
    }
}
