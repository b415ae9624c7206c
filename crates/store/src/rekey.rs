//! New keys for the record: every sealed column sealed anew, every keyed index computed anew, in one transaction.
//!
//! On PostgreSQL that transaction is the change itself, and the record keeps a mark that tells which keys it is sealed
//! under. On SQLCipher it runs on a copy under a new database key ([`export_sqlite`]), because pages under the old key
//! must not be left in a file that stays; the copy takes the place of the original with [`crate::Switch`].

use crate::columns::{Columns, Place};
use crate::disk::{Disk as _, RealDisk};
use crate::engine::{Dialect, Engine, Tx, Val, args, transact};
use crate::error::{EngineError, StoreError};
use crate::open::{Store, StoreKeys, lite_options, opening};
use crate::sealed::{Cell, Found, KEYED, SEALED, Sealed};
use crate::value::At;
use ledger::Digest;
use newsroom::Micros;
use newsroom::audit::{Act, Actor, Chain, Entry};
use openers::DatabaseKey;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// Rows that are held in memory at a time.
const BATCH: i64 = 1000;
/// How often, and how long apart, a look is taken whether others are connected.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// The name of the mark.
const MARK: &str = "keyring";

/// What the record keeps of a re-keying.
#[derive(Clone, Copy, Debug)]
pub struct RekeyFacts {
    /// Tells the new keyring from every other, and nothing else.
    pub mark: Digest,
    /// The new keyring's generation.
    pub generation: u32,
    /// How many custodians lost their share.
    pub removed: usize,
    /// How many got one for the first time.
    pub added: usize,
    /// How many of how many unlock the newsroom now.
    pub threshold: (u8, usize),
}

impl Store {
    /// Goes over to new keys, ends all sessions of editors, and closes: what is open still holds the old keys.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another desk is connected to the same PostgreSQL database; a damaged value, by its
    /// column; the engine's failure. After an error nothing is changed.
    pub async fn rekey(
        self,
        to: StoreKeys,
        facts: &RekeyFacts,
        now: Micros,
    ) -> Result<(), StoreError> {
        let fresh = Columns::new(&to.column, to.index);
        let done = transact!(self, "rekey", Decide, |tx| self
            .rekey_in(tx, &fresh, facts, now)
            .await);
        if done.is_ok() {
            self.sweep().await;
        }
        self.close().await;
        done
    }

    async fn rekey_in(
        &self,
        tx: &mut Tx,
        fresh: &Columns,
        facts: &RekeyFacts,
        now: Micros,
    ) -> Result<(), StoreError> {
        be_alone(tx).await?;
        tx.exec("DELETE FROM web_sessions", &[]).await?;
        let (k, n) = facts.threshold;
        let entry = Entry::new(Chain::Desk, Actor::Custodians, Act::NewsroomRekeyed, now)
            .with("generation", facts.generation)
            .with("removed", facts.removed)
            .with("added", facts.added)
            .with("threshold", format!("{k} of {n}"));
        self.append(tx, entry).await?;
        // Indexes first: what they are computed from opens under the old key only until it is sealed anew.
        for keyed in KEYED {
            let renew = |row: &[u8], sealed: &[u8]| {
                let opened = self.open(keyed.from.place(row), sealed)?;
                let value = (keyed.value)(&opened).ok_or_else(|| keyed.from.damaged())?;
                let (table, column) = keyed.names;
                Ok(fresh.index(table, column, &value)?.to_vec())
            };
            renew_all(tx, &keyed.from, renew).await?;
        }
        for column in SEALED {
            let renew = |row: &[u8], sealed: &[u8]| {
                let opened = self.open(column.place(row), sealed)?;
                fresh.seal(column.place(row), self.random(), &opened)
            };
            renew_all(tx, column, renew).await?;
        }
        self.plant_check(tx, fresh).await?;
        let sql = "INSERT INTO meta (name, value) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.exec(sql, args![MARK, facts.mark]).await?;
        Ok(())
    }

    /// Takes out what PostgreSQL keeps of rows that were replaced. It may fail where the role may not: the values are
    /// sealed under a key that exists no more.
    async fn sweep(&self) {
        if let Engine::Pg(pool, _) = self.engine()
            && let Err(error) = sqlx::query("VACUUM FULL").execute(pool).await
        {
            let error = EngineError::from(error);
            tracing::warn!(%error, "old row versions were left to the database");
        }
    }
}

