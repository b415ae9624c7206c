//! Migrations: a list of texts that only grows. An edited one is refused, an unknown one too.

use crate::engine::{Engine, Isolation, Tx, args};
use crate::error::{EngineError, StoreError};
use ledger::{Digest, sha256};
use sqlx::AssertSqlSafe;

/// Every migration there ever was, in order.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../migrations/0001_first.sql")),
    (2, include_str!("../migrations/0002_threads.sql")),
    (3, include_str!("../migrations/0003_epochs.sql")),
    (4, include_str!("../migrations/0004_risks.sql")),
    (5, include_str!("../migrations/0005_kit_offers.sql")),
    (6, include_str!("../migrations/0006_held_items.sql")),
    (7, include_str!("../migrations/0007_vaults.sql")),
    (8, include_str!("../migrations/0008_channels.sql")),
    (9, include_str!("../migrations/0009_abilities.sql")),
    (10, include_str!("../migrations/0010_schedules.sql")),
    (11, include_str!("../migrations/0011_reach.sql")),
    (12, include_str!("../migrations/0012_rest.sql")),
    (13, include_str!("../migrations/0013_letters.sql")),
    (14, include_str!("../migrations/0014_variants.sql")),
];

/// The texts of all migrations, in order.
#[cfg(test)]
pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().map(|(_, text)| *text)
}

const NAME: &str = "migrate";

/// Brings a database up to date, in one transaction.
pub(crate) async fn run(engine: &Engine) -> Result<(), StoreError> {
    let mut tx = engine.begin(NAME, Isolation::Work).await?;
    let outcome = apply(&mut tx).await;
    match Engine::settle(NAME, tx, outcome, u32::MAX).await {
        crate::engine::Settled::Done(result) => result,
        crate::engine::Settled::Again => Err(StoreError::Busy {
            during: NAME,
            attempts: 1,
        }),
    }
}

async fn apply(tx: &mut Tx) -> Result<(), StoreError> {
    if let Tx::Pg(_) = tx {
        // Two desks that start together must not both migrate; the number is this lock's name.
        tx.one::<(i64,)>(
            "SELECT 1::BIGINT FROM (SELECT pg_advisory_xact_lock(6606)) AS locked",
            &[],
        )
        .await?;
    }
    script(tx, "CREATE TABLE IF NOT EXISTS migrations (version {int} NOT NULL PRIMARY KEY, sha256 {bytes} NOT NULL) {strict}").await?;
    let done: Vec<(i64, Vec<u8>)> = tx
        .all(
            "SELECT version, sha256 FROM migrations ORDER BY version",
            &[],
        )
        .await?;
    for (version, hash) in &done {
        let known = MIGRATIONS.iter().find(|(known, _)| known == version);
        if known.is_none_or(|(_, text)| sha256(text.as_bytes()).as_bytes().as_slice() != hash) {
            return Err(StoreError::UnknownMigration { version: *version });
        }
    }
    for (version, text) in MIGRATIONS
        .iter()
        .filter(|(version, _)| done.iter().all(|(v, _)| v != version))
    {
        script(tx, text).await?;
        let hash: Digest = sha256(text.as_bytes());
        tx.exec(
            "INSERT INTO migrations (version, sha256) VALUES ($1, $2)",
            args![*version, hash],
        )
        .await?;
    }
    Ok(())
}

/// Runs a text of several statements, in the engine's own words for types.
async fn script(tx: &mut Tx, text: &str) -> Result<(), StoreError> {
    let words = match tx {
        Tx::Lite(_) => ["INTEGER", "BLOB", "STRICT"],
        Tx::Pg(_) => ["BIGINT", "BYTEA", ""],
    };
    // The first lines of a migration explain these very words; only what is executed is translated.
    let code: String = text
        .lines()
        .map(|line| line.split("--").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n");
    let text = code
        .replace("{int}", words[0])
        .replace("{bytes}", words[1])
        .replace("{strict}", words[2]);
    let result = match tx {
        Tx::Lite(tx) => sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut **tx)
            .await
            .map(|_| ()),
        Tx::Pg(tx) => sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut **tx)
            .await
            .map(|_| ()),
    };
    result.map_err(|error| StoreError::from(EngineError::from(error)))
}
