//! The desk's folder: where everything lies, and the one file that is read while locked.
//!
//! `desk.json` holds what the desk needs before any custodian has come: the organisation's name,
//! where the database is, and the drops with their read tokens. A drop's token reads ciphertext
//! and writes mailboxes; it opens nothing, so it may rest outside the keyring, in a file that only
//! the owner reads (0600). Whoever takes it can read noise and count cells.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::files;

/// The version of `desk.json` this code reads and writes.
const VERSION: u32 = 1;

/// What can be wrong with the desk's folder.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no desk in this folder.
    #[error("{} is not a desk's folder; make one with `fh-desk init --dir {}`", path.display(), path.display())]
    NoDesk {
        /// The folder.
        path: PathBuf,
    },
    /// There is a desk already.
    #[error("{} already holds a desk; it will not be overwritten", path.display())]
    DeskExists {
        /// The folder.
        path: PathBuf,
    },
    /// The file is not what it should be.
    #[error("{} cannot be understood: {source}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The file was written by another version of this program.
    #[error("{} has version {found}; this program reads version {VERSION}", path.display())]
    Version {
        /// Which file.
        path: PathBuf,
        /// The version found.
        found: u32,
    },
    /// A custodian's signing key is unusable.
    #[error("the signing key of {name} is no Ed25519 key of 64 hexadecimal digits")]
    Signer {
        /// Whose.
        name: String,
    },
    /// A drop's address or token is unusable.
    #[error("the drop {url}: {reason}")]
    Drop {
        /// The drop's address.
        url: String,
        /// What is wrong.
        reason: &'static str,
    },
}

/// The paths inside a desk's folder.
#[derive(Debug, Clone)]
pub struct DeskFolder {
    root: PathBuf,
}

impl DeskFolder {
    /// The folder at `root`; nothing is touched.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The configuration read while locked.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root.join("desk.json")
    }

    /// The wrapped keys and locked shares.
    #[must_use]
    pub fn keyring(&self) -> PathBuf {
        self.root.join("keyring.json")
    }

    /// The SQLCipher database, when there is no PostgreSQL.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("desk.db")
    }

    /// Sealed blobs.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// Cells pulled from the drops, still veiled.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.root.join("spool")
    }

    /// Cards that were handed in and wait to be read.
    #[must_use]
    pub fn cards(&self) -> PathBuf {
        self.root.join("cards")
    }

    /// Counts of readers that wait to be taken in, and how far each log was read.
    #[must_use]
    pub fn reach(&self) -> PathBuf {
        self.root.join("reach")
    }

    /// Words of those who left a newsletter, until the desk has taken them in.
    #[must_use]
    pub fn leaving(&self) -> PathBuf {
        self.root.join("leaving")
    }

    /// How far each drop has been read.
    #[must_use]
    pub fn positions(&self) -> PathBuf {
        self.root.join("positions.json")
    }

    /// What is known of each drop's conduct.
    #[must_use]
    pub fn drops(&self) -> PathBuf {
        self.root.join("drops")
    }

    /// When the machine's clock was trusted.
    #[must_use]
    pub fn clock(&self) -> PathBuf {
        self.root.join("clock.json")
    }

    /// The public log of statements.
    #[must_use]
    pub fn statement_log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// The statement log's public key, as readers compare it.
    #[must_use]
    pub fn log_key(&self) -> PathBuf {
        self.root.join("log.key")
    }

    /// Refuses a folder that has a desk.
    ///
    /// # Errors
    /// [`ConfigError::DeskExists`].
    pub fn refuse_existing(&self) -> Result<(), ConfigError> {
        if self.config().exists() || self.keyring().exists() {
            return Err(ConfigError::DeskExists {
                path: self.root.clone(),
            });
        }
        Ok(())
    }

    /// Makes the folder and its subfolders, closed to others.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn make(&self) -> Result<(), ConfigError> {
        for path in [
            self.root.clone(),
            self.blobs(),
            self.spool(),
            self.statement_log(),
        ] {
            files::private_folder(&path).map_err(|source| ConfigError::File { path, source })?;
        }
        Ok(())
    }
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Database {
    /// SQLCipher, in the desk's folder.
    Sqlcipher,
    /// PostgreSQL on an encrypted disk.
    Postgres {
        /// `postgres://...`; may hold a password, one more reason why the file is 0600.
        url: String,
    },
}

