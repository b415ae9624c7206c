//! The keyring: a newsroom's keys in one file, opened by k of n custodians and by nobody alone.
//!
//! The file holds no secret in the clear: shares are locked under their custodians' passphrases, keys are wrapped under
//! the key-encryption key that the shares give. Unlocking goes custodian by custodian ([`KeyringFile::open_share`]), so
//! that each may type on their own; [`KeyringFile::unlock`] is the same in one go.

mod change;
mod rekey;

use std::collections::HashSet;

use keys::{ColumnKey, Cost, DatabaseKey, IndexKey, Passphrase, StatementLogSeed};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::identity::{ArchiveIdentity, IntakeIdentity};
use crate::locked::{LockedShare, LockedShareError};
use crate::shares::{Kek, SetFacts, SetId, Share, SharesError, split};
use crate::wrap::{self, WrapError, Wrapped};

pub use rekey::{Former, KeyChange, RekeyError, Rekeyed, Rekeying};

/// Names the file's kind to whoever opens it.
const FORMAT: &str = "firsthand-keyring";
/// The version this program writes and reads.
const VERSION: u32 = 1;
/// Largest keyring that is read.
pub const BYTES_MAX: usize = 256 * 1024;
/// Longest name of an organisation or custodian, in characters.
const NAME_MAX: usize = 64;
/// What an intake identity's name begins with; its epoch follows.
const INTAKE: &str = "intake/";
const ARCHIVE: &str = "archive";
/// What a retired archive identity's name begins with; the generation in which it was the one in use follows.
const RETIRED_ARCHIVE: &str = "archive/";
const DATABASE: &str = "database";
const COLUMN: &str = "column";
const INDEX: &str = "index";
const STATEMENT_LOG: &str = "statement-log";

/// A custodian as the keyring is made: a name and the passphrase that will lock their share.
#[derive(Debug)]
pub struct Custodian {
    /// Unique within the newsroom.
    pub name: String,
    /// Theirs alone.
    pub passphrase: Passphrase,
}

/// What a new keyring is made from.
#[derive(Debug)]
pub struct NewKeyring<'a> {
    /// The organisation's name.
    pub organisation: &'a str,
    /// All custodians; their number is n.
    pub custodians: &'a [Custodian],
    /// How many of them unlock it: k.
    pub threshold: u8,
    /// What one guess at a passphrase costs.
    pub cost: Cost,
}

/// Why a keyring cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file is larger than any keyring.
    #[error("the keyring has {bytes} bytes; no keyring is larger than {BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It is no JSON of the keyring's form.
    #[error("the keyring is not in the form it should be")]
    Json(#[source] serde_json::Error),
    /// It is something else, or of a later version.
    #[error("the file is \"{format}\" version {version}, not a keyring of version 1")]
    Version {
        /// The format it names.
        format: String,
        /// The version it names.
        version: u32,
    },
    /// A name is empty, too long, has control characters or spaces around it, or comes twice.
    #[error("\"{name}\" cannot be used as a name: 1 to 64 characters, each name once")]
    Name {
        /// The name.
        name: String,
    },
    /// A custodian has no passphrase.
    #[error("custodian \"{name}\" has no passphrase")]
    EmptyPassphrase {
        /// Whose.
        name: String,
    },
    /// Threshold and shares do not fit together.
    #[error("the keyring's shares do not fit together")]
    Shares(#[source] SharesError),
    /// What it says of its re-keyings contradicts its generation.
    #[error("the keyring's generation and its re-keyings do not fit together")]
    Generation,
    /// A share could not be locked, or carries an impossible cost.
    #[error("the share of \"{name}\" cannot be used")]
    Locked {
        /// Whose.
        name: String,
        /// Why.
        #[source]
        source: LockedShareError,
    },
}

/// Why a keyring stays locked. Each names who or what is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// Nobody of that name has a share.
    #[error("there is no custodian \"{name}\"")]
    UnknownCustodian {
        /// The name that was given.
        name: String,
    },
    /// Somebody whose share was taken away when the keys were replaced.
    #[error(
        "\"{name}\" is no custodian any more: the share belongs to an old set of keys, generation {generation}"
    )]
    Former {
        /// The name that was given.
        name: String,
        /// The last generation in which they had a share.
        generation: u32,
    },
    /// Someone's share does not open.
    #[error("the share of \"{name}\" does not open: {source}")]
    Custodian {
        /// Whose.
        name: String,
        /// Why.
        source: LockedShareError,
    },
    /// A share is foreign or altered.
    #[error("the share of \"{name}\" is refused: {source}")]
    BadShare {
        /// Whose place it claims.
        name: String,
        /// Why.
        source: SharesError,
    },
    /// Not enough custodians.
    #[error("{have} of {need} custodians needed have given their passphrases")]
    TooFew {
        /// Different shares so far.
        have: usize,
        /// Shares needed.
        need: usize,
    },
    /// The shares fit together and the rest of the file is not what was made with them.
    #[error("the keyring's public part was altered, or belongs to another set of shares")]
    Altered,
    /// A wrapped key does not open.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// A key is not in the file.
    #[error("the keyring has no key \"{name}\"")]
    Missing {
        /// Which key.
        name: &'static str,
    },
}

