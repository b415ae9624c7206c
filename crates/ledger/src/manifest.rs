//! A site's manifest: what a whole folder of files was at one time, signed by the key of a log.
//!
//! One key signs checkpoints, times and manifests. What it signs is told apart by the first line, which is why no
//! log can be named like the first line of a manifest.

use signed_note::{Note, Signature};
use thiserror::Error;

use crate::cosignature::MAX_CLOCK;
use crate::digest::Digest;
use crate::key::{LogVerifier, signature_line};

/// The first line of every manifest.
pub(crate) const FIRST_LINE: &str = "firsthand/site-manifest/v1";

/// The largest note that is read; ours have about 400 bytes.
const MAX_NOTE: usize = 4 * 1024;

/// The longest address of a site.
const MAX_ADDRESS: usize = 500;

/// Why a manifest is refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ManifestError {
    /// Not a note, not a manifest, or not spelt the one way it is written.
    #[error("the manifest is malformed")]
    Malformed,
    /// A signature is missing, foreign or false.
    #[error("the manifest is not signed by the key that was given")]
    Signature,
}

/// What a site was at one time. The files themselves stand in a list, one a line, that the digest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteManifest {
    /// The address of the site.
    pub site: String,
    /// When this state was decided, by the newsroom's clock, in seconds since 1970 UTC.
    pub decided_at: u64,
    /// How many files the list has.
    pub files: u64,
    /// How many bytes they have together.
    pub bytes: u64,
    /// SHA-256 of the list.
    pub list: Digest,
}

impl SiteManifest {
    /// The lines that are signed, if they can be written at all.
    pub(crate) fn text(&self) -> Result<String, ManifestError> {
        let plain = self.site.bytes().all(|b| b.is_ascii_graphic());
        let fine = plain
            && (1..=MAX_ADDRESS).contains(&self.site.len())
            && self.decided_at <= MAX_CLOCK
            && i64::try_from(self.files.max(self.bytes)).is_ok();
        if !fine {
            return Err(ManifestError::Malformed);
        }
        let Self {
            site,
            decided_at,
            files,
            bytes,
            list,
        } = self;
        Ok(format!(
            "{FIRST_LINE}\n{site}\n{decided_at}\n{files}\n{bytes}\n{list}\n"
        ))
    }

    fn parse(text: &[u8]) -> Result<Self, ManifestError> {
        let text = std::str::from_utf8(text).map_err(|_| ManifestError::Malformed)?;
        let lines: Vec<&str> = text.lines().collect();
        let [FIRST_LINE, site, decided_at, files, bytes, list] = lines.as_slice() else {
            return Err(ManifestError::Malformed);
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| ManifestError::Malformed);
        let manifest = Self {
            site: (*site).to_owned(),
            decided_at: number(decided_at)?,
            files: number(files)?,
            bytes: number(bytes)?,
            list: list.parse().map_err(|_| ManifestError::Malformed)?,
        };
        // Writing it again refuses every second spelling at once.
        if manifest.text()? == text {
            Ok(manifest)
        } else {
            Err(ManifestError::Malformed)
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// Its length.
    pub bytes: u64,
    /// Its path below the root of the site.
    pub path: String,
}

/// Reads a list; nothing but the one spelling, paths in order, none twice, none outside.
#[must_use]
pub fn read_list(bytes: &[u8]) -> Option<Vec<Listed>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let listed: Option<Vec<Listed>> = text.lines().map(line).collect();
    let listed = listed?;
    let ordered = listed.windows(2).all(|two| two[0].path < two[1].path);
    (ordered && write_list(&listed) == text).then_some(listed)
}

/// The list as it is written: one file a line, `SHA-256 LENGTH PATH`.
#[must_use]
pub fn write_list(listed: &[Listed]) -> String {
    let line = |one: &Listed| format!("{} {} {}\n", one.sha256, one.bytes, one.path);
    listed.iter().map(line).collect()
}

fn line(line: &str) -> Option<Listed> {
    let mut fields = line.splitn(3, ' ');
    let listed = Listed {
        sha256: fields.next()?.parse().ok()?,
        bytes: fields.next()?.parse().ok()?,
        path: fields.next()?.to_owned(),
    };
    let plain = |part: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain)
    };
    listed.path.split('/').all(plain).then_some(listed)
}