/// A drop's desk token: what reads its log and writes its mailboxes.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DropToken(String);

impl DropToken {
    /// Takes a token as `fh-drop token` wrote it.
    ///
    /// # Errors
    /// When it is not 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(
                "the token file must hold 64 hexadecimal digits, as `fh-drop token` writes them",
            );
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The token, for the `Authorization` header.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DropToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DropToken(..)")
    }
}

impl Drop for DropToken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// One drop the desk reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropEntry {
    /// Its address, without a trailing slash.
    pub url: formats::DropUrl,
    /// Its desk token.
    pub token: DropToken,
    /// The key of its log (a C2SP verifier key), when the owner compared it; else the first one seen counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_key: Option<String>,
    /// This desk alone reads the drop and tells it what it holds, so that the drop can make room.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
    /// Bytes that one session may store there; the same for all kits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_bytes: Option<u64>,
}

impl DropEntry {
    /// Checks an address as people type it.
    ///
    /// # Errors
    /// When it is not `http://` or `https://` with a host.
    pub fn parse(url: &str, token: &str) -> Result<Self, ConfigError> {
        let refuse = |reason| ConfigError::Drop {
            url: url.to_owned(),
            reason,
        };
        let parsed: formats::DropUrl = url.trim_end_matches('/').parse().map_err(|_| {
            refuse(
                "its address must be http:// or https://, a host, perhaps a port, and nothing else",
            )
        })?;
        Ok(Self {
            url: parsed,
            token: DropToken::parse(token).map_err(refuse)?,
            log_key: None,
            confirm: false,
            quota_bytes: None,
        })
    }
}

/// A custodian who may sign bulletins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// Their name.
    pub name: String,
    /// Their verifying key, 64 hexadecimal digits.
    pub key: String,
}

impl Signer {
    /// Reads `NAME=KEY`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, key) = text.split_once('=').ok_or("write it as NAME=KEY")?;
        let signer = Self {
            name: name.to_owned(),
            key: key.trim().to_ascii_lowercase(),
        };
        signer.custodian().map_err(|error| error.to_string())?;
        Ok(signer)
    }

    /// The custodian as kits pin them.
    ///
    /// # Errors
    /// [`ConfigError::Signer`] for a key that is none.
    pub fn custodian(&self) -> Result<formats::Custodian, ConfigError> {
        let bytes: Option<[u8; 32]> = hex::decode(&self.key)
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        let key = bytes.and_then(|bytes| keys::CustodianVerifyingKey::from_bytes(&bytes).ok());
        let key = key.ok_or_else(|| ConfigError::Signer {
            name: self.name.clone(),
        })?;
        Ok(formats::Custodian {
            name: self.name.clone(),
            key,
        })
    }
}

/// The custodians who sign bulletins, and how many must.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signers {
    /// Who.
    pub list: Vec<Signer>,
    /// How many of them.
    pub threshold: u8,
    /// Those of them whose shares were taken away: kits believe them until a bulletin has said otherwise, and the desk
    /// does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaving: Vec<String>,
}

/// Whether bulletins can do without whoever lost their share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// None of them signs bulletins.
    Nobody,
    /// Their signatures count no more at the desk; the next bulletin leaves them out.
    Left,
    /// Too few would remain to sign the bulletin that leaves them out.
    TooFew,
}

