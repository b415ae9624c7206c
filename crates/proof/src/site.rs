//! Checking a whole site, wherever it is mirrored: every file against the signed manifest. No clock, no network here.

use std::collections::BTreeSet;
use std::io::{self, Read};

use ledger::{Listed, LogVerifier, SiteManifest, read_list, sha256};

use crate::check::read_through;
use crate::finding::{Code, Finding, Grade, Report};

/// The file that is signed.
pub const MANIFEST: &str = "manifest";

/// The list that it names.
pub const LIST: &str = "manifest.txt";

/// The largest list that is read: about a million files.
const MAX_LIST: u64 = 200_000_000;

/// Files of one kind of trouble that are named one by one; the rest is counted.
const NAMED: usize = 20;

/// A copy of a site.
pub trait Mirror {
    /// Opens a file; `None` when the mirror has no such file.
    ///
    /// # Errors
    /// What the medium reports.
    fn open(&self, path: &str) -> io::Result<Option<Box<dyn Read + '_>>>;

    /// The names of all files, where the mirror can tell: a folder can, a server cannot.
    ///
    /// # Errors
    /// What the medium reports.
    fn names(&self) -> io::Result<Option<Vec<String>>>;
}

/// Checks a mirror against the key that the reader has from elsewhere.
///
/// `oldest` is the earliest time, in seconds since 1970 UTC, at which the newsroom may have decided on what the
/// mirror shows; an older state is called stale, since a mirror can always show what was once true.
///
/// # Errors
/// Only when the mirror cannot be read.
pub fn check_site(
    mirror: &impl Mirror,
    key: &LogVerifier,
    oldest: Option<u64>,
) -> io::Result<Report> {
    let mut report = Report::new();
    let Some((manifest, listed)) = signed(mirror, key, &mut report)? else {
        return Ok(report.sorted());
    };
    check_files(mirror, &listed, &mut report)?;
    check_foreign(mirror, &listed, &mut report)?;
    // That a server does not name its files takes nothing from those that were read.
    let failed = |finding: &Finding| finding.grade == Grade::Fails;
    if !report.findings().iter().any(failed) {
        let (files, bytes) = (manifest.files.to_string(), manifest.bytes.to_string());
        report.add(Code::SiteComplete, [("files", files), ("bytes", bytes)]);
    }
    let time = manifest.decided_at.to_string();
    if oldest.is_some_and(|oldest| manifest.decided_at < oldest) {
        report.add(Code::SiteStale, [("time", time)]);
    } else {
        report.add(Code::SiteAsOf, [("time", time)]);
    }
    let (log, key) = (key.origin().to_owned(), key.to_string());
    report.add(
        Code::SiteSigned,
        [("site", manifest.site), ("log", log), ("key", key)],
    );
    report.add(Code::SiteNotShown, []);
    Ok(report.sorted())
}

/// The manifest and its list, if both are what the key signed.
fn signed(
    mirror: &impl Mirror,
    key: &LogVerifier,
    report: &mut Report,
) -> io::Result<Option<(SiteManifest, Vec<Listed>)>> {
    let Some(note) = whole(mirror, MANIFEST, 64 * 1024)? else {
        report.add(Code::ManifestRefused, [("reason", missing(MANIFEST))]);
        return Ok(None);
    };
    let manifest = match key.open_site(&note) {
        Ok(manifest) => manifest,
        Err(error) => {
            report.add(Code::ManifestRefused, [("reason", error.to_string())]);
            return Ok(None);
        }
    };
    let list = whole(mirror, LIST, MAX_LIST)?;
    let listed = list
        .filter(|list| sha256(list) == manifest.list)
        .and_then(|list| read_list(&list))
        .filter(|listed| {
            let bytes: u64 = listed
                .iter()
                .map(|one| one.bytes)
                .fold(0, u64::saturating_add);
            manifest.files == listed.len() as u64 && manifest.bytes == bytes
        });
    if listed.is_none() {
        report.add(Code::MirrorFileChanged, [("path", LIST.to_owned())]);
    }
    Ok(listed.map(|listed| (manifest, listed)))
}

fn missing(path: &str) -> String {
    format!("there is no file {path:?}")
}

fn check_files(mirror: &impl Mirror, listed: &[Listed], report: &mut Report) -> io::Result<()> {
    let (mut changed, mut missing) = (Vec::new(), Vec::new());
    for one in listed {
        match mirror.open(&one.path)? {
            None => missing.push(one.path.as_str()),
            Some(file) => {
                if !same(file, one)? {
                    changed.push(one.path.as_str());
                }
            }
        }
    }
    name(report, Code::MirrorFileChanged, &changed);
    name(report, Code::MirrorFileMissing, &missing);
    Ok(())
}

