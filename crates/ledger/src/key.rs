//! Keys of a log: the signer that only its operator holds, and the verifier that everybody may know.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use thiserror::Error;

use crate::checkpoint::{self, Checkpoint, CheckpointError, SignedCheckpoint};
use crate::cosignature::{self, CosignerKey};
use crate::digest::{Digest, sha256};
use crate::manifest::{self, ManifestError, SiteManifest};

/// C2SP signature type of a plain Ed25519 note signature.
const TYPE_ED25519: u8 = 1;

/// The longest name of a log.
const MAX_ORIGIN: usize = 200;

/// Why a key or a log's name cannot be used.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// The name of the log breaks the rules for note key names.
    #[error(
        "{0:?} cannot name a log: a name has 1 to 200 bytes, no spaces, no plus sign, no control and no invisible characters"
    )]
    Origin(String),
    /// The text is not a verifier key.
    #[error("not a log key: expected NAME+8 HEX DIGITS+BASE64, as the newsroom publishes it")]
    Malformed,
    /// The text is a verifier key whose parts do not belong together.
    #[error("this log key is damaged: its parts do not belong together")]
    Mismatch,
    /// The public key is one of the few values that would accept forged signatures.
    #[error("this log key is not safe to use")]
    Weak,
}

/// A name for a log made of an organisation's name, e.g. `Freedom_Desk/statements`.
///
/// Spaces and plus signs, which notes forbid, become underscores, and invisible characters go;
/// nothing else changes, so that a reader recognises the name.
///
/// # Errors
/// [`KeyError::Origin`] when nothing usable is left.
pub fn origin_for(organisation: &str, purpose: &str) -> Result<String, KeyError> {
    let visible: String = organisation.chars().filter(|c| !is_invisible(*c)).collect();
    let mut name = String::new();
    for part in visible.split(|c: char| c.is_whitespace() || c == '+' || c.is_control()) {
        if !part.is_empty() {
            if !name.is_empty() {
                name.push('_');
            }
            name.push_str(part);
        }
    }
    if name.is_empty() {
        return Err(KeyError::Origin(organisation.to_owned()));
    }
    let origin = format!("{name}/{purpose}");
    check_origin(&origin)?;
    Ok(origin)
}

/// A name must be a note key name, and must not read as the first line of a cosigned message:
/// one key signs both, and the first line is what keeps them apart.
pub(crate) fn check_origin(origin: &str) -> Result<(), KeyError> {
    let fine = signed_note::is_key_name_valid(origin)
        && origin.len() <= MAX_ORIGIN
        && !origin.chars().any(|c| c.is_control() || is_invisible(c))
        && !origin.starts_with("cosignature/")
        && origin != manifest::FIRST_LINE;
    if fine {
        Ok(())
    } else {
        Err(KeyError::Origin(origin.to_owned()))
    }
}

/// Characters that change how a name reads without being seen: two logs could look the same.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    )
}

pub(crate) fn key_id(origin: &str, signature_type: u8, key: &VerifyingKey) -> u32 {
    let mut typed = [0_u8; 33];
    typed[0] = signature_type;
    typed[1..].copy_from_slice(key.as_bytes());
    signed_note::key_id(origin, &typed)
}

/// Signs checkpoints of one log. Wiped on drop; never printed.
pub struct LogSigner {
    origin: String,
    key: SigningKey,
}

impl LogSigner {
    /// The signer of the log `origin` from its 32-byte Ed25519 seed.
    ///
    /// # Errors
    /// [`KeyError::Origin`] when the name cannot stand in a note.
    pub fn from_seed(origin: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        check_origin(origin)?;
        Ok(Self {
            origin: origin.to_owned(),
            key: SigningKey::from_bytes(seed),
        })
    }

    /// The signer of a log that has no better name than its key: `PURPOSE/` and the first 8 bytes of the key's SHA-256.
    ///
    /// # Errors
    /// [`KeyError::Origin`] when the purpose cannot stand in a note.
    pub fn named_by_key(purpose: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let mut signer = Self::from_seed(purpose, seed)?;
        let name = sha256(signer.key.verifying_key().as_bytes()).to_string();
        signer.origin = format!("{purpose}/{}", name.get(..16).unwrap_or(&name));
        check_origin(&signer.origin)?;
        Ok(signer)
    }

    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What readers need to check this signer.
    #[must_use]
    pub fn verifier(&self) -> LogVerifier {
        LogVerifier {
            origin: self.origin.clone(),
            key: self.key.verifying_key(),
        }
    }

    /// Signs a tree head, and says by the log's own clock when (seconds since 1970 UTC).
    ///
    /// # Errors
    /// [`CheckpointError`] when the size or the time is out of range.
    pub fn sign_checkpoint(
        &self,
        size: u64,
        root: Digest,
        clock: u64,
    ) -> Result<SignedCheckpoint, CheckpointError> {
        let checkpoint = Checkpoint::new(&self.origin, size, root)?;
        let text = checkpoint.text();
        let id = key_id(&self.origin, TYPE_ED25519, &self.key.verifying_key());
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let mut note = format!("{text}\n");
        note.push_str(&signature_line(&self.origin, id, &signature));
        note.push_str(&cosignature::sign_line(
            &self.origin,
            &self.key,
            &text,
            clock,
        )?);
        checkpoint::from_signed_note(checkpoint, note, clock)
    }

