//! Opening the record with keys from the keyring.

use std::fs::File;

use openers::{ColumnKey, IndexKey, OpenKeyring};
use rand_core::OsRng;
use store::{Store, StoreError, StoreKeys};

use crate::config::{Database, DeskConfig, DeskFolder};
use crate::settling;

/// Copies of the keys that the record is sealed under.
pub(crate) fn store_keys(keys: &OpenKeyring) -> StoreKeys {
    StoreKeys {
        column: ColumnKey::from_bytes(*keys.column_key().expose_bytes()),
        index: IndexKey::from_bytes(*keys.index_key().expose_bytes()),
    }
}

/// Opens the database of a founded newsroom, wherever it is. While it is open its keys cannot be replaced.
pub(crate) async fn open(
    folder: &DeskFolder,
    config: &DeskConfig,
    keys: &OpenKeyring,
) -> Result<Store, StoreError> {
    // Settled first: a re-keying that was cut short may have moved the file.
    let lock = settling::together(folder)?;
    let path = folder.database();
    if matches!(config.database, Database::Sqlcipher) && !path.exists() {
        return Err(StoreError::NoRecord { path });
    }
    begin(folder, config, keys, lock).await
}

/// Opens the database of a newsroom that is being founded, which makes it.
pub(crate) async fn found(
    folder: &DeskFolder,
    config: &DeskConfig,
    keys: &OpenKeyring,
) -> Result<Store, StoreError> {
    let lock = settling::together(folder)?;
    begin(folder, config, keys, lock).await
}

async fn begin(
    folder: &DeskFolder,
    config: &DeskConfig,
    keys: &OpenKeyring,
    lock: File,
) -> Result<Store, StoreError> {
    let store_keys = store_keys(keys);
    let store = match &config.database {
        Database::Sqlcipher => {
            Store::open_sqlite(&folder.database(), keys.database_key(), store_keys, OsRng).await
        }
        Database::Postgres { url } => Store::open_postgres(url, store_keys, OsRng).await,
    };
    Ok(store?.with_guard(lock))
}