impl Signers {
    /// A set as a bulletin names it.
    #[must_use]
    pub fn of(custodians: &[formats::Custodian], threshold: u8) -> Self {
        let signer = |one: &formats::Custodian| Signer {
            name: one.name.clone(),
            key: hex::encode(one.key.as_bytes()),
        };
        Self {
            list: custodians.iter().map(signer).collect(),
            threshold,
            leaving: Vec::new(),
        }
    }
}

/// The content of `desk.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskConfig {
    version: u32,
    /// The newsroom's name, as kits and the site carry it.
    pub organisation: String,
    /// Where the database is.
    pub database: Database,
    /// The drops, in the order they were added.
    pub drops: Vec<DropEntry>,
    /// The custodians whose signatures kits believe, as the last bulletin named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signers: Option<Signers>,
    /// After how many hours without a new cell an arriving dispatch is shown as cut off.
    #[serde(default = "cut_off_hours")]
    pub cut_off_hours: u32,
}

/// A day: a reporter without a line for one night is not cut off.
fn cut_off_hours() -> u32 {
    24
}

impl DeskConfig {
    /// A new configuration without drops.
    #[must_use]
    pub fn new(organisation: String, database: Database) -> Self {
        Self {
            version: VERSION,
            organisation,
            database,
            drops: Vec::new(),
            signers: None,
            cut_off_hours: cut_off_hours(),
        }
    }

    /// The pinned custodians without those who are leaving; none while nobody is pinned.
    ///
    /// # Errors
    /// [`ConfigError::Signer`] for a key that is none.
    pub fn signers(&self) -> Result<Vec<formats::Custodian>, ConfigError> {
        let signers = self.signers.iter();
        let list = signers.flat_map(|signers| {
            let stays = |one: &&Signer| !signers.leaving.contains(&one.name);
            signers.list.iter().filter(stays)
        });
        list.map(Signer::custodian).collect()
    }

    /// Takes the signatures of these people from bulletins, if enough others are left to sign the next one.
    pub(crate) fn signers_leave(&mut self, names: &[String]) -> Leaving {
        let Some(signers) = &mut self.signers else {
            return Leaving::Nobody;
        };
        let goes = |one: &&Signer| names.contains(&one.name);
        let gone: Vec<String> = signers
            .list
            .iter()
            .filter(goes)
            .map(|one| one.name.clone())
            .filter(|name| !signers.leaving.contains(name))
            .collect();
        if gone.is_empty() {
            return Leaving::Nobody;
        }
        let left = signers.list.len() - signers.leaving.len() - gone.len();
        if left < usize::from(signers.threshold) {
            return Leaving::TooFew;
        }
        signers.leaving.extend(gone);
        Leaving::Left
    }

