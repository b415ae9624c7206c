//! What can go wrong in the store, told apart by what a caller does about it.

use newsroom::Refusal;
use newsroom::audit::BrokenChain;

/// A store method that did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The rules say no: show it to the person who asked.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such record.
    #[error("no {what} {id}")]
    Missing {
        /// Which kind of record.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The engine failed.
    #[error("the database failed during {during}: {source}")]
    Database {
        /// The transaction's name.
        during: &'static str,
        /// The engine's failure, freed of values.
        source: EngineError,
    },
    /// Others kept changing the same records; nothing was done, trying again is safe.
    #[error("{during} gave way to other work {attempts} times; try again")]
    Busy {
        /// The transaction's name.
        during: &'static str,
        /// How often it was tried.
        attempts: u32,
    },
    /// The database does not open with this key.
    #[error("the key does not open this database (another newsroom's, or from before a re-keying)")]
    WrongKey,
    /// Somebody else has the record open, and its keys are to change.
    #[error("another desk or command has the newsroom's record open; end it and try again")]
    InUse,
    /// The keys are being changed.
    #[error("the newsroom's keys are being replaced right now; try again when that is done")]
    KeysChanging,
    /// The record of a founded newsroom is not where it should be; an empty one in its place would disown every original.
    #[error(
        "the newsroom's record is not at {path}; put its file or a copy of it back, and open the desk again"
    )]
    NoRecord {
        /// Where it should be.
        path: std::path::PathBuf,
    },
    /// The database was written by a newer Firsthand, or its migrations were edited.
    #[error(
        "the database has migration {version}, which this program does not know; update Firsthand"
    )]
    UnknownMigration {
        /// The migration.
        version: i64,
    },
    /// A value in the database is not what was written there.
    #[error("{table}.{column} holds a damaged value")]
    Damaged {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// An audit chain does not hold.
    #[error("the audit trail {chain} is damaged: {source}")]
    Audit {
        /// Which chain.
        chain: String,
        /// Where it breaks.
        source: BrokenChain,
    },
    /// The address of the database is not usable.
    #[error("the database address is not usable (expected postgres://USER@HOST/NAME)")]
    Address,
}

impl StoreError {
    /// The rules' refusal, when that is what it was.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// A failure of the engine, as much of it as is safe to show: a server's detail line may quote values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", code.as_deref().map(|c| format!(" (code {c})")).unwrap_or_default())]
pub struct EngineError {
    /// The engine's code (SQLSTATE, or SQLite's extended code).
    pub code: Option<String>,
    /// The constraint that was violated, when the engine names it.
    pub constraint: Option<String>,
    /// What happened.
    pub message: String,
    /// Whether a unique value stood there already.
    pub unique: bool,
}

impl From<sqlx::Error> for EngineError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) => Self {
                code: inner.code().map(|code| code.into_owned()),
                constraint: inner.constraint().map(str::to_owned),
                message: inner.message().to_owned(),
                unique: inner.is_unique_violation(),
            },
            sqlx::Error::Configuration(_) => Self::plain("the configuration is not usable"),
            other => Self::plain(&other.to_string()),
        }
    }
}

impl EngineError {
    fn plain(message: &str) -> Self {
        Self {
            code: None,
            constraint: None,
            message: message.to_owned(),
            unique: false,
        }
    }

    /// Whether the same transaction, run again, may well succeed (or be refused in the rules' own words): others
    /// were in the way. A unique value that stood there only since this transaction looked is such a case.
    #[must_use]
    pub(crate) fn is_passing(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        // PostgreSQL: serialization failure, deadlock. SQLite: busy, and busy with a stale snapshot.
        self.unique || matches!(code, "40001" | "40P01" | "5" | "517")
    }

    /// SQLite's way to say that the key is wrong.
    #[must_use]
    pub(crate) fn is_not_a_database(&self) -> bool {
        self.code.as_deref() == Some("26")
    }
}
