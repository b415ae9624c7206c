//! Opening the record with keys from the keyring.

use openers::{ColumnKey, IndexKey, OpenKeyring};
use rand_core::OsRng;
use store::{Store, StoreError, StoreKeys};

use crate::config::{Database, DeskConfig, DeskFolder};

/// Opens the newsroom's database, wherever it is.
pub(crate) async fn open(
    folder: &DeskFolder,
    config: &DeskConfig,
    keys: &OpenKeyring,
) -> Result<Store, StoreError> {
    let store_keys = StoreKeys {
        column: ColumnKey::from_bytes(*keys.column_key().expose_bytes()),
        index: IndexKey::from_bytes(*keys.index_key().expose_bytes()),
    };
    match &config.database {
        Database::Sqlcipher => {
            Store::open_sqlite(&folder.database(), keys.database_key(), store_keys, OsRng).await
        }
        Database::Postgres { url } => Store::open_postgres(url, store_keys, OsRng).await,
    }
}
