//! The two engines behind one transaction type: one SQL text with `$n`, two checked arms.
//!
//! Every command is one named transaction (`transact!`): it runs at a stated isolation, commits or leaves nothing
//! behind, and is run again when the engine says that others were in the way.

use crate::error::{EngineError, StoreError};
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{FromRow, Postgres, Sqlite, Transaction};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How often a transaction is tried before it gives way.
const ATTEMPTS: u32 = 30;

/// Connections to one database.
pub(crate) enum Engine {
    /// SQLCipher: one writer, several readers beside it.
    Lite {
        /// One connection; every transaction on it begins by taking the write lock.
        writer: SqlitePool,
        /// Connections that may only query.
        readers: SqlitePool,
    },
    /// PostgreSQL, and what its new connections found.
    Pg(PgPool, Arc<Rekeyed>),
}

/// Whether a record in PostgreSQL still has the keys that it was opened with. A desk whose connections had all ended when
/// it was re-keyed connects again later, and must not go on under the old ones.
#[derive(Default)]
pub(crate) struct Rekeyed {
    /// The keyed index of the word in the record, from when the keys were found to fit.
    word: OnceLock<Vec<u8>>,
    found: AtomicBool,
}

impl Rekeyed {
    /// These keys fit: from here on every new connection is to find the same.
    pub(crate) fn expect(&self, word: &[u8]) {
        // The first one stays; a store is opened once.
        let _ = self.word.set(word.to_vec());
    }