/// The keyring as it lies on disk. Holds nothing secret in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyringFile {
    format: String,
    version: u32,
    organisation: String,
    generation: u32,
    set: SetId,
    threshold: u8,
    #[serde(with = "crate::code")]
    check: [u8; 32],
    custodians: Vec<LockedShare>,
    keys: Vec<Wrapped>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rekeyed: Option<Rekeyed>,
}

/// A key in the clear and the number behind its name.
type Numbered = (u32, Zeroizing<[u8; 32]>);

/// The newsroom's keys in the clear, in the keyholder's memory. Wiped when dropped.
#[derive(Debug)]
pub struct OpenKeyring {
    intake: Vec<(u32, IntakeIdentity)>,
    archive: ArchiveIdentity,
    retired_archives: Vec<(u32, ArchiveIdentity)>,
    database: DatabaseKey,
    column: ColumnKey,
    index: IndexKey,
    statement_log: StatementLogSeed,
}

impl KeyringFile {
    /// Makes a newsroom's first keys, shares them out and wraps them. The key-encryption key is wiped on return.
    ///
    /// # Errors
    /// [`KeyringError`] for names, thresholds and passphrases that cannot be.
    pub fn create(
        new: &NewKeyring<'_>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Self, OpenKeyring), KeyringError> {
        check_names(new)?;
        let count = u8::try_from(new.custodians.len()).unwrap_or(u8::MAX);
        let kek = Kek::generate(rng);
        let (facts, shares) =
            split(&kek, new.threshold, count, rng).map_err(KeyringError::Shares)?;
        let custodians = lock_all(new, &shares, rng)?;
        let open = OpenKeyring::generate(rng);
        let file = Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            organisation: new.organisation.to_owned(),
            generation: 1,
            set: facts.id,
            threshold: new.threshold,
            check: [0; 32],
            custodians,
            keys: Vec::new(),
            rekeyed: None,
        }
        .holding(&open, &kek, rng);
        Ok((file, open))
    }

    /// Reads a keyring.
    ///
    /// # Errors
    /// [`KeyringError`] for anything but a well-formed keyring of this version.
    pub fn from_json(json: &[u8]) -> Result<Self, KeyringError> {
        if json.len() > BYTES_MAX {
            return Err(KeyringError::TooLarge { bytes: json.len() });
        }
        let file: Self = serde_json::from_slice(json).map_err(KeyringError::Json)?;
        file.validate()?;
        Ok(file)
    }

    /// The keyring as JSON, for storing.
    ///
    /// # Errors
    /// [`KeyringError::Json`] when serialising fails.
    pub fn to_json(&self) -> Result<Vec<u8>, KeyringError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(KeyringError::Json)?;
        json.push(b'\n');
        Ok(json)
    }

    /// The organisation's name.
    #[must_use]
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// How many custodians unlock it.
    #[must_use]
    pub fn threshold(&self) -> u8 {
        self.threshold
    }

    /// Counts the re-keyings.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The custodians' names, in the order of their shares.
    pub fn custodians(&self) -> impl Iterator<Item = &str> {
        self.custodians
            .iter()
            .map(|locked| locked.custodian.as_str())
    }

    /// What is publicly known of the shares.
    #[must_use]
    pub fn facts(&self) -> SetFacts {
        SetFacts {
            id: self.set,
            k: self.threshold,
            n: u8::try_from(self.custodians.len()).unwrap_or(u8::MAX),
            hashes: self.custodians.iter().map(|locked| locked.hash).collect(),
        }
    }

    /// Opens one custodian's share: one Argon2id run.
    ///
    /// # Errors
    /// [`UnlockError`] names the custodian and says what is wrong.
    pub fn open_share(&self, name: &str, passphrase: &Passphrase) -> Result<Share, UnlockError> {
        let locked = self
            .custodians
            .iter()
            .find(|locked| locked.custodian == name)
            .ok_or_else(|| self.nobody(name))?;
        let share = locked
            .open(self.set, passphrase)
            .map_err(|source| UnlockError::Custodian {
                name: name.to_owned(),
                source,
            })?;
        if share.hash() == locked.hash {
            Ok(share)
        } else {
            let source = SharesError::Altered { x: locked.x };
            Err(UnlockError::BadShare {
                name: name.to_owned(),
                source,
            })
        }
    }

    /// Brings the keys back from shares that are already open. The key-encryption key is wiped on return.
    ///
    /// # Errors
    /// [`UnlockError`]: too few, a foreign or altered share by its custodian's name, an altered file.
    pub fn unlock_with(&self, shares: &[Share]) -> Result<OpenKeyring, UnlockError> {
        let kek = self.kek(shares)?;
        OpenKeyring::from_wrapped(&self.keys, &kek, self.set)
    }

    /// Opens the shares of the named custodians and with them the keyring.
    ///
    /// # Errors
    /// [`UnlockError`]: the first thing that is wrong, by name.
    pub fn unlock(&self, given: &[(&str, Passphrase)]) -> Result<OpenKeyring, UnlockError> {
        let shares = given
            .iter()
            .map(|(name, passphrase)| self.open_share(name, passphrase))
            .collect::<Result<Vec<Share>, UnlockError>>()?;
        self.unlock_with(&shares)
    }

    fn nobody(&self, name: &str) -> UnlockError {
        let name = name.to_owned();
        match self.former(&name) {
            Some(generation) => UnlockError::Former { name, generation },
            None => UnlockError::UnknownCustodian { name },
        }
    }

    fn named_error(&self, error: SharesError) -> UnlockError {
        match error {
            SharesError::TooFew { have, need } => UnlockError::TooFew { have, need },
            SharesError::Foreign { x } | SharesError::Altered { x } => {
                let at = usize::from(x).checked_sub(1);
                let locked = at.and_then(|at| self.custodians.get(at));
                let name = locked.map_or_else(|| x.to_string(), |l| l.custodian.clone());
                UnlockError::BadShare {
                    name,
                    source: error,
                }
            }
            SharesError::Threshold { .. } | SharesError::Encoding | SharesError::Facts => {
                UnlockError::Altered
            }
        }
    }

    /// The MAC that binds organisation, generation, shares and the names of the keys together.
    fn check_mac(&self, kek: &Kek) -> wrap::CheckMac {
        let names = self.keys.iter().map(|wrapped| wrapped.name.as_str());
        wrap::check(
            kek,
            &self.organisation,
            self.generation,
            &self.facts(),
            names,
            self.rekeyed.as_ref().map(Rekeyed::canonical),
        )
    }

    fn validate(&self) -> Result<(), KeyringError> {
        if self.format != FORMAT || self.version != VERSION {
            return Err(KeyringError::Version {
                format: self.format.chars().take(NAME_MAX).collect(),
                version: self.version,
            });
        }
        check_name(&self.organisation)?;
        check_distinct(self.custodians())?;
        check_distinct(self.keys.iter().map(|wrapped| wrapped.name.as_str()))?;
        self.facts().validate().map_err(KeyringError::Shares)?;
        self.validate_rekeyed()?;
        for (place, locked) in self.custodians.iter().enumerate() {
            if usize::from(locked.x) != place + 1 {
                return Err(KeyringError::Shares(SharesError::Facts));
            }
            locked.cost().map_err(|source| KeyringError::Locked {
                name: locked.custodian.clone(),
                source,
            })?;
        }
        Ok(())
    }
}

