//! Keys that are being replaced: the lock that keeps everybody else out meanwhile, and what a crash left.
//!
//! Whoever opens the record holds the lock together with others; whoever replaces the keys holds it alone. What a crash
//! left is settled before the keyring is read again, without any key: what was decided is finished, what was not is
//! cleared away. On PostgreSQL the decision is the database's own: its mark tells which keys it is sealed under.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

use ledger::{Digest, sha256};
use openers::KeyringFile;
use store::{StoreError, Switch, SwitchState};

use crate::config::{ConfigError, Database, DeskConfig, DeskFolder};

/// The file whose lock it is.
const LOCK: &str = "keys.lock";
/// What the files of a re-keying are called in the desk's folder.
pub(crate) const RECORD: &str = "desk.db";
pub(crate) const KEYRING: &str = "keyring.json";
pub(crate) const CONFIG: &str = "desk.json";
const SWITCHED: &[&str] = &[RECORD, KEYRING, CONFIG];

/// Why what a crash left could not be settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The keys are being replaced at this moment.
    #[error("the newsroom's keys are being replaced right now; try again when that is done")]
    KeysChanging,
    /// The disk failed.
    #[error(
        "replacing the keys was interrupted, and the desk's folder does not let it be finished: {0}"
    )]
    Disk(#[from] io::Error),
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keyring that was to come cannot be read.
    #[error(
        "replacing the keys was interrupted, and the keyring that was to come cannot be read: {0}"
    )]
    Keyring(#[from] openers::KeyringError),
    /// The database does not say which keys are its own.
    #[error(
        "replacing the keys was interrupted; the database has to be reachable to tell which keys are in force: {0}"
    )]
    Database(#[from] StoreError),
}

/// Nobody else has the record open, or can open it, while this is held.
#[derive(Debug)]
pub(crate) struct KeysAlone(#[expect(dead_code, reason = "held, not read")] File);

impl KeysAlone {
    /// Takes the lock alone.
    pub(crate) fn take(folder: &DeskFolder) -> Result<Self, SettleError> {
        let file = lock_file(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(SettleError::KeysChanging),
            Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

/// Takes the lock together with others who have the record open.
pub(crate) fn together(folder: &DeskFolder) -> Result<File, StoreError> {
    let file = lock_file(folder).map_err(|_| StoreError::KeysChanging)?;
    file.try_lock_shared()
        .map_err(|_| StoreError::KeysChanging)?;
    Ok(file)
}

fn lock_file(folder: &DeskFolder) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.root().join(LOCK))
}

/// The files that a re-keying replaces as one.
pub(crate) fn switch(folder: &DeskFolder) -> Switch {
    Switch::new(folder.root(), SWITCHED)
}

/// What a PostgreSQL database keeps of the keyring that it is sealed for: tells keyrings apart and nothing else.
pub(crate) fn mark(keyring: &KeyringFile) -> Digest {
    let mut text = b"fh1/keyring-mark".to_vec();
    text.extend_from_slice(&keyring.facts().id.0);
    sha256(&text)
}

/// Settles what an interrupted re-keying left. Blocks; call it before the keyring is read.
///
/// # Errors
/// [`SettleError`]; then neither the old keys nor the new ones can be relied on yet, and both are still there.
pub fn settle(folder: &DeskFolder) -> Result<(), SettleError> {
    match switch(folder).state() {
        Ok(SwitchState::Settled) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(()),
        Ok(SwitchState::Staged | SwitchState::Decided) => {
            settle_alone(folder, &KeysAlone::take(folder)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The same, for whoever holds the lock already.
pub(crate) fn settle_alone(folder: &DeskFolder, _alone: &KeysAlone) -> Result<(), SettleError> {
    let switch = switch(folder);
    match switch.state()? {
        SwitchState::Settled => Ok(()),
        SwitchState::Decided => Ok(switch.finish()?),
        SwitchState::Staged => {
            if decided_by_the_database(folder, &switch)? {
                switch.decide()?;
                Ok(switch.finish()?)
            } else {
                Ok(switch.abandon()?)
            }
        }
    }
}

fn decided_by_the_database(folder: &DeskFolder, switch: &Switch) -> Result<bool, SettleError> {
    let Database::Postgres { url } = DeskConfig::load(folder)?.database else {
        return Ok(false);
    };
    let staged = match std::fs::read(switch.staged(KEYRING)) {
        Ok(staged) => staged,
        // It is staged before the database is asked for anything.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let found = asked(url)?;
    let Ok(keyring) = KeyringFile::from_json(&staged) else {
        // Cut short by the crash: it was never relied on.
        return Ok(false);
    };
    Ok(found == Some(mark(&keyring)))
}

/// Asks the database, on a thread of its own: the caller may be inside a runtime that must not wait for another.
fn asked(url: String) -> Result<Option<Digest>, SettleError> {
    let asking = std::thread::spawn(move || -> Result<Option<Digest>, SettleError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(runtime.block_on(store::postgres_mark(&url))?)
    });
    asking
        .join()
        .map_err(|_| io::Error::other("asking the database ended early"))?
}