pub(crate) fn open(verifier: &LogVerifier, note: &[u8]) -> Result<SiteManifest, ManifestError> {
    if note.len() > MAX_NOTE {
        return Err(ManifestError::Malformed);
    }
    let parsed = Note::from_bytes(note).map_err(|_| ManifestError::Malformed)?;
    let manifest = SiteManifest::parse(parsed.text())?;
    let (_, line) = std::str::from_utf8(note)
        .ok()
        .and_then(|text| text.rsplit_once("\n\n"))
        .ok_or(ManifestError::Malformed)?;
    // One line, and spelt as it is written: a second signature could not be checked here.
    let bare = line.strip_suffix('\n').ok_or(ManifestError::Malformed)?;
    let signature = Signature::from_bytes(bare.as_bytes()).map_err(|_| ManifestError::Malformed)?;
    if signature_line(signature.name(), signature.id(), signature.signature()) != line {
        return Err(ManifestError::Malformed);
    }
    let ours = signature.name() == verifier.origin()
        && verifier.signs(signature.id(), parsed.text(), signature.signature());
    if ours {
        Ok(manifest)
    } else {
        Err(ManifestError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::LogSigner;

    fn signer() -> LogSigner {
        LogSigner::from_seed("Freedom_Desk/statements", &[9; 32]).unwrap()
    }

    fn manifest() -> SiteManifest {
        SiteManifest {
            site: "https://desk.example/news/".to_owned(),
            decided_at: 1_795_370_460,
            files: 1_234,
            bytes: 56_789_000,
            list: crate::sha256(b"the list"),
        }
    }

    #[test]
    fn a_manifest_is_read_back_and_every_changed_byte_is_refused() {
        let note = signer().sign_site(&manifest()).unwrap();
        let verifier = signer().verifier();
        assert_eq!(verifier.open_site(note.as_bytes()), Ok(manifest()));
        let bytes = note.as_bytes();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.to_vec();
                changed[at] ^= 1 << bit;
                assert!(verifier.open_site(&changed).is_err(), "{at} {bit}");
            }
            assert!(verifier.open_site(&bytes[..at]).is_err(), "{at}");
        }
        let twice = format!("{note}{}", note.lines().last().unwrap());
        assert!(verifier.open_site(twice.as_bytes()).is_err());
        assert!(verifier.open_site(format!("{twice}\n").as_bytes()).is_err());
    }

    #[test]
    fn another_key_another_name_and_another_kind_of_note_are_refused() {
        let note = signer().sign_site(&manifest()).unwrap();
        for (name, seed) in [("Freedom_Desk/statements", 8), ("Other_Desk/statements", 9)] {
            let other = LogSigner::from_seed(name, &[seed; 32]).unwrap().verifier();
            assert_eq!(
                other.open_site(note.as_bytes()),
                Err(ManifestError::Signature)
            );
        }
        let head = signer()
            .sign_checkpoint(7, crate::sha256(b"root"), 9)
            .unwrap();
        let verifier = signer().verifier();
        assert!(verifier.open_site(head.note().as_bytes()).is_err());
        assert!(verifier.open(note.as_bytes()).is_err());
        assert!(LogSigner::from_seed(FIRST_LINE, &[1; 32]).is_err());
    }

    #[test]
    fn lists_have_one_spelling() {
        let one = |path: &str| Listed {
            sha256: crate::sha256(path.as_bytes()),
            bytes: 40,
            path: path.to_owned(),
        };
        let list = write_list(&[one("en/00.html"), one("en/01.html"), one("style.css")]);
        assert_eq!(read_list(list.as_bytes()).unwrap().len(), 3);
        assert_eq!(read_list(b"").unwrap(), []);
        let swapped: String = list.lines().rev().map(|line| format!("{line}\n")).collect();
        for bad in [
            swapped,
            list.trim_end().to_owned(),
            list.replace("en/00", "../x"),
            list.replace("en/00", "en/.x"),
            list.replace("en/00", "/en/00"),
            list.replace(" 40 ", " 040 "),
            list.replace(" 40 ", "  40 "),
            list.to_uppercase(),
            format!("{list}{list}"),
        ] {
            assert!(read_list(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_read_back_is_not_signed() {
        for site in ["", "https://a b/", "https://a\n/", "https://é/"] {
            let odd = SiteManifest {
                site: site.to_owned(),
                ..manifest()
            };
            assert!(signer().sign_site(&odd).is_err(), "{site:?}");
        }
        let late = SiteManifest {
            decided_at: MAX_CLOCK + 1,
            ..manifest()
        };
        assert!(signer().sign_site(&late).is_err());
    }
}