/// Nobody else may have the record open: they would go on sealing under the old keys.
async fn be_alone(tx: &mut Tx) -> Result<(), StoreError> {
    // Whoever opens the record later waits at this lock, and then finds that the keys have changed.
    let lock = Dialect {
        lite: "SELECT 1",
        pg: "LOCK TABLE migrations, meta IN ACCESS EXCLUSIVE MODE",
    };
    tx.exec(lock, &[]).await?;
    let others = Dialect {
        lite: "SELECT 0",
        pg: "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
             AND application_name LIKE 'fh-desk/%' AND application_name <> current_setting('application_name')",
    };
    let forget = Dialect {
        lite: "SELECT 1",
        pg: "SELECT pg_stat_clear_snapshot()",
    };
    for _ in 0..LOOKS {
        tx.exec(forget, &[]).await?;
        let found: Option<(i64,)> = tx.one(others, &[]).await?;
        if found == Some((0,)) {
            return Ok(());
        }
        // A connection that was just closed shows for a moment still.
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Err(StoreError::InUse)
}

/// Replaces every value of a column.
async fn renew_all(
    tx: &mut Tx,
    column: &Sealed,
    renew: impl Fn(&[u8], &[u8]) -> Result<Vec<u8>, StoreError>,
) -> Result<(), StoreError> {
    let mut seen = 0_i64;
    loop {
        // The key of a row does not change, so that batches in its order neither miss a row nor give one twice.
        let batch: Vec<Found> = tx.all(column.select, args![BATCH, seen]).await?;
        let Ok(count) = i64::try_from(batch.len()) else {
            return Err(column.damaged());
        };
        for Found { sealed, key } in &batch {
            put(tx, column, key, &renew(&column.row(key)?, sealed)?).await?;
        }
        seen += count;
        if count < BATCH {
            return Ok(());
        }
    }
}

/// Puts a value into one row of a column.
pub(crate) async fn put(
    tx: &mut Tx,
    column: &Sealed,
    key: &[Cell],
    value: &Vec<u8>,
) -> Result<(), StoreError> {
    let mut values = vec![Val::from(value)];
    values.extend(key.iter().map(|cell| match cell {
        Cell::Int(number) => Val::from(number),
        Cell::Text(text) => Val::from(text),
        Cell::Bytes(bytes) => Val::from(bytes),
    }));
    match tx.exec(column.update, &values).await? {
        1 => Ok(()),
        _ => Err(column.damaged()),
    }
}

/// Copies a SQLCipher database into a new file under another key. Nobody else may have the original open.
///
/// # Errors
/// [`StoreError::WrongKey`], or the engine's failure.
pub async fn export_sqlite(
    from: &Path,
    old: &DatabaseKey,
    to: &Path,
    new: &DatabaseKey,
) -> Result<(), StoreError> {
    // The engine takes an empty file for a new database; made here, it is its owner's alone.
    RealDisk.create(to).map_err(|error| StoreError::Database {
        during: "export",
        source: EngineError::from(sqlx::Error::Io(error)),
    })?;
    let options = lite_options(from, old).create_if_missing(false);
    let mut connection = options.connect().await.map_err(opening)?;
    let key = Zeroizing::new(format!("x'{}'", hex::encode(new.expose_bytes())));
    let path = to.to_string_lossy().into_owned();
    let copied = async {
        sqlx::query("ATTACH DATABASE $1 AS fresh KEY $2")
            .bind(path)
            .bind(key.as_str())
            .execute(&mut connection)
            .await?;
        sqlx::query("SELECT sqlcipher_export('fresh')")
            .execute(&mut connection)
            .await?;
        sqlx::query("DETACH DATABASE fresh")
            .execute(&mut connection)
            .await?;
        connection.close().await
    };
    copied
        .await
        .map_err(|error: sqlx::Error| StoreError::Database {
            during: "export",
            source: error.into(),
        })
}

/// Which keyring a PostgreSQL database was last re-keyed for; asks without any key.
///
/// # Errors
/// [`StoreError::Address`], or the engine's failure.
pub async fn postgres_mark(url: &str) -> Result<Option<Digest>, StoreError> {
    let options: PgConnectOptions = url.parse().map_err(|_| StoreError::Address)?;
    let options = options.disable_statement_logging();
    let mut connection = options.connect().await.map_err(opening)?;
    let found = sqlx::query("SELECT value FROM meta WHERE name = $1")
        .bind(MARK)
        .fetch_optional(&mut connection)
        .await
        .and_then(|row| row.map(|row| row.try_get::<Vec<u8>, _>(0)).transpose())
        .map_err(opening)?;
    // A failure to say goodbye changes nothing about the answer.
    let _ = connection.close().await;
    found
        .map(|mark| Ok(Digest(At("meta", "value").bytes(&mark)?)))
        .transpose()
}

/// The word in the record that tells whether these are the keys it was written with.
pub(crate) const CHECK: Place<'_> = Place {
    table: "meta",
    column: "value",
    row: b"check",
};