impl OpenKeyring {
    /// All intake identities by epoch, the oldest first.
    #[must_use]
    pub fn intake_identities(&self) -> &[(u32, IntakeIdentity)] {
        &self.intake
    }

    /// The identity that new kits are sealed to.
    #[must_use]
    pub fn current_intake(&self) -> Option<(u32, &IntakeIdentity)> {
        self.intake
            .last()
            .map(|(epoch, identity)| (*epoch, identity))
    }

    /// Opens stored originals.
    #[must_use]
    pub fn archive_identity(&self) -> &ArchiveIdentity {
        &self.archive
    }

    /// Archive identities from before re-keyings, the latest first: they open what was sealed then, and nothing is
    /// sealed to them any more.
    pub fn retired_archives(&self) -> impl Iterator<Item = &ArchiveIdentity> {
        self.retired_archives
            .iter()
            .rev()
            .map(|(_, identity)| identity)
    }

    /// SQLCipher's key.
    #[must_use]
    pub fn database_key(&self) -> &DatabaseKey {
        &self.database
    }

    /// The named columns' key.
    #[must_use]
    pub fn column_key(&self) -> &ColumnKey {
        &self.column
    }

    /// The index's key.
    #[must_use]
    pub fn index_key(&self) -> &IndexKey {
        &self.index
    }

    /// The statement log's Ed25519 seed.
    #[must_use]
    pub fn statement_log_key(&self) -> &StatementLogSeed {
        &self.statement_log
    }

    fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self {
            intake: vec![(1, IntakeIdentity::generate(rng))],
            archive: ArchiveIdentity::generate(rng),
            retired_archives: Vec::new(),
            database: DatabaseKey::generate(rng),
            column: ColumnKey::generate(rng),
            index: IndexKey::generate(rng),
            statement_log: StatementLogSeed::generate(rng),
        }
    }

    /// Every key under the name it is wrapped by.
    fn named(&self) -> Vec<(String, &[u8; 32])> {
        let intake = self
            .intake
            .iter()
            .map(|(epoch, identity)| (format!("{INTAKE}{epoch}"), identity.expose_bytes()));
        let retired = self.retired_archives.iter().map(|(generation, identity)| {
            (
                format!("{RETIRED_ARCHIVE}{generation}"),
                identity.expose_bytes(),
            )
        });
        let rest = [
            (ARCHIVE, self.archive.expose_bytes()),
            (DATABASE, self.database.expose_bytes()),
            (COLUMN, self.column.expose_bytes()),
            (INDEX, self.index.expose_bytes()),
            (STATEMENT_LOG, self.statement_log.expose_bytes()),
        ];
        intake
            .chain(rest.map(|(name, key)| (name.to_owned(), key)))
            .chain(retired)
            .collect()
    }

    fn from_wrapped(keys: &[Wrapped], kek: &Kek, set: SetId) -> Result<Self, UnlockError> {
        let one = |name: &'static str| -> Result<Zeroizing<[u8; 32]>, UnlockError> {
            let wrapped = keys.iter().find(|wrapped| wrapped.name == name);
            Ok(wrapped
                .ok_or(UnlockError::Missing { name })?
                .unwrap(kek, set)?)
        };
        // Keys of one kind, by the number behind their name, ascending.
        let numbered = |prefix: &str| -> Result<Vec<Numbered>, UnlockError> {
            let mut found = Vec::new();
            for wrapped in keys {
                if let Some(number) = wrapped.name.strip_prefix(prefix) {
                    let number: u32 = number.parse().map_err(|_| UnlockError::Altered)?;
                    found.push((number, wrapped.unwrap(kek, set)?));
                }
            }
            found.sort_by_key(|(number, _)| *number);
            Ok(found)
        };
        let intake: Vec<(u32, IntakeIdentity)> = numbered(INTAKE)?
            .into_iter()
            .map(|(epoch, key)| (epoch, IntakeIdentity::from_bytes(*key)))
            .collect();
        let retired = numbered(RETIRED_ARCHIVE)?.into_iter();
        if intake.is_empty() {
            return Err(UnlockError::Missing { name: INTAKE });
        }
        Ok(Self {
            intake,
            archive: ArchiveIdentity::from_bytes(*one(ARCHIVE)?),
            retired_archives: retired
                .map(|(generation, key)| (generation, ArchiveIdentity::from_bytes(*key)))
                .collect(),
            database: DatabaseKey::from_bytes(*one(DATABASE)?),
            column: ColumnKey::from_bytes(*one(COLUMN)?),
            index: IndexKey::from_bytes(*one(INDEX)?),
            statement_log: StatementLogSeed::from_bytes(*one(STATEMENT_LOG)?),
        })
    }
}

fn lock_all(
    new: &NewKeyring<'_>,
    shares: &[Share],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<LockedShare>, KeyringError> {
    let pairs = new.custodians.iter().zip(shares);
    pairs
        .map(|(custodian, share)| {
            LockedShare::lock(share, &custodian.name, &custodian.passphrase, new.cost, rng).map_err(
                |source| KeyringError::Locked {
                    name: custodian.name.clone(),
                    source,
                },
            )
        })
        .collect()
}

fn check_names(new: &NewKeyring<'_>) -> Result<(), KeyringError> {
    check_name(new.organisation)?;
    check_distinct(
        new.custodians
            .iter()
            .map(|custodian| custodian.name.as_str()),
    )?;
    match new
        .custodians
        .iter()
        .find(|custodian| custodian.passphrase.is_empty())
    {
        Some(custodian) => Err(KeyringError::EmptyPassphrase {
            name: custodian.name.clone(),
        }),
        None => Ok(()),
    }
}

fn check_distinct<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), KeyringError> {
    let mut seen = HashSet::new();
    for name in names {
        check_name(name)?;
        if !seen.insert(name) {
            return Err(KeyringError::Name {
                name: name.to_owned(),
            });
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), KeyringError> {
    let length = name.chars().take(NAME_MAX + 1).count();
    let clean = name.trim() == name && !name.chars().any(char::is_control);
    if (1..=NAME_MAX).contains(&length) && clean {
        Ok(())
    } else {
        Err(KeyringError::Name {
            name: name.chars().take(NAME_MAX).collect(),
        })
    }
}