    /// What a new connection does before it is used.
    pub(crate) async fn look(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let Some(word) = self.word.get() else {
            return Ok(());
        };
        let found: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT value FROM meta WHERE name = 'check-index'")
                .fetch_optional(connection)
                .await?;
        // Refusing the connection would be tried again for as long as one waits for it; the transaction is refused.
        if found.is_none_or(|(found,)| found != *word) {
            self.found.store(true, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// What a transaction must be safe against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// As if it were alone: everything that decides.
    Decide,
    /// Sees what others committed while it runs, locks what it takes: jobs and counters.
    Work,
    /// One snapshot, no writing.
    Read,
}

/// One transaction on either engine.
pub(crate) enum Tx {
    /// On SQLCipher.
    Lite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Pg(Transaction<'static, Postgres>),
}

/// A value for a `$n`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Val<'a> {
    /// An integer or nothing.
    Int(Option<i64>),
    /// Text or nothing.
    Text(Option<&'a str>),
    /// Bytes or nothing.
    Bytes(Option<&'a [u8]>),
}

/// A row that both engines can give.
pub(crate) trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// Two texts where the engines cannot agree.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// For SQLite.
    pub(crate) lite: &'static str,
    /// For PostgreSQL.
    pub(crate) pg: &'static str,
}

impl From<&'static str> for Dialect {
    fn from(both: &'static str) -> Self {
        Self {
            lite: both,
            pg: both,
        }
    }
}

/// Binds the values and runs the query on whichever engine it is.
macro_rules! on_engine {
    ($tx:expr, $sql:expr, $args:expr, |$query:ident| $make:ident [$($ty:ty)?], $run:ident, |$out:ident| $take:expr) => {{
        let sql: Dialect = $sql.into();
        match $tx {
            Tx::Lite(tx) => {
                let mut $query = sqlx::$make::<Sqlite $(, $ty)?>(sql.lite);
                for arg in $args {
                    $query = match *arg {
                        Val::Int(value) => $query.bind(value),
                        Val::Text(value) => $query.bind(value),
                        Val::Bytes(value) => $query.bind(value),
                    };
                }
                $query.$run(&mut **tx).await.map(|$out| $take).map_err(EngineError::from)
            }
            Tx::Pg(tx) => {
                let mut $query = sqlx::$make::<Postgres $(, $ty)?>(sql.pg);
                for arg in $args {
                    $query = match *arg {
                        Val::Int(value) => $query.bind(value),
                        Val::Text(value) => $query.bind(value),
                        Val::Bytes(value) => $query.bind(value),
                    };
                }
                $query.$run(&mut **tx).await.map(|$out| $take).map_err(EngineError::from)
            }
        }
    }};
}

impl Tx {
    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn exec(
        &mut self,
        sql: impl Into<Dialect>,
        args: &[Val<'_>],
    ) -> Result<u64, EngineError> {
        on_engine!(self, sql, args, |query| query [], execute, |done| done
            .rows_affected())
    }

    /// All rows of a query.
    pub(crate) async fn all<T: Record>(
        &mut self,
        sql: impl Into<Dialect>,
        args: &[Val<'_>],
    ) -> Result<Vec<T>, EngineError> {
        on_engine!(self, sql, args, |query| query_as[T], fetch_all, |rows| {
            rows
        })
    }

    /// The row of a query, if there is one.
    pub(crate) async fn one<T: Record>(
        &mut self,
        sql: impl Into<Dialect>,
        args: &[Val<'_>],
    ) -> Result<Option<T>, EngineError> {
        on_engine!(
            self,
            sql,
            args,
            |query| query_as[T],
            fetch_optional,
            |row| row
        )
    }
}

/// How a try ended.
pub(crate) enum Settled<T> {
    /// For good, well or badly.
    Done(Result<T, StoreError>),
    /// Others were in the way; nothing happened.
    Again,
}

impl Engine {
    /// Begins a transaction.
    pub(crate) async fn begin(
        &self,
        during: &'static str,
        isolation: Isolation,
    ) -> Result<Tx, StoreError> {
        let begun = match self {
            Self::Lite { readers, .. } if isolation == Isolation::Read => {
                readers.begin_with("BEGIN").await.map(Tx::Lite)
            }
            Self::Lite { writer, .. } => writer.begin_with("BEGIN IMMEDIATE").await.map(Tx::Lite),
            Self::Pg(pool, _) => pool
                .begin_with(match isolation {
                    Isolation::Decide => "BEGIN ISOLATION LEVEL SERIALIZABLE",
                    Isolation::Work => "BEGIN ISOLATION LEVEL READ COMMITTED",
                    Isolation::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                })
                .await
                .map(Tx::Pg),
        };
        let begun = begun.map_err(|error| StoreError::Database {
            during,
            source: error.into(),
        })?;
        match self {
            Self::Pg(_, rekeyed) if rekeyed.found.load(Ordering::SeqCst) => {
                Err(StoreError::WrongKey)
            }
            _ => Ok(begun),
        }
    }

    /// Commits what went well and rolls back what did not.
    pub(crate) async fn settle<T>(
        during: &'static str,
        tx: Tx,
        outcome: Result<T, StoreError>,
        attempt: u32,
    ) -> Settled<T> {
        let (outcome, ended) = match (outcome, tx) {
            (Ok(value), Tx::Lite(tx)) => (Ok(value), tx.commit().await),
            (Ok(value), Tx::Pg(tx)) => (Ok(value), tx.commit().await),
            (Err(error), Tx::Lite(tx)) => (Err(error), tx.rollback().await),
            (Err(error), Tx::Pg(tx)) => (Err(error), tx.rollback().await),
        };
        let outcome = match (outcome, ended) {
            (Ok(value), Ok(())) => Ok(value),
            (Ok(_), Err(error)) => Err(StoreError::Database {
                during,
                source: error.into(),
            }),
            // What went wrong first is what matters; a connection that cannot roll back is closed.
            (Err(error), _) => Err(name(during, error)),
        };
        let passing =
            matches!(&outcome, Err(StoreError::Database { source, .. }) if source.is_passing());
        if !passing {
            tracing::trace!(
                transaction = during,
                ok = outcome.is_ok(),
                attempt,
                "settled"
            );
            return Settled::Done(outcome);
        }
        if attempt >= ATTEMPTS {
            return Settled::Done(match outcome {
                // A value that is there every time is no accident of timing: say which.
                Err(StoreError::Database { source, .. }) if source.unique => {
                    Err(StoreError::Database { during, source })
                }
                _ => Err(StoreError::Busy {
                    during,
                    attempts: attempt,
                }),
            });
        }
        tracing::debug!(transaction = during, attempt, "gave way, trying again");
        // Later tries wait longer, so that a crowd at one record thins out.
        tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 3)).await;
        Settled::Again
    }

    /// Closes all connections; the next use fails.
    pub(crate) async fn close(&self) {
        match self {
            Self::Lite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Pg(pool, _) => pool.close().await,
        }
    }
}

/// Puts the transaction's name on a bare engine failure.
fn name(during: &'static str, error: StoreError) -> StoreError {
    match error {
        StoreError::Database { source, .. } => StoreError::Database { during, source },
        other => other,
    }
}

impl From<EngineError> for StoreError {
    fn from(source: EngineError) -> Self {
        Self::Database {
            during: "a transaction",
            source,
        }
    }
}

/// One named transaction: begins, runs the body, commits or rolls back, and runs again when others were in the way.
///
/// The body is an expression of `Result<T, StoreError>` that uses the named `&mut Tx`; it may run several times, so it
/// takes nothing by value.
macro_rules! transact {
    ($store:expr, $name:literal, $isolation:ident, |$tx:ident| $body:expr) => {{
        let mut attempt = 0_u32;
        loop {
            attempt += 1;
            let mut owned = $store
                .engine()
                .begin($name, $crate::engine::Isolation::$isolation)
                .await?;
            let outcome: Result<_, $crate::error::StoreError> = {
                let $tx = &mut owned;
                async { $body }.await
            };
            match $crate::engine::Engine::settle($name, owned, outcome, attempt).await {
                $crate::engine::Settled::Done(result) => break result,
                $crate::engine::Settled::Again => {}
            }
        }
    }};
}
pub(crate) use transact;

/// The values of a statement, in order.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::engine::Val::from(&$value)),*] };
}
pub(crate) use args;