/// Files that the newsroom did not put there: a page of somebody else's under the newsroom's name.
fn check_foreign(mirror: &impl Mirror, listed: &[Listed], report: &mut Report) -> io::Result<()> {
    let Some(names) = mirror.names()? else {
        report.add(Code::SiteForeignUnknown, []);
        return Ok(());
    };
    let known: BTreeSet<&str> = listed.iter().map(|one| one.path.as_str()).collect();
    let mut foreign: Vec<&str> = names.iter().map(String::as_str).collect();
    foreign.retain(|name| ![MANIFEST, LIST].contains(name) && !known.contains(name));
    foreign.sort_unstable();
    name(report, Code::MirrorFileForeign, &foreign);
    Ok(())
}

fn name(report: &mut Report, code: Code, paths: &[&str]) {
    for path in paths.iter().take(NAMED) {
        report.add(code, [("path", (*path).to_owned())]);
    }
    if let Some(more) = paths.len().checked_sub(NAMED).filter(|more| *more > 0) {
        report.add(Code::MirrorMore, [("count", more.to_string())]);
    }
}

fn whole(mirror: &impl Mirror, path: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = mirror.open(path)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Whether the bytes are those of the list; what is longer is not read to its end.
fn same(file: Box<dyn Read + '_>, listed: &Listed) -> io::Result<bool> {
    let state = read_through(&mut file.take(listed.bytes.saturating_add(1)))?;
    Ok(state.bytes() == listed.bytes && state.finish() == listed.sha256)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ledger::{LogSigner, write_list};

    use super::*;

    struct Memory(BTreeMap<String, Vec<u8>>, bool);

    impl Mirror for Memory {
        fn open(&self, path: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
            let found = self.0.get(path).map(Vec::as_slice);
            Ok(found.map(|bytes| Box::new(bytes) as Box<dyn Read>))
        }

        fn names(&self) -> io::Result<Option<Vec<String>>> {
            Ok(self.1.then(|| self.0.keys().cloned().collect()))
        }
    }

    fn signer() -> LogSigner {
        LogSigner::from_seed("desk/statements", &[3; 32]).unwrap()
    }

    fn site() -> Memory {
        let mut files: BTreeMap<String, Vec<u8>> = (0..30_u8)
            .map(|number| (format!("en/{number:02}.html"), vec![number; 40]))
            .collect();
        let listed: Vec<Listed> = files
            .iter()
            .map(|(path, bytes)| Listed {
                sha256: sha256(bytes),
                bytes: bytes.len() as u64,
                path: path.clone(),
            })
            .collect();
        let list = write_list(&listed);
        let manifest = SiteManifest {
            site: "https://desk.example/".to_owned(),
            decided_at: 1_000,
            files: 30,
            bytes: 1_200,
            list: sha256(list.as_bytes()),
        };
        let note = signer().sign_site(&manifest).unwrap();
        files.insert(LIST.to_owned(), list.into_bytes());
        files.insert(MANIFEST.to_owned(), note.into_bytes());
        Memory(files, true)
    }

    fn check(site: &Memory, oldest: Option<u64>) -> Report {
        check_site(site, &signer().verifier(), oldest).unwrap()
    }

    #[test]
    fn a_whole_mirror_holds_and_says_of_when_it_is() {
        let report = check(&site(), Some(1_000));
        assert_eq!(report.verdict(), Grade::Limited, "{report:?}");
        for code in [Code::SiteComplete, Code::SiteSigned, Code::SiteAsOf] {
            assert!(report.get(code).is_some(), "{code:?}");
        }
        let stale = check(&site(), Some(1_001));
        assert!(stale.fails() && stale.get(Code::SiteStale).is_some());
        let served = check(&Memory(site().0, false), None);
        assert!(!served.fails() && served.get(Code::SiteForeignUnknown).is_some());
        let complete = served.get(Code::SiteComplete).unwrap();
        assert_eq!(complete.args["files"], "30");
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let names: Vec<String> = site().0.keys().cloned().collect();
        for name in names {
            for at in 0..site().0[&name].len() {
                let mut changed = site();
                changed.0.get_mut(&name).unwrap()[at] ^= 1 << (at % 8);
                assert!(check(&changed, None).fails(), "{name} {at}");
            }
        }
    }

    #[test]
    fn missing_longer_shorter_and_foreign_files_are_named() {
        let mut missing = site();
        missing.0.remove("en/07.html");
        let report = check(&missing, None);
        assert_eq!(
            report.get(Code::MirrorFileMissing).unwrap().args["path"],
            "en/07.html"
        );
        for edit in [Vec::<u8>::pop as fn(&mut Vec<u8>) -> Option<u8>, |bytes| {
            bytes.push(0);
            None
        }] {
            let mut other = site();
            edit(other.0.get_mut("en/00.html").unwrap());
            assert!(check(&other, None).get(Code::MirrorFileChanged).is_some());
        }
        let mut foreign = site();
        foreign.0.insert("en/extra.html".to_owned(), Vec::new());
        assert!(check(&foreign, None).get(Code::MirrorFileForeign).is_some());
        let mut bare = site();
        bare.0.retain(|name, _| name.starts_with("manifest"));
        let report = check(&bare, None);
        assert_eq!(report.get(Code::MirrorMore).unwrap().args["count"], "10");
        bare.0.remove(MANIFEST);
        assert!(check(&bare, None).get(Code::ManifestRefused).is_some());
    }
}
