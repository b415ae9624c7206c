//! Founding a newsroom: keyring, configuration, statement log, database, accounts.
//!
//! Nothing is left half-made: the configuration is written last, and a folder without it is not a
//! desk. A founding that failed is repeated in an empty folder.

use std::fs;
use std::io;

use keys::{Cost, Passphrase, Words};
use ledger::{Digest, DirStorage, Log, LogSigner, origin_for, sha256};
use newsroom::Micros;
use newsroom::accounts::Roles;
use newsroom::audit::{Act, Actor};
use openers::{Custodian, KeyringFile, NewKeyring, OpenKeyring};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::config::{ConfigError, Database, DeskConfig, DeskFolder};
use crate::files;
use crate::opening_store;

/// What the statement log is for, as its origin says.
const LOG_PURPOSE: &str = "statements";

/// Why a newsroom could not be founded.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// The folder is not usable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Names or threshold are not usable.
    #[error(transparent)]
    Keyring(#[from] openers::KeyringError),
    /// The organisation's name cannot name a log.
    #[error("the organisation's name cannot be used: {0}")]
    Origin(#[from] ledger::KeyError),
    /// The statement log could not be made.
    #[error("the statement log cannot be made: {0}")]
    Log(#[from] ledger::LogError),
    /// A file could not be written.
    #[error("the desk's files cannot be written: {0}")]
    Files(#[from] io::Error),
    /// The database could not be made.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// An editor was refused.
    #[error("the editor {name} cannot be entered: {reason}")]
    Editor {
        /// Whom.
        name: String,
        /// Why.
        reason: String,
    },
}

/// What a newsroom is founded from.
pub struct Founding {
    /// Its name.
    pub organisation: String,
    /// Its custodians' names.
    pub custodians: Vec<String>,
    /// How many of them unlock it.
    pub threshold: u8,
    /// Its editors.
    pub editors: Vec<(String, Roles)>,
    /// Where its database is.
    pub database: Database,
    /// What one guess at a custodian's passphrase costs.
    pub cost: Cost,
    /// The language of the generated passphrases.
    pub words: Words,
}

/// Names with what was generated for them.
type Passphrases = Vec<(String, Passphrase)>;

/// What is shown once and kept nowhere.
pub struct Handover {
    /// Each custodian's passphrase.
    pub passphrases: Vec<(String, Passphrase)>,
    /// Each editor's one-time enrolment code.
    pub enrolments: Vec<(String, Zeroizing<String>)>,
}

/// Founds a newsroom in an empty folder.
///
/// # Errors
/// See [`FoundingError`]; nothing that could be taken for a desk is left behind.
pub async fn found(
    folder: &DeskFolder,
    founding: &Founding,
    rng: &mut (impl RngCore + CryptoRng + Send),
    now: Micros,
) -> Result<Handover, FoundingError> {
    folder.refuse_existing()?;
    folder.make()?;
    let (passphrases, keyring, keys) = make_keys(founding, rng)?;
    make_log(folder, &founding.organisation, &keys, now)?;
    let config = DeskConfig::new(founding.organisation.clone(), founding.database.clone());
    let store = opening_store::found(folder, &config, &keys).await?;
    let mut enrolments = Vec::new();
    for (name, roles) in &founding.editors {
        let code = enrolment_code(rng);
        store
            .add_editor(name, *roles, enrolment_digest(&code), now)
            .await
            .map_err(|error| FoundingError::Editor {
                name: name.clone(),
                reason: error.to_string(),
            })?;
        enrolments.push((name.clone(), code));
    }
    store
        .note(Actor::Custodians, Act::NewsroomFounded, now)
        .await?;
    store.close().await;
    let json = keyring.to_json()?;
    files::create_new(&folder.keyring(), &json)?;
    config.save(folder)?;
    Ok(Handover {
        passphrases,
        enrolments,
    })
}

/// The signer of the newsroom's statement log.
///
/// # Errors
/// When the organisation's name cannot name a log.
pub(crate) fn log_signer(
    organisation: &str,
    keys: &OpenKeyring,
) -> Result<LogSigner, ledger::KeyError> {
    let origin = origin_for(organisation, LOG_PURPOSE)?;
    LogSigner::from_seed(&origin, keys.statement_log_key().expose_bytes())
}

fn make_keys(
    founding: &Founding,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Passphrases, KeyringFile, OpenKeyring), FoundingError> {
    let custodians: Vec<Custodian> = founding
        .custodians
        .iter()
        .map(|name| Custodian {
            name: name.clone(),
            passphrase: Passphrase::generate(rng, founding.words),
        })
        .collect();
    let new = NewKeyring {
        organisation: &founding.organisation,
        custodians: &custodians,
        threshold: founding.threshold,
        cost: founding.cost,
    };
    let (keyring, keys) = KeyringFile::create(&new, rng)?;
    let passphrases = custodians
        .into_iter()
        .map(|custodian| (custodian.name, custodian.passphrase))
        .collect();
    Ok((passphrases, keyring, keys))
}

fn make_log(
    folder: &DeskFolder,
    organisation: &str,
    keys: &OpenKeyring,
    now: Micros,
) -> Result<(), FoundingError> {
    let signer = log_signer(organisation, keys)?;
    let clock = u64::try_from(now.0 / 1_000_000).unwrap_or(0);
    Log::create(DirStorage::open(folder.statement_log())?, &signer, clock)?;
    // The key is public; it lies beside the keyring so that it can be read without unlocking.
    let key = format!("{}\n", signer.verifier());
    fs::write(folder.log_key(), key)?;
    files::sync_folder_of(&folder.log_key())?;
    Ok(())
}

/// 80 random bits, spelled so that they survive being read out.
fn enrolment_code(rng: &mut (impl RngCore + CryptoRng)) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 10]);
    rng.fill_bytes(bytes.as_mut());
    Zeroizing::new(
        data_encoding::BASE32_NOPAD
            .encode(bytes.as_ref())
            .to_lowercase(),
    )
}

/// What the record keeps of an enrolment code; people may type it with capitals or spaces around it.
#[must_use]
pub fn enrolment_digest(code: &str) -> Digest {
    sha256(Zeroizing::new(code.trim().to_lowercase()).as_bytes())
}

/// What a guess at a passphrase shall cost on this machine: as much as it bears.
#[must_use]
pub fn cost_for_this_machine() -> Cost {
    const ENOUGH_KIB: u64 = 4 * 1024 * 1024;
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| {
            rest.trim()
                .trim_end_matches("kB")
                .trim()
                .parse::<u64>()
                .ok()
        });
    if available.is_some_and(|kib| kib >= ENOUGH_KIB) {
        Cost::CUSTODIAN
    } else {
        Cost::CUSTODIAN_LEAST
    }
}