    /// Signs what a site was at one time: a C2SP note with this log's signature.
    ///
    /// # Errors
    /// [`ManifestError::Malformed`] when the address, the time or a number cannot be written.
    pub fn sign_site(&self, manifest: &SiteManifest) -> Result<String, ManifestError> {
        let text = manifest.text()?;
        let id = key_id(&self.origin, TYPE_ED25519, &self.key.verifying_key());
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let line = signature_line(&self.origin, id, &signature);
        Ok(format!("{text}\n{line}"))
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogSigner({}, ..)", self.origin)
    }
}

/// Checks what a log signed. Its text form is a C2SP verifier key.
#[derive(Clone, PartialEq, Eq)]
pub struct LogVerifier {
    origin: String,
    key: VerifyingKey,
}

impl LogVerifier {
    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn key_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The key under which this log states times (signature type 4, same public key).
    #[must_use]
    pub fn clock_key(&self) -> CosignerKey {
        CosignerKey::from_parts(self.origin.clone(), self.key)
    }

    /// Opens a note that this log must have signed: the log's signature, then its clock, nothing else.
    ///
    /// # Errors
    /// [`CheckpointError`] for any other bytes.
    pub fn open(&self, note: &[u8]) -> Result<SignedCheckpoint, CheckpointError> {
        checkpoint::open(self, note)
    }

    /// Opens the manifest of a site that this log's key must have signed, and nobody else.
    ///
    /// # Errors
    /// [`ManifestError`] for any other bytes.
    pub fn open_site(&self, note: &[u8]) -> Result<SiteManifest, ManifestError> {
        manifest::open(self, note)
    }

    pub(crate) fn signs(&self, id: u32, text: &[u8], signature: &[u8]) -> bool {
        let Ok(bytes) = <[u8; 64]>::try_from(signature) else {
            return false;
        };
        id == key_id(&self.origin, TYPE_ED25519, &self.key)
            && self
                .key
                .verify_strict(text, &Signature::from_bytes(&bytes))
                .is_ok()
    }
}

impl fmt::Display for LogVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&signed_note::new_ed25519_verifier_key(
            &self.origin,
            &self.key,
        ))
    }
}

impl fmt::Debug for LogVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogVerifier({self})")
    }
}

impl FromStr for LogVerifier {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(origin), Some(_), Some(key64)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(KeyError::Malformed);
        };
        let material = BASE64
            .decode(key64.as_bytes())
            .map_err(|_| KeyError::Malformed)?;
        let Some((&TYPE_ED25519, key)) = material.split_first() else {
            return Err(KeyError::Malformed);
        };
        let key: [u8; 32] = key.try_into().map_err(|_| KeyError::Malformed)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| KeyError::Malformed)?;
        check_origin(origin)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        let verifier = Self {
            origin: origin.to_owned(),
            key,
        };
        // Writing it again is the check of the id and of every spelling at once.
        if verifier.to_string() == text {
            Ok(verifier)
        } else {
            Err(KeyError::Mismatch)
        }
    }
}

pub(crate) fn signature_line(name: &str, id: u32, signature: &[u8]) -> String {
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.extend_from_slice(signature);
    format!("\u{2014} {name} {}\n", BASE64.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_key_made_by_another_implementation() {
        // From the C2SP signed-note document.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let verifier: LogVerifier = text.parse().unwrap();
        assert_eq!(verifier.origin(), "PeterNeumann");
        assert_eq!(verifier.to_string(), text);
    }

    #[test]
    fn refuses_every_one_letter_change_of_a_key() {
        let verifier = LogSigner::from_seed("desk.example/log", &[7; 32])
            .unwrap()
            .verifier();
        let text = verifier.to_string();
        for at in 0..text.len() {
            for other in [b'A', b'z', b'0', b'/', b'+'] {
                let mut bytes = text.clone().into_bytes();
                if bytes[at] == other {
                    continue;
                }
                bytes[at] = other;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(changed.parse::<LogVerifier>().is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn names_that_notes_cannot_carry_are_refused() {
        for bad in [
            "",
            "a b",
            "a+b",
            "a\nb",
            "a\u{7}b",
            "cosignature/v1",
            "a\u{2003}b",
            "a\u{200B}b",
            "a\u{202E}b",
        ] {
            assert!(LogSigner::from_seed(bad, &[1; 32]).is_err(), "{bad:?}");
        }
        assert!(LogSigner::from_seed(&"x".repeat(201), &[1; 32]).is_err());
        assert!(LogSigner::from_seed("رصد/بيانات", &[1; 32]).is_ok());
    }

    #[test]
    fn origins_keep_the_organisation_readable() {
        assert_eq!(
            origin_for("Freedom  Desk + Friends", "statements").unwrap(),
            "Freedom_Desk_Friends/statements"
        );
        assert_eq!(
            origin_for("صوت المدينة", "statements").unwrap(),
            "صوت_المدينة/statements"
        );
        assert_eq!(
            origin_for("Desk\u{200B}\u{202E} One", "s").unwrap(),
            "Desk_One/s"
        );
        assert!(origin_for(" \n ", "statements").is_err());
    }

    #[test]
    fn the_identity_point_is_no_key() {
        let mut identity = [0_u8; 32];
        identity[0] = 1;
        let key = VerifyingKey::from_bytes(&identity).unwrap();
        let text = signed_note::new_ed25519_verifier_key("log", &key);
        assert_eq!(text.parse::<LogVerifier>(), Err(KeyError::Weak));
    }

    #[test]
    fn debug_shows_no_secret() {
        let signer = LogSigner::from_seed("log", &[0xAB; 32]).unwrap();
        assert_eq!(format!("{signer:?}"), "LogSigner(log, ..)");
    }
}
