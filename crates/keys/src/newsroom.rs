//! The newsroom's symmetric keys, a type each, so that the database's key never seals a column.
//!
//! They lie wrapped in the keyring (`openers::keyring`) and live in the keyholder's memory while the desk is unlocked.

use crate::secret::secret32;

secret32! {
    /// SQLCipher's raw key.
    DatabaseKey
}

secret32! {
    /// Seals named columns, whatever the database.
    ColumnKey
}

secret32! {
    /// Keys the search index and look-up hashes.
    IndexKey
}

secret32! {
    /// The Ed25519 seed that signs the statement log's checkpoints.
    StatementLogSeed
}