    /// Reads the configuration of a desk.
    ///
    /// # Errors
    /// When there is none, or it is malformed.
    pub fn load(folder: &DeskFolder) -> Result<Self, ConfigError> {
        let path = folder.config();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(ConfigError::NoDesk {
                    path: folder.root().to_owned(),
                });
            }
            Err(source) => return Err(ConfigError::File { path, source }),
        };
        let config: Self = match serde_json::from_slice(&bytes) {
            Ok(config) => config,
            Err(source) => return Err(ConfigError::Malformed { path, source }),
        };
        if config.version != VERSION {
            return Err(ConfigError::Version {
                path,
                found: config.version,
            });
        }
        Ok(config)
    }

    /// Writes the configuration, readable by the owner alone.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, folder: &DeskFolder) -> Result<(), ConfigError> {
        let path = folder.config();
        let bytes = self.to_bytes(folder)?;
        files::replace(&path, &bytes).map_err(|source| ConfigError::File { path, source })
    }

    /// The content of the file.
    pub(crate) fn to_bytes(&self, folder: &DeskFolder) -> Result<Vec<u8>, ConfigError> {
        serde_json::to_vec_pretty(self).map_err(|source| ConfigError::Malformed {
            path: folder.config(),
            source,
        })
    }

    /// Adds a drop, or replaces what is known of one.
    pub fn put_drop(&mut self, mut entry: DropEntry) {
        match self.drops.iter_mut().find(|drop| drop.url == entry.url) {
            Some(known) => {
                entry.log_key = entry.log_key.take().or(known.log_key.take());
                entry.quota_bytes = entry.quota_bytes.or(known.quota_bytes);
                entry.confirm |= known.confirm;
                *known = entry;
            }
            None => self.drops.push(entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const TOKEN: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    #[test]
    fn a_configuration_survives_the_disk_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DeskFolder::new(dir.path().join("desk"));
        folder.refuse_existing().unwrap();
        folder.make().unwrap();
        let mut config = DeskConfig::new("Voices".into(), Database::Sqlcipher);
        config.put_drop(DropEntry::parse("http://127.0.0.1:9/", TOKEN).unwrap());
        config.put_drop(DropEntry::parse("http://127.0.0.1:9", &TOKEN.to_lowercase()).unwrap());
        config.save(&folder).unwrap();

        let read = DeskConfig::load(&folder).unwrap();
        assert_eq!(read.organisation, "Voices");
        assert_eq!(read.drops.len(), 1);
        assert_eq!(read.drops[0].url.as_str(), "http://127.0.0.1:9");
        assert_eq!(read.drops[0].token.expose(), TOKEN.to_lowercase());
        let mode = fs::metadata(folder.config()).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
        assert!(matches!(
            folder.refuse_existing(),
            Err(ConfigError::DeskExists { .. })
        ));
    }

    #[test]
    fn who_lost_their_share_signs_no_bulletin_if_enough_others_do() {
        let signer = |name: &str| Signer {
            name: name.into(),
            key: hex::encode([1; 32]),
        };
        let mut config = DeskConfig::new("Voices".into(), Database::Sqlcipher);
        assert_eq!(config.signers_leave(&["Basim".into()]), Leaving::Nobody);
        config.signers = Some(Signers {
            list: ["Amal", "Basim", "Dana"].map(signer).to_vec(),
            threshold: 2,
            leaving: Vec::new(),
        });
        assert_eq!(config.signers_leave(&["Ziad".into()]), Leaving::Nobody);
        assert_eq!(config.signers_leave(&["Basim".into()]), Leaving::Left);
        assert_eq!(config.signers_leave(&["Basim".into()]), Leaving::Nobody);
        assert_eq!(config.signers_leave(&["Dana".into()]), Leaving::TooFew);
        let left = config.signers.unwrap();
        assert_eq!((left.list.len(), left.leaving), (3, vec!["Basim".into()]));
    }

    #[test]
    fn tokens_never_print() {
        let entry = DropEntry::parse("https://drop.example", TOKEN).unwrap();
        assert!(!format!("{entry:?}").to_lowercase().contains("0011"));
    }

    #[test]
    fn bad_drops_are_refused() {
        for (url, token) in [
            ("ftp://x", TOKEN),
            ("https://", TOKEN),
            ("http://a b", TOKEN),
            ("http://a", "zz"),
            ("http://a", &TOKEN[..62]),
        ] {
            assert!(DropEntry::parse(url, token).is_err(), "{url} {token}");
        }
    }

    #[test]
    fn other_versions_and_other_fields_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DeskFolder::new(dir.path());
        assert!(matches!(
            DeskConfig::load(&folder),
            Err(ConfigError::NoDesk { .. })
        ));
        let write = |text: &str| fs::write(folder.config(), text).unwrap();
        write(r#"{"version":2,"organisation":"x","database":"sqlcipher","drops":[]}"#);
        assert!(matches!(
            DeskConfig::load(&folder),
            Err(ConfigError::Version { found: 2, .. })
        ));
        write(r#"{"version":1,"organisation":"x","database":"sqlcipher","drops":[],"more":1}"#);
        assert!(matches!(
            DeskConfig::load(&folder),
            Err(ConfigError::Malformed { .. })
        ));
    }
}
